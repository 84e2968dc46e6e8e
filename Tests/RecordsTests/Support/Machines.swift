import Partitioning

/// Small machines whose guests run at once.
enum Machines {
  /// Two processors, and so many guests that take what they get.
  static func manager(guests: Int = 3) throws -> PartitionManager {
    let definition = SystemDefinition(
      machine: MachineDefinition(
        name: "SMALL", processors: [ProcessorPoolDefinition(type: .cp, count: 2, megahertz: 5)],
        storageByteCount: 1 << 30, incrementByteCount: 16 << 20, pace: .fast),
      partitions: (1...guests).map { number in
        PartitionDefinition(
          name: "G\(number)",
          processors: [PartitionProcessors(type: .cp, share: ShareDefinition(.relative(100)))],
          storage: PartitionStorage(initialByteCount: 16 << 20),
          ipl: .program(name: "SPIN", parameters: ""))
      })
    return try PartitionManager(definition)
  }

  /// The changes of a short life: activations, settings, a refusal, an end.
  static func changes(of manager: PartitionManager) {
    for name in manager.partitionNames {
      _ = try? manager.perform(.activate(name, load: true), by: .user("OPERATOR"))
    }
    _ = try? manager.perform(.set(.weight("G1", type: nil, weight: 300)), by: .user("MAINT"))
    _ = try? manager.perform(.set(.weight("G2", type: nil, weight: 0)), by: .partition("G2"))
    manager.runEpochs(until: manager.now + 1_000_000)
    _ = try? manager.perform(.deactivate("G3", force: true), by: .firmware)
  }
}
