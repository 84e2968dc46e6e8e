import Testing

@testable import Platform

/// Oracle: ACPI specification 6.3; the tables were also read back with `iasl -d` and recompiled.
@Suite struct ACPITablesTests {
  private let bytes = ACPITables(isPresent: [true, true, false], devices: []).bytes()
  private let base = Int(PCLayout.firmwareTables)

  private func integer(_ offset: Int, _ size: Int) -> Int {
    (0..<size).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }

  private func table(_ signature: String) -> Range<Int>? {
    if String(decoding: bytes[0..<8], as: UTF8.self) != "RSD PTR " { return nil }
    let root = integer(24, 8) - base
    let count = (integer(root + 4, 4) - 36) / 8
    var places = [root]
    places += (0..<count).map { integer(root + 36 + $0 * 8, 8) - base }
    for place in places
    where String(decoding: bytes[place..<place + 4], as: UTF8.self) == signature {
      return place..<place + integer(place + 4, 4)
    }
    return nil
  }

  @Test(arguments: ["XSDT", "FACP", "APIC"])
  func sumsAreZero(signature: String) throws {
    let range = try #require(table(signature))
    #expect(bytes[range].reduce(0, &+) == 0)
    #expect(range.lowerBound % 16 == 0)
  }

  @Test func rootPointerSums() {
    #expect(bytes[0..<20].reduce(0, &+) == 0)
    #expect(bytes[0..<36].reduce(0, &+) == 0)
    #expect(bytes[15] == 2)
  }

  @Test func fixedDescriptionIsHardwareReduced() throws {
    let start = try #require(table("FACP")).lowerBound
    #expect(integer(start + 4, 4) == 276)
    #expect(bytes[start + 8] == 6 && bytes[start + 131] == 3)
    #expect(integer(start + 112, 4) & (1 << 20 | 1 << 10) == 1 << 20 | 1 << 10)
    #expect(integer(start + 120, 8) == 0x602)
    #expect(integer(start + 248, 8) == 0x600)
    #expect(integer(start + 260, 8) == 0x601)
    let description = integer(start + 140, 8) - base
    #expect(String(decoding: bytes[description..<description + 4], as: UTF8.self) == "DSDT")
    let length = integer(description + 4, 4)
    #expect(bytes[description..<description + length].reduce(0, &+) == 0)
  }

  @Test func reservedProcessorIsOnlyOnlineCapable() throws {
    let start = try #require(table("APIC")).lowerBound + 44
    #expect(
      Array(bytes[start..<start + 24]) == [
        0, 8, 0, 0, 1, 0, 0, 0, 0, 8, 1, 1, 1, 0, 0, 0, 0, 8, 2, 2, 2, 0, 0, 0,
      ])
    #expect(bytes[start + 24] == 1 && bytes[start + 25] == 12)
  }

  @Test(
    arguments: [
      ("PNP0501", [UInt8(0x0C), 0x41, 0xD0, 0x05, 0x01]),
      ("PNP0C0C", [0x0C, 0x41, 0xD0, 0x0C, 0x0C]),
    ] as [(String, [UInt8])])
  func compressedIdentifiers(text: String, expected: [UInt8]) {
    #expect(MachineLanguage.compressedIdentifier(text) == expected)
  }

  @Test(
    arguments: [
      (0, [UInt8(1)]), (62, [63]), (63, [0x41, 0x04]), (4093, [0x4F, 0xFF]),
      (4094, [0x81, 0x00, 0x01]),
    ] as [(Int, [UInt8])])
  func packageLengths(bodyCount: Int, expected: [UInt8]) {
    let term = MachineLanguage.condition([], [[UInt8](repeating: 0xA3, count: bodyCount)])
    #expect(Array(term[1..<1 + expected.count]) == expected)
    #expect(term.count == 1 + expected.count + bodyCount)
  }

  @Test func namePaths() {
    #expect(
      MachineLanguage.path("\\_SB.CPUS.CSCN") == [0x5C, 0x2F, 3] + Array("_SB_CPUSCSCN".utf8))
    #expect(MachineLanguage.path("CEJ") == Array("CEJ_".utf8))
    #expect(MachineLanguage.path("\\_SB_.PWRB") == [0x5C, 0x2E] + Array("_SB_PWRB".utf8))
  }

  @Test(
    arguments: [
      ([UInt64(0)..<0x10_0000], [UInt64(0)..<0x9_FC00]),
      ([0..<0x800_0000], [0..<0x9_FC00, 0x10_0000..<0x800_0000]),
      (
        [0..<0xC000_0000, 0x1_0000_0000..<0x1_4000_0000],
        [0..<0x9_FC00, 0x10_0000..<0xC000_0000, 0x1_0000_0000..<0x1_4000_0000]
      ),
    ] as [([Range<UInt64>], [Range<UInt64>])])
  func storageMap(storage: [Range<UInt64>], expected: [Range<UInt64>]) {
    #expect(BootParameters.storageMap(storage) == expected)
  }
}
