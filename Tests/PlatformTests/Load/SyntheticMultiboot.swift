@testable import Platform

/// A Multiboot image inside a 32-bit ELF, field by field: one segment at 1 MiB and a symbol section.
struct SyntheticMultiboot {
  /// Offset of the program header, the section headers, the Multiboot header and the code.
  static let programHeader = 52
  static let sectionHeaders = 84
  static let header = 204
  static let code = 220
  static let loadAddress: UInt32 = 0x10_0000

  var bytes = [UInt8](repeating: 0, count: Self.code)

  init(code: [UInt8] = [0xEB, 0xFE], flags: UInt32 = 3) {
    let symbols = Array("symbols!".utf8)
    bytes += code
    let symbolOffset = bytes.count
    bytes += symbols
    put([0x464C_457F, 0x0001_0101], at: 0)
    put([0x0003_0002, 1, Self.loadAddress + UInt32(Self.code), 52, 84], at: 16)
    put(UInt16(52), at: 40)
    put(UInt16(32), at: 42)
    put(UInt16(1), at: 44)
    put(UInt16(40), at: 46)
    put(UInt16(3), at: 48)
    put(UInt16(2), at: 50)
    let size = UInt32(bytes.count)
    put([1, 0, Self.loadAddress, Self.loadAddress, size, size + 8192, 7, 0x1000], at: 52)
    // Section 1 is loaded with the segment; section 2 is not loaded by any.
    put([0, 1, 7, Self.loadAddress + UInt32(Self.code), UInt32(Self.code), 2], at: 124)
    put([0, 3, 0, 0, UInt32(symbolOffset), UInt32(symbols.count), 0, 0, 16], at: 164)
    put([0x1BAD_B002, flags, 0 &- 0x1BAD_B002 &- flags], at: Self.header)
  }

  mutating func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    let replacement = MachineLanguage.littleEndian(value)
    bytes.replaceSubrange(offset..<offset + replacement.count, with: replacement)
  }

  mutating func put(_ words: [UInt32], at offset: Int) {
    for (index, word) in words.enumerated() { put(word, at: offset + 4 * index) }
  }

  /// A flat file whose header carries its own addresses (the "a.out kludge").
  static func addressed(
    header: UInt32 = 0x10_0000, load: UInt32 = 0x10_0000, loadEnd: UInt32 = 0,
    zeroEnd: UInt32 = 0, entry: UInt32 = 0x10_0020, code: [UInt8] = [0xEB, 0xFE]
  ) -> [UInt8] {
    let flags: UInt32 = 0x1_0003
    let words = [
      0x1BAD_B002, flags, 0 &- 0x1BAD_B002 &- flags, header, load, loadEnd, zeroEnd, entry,
    ]
    return words.flatMap { MachineLanguage.littleEndian($0) } + code
  }
}
