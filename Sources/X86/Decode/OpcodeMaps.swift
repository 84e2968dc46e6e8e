/// What follows an opcode: bit 7 = ModRM; low bits = kind of immediate.
enum OpcodeForm {
  static let modRM: UInt8 = 0x80
  /// No immediate.
  static let none: UInt8 = 0
  /// 8 bits, sign-extended.
  static let byte: UInt8 = 1
  /// 16 or 32 bits by operand size, sign-extended.
  static let word: UInt8 = 2
  /// 16 bits.
  static let half: UInt8 = 3
  /// 16 bits, then 8 bits (ENTER).
  static let enter: UInt8 = 4
  /// 16, 32 or 64 bits by operand size (MOV).
  static let wide: UInt8 = 5
  /// An address of the address size (MOV with direct offset).
  static let offset: UInt8 = 6
  /// A far pointer.
  static let pointer: UInt8 = 7
  /// 8 or 16/32 bits when ModRM.reg is 0 or 1 (groups F6, F7).
  static let testByte: UInt8 = 8
  static let testWord: UInt8 = 9
  /// Near branch: 32 bits in 64-bit mode whatever the prefix.
  static let branch: UInt8 = 10
  static let kind: UInt8 = 0x7F
}

/// The opcode maps of the Intel SDM volume 2, appendix A, as rows of sixteen.
enum OpcodeMaps {
  private static let m = OpcodeForm.modRM
  private static let b = OpcodeForm.byte
  private static let w = OpcodeForm.word

  /// One-byte opcodes.
  static let one: [UInt8] = row0 + row4 + row8 + rowC

  // Rows 0-3: eight two-operand families of six opcodes, then PUSH/POP segment or a prefix.
  private static let family: [UInt8] = [m, m, m, m, b, w, 0, 0]
  private static let row0: [UInt8] =
    family + family + family + family + family + family + family + family

  private static let row4: [UInt8] =
    Array(repeating: 0, count: 32)  // INC DEC PUSH POP; REX
    + [0, 0, m, m, 0, 0, 0, 0, w, m | w, b, m | b, 0, 0, 0, 0]  // 60
    + Array(repeating: b, count: 16)  // 70: Jcc

  private static let row8: [UInt8] =
    [m | b, m | w, m | b, m | b, m, m, m, m, m, m, m, m, m, m, m, m]  // 80
    + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, OpcodeForm.pointer, 0, 0, 0, 0, 0]  // 90
    + [
      OpcodeForm.offset, OpcodeForm.offset, OpcodeForm.offset, OpcodeForm.offset, 0, 0, 0, 0,
      b, w, 0, 0, 0, 0, 0, 0,
    ]  // A0
    + Array(repeating: b, count: 8) + Array(repeating: OpcodeForm.wide, count: 8)  // B0

  private static let rowC: [UInt8] =
    [
      m | b, m | b, OpcodeForm.half, 0, m, m, m | b, m | w,
      OpcodeForm.enter, 0, OpcodeForm.half, 0, 0, b, 0, 0,
    ]  // C0
    + [m, m, m, m, b, b, 0, 0, m, m, m, m, m, m, m, m]  // D0
    + [
      b, b, b, b, b, b, b, b,
      OpcodeForm.branch, OpcodeForm.branch, OpcodeForm.pointer, b, 0, 0, 0, 0,
    ]  // E0
    + [
      0, 0, 0, 0, 0, 0, m | OpcodeForm.testByte, m | OpcodeForm.testWord, 0, 0, 0, 0, 0, 0, m, m,
    ]  // F0

  /// Opcodes after 0F.
  static let two: [UInt8] = twoLow + twoMiddle + twoHigh

  private static let twoLow: [UInt8] =
    [m, m, m, m, 0, 0, 0, 0, 0, 0, 0, 0, 0, m, 0, m | b]  // 00
    + Array(repeating: m, count: 16)  // 10
    + [m, m, m, m, 0, 0, 0, 0, m, m, m, m, m, m, m, m]  // 20
    + Array(repeating: 0, count: 16)  // 30
    + Array(repeating: m, count: 16)  // 40: CMOVcc

  private static let twoMiddle: [UInt8] =
    Array(repeating: m, count: 32)  // 50, 60
    + [m | b, m | b, m | b, m | b, m, m, m, 0, m, m, 0, 0, m, m, m, m]  // 70
    + Array(repeating: OpcodeForm.branch, count: 16)  // 80: Jcc
    + Array(repeating: m, count: 16)  // 90: SETcc

  private static let twoHigh: [UInt8] =
    [0, 0, 0, m, m | b, m, 0, 0, 0, 0, 0, m, m | b, m, m, m]  // A0
    + [m, m, m, m, m, m, m, m, m, 0, m | b, m, m, m, m, m]  // B0; UD1 has no ModRM, as with AMD
    + [m, m, m | b, m, m | b, m | b, m | b, m, 0, 0, 0, 0, 0, 0, 0, 0]  // C0
    + Array(repeating: m, count: 47) + [0]  // D0 E0 F0; UD0
}
