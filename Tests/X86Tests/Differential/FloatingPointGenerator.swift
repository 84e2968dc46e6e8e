import TestSupport

/// Generates cases of MMX, SSE to SSE4.2 and x87 instructions, with all exceptions masked.
struct FloatingPointGenerator {
  /// How an instruction's operands are.
  enum Operands {
    /// XMM register, XMM register or so many bytes of memory (16 bytes are aligned).
    case vector(Int)
    /// As `vector`, and an immediate byte.
    case vectorImmediate(Int)
    /// XMM register and memory only, of so many bytes; `aligned` for 16.
    case memory(Int, aligned: Bool)
    /// XMM register and unaligned memory or register.
    case unaligned
    /// XMM register from a general register or memory, of 32 or 64 bits.
    case fromGeneral
    /// General register, of 32 or 64 bits, from XMM register or so many bytes of memory.
    case toGeneral(Int)
    /// General register from XMM register only.
    case mask
    /// General register or memory, of 32 or 64 bits, written from an XMM register.
    case storeGeneral
    /// An opcode extension with a register and an immediate count.
    case shift(Int)
    /// XMM register, general register or 16 bits of memory, immediate.
    case insertWord
    /// General register, XMM register, immediate.
    case extractWord
    /// Two XMM registers only.
    case registers
    /// General register or so many bytes of memory (0: 32 or 64 bits), written from an XMM register,
    /// with an immediate byte.
    case extractElement(Int)
    /// XMM register from a general register or so many bytes of memory, with an immediate byte.
    case insertElement(Int)
    /// Two general registers, or one and so many bytes of memory (0: 32 or 64 bits).
    case general(Int)
  }

  struct Row {
    var prefix: UInt8?
    /// The byte between 0F and the opcode, if there is one.
    var map: UInt8?
    var opcode: UInt8
    var operands: Operands
  }

  var integer: InstructionGenerator
  private let rows: [Row]

  init(seed: UInt64, rows: [Row] = FloatingPointGenerator.allRows) {
    integer = InstructionGenerator(seed: seed)
    self.rows = rows
  }

  /// The next case of one of the rows.
  mutating func nextVector() -> DifferentialCase {
    let row = integer.random.pick(rows)
    begin()
    emit(row)
    return finish(form: "sse", control: 0x37F)
  }

  mutating func begin() {
    integer.code = []
    integer.undefined = 0
    integer.reserved = []
    integer.registers = (0..<16).map { _ in integer.random.value() }
    integer.stringGoesDown = false
    if integer.random.oneIn(4) {
      integer.data = (0..<integer.dataByteCount / 8).flatMap { _ in wordBytes(operand(), 8) }
    }
  }

  mutating func finish(form: String, control: UInt16) -> DifferentialCase {
    DifferentialCase(
      form: form, code: integer.code,
      state: UserState(
        registers: integer.registers,
        flags: integer.random.next() & InstructionGenerator.Flag.arithmetic, data: integer.data,
        floatingPoint: image(control: control)),
      undefinedFlags: integer.undefined)
  }

  private func wordBytes(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  /// Eight bytes that are interesting as one double, two singles or integers.
  private mutating func operand() -> UInt64 {
    let doubles: [UInt64] = [
      0, 1 << 63, 0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, 0x7FF0_0000_0000_0000,
      0xFFF0_0000_0000_0000, 0x7FF8_0000_0000_0001, 0xFFF8_1234_5678_9ABC, 0x7FF0_0000_0000_0001,
      1, 0x000F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF,
      0x41DF_FFFF_FFC0_0000, 0xC1E0_0000_0000_0000, 0x43E0_0000_0000_0000, 0x3FE0_0000_0000_0000,
    ]
    let singles: [UInt64] = [
      0, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0001,
      0xFFC1_2345, 0x7F80_0001, 1, 0x007F_FFFF, 0x0080_0000, 0x7F7F_FFFF, 0x4F00_0000, 0x3F00_0000,
    ]
    switch integer.random.below(6) {
    case 0, 1: return integer.random.pick(doubles)
    case 2: return integer.random.pick(singles) | integer.random.pick(singles) << 32
    case 3:
      // A double of middling size.
      let exponent = UInt64(1023 - 40 + integer.random.below(80))
      return integer.random.next() & 0x800F_FFFF_FFFF_FFFF | exponent << 52
    case 4:
      let low = integer.random.next() & 0x807F_FFFF | UInt64(110 + integer.random.below(40)) << 23
      let high = integer.random.next() & 0x807F_FFFF | UInt64(110 + integer.random.below(40)) << 23
      return low | high << 32
    default: return integer.random.value()
    }
  }

  /// An FXSAVE image: a random x87 stack, XMM registers, and MXCSR with all exceptions masked.
  private mutating func image(control: UInt16) -> [UInt8] {
    var image = [UInt8](repeating: 0, count: 512)
    let top = integer.random.below(8)
    image.replaceSubrange(0..<2, with: wordBytes(UInt64(control), 2))
    let status = UInt64(top) << 11 | integer.random.next() & 0x4700
    image.replaceSubrange(2..<4, with: wordBytes(status, 2))
    image[4] = integer.random.oneIn(2) ? 0xFF : UInt8(truncatingIfNeeded: integer.random.next())
    let rounding = integer.random.next() & 0x6000
    let flush = integer.random.oneIn(8) ? integer.random.next() & 0x8040 : 0
    let flags = integer.random.oneIn(4) ? integer.random.next() & 0x3F : 0
    image.replaceSubrange(24..<28, with: wordBytes(0x1F80 | rounding | flush | flags, 4))
    for index in 0..<8 {
      image.replaceSubrange(32 + 16 * index..<42 + 16 * index, with: extended())
    }
    for index in 0..<32 {
      image.replaceSubrange(160 + 8 * index..<168 + 8 * index, with: wordBytes(operand(), 8))
    }
    return image
  }

  /// An 80-bit value: normal, zero, infinity, NaN or denormal, but no unsupported encoding.
  private mutating func extended() -> [UInt8] {
    let sign = integer.random.next() & 0x8000
    let fraction = integer.random.value()
    let (exponent, significand): (UInt64, UInt64) =
      switch integer.random.below(8) {
      case 0: (0, 0)
      case 1: (0x3FFF, 1 << 63)
      case 2: (0x7FFF, 1 << 63)
      case 3: (0x7FFF, 3 << 62 | fraction)
      case 4: (0, fraction & ~(1 << 63))
      default: (UInt64(0x3FFF - 40 + integer.random.below(80)), 1 << 63 | fraction)
      }
    return wordBytes(significand, 8) + wordBytes(sign | exponent, 2)
  }

  private mutating func emit(_ row: Row) {
    let opcode: [UInt8] = [0x0F] + (row.map.map { [$0] } ?? []) + [row.opcode]
    let field = integer.register()
    let wide = integer.random.oneIn(2) ? 8 : 4
    switch row.operands {
    case .vector(let byteCount):
      emitVector(opcode, field, byteCount, row.prefix, [])
    case .vectorImmediate(let byteCount):
      // CMPPS and its like have eight predicates; the others take any byte.
      let byte = integer.immediate(1)[0]
      emitVector(
        opcode, field, byteCount, row.prefix, [row.opcode == 0xC2 ? byte & 7 : byte])
    case .memory(let byteCount, let aligned):
      let place = offset(byteCount, aligned: aligned)
      integer.emit(opcode, 4, field: field, .memory(byteCount), prefix: row.prefix, offset: place)
    case .unaligned:
      integer.emit(opcode, 4, field: field, integer.target(16), prefix: row.prefix)
    case .fromGeneral:
      integer.emit(opcode, wide, field: field, integer.target(wide), prefix: row.prefix)
    case .toGeneral(let byteCount):
      integer.emit(opcode, wide, field: field, integer.target(byteCount), prefix: row.prefix)
    case .mask, .registers:
      integer.emit(
        opcode, 4, field: field, .register(integer.register()), prefix: row.prefix)
    case .storeGeneral:
      integer.emit(opcode, wide, field: field, integer.target(wide), prefix: row.prefix)
    case .shift(let extensionField):
      let count = UInt8(truncatingIfNeeded: integer.random.next() & 0x4F)
      integer.emit(
        opcode, 4, field: extensionField, .register(integer.register()), immediate: [count],
        prefix: row.prefix)
    case .insertWord:
      let target = integer.target(2)
      integer.emit(
        opcode, 4, field: field, target, immediate: integer.immediate(1), prefix: row.prefix)
    case .extractElement(let byteCount), .insertElement(let byteCount):
      integer.emit(
        opcode, byteCount == 0 ? wide : 4, field: field,
        integer.target(byteCount == 0 ? wide : byteCount), immediate: integer.immediate(1),
        prefix: row.prefix)
    case .general(let byteCount):
      integer.emit(
        opcode, wide, field: field, integer.target(byteCount == 0 ? wide : byteCount),
        prefix: row.prefix)
    case .extractWord:
      integer.emit(
        opcode, 4, field: field, .register(integer.register()), immediate: integer.immediate(1),
        prefix: row.prefix)
    }
  }

  private mutating func emitVector(
    _ opcode: [UInt8], _ field: Int, _ byteCount: Int, _ prefix: UInt8?, _ immediate: [UInt8]
  ) {
    let target = integer.target(byteCount)
    let place = offset(byteCount, aligned: byteCount == 16)
    integer.emit(
      opcode, 4, field: field, target, immediate: immediate, prefix: prefix, offset: place)
  }

  private mutating func offset(_ byteCount: Int, aligned: Bool) -> Int {
    let offset = integer.offset(byteCount)
    return aligned ? offset & ~15 : offset
  }
}
