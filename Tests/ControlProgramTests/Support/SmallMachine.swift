import Partitioning

@testable import ControlProgram

/// A small machine of guest programs with the real firmware: four CPs at 5 MHz and an IFL, 1 GiB in
/// increments of 16 MiB, two channel paths to one disk.
struct SmallMachine {
  let manager: PartitionManager
  let control: ControlProgram
  let console: ConsoleSession

  init(threads: Int = 1, user: String = "OPERATOR", definition: SystemDefinition = Self.standard)
    throws
  {
    manager = try PartitionManager(definition, options: ManagerOptions(threads: threads))
    control = ControlProgram(manager: manager)
    console = control.logOn(user)
  }

  /// A command's answer as one text.
  func answer(_ command: String) -> String {
    console.execute(command).lines.joined(separator: "\n")
  }

  /// What the operator was shown since the last call.
  func shown() -> [String] {
    control.collectEvents()
    return console.takeOutput().compactMap(\.line)
  }

  /// A partition of one shared processor and 16 MiB that loads a guest program.
  static func guest(
    _ name: String, _ program: String, reserved: Int = 0, storage: UInt64 = 0, weight: Int = 10
  ) -> PartitionDefinition {
    PartitionDefinition(
      name: name,
      processors: [
        PartitionProcessors(
          type: .cp, reserved: reserved, share: ShareDefinition(.relative(weight)))
      ],
      storage: PartitionStorage(initialByteCount: 16 << 20, reservedByteCount: storage),
      ipl: .program(name: program, parameters: ""))
  }

  /// The machine with disks from 0200 on, to which a channel path leads for SPIN1 and TALK; both are active, and
  /// nothing is loaded there.
  static func withDisks(
    _ media: [MediaDefinition], _ change: (inout SystemDefinition) -> Void = { _ in }
  ) throws -> SmallMachine {
    let names = ["SPIN1", "TALK"]
    var definition = standard
    definition.inputOutput = IOConfiguration(
      paths: [ChannelPathDefinition(number: 0x10, accessList: names, candidateList: names)],
      controlUnits: [ControlUnitDefinition(number: 0x200, paths: [PathReference(number: 0x10)])],
      devices: zip(UInt16(0x200)..., media).map {
        DeviceDefinition(number: $0, controlUnits: [0x200], media: $1)
      })
    change(&definition)
    let machine = try SmallMachine(definition: definition)
    for name in names { _ = machine.answer("ACTIVATE \(name) NOLOAD") }
    return machine
  }

  static let standard: SystemDefinition = {
    var machine = MachineDefinition(name: "SMALL", pace: .fast)
    machine.processors = [ProcessorPoolDefinition(type: .cp, count: 4, megahertz: 5)]
    machine.storageByteCount = 1 << 30
    machine.incrementByteCount = 16 << 20
    return SystemDefinition(
      machine: machine,
      partitions: [
        guest("SPIN1", "SPIN", reserved: 1), guest("SPIN2", "SPIN"), guest("TALK", "TALKER"),
        guest("TOUCHER", "TOUCHER", reserved: 1, storage: 64 << 20), guest("FAULTY", "FAULTY"),
      ])
  }()
}
