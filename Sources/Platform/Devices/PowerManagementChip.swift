// Power management registers of the PIIX4 as a value (Intel 82371AB datasheet, "Power Management I/O
// Space"; ACPI specification, "PM1 Event Grouping"). Time is simulated nanoseconds.

import Quantities

/// Registers of ACPI's fixed hardware.
struct PowerManagementChip: Codable, Equatable, Sendable {
  /// Bytes of the register block.
  static let byteCount: UInt64 = 64
  /// Offset of the status and enable registers (PM1a_EVT_BLK).
  static let eventBlock: UInt64 = 0
  /// Offset of the control register (PM1a_CNT_BLK).
  static let controlBlock: UInt64 = 4
  /// Offset of the timer (PM_TMR_BLK).
  static let timerBlock: UInt64 = 8
  /// Rate of the power management timer, in hertz.
  static let timerFrequency: UInt64 = 3_579_545
  /// Sleep type of soft off.
  static let softOff: UInt64 = 0
  /// Commands at APM's control port that switch ACPI on and off.
  static let switchesOn: UInt8 = 0xF1
  static let switchesOff: UInt8 = 0xF0

  private static let overflow: UInt16 = 1
  private static let powerButton: UInt16 = 1 << 8
  private static let systemControlInterrupt: UInt16 = 1
  private static let sleepEnable: UInt16 = 1 << 13

  private(set) var status: UInt16 = 0
  private(set) var enable: UInt16 = 0
  private(set) var control: UInt16 = 0
  /// How often the timer's bit 23 had changed when it was last looked at.
  private var changes: UInt64 = 0

  /// Pulses of the power management timer up to a time in nanoseconds, 64 bits.
  private static func pulses(at now: UInt64) -> UInt64 {
    let product = now.multipliedFullWidth(by: timerFrequency)
    // Cannot trap: the upper half is below the frequency, which is below the divisor.
    return UInt64(1_000_000_000).dividingFullWidth(product).quotient
  }

  /// Pulses of the power management timer up to a time in nanoseconds, 32 bits.
  static func timer(at now: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: pulses(at: now)) }

  /// Whether the system control interrupt is asserted.
  var isInterrupting: Bool {
    control & Self.systemControlInterrupt != 0 && status & enable != 0
  }

  /// Whether the guest would be interrupted by its power button.
  var hearsPowerButton: Bool {
    control & Self.systemControlInterrupt != 0 && enable & Self.powerButton != 0
  }

  /// When the timer next sets its status, in nanoseconds, if it then interrupts; nil if not.
  func nextInterrupt(after now: UInt64) -> UInt64? {
    guard enable & ~status & Self.overflow != 0 else { return nil }
    let next = (Self.pulses(at: now) >> 23 &+ 1) << 23
    let (high, low) = next.multipliedFullWidth(by: 1_000_000_000)
    guard high < Self.timerFrequency else { return nil }
    return Self.timerFrequency.dividingFullWidth((high, low)).quotient.adding(1)
  }

  /// Notes what the timer did up to a time.
  mutating func settle(now: UInt64) {
    let found = Self.pulses(at: now) >> 23
    if found != changes { status |= Self.overflow }
    changes = found
  }

  /// Notes that somebody pressed the power button.
  mutating func pressPowerButton() { status |= Self.powerButton }

  /// Reads a 16-bit register at an even offset of the block.
  mutating func read(_ offset: UInt64, now: UInt64) -> UInt16 {
    settle(now: now)
    // The PIIX4's timer has 24 bits.
    let timer = Self.timer(at: now) & 0xFF_FFFF
    switch offset {
    case 0: return status
    case 2: return enable
    case Self.controlBlock: return control
    case Self.timerBlock: return UInt16(truncatingIfNeeded: timer)
    case Self.timerBlock + 2: return UInt16(truncatingIfNeeded: timer >> 16)
    default: return 0
    }
  }

  /// Writes a 16-bit register; true when the guest switches its computer off.
  mutating func write(_ offset: UInt64, _ value: UInt16, now: UInt64) -> Bool {
    settle(now: now)
    switch offset {
    case 0: status &= ~value
    case 2: enable = value & 0x0521
    case Self.controlBlock:
      control = value & 0x1C07 | control & Self.systemControlInterrupt
      return value & Self.sleepEnable != 0 && UInt64(value >> 10 & 7) == Self.softOff
    default: break
    }
    return false
  }

  /// Takes a command at APM's control port.
  mutating func command(_ value: UInt8) {
    switch value {
    case Self.switchesOn: control |= Self.systemControlInterrupt
    case Self.switchesOff: control &= ~Self.systemControlInterrupt
    default: break
    }
  }
}
