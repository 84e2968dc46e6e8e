/// What an SSE or SSE2 instruction does that moves data or works on integers; such have the same results
/// on every host, whatever MXCSR says.
enum VectorAction: Equatable {
  /// An instruction of XMM registers, the second of which may be 16 aligned bytes of storage; with its
  /// prefix and its immediate.
  case operate(prefix: UInt8, opcode: UInt32, immediate: UInt8?)
  /// A shift of a register by an immediate.
  case shift(opcode: UInt32, group: UInt8, count: UInt8)
  /// Between a register and so many bytes of storage or of another register, `offset` bytes inside the
  /// registers; what is loaded clears the rest of the register where `clears`.
  case move(bytes: Int, isStore: Bool, isAligned: Bool, clears: Bool)
  /// Eight bytes of storage to or from half a register.
  case moveHalf(upper: Bool, isStore: Bool)
  /// Eight bytes between halves of registers.
  case copyHalf(fromUpper: Bool, toUpper: Bool)
  /// A general register's low bytes to or from a register.
  case general(toVector: Bool)
  /// PMOVMSKB, MOVMSKPS, MOVMSKPD into a general register.
  case mask(prefix: UInt8, opcode: UInt32)
}

extension VectorAction {
  /// The action of an instruction of map 0F, or nil.
  static func of(_ i: Instruction) -> VectorAction? {
    guard !i.hasLock else { return nil }
    let prefix = VectorTable.mandatoryPrefix(of: i)
    return move(i, prefix) ?? operation(i, prefix)
  }

  private static func move(_ i: Instruction, _ prefix: UInt32) -> VectorAction? {
    let isStore = VectorTable.writesMemory(i)
    switch (i.opcode, prefix) {
    case (0x10, 0...1), (0x11, 0...1), (0x6F, 2), (0x7F, 2):
      return .move(bytes: 16, isStore: isStore, isAligned: false, clears: false)
    case (0x28, 0...1), (0x29, 0...1), (0x6F, 1), (0x7F, 1):
      return .move(bytes: 16, isStore: isStore, isAligned: true, clears: false)
    case (0x2B, 0...1), (0xE7, 1):
      guard i.isMemory else { return nil }
      return .move(bytes: 16, isStore: true, isAligned: true, clears: false)
    case (0x10, 2), (0x11, 2):
      return .move(bytes: 4, isStore: isStore, isAligned: false, clears: i.isMemory)
    case (0x10, 3), (0x11, 3):
      return .move(bytes: 8, isStore: isStore, isAligned: false, clears: i.isMemory)
    case (0x7E, 2): return .move(bytes: 8, isStore: false, isAligned: false, clears: true)
    case (0xD6, 1): return .move(bytes: 8, isStore: true, isAligned: false, clears: true)
    case (0x6E, 1), (0x7E, 1):
      guard i.isMemory else { return .general(toVector: i.opcode == 0x6E) }
      return .move(
        bytes: i.rex & 8 != 0 ? 8 : 4, isStore: i.opcode == 0x7E, isAligned: false, clears: true)
    case (0x12, 0) where !i.isMemory: return .copyHalf(fromUpper: true, toUpper: false)
    case (0x16, 0) where !i.isMemory: return .copyHalf(fromUpper: false, toUpper: true)
    case (0x12...0x13, 0...1), (0x16...0x17, 0...1):
      guard i.isMemory else { return nil }
      return .moveHalf(upper: i.opcode >= 0x16, isStore: i.opcode & 1 != 0)
    case (0xD7, 1), (0x50, 0...1):
      guard !i.isMemory else { return nil }
      return .mask(prefix: prefix == 1 ? 0x66 : 0, opcode: 0x0F00 | UInt32(i.opcode))
    default: return nil
    }
  }

  private static func operation(_ i: Instruction, _ prefix: UInt32) -> VectorAction? {
    let immediate = UInt8(truncatingIfNeeded: i.immediate)
    let opcode = 0x0F00 | UInt32(i.opcode)
    let bytes: [4 of UInt8] = [0, 0x66, 0xF3, 0xF2]
    switch (i.opcode, prefix) {
    case (0x14...0x15, 0...1), (0x54...0x57, 0...1), (0x60...0x6D, 1), (0x74...0x76, 1),
      (0xD1...0xD5, 1), (0xD8...0xDF, 1), (0xE0...0xE5, 1), (0xE8...0xEF, 1), (0xF1...0xF6, 1),
      (0xF8...0xFE, 1):
      return .operate(prefix: bytes[Int(prefix)], opcode: opcode, immediate: nil)
    case (0x70, 1...3), (0xC6, 0...1):
      return .operate(prefix: bytes[Int(prefix)], opcode: opcode, immediate: immediate)
    case (0x71...0x72, 1):
      guard !i.isMemory, i.group == 2 || i.group == 4 || i.group == 6 else { return nil }
      return .shift(opcode: opcode, group: i.group, count: immediate)
    case (0x73, 1):
      guard !i.isMemory, [2, 3, 6, 7].contains(i.group) else { return nil }
      return .shift(opcode: opcode, group: i.group, count: immediate)
    default: return nil
    }
  }
}
