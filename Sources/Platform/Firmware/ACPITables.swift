// The tables of an ACPI platform (ACPI specification 6.3): RSDP, XSDT, FADT, MADT and DSDT, laid one after
// the other at `PCLayout.firmwareTables`. By itself a partition is reduced hardware: there is no PM1
// block, no SCI and no PCI; sleep, reset and events go through the ports of `PCLayout`. One with the
// devices of a PC/AT has fixed hardware, and an FACS and an RSDT beside (FixedHardwareTables.swift).

import Quantities

/// Builds the firmware tables that tell an operating system what the partition's computer has.
struct ACPITables {
  /// What carries sleep states, power events and interrupts of the platform.
  enum Hardware {
    /// Registers of the platform's own, described in the DSDT ("hardware-reduced ACPI").
    case reduced
    /// The registers of the PIIX4, and a PC/AT's 8259 beside the I/O APIC.
    case fixed
  }

  /// For each processor that may ever be there, whether it is there from the start.
  let isPresent: [Bool]
  /// Virtio devices.
  let virtioDevices: Int
  /// What the platform has.
  var hardware = Hardware.reduced

  /// The tables, to be stored at `PCLayout.firmwareTables`; the RSDP comes first.
  func bytes() -> [UInt8] {
    let base = PCLayout.firmwareTables
    var image = [UInt8](repeating: 0, count: 64)
    func append(_ table: [UInt8], alignment: Int = 16) -> UInt64 {
      while image.count % alignment != 0 { image.append(0) }
      let address = base &+ UInt64(clamping: image.count)
      image += table
      return address
    }
    let description = append(differentiatedDescription())
    let fixed: UInt64
    switch hardware {
    case .reduced: fixed = append(reducedDescription(description: description))
    case .fixed:
      let control = append(ACPITables.firmwareControl, alignment: 64)
      fixed = append(ACPITables.fixedDescription(description: description, control: control))
    }
    let interrupts = append(multipleAPICDescription())
    let root = append(
      ACPITables.table(
        "XSDT", revision: 1, [fixed, interrupts].flatMap(MachineLanguage.littleEndian)))
    var narrowRoot: UInt32 = 0
    if hardware == .fixed {
      let entries = [fixed, interrupts].map { UInt32(truncatingIfNeeded: $0) }
      narrowRoot = UInt32(
        truncatingIfNeeded: append(
          ACPITables.table("RSDT", revision: 1, entries.flatMap(MachineLanguage.littleEndian))))
    }
    image.put(bytes: ACPITables.rootPointer(root, narrowRoot), at: 0)
    return image
  }

  // MARK: Fixed tables

  private static func rootPointer(_ root: UInt64, _ narrowRoot: UInt32) -> [UInt8] {
    var bytes = Array("RSD PTR ".utf8) + [0] + Array("ENDCTT".utf8) + [2]
    bytes += MachineLanguage.littleEndian(narrowRoot) + MachineLanguage.littleEndian(UInt32(36))
    bytes += MachineLanguage.littleEndian(root) + [0, 0, 0, 0]
    bytes.putChecksum(at: 8, of: 20)
    bytes.putChecksum(at: 32, of: 36)
    return bytes
  }

  private func reducedDescription(description: UInt64) -> [UInt8] {
    var table = FixedDescription()
    table.put(UInt32(PCLayout.powerTimer), at: 76)
    table.put(UInt8(4), at: 91)
    // IAPC_BOOT_ARCH: bit 2 = no VGA; bit 1 clear = no keyboard controller.
    table.put(UInt16(0x0004), at: 109)
    // WBINVD, power and sleep buttons not fixed, reset register, 32-bit timer, hardware-reduced.
    let flags: UInt32 = 1 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 10 | 1 << 20
    table.put(flags, at: 112)
    table.putPort(PCLayout.resetRegister, bits: 8, access: 1, at: 116)
    table.put(PCLayout.resetValue, at: 128)
    table.put(description, at: 140)
    table.putPort(PCLayout.powerTimer, bits: 32, access: 3, at: 208)
    table.putPort(PCLayout.sleepControl, bits: 8, access: 1, at: 244)
    table.putPort(PCLayout.sleepStatus, bits: 8, access: 1, at: 256)
    return table.bytes
  }

  private func multipleAPICDescription() -> [UInt8] {
    var body = MachineLanguage.littleEndian(UInt32(PCLayout.localAPICBase))
    // PCAT_COMPAT: there are 8259s too.
    body += MachineLanguage.littleEndian(UInt32(hardware == .fixed ? 1 : 0))
    for (number, isEnabled) in isPresent.enumerated() {
      body += ACPITables.processorEntry(number, isEnabled: isEnabled)
    }
    body += [1, 12, 0, 0] + MachineLanguage.littleEndian(UInt32(PCLayout.ioAPICBase))
    body += MachineLanguage.littleEndian(UInt32(0))
    if hardware == .fixed { body += ACPITables.interruptOverrides }
    // Local APIC NMI: all processors, LINT1.
    body += [4, 6, 0xFF, 0, 0, 1]
    return ACPITables.table("APIC", revision: 5, body)
  }

  /// The MADT entry of a processor: enabled, or only online-capable.
  private static func processorEntry(_ number: Int, isEnabled: Bool) -> [UInt8] {
    let flags: UInt32 = isEnabled ? 1 : 2
    if let narrow = UInt8(exactly: number), narrow < 255 {
      return [0, 8, narrow, narrow] + MachineLanguage.littleEndian(flags)
    }
    let identifier = MachineLanguage.littleEndian(UInt32(clamping: number))
    return [9, 16, 0, 0] + identifier + MachineLanguage.littleEndian(flags) + identifier
  }

  // MARK: The differentiated description

  private func differentiatedDescription() -> [UInt8] {
    typealias AML = MachineLanguage
    var devices = [serialLine()]
    switch hardware {
    case .reduced: devices.append(powerButton())
    case .fixed: devices += ACPITables.boardDevices
    }
    devices += (0..<max(0, virtioDevices)).map(virtioDevice)
    if hasReserve { devices.append(processorContainer()) }
    // Fixed hardware has a power button of its own.
    if hasReserve || hardware == .reduced { devices.append(eventDevice()) }
    var body = AML.scope("\\_SB_", devices)
    let sleepType: UInt64 = hardware == .fixed ? PowerManagementChip.softOff : 5
    body += AML.name(
      "\\_S5_",
      AML.package([AML.integer(sleepType), AML.integer(0), AML.integer(0), AML.integer(0)]))
    return ACPITables.table("DSDT", revision: 2, body)
  }

  private var hasReserve: Bool { isPresent.contains(false) }

  private func serialLine() -> [UInt8] {
    typealias AML = MachineLanguage
    return AML.device(
      "COM1",
      [
        AML.name("_HID", AML.compressedIdentifier("PNP0501")), AML.name("_UID", AML.integer(0)),
        AML.name(
          "_CRS",
          AML.resources([
            AML.portResource(UInt16(PCLayout.serialPort), 8),
            AML.interruptResource(UInt32(PCLayout.serialPin), isLevel: false),
          ])),
      ])
  }

  private func powerButton() -> [UInt8] {
    typealias AML = MachineLanguage
    return AML.device(
      "PWRB",
      [
        AML.name("_HID", AML.compressedIdentifier("PNP0C0C")), AML.name("_UID", AML.integer(0)),
      ])
  }

  private func virtioDevice(_ index: Int) -> [UInt8] {
    typealias AML = MachineLanguage
    let address = PCLayout.virtioBase &+ UInt64(clamping: index) &* PCLayout.virtioByteCount
    return AML.device(
      "VR0\(index)",
      [
        AML.name("_HID", AML.string("LNRO0005")),
        AML.name("_UID", AML.integer(UInt64(clamping: index))),
        AML.name("_CCA", AML.integer(1)),
        AML.name(
          "_CRS",
          AML.resources([
            AML.memoryResource(
              UInt32(truncatingIfNeeded: address), UInt32(PCLayout.virtioByteCount)),
            AML.interruptResource(UInt32(clamping: PCLayout.virtioPin &+ index), isLevel: true),
          ])),
      ])
  }

  /// The generic event device: reads which events are pending and tells their objects.
  private func eventDevice() -> [UInt8] {
    typealias AML = MachineLanguage
    var handling = [AML.store(AML.path("EVTS"), AML.local(0))]
    if hardware == .reduced {
      handling.append(
        AML.condition(
          AML.and(AML.local(0), AML.integer(UInt64(GenericEvents.powerButton))),
          [AML.notify("\\_SB_.PWRB", 0x80)]))
    }
    if hasReserve {
      handling.append(
        AML.condition(
          AML.and(AML.local(0), AML.integer(UInt64(GenericEvents.processors))),
          [AML.path("\\_SB_.CPUS.CSCN")]))
    }
    return AML.device(
      "GED_",
      [
        AML.name("_HID", AML.string("ACPI0013")), AML.name("_UID", AML.integer(0)),
        AML.name(
          "_CRS",
          AML.resources([
            AML.interruptResource(
              UInt32(PCLayout.eventPin(hasBoard: hardware == .fixed)), isLevel: false)
          ])),
        AML.portRegion("EREG", PCLayout.eventRegister, 4),
        AML.field("EREG", flags: 0x03, [("EVTS", 32)]),
        AML.method("_EVT", arguments: 1, handling),
      ])
  }

  /// The processors and the registers that say which of them came or are wanted back.
  private func processorContainer() -> [UInt8] {
    typealias AML = MachineLanguage
    let select = AML.path("CSEL")
    var body: [[UInt8]] = [
      AML.name("_HID", AML.string("ACPI0010")),
      AML.name("_CID", AML.compressedIdentifier("PNP0A05")),
      AML.portRegion("PRST", PCLayout.processorHotplug, 8),
      // DWordAcc and ByteAcc, WriteAsZeros: setting one flag must not write the others back.
      AML.field("PRST", flags: 0x43, [("CSEL", 32)]),
      AML.field(
        "PRST", flags: 0x41, [("", 32), ("CPEN", 1), ("CINS", 1), ("CRMV", 1), ("CEJ0", 1)]),
      AML.method(
        "CSTA", arguments: 1,
        [
          AML.store(AML.argument(0), select),
          AML.condition(AML.path("CPEN"), [AML.result(AML.integer(0x0F))]),
          AML.result(AML.integer(0)),
        ]),
      AML.method(
        "CEJM", arguments: 1,
        [AML.store(AML.argument(0), select), AML.store(AML.integer(1), AML.path("CEJ0"))]),
    ]
    var scan: [[UInt8]] = []
    for number in isPresent.indices {
      let name = ACPITables.processorName(number)
      let index = AML.integer(UInt64(clamping: number))
      body.append(processor(number))
      scan.append(AML.store(index, select))
      scan.append(
        AML.condition(
          AML.path("CINS"),
          [AML.store(AML.integer(1), AML.path("CINS")), AML.notify(name, 1)]))
      scan.append(
        AML.condition(
          AML.path("CRMV"),
          [AML.store(AML.integer(1), AML.path("CRMV")), AML.notify(name, 3)]))
    }
    body.append(AML.method("CSCN", arguments: 0, scan))
    return AML.device("CPUS", body)
  }

  private func processor(_ number: Int) -> [UInt8] {
    typealias AML = MachineLanguage
    let index = AML.integer(UInt64(clamping: number))
    var body = [
      AML.name("_HID", AML.string("ACPI0007")), AML.name("_UID", index),
      AML.method("_STA", arguments: 0, [AML.result(AML.path("CSTA") + index)]),
      AML.name("_MAT", AML.buffer(ACPITables.processorEntry(number, isEnabled: true))),
    ]
    // Processor 0 starts the system: it is never given back.
    if number > 0 { body.append(AML.method("_EJ0", arguments: 1, [AML.path("CEJM") + index])) }
    return AML.device(ACPITables.processorName(number), body)
  }

  private static func processorName(_ number: Int) -> String {
    "C" + hexDigits(number, 3)
  }

  // MARK: Headers

  /// A table with the standard header of 36 bytes.
  static func table(_ signature: String, revision: UInt8, _ body: [UInt8]) -> [UInt8] {
    var bytes =
      Array(signature.utf8)
      + MachineLanguage.littleEndian(UInt32(clamping: body.count.addingClamped(36)))
    bytes += [revision, 0] + Array("ENDCTT".utf8) + Array("ENDICOTT".utf8)
    bytes += MachineLanguage.littleEndian(UInt32(1)) + Array("ENDC".utf8)
    bytes += MachineLanguage.littleEndian(UInt32(1)) + body
    bytes.putChecksum(at: 9)
    return bytes
  }
}
