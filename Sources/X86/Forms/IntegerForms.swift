// Operand forms of the one-byte integer opcodes.
extension InstructionForms {
  private static func immediate32(_ i: Instruction) -> Int32 {
    Int32(truncatingIfNeeded: i.immediate)
  }

  /// 00-3F: ADD OR ADC SBB AND SUB XOR CMP in six forms; PUSH and POP of segments; BCD adjusts.
  static func emitFamily(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let operation = Int(i.opcode >> 3)
    let width = i.opcode & 1 == 0 ? 0 : i.width
    switch i.opcode & 7 {
    case 0, 1: emitBinaryMR(i, &b, operation, width)
    case 2, 3: emitBinaryRM(i, &b, operation, width)
    case 4, 5:
      b.emit(
        BinaryHandlers.registerImmediate[row: operation, width: width], a: 0,
        immediate: immediate32(i))
    default: return emitSegmentOrDecimal(i, &b)
    }
    return .goesOn
  }

  private static func emitSegmentOrDecimal(
    _ i: Instruction, _ b: inout BlockBuilder
  ) -> BlockFlow {
    if i.isLong { return undefined(i, &b) }
    let segment = i.opcode >> 3
    switch i.opcode {
    case 0x06, 0x0E, 0x16, 0x1E: return system(i, &b, .pushSegment, register: segment)
    case 0x07, 0x17, 0x1F: return system(i, &b, .popSegment, register: segment)
    default: return emitDecimal(i, &b)
    }
  }

  static func emitDecimal(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    if i.isLong { return undefined(i, &b) }
    switch i.opcode {
    case 0x27: return system(i, &b, .decimalAdjustAdd)
    case 0x2F: return system(i, &b, .decimalAdjustSubtract)
    case 0x37: return system(i, &b, .asciiAdjustAdd)
    case 0x3F: return system(i, &b, .asciiAdjustSubtract)
    case 0xD4: return system(i, &b, .asciiAdjustMultiply)
    case 0xD5: return system(i, &b, .asciiAdjustDivide)
    case 0xD6:
      b.emit(BitHandlers.setByCarry)
      return .goesOn
    default: return undefined(i, &b)
    }
  }

  /// Memory or register destination, register source; `operation` 8 is TEST.
  static func emitBinaryMR(
    _ i: Instruction, _ b: inout BlockBuilder, _ operation: Int, _ width: Int
  ) {
    let source = register(i.reg, width, i)
    if i.isMemory {
      let memory = b.address(i, byteCount: 1 << width, writes: operation < 7)
      b.emit(BinaryHandlers.memoryRegister[row: operation, width: width], a: source, memory: memory)
    } else {
      b.emit(
        BinaryHandlers.registerRegister[row: operation, width: width], a: register(i.rm, width, i),
        b: source)
    }
  }

  private static func emitBinaryRM(
    _ i: Instruction, _ b: inout BlockBuilder, _ operation: Int, _ width: Int
  ) {
    let target = register(i.reg, width, i)
    if i.isMemory {
      let memory = b.address(i, byteCount: 1 << width, writes: false)
      b.emit(BinaryHandlers.registerMemory[row: operation, width: width], a: target, memory: memory)
    } else {
      b.emit(
        BinaryHandlers.registerRegister[row: operation, width: width], a: target,
        b: register(i.rm, width, i))
    }
  }

  /// 80-83: the families with an immediate.
  static func emitGroup1(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    if i.opcode == 0x82 && i.isLong { return undefined(i, &b) }
    let width = i.opcode & 1 == 0 ? 0 : i.width
    emitBinaryImmediate(i, &b, Int(i.group), width)
    return .goesOn
  }

  private static func emitBinaryImmediate(
    _ i: Instruction, _ b: inout BlockBuilder, _ operation: Int, _ width: Int
  ) {
    if i.isMemory {
      let memory = b.address(i, byteCount: 1 << width, writes: operation < 7)
      b.emit(BinaryHandlers.memoryImmediate[row: operation, width: width], memory: memory)
      b.emitData(i.immediate)
    } else {
      b.emit(
        BinaryHandlers.registerImmediate[row: operation, width: width], a: register(i.rm, width, i),
        immediate: immediate32(i))
    }
  }

  /// 63: MOVSXD in 64-bit mode, ARPL elsewhere.
  static func emitMoveSignedDouble(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    guard i.isLong else { return selectorOperation(i, &b, .adjustPrivilege) }
    let source = i.operandSize == 2 ? 1 : 2
    if i.isMemory {
      let memory = b.address(i, byteCount: 4, writes: false)
      let isNarrow = i.operandSize == 2
      let handler =
        i.operandSize == 8 ? TransferHandlers.signExtendMemory[11] : TransferHandlers.load[2]
      b.emit(handler, a: isNarrow ? PseudoRegister.address : i.reg, memory: memory)
      // AMD's processors read 32 bits whatever the destination's size.
      if isNarrow { b.emit(TransferHandlers.move[1], a: i.reg, b: PseudoRegister.address) }
    } else {
      let handler =
        i.operandSize == 8 ? TransferHandlers.signExtend[11] : TransferHandlers.move[source]
      b.emit(handler, a: i.reg, b: i.rm)
    }
    return .goesOn
  }

  /// 69, 6B: IMUL with an immediate.
  static func emitMultiplyImmediate(_ i: Instruction, _ b: inout BlockBuilder) {
    if i.isMemory {
      let memory = b.address(i, byteCount: Int(i.operandSize), writes: false)
      b.emit(
        MultiplyDivideHandlers.multiplyMemoryImmediate[i.width], a: i.reg, memory: memory)
      b.emitData(i.immediate)
    } else {
      b.emit(
        MultiplyDivideHandlers.multiplyImmediate[i.width], a: i.reg, b: i.rm,
        immediate: immediate32(i))
    }
  }

  /// 86, 87: XCHG.
  static func emitExchange(_ i: Instruction, _ b: inout BlockBuilder) {
    let width = i.opcode & 1 == 0 ? 0 : i.width
    let field = register(i.reg, width, i)
    if i.isMemory {
      let memory = b.address(i, byteCount: 1 << width, writes: true)
      b.emit(TransferHandlers.exchangeMemory[width], a: field, memory: memory)
    } else {
      b.emit(TransferHandlers.exchange[width], a: register(i.rm, width, i), b: field)
    }
  }

  /// 88-8B: MOV.
  static func emitMove(_ i: Instruction, _ b: inout BlockBuilder) {
    let width = i.opcode & 1 == 0 ? 0 : i.width
    let field = register(i.reg, width, i)
    let toRegister = i.opcode & 2 != 0
    if i.isMemory {
      let memory = b.address(i, byteCount: 1 << width, writes: !toRegister)
      let handler = toRegister ? TransferHandlers.load[width] : TransferHandlers.store[width]
      b.emit(handler, a: field, memory: memory)
    } else {
      let other = register(i.rm, width, i)
      b.emit(
        TransferHandlers.move[width], a: toRegister ? field : other,
        b: toRegister ? other : field)
    }
  }

  /// 8D: LEA.
  static func emitLoadAddress(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    guard i.isMemory else { return undefined(i, &b) }
    let memory = b.address(i, byteCount: 0, writes: false, plain: true)
    b.emit(TransferHandlers.loadAddress[i.width], a: i.reg, memory: memory)
    return .goesOn
  }

  /// A0-A3: MOV between the accumulator and a direct address.
  static func emitMoveOffset(_ i: Instruction, _ b: inout BlockBuilder) {
    let width = i.opcode & 1 == 0 ? 0 : i.width
    let stores = i.opcode & 2 != 0
    let memory = b.address(i, byteCount: 1 << width, writes: stores)
    let handler = stores ? TransferHandlers.store[width] : TransferHandlers.load[width]
    b.emit(handler, a: 0, memory: memory)
  }

  /// B8-BF: MOV of an immediate as wide as the register.
  static func emitMoveWide(_ i: Instruction, _ b: inout BlockBuilder) {
    let number = i.opcode & 7 | (i.rex & 1) << 3
    if i.operandSize == 8 {
      b.emit(TransferHandlers.moveWide, a: number)
      b.emitData(i.immediate)
    } else {
      b.emit(
        TransferHandlers.moveImmediate[i.width], a: number, immediate: immediate32(i))
    }
  }

  /// C6, C7: MOV of an immediate.
  static func emitMoveImmediate(_ i: Instruction, _ b: inout BlockBuilder, _ width: Int) {
    if i.isMemory {
      let memory = b.address(i, byteCount: 1 << width, writes: true)
      b.emit(TransferHandlers.storeImmediate[row: 0, width: width], memory: memory)
      b.emitData(i.immediate)
    } else {
      b.emit(
        TransferHandlers.moveImmediate[row: 0, width: width], a: register(i.rm, width, i),
        immediate: immediate32(i))
    }
  }

  /// C0, C1, D0-D3: shifts and rotates.
  static func emitShift(_ i: Instruction, _ b: inout BlockBuilder) {
    let width = i.opcode & 1 == 0 ? 0 : i.width
    let count: UInt64 =
      i.opcode < 0xD0 ? i.immediate & 0xFF & 0x7F : i.opcode < 0xD2 ? 1 : 0xFF
    if i.isMemory {
      let memory = b.address(i, byteCount: 1 << width, writes: true)
      b.emit(ShiftHandlers.memory[row: 0, width: width], memory: memory)
      b.emitData(count | UInt64(i.group) << 8)
      return
    }
    let masked = count & (width == 3 ? 63 : 31)
    if width >= 2, count != 0xFF, masked != 0, i.group >= 4 {
      let handlers =
        i.group == 5
        ? ShiftHandlers.right : i.group == 7 ? ShiftHandlers.arithmetic : ShiftHandlers.left
      b.emit(handlers[row: 0, width: width &- 2], a: i.rm, immediate: Int32(masked))
      return
    }
    b.emit(ShiftHandlers.register[row: 0, width: width], a: register(i.rm, width, i))
    b.emitData(count | UInt64(i.group) << 8)
  }

  /// F6, F7: TEST NOT NEG MUL IMUL DIV IDIV.
  static func emitGroup3(_ i: Instruction, _ b: inout BlockBuilder, _ width: Int) -> BlockFlow {
    let field = register(i.rm, width, i)
    switch i.group {
    case 0, 1: emitBinaryImmediate(i, &b, 8, width)
    case 2, 3: emitUnary(i, &b, width, i.group == 2 ? 3 : 2)
    default:
      if i.isMemory {
        let memory = b.address(i, byteCount: 1 << width, writes: false)
        b.emit(MultiplyDivideHandlers.accumulateMemory[row: 0, width: width], memory: memory)
        b.emitData(UInt64(i.group))
      } else {
        b.emit(
          MultiplyDivideHandlers.accumulateRegister[row: 0, width: width], a: field,
          immediate: Int32(i.group))
      }
    }
    return .goesOn
  }

  private static func emitUnary(
    _ i: Instruction, _ b: inout BlockBuilder, _ width: Int, _ kind: UInt64
  ) {
    if i.isMemory {
      let memory = b.address(i, byteCount: 1 << width, writes: true)
      b.emit(MultiplyDivideHandlers.unaryMemory[row: 0, width: width], memory: memory)
      b.emitData(kind)
    } else {
      b.emit(
        MultiplyDivideHandlers.unaryRegister[row: 0, width: width], a: register(i.rm, width, i),
        immediate: Int32(truncatingIfNeeded: kind))
    }
  }

  /// FE, FF: INC DEC CALL JMP PUSH.
  static func emitGroup5(_ i: Instruction, _ b: inout BlockBuilder, _ width: Int) -> BlockFlow {
    switch i.group {
    case 0, 1:
      emitUnary(i, &b, width, UInt64(i.group))
      return .goesOn
    case 2 where i.opcode == 0xFF, 4 where i.opcode == 0xFF: return emitNearIndirect(i, &b)
    case 3 where i.opcode == 0xFF && i.isMemory:
      return system(i, &b, .farCall, byteCount: Int(i.operandSize) + 2, parts: .parts)
    case 5 where i.opcode == 0xFF && i.isMemory:
      return system(i, &b, .farJump, byteCount: Int(i.operandSize) + 2, parts: .parts)
    case 6 where i.opcode == 0xFF: return emitStack(i, &b)
    default: return undefined(i, &b)
    }
  }

  /// A4-A7, AA-AF: strings.
  static func emitString(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let operation: SystemOperation =
      switch i.opcode & 0xFE {
      case 0xA4: .moveString
      case 0xA6: .compareString
      case 0xAA: .storeString
      case 0xAC: .loadString
      default: .scanString
      }
    return alone(
      i, &b, operation, rm: i.segmentPrefix == 0xFF ? 3 : i.segmentPrefix,
      operandSize: i.opcode & 1 == 0 ? 1 : i.operandSize)
  }
}
