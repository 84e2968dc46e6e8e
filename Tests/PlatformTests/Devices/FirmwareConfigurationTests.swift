import Testing

@testable import Platform

/// Oracle: QEMU documentation, "QEMU Firmware Configuration (fw_cfg) Device".
@Suite("Firmware configuration device") struct FirmwareConfigurationTests {
  private static func read(_ chip: inout FirmwareConfigurationChip, _ count: Int) -> [UInt8] {
    (0..<count).map { _ in chip.read() }
  }

  private static func chip() -> FirmwareConfigurationChip {
    FirmwareConfigurationChip(storage: [0..<64 << 20], processors: 2, maximumProcessors: 4)
  }

  @Test(
    arguments: [
      (UInt16(0x00), Array("QEMU".utf8) + [0]), (0x01, [3, 0, 0, 0, 0]),
      (0x03, [0, 0, 0, 4, 0, 0, 0, 0, 0]), (0x05, [2, 0, 0]), (0x0F, [4, 0, 0]),
      // FW_CFG_IRQ0_OVERRIDE: request 0 is pin 2, 32 bits.
      (0x8002, [1, 0, 0, 0, 0]), (0x7777, [0, 0]),
    ] as [(UInt16, [UInt8])])
  func items(key: UInt16, expected: [UInt8]) {
    var chip = Self.chip()
    chip.select(key)
    #expect(Self.read(&chip, expected.count) == expected)
  }

  @Test("the directory leads to the storage map")
  func directory() throws {
    var chip = Self.chip()
    chip.select(0x19)
    let count = Self.read(&chip, 4).reduce(0) { $0 << 8 | Int($1) }
    let entries = (0..<count).map { _ in Self.read(&chip, 64) }
    let map = try #require(entries.first { $0[8...].starts(with: Array("etc/e820".utf8) + [0]) })
    #expect(map[0..<4].reduce(0) { $0 << 8 | Int($1) } == 20)
    chip.select(UInt16(map[4]) << 8 | UInt16(map[5]))
    #expect(
      Self.read(&chip, 20)
        == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1, 0, 0, 0] as [UInt8])
  }

  @Test("skipping moves on, and not past the end")
  func skips() {
    var chip = Self.chip()
    chip.select(0)
    chip.skip(2)
    #expect(Self.read(&chip, 2) == Array("MU".utf8))
    chip.skip(.max / 2)
    #expect(chip.read() == 0)
  }
}
