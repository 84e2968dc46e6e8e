extension FloatingPointGenerator {
  /// Every MMX, SSE and SSE2 instruction but RCP and RSQRT, which differ by maker.
  static let allRows: [Row] = packedInteger + moves + arithmetic + conversions + media
  /// Every instruction of SSE3, SSSE3, SSE4.1 and SSE4.2.
  static let extensionRows: [Row] = streaming3 + supplemental + packed41 + elements + strings

  private static func rows(
    _ prefix: UInt8?, _ opcodes: [UInt8], map: UInt8? = nil, _ operands: Operands
  ) -> [Row] {
    opcodes.map { Row(prefix: prefix, map: map, opcode: $0, operands: operands) }
  }

  private static let media: [Row] =
    rows(nil, Array(0x60...0x6B) + [0x6F, 0x74, 0x75, 0x76, 0x7F], .vector(8))
    + rows(nil, Array(0xD1...0xD5) + Array(0xD8...0xDF), .vector(8))
    + rows(nil, Array(0xE0...0xE5) + Array(0xE8...0xEF), .vector(8))
    + rows(nil, Array(0xF1...0xF6) + Array(0xF8...0xFE), .vector(8))
    + rows(nil, [0x70], .vectorImmediate(8)) + rows(nil, [0xC4], .insertWord)
    + [2, 4, 6].flatMap { rows(nil, [0x71, 0x72], .shift($0)) }
    + [2, 6].flatMap { rows(nil, [0x73], .shift($0)) }
    + rows(nil, [0xC5], .extractWord) + rows(nil, [0xD7], .mask)
    + rows(nil, [0x6E], .fromGeneral) + rows(nil, [0x7E], .storeGeneral)
    + rows(nil, [0xE7], .memory(8, aligned: false))
    + rows(0xF2, [0xD6], .registers) + rows(0xF3, [0xD6], .registers)
    + rows(nil, [0x2A, 0x2C, 0x2D], .vector(8)) + rows(0x66, [0x2A], .vector(8))
    + rows(0x66, [0x2C, 0x2D], .vector(16))

  private static let streaming3: [Row] =
    rows(0xF2, [0x12], .vector(8)) + rows(0xF3, [0x12, 0x16], .vector(16))
    + rows(0x66, [0x7C, 0x7D, 0xD0], .vector(16)) + rows(0xF2, [0x7C, 0x7D, 0xD0], .vector(16))
    + rows(0xF2, [0xF0], .memory(16, aligned: false))

  private static let supplemental: [Row] =
    rows(nil, Array(0x00...0x0B) + [0x1C, 0x1D, 0x1E], map: 0x38, .vector(8))
    + rows(0x66, Array(0x00...0x0B) + [0x1C, 0x1D, 0x1E], map: 0x38, .vector(16))
    + rows(nil, [0x0F], map: 0x3A, .vectorImmediate(8))
    + rows(0x66, [0x0F], map: 0x3A, .vectorImmediate(16))

  private static let packed41: [Row] =
    rows(0x66, [0x10, 0x14, 0x15, 0x17, 0x28, 0x29, 0x2B], map: 0x38, .vector(16))
    + rows(0x66, Array(0x38...0x41), map: 0x38, .vector(16))
    + rows(0x66, [0x20, 0x23, 0x25, 0x30, 0x33, 0x35], map: 0x38, .vector(8))
    + rows(0x66, [0x21, 0x24, 0x31, 0x34], map: 0x38, .vector(4))
    + rows(0x66, [0x22, 0x32], map: 0x38, .vector(2))
    + rows(0x66, [0x2A], map: 0x38, .memory(16, aligned: true))
    + rows(
      0x66, [0x08, 0x09, 0x0C, 0x0D, 0x0E, 0x40, 0x41, 0x42], map: 0x3A, .vectorImmediate(16))
    + rows(0x66, [0x0A], map: 0x3A, .vectorImmediate(4))
    + rows(0x66, [0x0B], map: 0x3A, .vectorImmediate(8))

  private static let elements: [Row] =
    rows(0x66, [0x14], map: 0x3A, .extractElement(1))
    + rows(0x66, [0x15], map: 0x3A, .extractElement(2))
    + rows(0x66, [0x16], map: 0x3A, .extractElement(0))
    + rows(0x66, [0x17], map: 0x3A, .extractElement(4))
    + rows(0x66, [0x20], map: 0x3A, .insertElement(1))
    + rows(0x66, [0x21], map: 0x3A, .vectorImmediate(4))
    + rows(0x66, [0x22], map: 0x3A, .insertElement(0))

  private static let strings: [Row] =
    rows(0x66, [0x37], map: 0x38, .vector(16))
    + rows(0x66, Array(0x60...0x63), map: 0x3A, .vectorImmediate(16))
    + rows(0xF2, [0xF0], map: 0x38, .general(1)) + rows(0xF2, [0xF1], map: 0x38, .general(0))

  private static let packedInteger: [Row] =
    rows(0x66, Array(0x60...0x6D) + [0x74, 0x75, 0x76], .vector(16))
    + rows(0x66, Array(0xD1...0xD5) + Array(0xD8...0xDF), .vector(16))
    + rows(0x66, Array(0xE0...0xE5) + Array(0xE8...0xEF), .vector(16))
    + rows(0x66, Array(0xF1...0xF6) + Array(0xF8...0xFE), .vector(16))
    + rows(0x66, [0x70], .vectorImmediate(16)) + rows(0xF2, [0x70], .vectorImmediate(16))
    + rows(0xF3, [0x70], .vectorImmediate(16))
    + [2, 4, 6].flatMap { rows(0x66, [0x71, 0x72], .shift($0)) }
    + [2, 3, 6, 7].flatMap { rows(0x66, [0x73], .shift($0)) }
    + rows(0x66, [0xC4], .insertWord) + rows(0x66, [0xC5], .extractWord)
    + rows(0x66, [0xD7], .mask)

  private static let moves: [Row] =
    rows(nil, [0x28, 0x29], .vector(16)) + rows(0x66, [0x28, 0x29, 0x6F, 0x7F], .vector(16))
    + rows(nil, [0x10, 0x11], .unaligned) + rows(0x66, [0x10, 0x11], .unaligned)
    + rows(0xF3, [0x6F, 0x7F], .unaligned)
    + rows(0xF3, [0x10, 0x11], .vector(4)) + rows(0xF2, [0x10, 0x11], .vector(8))
    + rows(0xF3, [0x7E], .vector(8)) + rows(0x66, [0xD6], .vector(8))
    + rows(nil, [0x12, 0x16], .vector(8))
    + rows(nil, [0x13, 0x17], .memory(8, aligned: false))
    + rows(0x66, [0x12, 0x13, 0x16, 0x17], .memory(8, aligned: false))
    + rows(nil, [0x2B], .memory(16, aligned: true))
    + rows(0x66, [0x2B, 0xE7], .memory(16, aligned: true))
    + rows(0x66, [0x6E], .fromGeneral) + rows(0x66, [0x7E], .storeGeneral)
    + rows(nil, [0x50], .mask) + rows(0x66, [0x50], .mask)
    + rows(nil, [0x14, 0x15], .vector(16)) + rows(0x66, [0x14, 0x15], .vector(16))
    + rows(nil, [0xC6], .vectorImmediate(16)) + rows(0x66, [0xC6], .vectorImmediate(16))

  private static let calculations: [UInt8] = [0x51, 0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F]

  private static let arithmetic: [Row] =
    rows(nil, calculations + Array(0x54...0x57), .vector(16))
    + rows(0x66, calculations + Array(0x54...0x57), .vector(16))
    + rows(0xF3, calculations, .vector(4)) + rows(0xF2, calculations, .vector(8))
    + rows(nil, [0xC2], .vectorImmediate(16)) + rows(0x66, [0xC2], .vectorImmediate(16))
    + rows(0xF3, [0xC2], .vectorImmediate(4)) + rows(0xF2, [0xC2], .vectorImmediate(8))
    + rows(nil, [0x2E, 0x2F], .vector(4)) + rows(0x66, [0x2E, 0x2F], .vector(8))

  private static let conversions: [Row] =
    rows(nil, [0x5A], .vector(8)) + rows(0x66, [0x5A], .vector(16))
    + rows(0xF3, [0x5A], .vector(4)) + rows(0xF2, [0x5A], .vector(8))
    + rows(nil, [0x5B], .vector(16)) + rows(0x66, [0x5B], .vector(16))
    + rows(0xF3, [0x5B], .vector(16)) + rows(0xF2, [0xE6], .vector(16))
    + rows(0x66, [0xE6], .vector(16)) + rows(0xF3, [0xE6], .vector(8))
    + rows(0xF3, [0x2A], .fromGeneral) + rows(0xF2, [0x2A], .fromGeneral)
    + rows(0xF3, [0x2C, 0x2D], .toGeneral(4)) + rows(0xF2, [0x2C, 0x2D], .toGeneral(8))
}
