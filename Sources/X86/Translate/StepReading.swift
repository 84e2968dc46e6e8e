// Instructions as steps.
extension Step {
  init(_ action: Action, _ instruction: Instruction) {
    self.action = action
    self.instruction = instruction
    width = instruction.width
  }

  /// The intermediate form of an instruction; of what the translator does not know, `leave`.
  static func of(_ i: Instruction, following: Int) -> Step {
    var step = Step(.leave, i)
    guard i.isLong || step.isFlat32(following), i.vex == nil, i.map < 2,
      !i.isMemory || i.addressSize == i.pointerSize || i.opcode == 0x8D
    else { return step }
    let done = i.map == 0 ? step.readOneByte(following) : step.readTwoByte(following)
    guard done, step.isPlain else { return Step(.leave, i) }
    step.following = following
    step.setFlagEffects()
    return step
  }

  /// It is of 32-bit code, and may be translated for flat segments: what ends with the page has other forms,
  /// what names CS is left.
  private func isFlat32(_ following: Int) -> Bool {
    instruction.mode == CodeMode.protected32 && InstructionForms.isInPage(following)
      && instruction.segmentPrefix != 1
  }

  /// No high byte stands beside memory, and a lock stands where one may.
  private var isPlain: Bool {
    let hasHigh =
      if case .highByte = target { true } else if case .highByte = source { true } else { false }
    if hasHigh && (target == .memory || source == .memory) { return false }
    if action == .loadAddress { return instruction.isMemory && !instruction.hasLock }
    guard instruction.hasLock else { return true }
    guard target == .memory else { return false }
    switch action {
    case .binary(let operation): return operation < 7
    case .unary, .exchangeWithMemory, .exchangeAdd, .compareExchange: return true
    case .bit(let kind): return kind != 0
    default: return false
    }
  }

  private func register(_ number: UInt8, _ width: Int) -> Operand {
    guard width == 0, instruction.rex == 0, number >= 4 else { return .register(number) }
    return .highByte(number &- 4)
  }

  private mutating func setModRM(_ width: Int, isReversed: Bool = false) {
    self.width = width
    let other = instruction.isMemory ? Operand.memory : register(instruction.rm, width)
    let field = register(instruction.reg, width)
    target = isReversed ? field : other
    source = isReversed ? other : field
  }

  private mutating func setAccumulator(_ width: Int) {
    self.width = width
    target = .register(0)
    source = .immediate(instruction.immediate)
  }

  private mutating func setImmediate(_ width: Int) {
    self.width = width
    target = instruction.isMemory ? .memory : register(instruction.rm, width)
    source = .immediate(instruction.immediate)
  }

  private mutating func readOneByte(_ following: Int) -> Bool {
    let i = instruction
    let byteOr = i.opcode & 1 == 0 ? 0 : i.width
    let low = i.opcode & 7 | (i.rex & 1) << 3
    switch i.opcode {
    case 0x00...0x3F where i.opcode & 7 < 6:
      action = .binary(i.opcode >> 3)
      switch i.opcode & 7 {
      case 0, 1: setModRM(byteOr)
      case 2, 3: setModRM(byteOr, isReversed: true)
      default: setAccumulator(byteOr)
      }
    case 0x40...0x4F:
      action = .unary(i.opcode < 0x48 ? 0 : 1)
      target = .register(i.opcode & 7)
    case 0x50...0x57 where !i.hasOperandPrefix || i.rex & 8 != 0:
      action = .push
      source = .register(low)
    case 0x58...0x5F where !i.hasOperandPrefix || i.rex & 8 != 0:
      action = .pop
      target = .register(low)
    case 0x68, 0x6A:
      guard !i.hasOperandPrefix else { return false }
      action = .push
      source = .immediate(i.immediate)
    case 0x63:
      guard i.operandSize == 8 else { return false }
      action = .extend(signed: true, from: 2)
      setModRM(3, isReversed: true)
    case 0x69, 0x6B:
      action = .multiply
      setModRM(i.width, isReversed: true)
    case 0x80, 0x81, 0x83:
      action = .binary(i.group)
      setImmediate(byteOr)
    case 0x84, 0x85:
      action = .binary(8)
      setModRM(byteOr)
    case 0x86, 0x87:
      action = i.isMemory ? .exchangeWithMemory : .exchange
      setModRM(byteOr)
    case 0x88, 0x89:
      action = .move
      setModRM(byteOr)
    case 0x8A, 0x8B:
      action = .move
      setModRM(byteOr, isReversed: true)
    case 0x8D:
      guard i.addressSize == i.pointerSize else { return false }
      action = .loadAddress
      setModRM(i.width, isReversed: true)
    default: return readUpper(byteOr, low, following)
    }
    return true
  }

  private mutating func readUpper(_ byteOr: Int, _ low: UInt8, _ following: Int) -> Bool {
    let i = instruction
    switch i.opcode {
    case 0x90 where low == 0 && i.repeatPrefix != 0xF3: action = .nothing
    case 0x90...0x97:
      guard low != 0 else { return false }
      action = .exchange
      target = .register(0)
      source = .register(low)
    case 0x98: action = .widen
    case 0x99: action = .spreadSign
    case 0x9C where i.isLong && (!i.hasOperandPrefix || i.rex & 8 != 0): action = .pushFlags
    case 0xA0...0xA3:
      guard i.addressSize == i.pointerSize else { return false }
      action = .move
      width = byteOr
      target = i.opcode < 0xA2 ? .register(0) : .memory
      source = i.opcode < 0xA2 ? .memory : .register(0)
    case 0xA4, 0xA5, 0xAA...0xAD: return readString(byteOr)
    case 0xA8, 0xA9:
      action = .binary(8)
      setAccumulator(byteOr)
    case 0xB0...0xB7:
      action = .move
      width = 0
      target = register(low, 0)
      source = .immediate(i.immediate)
    case 0xB8...0xBF:
      action = .move
      target = .register(low)
      source = .immediate(i.immediate)
    case 0xC0, 0xC1, 0xD0...0xD3: return readShift(byteOr)
    case 0xC6, 0xC7:
      guard i.group == 0 else { return false }
      action = .move
      setImmediate(byteOr)
    case 0xC9:
      guard !i.hasOperandPrefix else { return false }
      action = .leaveFrame
    case 0xF5, 0xF8, 0xF9, 0xFC, 0xFD: action = .flag(i.opcode)
    case 0xFA, 0xFB: action = .interrupts(isStart: i.opcode == 0xFB)
    case 0xF6, 0xF7: return readGroup3(byteOr)
    case 0xFE...0xFF where i.group < 2:
      action = .unary(i.group)
      setImmediate(byteOr)
      source = .none
    default: return readTransfer(following)
    }
    return true
  }

  private mutating func readString(_ byteOr: Int) -> Bool {
    let i = instruction
    guard i.repeatPrefix == 0, i.addressSize == i.pointerSize, i.segmentPrefix != 4,
      i.segmentPrefix != 5
    else { return false }
    width = byteOr
    action = .string(i.opcode < 0xA6 ? .move : i.opcode < 0xAC ? .store : .load)
    return true
  }

  private mutating func readShift(_ byteOr: Int) -> Bool {
    let i = instruction
    guard i.group != 2, i.group != 3 else { return false }
    let mask: UInt8 = byteOr == 3 ? 63 : 31
    let count: UInt8? =
      i.opcode < 0xD0
      ? UInt8(truncatingIfNeeded: i.immediate) & mask : i.opcode < 0xD2 ? 1 : nil
    // A shift by nothing is rare, and changes no flags.
    if count == 0 { return false }
    action = .shift(i.group == 6 ? 4 : i.group, count: count)
    setImmediate(byteOr)
    source = .none
    return true
  }

  private mutating func readGroup3(_ byteOr: Int) -> Bool {
    let i = instruction
    switch i.group {
    case 0, 1:
      action = .binary(8)
      setImmediate(byteOr)
    case 2, 3:
      action = .unary(i.group == 2 ? 3 : 2)
      setImmediate(byteOr)
      source = .none
    case 4, 5:
      guard byteOr >= 2 else { return false }
      action = .multiplyWide(i.group)
      setImmediate(byteOr)
      source = target
      target = .none
    case 6, 7:
      guard byteOr >= 2 else { return false }
      action = .divide(isSigned: i.group == 7)
      setImmediate(byteOr)
      source = target
      target = .none
    default: return false
    }
    return true
  }

  private mutating func readTransfer(_ following: Int) -> Bool {
    let i = instruction
    guard i.operandSize != 2 else { return false }
    let goal = following &+ Int(truncatingIfNeeded: Int64(bitPattern: i.immediate))
    guard Int(Int32(truncatingIfNeeded: goal)) == goal else { return false }
    switch i.opcode {
    case 0x70...0x7F: action = .branch(i.opcode & 15, goal)
    case 0xE9, 0xEB: action = .jump(goal)
    case 0xE8: action = .call(goal)
    case 0xC3: action = .nearReturn(0)
    case 0xC2: action = .nearReturn(Int(i.immediate & 0xFFFF))
    case 0xFF where i.group == 2 || i.group == 4 || i.group == 6:
      action = i.group == 2 ? .callIndirect : i.group == 4 ? .jumpIndirect : .push
      source = i.isMemory ? .memory : .register(i.rm)
    default: return false
    }
    return true
  }

  private mutating func readTwoByte(_ following: Int) -> Bool {
    let i = instruction
    switch i.opcode {
    case 0x18...0x1F: action = .nothing
    case 0x40...0x4F:
      action = .conditionalMove(i.opcode & 15)
      setModRM(i.width, isReversed: true)
    case 0x80...0x8F:
      let goal = following &+ Int(truncatingIfNeeded: Int64(bitPattern: i.immediate))
      guard i.operandSize != 2, Int(Int32(truncatingIfNeeded: goal)) == goal else { return false }
      action = .branch(i.opcode & 15, goal)
    case 0x90...0x9F:
      action = .set(i.opcode & 15)
      width = 0
      target = i.isMemory ? .memory : register(i.rm, 0)
    case 0xA3, 0xAB, 0xB3, 0xBB, 0xBA: return readBit()
    case 0xBC, 0xBD:
      guard i.repeatPrefix == 0 else { return false }
      action = .scan(isReverse: i.opcode == 0xBD)
      setModRM(i.width, isReversed: true)
    case 0xB0, 0xB1, 0xC0, 0xC1:
      guard i.isMemory else { return false }
      action = i.opcode < 0xC0 ? .compareExchange : .exchangeAdd
      setModRM(i.opcode & 1 == 0 ? 0 : i.width)
    case 0xAF:
      action = .multiply
      setModRM(i.width, isReversed: true)
    case 0xB6, 0xB7, 0xBE, 0xBF:
      let from = i.opcode & 1 == 0 ? 0 : 1
      guard i.width > from else { return false }
      action = .extend(signed: i.opcode >= 0xBE, from: from)
      setModRM(i.width, isReversed: true)
      if !i.isMemory { source = register(i.rm, from) }
    case 0xC8...0xCF:
      guard i.width >= 2 else { return false }
      action = .swapBytes
      target = .register(i.opcode & 7 | (i.rex & 1) << 3)
    default:
      guard let vector = VectorAction.of(i) else { return false }
      setVector(vector)
    }
    return true
  }

  private mutating func readBit() -> Bool {
    let i = instruction
    setModRM(i.width)
    if i.opcode == 0xBA {
      guard i.group >= 4 else { return false }
      action = .bit(i.group & 3)
      source = .immediate(i.immediate & UInt64(8 &<< i.width &- 1))
      return true
    }
    action = .bit(i.opcode >> 3 & 3)
    // A register says which bit of storage, far from the address too.
    return !i.isMemory
  }

  private mutating func setVector(_ vector: VectorAction) {
    action = .vector(vector)
    guard case .toGeneral(let form) = vector else { return }
    width = instruction.rex & 8 != 0 ? 3 : 2
    target = .register(form.isReversed ? instruction.rm : instruction.reg)
    if instruction.isMemory { source = .memory }
  }
}
