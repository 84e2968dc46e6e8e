// The local APIC as a value: registers and priorities only (Intel SDM 3A, chapter "Advanced
// Programmable Interrupt Controller (APIC)"). Time is in nanoseconds; the timer's input clock is
// 1 GHz, so an undivided count is a nanosecond. What concerns others comes out as an `Effect`.

/// An interrupt message that a local APIC or the I/O APIC sends.
package struct InterruptMessage: Equatable, Sendable {
  /// How the receiver takes it (SDM: "delivery mode").
  package enum Delivery: UInt8, Sendable {
    case fixed = 0
    case lowestPriority = 1
    case systemManagement = 2
    case nonMaskable = 4
    case initialize = 5
    case startUp = 6
    case external = 7
  }

  /// Which processors receive it.
  package enum Destination: Equatable, Sendable {
    case physical(UInt32)
    case logical(UInt32)
    case sender
    case all
    case allButSender
  }

  /// How it is taken.
  package var delivery: Delivery
  /// Vector, or start-up page.
  package var vector: UInt8
  /// Whether its end must be told to the I/O APIC.
  package var isLevel: Bool
  /// Receivers.
  package var destination: Destination
}

/// Registers of one local APIC.
struct LocalAPICChip: Codable, Sendable {
  /// What a register access asks of the surroundings.
  enum Effect: Equatable {
    case none
    case rejected
    case send(InterruptMessage)
    case endOfInterrupt(vector: UInt8)
    case timerChanged
  }

  /// Local vector table entries, in register order.
  enum LocalVector: Int, CaseIterable {
    case correctedError, timer, thermal, performance, line0, line1, error
    /// Offset of the register, in bytes.
    var offset: UInt32 { self == .correctedError ? 0x2F0 : 0x310 + UInt32(rawValue) * 0x10 }
  }

  let identifier: UInt32
  private(set) var base: UInt64
  private(set) var taskPriority: UInt8 = 0
  private(set) var logicalDestination: UInt32 = 0
  private(set) var destinationFormat: UInt32 = 0xFFFF_FFFF
  private(set) var spurious: UInt32 = 0xFF
  private(set) var requests = SIMD8<UInt32>(repeating: 0)
  private(set) var inService = SIMD8<UInt32>(repeating: 0)
  private(set) var triggerModes = SIMD8<UInt32>(repeating: 0)
  private(set) var localVectors = SIMD8<UInt32>(repeating: 0x1_0000)
  private(set) var commandLow: UInt32 = 0
  private(set) var commandHigh: UInt32 = 0
  private(set) var initialCount: UInt32 = 0
  private(set) var countStart: UInt64 = 0
  private(set) var divideConfiguration: UInt32 = 0
  /// When the counting timer next reaches zero; nil when it does not run.
  private(set) var countDeadline: UInt64?
  /// The TSC value at which the deadline timer fires; 0 = disarmed.
  private(set) var timestampDeadline: UInt64 = 0

  /// The APIC of processor `identifier`; processor 0 is the bootstrap processor.
  init(identifier: UInt32) {
    self.identifier = identifier
    base = PCLayout.localAPICBase | 0x800 | (identifier == 0 ? 0x100 : 0)
  }

  /// Returns to the state after power-on (`keepingMode` = after INIT: the base register stays).
  mutating func reset(keepingMode: Bool) {
    let mode = base
    self = LocalAPICChip(identifier: identifier)
    if keepingMode { base = mode }
  }

  var isEnabled: Bool { base & 0x800 != 0 }
  /// Whether this is the bootstrap processor's.
  var isBootstrap: Bool { base & 0x100 != 0 }
  var isX2APIC: Bool { base & 0xC00 == 0xC00 }
  var isSoftwareEnabled: Bool { spurious & 0x100 != 0 }
  /// Whether the registers are decoded in memory.
  var decodesMemory: Bool { base & 0xC00 == 0x800 }

  /// Whether an interrupt of 8259 controllers at LINT0 reaches the processor: the entry is unmasked
  /// with delivery mode ExtINT, or the whole local APIC is off and LINT0 is the INTR pin.
  var acceptsExternal: Bool {
    guard isEnabled else { return true }
    return localVectors[LocalVector.line0.rawValue] & 0x1_0700 == 0x700
  }

  // MARK: Priorities

  /// Processor priority (SDM: "Task and Processor Priorities").
  var processorPriority: UInt8 {
    let serviced = UInt8(truncatingIfNeeded: LocalAPICChip.highest(inService) ?? 0)
    return taskPriority >> 4 >= serviced >> 4 ? taskPriority : serviced & 0xF0
  }

  /// The vector that the processor would take now.
  var deliverableVector: UInt8? {
    guard isEnabled, let highest = LocalAPICChip.highest(requests),
      UInt8(highest) >> 4 > processorPriority >> 4
    else { return nil }
    return UInt8(highest)
  }

  /// Accepts a fixed interrupt; false when the APIC is switched off or the vector is reserved.
  mutating func accept(vector: UInt8, isLevel: Bool) -> Bool {
    guard isEnabled, isSoftwareEnabled, vector >= 16 else { return false }
    let word = Int(vector) >> 5
    let bit: UInt32 = 1 << UInt32(vector & 31)
    requests[word] |= bit
    if isLevel { triggerModes[word] |= bit } else { triggerModes[word] &= ~bit }
    return true
  }

  /// The processor takes its interrupt: the vector moves into service.
  ///
  /// The spurious vector when none is left.
  mutating func acknowledge() -> UInt8 {
    guard let vector = deliverableVector else { return UInt8(truncatingIfNeeded: spurious) }
    let word = Int(vector) >> 5
    let bit: UInt32 = 1 << UInt32(vector & 31)
    requests[word] &= ~bit
    inService[word] |= bit
    return vector
  }

  private mutating func endInterrupt() -> Effect {
    guard let vector = LocalAPICChip.highest(inService) else { return .none }
    let bit: UInt32 = 1 << UInt32(vector & 31)
    inService[vector >> 5] &= ~bit
    return triggerModes[vector >> 5] & bit != 0 ? .endOfInterrupt(vector: UInt8(vector)) : .none
  }

  private static func highest(_ set: SIMD8<UInt32>) -> Int? {
    var word = 7
    while word >= 0 {
      if set[word] != 0 { return word * 32 + 31 - set[word].leadingZeroBitCount }
      word -= 1
    }
    return nil
  }

  // MARK: Destinations

  /// Whether a message to `destination` reaches this APIC (not for shorthands).
  func matches(_ destination: InterruptMessage.Destination) -> Bool {
    guard isEnabled else { return false }
    switch destination {
    case .physical(let target):
      return target == identifier || target == 0xFFFF_FFFF || (!isX2APIC && target == 0xFF)
        || (isX2APIC && target == 0xFF && identifier != 0xFF)
    case .logical(let target):
      if isX2APIC {
        if target == 0xFFFF_FFFF || target == 0xFF { return true }
        let own = extendedLogicalDestination
        return target >> 16 == own >> 16 && target & own & 0xFFFF != 0
      }
      let own = logicalDestination >> 24
      if destinationFormat >> 28 == 0xF { return target & own & 0xFF != 0 }
      return (target >> 4 & 0xF == own >> 4 || target & 0xFF == 0xFF) && target & own & 0xF != 0
    case .sender, .all, .allButSender:
      return false
    }
  }

  private var extendedLogicalDestination: UInt32 {
    (identifier >> 4) << 16 | 1 << (identifier & 15)
  }

  // MARK: Timer

  private var timerEntry: UInt32 { localVectors[LocalVector.timer.rawValue] }
  private var timerMode: UInt32 { timerEntry >> 17 & 3 }
  private var divideShift: UInt32 {
    let code = divideConfiguration & 3 | divideConfiguration >> 1 & 4
    return (code + 1) & 7
  }

  /// When the timer fires next; nil when it is not armed.
  ///
  /// - Parameter offset: Guest TSC minus simulated time, wrapping.
  /// - Returns: Simulated time in nanoseconds.
  func deadline(timestampOffset offset: UInt64) -> UInt64? {
    if timerMode == 2 {
      guard timestampDeadline != 0 else { return nil }
      // The offset is a negative number in wrapping form for a partition that started late.
      if offset > UInt64.max / 2 {
        let (time, overflow) = timestampDeadline.addingReportingOverflow(0 &- offset)
        return overflow ? .max : time
      }
      return timestampDeadline > offset ? timestampDeadline - offset : 0
    }
    return countDeadline
  }

  /// Whether an expiry of the timer is reported at all.
  var isTimerMasked: Bool { timerEntry & 0x1_0000 != 0 }

  /// Shortest period that is honoured, in nanoseconds; it bounds what a guest can cost the host.
  static let minimumPeriod: UInt64 = 10_000

  /// Fires the timer whose deadline `time` was reached by `now`.
  ///
  /// True when a vector was requested. Periods that passed unseen are one interrupt, as on hardware that could not deliver them.
  mutating func fireTimer(at time: UInt64, now: UInt64) -> Bool {
    switch timerMode {
    case 2: timestampDeadline = 0
    case 1:
      let period = max(
        UInt64(initialCount) << UInt64(divideShift), LocalAPICChip.minimumPeriod)
      let missed = now > time ? (now - time) / period : 0
      countStart = time &+ missed * period
      countDeadline = countStart &+ period
    default: countDeadline = nil
    }
    guard !isTimerMasked else { return false }
    return accept(vector: UInt8(truncatingIfNeeded: timerEntry), isLevel: false)
  }

  /// Arms (or with 0 disarms) the deadline timer; ignored in the counting modes, as on hardware.
  mutating func setTimestampDeadline(_ value: UInt64) {
    if timerMode == 2 { timestampDeadline = value }
  }

  private func currentCount(at now: UInt64) -> UInt32 {
    guard let end = countDeadline, end > now else { return 0 }
    return UInt32(truncatingIfNeeded: (end - now) >> UInt64(divideShift))
  }

  private mutating func startCount(_ value: UInt32, at now: UInt64) {
    initialCount = value
    countStart = now
    let running = value != 0 && timerMode != 2
    countDeadline = running ? now &+ UInt64(value) << UInt64(divideShift) : nil
  }

  // MARK: Registers

  /// Reads the register at a byte offset (a multiple of 16); nil when there is none.
  func read(_ offset: UInt32, now: UInt64) -> UInt32? {
    switch offset {
    case 0x020: return isX2APIC ? identifier : identifier << 24
    case 0x030: return 0x0006_0015
    case 0x080: return UInt32(taskPriority)
    case 0x090, 0x0C0: return 0
    case 0x0A0: return UInt32(processorPriority)
    case 0x0D0: return isX2APIC ? extendedLogicalDestination : logicalDestination
    case 0x0E0: return isX2APIC ? nil : destinationFormat
    case 0x0F0: return spurious
    case 0x100...0x170: return inService[Int(offset - 0x100) >> 4]
    case 0x180...0x1F0: return triggerModes[Int(offset - 0x180) >> 4]
    case 0x200...0x270: return requests[Int(offset - 0x200) >> 4]
    case 0x280: return 0
    case 0x2F0: return localVectors[0]
    case 0x300: return commandLow
    case 0x310: return isX2APIC ? nil : commandHigh
    case 0x320...0x370: return localVectors[Int(offset - 0x310) >> 4]
    case 0x380: return initialCount
    case 0x390: return currentCount(at: now)
    case 0x3E0: return divideConfiguration
    default: return nil
    }
  }

  /// Writes the register at a byte offset.
  mutating func write(_ offset: UInt32, _ value: UInt32, now: UInt64) -> Effect {
    switch offset {
    case 0x080: taskPriority = UInt8(truncatingIfNeeded: value)
    case 0x0B0: return endInterrupt()
    case 0x0D0 where !isX2APIC: logicalDestination = value & 0xFF00_0000
    case 0x0E0 where !isX2APIC: destinationFormat = value | 0x0FFF_FFFF
    case 0x0F0:
      spurious = value & 0x1FF
      if !isSoftwareEnabled { localVectors = localVectors | SIMD8(repeating: 0x1_0000) }
    case 0x280: break
    case 0x2F0: writeLocalVector(0, value)
    case 0x300:
      commandLow = value & 0xF_CFFF
      return send(high: isX2APIC ? 0 : commandHigh >> 24)
    case 0x310 where !isX2APIC: commandHigh = value & 0xFF00_0000
    case 0x320...0x370:
      writeLocalVector(Int(offset - 0x310) >> 4, value)
      return offset == 0x320 ? .timerChanged : .none
    case 0x380:
      startCount(value, at: now)
      return .timerChanged
    case 0x3E0:
      divideConfiguration = value & 0xB
      return .none
    default: return .rejected
    }
    return .none
  }

  private mutating func writeLocalVector(_ index: Int, _ value: UInt32) {
    let before = timerMode
    localVectors[index] = value & 0x7_F7FF | (isSoftwareEnabled ? 0 : 0x1_0000)
    // Changing between the deadline and the counting modes disarms the timer (SDM: "TSC-Deadline").
    if (before == 2) != (timerMode == 2) {
      timestampDeadline = 0
      countDeadline = nil
    }
  }

  private func send(high target: UInt32) -> Effect {
    guard let delivery = InterruptMessage.Delivery(rawValue: UInt8(commandLow >> 8 & 7)) else {
      return .none
    }
    // INIT with level 0 is the de-assert of old bus APICs: nothing happens.
    if delivery == .initialize, commandLow & 0x4000 == 0 { return .none }
    let destination: InterruptMessage.Destination =
      switch commandLow >> 18 & 3 {
      case 1: .sender
      case 2: .all
      case 3: .allButSender
      default: commandLow & 0x800 != 0 ? .logical(target) : .physical(target)
      }
    return .send(
      InterruptMessage(
        delivery: delivery, vector: UInt8(truncatingIfNeeded: commandLow), isLevel: false,
        destination: destination))
  }

  // MARK: Model-specific registers

  /// Reads x2APIC register `index` (MSR 0x800 + index); nil is a general-protection exception.
  func readExtended(_ index: UInt32, now: UInt64) -> UInt64? {
    guard isX2APIC else { return nil }
    switch index {
    case 0x30: return UInt64(commandHigh) << 32 | UInt64(commandLow)
    case 0x0B, 0x3F: return nil
    default: return read(index << 4, now: now).map(UInt64.init)
    }
  }

  /// Writes x2APIC register `index`; `.rejected` is a general-protection exception.
  mutating func writeExtended(_ index: UInt32, _ value: UInt64, now: UInt64) -> Effect {
    guard isX2APIC else { return .rejected }
    switch index {
    case 0x30:
      commandLow = UInt32(truncatingIfNeeded: value) & 0xF_CFFF
      commandHigh = UInt32(truncatingIfNeeded: value >> 32)
      return send(high: commandHigh)
    case 0x3F:
      return .send(
        InterruptMessage(
          delivery: .fixed, vector: UInt8(truncatingIfNeeded: value), isLevel: false,
          destination: .sender))
    default:
      guard value >> 32 == 0 else { return .rejected }
      return write(index << 4, UInt32(truncatingIfNeeded: value), now: now)
    }
  }

  /// Writes IA32_APIC_BASE; false is a general-protection exception (a transition not allowed).
  mutating func writeBase(_ value: UInt64) -> Bool {
    let mode = value & 0xC00
    // The bootstrap flag and the reserved bits may not change; the page may not move.
    guard value & 0x3FF == base & 0x100, value >> 12 == PCLayout.localAPICBase >> 12 else {
      return false
    }
    switch (base & 0xC00, mode) {
    case (_, 0x400), (0xC00, 0x800), (0, 0xC00): return false
    default: break
    }
    if mode == 0 {
      let bootstrap = base & 0x100
      self = LocalAPICChip(identifier: identifier)
      base = PCLayout.localAPICBase | bootstrap
    } else {
      base = value
    }
    return true
  }

  /// Sets the task priority from CR8, whose four bits are the register's bits 7-4.
  mutating func setTaskPriority(_ value: UInt8) { taskPriority = value }
}
