import TestSupport
import Testing

@testable import Definitions
@testable import Partitioning

/// Oracle: the firmware's ledger, which keeps every increment by itself.
@Suite struct StoragePlanTests {
  @Test func agreesWithTheLedgerOnEveryGrant() {
    var generator = RandomNumbers(seed: 11)
    for _ in 0..<400 {
      let installed = Int.random(in: 1...60, using: &generator)
      var ledger = StorageLedger(
        installedByteCount: UInt64(installed) << 24, incrementByteCount: 16 << 20)
      var plan = StoragePlan(
        installedByteCount: UInt64(installed) << 24, incrementByteCount: 16 << 20)
      for owner in 0..<12 {
        let count = Int.random(in: 1...12, using: &generator)
        let origin =
          Bool.random(using: &generator) ? Int.random(in: 0...installed, using: &generator) : nil
        let granted = ledger.takeContiguous(count, for: owner, origin: origin)
        let planned = try? plan.take(count, for: "P\(owner)", origin: origin)
        guard granted == planned, plan.freeCount == ledger.freeCount,
          plan.longest?.count ?? 0 == ledger.largestFreeCount
        else {
          Issue.record("\(installed): \(count) at \(String(describing: origin))")
          return
        }
      }
    }
  }

  @Test func refusalsSayWhy() throws {
    var plan = StoragePlan(installedByteCount: 10 << 24, incrementByteCount: 16 << 20)
    _ = try plan.take(2, for: "A", origin: 4)
    #expect(throws: StoragePlan.Refusal.originTaken(owner: "A")) {
      try plan.take(3, for: "B", origin: 3)
    }
    #expect(throws: StoragePlan.Refusal.originTaken(owner: nil)) {
      try plan.take(3, for: "B", origin: 8)
    }
    #expect(throws: StoragePlan.Refusal.fragmented) { try plan.take(5, for: "B") }
    #expect(throws: StoragePlan.Refusal.short) { try plan.take(9, for: "B") }
    #expect(plan.unpacked?.piece.owner == "A" && plan.unpacked?.place == 0)
    #expect(try plan.take(4, for: "B") == 6..<10)
    #expect(try plan.take(4, for: "C", origin: 0) == 0..<4)
    #expect(plan.unpacked == nil)
    #expect(plan.longest == nil)
  }
}
