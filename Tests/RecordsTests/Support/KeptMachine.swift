import Channels
import Partitioning

/// A machine that has something of everything that outlives it.
enum KeptMachine {
  /// Four processors, two channel paths, and partitions A, B and C.
  static func manager(groups: [GroupDefinition] = []) throws -> PartitionManager {
    func partition(_ name: String, reserved: Int = 0, storage: UInt64 = 0) -> PartitionDefinition {
      PartitionDefinition(
        name: name,
        processors: [
          PartitionProcessors(
            type: .cp, reserved: reserved, share: ShareDefinition(.relative(100)))
        ],
        storage: PartitionStorage(initialByteCount: 32 << 20, reservedByteCount: storage),
        ipl: .program(name: "SPIN", parameters: ""))
    }
    var inputOutput = IOConfiguration()
    inputOutput.paths = [UInt8(0x10), 0x11].map {
      ChannelPathDefinition(number: $0, accessList: ["A", "B"], candidateList: ["A", "B"])
    }
    inputOutput.controlUnits = [
      ControlUnitDefinition(
        number: 0x200, paths: [PathReference(number: 0x10), PathReference(number: 0x11)])
    ]
    inputOutput.devices = [
      DeviceDefinition(number: 0x200, controlUnits: [0x200], media: .scratch(byteCount: 1 << 20))
    ]
    return try PartitionManager(
      SystemDefinition(
        machine: MachineDefinition(
          name: "KEPT", processors: [ProcessorPoolDefinition(type: .cp, count: 4, megahertz: 5)],
          storageByteCount: 1 << 30, incrementByteCount: 16 << 20, pace: .fast),
        partitions: [
          partition("A", reserved: 1, storage: 32 << 20), partition("B"), partition("C"),
        ],
        groups: groups, inputOutput: inputOutput))
  }

  /// A machine of which everything is set that belongs to no partition, each value to another than in the
  /// definition.
  static func whollySet() throws -> PartitionManager {
    let manager = try manager(groups: [
      GroupDefinition(
        name: "G", absoluteCaps: [GroupCap(type: .cp, hundredths: 150)], capacityUnits: 300)
    ])
    let actions: [ManagementAction] = [
      .set(.runningTime(nanoseconds: 5_000_000)),
      .set(.runningTime(nanoseconds: 7_000_000), .profile), .set(.waitCompletion(true)),
      .set(.groupCap("G", type: .cp, hundredths: 120), .profile),
      .set(.groupCap("G", type: .cp, hundredths: 99)), .varyProcessor(2, online: false),
      .varyPath(0x11, online: false, insistence: .force), .deletePartition("C"),
    ]
    for action in actions { _ = try manager.perform(action, by: .user("OPERATOR")) }
    return manager
  }

  /// What an operator did to it before it was lost.
  static func use(_ manager: PartitionManager) throws {
    let actions: [ManagementAction] = [
      .set(.weight("B", type: nil, weight: 250), .profile), .activate("A", load: true),
      .activate("B", load: true), .set(.weight("A", type: nil, weight: 77)),
      .configureProcessor("A", processor: 1, online: true, insistence: .force, within: nil),
      .stop("A", processor: 1),
      .configureStorage("A", byteCount: 16 << 20, online: true, insistence: .force, within: nil),
      .configureStorage("B", byteCount: 16 << 20, online: false, insistence: .force, within: nil),
      .configurePath("A", path: 0x10, online: false, insistence: .force),
      .stop("B", processor: nil), .varyProcessor(3, online: false),
      .definePartition("X", like: "C"), .activate("X", load: false), .deletePartition("C"),
    ]
    for action in actions { _ = try manager.perform(action, by: .user("OPERATOR")) }
    manager.runEpochs(until: manager.now + 1_000_000)
  }
}
