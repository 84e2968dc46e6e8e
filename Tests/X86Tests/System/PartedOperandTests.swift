import Testing

@testable import X86

/// Operands that are accessed in parts, at the end of 64 KiB of addresses and of 4 GiB.
///
/// Oracle: AMD EPYC silicon, by the same instructions with 67 and a base of FS in 64-bit mode: each part
/// lies at its offset cut to the size of addresses, and one that runs past the end goes on there.
@Suite("Operands in parts") struct PartedOperandTests {
  /// An instruction with the operand [BX], or [EBX].
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var code: [UInt8]
    /// Bytes of the accesses.
    var parts: [Int]
    /// What a load finds; empty for a store.
    var image: [UInt8] = []
    var alignment = 1

    init(
      _ name: String, _ code: [UInt8], _ parts: [Int], image: [UInt8] = [], alignment: Int = 1
    ) {
      (testDescription, self.code, self.parts) = (name, code, parts)
      (self.image, self.alignment) = (image, alignment)
    }
  }

  private static let real = [8, 2]
  private static let registers = Array([[Int]](repeating: real, count: 8).joined())
  private static let environment = [Int](repeating: 4, count: 7)
  private static let narrowEnvironment = [Int](repeating: 2, count: 7)

  static let stores: [Row] = [
    Row("FSTP m80", [0xDB, 0x3F], real), Row("FBSTP", [0xDF, 0x37], real),
    Row("FNSTENV", [0xD9, 0x37], environment),
    Row("FNSTENV, 14 bytes", [0x66, 0xD9, 0x37], narrowEnvironment),
    Row("FNSAVE", [0xDD, 0x37], environment + registers),
    Row("FNSAVE, 94 bytes", [0x66, 0xDD, 0x37], narrowEnvironment + registers),
    Row("FXSAVE", [0x0F, 0xAE, 0x07], [Int](repeating: 16, count: 18), alignment: 16),
    Row("SGDT", [0x0F, 0x01, 0x07], [2, 4]), Row("SIDT", [0x0F, 0x01, 0x0F], [2, 4]),
  ]

  private static func numbers(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
  }
  /// A legal environment, then numbers.
  private static let wideImage: [UInt8] =
    [0x7F, 3, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0x55, 0x55, 0xFF, 0xFF] + numbers(96)
  private static let narrowImage: [UInt8] = [0x7F, 3, 0, 0, 0x55, 0x55] + numbers(88)
  private static let extendedImage: [UInt8] =
    [0x7F, 3, 0, 0, 0xFF, 0] + [UInt8](repeating: 0, count: 18) + [0x80, 0x1F]
    + [UInt8](repeating: 0, count: 6) + numbers(256)
  /// An offset of 4 or 2 bytes and a selector of the vectors' table.
  private static let far: [UInt8] = [0x40, 0x7C, 0, 0, 0x10, 0]
  private static let narrowFar: [UInt8] = [0x40, 0x7C, 0x10, 0]

  static let loads: [Row] = [
    Row("FLD m80", [0xDB, 0x2F], real, image: numbers(10)),
    Row("FBLD", [0xDF, 0x27], real, image: [0x12, 0x34, 0x56, 0x78, 1, 2, 3, 4, 5, 0x80]),
    Row("FLDENV", [0xD9, 0x27], environment, image: Array(wideImage.prefix(28))),
    Row(
      "FLDENV, 14 bytes", [0x66, 0xD9, 0x27], narrowEnvironment,
      image: Array(narrowImage.prefix(14))),
    Row("FRSTOR", [0xDD, 0x27], environment + registers, image: wideImage),
    Row("FRSTOR, 94 bytes", [0x66, 0xDD, 0x27], narrowEnvironment + registers, image: narrowImage),
    Row(
      "FXRSTOR", [0x0F, 0xAE, 0x0F], [Int](repeating: 16, count: 18), image: extendedImage,
      alignment: 16),
    Row("LES", [0xC4, 0x07], [4, 2], image: far),
    Row("LES of 4 bytes", [0x66, 0xC4, 0x07], [2, 2], image: narrowFar),
    Row("LDS", [0xC5, 0x07], [4, 2], image: far),
    Row("LFS", [0x0F, 0xB4, 0x07], [4, 2], image: far),
    Row("LGS", [0x0F, 0xB5, 0x07], [4, 2], image: far),
    Row("LSS", [0x0F, 0xB2, 0x07], [4, 2], image: far),
    Row("BOUND, inside", [0x62, 0x07], [4, 4], image: [0, 0, 0, 0, 9, 0, 0, 1]),
    Row("BOUND, outside", [0x62, 0x07], [4, 4], image: [7, 0, 0, 0, 9, 0, 0, 1]),
    Row("BOUND of 4 bytes", [0x66, 0x62, 0x07], [2, 2], image: [0, 0, 9, 1]),
    Row("JMP far", [0xFF, 0x2F], [4, 2], image: [0x40, 0x7C, 0, 0, 8, 0]),
    Row("CALL far", [0xFF, 0x1F], [4, 2], image: [0x40, 0x7C, 0, 0, 8, 0]),
    Row("LGDT", [0x0F, 0x01, 0x17], [2, 4], image: [0x67, 0, 0x44, 0x55, 0x66, 0x77]),
    Row("LIDT", [0x0F, 0x01, 0x1F], [2, 4], image: [0x67, 0, 0x44, 0x55, 0x66, 0x77]),
  ]

  private static let base: UInt64 = 0x10_0000
  private static func session() throws -> TestVectorSession {
    try TestVectorSession(features: .baseline, limit: 1000)
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The answer to an instruction with an operand at an offset, with 16-bit addresses and a segment of
  /// 192 KiB; `stepping` runs it under TF, which takes another way through the interpreter.
  private static func answer(
    _ row: Row, offset: UInt64, memory: String, want: String, stepping: Bool,
    session: TestVectorSession
  ) throws -> String {
    let code = hexadecimal([0x67] + row.code + [0xF4])
    let line =
      "a\tprot32\t\(stepping ? "limit:1\tflags=102," : "hlt\t")ebx=\(String(offset, radix: 16)),ds.base=100000,ds.limit=2ffff,"
      + "st0=3fffc90fdaa22168c235,st1=4000a000000000000001,st2=bffe8000000000000000,"
      + "st3=3fff8000000000000000,st4=4001f000000000000000,st5=3ffd8000000000000000,"
      + "st6=c0028000000000000000,st7=4004c000000000000000,xmm0=0123456789abcdef0011223344556677,"
      + "xmm7=ffeeddccbbaa99887766554433221100\t"
      + "7c00:\(code),7c40:f4\(memory)\t\(want)"
    return try TestVectorTests.answer(line, session: session)
  }

  /// Where each byte of an operand at an offset lies.
  private static func places(_ row: Row, offset: UInt64) -> [UInt64] {
    var places: [UInt64] = []
    for count in row.parts {
      let start = (offset + UInt64(places.count)) & 0xFFFF
      for index in 0..<UInt64(count) { places.append(start + index) }
    }
    return places
  }

  @Test("a store", arguments: stores) func storesInParts(row: Row) throws {
    let session = try Self.session()
    let size = row.parts.reduce(0, +)
    let plain = try Self.answer(
      row, offset: 0x4000, memory: "", want: "104000+\(String(size, radix: 16))",
      stepping: false, session: session)
    let image = try Self.bytes(plain)
    #expect(image.count == size)
    for distance in stride(from: row.alignment, to: size, by: row.alignment) {
      let offset = 0x1_0000 - UInt64(distance)
      var storage: [UInt64: UInt8] = [:]
      for (index, place) in Self.places(row, offset: offset).enumerated() {
        storage[place] = image[index]
      }
      let wanted = "100000+200,10fe00+200,110000+200"
      let fill = Self.hexadecimal([UInt8](repeating: 0xEE, count: 0x200))
      let found = try Self.bytes(
        try Self.answer(
          row, offset: offset, memory: ",100000:\(fill),10fe00:\(fill),110000:\(fill)",
          want: wanted, stepping: distance % 2 == 1, session: session))
      try #require(found.count == 0x600)
      var differences = 0
      for (index, start) in [UInt64(0), 0xFE00, 0x1_0000].enumerated() {
        for place in 0..<UInt64(0x200)
        where found[index * 0x200 + Int(place)] != storage[start + place] ?? 0xEE {
          differences += 1
        }
      }
      #expect(differences == 0, "\(row.testDescription) at -\(distance)")
    }
  }

  @Test("a load", arguments: loads) func loadsInParts(row: Row) throws {
    let session = try Self.session()
    let size = row.parts.reduce(0, +)
    try #require(row.image.count >= size)
    func answer(_ offset: UInt64, stepping: Bool) throws -> String {
      let memory = zip(Self.places(row, offset: offset), row.image).map {
        ",\(String(Self.base + $0, radix: 16)):\(Self.hexadecimal([$1]))"
      }
      return try Self.answer(
        row, offset: offset, memory: memory.joined(), want: "", stepping: stepping,
        session: session
      )
    }
    for stepping in [false, true] {
      let plain = try answer(0x4000, stepping: stepping)
      for distance in stride(from: row.alignment, to: size, by: row.alignment) {
        let found = try answer(0x1_0000 - UInt64(distance), stepping: stepping)
        #expect(found == plain, "\(row.testDescription) at -\(distance)")
      }
    }
  }

  /// The bytes that an answer tells.
  private static func bytes(_ answer: String) throws -> [UInt8] {
    let field = try #require(answer.split(separator: "\t", omittingEmptySubsequences: false).last)
    return try field.split(separator: ",").flatMap { range in
      let digits = Array(try #require(range.split(separator: ":").last).filter(\.isHexDigit))
      return try stride(from: 0, to: digits.count - 1, by: 2).map {
        try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
      }
    }
  }
}
