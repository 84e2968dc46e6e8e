/// Moves, exchanges, stack and strings.
extension Assembler {
  /// Moves; a 64-bit register takes a constant of any size, or the address of a label.
  package mutating func mov(_ to: Operand, _ source: Operand) {
    switch source {
    case .immediate(let value):
      move(to, constant: value)
    case .address(let label):
      moveAddress(to, label)
    case .memory:
      let width = commonWidth(to, source)
      encode(Form(width == .byte ? 0x8A : 0x8B, width), RegisterField(to), source)
    case .register, .highByte:
      let width = commonWidth(to, source)
      encode(Form(width == .byte ? 0x88 : 0x89, width), RegisterField(source), to)
    }
  }

  private mutating func move(_ to: Operand, constant value: Int64) {
    let width = ownWidth(to)
    if to.isRegister, width == .qword, Int32(exactly: value) == nil {
      encodeShort(Form(0xB8, width), RegisterField(to))
      emit64(UInt64(bitPattern: value))
    } else if to.isRegister, width != .qword {
      encodeShort(Form(width == .byte ? 0xB0 : 0xB8, width), RegisterField(to))
      emitImmediate(value, width)
    } else {
      let form = Form(
        width == .byte ? 0xC6 : 0xC7, width, immediateByteCount: min(width.rawValue, 4))
      encode(form, RegisterField(number: 0), to)
      emitImmediate(value, width)
    }
  }

  private mutating func moveAddress(_ to: Operand, _ label: Label) {
    let width = ownWidth(to)
    if !to.isRegister { refuse("an address is moved to a register") }
    encodeShort(Form(0xB8, width), RegisterField(to))
    switch width {
    case .qword: addFixUp(.absolute64, to: label)
    case .dword: addFixUp(.absolute32, to: label)
    case .word: addFixUp(.absolute16, to: label)
    case .byte: refuse("an address needs more than a byte")
    }
  }

  package mutating func lea(_ to: Operand, _ source: Operand) {
    encode(Form(0x8D, ownWidth(to)), RegisterField(to), source)
  }

  package mutating func movzx(_ to: Operand, _ source: Operand) { extend(0x0FB6, to, source) }

  /// Moves with sign; from 32 bits it is MOVSXD.
  package mutating func movsx(_ to: Operand, _ source: Operand) {
    if ownWidth(source) == .dword {
      encode(Form(0x63, ownWidth(to)), RegisterField(to), source)
    } else {
      extend(0x0FBE, to, source)
    }
  }

  private mutating func extend(_ opcode: UInt32, _ to: Operand, _ source: Operand) {
    let form = Form(opcode | (ownWidth(source) == .byte ? 0 : 1), ownWidth(to))
    encode(form, RegisterField(to), source)
  }

  package mutating func cmov(_ condition: Condition, _ to: Operand, _ source: Operand) {
    let form = Form(0x0F40 | UInt32(condition.rawValue), commonWidth(to, source))
    encode(form, RegisterField(to), source)
  }

  package mutating func set(_ condition: Condition, _ to: Operand) {
    encode(Form(0x0F90 | UInt32(condition.rawValue), nil), RegisterField(number: 0), to)
  }

  package mutating func xchg(_ first: Operand, _ second: Operand) {
    let width = commonWidth(first, second)
    if width != .byte, case .register(let one, _) = first, case .register(let two, _) = second,
      one != two, one == .rax || two == .rax
    {
      encodeShort(Form(0x90, width), RegisterField(number: (one == .rax ? two : one).rawValue))
    } else {
      let (register, other) = second.isRegister ? (second, first) : (first, second)
      encode(Form(width == .byte ? 0x86 : 0x87, width), RegisterField(register), other)
    }
  }

  package mutating func xadd(_ to: Operand, _ source: Operand) {
    let width = commonWidth(to, source)
    encode(Form(width == .byte ? 0x0FC0 : 0x0FC1, width), RegisterField(source), to)
  }

  package mutating func cmpxchg(_ to: Operand, _ source: Operand) {
    let width = commonWidth(to, source)
    encode(Form(width == .byte ? 0x0FB0 : 0x0FB1, width), RegisterField(source), to)
  }

  package mutating func cmpxchg8b(_ memory: Operand) {
    encode(Form(0x0FC7, nil), RegisterField(number: 1), memory)
  }

  package mutating func cmpxchg16b(_ memory: Operand) {
    encode(Form(0x0FC7, .qword), RegisterField(number: 1), memory)
  }

  /// Makes the next instruction atomic.
  package mutating func lock() { emit8(0xF0) }

  package mutating func xlat() { emit8(0xD7) }

  // MARK: Stack

  package mutating func push(_ source: Operand) {
    switch source {
    case .immediate(let value):
      if let short = Int8(exactly: value) {
        emit8(0x6A)
        emit8(UInt8(bitPattern: short))
      } else {
        emit8(0x68)
        emitImmediate(value, mode == .real16 ? .word : mode == .long64 ? .qword : .dword)
      }
    case .register(let register, let width):
      encodeShort(Form(0x50, stackWidth(width)), RegisterField(number: register.rawValue))
    case .memory:
      encode(Form(0xFF, stackWidth(ownWidth(source))), RegisterField(number: 6), source)
    case .highByte, .address:
      refuse("the operand cannot be pushed")
    }
  }

  package mutating func pop(_ to: Operand) {
    switch to {
    case .register(let register, let width):
      encodeShort(Form(0x58, stackWidth(width)), RegisterField(number: register.rawValue))
    case .memory:
      encode(Form(0x8F, stackWidth(ownWidth(to))), RegisterField(number: 0), to)
    case .highByte, .immediate, .address:
      refuse("the operand cannot be popped")
    }
  }

  /// The stack's own width needs no prefix.
  private mutating func stackWidth(_ width: Width) -> Width? {
    switch (mode, width) {
    case (.long64, .qword), (.protected32, .dword), (.real16, .word): return nil
    case (.long64, .word), (.protected32, .word), (.real16, .dword): return width
    default:
      refuse("the stack has no such width in this mode")
      return width
    }
  }

  package mutating func pushf() { emit8(0x9C) }
  package mutating func popf() { emit8(0x9D) }
  package mutating func leave() { emit8(0xC9) }

  package mutating func enter(_ byteCount: UInt16, _ nesting: UInt8) {
    emit8(0xC8)
    emit16(byteCount)
    emit8(nesting)
  }

  // MARK: Strings

  /// How a string instruction repeats.
  package enum Repeat: UInt8, Sendable {
    case once = 0
    /// REP, or REPE for CMPS and SCAS.
    case whileEqual = 0xF3
    case whileNotEqual = 0xF2
  }

  private mutating func string(_ opcode: UInt32, _ width: Width, _ times: Repeat) {
    let prefix = times == .once ? nil : times.rawValue
    emitPrefixes(Form(opcode, width, mandatoryPrefix: prefix))
    emitOpcode(opcode | (width == .byte ? 0 : 1))
  }

  package mutating func movs(_ width: Width, _ times: Repeat = .once) {
    string(0xA4, width, times)
  }

  package mutating func cmps(_ width: Width, _ times: Repeat = .once) {
    string(0xA6, width, times)
  }

  package mutating func stos(_ width: Width, _ times: Repeat = .once) {
    string(0xAA, width, times)
  }

  package mutating func lods(_ width: Width, _ times: Repeat = .once) {
    string(0xAC, width, times)
  }

  package mutating func scas(_ width: Width, _ times: Repeat = .once) {
    string(0xAE, width, times)
  }
}
