// What the Intel MultiProcessor Specification 1.4 has firmware leave (chapter 4, "MP Configuration
// Table"): systems that know no ACPI, and those that are told to do without, find processors, the I/O
// APIC and its wires there.

/// The configuration table of a partition with the devices of a PC/AT.
struct MultiprocessorTable {
  /// Types of entries.
  private enum Entry {
    static let processor: UInt8 = 0
    static let bus: UInt8 = 1
    static let ioAPIC: UInt8 = 2
    static let interrupt: UInt8 = 3
    static let localInterrupt: UInt8 = 4
  }

  /// How an interrupt is delivered.
  private enum Delivery {
    static let vector: UInt8 = 0
    static let nonMaskable: UInt8 = 1
    static let external: UInt8 = 3
  }

  private static let isaBus: UInt8 = 1
  private static let pciBus: UInt8 = 0
  private static let requests = 16
  /// More processors have no identifier of one byte.
  private static let processorLimit = 255

  /// For each processor that may ever be there, whether it is there from the start.
  let isPresent: [Bool]
  /// CPUID.1:EAX and EDX: which processor it is, and what it has.
  let signature: (version: UInt32, features: UInt32)

  /// The pointer to the table, to be stored where it is looked for.
  static let pointer: [UInt8] = {
    let address = MachineLanguage.littleEndian(UInt32(PCLayout.multiprocessorTable))
    // One unit of 16 bytes, version 1.4; the interrupt controllers are connected through the local APIC.
    var bytes = Array("_MP_".utf8) + address + [1, 4, 0, 0, 0, 0, 0, 0]
    bytes.putChecksum(at: 10)
    return bytes
  }()

  /// The table, for `PCLayout.multiprocessorTable`.
  func bytes() -> [UInt8] {
    let entries =
      processorEntries() + [
        [Entry.bus, Self.pciBus] + Array("PCI   ".utf8),
        [Entry.bus, Self.isaBus] + Array("ISA   ".utf8),
        [Entry.ioAPIC, 0, 0x20, 1] + MachineLanguage.littleEndian(UInt32(PCLayout.ioAPICBase)),
      ] + interruptEntries()
    let byteCount = entries.reduce(Self.headerByteCount) { $0 &+ $1.count }
    var table = Array("PCMP".utf8) + MachineLanguage.littleEndian(UInt16(clamping: byteCount))
    table += [4, 0] + Array("ENDCTT  ENDICOTT    ".utf8)
    table +=
      [UInt8](repeating: 0, count: 6)
      + MachineLanguage.littleEndian(UInt16(clamping: entries.count))
    table += MachineLanguage.littleEndian(UInt32(PCLayout.localAPICBase)) + [0, 0, 0, 0]
    table += entries.flatMap { $0 }
    table.putChecksum(at: 7)
    return table
  }

  private static let headerByteCount = 44

  private func processorEntries() -> [[UInt8]] {
    isPresent.prefix(Self.processorLimit).enumerated().compactMap { number, isPresent in
      guard isPresent, let identifier = UInt8(exactly: number) else { return nil }
      // Usable, and the one that starts the others.
      let flags: UInt8 = number == 0 ? 3 : 1
      return [Entry.processor, identifier, LocalAPICChip.version, flags]
        + MachineLanguage.littleEndian(signature.version)
        + MachineLanguage.littleEndian(signature.features) + [UInt8](repeating: 0, count: 8)
    }
  }

  /// The wires of the ISA bus to the I/O APIC and the local APICs.
  private func interruptEntries() -> [[UInt8]] {
    // Request 2 is the slave's and on no wire; request 0 is on the pin of that number.
    var entries = (0..<Self.requests).filter { $0 != PCLayout.timerPin }.map { request in
      let pin = request == 0 ? PCLayout.timerPin : request
      // The system control interrupt is a level, active high; the others are as the bus has them.
      let flags: UInt8 = request == PCLayout.systemControlPin ? 0x0D : 0
      return Self.wire(Entry.interrupt, Delivery.vector, flags, request, 0, pin)
    }
    // The interrupt controllers are on LINT0 of processor 0, the non-maskable interrupt on every LINT1.
    entries.append(Self.wire(Entry.localInterrupt, Delivery.external, 0, 0, 0, 0))
    entries.append(Self.wire(Entry.localInterrupt, Delivery.nonMaskable, 0, 0, 0xFF, 1))
    return entries
  }

  private static func wire(
    _ type: UInt8, _ delivery: UInt8, _ flags: UInt8, _ request: Int, _ receiver: UInt8, _ pin: Int
  ) -> [UInt8] {
    [
      type, delivery, flags, 0, isaBus, UInt8(truncatingIfNeeded: request), receiver,
      UInt8(truncatingIfNeeded: pin),
    ]
  }
}
