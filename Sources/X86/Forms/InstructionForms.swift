/// Turns decoded instructions into operations: the one-byte opcodes.
///
/// Register and memory forms are the same in every mode; stack instructions and near transfers have
/// fast forms in 64-bit mode only and are system operations elsewhere.
enum InstructionForms {
  /// Emits one instruction.
  static func emit(_ i: Instruction, into b: inout BlockBuilder) -> BlockFlow {
    if i.hasLock && !permitsLock(i) { return undefined(i, &b) }
    if let vex = i.vex { return emitVEX(vex, i, &b) }
    switch i.map {
    case 0: return emitOneByte(i, &b)
    case 1: return emitTwoByte(i, &b)
    case 2: return emitThreeByte(i, &b) ?? VectorForms.emit(i, &b)
    default: return VectorForms.emit(i, &b)
    }
  }

  /// LOCK is legal before certain instructions with a memory destination only.
  private static func permitsLock(_ i: Instruction) -> Bool {
    guard i.isMemory else { return false }
    switch (i.map, i.opcode) {
    case (0, 0x00...0x31): return i.opcode & 7 < 2
    case (0, 0x80...0x83): return i.group != 7
    case (0, 0x86), (0, 0x87): return true
    case (0, 0xF6), (0, 0xF7): return i.group == 2 || i.group == 3
    case (0, 0xFE), (0, 0xFF): return i.group < 2
    case (1, 0xAB), (1, 0xB3), (1, 0xBB), (1, 0xB0), (1, 0xB1), (1, 0xC0), (1, 0xC1): return true
    case (1, 0xBA): return i.group > 4
    case (1, 0xC7): return i.group == 1
    default: return false
    }
  }

  /// A register operand's field: number, or byte offset for 8-bit operands.
  static func register(_ number: UInt8, _ width: Int, _ i: Instruction) -> UInt8 {
    guard width == 0 else { return number }
    if i.rex != 0 || number < 4 { return number &* 8 }
    return (number &- 4) &* 8 &+ 1
  }

  static func system(
    _ i: Instruction, _ b: inout BlockBuilder, _ operation: SystemOperation,
    register: UInt8? = nil, rm: UInt8? = nil, operandSize: UInt8? = nil, byteCount: Int = 0,
    writes: Bool = false, parts: OperandAccess = .whole, immediate: UInt64? = nil
  ) -> BlockFlow {
    if i.isMemory && byteCount > 0 {
      let fields = b.address(i, byteCount: byteCount, writes: writes, parts: parts)
      if i.isLong && i.segment == 2 {
        b.emit(TransferHandlers.requireStackAddress, memory: fields)
        b.emitData(UInt64(byteCount - 1))
      }
      if fields.base != PseudoRegister.address {
        b.emit(TransferHandlers.loadAddress[3], a: PseudoRegister.address, memory: fields)
      }
    }
    b.emitSystem(
      fields(
        i, operation, hasOperand: byteCount > 0, register: register, rm: rm,
        operandSize: operandSize, immediate: immediate))
    return .ends
  }

  /// What the run loop needs to carry an instruction out.
  static func fields(
    _ i: Instruction, _ operation: SystemOperation, hasOperand: Bool = true,
    register: UInt8? = nil, rm: UInt8? = nil, operandSize: UInt8? = nil, immediate: UInt64? = nil
  ) -> SystemFields {
    let flags: UInt8 =
      (i.isMemory && hasOperand ? 1 : 0) | (i.hasLock ? 2 : 0) | (i.rex != 0 ? 4 : 0)
    return SystemFields(
      operation: operation.rawValue, register: register ?? i.reg, rm: rm ?? i.rm, flags: flags,
      operandSize: operandSize ?? i.operandSize, addressSize: i.addressSize,
      repeatPrefix: i.repeatPrefix, immediate: immediate ?? i.immediate)
  }

  /// A system operation that must be the only instruction of its block.
  static func alone(
    _ i: Instruction, _ b: inout BlockBuilder, _ operation: SystemOperation,
    register: UInt8? = nil, rm: UInt8? = nil, operandSize: UInt8? = nil, byteCount: Int = 0,
    writes: Bool = false, immediate: UInt64? = nil
  ) -> BlockFlow {
    _ = system(
      i, &b, operation, register: register, rm: rm, operandSize: operandSize,
      byteCount: byteCount, writes: writes, immediate: immediate)
    return .standsAlone
  }

  static func undefined(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    system(i, &b, .undefined)
  }

  static func unimplemented(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    system(i, &b, .unimplemented)
  }

  private static func emitOneByte(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    switch i.opcode {
    case 0x00...0x3F: return emitFamily(i, &b)
    case 0x40...0x4F:
      b.emit(
        MultiplyDivideHandlers.unaryRegister[i.width], a: i.opcode & 7,
        immediate: i.opcode < 0x48 ? 0 : 1)
    case 0x50...0x5F, 0x68, 0x6A, 0x8F, 0x9C, 0xC8, 0xC9, 0x60, 0x61:
      return emitStack(i, &b)
    case 0x62:
      return i.isLong || !i.isMemory
        ? undefined(i, &b)
        : system(i, &b, .boundRange, byteCount: Int(i.operandSize) * 2, parts: .parts)
    case 0x63: return emitMoveSignedDouble(i, &b)
    case 0x69, 0x6B: emitMultiplyImmediate(i, &b)
    case 0x6C, 0x6D:
      return alone(i, &b, .stringPortIn, operandSize: i.opcode == 0x6C ? 1 : wordOrDouble(i))
    case 0x6E, 0x6F:
      return alone(
        i, &b, .stringPortOut, rm: i.segmentPrefix == 0xFF ? 3 : i.segmentPrefix,
        operandSize: i.opcode == 0x6E ? 1 : wordOrDouble(i))
    case 0x70...0x7F, 0xE0...0xE3, 0xE8...0xE9, 0xEB, 0xC2, 0xC3: return emitNear(i, &b)
    case 0x80...0x83: return emitGroup1(i, &b)
    case 0x84, 0x85: emitBinaryMR(i, &b, 8, i.opcode == 0x84 ? 0 : i.width)
    case 0x86, 0x87: emitExchange(i, &b)
    case 0x88...0x8B: emitMove(i, &b)
    case 0x8C:
      return i.group > 5
        ? undefined(i, &b)
        : system(i, &b, .moveFromSegment, register: i.group, byteCount: 2, writes: true)
    case 0x8D: return emitLoadAddress(i, &b)
    case 0x8E:
      return i.group == 1 || i.group > 5
        ? undefined(i, &b) : system(i, &b, .moveToSegment, register: i.group, byteCount: 2)
    case 0x90 where i.repeatPrefix == 0xF3 && i.rex & 1 == 0: return alone(i, &b, .pause)
    case 0x90...0x97:
      let other = i.opcode & 7 | (i.rex & 1) << 3
      if other != 0 { b.emit(TransferHandlers.exchange[i.width], a: 0, b: other) }
    default: return emitUpper(i, &b)
    }
    return .goesOn
  }

  private static func emitUpper(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let byteOr = i.opcode & 1 == 0 ? 0 : i.width
    switch i.opcode {
    case 0x98: b.emit(BitHandlers.extendAccumulator, immediate: Int32(i.operandSize))
    case 0x99: b.emit(BitHandlers.spreadSign, immediate: Int32(i.operandSize))
    case 0x9A: return i.isLong ? undefined(i, &b) : system(i, &b, .farCall)
    case 0x9B: return FloatingPointForms.emitWait(i, &b)
    case 0x9D: return system(i, &b, .popFlags, operandSize: stackSize(i))
    case 0x9E, 0x9F, 0xF5, 0xF8, 0xF9, 0xFC, 0xFD:
      b.emit(BitHandlers.flags, immediate: Int32(i.opcode))
    case 0xA0...0xA3: emitMoveOffset(i, &b)
    case 0xA4...0xA7, 0xAA...0xAF: return emitString(i, &b)
    case 0xA8, 0xA9:
      b.emit(
        BinaryHandlers.registerImmediate[8 * 4 + byteOr], a: 0,
        immediate: Int32(truncatingIfNeeded: i.immediate))
    case 0xB0...0xB7:
      let number = i.opcode & 7 | (i.rex & 1) << 3
      b.emit(
        TransferHandlers.moveImmediate[0], a: register(number, 0, i),
        immediate: Int32(truncatingIfNeeded: i.immediate))
    case 0xB8...0xBF: emitMoveWide(i, &b)
    case 0xC0, 0xC1, 0xD0...0xD3: emitShift(i, &b)
    case 0xC4, 0xC5:
      guard i.isLong || !i.isMemory else {
        return system(
          i, &b, .loadFarPointer, byteCount: Int(i.operandSize) + 2, parts: .parts,
          immediate: i.opcode == 0xC4 ? 0 : 3)
      }
      // A VEX prefix: of an instruction that is not here, unless it is illegal in itself.
      return i.mayHaveVEX ? unimplemented(i, &b) : undefined(i, &b)
    case 0xC6, 0xC7:
      guard i.group == 0 else { return undefined(i, &b) }
      emitMoveImmediate(i, &b, byteOr)
    case 0xCA, 0xCB: return system(i, &b, .farReturn)
    case 0xCC: return system(i, &b, .interrupt3)
    case 0xCD: return system(i, &b, .interrupt)
    case 0xCE: return i.isLong ? undefined(i, &b) : system(i, &b, .interruptOverflow)
    case 0xCF: return system(i, &b, .interruptReturn)
    case 0xD4...0xD6, 0x27, 0x2F, 0x37, 0x3F: return emitDecimal(i, &b)
    case 0xD7:
      return system(
        i, &b, .translateByte, rm: i.segmentPrefix == 0xFF ? 3 : i.segmentPrefix)
    case 0xD8...0xDF: return FloatingPointForms.emit(i, &b)
    case 0xE4, 0xE5, 0xEC, 0xED:
      return alone(
        i, &b, .portIn, register: i.opcode >= 0xEC ? 1 : 0,
        operandSize: byteOr == 0 ? 1 : wordOrDouble(i), immediate: i.immediate & 0xFF)
    case 0xE6, 0xE7, 0xEE, 0xEF:
      return alone(
        i, &b, .portOut, register: i.opcode >= 0xEC ? 1 : 0,
        operandSize: byteOr == 0 ? 1 : wordOrDouble(i), immediate: i.immediate & 0xFF)
    case 0xEA: return i.isLong ? undefined(i, &b) : system(i, &b, .farJump)
    case 0xF1: return system(i, &b, .interrupt1)
    case 0xF4: return alone(i, &b, .halt)
    case 0xF6, 0xF7: return emitGroup3(i, &b, byteOr)
    case 0xFA:
      b.emit(BitHandlers.clearInterrupts)
      b.emitData(SystemFields(operation: .stopInterrupts))
    case 0xFB:
      b.emit(BitHandlers.startInterrupts)
      b.emitData(SystemFields(operation: .startInterrupts))
    case 0xFE, 0xFF: return emitGroup5(i, &b, byteOr)
    default: return undefined(i, &b)
    }
    return .goesOn
  }

  private static func wordOrDouble(_ i: Instruction) -> UInt8 { i.operandSize == 2 ? 2 : 4 }

  /// Bytes that PUSH, POP, PUSHF and the like move.
  static func stackSize(_ i: Instruction) -> UInt8 {
    guard i.isLong else { return i.operandSize }
    return i.hasOperandPrefix && i.rex & 8 == 0 ? 2 : 8
  }
}

extension SystemFields {
  init(operation: SystemOperation) {
    self.init(
      operation: operation.rawValue, register: 0, rm: 0, flags: 0, operandSize: 0, addressSize: 0,
      repeatPrefix: 0, immediate: 0)
  }
}

extension BlockBuilder {
  /// Adds a data slot that holds system fields.
  mutating func emitData(_ fields: SystemFields) {
    let words = unsafeBitCast(fields, to: (UInt64, UInt64).self)
    emitData(words.0, words.1)
  }
}

/// Tables of handlers have rows of four, for operands of 1, 2, 4 and 8 bytes.
extension [Handler] {
  subscript(row row: Int, width width: Int) -> Handler {
    // Cannot trap: rows are numbered by the opcodes that lead here, widths from 0 to 3.
    self[row &* 4 &+ width]
  }
}
