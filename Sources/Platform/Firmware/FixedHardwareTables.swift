// ACPI tables of a partition with the devices of a PC/AT: fixed hardware in the PIIX4, whose interrupt
// is request 9, and what the board has beside. Sources: ACPI specification 6.3, sections "Fixed ACPI
// Description Table", "Firmware ACPI Control Structure" and "Interrupt Source Override Structure";
// Intel 82371AB datasheet.

/// A fixed ACPI description table (FADT) that is filled field by field.
struct FixedDescription {
  private static let byteCount = 276
  private static let headerByteCount = 36
  private var body = [UInt8](repeating: 0, count: byteCount - headerByteCount)

  /// A table whose fields are zero, of ACPI 6.3.
  init() { put(UInt8(3), at: 131) }

  /// Puts a value at an offset in the table.
  mutating func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    body.put(value, at: offset &- Self.headerByteCount)
  }

  /// Puts a generic address of I/O space; the access size is 1 for bytes, 2 for words, 3 for doublewords.
  mutating func putPort(_ port: UInt64, bits: UInt8, access: UInt8, at offset: Int) {
    put(UInt8(1), at: offset)
    put(bits, at: offset &+ 1)
    put(access, at: offset &+ 3)
    put(port, at: offset &+ 4)
  }

  /// The table with its header.
  var bytes: [UInt8] { ACPITables.table("FACP", revision: 6, body) }
}

extension ACPITables {
  /// The FACS: no wake-up vector, no global lock is held.
  static let firmwareControl: [UInt8] =
    Array("FACS".utf8) + MachineLanguage.littleEndian(UInt32(64))
    + [UInt8](repeating: 0, count: 24) + [2] + [UInt8](repeating: 0, count: 31)

  /// The FADT of fixed hardware.
  ///
  /// - Parameters:
  ///   - description: Where the DSDT is.
  ///   - control: Where the FACS is.
  /// - Returns: The table with its header.
  static func fixedDescription(description: UInt64, control: UInt64) -> [UInt8] {
    var table = FixedDescription()
    let base = PCLayout.powerManagement
    table.put(UInt32(truncatingIfNeeded: control), at: 36)
    table.put(UInt32(truncatingIfNeeded: description), at: 40)
    // Preferred profile: desktop.
    table.put(UInt8(1), at: 45)
    table.put(UInt16(PCLayout.systemControlPin), at: 46)
    table.put(UInt32(PCLayout.powerControl), at: 48)
    table.put(PowerManagementChip.switchesOn, at: 52)
    table.put(PowerManagementChip.switchesOff, at: 53)
    let blocks: [(offset: UInt64, byteCount: UInt8, at: Int, atByteCount: Int, atExtended: Int)] = [
      (PowerManagementChip.eventBlock, 4, 56, 88, 148),
      (PowerManagementChip.controlBlock, 2, 64, 89, 172),
      (PowerManagementChip.timerBlock, 4, 76, 91, 208),
    ]
    for block in blocks {
      let port = base &+ block.offset
      table.put(UInt32(truncatingIfNeeded: port), at: block.at)
      table.put(block.byteCount, at: block.atByteCount)
      table.putPort(
        port, bits: block.byteCount &* 8, access: block.at == 76 ? 3 : 2, at: block.atExtended)
    }
    // There is neither C2 nor C3: latencies above 100 and 1,000 us.
    table.put(UInt16(0x0FFF), at: 96)
    table.put(UInt16(0x0FFF), at: 98)
    // The clock's registers of the alarm's day, its month and of the century: the last only.
    table.put(UInt8(0x32), at: 108)
    // IAPC_BOOT_ARCH: devices of an ISA bus, keyboard controller.
    table.put(UInt16(0x0003), at: 109)
    // WBINVD, C1, sleep button not fixed, clock's wake-up status not fixed, reset register. The power
    // button is fixed, the timer has 24 bits.
    let flags: UInt32 = 1 | 1 << 2 | 1 << 5 | 1 << 6 | 1 << 10
    table.put(flags, at: 112)
    table.putPort(PCLayout.resetRegister, bits: 8, access: 1, at: 116)
    table.put(PCLayout.resetValue, at: 128)
    table.put(description, at: 140)
    return table.bytes
  }

  /// Interrupt source overrides of the MADT: request 0 is pin 2; the system control interrupt is a level.
  static let interruptOverrides: [UInt8] =
    interruptOverride(request: 0, pin: PCLayout.timerPin, flags: 0)
    + interruptOverride(request: 9, pin: PCLayout.systemControlPin, flags: 0x0D)

  private static func interruptOverride(request: UInt8, pin: Int, flags: UInt16) -> [UInt8] {
    [2, 10, 0, request] + MachineLanguage.littleEndian(UInt32(clamping: pin))
      + MachineLanguage.littleEndian(flags)
  }
}
