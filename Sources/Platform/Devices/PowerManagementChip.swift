// Power management registers of the PIIX4 as a value (Intel 82371AB datasheet, "Power Management I/O
// Space"; ACPI specification, "PM1 Event Grouping"). Time is simulated nanoseconds.

/// Registers of ACPI's fixed hardware.
struct PowerManagementChip: Codable, Sendable {
  /// Bytes of the register block.
  static let byteCount: UInt64 = 64
  /// Rate of the power management timer, in hertz.
  static let timerFrequency: UInt64 = 3_579_545
  private static let overflow: UInt16 = 1
  private static let systemControlInterrupt: UInt16 = 1
  private static let sleepEnable: UInt16 = 1 << 13

  private(set) var status: UInt16 = 0
  private(set) var enable: UInt16 = 0
  private(set) var control: UInt16 = 0
  /// The value of the timer's bit 23 when it was last looked at.
  private var lastCarry = false

  /// Pulses of the power management timer up to a time in nanoseconds, 32 bits.
  static func timer(at now: UInt64) -> UInt32 {
    let product = now.multipliedFullWidth(by: timerFrequency)
    return UInt32(truncatingIfNeeded: UInt64(1_000_000_000).dividingFullWidth(product).quotient)
  }

  /// Reads a 16-bit register at an even offset of the block.
  mutating func read(_ offset: UInt64, now: UInt64) -> UInt16 {
    noteCarry(now)
    // The PIIX4's timer has 24 bits.
    let timer = Self.timer(at: now) & 0xFF_FFFF
    switch offset {
    case 0: return status
    case 2: return enable
    case 4: return control
    case 8: return UInt16(truncatingIfNeeded: timer)
    case 10: return UInt16(truncatingIfNeeded: timer >> 16)
    default: return 0
    }
  }

  /// Writes a 16-bit register; true when the guest switches its computer off.
  mutating func write(_ offset: UInt64, _ value: UInt16, now: UInt64) -> Bool {
    noteCarry(now)
    switch offset {
    case 0: status &= ~value
    case 2: enable = value & 0x0521
    case 4:
      control = value & 0x1C07 | control & Self.systemControlInterrupt
      // Sleep type 0 is soft off.
      return value & Self.sleepEnable != 0 && value >> 10 & 7 == 0
    default: break
    }
    return false
  }

  /// Takes a command at APM's control port: ACPI is switched on (F1) or off (F0).
  mutating func command(_ value: UInt8) {
    switch value {
    case 0xF1: control |= Self.systemControlInterrupt
    case 0xF0: control &= ~Self.systemControlInterrupt
    default: break
    }
  }

  private mutating func noteCarry(_ now: UInt64) {
    let carry = Self.timer(at: now) & 0x80_0000 != 0
    if carry != lastCarry { status |= Self.overflow }
    lastCarry = carry
  }
}
