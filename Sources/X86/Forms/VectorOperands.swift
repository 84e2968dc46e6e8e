// What vector instructions do with a storage operand: its size, whether it is written, and which
// unit must be there before it is looked at.

extension VectorTable {
  /// Whether the memory form of an instruction writes its operand.
  static func writesMemory(_ i: Instruction) -> Bool {
    switch (i.map, i.opcode) {
    case (3, 0x14...0x17): true
    case (2..., _): false
    case (_, 0x11), (_, 0x13), (_, 0x17), (_, 0x29), (_, 0x2B), (_, 0x7F), (_, 0xC3), (_, 0xD6),
      (_, 0xE7):
      true
    case (_, 0x7E): i.repeatPrefix != 0xF3
    default: false
    }
  }

  /// Bytes of the storage operand.
  static func storageByteCount(_ i: Instruction) -> Int {
    let prefix = mandatoryPrefix(of: i)
    let isWide = i.rex & 8 != 0
    switch i.map {
    case 2: return thirdByteStorage(i, prefix)
    case 3:
      switch i.opcode {
      case 0x14, 0x20: return 1
      case 0x15: return 2
      case 0x0A, 0x17, 0x21: return 4
      case 0x16, 0x22: return isWide ? 8 : 4
      case 0x0B: return 8
      default: return prefix == 0 ? 8 : 16
      }
    default: break
    }
    switch (i.opcode, prefix) {
    case (0x10...0x11, 2): return 4
    case (0x10...0x11, 3): return 8
    case (0x12, 2), (0x16, 2): return 16
    case (0x12...0x13, _), (0x16...0x17, _): return 8
    case (0x10...0x2B, 0...1) where i.opcode != 0x2A: return 16
    case (0x2A, 2...), (0x6E, _), (0xC3, _): return isWide ? 8 : 4
    case (0x2A...0x2F, _), (0x50...0x5F, _), (0xC2, _), (0xE6, _):
      return VectorOperation(prefix: prefix, opcode: i.opcode).arithmeticByteCount
    case (0x60...0x62, 0): return 4
    case (0x7E, 2): return 8
    case (0x7E, _): return isWide ? 8 : 4
    case (0xC4, _): return 2
    case (0xC6, _): return 16
    case (0xD6, _): return 8
    case (_, 0): return 8
    default: return 16
    }
  }

  private static func thirdByteStorage(_ i: Instruction, _ prefix: UInt32) -> Int {
    switch i.opcode {
    case 0xF0: 1
    case 0xF1: Int(i.operandSize)
    case 0x20, 0x23, 0x25, 0x30, 0x33, 0x35: 8
    case 0x21, 0x24, 0x31, 0x34: 4
    case 0x22, 0x32: 2
    default: prefix == 0 ? 8 : 16
    }
  }

  /// The operation that asks for the unit of an instruction with a storage operand.
  ///
  /// Outside 64-bit mode the segment's limits are checked while the address is worked out: #UD, #NM
  /// and #MF go before. Nil for MOVNTI and CRC32.
  static func gate(of i: Instruction) -> Handler? {
    let prefix = mandatoryPrefix(of: i)
    switch (i.map, i.opcode) {
    case (1, 0xC3), (2, 0xF0...0xF1): return nil
    case (1, 0x2C...0x2D) where prefix < 2: return requireBothVectors
    case (1, 0x60...0x7F), (1, 0xC4), (1, 0xD1...0xFE), (2, _), (3, _):
      return prefix == 0 ? requireNarrowVectors : requireVectors
    default: return requireVectors
    }
  }
}
