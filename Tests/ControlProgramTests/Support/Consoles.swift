import Channels
import Testing

@testable import ControlProgram
@testable import Partitioning

/// A machine, its control program and the operator's console.
///
/// DEMO has four CPs and an IFL, 1 GiB in increments of 64 MiB, paths 10 and 11 to device 0200, and the
/// partitions SPIN001, SPIN002 and TOUCHER, which run and have path 10 on line, and LINUX1, which is not active.
/// They have begun when a test gets it; from then on no guest runs, and of time only what a command waits for
/// passes, in steps of a second.
final class TestConsole: SimulationClock {
  let machine: PartitionManager
  let control: ControlProgram
  let console: ConsoleSession
  /// Whether time stops at once, as when a console's user ends a wait.
  var interruptsWaits = false
  /// What happens while time passes: called at every step, with the seconds that have passed.
  var onSecond: ((UInt64) throws -> Void)?
  private let start: SimulatedTime

  init(
    user: String = "OPERATOR", changing change: (inout SystemDefinition) -> Void = { _ in }
  ) throws {
    var definition = Self.demo
    change(&definition)
    machine = try PartitionManager(definition)
    for name in ["SPIN001", "SPIN002", "TOUCHER"] where machine.number(of: name) != nil {
      try machine.perform(.activate(name, load: true))
    }
    machine.runEpochs(until: 1_000_000)
    start = machine.now
    control = ControlProgram(system: machine)
    console = control.logOn(user)
    control.clock = self
    control.collectEvents()
    _ = console.takeOutput()
  }

  /// A command's answer as one text.
  func answer(_ command: String) -> String {
    console.execute(command).lines.joined(separator: "\n")
  }

  /// One of the machine's partitions, to put into a state that its guest would come to.
  func partition(_ name: String) throws -> Partition { try machine.partition(name) }

  /// What a partition is doing.
  func state(of name: String) -> PartitionStatus? { machine.partitionView(name)?.state }

  /// Something happens to a partition by itself.
  func note(_ kind: FirmwareEventKind, _ name: String) throws {
    machine.firmware.journal.note(try machine.partition(name), kind)
  }

  /// A guest writes to its console.
  func write(_ text: String, from name: String) throws {
    try note(.console(Array(text.utf8)), name)
  }

  /// What was typed for a guest.
  func typed(at name: String) -> String {
    var position = ReaderPosition()
    let inputs = machine.typed(since: &position).elements.filter { $0.partition == name }
    return String(decoding: inputs.flatMap(\.bytes), as: UTF8.self)
  }

  /// Seconds that have passed since the test began.
  var seconds: UInt64 { (machine.now - start) / 1_000_000_000 }

  func pass(until end: SimulatedTime, orWhen condition: () -> Bool) {
    while machine.now < end, !interruptsWaits {
      machine.engine.progress.now = min(end, machine.now + 1_000_000_000)
      do { try onSecond?(seconds) } catch { Issue.record(error) }
      if condition() { return }
    }
  }

  private static let demo: SystemDefinition = {
    var machine = MachineDefinition(name: "DEMO", pace: .fast)
    machine.processors = [
      ProcessorPoolDefinition(type: .cp, count: 4, megahertz: 10),
      ProcessorPoolDefinition(type: .ifl, count: 1, megahertz: 100),
    ]
    machine.storageByteCount = 1 << 30
    machine.incrementByteCount = 64 << 20
    func guest(_ name: String, _ program: String, reserved: Int, weight: Int, _ megabytes: UInt64)
      -> PartitionDefinition
    {
      PartitionDefinition(
        name: name,
        processors: [
          PartitionProcessors(
            type: .cp, reserved: reserved, share: ShareDefinition(.relative(weight)))
        ],
        storage: PartitionStorage(
          initialByteCount: megabytes << 20,
          reservedByteCount: reserved > 0 ? megabytes << 20 : 0),
        ipl: .program(name: program, parameters: ""))
    }
    let linux = PartitionDefinition(
      name: "LINUX1",
      processors: [PartitionProcessors(type: .ifl, share: ShareDefinition(.relative(300)))],
      storage: PartitionStorage(initialByteCount: 256 << 20, reservedByteCount: 256 << 20),
      ipl: .program(name: "TALKER", parameters: ""))
    let users = ["SPIN002", "SPIN001", "TOUCHER"]
    var inputOutput = IOConfiguration()
    inputOutput.paths = [
      ChannelPathDefinition(number: 0x10, accessList: users, candidateList: users),
      ChannelPathDefinition(number: 0x11, candidateList: users),
    ]
    inputOutput.controlUnits = [
      ControlUnitDefinition(
        number: 0x200, paths: [PathReference(number: 0x10), PathReference(number: 0x11)])
    ]
    inputOutput.devices = [
      DeviceDefinition(
        number: 0x200, controlUnits: [0x200], media: .scratch(byteCount: 1 << 20))
    ]
    return SystemDefinition(
      machine: machine,
      partitions: [
        guest("SPIN002", "SPIN", reserved: 0, weight: 10, 64),
        guest("SPIN001", "SPIN", reserved: 0, weight: 10, 64), linux,
        guest("TOUCHER", "TOUCHER", reserved: 2, weight: 20, 128),
      ], inputOutput: inputOutput)
  }()
}
