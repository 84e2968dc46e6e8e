import Channels
import Definitions
@testable import Partitioning

@testable import ControlProgram

/// A machine without guests: keeps the books that commands show, and nothing runs on it.
///
/// DEMO has four CPs and an IFL, 1 GiB in increments of 64 MiB, paths 10 and 11 to device 0200,
/// and the partitions SPIN001 and SPIN002 (active), LINUX1 (IFL, not active) and TOUCHER (active,
/// with reserved processors and storage).
final class StandInMachine: SystemPort, SimulationClock {
  var now: SimulatedTime = 0
  var definition = StandInMachine.demo
  var states: [String: PartitionView] = [:]
  var events = Publication<FirmwareEvent>(keeping: 1 << 16)
  var pace = Pace.fast
  /// Whether time stops at once, as when a console's user ends a wait.
  var interruptsWaits = false
  weak var interpreter: (any CommandInterpreter)?
  var storage: [String: [UInt8]] = [:]
  var registers: [String: UInt64] = [:]
  var typed: [String: [UInt8]] = [:]
  var offlineProcessors: Set<Int> = []
  var offlinePaths: Set<UInt8> = []
  /// What happens while time passes: called at every step of a second.
  var onSecond: ((StandInMachine) -> Void)?

  init() {
    for (number, partition) in definition.partitions.enumerated() {
      states[partition.name] = StandInMachine.view(partition, number: number)
    }
    for name in ["SPIN001", "SPIN002", "TOUCHER"] { activate(name) }
  }

  static let demo: SystemDefinition = {
    var machine = MachineDefinition(name: "DEMO", pace: .fast)
    machine.processors = [
      ProcessorPoolDefinition(type: .cp, count: 4, megahertz: 10),
      ProcessorPoolDefinition(type: .ifl, count: 1, megahertz: 100),
    ]
    machine.storageByteCount = 1 << 30
    let spin = { (name: String) in
      PartitionDefinition(
        name: name,
        processors: [PartitionProcessors(type: .cp, share: ShareDefinition(.relative(10)))],
        ipl: .program(name: "SPIN", parameters: ""))
    }
    let linux = PartitionDefinition(
      name: "LINUX1",
      processors: [PartitionProcessors(type: .ifl, share: ShareDefinition(.relative(300)))],
      storage: PartitionStorage(initialByteCount: 256 << 20, reservedByteCount: 256 << 20),
      ipl: .kernel(file: "vmlinuz", initialRamdisk: nil, parameters: "quiet"))
    let toucher = PartitionDefinition(
      name: "TOUCHER",
      processors: [
        PartitionProcessors(type: .cp, reserved: 2, share: ShareDefinition(.relative(20)))
      ],
      storage: PartitionStorage(initialByteCount: 128 << 20, reservedByteCount: 128 << 20),
      ipl: .program(name: "TOUCHER", parameters: ""))
    var inputOutput = IOConfiguration()
    inputOutput.controlUnits = [
      ControlUnitDefinition(
        number: 0x200, paths: [PathReference(number: 0x10), PathReference(number: 0x11)])
    ]
    inputOutput.devices = [DeviceDefinition(number: 0x200, controlUnits: [0x200])]
    return SystemDefinition(
      machine: machine, partitions: [spin("SPIN002"), spin("SPIN001"), linux, toucher],
      inputOutput: inputOutput)
  }()

  static func view(_ definition: PartitionDefinition, number: Int) -> PartitionView {
    let own = definition.processors[0]
    let share = ShareView(
      type: own.type, isDedicated: false, online: 0, reserved: own.reserved,
      setting: own.share, entitlement: 0,
      entitlementPerLogical: 0, limits: nil, usedNanoseconds: 0, deniedNanoseconds: 0,
      recentUsed: 0,
      recentDenied: 0)
    let processors = (0..<(own.initial + own.reserved)).map { number in
      LogicalProcessorView(
        number: number, type: own.type, isDedicated: false, state: .reserved, isStarted: false,
        physicalProcessor: nil, polarity: .horizontal, share: 0, usedNanoseconds: 0,
        stealNanoseconds: 0)
    }
    return PartitionView(
      name: definition.name, number: number, definition: definition,
      profiles: [
        ImageProfile(
          name: definition.name, partition: definition.name, definition: definition)
      ], profileName: definition.name, nextProfileName: definition.name, isRecoverable: false,
      state: .notActivated,
      isStopped: false, activated: nil, processors: processors, shares: [share],
      storageByteCount: 0, reservedByteCount: 0, storageRanges: [], writtenPageCount: 0,
      paths: [], devices: [], pending: [], instructionCount: 0, dispatchCount: 0, requestCount: 0,
      workCounter: nil, listensToNotices: definition.name == "TOUCHER",
      digest: UInt64(number) + 0x100)
  }

  private func activate(_ name: String) {
    change(name) { view in
      view.state = .operating
      view.activated = now
      view.processors[0].state = .running
      view.processors[0].isStarted = true
      view.shares[0].online = 1
      view.shares[0].entitlement = 0.5
      view.shares[0].recentUsed = 0.4321
      view.storageByteCount = view.definition.storage.initialByteCount
      view.reservedByteCount = view.definition.storage.reservedByteCount
      view.writtenPageCount = 3
      view.paths = [
        PartitionPathView(path: 0x10, isOnline: true, isOperational: true),
        PartitionPathView(path: 0x11, isOnline: false, isOperational: true),
      ]
    }
    events.publish(FirmwareEvent(time: now, partition: name, kind: .activated))
  }

  func change(_ name: String, _ body: (inout PartitionView) -> Void) {
    guard var view = states[name] else { return }
    body(&view)
    states[name] = view
  }

  /// Has a guest write to its console.
  func write(_ text: String, from name: String) {
    events.publish(FirmwareEvent(time: now, partition: name, kind: .console(Array(text.utf8))))
  }

  // MARK: SystemPort

  func partitionView(_ name: String) -> PartitionView? { states[name] }

  func isActive(_ name: String) -> Bool? { states[name]?.isActive }

  func commands(of name: String, profile: String?) -> [String] {
    states[name]?.definition.commands ?? []
  }
  func storageDigest(of partition: String?) -> UInt64 { partition == nil ? 0xABCD : 0x1234 }
  func events(since position: inout ReaderPosition) -> Reading<FirmwareEvent> {
    events.read(&position)
  }

  func seesOthers(_ author: Author) -> Bool {
    guard case .partition(let name) = author else { return true }
    return states[name]?.definition.security.globalPerformanceData ?? false
  }

  func setPace(_ pace: Pace) { self.pace = pace }

  /// Actions that were asked for, with the firmware's answer to each.
  var journal: [JournalEntry] = []

  /// Partitions whose accounting records were asked for.
  var accounted: [String] = []

  func account(_ name: String, reason: AccountingReason) throws(ManagementError) {
    guard let view = states[name] else { throw .partitionNotFound(name) }
    try require(view, PartitionStatus.active)
    accounted.append(name)
  }

  func items(of partitions: [String], isGlobal: Bool) -> [MachineItems] { [] }

  func measurement() -> MeasurementSample {
    MeasurementSample(time: now, processors: [], partitions: [])
  }

  var profileDefinition: SystemDefinition { definition }

  func validator(for order: [ProfileReference], besideActive: Bool) -> ActivationValidator {
    ActivationValidator(definition, order: order)
  }

  func agreeToPending() {
    for name in states.keys { change(name) { $0.pending = [] } }
  }

  func storageMap() -> [StoragePiece] { [StoragePiece(range: 0..<1 << 30, owner: nil)] }

  func rehearse() -> any SystemPort {
    let copy = StandInMachine()
    copy.now = now
    copy.definition = definition
    copy.states = states
    copy.events = Publication(keeping: 1 << 16)
    copy.offlineProcessors = offlineProcessors
    copy.offlinePaths = offlinePaths
    return copy
  }

  var machineView: MachineView {
    let active = states.values.filter(\.isActive)
    let processors = (0..<5).map { number in
      PhysicalProcessorView(
        number: number, type: number < 4 ? .cp : .ifl, megahertz: number < 4 ? 10 : 100,
        isOnline: !offlineProcessors.contains(number), dedicatedTo: nil, busyNanoseconds: 0,
        recentBusy: number < 2 ? 0.5 : 0)
    }
    let pool = PoolView(
      type: .cp, megahertz: 10, installed: 4, online: 4, dedicated: 0, shared: 4, weightSum: 40,
      recentBusy: 0.25, runningTime: 25_000_000)
    let paths = [UInt8(0x10), 0x11].map {
      PathView(path: $0, type: "FC", isOnline: !offlinePaths.contains($0), partitions: [])
    }
    return MachineView(
      name: "DEMO", now: now, timeOfDayAtStart: 1_767_225_600, timeZone: "UTC",
      processors: processors, pools: [pool], storageByteCount: 1 << 30,
      freeByteCount: (1 << 30) &- active.reduce(0) { $0 &+ $1.storageByteCount },
      incrementByteCount: 64 << 20, paths: paths, settings: MachineSettings(definition),
      profileSettings: MachineSettings(definition), partitionCount: states.count,
      activeCount: active.count, readyCount: 2, pace: pace, achievedPace: nil,
      epochNanoseconds: 100_000, epochCount: 0, threadCount: 1, digest: 0xFEED, historyVersion: 3)
  }

  func storage(of partition: String, at address: UInt64, count: Int) -> [UInt8]? {
    let bytes = storage[partition] ?? [UInt8](repeating: 0, count: 0x2000)
    guard address + UInt64(count) <= UInt64(bytes.count) else { return nil }
    return Array(bytes[Int(address)..<Int(address) + count])
  }

  func register(_ name: String, of partition: String, processor: Int) -> UInt64? {
    states[partition]?.processors[processor].state == .reserved
      ? nil : registers[name] ?? UInt64(processor)
  }

  // MARK: SimulationClock

  func pass(until end: SimulatedTime, orWhen condition: () -> Bool) {
    while now < end {
      if interruptsWaits { return }
      now = min(end, now + 1_000_000_000)
      onSecond?(self)
      if condition() { return }
    }
  }
}
