// Code for the integer instructions.
extension Translator {
  /// Makes the code of one step.
  func emit(_ step: Step) {
    let written = step.writtenRegisters
    let survives = step.liveAfter & ~step.defines != 0
    if survives, !flags.isInState, written.contains(where: { flags.source.uses($0) }) {
      saveFlags(&flags)
    }
    emitAction(step)
    // What a step that defines flags has written is what they follow from.
    if step.defines == 0, written.contains(where: { flags.source.uses($0) }) {
      flags.source = .lost
    }
  }

  private func emitAction(_ step: Step) {
    let width = step.width
    switch step.action {
    case .nothing: break
    case .leave: leaveAndResume(step)
    case .binary(let operation): emitBinary(step, operation)
    case .move: emitMove(step)
    case .extend(let signed, let from): emitExtend(step, signed, from)
    case .loadAddress: emitLoadAddress(step)
    case .unary(let kind): emitUnary(step, kind)
    case .shift(let kind, let count): emitShift(step, kind, count)
    case .multiply: emitMultiply(step)
    case .multiplyWide(let kind): emitMultiplyWide(step, kind)
    case .set(let condition): emitSet(step, condition)
    case .conditionalMove(let condition): emitConditionalMove(step, condition)
    case .widen: code.plain(0x98, width)
    case .spreadSign: code.plain(0x99, width)
    case .exchange: emitExchange(step)
    case .swapBytes:
      guard case .register(let guest) = step.target else { return refuse() }
      let host = resident(guest, .first)
      code.swapBytes(width, host)
      putBack(guest, host)
    case .vector(let action): emitVector(step, action)
    case .exchangeWithMemory: emitExchangeWithMemory(step)
    case .exchangeAdd: emitExchangeAdd(step)
    case .compareExchange: emitCompareExchange(step)
    case .divide(let isSigned): emitDivide(step, isSigned: isSigned)
    case .bit(let kind): emitBit(step, kind)
    case .scan(let isReverse): emitScan(step, isReverse: isReverse)
    case .flag(let opcode): emitFlag(opcode)
    case .pushFlags: emitPushFlags()
    case .interrupts(let isStart): emitInterrupts(isStart: isStart)
    default: emitTransfer(step)
    }
  }

  /// Stores a guest register that is not in a host register.
  func putBack(_ guest: UInt8, _ host: HostRegister) {
    if RegisterMap.host(guest) == nil { code.store(3, RegisterMap.place(guest), host) }
  }

  /// The host register of a register operand, loaded where it has none of its own.
  func register(_ operand: Step.Operand, _ spare: HostRegister) -> HostRegister? {
    switch operand {
    case .register(let guest): resident(guest, spare)
    case .highByte(let number): HostRegister(number &+ 4, isHighByte: true)
    default: nil
    }
  }

  func putBack(_ operand: Step.Operand, _ host: HostRegister) {
    if case .register(let guest) = operand { putBack(guest, host) }
  }

  func setFlags(_ source: FlagSource, inHost: UInt64 = Flag.arithmetic) {
    flags = FlagPlace(source: source, isInState: false, inHost: inHost)
  }

  func setFlagsInState(_ kind: UInt32, _ width: Int, inHost: UInt64 = Flag.arithmetic) {
    let kind = kind | UInt32(truncatingIfNeeded: width)
    code.store(.state(StateLayout.flagsKind), kind)
    flags = FlagPlace(source: .known(kind), isInState: true, inHost: inHost)
  }

  // MARK: ADD to TEST

  private func emitBinary(_ step: Step, _ operation: UInt8) {
    if step.target == .memory { return emitBinaryToMemory(step, operation) }
    if step.source == .memory { return emitBinaryFromMemory(step, operation) }
    let width = step.width
    let isLive = step.liveAfter != 0
    if operation == 2 || operation == 3 {
      expectEntryFlags()
      guard restoreFlags(&flags, Flag.carry) else { return leave(because: .flags) }
    }
    let isSame = step.source == step.target
    if operation == 0, isSame, isLive, case .register(let guest) = step.target {
      extend(width, .first, guest)
      code.store(3, .state(StateLayout.flagsOperand), .first)
    }
    guard let target = register(step.target, .second) else { return refuse() }
    apply(operation, width, target, step.source)
    if operation < 7 { putBack(step.target, target) }
    setBinaryFlags(step, operation, isLive: isLive)
  }

  /// Says from what the flags of an operation between registers follow.
  private func setBinaryFlags(_ step: Step, _ operation: UInt8, isLive: Bool) {
    let width = step.width
    let value: FlagSource.Value? =
      switch step.source {
      case .register(let guest): .register(guest)
      case .immediate(let value): .immediate(value)
      default: nil
      }
    guard case .register(let target) = step.target, let value else {
      setFlags(.lost)
      // Of a high byte: what the host says, but for the adjust flag of a logical operation.
      guard isLive else { return }
      return [1, 4, 6, 8].contains(operation) ? saveHighLogic(step) : saveHostFlags(&flags)
    }
    let isSame = value == .register(target)
    let isExtreme = value == .immediate(UInt64(bitPattern: Int64(Int32.min)))
    switch operation {
    case 0 where isSame:
      setFlags(.lost)
      guard isLive else { return }
      extend(width, .first, target)
      code.store(3, .state(StateLayout.flagsResult), .first)
      setFlagsInState(FlagsKind.add, width)
    case 0 where !isExtreme: setFlags(.sum(width, target, value))
    case 5 where isSame: setFlags(.logic(width, target))
    case 5 where !isExtreme: setFlags(.difference(width, target, value))
    case 1, 4, 6: setFlags(.logic(width, target))
    case 7: setFlags(.comparison(width, target, value))
    case 8: setFlags(.test(width, target, value))
    default:
      setFlags(.lost)
      if isLive { saveHostFlags(&flags) }
    }
  }

  /// The flags of a logical operation of a high byte.
  private func saveHighLogic(_ step: Step) {
    guard case .highByte(let number) = step.target else { return refuse() }
    code.load(.first, number)
    code.shift(5, 2, .first, 8)
    if case .binary(8) = step.action {
      guard case .immediate(let value) = step.source else { return refuse() }
      code.binary(4, 2, .first, value & 0xFF)
    }
    extend(0, .first)
    code.store(3, .state(StateLayout.flagsResult), .first)
    setFlagsInState(FlagsKind.logic, 0, inHost: 0)
  }

  private func emitBinaryFromMemory(_ step: Step, _ operation: UInt8) {
    let width = step.width
    guard case .register(let guest) = step.target, let address = address(of: step)
    else { return refuse() }
    let isLive = step.liveAfter != 0
    let host = RegisterMap.host(guest)
    let isCarried = operation == 2 || operation == 3
    if isCarried { expectEntryFlags() }
    let place = probe(
      address, byteCount: 1 << width, writes: false, needsSecond: host == nil || isCarried)
    let opcode = UInt32(operation) << 3 | (width == 0 ? 2 : 3)
    if isCarried {
      // Flags come last, by way of R13.
      code.loadExtended(width, .second, place)
      guard let host else { return refuse() }
      guard restoreFlags(&flags, Flag.carry) else { return leave(because: .flags) }
      code.emit(opcode, width, host, .second)
      setFlags(.lost)
      if isLive { saveHostFlags(&flags) }
      return
    }
    if operation == 7 && isLive {
      code.loadExtended(width, .second, place)
      extend(width, .first, guest)
      code.store(3, .state(StateLayout.flagsOperand), .first)
      code.emit(opcode & ~0x38 | 5 << 3, width, .first, .second)
      extend(width, .first)
      code.store(3, .state(StateLayout.flagsResult), .first)
      return setFlagsInState(FlagsKind.sub, width)
    }
    let target = resident(guest, .second)
    let isSum = (operation == 0 || operation == 5) && isLive
    // R13 is in use: the old value goes by a register that is zero-extended already; of fewer bits the host's
    // flags are taken, all of which are defined.
    let isKept = isSum && width >= 2
    if isKept { storeWide(width, .state(StateLayout.flagsOperand), target) }
    code.emit(opcode, width, target, place)
    if operation < 7 { putBack(guest, target) }
    if isKept {
      storeWide(width, .state(StateLayout.flagsResult), target)
      setFlagsInState(operation == 0 ? FlagsKind.add : FlagsKind.sub, width)
    } else if operation == 1 || operation == 4 || operation == 6 {
      setFlags(.logic(width, guest))
    } else {
      setFlags(.lost)
      if isSum { saveHostFlags(&flags) }
    }
  }

  /// Stores 32 or 64 bits of a register as 64.
  private func storeWide(_ width: Int, _ memory: HostMemory, _ register: HostRegister) {
    code.store(width, memory, register)
    guard width == 2 else { return }
    var upper = memory
    upper.displacement &+= 4
    code.store(upper, 0)
  }

  private func emitBinaryToMemory(_ step: Step, _ operation: UInt8) {
    let width = step.width
    if operation == 2 || operation == 3 { return emitCarriedToMemory(step, operation) }
    guard let address = address(of: step) else { return refuse() }
    let isLive = step.liveAfter != 0
    let place = probe(
      address, byteCount: 1 << width, writes: operation < 7, needsSecond: true)
    let isTest = operation == 8
    if !isLive && !needsLoad(step.source) {
      apply(isTest ? 8 : operation, width, place, step.source)
      return setFlags(.lost)
    }
    code.loadExtended(width, .second, place)
    let isLogic = [1, 4, 6, 8].contains(operation)
    if isLive && !isLogic { code.store(3, .state(StateLayout.flagsOperand), .second) }
    let kind = isTest ? 4 : operation == 7 ? 5 : operation
    apply(kind, width, .second, step.source)
    if operation < 7 { code.store(width, place, .second) }
    guard isLive else { return setFlags(.lost) }
    // The upper part of R14 is clear, and stays so.
    code.store(3, .state(StateLayout.flagsResult), .second)
    setFlagsInState(
      isLogic ? FlagsKind.logic : operation == 0 ? FlagsKind.add : FlagsKind.sub, width)
  }

  private func needsLoad(_ operand: Step.Operand) -> Bool {
    if case .register(let guest) = operand { RegisterMap.host(guest) == nil } else { false }
  }

  private func apply(
    _ operation: UInt8, _ width: Int, _ place: HostMemory, _ source: Step.Operand
  ) {
    switch source {
    case .immediate(let value) where operation == 8:
      code.emit(width == 0 ? 0xF6 : 0xF7, width, group: 0, place)
      code.immediate(value, width)
    case .immediate(let value): code.binary(operation, width, place, value)
    default:
      guard let register = register(source, .second) else { return refuse() }
      let opcode: UInt32 = operation == 8 ? 0x84 : UInt32(operation) << 3
      code.emit(opcode | (width == 0 ? 0 : 1), width, register, place)
    }
  }

  private func apply(
    _ operation: UInt8, _ width: Int, _ target: HostRegister, _ source: Step.Operand
  ) {
    let opcode = (operation == 8 ? 0x84 : UInt32(operation) << 3 | 2) | (width == 0 ? 0 : 1)
    switch source {
    case .immediate(let value) where operation == 8:
      code.emit(width == 0 ? 0xF6 : 0xF7, width, group: 0, target)
      code.immediate(value, width)
    case .immediate(let value): code.binary(operation, width, target, value)
    case .register(let guest) where RegisterMap.host(guest) == nil:
      code.emit(opcode, width, target, RegisterMap.place(guest))
    default:
      guard let register = register(source, .first) else { return refuse() }
      code.emit(opcode, width, target, register)
    }
  }
}
