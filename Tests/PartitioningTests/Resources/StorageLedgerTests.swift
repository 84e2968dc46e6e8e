import Testing

@testable import Partitioning

/// Granted and free come to installed, whatever is taken and given back.
struct StorageLedgerTests {
  @Test func initialStorageIsTakenFromTheTopInOnePiece() {
    var ledger = StorageLedger(installedByteCount: 10 << 20, incrementByteCount: 1 << 20)
    #expect(ledger.takeContiguous(3, for: 1) == 7..<10)
    #expect(ledger.takeContiguous(3, for: 2) == 4..<7)
    #expect(ledger.takeContiguous(3, for: 3, origin: 0) == 0..<3)
    #expect(ledger.takeContiguous(1, for: 4, origin: 2) == nil)
    #expect(ledger.freeCount == 1)
  }

  @Test func fragmentsServeReservedButNotInitialStorage() {
    var ledger = StorageLedger(installedByteCount: 8 << 20, incrementByteCount: 1 << 20)
    for owner in 0..<8 { #expect(ledger.takeContiguous(1, for: owner) != nil) }
    for owner in [0, 2, 4, 6] { ledger.giveBack([7 - owner], from: owner) }
    #expect(ledger.freeCount == 4)
    #expect(ledger.largestFreeCount == 1)
    #expect(ledger.takeContiguous(2, for: 9) == nil)
    #expect(ledger.take(4, for: 9) == [7, 5, 3, 1])
  }

  @Test func refusalTakesNothing() {
    var ledger = StorageLedger(installedByteCount: 4 << 20, incrementByteCount: 1 << 20)
    let before = ledger
    #expect(ledger.take(5, for: 1) == nil)
    #expect(ledger.takeContiguous(5, for: 1) == nil)
    #expect(ledger.takeContiguous(2, for: 1, origin: 3) == nil)
    #expect(ledger == before)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func staysBalanced(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var ledger = StorageLedger(installedByteCount: 64 << 20, incrementByteCount: 1 << 20)
    var held: [[Int]] = Array(repeating: [], count: 6)
    for _ in 0..<300 {
      let owner = Int.random(in: 0..<6, using: &generator)
      let count = Int.random(in: 1...12, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: held[owner] += ledger.take(count, for: owner) ?? []
      case 1: held[owner] += ledger.takeContiguous(count, for: owner).map(Array.init) ?? []
      default:
        let going = Array(held[owner].prefix(count))
        held[owner].removeFirst(going.count)
        ledger.giveBack(going, from: owner)
      }
      #expect(ledger.isBalanced)
      let granted = (0..<6).reduce(0) { $0 + ledger.grantedCount(to: $1) }
      #expect(granted + ledger.freeCount == ledger.installedCount)
      #expect(granted == held.reduce(0) { $0 + $1.count })
    }
  }

  @Test(
    arguments: [
      (0..<2, [0..<2]), (2..<4, [2..<3, 4..<5]), (3..<5, [4..<6]),
    ] as [(Range<Int>, [Range<UInt64>])])
  func placesSkipTheGapBelowFourGigabytes(row: (places: Range<Int>, gibibytes: [Range<UInt64>])) {
    let expected = row.gibibytes.map { $0.lowerBound << 30..<$0.upperBound << 30 }
    let ranges = StorageMap.ranges(of: row.places, increment: 1 << 30)
    #expect(ranges == expected)
    #expect(
      ranges.flatMap { StorageMap.places(of: $0, increment: 1 << 30) } == Array(row.places))
  }
}
