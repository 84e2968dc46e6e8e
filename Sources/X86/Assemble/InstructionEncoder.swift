extension Assembler {
  /// What precedes and follows a ModRM byte, apart from its operands.
  struct Form {
    /// Opcode bytes, most significant first, escapes included (0x0FAF is 0F AF).
    var opcode: UInt32
    /// A mandatory prefix (66, F2, F3) of SSE and its like.
    var mandatoryPrefix: UInt8?
    /// Width for the 66 prefix and REX.W; nil where the instruction has none.
    var width: Width?
    /// Immediate bytes that follow, which an address relative to RIP has to count.
    var immediateByteCount = 0

    init(
      _ opcode: UInt32, _ width: Width?, mandatoryPrefix: UInt8? = nil,
      immediateByteCount: Int = 0
    ) {
      self.opcode = opcode
      self.width = width
      self.mandatoryPrefix = mandatoryPrefix
      self.immediateByteCount = immediateByteCount
    }
  }

  /// The register field of a ModRM byte.
  struct RegisterField {
    var number: UInt8
    var needsREX = false
    var forbidsREX = false
    /// It is a register that there is: of high bytes only AH, CH, DH and BH.
    var exists = true

    /// An opcode extension or a register that is not a byte register.
    init(number: UInt8) { self.number = number }

    init(_ operand: Operand) {
      switch operand {
      case .register(let register, .byte):
        number = register.rawValue
        needsREX = (4...7).contains(number)
      case .register(let register, _):
        number = register.rawValue
      case .highByte(let register):
        number = register.rawValue & 3 | 4
        forbidsREX = true
        exists = register.rawValue < 4
      case .memory, .immediate, .address:
        number = 0
        exists = false
      }
    }
  }

  func needsOperandPrefix(_ width: Width) -> Bool {
    width == (mode == .real16 ? .dword : .word)
  }

  /// Emits prefixes, opcode, ModRM, SIB and displacement.
  mutating func encode(_ form: Form, _ field: RegisterField, _ operand: Operand) {
    guard field.exists else { return refuse("a register is needed here") }
    switch operand {
    case .register, .highByte:
      let second = RegisterField(operand)
      guard second.exists else { return refuse("a register is needed here") }
      emitPrefixes(
        form, registerBit: field.number >> 3, baseBit: second.number >> 3,
        needsREX: field.needsREX || second.needsREX,
        forbidsREX: field.forbidsREX || second.forbidsREX)
      emitOpcode(form.opcode)
      emitModRM(mode: 3, field.number, second.number)
    case .memory(let memory):
      encode(form, field, memory)
    case .immediate, .address:
      refuse("a register or memory is needed here")
    }
  }

  private mutating func encode(_ form: Form, _ field: RegisterField, _ memory: Memory) {
    if let segment = memory.segment { emit8(segment.overridePrefix) }
    let fits16 = memory.base == nil && memory.index == nil && (0...0xFFFF) ~= memory.displacement
    switch mode {
    case .real16: if !fits16 { emit8(0x67) }
    case .protected32: break
    case .long64: if memory.hasNarrowAddress { emit8(0x67) }
    }
    emitPrefixes(
      form, registerBit: field.number >> 3, indexBit: (memory.index?.rawValue ?? 0) >> 3,
      baseBit: (memory.base?.rawValue ?? 0) >> 3,
      needsREX: field.needsREX, forbidsREX: field.forbidsREX)
    emitOpcode(form.opcode)
    if let label = memory.label {
      if memory.base != nil || memory.index != nil { refuse("a label stands alone") }
      emitLabelAddress(
        field.number, label, memory.displacement, trailing: form.immediateByteCount)
    } else if let base = memory.base {
      emitBase(field.number, base, memory)
    } else if let index = memory.index {
      emitModRM(mode: 0, field.number, 4)
      emitSIB(memory.scale, index, base: 5)
      emit32(UInt32(bitPattern: memory.displacement))
    } else {
      emitAbsolute(field.number, memory.displacement, fits16: fits16)
    }
  }

  private mutating func emitLabelAddress(
    _ field: UInt8, _ label: Label, _ displacement: Int32, trailing: Int
  ) {
    switch mode {
    case .long64:
      emitModRM(mode: 0, field, 5)
      addFixUp(.relative32, to: label, addend: Int64(displacement), trailing: trailing)
    case .protected32:
      emitModRM(mode: 0, field, 5)
      addFixUp(.absolute32, to: label, addend: Int64(displacement))
    case .real16:
      emitModRM(mode: 0, field, 6)
      addFixUp(.absolute16, to: label, addend: Int64(displacement))
    }
  }

  private mutating func emitAbsolute(_ field: UInt8, _ displacement: Int32, fits16: Bool) {
    switch mode {
    case .long64:
      emitModRM(mode: 0, field, 4)
      emit8(0x25)
      emit32(UInt32(bitPattern: displacement))
    case .real16 where fits16:
      emitModRM(mode: 0, field, 6)
      emit16(UInt16(truncatingIfNeeded: displacement))
    case .protected32, .real16:
      emitModRM(mode: 0, field, 5)
      emit32(UInt32(bitPattern: displacement))
    }
  }

  private mutating func emitBase(_ field: UInt8, _ base: Register, _ memory: Memory) {
    let needsDisplacement = memory.displacement != 0 || base.rawValue & 7 == 5
    let isShort = Int8(exactly: memory.displacement) != nil
    let addressMode: UInt8 = !needsDisplacement ? 0 : isShort ? 1 : 2
    if let index = memory.index {
      emitModRM(mode: addressMode, field, 4)
      emitSIB(memory.scale, index, base: base.rawValue)
    } else if base.rawValue & 7 == 4 {
      emitModRM(mode: addressMode, field, 4)
      emit8(0x24)
    } else {
      emitModRM(mode: addressMode, field, base.rawValue)
    }
    if addressMode == 1 { emit8(UInt8(truncatingIfNeeded: memory.displacement)) }
    if addressMode == 2 { emit32(UInt32(bitPattern: memory.displacement)) }
  }

  mutating func emitPrefixes(
    _ form: Form, registerBit: UInt8 = 0, indexBit: UInt8 = 0, baseBit: UInt8 = 0,
    needsREX: Bool = false, forbidsREX: Bool = false
  ) {
    if let width = form.width, needsOperandPrefix(width) { emit8(0x66) }
    if let prefix = form.mandatoryPrefix { emit8(prefix) }
    var rex = (form.width == .qword ? 8 : 0) | registerBit << 2 | indexBit << 1 | baseBit
    if needsREX { rex |= 0x40 }
    guard rex != 0 else { return }
    if mode != .long64 { refuse("these registers exist in 64-bit code only") }
    if forbidsREX { refuse("AH, CH, DH and BH cannot be encoded beside these registers") }
    emit8(0x40 | rex)
  }

  mutating func emitOpcode(_ opcode: UInt32) {
    for shift: UInt32 in [24, 16, 8] where opcode >> shift != 0 {
      emit8(UInt8(truncatingIfNeeded: opcode >> shift))
    }
    emit8(UInt8(truncatingIfNeeded: opcode))
  }

  private mutating func emitModRM(mode: UInt8, _ field: UInt8, _ operand: UInt8) {
    emit8(mode << 6 | (field & 7) << 3 | operand & 7)
  }

  private mutating func emitSIB(_ scale: UInt8, _ index: Register, base: UInt8) {
    if index == .rsp { refuse("RSP is no index register") }
    if ![1, 2, 4, 8].contains(scale) { refuse("a scale is 1, 2, 4 or 8") }
    let scaleField = UInt8(truncatingIfNeeded: scale.trailingZeroBitCount)
    emit8(scaleField << 6 | (index.rawValue & 7) << 3 | base & 7)
  }

  /// Emits an opcode with its register in the low three bits.
  mutating func encodeShort(_ form: Form, _ register: RegisterField) {
    guard register.exists else { return refuse("a register is needed here") }
    emitPrefixes(
      form, baseBit: register.number >> 3, needsREX: register.needsREX,
      forbidsREX: register.forbidsREX)
    emitOpcode(form.opcode | UInt32(register.number & 7))
  }

  /// Emits an immediate of up to 32 bits; a fault if it does not fit signed or unsigned.
  mutating func emitImmediate(_ value: Int64, _ width: Width) {
    let (isSigned, isUnsigned) =
      switch width {
      case .byte: (Int8(exactly: value) != nil, UInt8(exactly: value) != nil)
      case .word: (Int16(exactly: value) != nil, UInt16(exactly: value) != nil)
      case .dword: (Int32(exactly: value) != nil, UInt32(exactly: value) != nil)
      case .qword: (Int32(exactly: value) != nil, false)
      }
    if !isSigned, !isUnsigned { refuse("an immediate is out of range") }
    emit(UInt64(bitPattern: value), byteCount: min(width.rawValue, 4))
  }

  /// The width of an instruction whose operands have to agree.
  mutating func commonWidth(_ first: Operand, _ second: Operand) -> Width {
    let width = first.ownWidth ?? second.ownWidth ?? missingWidth("no operand tells the width")
    if let other = second.ownWidth, other != width { refuse("operands of different widths") }
    return width
  }

  /// The width that one operand tells.
  mutating func ownWidth(_ operand: Operand) -> Width {
    operand.ownWidth ?? missingWidth("memory without a width")
  }

  private mutating func missingWidth(_ reason: String) -> Width {
    refuse(reason)
    return .dword
  }
}

extension Assembler.Operand {
  var isRegister: Bool {
    switch self {
    case .register, .highByte: true
    case .memory, .immediate, .address: false
    }
  }

  /// True for AL, AX, EAX and RAX.
  var isAccumulator: Bool {
    if case .register(.rax, _) = self { return true }
    return false
  }
}
