// Code for INC, DEC, NEG and NOT, for shifts and for products.
extension Translator {
  func emitUnary(_ step: Step, _ kind: UInt8) {
    let width = step.width
    let isLive = step.liveAfter != 0 && kind != 3
    let keepsCarry = kind < 2 && step.liveAfter & Flag.carry != 0
    if case .highByte = step.target, isLive { return refuse() }
    let inHost = kind < 2 ? Flag.arithmetic & ~Flag.carry : Flag.arithmetic
    if keepsCarry { expectEntryFlags() }
    if step.target == .memory { return emitUnaryToMemory(step, kind, isLive, keepsCarry, inHost) }
    if keepsCarry {
      guard restoreFlags(&flags, Flag.carry) else { return leave(because: .flags) }
      code.emit(0x0F92, 0, group: 0, HostMemory.state(StateLayout.flagsOperand))
    }
    guard let target = register(step.target, .second) else { return refuse() }
    unary(kind, width, target)
    putBack(step.target, target)
    guard kind != 3 else { return }
    setFlags(.lost, inHost: inHost)
    guard isLive, case .register(let guest) = step.target else { return }
    if kind == 2 { storeZero(.state(StateLayout.flagsOperand)) }
    extend(width, .first, guest)
    code.store(3, .state(StateLayout.flagsResult), .first)
    setUnaryFlags(kind, width, inHost)
  }

  private func setUnaryFlags(_ kind: UInt8, _ width: Int, _ inHost: UInt64) {
    setFlagsInState(
      kind == 0 ? FlagsKind.inc : kind == 1 ? FlagsKind.dec : FlagsKind.sub, width,
      inHost: inHost)
  }

  private func emitUnaryToMemory(
    _ step: Step, _ kind: UInt8, _ isLive: Bool, _ keepsCarry: Bool, _ inHost: UInt64
  ) {
    let width = step.width
    guard let address = address(of: step) else { return refuse() }
    let spill = HostMemory.state(StateLayout.translationSpill)
    if keepsCarry {
      guard restoreFlags(&flags, Flag.carry) else { return leave(because: .flags) }
      code.emit(0x0F92, 0, group: 0, spill)
    }
    let place = probe(address, byteCount: 1 << width, writes: true, needsSecond: true)
    guard isLive else {
      unary(kind, width, place)
      if kind != 3 { setFlags(.lost, inHost: inHost) }
      return
    }
    code.loadExtended(width, .second, place)
    unary(kind, width, .second)
    code.store(width, place, .second)
    code.store(3, .state(StateLayout.flagsResult), .second)
    if kind == 2 { storeZero(.state(StateLayout.flagsOperand)) }
    if keepsCarry {
      code.loadExtended(0, .first, spill)
      code.store(3, .state(StateLayout.flagsOperand), .first)
    }
    setUnaryFlags(kind, width, inHost)
  }

  private func storeZero(_ memory: HostMemory) {
    code.emit(0xC7, 3, group: 0, memory)
    code.immediate(0, 3)
  }

  /// FE /0 /1, F6 /3 /2.
  private func unary(_ kind: UInt8, _ width: Int, _ target: HostRegister) {
    let opcode: UInt32 = (kind < 2 ? 0xFE : 0xF6) | (width == 0 ? 0 : 1)
    code.emit(opcode, width, group: kind < 2 ? kind : kind == 2 ? 3 : 2, target)
  }

  private func unary(_ kind: UInt8, _ width: Int, _ target: HostMemory) {
    let opcode: UInt32 = (kind < 2 ? 0xFE : 0xF6) | (width == 0 ? 0 : 1)
    code.emit(opcode, width, group: kind < 2 ? kind : kind == 2 ? 3 : 2, target)
  }

  // MARK: Shifts and products

  /// Flags that a shift by at least one defines on every host, whatever the count.
  static let shiftFlags = Flag.carry | Flag.zero | Flag.sign | Flag.parity

  /// A shift's flags are worked out by the interpreter's own rule, when somebody asks: the state keeps the
  /// old operand, the kind and the count.
  func emitShift(_ step: Step, _ kind: UInt8, _ count: UInt8?) {
    let width = step.width
    let isLive = step.liveAfter != 0
    let opcode: UInt32 = (count == nil ? 0xD2 : 0xC0) | (width == 0 ? 0 : 1)
    if isLive && kind < 4 {
      guard let count, kind < 2 else { return refuse() }
      return emitRotation(step, kind, count)
    }
    if step.target == .memory {
      guard !isLive, let address = address(of: step) else { return refuse() }
      let place = probe(address, byteCount: 1 << width, writes: true)
      code.emit(opcode, width, group: kind, place)
      if let count { code.byte(count) }
      return setFlags(.lost, inHost: 0)
    }
    if isLive {
      guard case .register(let guest) = step.target else { return refuse() }
      keepShift(step, kind, count, guest)
    }
    guard let target = register(step.target, .second) else { return refuse() }
    code.emit(opcode, width, group: kind, target)
    if let count { code.byte(count) }
    putBack(step.target, target)
    let inHost = (count ?? 64) < 8 << UInt8(truncatingIfNeeded: width) ? Self.shiftFlags : 0
    if isLive {
      flags = FlagPlace(source: .known(shiftKind(step, kind, count)), inHost: inHost)
    } else {
      setFlags(.lost, inHost: inHost)
    }
  }

  private func shiftKind(_ step: Step, _ kind: UInt8, _ count: UInt8?) -> UInt32 {
    FlagsKind.shift | UInt32(truncatingIfNeeded: step.width) | UInt32(count ?? 0) << 8
      | UInt32(kind) << 16
  }

  /// Puts into the state what the flags of a shift are worked out from; before it, as it may be one of RCX.
  private func keepShift(_ step: Step, _ kind: UInt8, _ count: UInt8?, _ guest: UInt8) {
    if count == nil {
      // By nothing: the flags stay, which is left to the interpreter.
      let saved = flags
      code.emit(0xF6, 0, group: 0, HostRegister.count)
      code.immediate(step.width == 3 ? 63 : 31, 0)
      flags.inHost = 0
      leave(if: 4, with: saved, because: .other)
    }
    extend(step.width, .first, guest)
    code.store(3, .state(StateLayout.flagsOperand), .first)
    code.store(.state(StateLayout.flagsKind), shiftKind(step, kind, count))
    if count == nil { code.store(0, .state(StateLayout.flagsKind &+ 1), .count) }
  }

  /// CF = OF = the product does not fit; the interpreter's definition of the others.
  private func saveProductFlags(_ width: Int, _ guest: UInt8) {
    code.emit(0x1B, 2, .first, .first)
    code.binary(4, 2, .first, Flag.carry | Flag.overflow)
    code.store(3, .state(StateLayout.flagsOperand), .first)
    extend(width, .first, guest)
    code.store(3, .state(StateLayout.flagsResult), .first)
    setFlagsInState(FlagsKind.partial, width, inHost: 0)
  }

  func emitMultiply(_ step: Step) {
    let width = step.width
    let i = step.instruction
    let hasImmediate = i.map == 0
    let opcode: UInt32 =
      hasImmediate ? (i.opcode == 0x6B || isShort(i) ? 0x6B : 0x69) : 0x0FAF
    guard case .register(let guest) = step.target else { return refuse() }
    let place = sourcePlace(step, byteCount: 1 << width)
    // What is not overwritten whole, or is a factor, has to be there.
    let target = resident(guest, .second)
    if let place {
      code.emit(opcode, width, target, place)
    } else {
      guard let source = register(step.source, .first) else { return refuse() }
      code.emit(opcode, width, target, source)
    }
    if hasImmediate { code.immediate(i.immediate, opcode == 0x6B ? 0 : width) }
    putBack(guest, target)
    setFlags(.lost, inHost: Flag.carry | Flag.overflow)
    if step.liveAfter != 0 { saveProductFlags(width, guest) }
  }

  private func isShort(_ i: Instruction) -> Bool {
    UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: i.immediate))) == i.immediate
  }

  func emitMultiplyWide(_ step: Step, _ kind: UInt8) {
    if let place = sourcePlace(step, byteCount: 1 << step.width) {
      code.emit(0xF7, step.width, group: kind, place)
    } else {
      guard let source = register(step.source, .first) else { return refuse() }
      code.emit(0xF7, step.width, group: kind, source)
    }
    setFlags(.lost, inHost: Flag.carry | Flag.overflow)
    if step.liveAfter != 0 { saveProductFlags(step.width, 0) }
  }
}
