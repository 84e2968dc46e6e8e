import Testing

@testable import Partitioning

@Suite("The guard on the host's memory")
struct HostStorageTests {
  /// A machine whose guests may write 2 MiB.
  private func manager(threads: Int = 1) throws -> PartitionManager {
    let manager = try PartitionManager(
      SystemDefinition(
        machine: MachineDefinition(
          name: "TEST", processors: [ProcessorPoolDefinition(type: .cp, count: 2, megahertz: 20)],
          storageByteCount: 256 << 20, incrementByteCount: 1 << 20,
          hostStorageByteCount: 2 << 20, pace: .fast),
        partitions: [
          GuestMachine.partition("GREEDY", "TOUCHER", megabytes: 16),
          GuestMachine.partition("SPIN"), GuestMachine.partition("LATE"),
        ]),
      options: ManagerOptions(threads: threads))
    try manager.perform(.activate("GREEDY", load: true))
    try manager.perform(.activate("SPIN", load: true))
    return manager
  }

  @Test("a partition that outgrows HOSTSTORAGE is stopped, the others go on", arguments: [1, 2])
  func pause(threads: Int) throws {
    let manager = try manager(threads: threads)
    manager.runEpochs(until: 2_000_000_000) {
      manager.partitionView("GREEDY")?.isStopped == true
    }
    #expect(manager.partitionView("GREEDY")?.isStopped == true)
    #expect(manager.hostStorageUsed > 2 << 20)
    let events = manager.allEvents.filter { $0.partition == "GREEDY" }
    #expect(
      events.last?.kind
        == .hostStorageUsedUp(used: manager.hostStorageUsed, limit: 2 << 20))
    let spin = manager.partitionView("SPIN")?.instructionCount ?? 0
    manager.runEpochs(until: manager.now + 100_000_000)
    #expect(manager.partitionView("SPIN")?.instructionCount ?? 0 > spin)

    let used = manager.hostStorageUsed
    #expect(
      throws: ManagementError.hostStorage(
        "GREEDY", needed: 4096, used: used, limit: 2 << 20)
    ) { try manager.perform(.start("GREEDY", processor: nil)) }
    #expect(throws: ManagementError.self) {
      try manager.perform(.activate("LATE", load: true))
    }
    #expect(manager.partitionView("LATE")?.state == .notActivated)
    #expect(manager.ledger.isBalanced)

    // What is cleared is free again.
    try manager.perform(.resetClear("GREEDY", force: true))
    #expect(manager.hostStorageUsed < 1 << 20)
    try manager.perform(.activate("LATE", load: true))
    #expect(manager.partitionView("LATE")?.state == .operating)
    for name in manager.partitionNames {
      try manager.perform(.deactivate(name, force: true))
    }
    #expect(manager.hostStorageUsed == 0)
  }
}
