import Testing

@testable import Partitioning

/// Reports of running machines, whatever is changed within the intervals.
///
/// The oracles are the identity of the published formulas, to the nanosecond, and that weights of one
/// type of processor say nothing of another.
struct RunningReportTests {
  private func machine() throws -> PartitionManager {
    let partitions = (0..<6).map { index in
      var partition = GuestMachine.partition(
        "P\(index)", index % 2 == 0 ? "SPIN" : "PULSE", processors: 1 + index % 3,
        weight: 50 + 100 * index)
      if index > 1 {
        partition.processors.append(
          PartitionProcessors(
            type: .ziip, initial: 1, share: ShareDefinition(.relative(10 * index))))
      }
      return partition
    }
    return try PartitionManager(
      SystemDefinition(
        machine: MachineDefinition(
          name: "TEST",
          processors: [
            ProcessorPoolDefinition(type: .cp, count: 4, megahertz: 5),
            ProcessorPoolDefinition(type: .ziip, count: 2, megahertz: 5),
          ],
          storageByteCount: 64 << 20, incrementByteCount: 1 << 20, pace: .fast),
        partitions: partitions),
      options: ManagerOptions(threads: 1))
  }

  private func change(_ manager: PartitionManager, _ generator: inout SeededGenerator) {
    let name = "P\(Int.random(in: 0..<6, using: &generator))"
    let online = Bool.random(using: &generator)
    let action: ManagementAction =
      switch Int.random(in: 0..<7, using: &generator) {
      case 0...2: .activate(name, load: true)
      case 3: .deactivate(name, force: true)
      case 4: .set(.weight(name, type: nil, weight: Int.random(in: 1...999, using: &generator)))
      case 5: .set(.cap(name, type: nil, .absolute(hundredths: online ? 50 : nil)))
      default: .varyProcessor(Int.random(in: 0..<6, using: &generator), online: online)
      }
    // What is refused changes nothing, which is as good for a report.
    _ = try? manager.perform(action)
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func everyNanosecondIsSomebodys(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let manager = try machine()
    var before = manager.measurement()
    for _ in 0..<60 {
      for _ in 0..<3 {
        change(manager, &generator)
        manager.runEpochs(until: manager.now + 3_000_000, stopWhen: { false })
      }
      let after = manager.measurement()
      let report = try PartitionDataReport(from: before, to: after)
      #expect(report.pools.map(\.type) == [.cp, .ziip])
      for pool in report.pools {
        let rows = pool.rows.reduce(0) { $0 + $1.spent.dispatched }
        let all =
          rows + pool.departed + pool.unattributed + pool.physical.idle + pool.physical.offline
        #expect(all == report.interval * UInt64(pool.processors))
        #expect(pool.total.total <= 100)
      }
      let processors = try ProcessorReport(from: before, to: after)
      #expect(processors.rows.allSatisfy { $0.online <= processors.interval })
      before = after
    }
  }

  @Test func timeOfAnActivationThatEndedIsNotLost() throws {
    let manager = try machine()
    let before = manager.measurement()
    try manager.perform(.activate("P0", load: true))
    manager.runEpochs(until: 5_000_000, stopWhen: { false })
    let first = manager.measurement().partitions[0].logicals[0].counters
    try manager.perform(.deactivate("P0", force: true))
    try manager.perform(.activate("P0", load: true))
    manager.runEpochs(until: 9_000_000, stopWhen: { false })
    let report = try PartitionDataReport(from: before, to: manager.measurement())
    let pool = try #require(report.pools.first)
    #expect(first.effective > 4_000_000)
    #expect(pool.departed == 0)
    #expect(pool.rows[0].isPartial)
    let second = manager.measurement().partitions[0].logicals[0].counters
    #expect(second.effective > 3_000_000)
    #expect(pool.rows[0].spent == first + second)
    #expect(pool.physical.effective == pool.rows[0].spent.effective)
  }

  @Test func weightsOfOneTypeSayNothingOfAnother() throws {
    let manager = try machine()
    for name in manager.partitionNames { try manager.perform(.activate(name, load: true)) }
    func entitlements(_ type: ProcessorType) -> [Fraction?] {
      manager.measurement().partitions.flatMap(\.logicals).filter { $0.type == type }.map(
        \.entitlement)
    }
    let (general, special) = (entitlements(.cp), entitlements(.ziip))
    try manager.perform(.set(.weight("P2", type: .ziip, weight: 999)))
    #expect(entitlements(.cp) == general)
    #expect(entitlements(.ziip) != special)
    let changed = entitlements(.ziip)
    try manager.perform(.set(.weight("P2", type: .cp, weight: 1)))
    #expect(entitlements(.cp) != general)
    #expect(entitlements(.ziip) == changed)
  }
}
