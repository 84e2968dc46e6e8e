import Partitioning

/// A machine with many partitions of one guest program.
struct GuestFarm {
  let manager: PartitionManager

  /// - Parameters:
  ///   - count: Partitions, named G001 and so on.
  ///   - program: Guest program of every one.
  ///   - weights: Weights, taken in turn.
  ///   - processors: Physical processors.
  ///   - megahertz: Rate of each.
  ///   - pace: How time follows the wall clock.
  ///   - threads: Host threads that run partitions.
  /// - Throws: The firmware's error when the machine cannot be built.
  init(
    count: Int, program: String, weights: [Int] = [10], processors: Int = 16,
    megahertz: UInt32 = 10, pace: Pace = .fast, threads: Int = 1
  ) throws {
    let partitions = (0..<count).map { index in
      PartitionDefinition(
        name: "G" + String(1000 + index).dropFirst(),
        processors: [
          PartitionProcessors(
            type: .cp, mode: .shared, initial: 1, reserved: 0,
            weight: weights[index % weights.count], isCapped: false, absoluteCapHundredths: nil)
        ],
        share: nil,
        storage: PartitionStorage(initialByteCount: 16 << 20, reservedByteCount: 0),
        ipl: .program(name: program, parameters: ""))
    }
    let machine = MachineDefinition(
      name: "BENCH",
      processors: [ProcessorPoolDefinition(type: .cp, count: processors, megahertz: megahertz)],
      storageByteCount: 64 << 30, incrementByteCount: 16 << 20, pace: pace)
    manager = try PartitionManager(
      SystemDefinition(
        machine: machine, partitions: partitions, inputOutput: IOConfiguration()),
      options: ManagerOptions(threads: threads))
  }

  /// Activates and loads every partition.
  func activateAll() throws {
    for name in manager.partitionNames { _ = try manager.perform(.activate(name, load: true)) }
  }

  /// Lets simulated seconds pass.
  func run(seconds: Double) { manager.runEpochs(until: manager.now + UInt64(seconds * 1e9)) }
}
