import Testing

@testable import Platform

/// Oracle: PCI Local Bus Specification 2.1 (sections 3.7.4.1 and 6.2), Intel 82441FX datasheet.
@Suite("PCI configuration space") struct HostBridgeTests {
  private static func read(
    _ chip: inout HostBridgeChip, _ device: UInt32, _ function: UInt32 = 0, _ register: UInt32,
    bus: UInt32 = 0
  ) -> UInt32 {
    chip.select(0x8000_0000 | bus << 16 | device << 11 | function << 8 | register)
    return chip.read(0, size: 4)
  }

  @Test(
    arguments: [
      (UInt32(0), UInt32(0), UInt32(0x1237_8086)), (1, 0, 0x7000_8086), (1, 3, 0x7113_8086),
      (1, 1, .max), (2, 0, .max),
    ] as [(UInt32, UInt32, UInt32)])
  func identities(device: UInt32, function: UInt32, expected: UInt32) {
    var chip = HostBridgeChip()
    #expect(Self.read(&chip, device, function, 0) == expected)
    #expect(Self.read(&chip, device, function, 0, bus: 1) == .max)
  }

  @Test("without the enable bit nothing answers")
  func disabled() {
    var chip = HostBridgeChip()
    chip.select(0)
    #expect(chip.read(0, size: 4) == .max)
    chip.write(0, size: 4, 0)
    #expect(chip.read(0, size: 4) == .max)
  }

  @Test("parts of a register are read at their own ports")
  func parts() {
    var chip = HostBridgeChip()
    chip.select(0x8000_0008)
    #expect(chip.read(3, size: 1) == 0x06)
    #expect(chip.read(2, size: 2) == 0x0600)
  }

  @Test("identity, class and base addresses cannot be written")
  func readOnly() {
    var chip = HostBridgeChip()
    for register: UInt32 in [0, 8, 0x10, 0x14] {
      let before = Self.read(&chip, 0, 0, register)
      chip.write(0, size: 4, .max)
      #expect(chip.read(0, size: 4) == before)
    }
  }

  @Test("attributes of the BIOS area: all read-only memory at first, then as the registers say")
  func attributes() {
    var chip = HostBridgeChip()
    let rom = ShadowAttribute(readsStorage: false, writesStorage: false)
    #expect(chip.shadows == [ShadowAttribute](repeating: rom, count: 16))
    // PAM0 (59h) high half: F0000-FFFFF. PAM1 (5Ah) low half: C0000-C3FFF.
    chip.select(0x8000_0058)
    let before = chip.shadowRegisters
    chip.write(3, size: 1, 0)
    #expect(chip.shadowRegisters == before)
    chip.write(1, size: 1, 0x30)
    chip.write(2, size: 1, 0x21)
    #expect(chip.shadowRegisters != before)
    let shadows = chip.shadows
    #expect(shadows[0] == ShadowAttribute(readsStorage: true, writesStorage: false))
    #expect(shadows[1] == ShadowAttribute(readsStorage: false, writesStorage: true))
    #expect(shadows[2...11].allSatisfy { $0 == rom })
    #expect(shadows[12...].allSatisfy { $0.readsStorage && $0.writesStorage })
    chip.openShadows()
    #expect(chip.shadows.allSatisfy { $0.readsStorage && $0.writesStorage })
  }

  @Test("power management ports are decoded where software puts them, once it enables them")
  func powerPort() {
    var chip = HostBridgeChip()
    chip.select(0x8000_0B40)
    chip.write(0, size: 4, 0x0601)
    #expect(chip.powerPort == nil)
    chip.select(0x8000_0B80)
    chip.write(0, size: 1, 1)
    #expect(chip.powerPort == 0x600)
  }
}
