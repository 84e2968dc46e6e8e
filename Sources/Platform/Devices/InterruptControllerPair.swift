/// The two interrupt controllers of a PC/AT: the slave interrupts at request 2 of the master.
///
/// Source: Intel 82371SB (PIIX3) datasheet, "Interrupt Controller" and the ELCR registers.
struct InterruptControllerPair: Codable, Equatable, Sendable {
  private static let cascadeLine = 2
  /// Requests that are always edges: timer, keyboard, cascade; clock and coprocessor error.
  private static let edgeOnly: (master: UInt8, slave: UInt8) = (0x07, 0x21)

  private(set) var master = InterruptControllerChip()
  private(set) var slave = InterruptControllerChip()

  /// Whether the pair interrupts the processor (its INTR output).
  var isRequesting: Bool { master.pending != nil }

  /// Sets the level of request line 0...15, the cascade's excepted.
  mutating func setLine(_ number: Int, high: Bool) {
    guard number != Self.cascadeLine else { return }
    if number < 8 {
      master.setLine(number, high: high)
    } else {
      slave.setLine(number - 8, high: high)
      cascade()
    }
  }

  /// The processor acknowledges; returns the vector, that of request 7 or 15 when it is spurious.
  mutating func acknowledge() -> UInt8 {
    let request = master.acknowledge()
    let isSlave = Int(request) == Self.cascadeLine && slave.isReady
    defer { cascade() }
    return isSlave
      ? slave.vectorBase | slave.acknowledge() : master.vectorBase | request
  }

  /// Reads a controller's register 0 or 1.
  mutating func read(_ register: Int, ofSlave: Bool) -> UInt8 {
    defer { cascade() }
    return ofSlave ? slave.read(register) : master.read(register)
  }

  /// Writes a controller's register 0 or 1.
  mutating func write(_ register: Int, ofSlave: Bool, _ value: UInt8) {
    if ofSlave { slave.write(register, value) } else { master.write(register, value) }
    cascade()
  }

  /// Reads the ELCR of the master or the slave.
  func levels(ofSlave: Bool) -> UInt8 { ofSlave ? slave.levels : master.levels }

  /// Writes an ELCR; requests that are always edges stay so.
  mutating func setLevels(ofSlave: Bool, _ value: UInt8) {
    if ofSlave {
      slave.setLevels(value & ~Self.edgeOnly.slave)
    } else {
      master.setLevels(value & ~Self.edgeOnly.master)
    }
    cascade()
  }

  private mutating func cascade() {
    let isHigh = slave.pending != nil
    // A slave that goes on requesting pulses its output at each acknowledge.
    if isHigh, master.lines & 1 << UInt8(Self.cascadeLine) != 0,
      master.requests & 1 << UInt8(Self.cascadeLine) == 0
    {
      master.setLine(Self.cascadeLine, high: false)
    }
    master.setLine(Self.cascadeLine, high: isHigh)
  }
}
