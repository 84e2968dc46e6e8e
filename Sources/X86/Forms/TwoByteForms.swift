// The opcodes after 0F that are not vector instructions.
extension InstructionForms {
  static func emitTwoByte(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    switch i.opcode {
    case 0x00: return emitGroup6(i, &b)
    case 0x01: return emitGroup7(i, &b)
    case 0x02: return selectorOperation(i, &b, .loadRights)
    case 0x03: return selectorOperation(i, &b, .loadLimit)
    case 0x05: return system(i, &b, .systemCall)
    case 0x06: return system(i, &b, .clearTaskSwitched)
    case 0x07: return system(i, &b, .systemReturn)
    case 0x08, 0x09: return system(i, &b, .invalidateCaches)
    case 0x0B, 0xFF, 0xB9: return undefined(i, &b)
    case 0x0D: return i.isMemory ? .goesOn : undefined(i, &b)  // PREFETCH, PREFETCHW
    case 0x18...0x1F: return .goesOn  // prefetches, hints, NOP, ENDBR
    case 0x20: return system(i, &b, .readControl)
    case 0x21: return system(i, &b, .readDebug)
    case 0x22: return system(i, &b, .writeControl)
    case 0x23: return system(i, &b, .writeDebug)
    case 0x30: return alone(i, &b, .writeModelSpecific)
    case 0x31: return system(i, &b, .readTimestamp)
    case 0x32: return alone(i, &b, .readModelSpecific)
    case 0x33: return system(i, &b, .readPerformanceCounter)
    case 0x34: return system(i, &b, .systemEnter)
    case 0x35: return system(i, &b, .systemExit)
    case 0x40...0x4F: emitConditionalMove(i, &b)
    case 0x80...0x8F: return emitNearLong(i, &b)
    case 0x90...0x9F: emitSet(i, &b)
    case 0xA0, 0xA8: return system(i, &b, .pushSegment, register: i.opcode == 0xA0 ? 4 : 5)
    case 0xA1, 0xA9: return system(i, &b, .popSegment, register: i.opcode == 0xA1 ? 4 : 5)
    case 0xA2: return system(i, &b, .identify)
    case 0xA3, 0xAB, 0xB3, 0xBB: emitBit(i, &b, kind: UInt64(i.opcode >> 3 & 3), immediate: false)
    case 0xBA:
      guard i.group >= 4 else { return undefined(i, &b) }
      emitBit(i, &b, kind: UInt64(i.group & 3), immediate: true)
    case 0xA4, 0xA5, 0xAC, 0xAD: emitDoubleShift(i, &b)
    case 0xAE: return emitGroup15(i, &b)
    default: return emitTwoByteUpper(i, &b)
    }
    return .goesOn
  }

  private static func emitTwoByteUpper(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    switch i.opcode {
    case 0xAF: emitMultiply(i, &b)
    case 0xB0, 0xB1:
      emitExchangeFamily(
        i, &b, BitHandlers.compareExchange, BitHandlers.compareExchangeMemory)
    case 0xC0, 0xC1:
      emitExchangeFamily(i, &b, BitHandlers.exchangeAdd, BitHandlers.exchangeAddMemory)
    case 0xB2, 0xB4, 0xB5:
      guard i.isMemory else { return undefined(i, &b) }
      return system(
        i, &b, .loadFarPointer, byteCount: Int(i.operandSize) + 2, parts: .parts,
        immediate: UInt64(i.opcode & 7))
    case 0xB6, 0xB7: emitExtend(i, &b, signed: false)
    case 0xBE, 0xBF: emitExtend(i, &b, signed: true)
    case 0xB8, 0xBC, 0xBD:
      if let kind = bitCount(i) { return emitBitManipulation(kind, i, &b, target: i.reg) }
      if i.opcode == 0xB8 { return VectorForms.emit(i, &b) }
      emitScan(i, &b)
    case 0xC7:
      guard i.isMemory, i.group == 1 else { return undefined(i, &b) }
      return i.operandSize == 8
        ? system(i, &b, .compareExchange16, byteCount: 16, writes: true)
        : system(i, &b, .compareExchange8, byteCount: 8, writes: true)
    case 0xC8...0xCF:
      b.emit(BitHandlers.swapBytes[i.width], a: i.opcode & 7 | (i.rex & 1) << 3)
    default: return VectorForms.emit(i, &b)
    }
    return .goesOn
  }

  private static func emitGroup6(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    if i.isMemory && (i.group == 2 || i.group == 3) { b.emit(TransferHandlers.requireSupervisor) }
    switch i.group {
    case 0: return selectorOperation(i, &b, .storeLocalTable, writes: true)
    case 1: return selectorOperation(i, &b, .storeTask, writes: true)
    case 2: return selectorOperation(i, &b, .loadLocalTable)
    case 3: return selectorOperation(i, &b, .loadTask)
    case 4: return selectorOperation(i, &b, .verifyRead)
    case 5: return selectorOperation(i, &b, .verifyWrite)
    default: return undefined(i, &b)
    }
  }

  /// What speaks of selectors is #UD in real and virtual-8086 mode, whatever its operand is.
  static func selectorOperation(
    _ i: Instruction, _ b: inout BlockBuilder, _ operation: SystemOperation, writes: Bool = false
  ) -> BlockFlow {
    if i.mode == CodeMode.real16 { return undefined(i, &b) }
    return system(i, &b, operation, byteCount: 2, writes: writes)
  }

  private static func emitGroup7(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    if !i.isMemory { return emitGroup7Register(i, &b) }
    let tableBytes = i.isLong ? 10 : 6
    if [2, 3, 6, 7].contains(i.group) { b.emit(TransferHandlers.requireSupervisor) }
    switch i.group {
    case 0, 1:
      return system(
        i, &b, i.group == 0 ? .storeGlobalTable : .storeInterruptTable, byteCount: tableBytes,
        writes: true, parts: .parts)
    case 2: return system(i, &b, .loadGlobalTable, byteCount: tableBytes, parts: .parts)
    case 3: return system(i, &b, .loadInterruptTable, byteCount: tableBytes, parts: .parts)
    case 4: return system(i, &b, .storeMachineStatus, byteCount: 2, writes: true)
    case 6: return system(i, &b, .loadMachineStatus, byteCount: 2)
    case 7: return system(i, &b, .invalidatePage, byteCount: 1)
    default: return undefined(i, &b)
    }
  }

  private static func emitGroup7Register(
    _ i: Instruction, _ b: inout BlockBuilder
  ) -> BlockFlow {
    switch (i.group, i.rm & 7) {
    case (0, 1), (3, 1): return alone(i, &b, .firmwareCall)  // VMCALL, VMMCALL
    case (1, 2), (1, 3):  // CLAC, STAC
      guard i.features.contains(.smap), i.hasNoPrefix else { return undefined(i, &b) }
      return system(i, &b, .setAccessOverride, register: i.rm & 1)
    case (2, 0), (2, 1):
      guard i.features.contains(.xsave), i.hasNoPrefix else { return undefined(i, &b) }
      return system(i, &b, i.rm & 7 == 0 ? .readExtendedControl : .writeExtendedControl)
    case (4, _): return system(i, &b, .storeMachineStatus)
    case (6, _): return system(i, &b, .loadMachineStatus)
    case (7, 0): return i.isLong ? system(i, &b, .swapGSBase) : undefined(i, &b)
    default: return undefined(i, &b)
    }
  }

  private static func emitGroup15(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let isPrefixed = i.repeatPrefix != 0 || i.hasOperandPrefix
    if !i.isMemory {
      if i.repeatPrefix == 0xF3, i.group < 4, i.isLong, i.features.contains(.fsgsbase) {
        return system(
          i, &b, i.group < 2 ? .readBase : .writeBase, register: 4 + (i.group & 1),
          operandSize: i.rex & 8 != 0 ? 8 : 4)
      }
      // LFENCE MFENCE SFENCE: a partition's processors never run at once.
      return i.group >= 5 && !isPrefixed ? .goesOn : undefined(i, &b)
    }
    if isPrefixed { return undefined(i, &b) }
    switch i.group {
    case 0, 1:
      if !i.isLong { b.emit(requireFloatingPoint) }
      return i.group == 0
        ? system(i, &b, .saveFloatingPoint, byteCount: 512, writes: true, parts: .parts)
        : system(i, &b, .restoreFloatingPoint, byteCount: 512, parts: .parts)
    case 2, 3: return VectorForms.emitControl(i, &b)
    case 4, 5: return i.features.contains(.xsave) ? emitExtended(i, &b) : undefined(i, &b)
    case 6: return i.features.contains(.xsaveopt) ? emitExtended(i, &b) : undefined(i, &b)
    case 7:
      let memory = b.address(i, byteCount: 1, writes: false)
      b.emit(flushLine, memory: memory)
      return .goesOn
    default: return undefined(i, &b)
    }
  }

  /// XSAVE, XRSTOR, XSAVEOPT.
  private static func emitExtended(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    guard i.hasNoPrefix else { return undefined(i, &b) }
    let saves = i.group != 5
    return system(
      i, &b, saves ? .saveExtendedState : .restoreExtendedState,
      byteCount: StateComponent.areaByteCount, writes: saves, parts: .parts,
      immediate: i.group == 6 ? 1 : 0)
  }

  private static func emitConditionalMove(_ i: Instruction, _ b: inout BlockBuilder) {
    let condition = i.opcode & 15
    if i.isMemory {
      let memory = b.address(i, byteCount: Int(i.operandSize), writes: false)
      b.emit(TransferHandlers.conditionalLoad[i.width], a: i.reg, memory: memory)
      b.emitData(UInt64(condition))
    } else {
      b.emit(
        TransferHandlers.conditionalMove[i.width], a: i.reg, b: i.rm,
        immediate: Int32(condition))
    }
  }

  private static func emitSet(_ i: Instruction, _ b: inout BlockBuilder) {
    let condition = i.opcode & 15
    if i.isMemory {
      let memory = b.address(i, byteCount: 1, writes: true)
      b.emit(TransferHandlers.setMemory, memory: memory)
      b.emitData(UInt64(condition))
    } else {
      b.emit(
        TransferHandlers.setRegister, a: register(i.rm, 0, i), immediate: Int32(condition))
    }
  }

  private static func emitBit(
    _ i: Instruction, _ b: inout BlockBuilder, kind: UInt64, immediate: Bool
  ) {
    let data = kind | (immediate ? (i.immediate & 0xFF) << 8 : 0)
    if i.isMemory && !immediate && i.addressSize != 8 {
      let form = AddressForm(
        segment: i.segment, addressSize: i.addressSize, byteCount: UInt16(i.operandSize),
        flags: kind != 0 ? 1 : 0)
      let start = b.address(i, byteCount: 0, writes: false, plain: true)
      b.emit(TransferHandlers.addressOfBit, a: i.reg, memory: start)
      b.emitData(0, form.word)
      b.emit(BitHandlers.bitMemory[i.width], a: i.reg, memory: .prepared)
      b.emitData(kind | BitHandlers.isAddressed)
      return
    }
    if i.isMemory {
      let memory = b.address(i, byteCount: Int(i.operandSize), writes: kind != 0)
      b.emit(
        BitHandlers.bitMemory[i.width], a: immediate ? 0xFF : i.reg, memory: memory)
    } else {
      b.emit(BitHandlers.bitRegister[i.width], a: i.rm, b: immediate ? 0xFF : i.reg)
    }
    b.emitData(data)
  }

  private static func emitDoubleShift(_ i: Instruction, _ b: inout BlockBuilder) {
    let count: UInt64 = i.opcode & 1 == 0 ? i.immediate & 0x7F : 0xFF
    let data = count | (i.opcode >= 0xAC ? 1 << 8 : 0)
    if i.isMemory {
      let memory = b.address(i, byteCount: Int(i.operandSize), writes: true)
      b.emit(ShiftHandlers.doubleMemory[i.width], a: i.reg, memory: memory)
    } else {
      b.emit(ShiftHandlers.doubleRegister[i.width], a: i.rm, b: i.reg)
    }
    b.emitData(data)
  }

  private static func emitMultiply(_ i: Instruction, _ b: inout BlockBuilder) {
    if i.isMemory {
      let memory = b.address(i, byteCount: Int(i.operandSize), writes: false)
      b.emit(MultiplyDivideHandlers.multiplyMemory[i.width], a: i.reg, memory: memory)
    } else {
      b.emit(MultiplyDivideHandlers.multiply[i.width], a: i.reg, b: i.rm)
    }
  }

  private static func emitExchangeFamily(
    _ i: Instruction, _ b: inout BlockBuilder, _ registers: [Handler], _ memories: [Handler]
  ) {
    let width = i.opcode & 1 == 0 ? 0 : i.width
    let source = register(i.reg, width, i)
    if i.isMemory {
      let memory = b.address(i, byteCount: 1 << width, writes: true)
      b.emit(memories[row: 0, width: width], a: source, memory: memory)
    } else {
      b.emit(registers[row: 0, width: width], a: register(i.rm, width, i), b: source)
    }
  }

  private static func emitExtend(_ i: Instruction, _ b: inout BlockBuilder, signed: Bool) {
    let source = i.opcode & 1 == 0 ? 0 : 1
    let place = source * 4 + i.width
    if i.isMemory {
      let memory = b.address(i, byteCount: 1 << source, writes: false)
      let handler =
        signed
        ? TransferHandlers.signExtendMemory[place] : TransferHandlers.zeroExtendMemory[place]
      b.emit(handler, a: i.reg, memory: memory)
    } else {
      let handler =
        signed ? TransferHandlers.signExtend[place] : TransferHandlers.zeroExtend[place]
      b.emit(handler, a: i.reg, b: register(i.rm, source, i))
    }
  }

  private static func emitScan(_ i: Instruction, _ b: inout BlockBuilder) {
    let reverse: Int32 = i.opcode == 0xBD ? 1 : 0
    if i.isMemory {
      let memory = b.address(i, byteCount: Int(i.operandSize), writes: false)
      b.emit(BitHandlers.scanMemory[i.width], a: i.reg, memory: memory)
      b.emitData(UInt64(reverse))
    } else {
      b.emit(BitHandlers.scanRegister[i.width], a: i.reg, b: i.rm, immediate: reverse)
    }
  }
}
