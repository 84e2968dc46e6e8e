// Forms of near transfers and of stack instructions.
extension InstructionForms {
  private static let pageBytes = 4096

  /// A target's distance from the page's start fits an operation.
  private static func isNear(_ target: Int) -> Bool {
    Int(Int32(truncatingIfNeeded: target)) == target
  }

  static func isInPage(_ offset: Int) -> Bool { (0..<pageBytes).contains(offset) }

  /// Jcc, LOOP, JCXZ, CALL, JMP, RET.
  static func emitNear(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let target = b.following &+ Int(truncatingIfNeeded: Int64(bitPattern: i.immediate))
    let isCounted = (0xE0...0xE3).contains(i.opcode)
    guard i.isLong && i.operandSize != 2 && isNear(target) && !(i.addressSize != 8 && isCounted)
    else {
      return emitNearOutsideLongMode(i, &b, target)
    }
    switch i.opcode {
    case 0x70...0x7F: emitBranch(&b, TransferOfControl.branch[Int(i.opcode & 15)], target)
    case 0xE0...0xE3: emitBranch(&b, TransferOfControl.loop, target, b: i.opcode & 3)
    case 0xE8:
      let handler =
        isInPage(target) ? TransferOfControl.callInPage : TransferOfControl.callOutOfPage
      b.emitCall(handler, following: b.following, immediate: Int32(truncatingIfNeeded: target))
      b.emitData()
    case 0xC2, 0xC3:
      b.emit(
        TransferOfControl.nearReturn, b: 4,
        immediate: i.opcode == 0xC2 ? Int32(truncatingIfNeeded: i.immediate & 0xFFFF) : 0)
    default: b.emitJump(to: target, mode: i.mode)
    }
    return .ends
  }

  /// 0F 80-8F.
  static func emitNearLong(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let target = b.following &+ Int(truncatingIfNeeded: Int64(bitPattern: i.immediate))
    let isFast =
      i.mode == CodeMode.protected32 && i.operandSize == 4 && isInPage(target)
      && isInPage(b.following) && !b.isSingle
    if i.isLong && i.operandSize != 2 && isNear(target) || isFast {
      emitBranch(&b, TransferOfControl.branch[Int(i.opcode & 15)], target)
      return .ends
    }
    return emitConditional(i, &b, target)
  }

  /// Jcc outside 64-bit mode with a way into another page.
  private static func emitConditional(
    _ i: Instruction, _ b: inout BlockBuilder, _ target: Int
  ) -> BlockFlow {
    let condition = i.opcode & 15
    guard mayBeFlat(i, b), isNear(target) else {
      return system(i, &b, .conditionalJump, rm: condition)
    }
    return emitFlatTransfer(
      i, &b, FlatHandlers.branchRelative, .conditionalJump, a: condition, rm: condition,
      target: target)
  }

  private static func emitBranch(
    _ b: inout BlockBuilder, _ handler: Handler, _ target: Int, b field: UInt8 = 0
  ) {
    let flags: UInt8 = (isInPage(target) ? 1 : 0) | (isInPage(b.following) ? 2 : 0)
    b.emitBranch(
      handler, a: flags, b: field, following: b.following,
      immediate: Int32(truncatingIfNeeded: target))
    b.emitData()
  }

  private static func emitNearOutsideLongMode(
    _ i: Instruction, _ b: inout BlockBuilder, _ target: Int
  ) -> BlockFlow {
    // A block of one instruction may stand where the code segment ends.
    let isFast =
      i.mode == CodeMode.protected32 && isInPage(target) && isInPage(b.following) && !b.isSingle
    let isFlat = mayBeFlat(i, b) && isNear(target)
    switch i.opcode {
    case 0x70...0x7F where isFast && i.operandSize == 4:
      emitBranch(&b, TransferOfControl.branch[Int(i.opcode & 15)], target)
      return .ends
    case 0xE9, 0xEB:
      if isFast && i.operandSize == 4 {
        b.emitJump(to: target, mode: i.mode)
        return .ends
      }
      guard isFlat else { return system(i, &b, .nearJump) }
      return emitFlatTransfer(i, &b, FlatHandlers.jumpRelative, .nearJump, target: target)
    case 0x70...0x7F: return emitConditional(i, &b, target)
    case 0xE3: return system(i, &b, .jumpIfCountZero)
    case 0xE0...0xE2: return system(i, &b, .loop, rm: i.opcode & 3)
    case 0xE8:
      // In 64-bit mode the return address has 64 bits unless a prefix says 16.
      let size = i.isLong && i.operandSize != 2 ? 8 : i.operandSize
      guard isFlat else { return system(i, &b, .nearCall, operandSize: size) }
      let handler = isInPage(target) ? FlatHandlers.callInPage : FlatHandlers.callRelative
      return emitFlatTransfer(
        i, &b, handler, .nearCall, target: target, isLinked: isInPage(target))
    default:
      let dropped = i.opcode == 0xC2 ? i.immediate & 0xFFFF : 0
      guard isFlat else { return system(i, &b, .nearReturn, immediate: dropped) }
      return emitFlatTransfer(
        i, &b, FlatHandlers.nearReturn, .nearReturn, target: Int(dropped), immediate: dropped)
    }
  }

  /// FF /2, FF /4.
  static func emitNearIndirect(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let calls = i.group == 2
    if mayBeFlat(i, b) {
      let register = calls ? FlatHandlers.callRegister : FlatHandlers.jumpRegister
      let memory = calls ? FlatHandlers.callMemory : FlatHandlers.jumpMemory
      return emitFlatTransfer(
        i, &b, i.isMemory ? memory : register, calls ? .nearCallIndirect : .nearJumpIndirect,
        a: i.rm, target: 0)
    }
    guard i.isLong && i.operandSize != 2 else {
      return system(
        i, &b, calls ? .nearCallIndirect : .nearJumpIndirect, byteCount: Int(i.operandSize))
    }
    if i.isMemory {
      let memory = b.address(i, byteCount: 8, writes: false)
      let handler = calls ? TransferOfControl.callMemory : TransferOfControl.jumpMemory
      b.emit(handler, memory: memory)
      b.emitData(UInt64(truncatingIfNeeded: b.following))
    } else if calls {
      b.emitCall(TransferOfControl.callRegister, a: i.rm, following: b.following)
    } else {
      b.emit(TransferOfControl.jumpRegister, a: i.rm)
    }
    return .ends
  }

  /// PUSH, POP, PUSHF, ENTER, LEAVE, PUSHA, POPA.
  static func emitStack(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow {
    let size = stackSize(i)
    let isFast = i.isLong && size == 8
    if mayBeFlat(i, b), let flow = emitFlatStack(i, &b) { return flow }
    switch i.opcode {
    case 0x50...0x57:
      let number = i.opcode & 7 | (i.rex & 1) << 3
      guard isFast else { return system(i, &b, .push, rm: number, operandSize: size) }
      b.emit(TransferHandlers.pushRegister, a: number, b: 4)
    case 0x58...0x5F:
      let number = i.opcode & 7 | (i.rex & 1) << 3
      guard isFast else { return system(i, &b, .pop, rm: number, operandSize: size) }
      b.emit(TransferHandlers.popRegister, a: number, b: 4)
    case 0x68, 0x6A:
      guard isFast else { return system(i, &b, .pushImmediate, operandSize: size) }
      b.emit(
        TransferHandlers.pushImmediate, b: 4, immediate: Int32(truncatingIfNeeded: i.immediate))
    case 0xFF:
      guard isFast && i.isMemory else {
        if isFast {
          b.emit(TransferHandlers.pushRegister, a: i.rm, b: 4)
          return .goesOn
        }
        return system(i, &b, .push, operandSize: size, byteCount: Int(size))
      }
      let memory = b.address(i, byteCount: 8, writes: false)
      b.emit(TransferHandlers.pushMemory, memory: memory)
    case 0x8F: return emitPopMemory(i, &b, size)
    case 0x9C:
      guard isFast else { return system(i, &b, .pushFlags, operandSize: size) }
      b.emit(BitHandlers.pushFlags, b: 4)
    case 0xC8: return system(i, &b, .enter, operandSize: size)
    case 0xC9:
      guard isFast else { return system(i, &b, .leave, operandSize: size) }
      b.emit(TransferHandlers.leave, b: 5)
    default:
      if i.isLong { return undefined(i, &b) }
      return system(i, &b, i.opcode == 0x60 ? .pushAll : .popAll)
    }
    return .goesOn
  }

  private static func emitFlatStack(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow? {
    let number = i.opcode & 7
    switch i.opcode {
    case 0x50...0x57:
      return emitFlat(
        i, &b, FlatHandlers.pushRegister, .push, register: number, rm: number)
    case 0x58...0x5F:
      return emitFlat(
        i, &b, FlatHandlers.popRegister, .pop, register: number, rm: number)
    case 0x68, 0x6A:
      return emitFlat(
        i, &b, FlatHandlers.pushImmediate, .pushImmediate, immediate: i.immediate)
    case 0xFF:
      return emitFlat(
        i, &b, i.isMemory ? FlatHandlers.pushMemory : FlatHandlers.pushRegister, .push,
        register: i.rm)
    case 0xC9: return emitFlat(i, &b, FlatHandlers.leaveFrame, .leave, base: 5)
    default: return nil
    }
  }

  /// 8F /0: an address based on RSP counts from the value after the pop.
  private static func emitPopMemory(
    _ i: Instruction, _ b: inout BlockBuilder, _ size: UInt8
  ) -> BlockFlow {
    guard i.group == 0 else { return undefined(i, &b) }
    if i.isMemory && !i.isLong {
      b.emit(TransferHandlers.probePop, immediate: Int32(size))
    }
    var adjusted = i
    if i.isMemory && i.base == 4 {
      if i.isLong {
        adjusted.displacement &+= Int64(size)
      } else {
        // A stack of 16 bits may wrap, its ESP does not.
        adjusted.base = PseudoRegister.popped
        if i.segmentPrefix == 0xFF { adjusted.segmentPrefix = 2 }
      }
    }
    return system(
      adjusted, &b, .pop, operandSize: size, byteCount: Int(size), writes: true)
  }
}

extension BlockBuilder {
  /// Goes on at an offset from the page's start, in this page or another.
  mutating func emitJump(to offset: Int, mode: UInt32) {
    let handler =
      InstructionForms.isInPage(offset)
      ? TransferOfControl.jumpInPage
      : mode == CodeMode.long64
        ? TransferOfControl.jumpOutOfPage : TransferOfControl.jumpOutOfPage32
    emit(handler, immediate: Int32(truncatingIfNeeded: offset))
    emitData()
  }

  mutating func emitBranch(
    _ handler: Handler, a: UInt8, b: UInt8, following: Int, immediate: Int32
  ) {
    emit(
      handler, a: a, b: b, index: UInt8(truncatingIfNeeded: following),
      scale: UInt8(truncatingIfNeeded: following >> 8), immediate: immediate)
  }

  /// b names RSP, so that a fault of the push is the stack's.
  mutating func emitCall(
    _ handler: Handler, a: UInt8 = 0, following: Int, immediate: Int32 = 0
  ) {
    emitBranch(handler, a: a, b: 4, following: following, immediate: immediate)
  }
}
