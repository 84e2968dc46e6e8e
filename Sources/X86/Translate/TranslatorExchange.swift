// Code for what reads storage and writes it in one instruction, for quotients and for single steps of strings.
extension Translator {
  private static let spill = HostMemory.state(StateLayout.translationSpill)

  /// Puts R14 into a guest register, as an operand of a width.
  private func putSecond(_ width: Int, into guest: UInt8) {
    if let host = RegisterMap.host(guest) {
      code.move(width, host, .second)
    } else {
      if width == 2 { code.move(2, .second, .second) }
      code.store(width == 2 ? 3 : width, RegisterMap.place(guest), .second)
    }
  }

  // MARK: XCHG, XADD, CMPXCHG with storage

  func emitExchangeWithMemory(_ step: Step) {
    let width = step.width
    guard case .register(let guest) = step.source, let address = address(of: step)
    else { return refuse() }
    let place = probe(address, byteCount: 1 << width, writes: true, needsSecond: true)
    code.load(width, .second, place)
    if let host = RegisterMap.host(guest) {
      code.store(width, place, host)
    } else {
      code.store(3, Self.spill, .second)
      code.load(3, .second, RegisterMap.place(guest))
      code.store(width, place, .second)
      code.load(3, .second, Self.spill)
    }
    putSecond(width, into: guest)
  }

  func emitExchangeAdd(_ step: Step) {
    let width = step.width
    guard case .register(let guest) = step.source, let address = address(of: step)
    else { return refuse() }
    let place = probe(address, byteCount: 1 << width, writes: true, needsSecond: true)
    let old = HostMemory.state(StateLayout.flagsOperand)
    code.loadExtended(width, .second, place)
    code.store(3, old, .second)
    let opcode: UInt32 = width == 0 ? 0x02 : 0x03
    if let host = RegisterMap.host(guest) {
      code.emit(opcode, width, .second, host)
    } else {
      code.emit(opcode, width, .second, RegisterMap.place(guest))
    }
    code.store(width, place, .second)
    code.store(3, .state(StateLayout.flagsResult), .second)
    code.load(3, .second, old)
    putSecond(width, into: guest)
    setFlagsInState(FlagsKind.add, width)
  }

  func emitCompareExchange(_ step: Step) {
    let width = step.width
    guard case .register(let guest) = step.source, let address = address(of: step)
    else { return refuse() }
    let accumulator = HostRegister(0)
    let place = probe(address, byteCount: 1 << width, writes: true, needsSecond: true)
    let operand = HostMemory.state(StateLayout.flagsOperand)
    let result = HostMemory.state(StateLayout.flagsResult)
    code.loadExtended(width, .second, place)
    if width < 3 { clear(operand) }
    code.store(width, operand, accumulator)
    clear(result)
    code.emit(width == 0 ? 0x3A : 0x3B, width, accumulator, .second)
    let differs = code.branch(5)
    if let host = RegisterMap.host(guest) {
      code.store(width, place, host)
    } else {
      code.load(3, .second, RegisterMap.place(guest))
      code.store(width, place, .second)
    }
    let done = code.jump()
    code.land(differs)
    code.move(3, .first, accumulator)
    code.emit(width == 0 ? 0x2A : 0x2B, width, .first, .second)
    code.store(width, result, .first)
    code.move(width, accumulator, .second)
    code.land(done)
    // Both ways have left the difference's flags.
    setFlagsInState(FlagsKind.sub, width)
  }

  private func clear(_ memory: HostMemory) {
    code.emit(0xC7, 3, group: 0, memory)
    code.immediate(0, 3)
  }

  /// SETcc to storage.
  func emitSetInMemory(_ step: Step, _ condition: UInt8) {
    guard let address = address(of: step) else { return refuse() }
    guard restoreFlags(&flags, step.reads) else { return leave(because: .flags) }
    code.emit(0x0F90 | UInt32(condition), 0, group: 0, Self.spill)
    let place = probe(address, byteCount: 1, writes: true, needsSecond: true)
    code.load(0, .second, Self.spill)
    code.store(0, place, .second)
  }

  /// ADC and SBB to storage.
  func emitCarriedToMemory(_ step: Step, _ operation: UInt8) {
    let width = step.width
    guard let address = address(of: step) else { return refuse() }
    expectEntryFlags()
    let place = probe(address, byteCount: 1 << width, writes: true, needsSecond: true)
    code.loadExtended(width, .second, place)
    code.address(3, .first, place)
    code.store(3, Self.spill, .first)
    guard restoreFlags(&flags, Flag.carry) else { return leave(because: .flags) }
    switch step.source {
    case .immediate(let value): code.binary(operation, width, .second, value)
    case .register(let guest):
      let opcode = UInt32(operation) << 3 | (width == 0 ? 2 : 3)
      if let host = RegisterMap.host(guest) {
        code.emit(opcode, width, .second, host)
      } else {
        code.emit(opcode, width, .second, RegisterMap.place(guest))
      }
    default: return refuse()
    }
    setFlags(.lost)
    if step.liveAfter != 0 { saveHostFlags(&flags) }
    code.load(3, .first, Self.spill)
    code.store(width, HostMemory(base: .first), .second)
  }

  // MARK: DIV, IDIV of 32 and 64 bits

  /// Leaves where the quotient may not fit, or is not worth telling: it changes no flags.
  func emitDivide(_ step: Step, isSigned: Bool) {
    let width = step.width
    let saved = flags
    let high = HostRegister(2)
    if let place = sourcePlace(step, byteCount: 1 << width) {
      code.load(width, .second, place)
    } else {
      guard case .register(let guest) = step.source else { return refuse() }
      code.load(.second, guest)
    }
    flags.inHost = 0
    if isSigned {
      // A dividend of one register, by neither 0 nor -1.
      code.move(width, .first, HostRegister(0))
      code.shift(7, width, .first, width == 3 ? 63 : 31)
      code.emit(0x3B, width, .first, high)
      leave(if: 5, with: saved, because: .other)
      code.address(width, .first, HostMemory(base: .second, displacement: 1))
      code.binary(7, width, .first, 1)
      leave(if: 6, with: saved, because: .other)
    } else {
      code.emit(0x3B, width, high, .second)
      leave(if: 3, with: saved, because: .other)
    }
    code.emit(0xF7, width, group: isSigned ? 7 : 6, .second)
  }

  // MARK: MOVS, STOS, LODS without REP

  func emitString(_ step: Step, _ kind: Step.StringKind) {
    let width = step.width
    let bytes = 1 << width
    let saved = flags
    let source = HostRegister(6)
    let target = HostRegister(7)
    // Upward alone.
    code.emit(0xF7, 2, group: 0, .state(StateLayout.flagsRest))
    code.immediate(Flag.direction, 2)
    flags.inHost = 0
    leave(if: 5, with: saved, because: .other)
    saveFlags(&flags)
    if kind != .store {
      let place = probe(Address(base: source), byteCount: bytes, writes: false)
      if kind == .load {
        code.load(width, HostRegister(0), place)
        advance(source, bytes)
        return goOn(step)
      }
      code.load(width, .second, place)
      code.store(3, Self.spill, .second)
    }
    let place = probe(
      Address(base: target), byteCount: bytes, writes: true, needsSecond: kind == .move)
    if kind == .move {
      code.load(3, .second, Self.spill)
      code.store(width, place, .second)
      advance(source, bytes)
    } else {
      code.store(width, place, HostRegister(0))
    }
    advance(target, bytes)
    goOn(step)
  }

  private func goOn(_ step: Step) {
    code.load(.first, PseudoRegister.page)
    code.binary(0, pointerWidth, .first, UInt64(truncatingIfNeeded: step.following))
    jumpAsking()
  }

  private func advance(_ register: HostRegister, _ bytes: Int) {
    code.address(
      pointerWidth, register,
      HostMemory(base: register, displacement: Int32(truncatingIfNeeded: bytes)))
  }
}
