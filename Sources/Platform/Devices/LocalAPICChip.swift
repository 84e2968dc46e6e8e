// The local APIC as a value (Intel SDM 3A, chapter "Advanced Programmable Interrupt Controller
// (APIC)"): state, priorities and destinations here; its timer and its registers in files of their
// own. What concerns others comes out as an `Effect`.

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
struct LocalAPICChip: Codable, Equatable, Sendable {
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

  /// The mask bit of a local vector table entry.
  static let masked: UInt32 = 0x1_0000

  let identifier: UInt32
  var base: UInt64
  var taskPriority: UInt8 = 0
  var logicalDestination: UInt32 = 0
  var destinationFormat: UInt32 = 0xFFFF_FFFF
  var spurious: UInt32 = 0xFF
  var requests = SIMD8<UInt32>(repeating: 0)
  var inService = SIMD8<UInt32>(repeating: 0)
  var triggerModes = SIMD8<UInt32>(repeating: 0)
  var localVectors = SIMD8<UInt32>(repeating: 0x1_0000)
  var commandLow: UInt32 = 0
  var commandHigh: UInt32 = 0
  var initialCount: UInt32 = 0
  var divideConfiguration: UInt32 = 0
  /// When the counting timer next reaches zero; nil when it does not run.
  var countDeadline: UInt64?
  /// The TSC value at which the deadline timer fires; 0 = disarmed.
  var timestampDeadline: UInt64 = 0
  /// Errors since the error status register was last written, as its bits.
  private var errors: UInt32 = 0
  /// What the error status register shows.
  private(set) var errorStatus: UInt32 = 0

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
    let serviced = LocalAPICChip.highest(inService) ?? 0
    return taskPriority >> 4 >= serviced >> 4 ? taskPriority : serviced & 0xF0
  }

  /// The vector that the processor would take now.
  var deliverableVector: UInt8? {
    guard isEnabled, let highest = LocalAPICChip.highest(requests),
      highest >> 4 > processorPriority >> 4
    else { return nil }
    return highest
  }

  /// Accepts a fixed interrupt; false when the APIC is switched off, or the vector is illegal.
  mutating func accept(vector: UInt8, isLevel: Bool) -> Bool {
    guard isEnabled, isSoftwareEnabled else { return false }
    guard vector >= 16 else {
      note(.receivedIllegalVector)
      return false
    }
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

  mutating func endInterrupt() -> Effect {
    guard let vector = LocalAPICChip.highest(inService) else { return .none }
    let word = Int(vector) >> 5
    let bit: UInt32 = 1 << UInt32(vector & 31)
    inService[word] &= ~bit
    return triggerModes[word] & bit != 0 ? .endOfInterrupt(vector: vector) : .none
  }

  private static func highest(_ set: SIMD8<UInt32>) -> UInt8? {
    var word = 7
    while word >= 0 {
      if set[word] != 0 {
        return UInt8(truncatingIfNeeded: word * 32 + 31 - set[word].leadingZeroBitCount)
      }
      word -= 1
    }
    return nil
  }

  // MARK: Errors

  /// Errors, as bits of the error status register (SDM: "Error Handling").
  enum ErrorBit: UInt32 {
    case sentIllegalVector = 0x20
    case receivedIllegalVector = 0x40
    case illegalRegister = 0x80
  }

  /// Notes an error, and requests the error interrupt unless it is masked.
  mutating func note(_ error: ErrorBit) {
    errors |= error.rawValue
    let entry = localVectors[LocalVector.error.rawValue]
    let vector = UInt8(truncatingIfNeeded: entry)
    guard entry & LocalAPICChip.masked == 0, vector >= 16 else { return }
    _ = accept(vector: vector, isLevel: false)
  }

  /// A write of the error status register: it shows what was noted since the last one.
  mutating func updateErrorStatus() {
    errorStatus = errors
    errors = 0
  }

  // MARK: Destinations

  /// All processors, as a destination; an eight-bit destination of ones is widened to it.
  static let broadcast: UInt32 = 0xFFFF_FFFF

  /// Whether a message to `destination` reaches this APIC (not for shorthands).
  func matches(_ destination: InterruptMessage.Destination) -> Bool {
    guard isEnabled else { return false }
    switch destination {
    case .physical(let target):
      return target == identifier || target == LocalAPICChip.broadcast
    case .logical(LocalAPICChip.broadcast):
      return true
    case .logical(let target):
      if isX2APIC {
        let own = extendedLogicalDestination
        return target >> 16 == own >> 16 && target & own & 0xFFFF != 0
      }
      let own = logicalDestination >> 24
      if target > 0xFF { return false }
      if destinationFormat >> 28 == 0xF { return target & own != 0 }
      return target >> 4 == own >> 4 && target & own & 0xF != 0
    case .sender, .all, .allButSender:
      return false
    }
  }

  var extendedLogicalDestination: UInt32 {
    (identifier >> 4) << 16 | 1 << (identifier & 15)
  }
}
