/// Forms of the x87 opcodes D8-DF.
enum FloatingPointForms {
  static func emit(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let access = FloatingPointUnit.access(opcode: i.opcode, group: i.group)
    let isWide = i.operandSize != 2
    switch FloatingPointTable.form(of: i) {
    case .system(let operation, let immediate):
      return InstructionForms.system(
        i, &b, operation, byteCount: FloatingPointUnit.saveAreaByteCount(wide: isWide),
        writes: operation == .saveFloatingPoint, immediate: immediate)
    case let form:
      return VectorForms.emit(
        form, i, &b, byteCount: access.byteCount(wide: isWide), writes: access.writes)
    }
  }

  /// WAIT.
  static func emitWait(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    b.emit(floatingPointWait)
    return .goesOn
  }
}

/// Forms of MMX, SSE and SSE2 instructions after 0F.
enum VectorForms {
  static func emit(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let form = VectorTable.form(of: i)
    if case .maskedStore(let handler, let a, let word) = form {
      emitMaskedStore(handler, a, word, i, &b)
      return .goesOn
    }
    return emit(form, i, &b, byteCount: 16, writes: VectorTable.writesMemory(i))
  }

  /// LDMXCSR, STMXCSR.
  static func emitControl(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    emit(
      FloatingPointTable.stateForm(of: i), i, &b, byteCount: 4, writes: i.group == 3)
  }

  fileprivate static func emit(
    _ form: VectorForm, _ i: Instruction, _ b: inout BlockBuilder, byteCount: Int, writes: Bool
  ) -> BlockFlow {
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
      let fields = b.address(i, byteCount: byteCount, writes: writes)
      b.emit(handler, a: a, memory: fields)
      if let word { b.emitData(UInt64(word)) }
    default: return InstructionForms.unimplemented(i, &b)
    }
    return .goesOn
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
    let fields = b.address(memory, byteCount: i.hasOperandPrefix ? 16 : 8, writes: true)
    b.emit(handler, a: a, memory: fields)
    b.emitData(UInt64(word))
  }
}
