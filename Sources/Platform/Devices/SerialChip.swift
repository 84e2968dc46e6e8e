// A 16550A as a value (National PC16550D datasheet). The transmitter is infinitely fast: a byte
// leaves the moment it is written, so the holding register is always empty when looked at.
// Interrupt sources by falling priority: line status (an overrun), received data (or its time-out),
// transmitter empty. Received bytes below the trigger level are reported as a time-out at once.

/// Registers of one serial line.
struct SerialChip: Codable, Equatable, Sendable {
  private static let fifoByteCount = 16

  private(set) var interruptEnable: UInt8 = 0
  private(set) var lineControl: UInt8 = 0
  private(set) var modemControl: UInt8 = 0
  private(set) var scratch: UInt8 = 0
  private(set) var divisor: UInt16 = 1
  private(set) var fifoControl: UInt8 = 0
  private(set) var received: [UInt8] = []
  private(set) var isTransmitterPending = false
  /// A byte came while there was no room: shown in the line status until it is read.
  private(set) var hasOverrun = false

  private var isLoopback: Bool { modemControl & 0x10 != 0 }
  private var usesFIFO: Bool { fifoControl & 1 != 0 }
  private var hasDivisorAccess: Bool { lineControl & 0x80 != 0 }
  private var triggerLevel: Int {
    guard usesFIFO else { return 1 }
    return switch fifoControl >> 6 {
    case 0: 1
    case 1: 4
    case 2: 8
    default: 14
    }
  }

  /// How many bytes the receiver can still take.
  var receiverSpace: Int { (usesFIFO ? SerialChip.fifoByteCount : 1) - received.count }

  /// Level of the interrupt line.
  ///
  /// OUT2 does not gate it, as it would on a PC: xv6 leaves it 0, and QEMU does as we do.
  var isInterrupting: Bool { interruptIdentification & 1 == 0 }

  /// Takes a byte from the line.
  ///
  /// Without room it is lost; without a FIFO the one before is, whose place it takes.
  mutating func receive(_ byte: UInt8) {
    guard receiverSpace <= 0 else { return received.append(byte) }
    hasOverrun = true
    if !usesFIFO { received = [byte] }
  }

  private var interruptIdentification: UInt8 {
    let fifoBits: UInt8 = usesFIFO ? 0xC0 : 0
    if interruptEnable & 4 != 0, hasOverrun { return fifoBits | 0x06 }
    if interruptEnable & 1 != 0, !received.isEmpty {
      return fifoBits | (received.count >= triggerLevel ? 0x04 : 0x0C)
    }
    if interruptEnable & 2 != 0, isTransmitterPending { return fifoBits | 0x02 }
    return fifoBits | 0x01
  }

  private var modemStatus: UInt8 {
    guard isLoopback else { return 0xB0 }
    // DTR -> DSR, RTS -> CTS, OUT1 -> RI, OUT2 -> DCD.
    return (modemControl & 1) << 5 | (modemControl & 2) << 3 | (modemControl & 4) << 4
      | (modemControl & 8) << 4
  }

  /// Reads register 0...7.
  mutating func read(_ register: UInt8) -> UInt8 {
    switch register {
    case 0:
      if hasDivisorAccess { return UInt8(truncatingIfNeeded: divisor) }
      return received.isEmpty ? 0 : received.removeFirst()
    case 1: return hasDivisorAccess ? UInt8(divisor >> 8) : interruptEnable
    case 2:
      let identification = interruptIdentification
      if identification & 0x0F == 0x02 { isTransmitterPending = false }
      return identification
    case 3: return lineControl
    case 4: return modemControl
    case 5:
      defer { hasOverrun = false }
      return 0x60 | (received.isEmpty ? 0 : 1) | (hasOverrun ? 2 : 0)
    case 6: return modemStatus
    default: return scratch
    }
  }

  /// Writes register 0...7; returns the byte that leaves the line, if any.
  mutating func write(_ register: UInt8, _ value: UInt8) -> UInt8? {
    switch register {
    case 0:
      if hasDivisorAccess {
        divisor = divisor & 0xFF00 | UInt16(value)
        return nil
      }
      isTransmitterPending = true
      guard isLoopback else { return value }
      receive(value)
    case 1:
      if hasDivisorAccess {
        divisor = divisor & 0xFF | UInt16(value) << 8
        return nil
      }
      if value & 2 != 0, interruptEnable & 2 == 0 { isTransmitterPending = true }
      interruptEnable = value & 0x0F
    case 2:
      if (value ^ fifoControl) & 1 != 0 || value & 2 != 0 {
        received.removeAll(keepingCapacity: true)
      }
      fifoControl = value & 1 == 0 ? 0 : value & 0xC9
    case 3: lineControl = value
    case 4: modemControl = value & 0x1F
    case 7: scratch = value
    default: break
    }
    return nil
  }
}
