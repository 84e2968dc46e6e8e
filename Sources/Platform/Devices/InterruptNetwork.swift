import Quantities
import X86

/// What the interrupt controllers of a computer remember, and which processors are there.
struct InterruptNetworkState: Codable, Equatable, Sendable {
  /// The local APICs, by processor.
  var apics: Numbered<LocalAPICChip>
  var ioAPIC = IOAPICChip()
  /// The 8259 interrupt controllers of a PC/AT, on LINT0 of processor 0; nil where there are none.
  var controllers: InterruptControllerPair?
  /// Which processors are present.
  var isPresent: Numbered<Bool>
}

/// Carries interrupt messages between the I/O APIC, the local APICs and the processors.
///
/// Touched only by the thread that owns the partition at the moment.
final class InterruptNetwork {
  private(set) var state: InterruptNetworkState
  private let processors: Numbered<Processor>
  /// The processor whose bus access is being served; nil between slices.
  var running: Int?
  /// The processors to which something came since `takeTouched`.
  private var touched = ProcessorSet()
  /// The running processor has sent INIT to itself: it takes it after the instruction.
  private var hasInitializedItself = false
  /// Cycles that the running processor's messages cost, as far as they are not taken yet.
  private var messageCycles = 0

  /// Cycles that a message costs its sender, and more for each receiver: what the host does for it.
  private enum Cost {
    static let message = 4
    static let receiver = 1
    static let initialized = 32
  }

  /// A network of the processors that there may ever be, of which the first ones are present.
  init(_ processors: Numbered<Processor>, initialCount: Int, hasControllers: Bool = false) {
    self.processors = processors
    state = InterruptNetworkState(
      apics: Numbered(count: processors.count) {
        LocalAPICChip(identifier: UInt32(truncatingIfNeeded: $0))
      },
      controllers: hasControllers ? InterruptControllerPair() : nil,
      isPresent: Numbered(count: processors.count) { $0 < initialCount })
  }

  /// Takes up what was remembered.
  ///
  /// - Throws: `StateRefusal` when it is not of such a computer.
  func restore(_ other: InterruptNetworkState) throws(StateRefusal) {
    guard other.apics.count == processors.count, other.isPresent.count == processors.count,
      (other.controllers == nil) == (state.controllers == nil), other.ioAPIC.isComplete,
      other.apics.enumerated().allSatisfy({ $1.identifier == UInt32(truncatingIfNeeded: $0) })
    else {
      throw .inconsistent(kind: "interrupt controllers", what: "they are of another computer")
    }
    state = other
    running = nil
    touched = ProcessorSet()
    hasInitializedItself = false
    messageCycles = 0
  }

  /// Returns all controllers to the state after power-on; lines keep their level as devices reset.
  func reset() {
    for number in state.apics.indices {
      state.apics[number].reset(keepingMode: false)
      refresh(number)
    }
    state.ioAPIC = IOAPICChip()
    if state.controllers != nil { state.controllers = InterruptControllerPair() }
  }

  /// Adds a processor, waiting to be started, or takes it away.
  func setPresent(_ number: Int, _ value: Bool) {
    state.isPresent[number] = value
    state.apics[number].reset(keepingMode: false)
    processors[number].initialize()
    refresh(number)
  }

  // MARK: Wake-ups

  /// Notes that something came to a processor that may make it ready.
  func touch(_ number: Int) { touched.insert(number) }

  /// The processors to which something came since the last call.
  func takeTouched() -> ProcessorSet { touched.takeAll() }

  /// What the messages of the slice that is over cost, in cycles.
  func takeMessageCycles() -> Int {
    defer { messageCycles = 0 }
    return messageCycles
  }

  /// Carries out an INIT that a processor sent to itself in the slice that is over.
  func initializeItself(_ number: Int) {
    guard hasInitializedItself else { return }
    hasInitializedItself = false
    initialize(number)
  }

  // MARK: Messages

  /// Sets the level of an I/O APIC pin, and of the interrupt controllers' request on the same wire.
  func setLine(_ pin: Int, high: Bool) {
    if state.controllers != nil, pin < 16 {
      state.controllers?.setLine(pin == PCLayout.timerPin ? 0 : pin, high: high)
      refresh(0)
    }
    if let message = state.ioAPIC.setLine(pin, high: high) { deliverFromIOAPIC(message) }
  }

  /// Takes a message of the I/O APIC to its receivers; one that nobody accepts stays with it.
  private func deliverFromIOAPIC(_ message: InterruptMessage) {
    if !deliver(message, from: nil), message.isLevel {
      state.ioAPIC.takeBack(vector: message.vector)
    }
  }

  /// Takes a message to its receivers; false when nobody accepts it.
  ///
  /// Lowest priority goes to the receiver with the least processor priority, ties by number.
  @discardableResult
  func deliver(_ message: InterruptMessage, from sender: Int?) -> Bool {
    var lowest: Int?
    var isAccepted = false
    var cycles = Cost.message
    for number in state.apics.indices where state.isPresent[number] && state.apics[number].isEnabled
    {
      let isReceiver =
        switch message.destination {
        case .sender: number == sender
        case .all: true
        case .allButSender: number != sender
        default: state.apics[number].matches(message.destination)
        }
      guard isReceiver else { continue }
      cycles &+= message.delivery == .initialize ? Cost.initialized : Cost.receiver
      if message.delivery == .lowestPriority {
        guard state.apics[number].isSoftwareEnabled else { continue }
        if let other = lowest,
          state.apics[other].processorPriority <= state.apics[number].processorPriority
        {
          continue
        }
        lowest = number
      } else if take(message, number) {
        isAccepted = true
      }
    }
    if let lowest, take(message, lowest) { isAccepted = true }
    if let running {
      messageCycles &+= cycles
      processors[running].endSlice()
    }
    return isAccepted
  }

  private func take(_ message: InterruptMessage, _ number: Int) -> Bool {
    touch(number)
    switch message.delivery {
    case .fixed, .lowestPriority, .external:
      return requestVector(message.vector, on: number, isLevel: message.isLevel)
    case .nonMaskable:
      processors[number].requestNonMaskable()
    case .initialize:
      if number == running { hasInitializedItself = true } else { initialize(number) }
    case .startUp:
      if processors[number].activity == .waitingForStartup {
        processors[number].startUp(vector: message.vector)
      }
    case .systemManagement: break
    }
    return true
  }

  /// INIT: the bootstrap processor starts again at the reset vector, others wait to be started.
  private func initialize(_ number: Int) {
    state.apics[number].reset(keepingMode: true)
    processors[number].initialize()
    if state.apics[number].isBootstrap { processors[number].activity = .running }
    refresh(number)
  }

  /// Requests a vector on one processor, as its own timer does; false when it does not accept it.
  @discardableResult
  func requestVector(_ vector: UInt8, on number: Int, isLevel: Bool = false) -> Bool {
    defer { refresh(number) }
    return state.apics[number].accept(vector: vector, isLevel: isLevel)
  }

  /// Tells a processor whether its local APIC has something for it.
  private func refresh(_ number: Int) {
    let requested = state.apics[number].deliverableVector != nil || isExternalPending(number)
    processors[number].interruptRequested = requested
    touch(number)
    if requested, running == number { processors[number].endSlice() }
  }

  /// Whether the interrupt controllers have something for a processor.
  private func isExternalPending(_ number: Int) -> Bool {
    guard number == 0, let controllers = state.controllers else { return false }
    return controllers.isRequesting && state.apics[0].acceptsExternal
  }

  // MARK: Interrupt controllers

  /// Reads a register (0 or 1) of the master or the slave.
  func readController(_ register: Int, ofSlave: Bool) -> UInt8 {
    defer { refresh(0) }
    return state.controllers?.read(register, ofSlave: ofSlave) ?? 0xFF
  }

  /// Writes a register (0 or 1) of the master or the slave.
  func writeController(_ register: Int, ofSlave: Bool, _ value: UInt8) {
    state.controllers?.write(register, ofSlave: ofSlave, value)
    refresh(0)
  }

  /// Which requests of the master or the slave are levels.
  func requestLevels(ofSlave: Bool) -> UInt8 { state.controllers?.levels(ofSlave: ofSlave) ?? 0xFF }

  /// Chooses which requests of the master or the slave are levels.
  func setRequestLevels(ofSlave: Bool, _ value: UInt8) {
    state.controllers?.setLevels(ofSlave: ofSlave, value)
    refresh(0)
  }

  // MARK: Registers

  /// The processor takes its interrupt: its local APIC's first, then the interrupt controllers'.
  func acknowledge(_ number: Int) -> UInt8 {
    defer { refresh(number) }
    if state.apics[number].deliverableVector == nil, isExternalPending(number),
      let vector = state.controllers?.acknowledge()
    {
      return vector
    }
    return state.apics[number].acknowledge()
  }

  /// Fires the timer of a processor whose deadline has been reached.
  func fireTimer(_ number: Int, deadline: UInt64, now: UInt64) {
    if state.apics[number].fireTimer(at: deadline, now: now) { refresh(number) }
  }

  /// Sets the deadline timer.
  func setTimestampDeadline(_ number: Int, _ value: UInt64) {
    state.apics[number].setTimestampDeadline(value)
  }

  /// The deadline timer's TSC value, 0 when it is not armed.
  func timestampDeadline(_ number: Int, now: UInt64) -> UInt64 {
    dropMaskedExpiry(number, now)
    return state.apics[number].timestampDeadline
  }

  private func dropMaskedExpiry(_ number: Int, _ now: UInt64) {
    state.apics[number].dropMaskedExpiry(
      timestampOffset: processors[number].timestampOffset, now: now)
  }

  /// Reads a local APIC register in memory.
  func readLocal(_ number: Int, _ offset: UInt32, now: UInt64) -> UInt32 {
    dropMaskedExpiry(number, now)
    if let value = state.apics[number].read(offset, now: now) { return value }
    state.apics[number].note(.illegalRegister)
    refresh(number)
    return 0
  }

  /// Writes a local APIC register in memory; true when a timer may have changed.
  func writeLocal(_ number: Int, _ offset: UInt32, _ value: UInt32, now: UInt64) -> Bool {
    dropMaskedExpiry(number, now)
    let effect = perform(state.apics[number].write(offset, value, now: now), number)
    if effect == .rejected, state.apics[number].read(offset, now: now) == nil {
      state.apics[number].note(.illegalRegister)
      refresh(number)
    }
    return effect == .timerChanged
  }

  /// Reads an x2APIC register; nil is a general-protection exception.
  func readExtended(_ number: Int, _ index: UInt32, now: UInt64) -> UInt64? {
    dropMaskedExpiry(number, now)
    return state.apics[number].readExtended(index, now: now)
  }

  /// Writes an x2APIC register; the effect tells of a rejection or a changed timer.
  func writeExtended(
    _ number: Int, _ index: UInt32, _ value: UInt64, now: UInt64
  ) -> LocalAPICChip.Effect {
    dropMaskedExpiry(number, now)
    return perform(state.apics[number].writeExtended(index, value, now: now), number)
  }

  /// Writes IA32_APIC_BASE; false is a general-protection exception.
  func writeBase(_ number: Int, _ value: UInt64) -> Bool {
    defer { refresh(number) }
    return state.apics[number].writeBase(value)
  }

  /// Sets the task priority from CR8.
  func setTaskPriority(_ number: Int, _ value: UInt8) {
    state.apics[number].setTaskPriority(value)
    refresh(number)
  }

  /// Reads an I/O APIC register.
  func readIOAPIC(_ offset: UInt64) -> UInt32 { state.ioAPIC.read(offset) }

  /// Writes an I/O APIC register.
  func writeIOAPIC(_ offset: UInt64, _ value: UInt32) {
    for message in state.ioAPIC.write(offset, value) { deliverFromIOAPIC(message) }
  }

  private func perform(_ effect: LocalAPICChip.Effect, _ number: Int) -> LocalAPICChip.Effect {
    switch effect {
    case .none, .timerChanged: refresh(number)
    case .rejected: break
    case .send(let message):
      deliver(message, from: number)
      refresh(number)
    case .endOfInterrupt(let vector):
      refresh(number)
      for message in state.ioAPIC.endOfInterrupt(vector: vector) { deliverFromIOAPIC(message) }
    }
    return effect
  }
}
