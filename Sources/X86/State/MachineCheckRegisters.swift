import Quantities

/// The machine-check registers (AMD APM volume 2, "Machine Check Architecture"): kept, and no error is
/// ever reported in them.
struct MachineCheckRegisters: Codable, Equatable, Sendable {
  private static let capabilityRegister: UInt32 = 0x179
  private static let statusRegister: UInt32 = 0x17A
  private static let controlRegister: UInt32 = 0x17B
  /// Control, status, address and miscellaneous register of each bank in turn.
  private static let bankRegisters: Range<UInt32> = 0x400..<0x418

  /// MCG_CAP: six banks, as family 0x11 has them, and MCG_CTL.
  private static let capabilities: UInt64 = 0x106

  private var status: UInt64 = 0
  private var control: UInt64 = 0
  private var banks: [UInt64] = Array(repeating: 0, count: bankRegisters.count)

  /// Whether there is a value for every register.
  var isComplete: Bool {
    banks.count == Self.bankRegisters.count
  }

  /// The contents of a register; nil when it is none of these.
  func read(_ number: UInt32) -> UInt64? {
    switch number {
    case Self.capabilityRegister: Self.capabilities
    case Self.statusRegister: status
    case Self.controlRegister: control
    case Self.bankRegisters: banks.element(at: Int(number &- 0x400))
    default: nil
    }
  }

  /// Writes a register.
  ///
  /// A status can only be cleared.
  /// - Returns: Whether the value is allowed, and the register may be written at all; nil when it is
  ///   none of these.
  mutating func write(_ number: UInt32, _ value: UInt64) -> Bool? {
    switch number {
    case Self.capabilityRegister: return false
    case Self.statusRegister:
      guard value & ~7 == 0 else { return false }
      status = value
    case Self.controlRegister: control = value
    case Self.bankRegisters:
      guard number & 3 != 1 || value == 0 else { return false }
      // Cannot trap: the range has as many registers as the array.
      banks[Int(number &- 0x400)] = value
    default: return nil
    }
    return true
  }
}
