import Partitioning

/// A machine with many partitions of guest programs.
struct GuestFarm {
  let manager: PartitionManager

  /// Partitions that are alike.
  struct Group {
    var count: Int
    var program: String
    var parameters = ""
    var weight = 10
    var processors = 1
    var reserved = 0
    var megabytes: UInt64 = 16
    var reservedMegabytes: UInt64 = 0
  }

  /// - Parameters:
  ///   - groups: What partitions there are, named G0001 and so on.
  ///   - processors: Physical processors.
  ///   - megahertz: Rate of each.
  ///   - pace: How time follows the wall clock.
  ///   - threads: Host threads that run partitions.
  ///   - seed: The machine's.
  ///   - capacityGroups: Groups that partitions can join.
  /// - Throws: The firmware's error when the machine cannot be built.
  init(
    groups: [Group], processors: Int, megahertz: UInt32, pace: Pace = .fast, threads: Int = 1,
    seed: UInt64 = 1, capacityGroups: [GroupDefinition] = []
  ) throws {
    let members = groups.flatMap { Array(repeating: $0, count: $0.count) }
    let partitions = members.enumerated().map { index, group in
      PartitionDefinition(
        name: "G" + String(10_000 + index).dropFirst(),
        processors: [
          PartitionProcessors(
            type: .cp, mode: .shared, initial: group.processors, reserved: group.reserved,
            share: ShareDefinition(.relative(group.weight)))
        ],
        storage: PartitionStorage(
          initialByteCount: group.megabytes << 20,
          reservedByteCount: group.reservedMegabytes << 20),
        ipl: .program(name: group.program, parameters: group.parameters))
    }
    let machine = MachineDefinition(
      name: "BENCH",
      processors: [
        ProcessorPoolDefinition(
          type: .cp, count: processors, megahertz: megahertz, capacityUnits: 100)
      ],
      storageByteCount: 128 << 30, incrementByteCount: 1 << 20, hostStorageByteCount: 8 << 30,
      pace: pace)
    manager = try PartitionManager(
      SystemDefinition(
        machine: machine, partitions: partitions, groups: capacityGroups,
        inputOutput: IOConfiguration()),
      options: ManagerOptions(threads: threads, seed: seed))
  }

  /// Partitions of one guest program, with weights taken in turn.
  init(
    count: Int, program: String, weights: [Int] = [10], processors: Int = 16,
    megahertz: UInt32 = 10, pace: Pace = .fast, threads: Int = 1
  ) throws {
    try self.init(
      groups: (0..<count).map {
        Group(count: 1, program: program, weight: weights[$0 % weights.count])
      }, processors: processors, megahertz: megahertz, pace: pace, threads: threads)
  }

  /// Activates and loads every partition.
  func activateAll() throws {
    for name in manager.partitionNames { _ = try manager.perform(.activate(name, load: true)) }
  }

  /// Lets simulated seconds pass.
  func run(seconds: Double) { manager.runEpochs(until: manager.now + UInt64(seconds * 1e9)) }
}
