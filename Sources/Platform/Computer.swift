// The computer of a partition: what it is made of, how it is reset, and what leaves it.

import Channels
import Quantities
import X86

/// One partition's computer: storage, processors, interrupt controllers, devices and firmware tables.
///
/// Between `run` calls it belongs to the owner thread (Plan and Settle), during `run` to the one
/// host thread that runs the partition; it is never shared at the same time, hence unchecked.
package final class Computer: @unchecked Sendable {
  /// Why nothing runs any more, until the next reset and load.
  package enum Ending: String, Codable, Equatable, Sendable {
    case notLoaded
    case powerOff
    case reset
    case shutdown
  }

  /// Version of the simulated history that this build makes, as guests read it by CPUID.
  package static let historyVersion = Int(Identification.historyVersion)

  /// What the computer consists of.
  package let configuration: ComputerConfiguration
  /// The partition's storage.
  package let memory: GuestMemory
  /// The logical processors, by number.
  package let processors: Numbered<Processor>
  /// What it keeps itself, beside its parts.
  var values: ComputerValues

  /// The processors without counting references, for what each access asks of them.
  let uncounted: Numbered<Unmanaged<Processor>>
  let network: InterruptNetwork
  /// What its devices are connected to.
  let bus: SystemBus
  /// The devices that the firmware speaks with itself; nil where the computer has none.
  let serial: SerialPort?
  let events: EventDevice?
  let bridge: HostBridge?
  let power: PowerManagement?
  let video: VideoSubsystem?
  let debugConsole: DebugConsole?
  let pluggable: (any PluggingDevice)?
  let commandPort: CommandPort?
  let balloon: BalloonDevice?
  /// The faces of its subchannels and network adapters, and places for more.
  let devicePlaces: [DevicePlace]
  let deviceHotplug: DeviceHotplug?
  /// Where the processors keep the last time stamp that any of them returned.
  let lastTimestamp: UnsafeMutablePointer<UInt64>
  /// Each processor's index among the placements of the running phase, -1 when it is not placed.
  var places: Numbered<Int>
  var turns: TurnOrder
  /// A processor that is not placed has work, in the running phase.
  var hasUnplacedWork = false
  /// End of the slice that runs; a nearer timer ends the slice.
  var sliceEnd: SimulatedTime = 0

  /// What crossed the partition's border; the firmware takes it at Settle.
  package var outbox: [ComputerEvent] { values.outbox }
  /// Why nothing runs; nil while the computer operates.
  package var ending: Ending? { values.ending }
  /// The counter that the guest publishes with DIAGNOSE X'610'.
  package var publishedWork: UInt64 { values.publishedWork }
  /// Time that each processor has run, in nanoseconds.
  package var busyNanoseconds: Numbered<SimulatedTime> { values.busyNanoseconds }
  /// What the guest said last of its storage; nil when it says nothing.
  package var storageReport: GuestStorageReport? { balloon?.report }
  /// Uses of instructions that are not implemented, since the last load.
  package var unimplementedCount: UInt64 { values.unimplementedCount }

  /// Forgets what crossed the border: the firmware has taken it.
  package func clearOutbox() { values.outbox.removeAll(keepingCapacity: true) }

  /// Builds the computer; its initial storage is attached and nothing is loaded.
  ///
  /// - Throws: `HostMemoryError` when the host has no room for the storage window.
  package init(_ configuration: ComputerConfiguration) throws(HostMemoryError) {
    self.configuration = configuration
    let hasBoard = configuration.hasLegacyDevices
    memory = try GuestMemory(
      maximumByteCount: configuration.windowByteCount,
      readOnlyByteCount: hasBoard ? UInt64(PCLayout.firmwareLimit) : 0,
      processorCount: configuration.maximumProcessors)
    let count = configuration.maximumProcessors
    let storage = memory
    let processors = try Numbered(count: count) { number throws(HostMemoryError) in
      try Processor(
        number: number, memory: storage,
        identification: Identification(
          processorCount: count, processorNumber: number, features: configuration.features))
    }
    self.processors = processors
    uncounted = Numbered(count: processors.count) { .passUnretained(processors[$0]) }
    let network = InterruptNetwork(
      processors, initialCount: configuration.initialProcessors, hasControllers: hasBoard)
    self.network = network
    let bus = SystemBus(configuration, memory: storage, network: network, processors: processors)
    Computer.attachDevices(to: bus)
    self.bus = bus
    serial = bus.first(SerialPort.self)
    events = bus.first(EventDevice.self)
    bridge = bus.first(HostBridge.self)
    power = bus.first(PowerManagement.self)
    video = bus.first(VideoSubsystem.self)
    debugConsole = bus.first(DebugConsole.self)
    pluggable = bus.devices.lazy.compactMap { $0 as? any PluggingDevice }.first
    commandPort = bus.first(CommandPort.self)
    balloon = bus.first(BalloonDevice.self)
    devicePlaces = bus.devices.compactMap { $0 as? DevicePlace }
    deviceHotplug = bus.first(DeviceHotplug.self)
    values = ComputerValues(processorCount: count)
    places = Numbered(repeating: -1, count: count)
    turns = TurnOrder(count: count)
    lastTimestamp = .allocate(capacity: 1)
    lastTimestamp.initialize(to: 0)
    for range in PCLayout.storageRanges(byteCount: configuration.initialStorage) {
      memory.attach(range)
    }
    let context = Unmanaged.passUnretained(self).toOpaque()
    for processor in processors {
      processor.connect(to: serveBusAccess, context: context)
      processor.lastTimestamp = lastTimestamp
    }
    bus.owner = self
    resetProcessors()
    for device in bus.devices { device.reset() }
  }

  deinit { lastTimestamp.deallocate() }

  // MARK: Reset

  /// Resets processors and devices; nothing runs until the next load.
  ///
  /// - Parameter clear: Whether storage is cleared too.
  package func reset(clear: Bool) {
    if clear { memory.clear() }
    resetProcessors()
    for device in bus.devices { device.reset() }
    bus.noteDeadline()
    network.reset()
    values.notices = []
    values.takenNotices = []
    values.takesNotices = false
    values.noticeVector = 0
    values.publishedWork = 0
    values.unimplementedCount = 0
    values.reportedInstructions = []
    values.hasReportedStorage = false
    values.ending = .notLoaded
  }

  private func resetProcessors() {
    lastTimestamp.pointee = 0
    for number in processors.indices {
      processors[number].reset()
      if number != 0 { processors[number].initialize() }
      processors[number].flushTranslations()
      processors[number].interruptRequested = false
      processors[number].dropNonMaskable()
      processors[number].timestampOffset = 0 &- values.originTime
      values.clocks[number] = ParavirtualClock()
      values.isKicked[number] = false
      values.spins[number] = 0
      values.debts[number] = 0
      values.dispatching[number].forget()
      values.pendingCalls[number] = nil
    }
  }

  /// Starts the partition's own time at `time`: its TSC and system time count from here.
  func startTime(at time: SimulatedTime) {
    values.currentTime = max(values.currentTime, time)
    values.originTime = values.currentTime
    for number in processors.indices {
      processors[number].timestampOffset = 0 &- values.originTime
      values.localTimes[number] = values.currentTime
      values.remainders[number] = 0
    }
  }

  // MARK: Storage

  /// The guest-physical ranges that are storage now, ascending.
  package func attachedRanges() -> [Range<UInt64>] { bus.attachedRanges() }

  /// Makes a guest-physical range storage that reads zero.
  package func attachStorage(_ range: Range<UInt64>) { memory.attach(range) }

  /// Takes a guest-physical range away; its contents are gone.
  package func detachStorage(_ range: Range<UInt64>) {
    memory.detach(range)
    for processor in processors { processor.flushTranslations() }
  }

  /// Copies `count` bytes out of storage; nil when they are not all storage.
  func bytes(at address: UInt64, count: Int) -> [UInt8]? {
    bus.bytes(at: address, count: count)
  }

  /// Copies bytes into storage; false when they do not all fit into storage.
  func store(_ bytes: [UInt8], at address: UInt64) -> Bool { bus.store(bytes, at: address) }

  // MARK: Events

  /// Adds an event to the outbox, after the console output that preceded it.
  func emit(_ kind: ComputerEvent.Kind, at time: SimulatedTime) {
    flushConsole(at: time)
    append(kind, time)
  }

  /// Turns what the serial line and the debug console sent into events.
  func flushConsole(at time: SimulatedTime) {
    let bytes = serial?.takeOutput() ?? []
    if !bytes.isEmpty { append(.console(bytes), time) }
    let messages = debugConsole?.takeOutput() ?? []
    if !messages.isEmpty { append(.debugConsole(messages), time) }
  }

  private func append(_ kind: ComputerEvent.Kind, _ time: SimulatedTime) {
    values.outbox.append(ComputerEvent(time: time, sequence: values.sequence, kind: kind))
    values.history.mix(time)
    values.history.mix(values.sequence)
    switch kind {
    case .console(let bytes), .debugConsole(let bytes):
      bytes.withUnsafeBytes { values.history.mix(bytes: $0) }
    default: break
    }
    values.sequence &+= 1
  }

  /// Ends the computer's operation, for a reason that leaves the partition.
  func end(_ kind: ComputerEvent.Kind, at time: SimulatedTime) {
    guard values.ending == nil else { return }
    values.ending =
      switch kind {
      case .reset: .reset
      case .shutdown: .shutdown
      default: .powerOff
      }
    emit(kind, at: time)
    if let running = network.running { processors[running].endSlice() }
  }

  /// Counts an instruction that is not implemented, and reports its first use.
  func noteUnimplemented(_ number: Int, address: UInt64, bytes: UInt64) {
    values.unimplementedCount &+= 1
    guard values.reportedInstructions.count < 64, !values.reportedInstructions.contains(bytes)
    else {
      return
    }
    values.reportedInstructions.append(bytes)
    emit(
      .unimplemented(processor: number, address: address, bytes: bytes),
      at: processors[number].now)
  }

  /// Reports the first access of this load that reaches nothing.
  func noteOutsideStorage(_ number: Int, _ address: UInt64) {
    guard !values.hasReportedStorage else { return }
    values.hasReportedStorage = true
    emit(
      .outsideStorage(
        processor: number, address: processors[number].instructionPointer, storageAddress: address),
      at: processors[number].now)
  }

  // MARK: Digest

  /// A digest of the dispatches so far, with the processors' state at each one's end, of interrupts and events.
  package var historyDigest: UInt64 { values.history.value }

  /// Adds the partition's history: dispatches, interrupts, events, and the processors' state.
  package func mix(into digest: inout HistoryDigest) {
    digest.mix(values.history.value)
    for processor in processors { processor.mixState(into: &digest) }
    for (number, apic) in network.state.apics.enumerated() {
      digest.mix(UInt64(network.state.isPresent[number] ? 1 : 0))
      digest.mix(UInt64(apic.taskPriority) << 32 | UInt64(apic.spurious))
      for word in 0..<8 {
        digest.mix(UInt64(apic.requests[word]) << 32 | UInt64(apic.inService[word]))
      }
    }
  }
}
