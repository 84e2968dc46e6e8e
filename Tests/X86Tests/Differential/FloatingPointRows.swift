extension FloatingPointGenerator {
  /// Every SSE and SSE2 instruction on XMM registers but RCP and RSQRT, which differ by maker.
  static let allRows: [Row] = packedInteger + moves + arithmetic + conversions

  private static func rows(
    _ prefix: UInt8?, _ opcodes: [UInt8], _ operands: Operands
  ) -> [Row] {
    opcodes.map { Row(prefix: prefix, opcode: $0, operands: operands) }
  }

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
