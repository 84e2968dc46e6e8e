/// Forms of the x87 opcodes D8-DF.
enum FloatingPointForms {
  static func emit(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let access = FloatingPointUnit.access(opcode: i.opcode, group: i.group)
    let isWide = i.operandSize != 2
    let gate: Handler =
      access.waits ? requireReadyFloatingPoint : requireFloatingPoint
    let byteCount = access.byteCount(wide: isWide)
    let form = FloatingPointTable.form(of: i)
    if case .system(let operation, let immediate) = form {
      if !i.isLong { b.emit(gate) }
      return InstructionForms.system(
        i, &b, operation, byteCount: byteCount, writes: access.writes, parts: .parts,
        immediate: immediate)
    }
    guard i.isMemory, i.addressSize != 8, access.parts(wide: isWide).count > 1 else {
      return VectorForms.emit(
        form, i, &b, byteCount: byteCount, writes: access.writes, gate: gate)
    }
    guard b.isSingle else {
      return VectorForms.emit(
        form, i, &b, byteCount: byteCount, writes: access.writes, gate: gate, parts: .partsAlone)
    }
    if !i.isLong { b.emit(gate) }
    return InstructionForms.system(
      i, &b, .x87, byteCount: byteCount, writes: access.writes, parts: .parts,
      immediate: PartedFloatingPoint(i).word)
  }

  /// WAIT.
  static func emitWait(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    b.emit(floatingPointWait)
    return .goesOn
  }
}

/// Forms of MMX and SSE to SSE4.2 instructions after 0F, 0F 38 and 0F 3A.
enum VectorForms {
  static func emit(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let form = VectorTable.form(of: i)
    if case .maskedStore(let handler, let a, let word) = form {
      emitMaskedStore(handler, a, word, i, &b)
      return .goesOn
    }
    return emit(
      form, i, &b, byteCount: VectorTable.storageByteCount(i),
      writes: VectorTable.writesMemory(i), gate: VectorTable.gate(of: i))
  }

  /// LDMXCSR, STMXCSR.
  static func emitControl(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    emit(
      FloatingPointTable.stateForm(of: i), i, &b, byteCount: 4, writes: i.group == 3,
      gate: requireVectors)
  }

  fileprivate static func emit(
    _ form: VectorForm, _ i: Instruction, _ b: inout BlockBuilder, byteCount: Int, writes: Bool,
    gate: Handler?, parts: OperandAccess = .whole
  ) -> BlockFlow {
    if i.isMemory { emitGate(gate, form, i, &b) }
    switch form {
    case .register(let handler, let a, let other, let word):
      b.emit(handler, a: a, b: other, immediate: Int32(bitPattern: word))
    case .routine(let handler, let a, let other, let routine, let parameter):
      b.emit(handler, a: a, b: other)
      emit(routine, parameter, &b)
    case .memoryRoutine(let handler, let a, let routine, let parameter):
      let fields = b.address(i, byteCount: byteCount, writes: writes)
      b.emit(handler, a: a, memory: fields)
      emit(routine, parameter, &b)
    case .memory(let handler, let a, let word):
      let fields = b.address(i, byteCount: byteCount, writes: writes, parts: parts)
      b.emit(handler, a: a, memory: fields)
      if let word { b.emitData(UInt64(word)) }
    default: return InstructionForms.unimplemented(i, &b)
    }
    return .goesOn
  }

  private static func emitGate(
    _ gate: Handler?, _ form: VectorForm, _ i: Instruction, _ b: inout BlockBuilder
  ) {
    if case .undefined = form { return }
    if !i.isLong, let gate { b.emit(gate) }
  }

  private static func emit(
    _ routine: VectorRoutine, _ parameter: UInt64, _ b: inout BlockBuilder
  ) {
    b.emitData(UInt64(unsafeBitCast(routine, to: UInt.self)), parameter)
  }

  /// MASKMOVQ, MASKMOVDQU: the storage operand is at DS:rDI, or at the segment of a prefix.
  private static func emitMaskedStore(
    _ handler: Handler, _ a: UInt8, _ word: UInt32, _ i: Instruction, _ b: inout BlockBuilder
  ) {
    var memory = i
    memory.mod = 0
    memory.base = 7
    memory.index = PseudoRegister.zero
    memory.scale = 0
    memory.displacement = 0
    memory.isPointerRelative = false
    if !i.isLong { b.emit(i.hasOperandPrefix ? requireVectors : requireNarrowVectors) }
    let fields = b.address(memory, byteCount: i.hasOperandPrefix ? 16 : 8, writes: true)
    b.emit(handler, a: a, memory: fields)
    b.emitData(UInt64(word))
  }
}
