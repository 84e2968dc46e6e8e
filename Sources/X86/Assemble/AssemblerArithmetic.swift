/// Arithmetic, logic, shifts and bits.
extension Assembler {
  private mutating func alu(_ operation: UInt32, _ destination: Operand, _ source: Operand) {
    let width = commonWidth(destination, source)
    let wide: UInt32 = width == .byte ? 0 : 1
    switch source {
    case .immediate(let value):
      let asSigned = signed(value, width)
      if width != .byte, let short = Int8(exactly: asSigned) {
        let form = Form(0x83, width, immediateByteCount: 1)
        encode(form, RegisterField(number: UInt8(truncatingIfNeeded: operation)), destination)
        emit8(UInt8(bitPattern: short))
      } else if destination.isAccumulator {
        emitPrefixes(Form(0, width))
        emitOpcode(operation << 3 | 4 | wide)
        emitImmediate(value, width)
      } else {
        let form = Form(0x80 | wide, width, immediateByteCount: min(width.rawValue, 4))
        encode(form, RegisterField(number: UInt8(truncatingIfNeeded: operation)), destination)
        emitImmediate(value, width)
      }
    case .memory:
      encode(Form(operation << 3 | 2 | wide, width), RegisterField(destination), source)
    case .register, .highByte:
      encode(Form(operation << 3 | wide, width), RegisterField(source), destination)
    case .address:
      refuse("an address is taken by lea, or by mov to a register")
    }
  }

  /// The value as the operand's width sees it, so that 0xFFFF in a word is -1.
  private func signed(_ value: Int64, _ width: Width) -> Int64 {
    switch width {
    case .byte: Int64(Int8(truncatingIfNeeded: value))
    case .word: Int64(Int16(truncatingIfNeeded: value))
    case .dword: Int64(Int32(truncatingIfNeeded: value))
    case .qword: value
    }
  }

  package mutating func add(_ to: Operand, _ source: Operand) { alu(0, to, source) }
  package mutating func or(_ to: Operand, _ source: Operand) { alu(1, to, source) }
  package mutating func adc(_ to: Operand, _ source: Operand) { alu(2, to, source) }
  package mutating func sbb(_ to: Operand, _ source: Operand) { alu(3, to, source) }
  package mutating func and(_ to: Operand, _ source: Operand) { alu(4, to, source) }
  package mutating func sub(_ to: Operand, _ source: Operand) { alu(5, to, source) }
  package mutating func xor(_ to: Operand, _ source: Operand) { alu(6, to, source) }
  package mutating func cmp(_ first: Operand, _ second: Operand) { alu(7, first, second) }

  package mutating func test(_ first: Operand, _ second: Operand) {
    let width = commonWidth(first, second)
    let wide: UInt32 = width == .byte ? 0 : 1
    guard case .immediate(let value) = second else {
      encode(Form(0x84 | wide, width), RegisterField(second), first)
      return
    }
    if first.isAccumulator {
      emitPrefixes(Form(0, width))
      emitOpcode(0xA8 | wide)
    } else {
      let form = Form(0xF6 | wide, width, immediateByteCount: min(width.rawValue, 4))
      encode(form, RegisterField(number: 0), first)
    }
    emitImmediate(value, width)
  }

  private mutating func unary(_ opcode: UInt32, _ field: UInt8, _ operand: Operand) {
    let width = ownWidth(operand)
    encode(Form(opcode | (width == .byte ? 0 : 1), width), RegisterField(number: field), operand)
  }

  package mutating func not(_ operand: Operand) { unary(0xF6, 2, operand) }
  package mutating func neg(_ operand: Operand) { unary(0xF6, 3, operand) }
  /// Multiplies the accumulator, unsigned, into the double-width pair.
  package mutating func mul(_ operand: Operand) { unary(0xF6, 4, operand) }
  /// Multiplies the accumulator, signed, into the double-width pair.
  package mutating func imul(_ operand: Operand) { unary(0xF6, 5, operand) }
  package mutating func div(_ operand: Operand) { unary(0xF6, 6, operand) }
  package mutating func idiv(_ operand: Operand) { unary(0xF6, 7, operand) }

  package mutating func inc(_ operand: Operand) { step(0x40, 0, operand) }
  package mutating func dec(_ operand: Operand) { step(0x48, 1, operand) }

  private mutating func step(_ short: UInt32, _ field: UInt8, _ operand: Operand) {
    let width = ownWidth(operand)
    if mode != .long64, width != .byte, case .register(let register, _) = operand {
      encodeShort(Form(short, width), RegisterField(number: register.rawValue))
    } else {
      unary(0xFE, field, operand)
    }
  }

  package mutating func imul(_ to: Operand, _ source: Operand) {
    encode(Form(0x0FAF, commonWidth(to, source)), RegisterField(to), source)
  }

  package mutating func imul(_ to: Operand, _ source: Operand, _ factor: Int64) {
    let width = commonWidth(to, source)
    if let short = Int8(exactly: factor) {
      encode(Form(0x6B, width, immediateByteCount: 1), RegisterField(to), source)
      emit8(UInt8(bitPattern: short))
    } else {
      let form = Form(0x69, width, immediateByteCount: min(width.rawValue, 4))
      encode(form, RegisterField(to), source)
      emitImmediate(factor, width)
    }
  }

  // MARK: Shifts and rotates, by a constant or by CL

  private mutating func shift(_ field: UInt8, _ operand: Operand, _ count: Operand) {
    let width = ownWidth(operand)
    let wide: UInt32 = width == .byte ? 0 : 1
    switch count {
    case .immediate(1):
      encode(Form(0xD0 | wide, width), RegisterField(number: field), operand)
    case .immediate(let value):
      encode(Form(0xC0 | wide, width, immediateByteCount: 1), RegisterField(number: field), operand)
      emitImmediate(value, .byte)
    case .cl:
      encode(Form(0xD2 | wide, width), RegisterField(number: field), operand)
    default:
      refuse("a shift count is a constant or CL")
    }
  }

  package mutating func rol(_ operand: Operand, _ count: Operand) { shift(0, operand, count) }
  package mutating func ror(_ operand: Operand, _ count: Operand) { shift(1, operand, count) }
  package mutating func rcl(_ operand: Operand, _ count: Operand) { shift(2, operand, count) }
  package mutating func rcr(_ operand: Operand, _ count: Operand) { shift(3, operand, count) }
  package mutating func shl(_ operand: Operand, _ count: Operand) { shift(4, operand, count) }
  package mutating func shr(_ operand: Operand, _ count: Operand) { shift(5, operand, count) }
  package mutating func sar(_ operand: Operand, _ count: Operand) { shift(7, operand, count) }

  private mutating func doubleShift(
    _ opcode: UInt32, _ operand: Operand, _ source: Operand, _ count: Operand
  ) {
    let width = commonWidth(operand, source)
    switch count {
    case .immediate(let value):
      encode(Form(opcode, width, immediateByteCount: 1), RegisterField(source), operand)
      emitImmediate(value, .byte)
    case .cl:
      encode(Form(opcode | 1, width), RegisterField(source), operand)
    default:
      refuse("a shift count is a constant or CL")
    }
  }

  package mutating func shld(_ operand: Operand, _ source: Operand, _ count: Operand) {
    doubleShift(0x0FA4, operand, source, count)
  }

  package mutating func shrd(_ operand: Operand, _ source: Operand, _ count: Operand) {
    doubleShift(0x0FAC, operand, source, count)
  }

  // MARK: Bits

  private mutating func bit(_ field: UInt8, _ operand: Operand, _ index: Operand) {
    if case .immediate(let value) = index {
      let form = Form(0x0FBA, ownWidth(operand), immediateByteCount: 1)
      encode(form, RegisterField(number: field), operand)
      emitImmediate(value, .byte)
    } else {
      let width = commonWidth(operand, index)
      encode(Form(0x0F83 | UInt32(field) << 3, width), RegisterField(index), operand)
    }
  }

  package mutating func bt(_ operand: Operand, _ index: Operand) { bit(4, operand, index) }
  package mutating func bts(_ operand: Operand, _ index: Operand) { bit(5, operand, index) }
  package mutating func btr(_ operand: Operand, _ index: Operand) { bit(6, operand, index) }
  package mutating func btc(_ operand: Operand, _ index: Operand) { bit(7, operand, index) }

  package mutating func bsf(_ to: Operand, _ source: Operand) {
    encode(Form(0x0FBC, commonWidth(to, source)), RegisterField(to), source)
  }

  package mutating func bsr(_ to: Operand, _ source: Operand) {
    encode(Form(0x0FBD, commonWidth(to, source)), RegisterField(to), source)
  }

  package mutating func tzcnt(_ to: Operand, _ source: Operand) {
    let form = Form(0x0FBC, commonWidth(to, source), mandatoryPrefix: 0xF3)
    encode(form, RegisterField(to), source)
  }

  package mutating func bswap(_ operand: Operand) {
    encodeShort(Form(0x0FC8, ownWidth(operand)), RegisterField(operand))
  }

  // MARK: Widening the accumulator, flags

  package mutating func cbw() { single(0x98, .word) }
  package mutating func cwde() { single(0x98, .dword) }
  package mutating func cdqe() { single(0x98, .qword) }
  package mutating func cwd() { single(0x99, .word) }
  package mutating func cdq() { single(0x99, .dword) }
  package mutating func cqo() { single(0x99, .qword) }
  package mutating func clc() { emit8(0xF8) }
  package mutating func stc() { emit8(0xF9) }
  package mutating func cmc() { emit8(0xF5) }
  package mutating func cld() { emit8(0xFC) }
  package mutating func std() { emit8(0xFD) }
  package mutating func lahf() { emit8(0x9F) }
  package mutating func sahf() { emit8(0x9E) }

  /// Emits an opcode without operands at a width.
  mutating func single(_ opcode: UInt32, _ width: Width?) {
    emitPrefixes(Form(opcode, width))
    emitOpcode(opcode)
  }
}
