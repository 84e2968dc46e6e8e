import TestSupport

extension InstructionGenerator {
  private func opcode(_ low: UInt8, _ width: Int) -> UInt8 { low | (width == 1 ? 0 : 1) }

  private mutating func condition() -> UInt8 { UInt8(random.below(16)) }

  mutating func conditionalMove() {
    let width = wideWidth()
    emit([0x0F, 0x40 | condition()], width, field: register(), target(width))
  }

  mutating func setByte() {
    emit([0x0F, 0x90 | condition()], 1, field: random.below(8), target(1))
  }

  mutating func extend() {
    let width = wideWidth()
    switch random.below(isNarrowCode ? 2 : 3) {
    case 0:
      emit([0x0F, random.pick([0xB6, 0xBE])], width, field: register(), target(1))
    case 1:
      emit([0x0F, random.pick([0xB7, 0xBF])], width, field: register(), target(2))
    default:
      emit([0x63], random.pick([4, 8]), field: register(), target(4))
    }
  }

  mutating func move() {
    let width = width()
    let low = opcode(random.pick([0x88, 0x8A]), width)
    emit([low], width, field: register(), target(width))
  }

  mutating func moveImmediate() {
    let width = width()
    if random.oneIn(2) {
      let bytes = immediate(min(width, 4))
      emit([opcode(0xC6, width)], width, field: 0, target(width), immediate: bytes)
    } else {
      let number = register()
      let rex: UInt8 = (width == 8 ? 8 : 0) | UInt8(number >> 3)
      if width == 2 { code.append(0x66) }
      if rex != 0 || (!isNarrowCode && random.oneIn(2)) { code.append(0x40 | rex) }
      code.append((width == 1 ? 0xB0 : 0xB8) | UInt8(number & 7))
      code += immediate(width)
    }
  }

  /// MOV between the accumulator and an absolute address of 64 (or 32) bits.
  mutating func moveOffset() {
    let width = width()
    let address = UserLayout.data + UInt64(offset(width))
    let isNarrow = isNarrowCode || random.oneIn(4)
    if isNarrow, !isNarrowCode { code.append(0x67) }
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: address >> UInt64(8 * $0)) }
    let low = opcode(random.pick([0xA0, 0xA2]), width)
    emitPlain([low], width, immediate: isNarrow ? Array(bytes.prefix(4)) : bytes)
  }

  mutating func lea() {
    emit([0x8D], wideWidth(), field: register(), .memory(1))
  }

  mutating func exchange() {
    let width = width()
    if width != 1, random.oneIn(3) {
      let number = register()
      let rex: UInt8 = (width == 8 ? 8 : 0) | UInt8(number >> 3)
      if width == 2 { code.append(0x66) }
      if rex != 0 || (!isNarrowCode && random.oneIn(4)) { code.append(0x40 | rex) }
      code.append(0x90 | UInt8(number & 7))
    } else {
      emit([opcode(0x86, width)], width, field: register(), target(width), lockable: true)
    }
  }

  mutating func exchangeAdd() {
    let width = width()
    emit([0x0F, opcode(0xC0, width)], width, field: register(), target(width), lockable: true)
  }

  mutating func compareExchange() {
    let width = width()
    let mask = UInt64.max >> UInt64(64 - 8 * width)
    reserved = [0]
    let field = register()
    if random.oneIn(2) {
      let number = register()
      if random.oneIn(2) { registers[0] = registers[0] & ~mask | registers[number] & mask }
      emit([0x0F, opcode(0xB0, width)], width, field: field, .register(number))
    } else {
      let offset = offset(width)
      if random.oneIn(2) {
        let value = (0..<width).reduce(UInt64(0)) {
          $0 | UInt64(data[offset + $1]) << UInt64(8 * $1)
        }
        registers[0] = registers[0] & ~mask | value
      }
      emit(
        [0x0F, opcode(0xB0, width)], width, field: field, .memory(width), lockable: true,
        offset: offset)
    }
  }

  /// CMPXCHG8B, and CMPXCHG16B on an aligned operand.
  mutating func compareExchangeWide() {
    let isWide = !isNarrowCode && random.oneIn(2)
    let half = isWide ? 8 : 4
    reserved = [0, 1, 2, 3]
    let unit = 2 * half
    let offset = random.below(dataByteCount / unit) * unit
    if random.oneIn(2) {
      for (number, start) in [(0, 0), (2, half)] {
        let value = (0..<half).reduce(UInt64(0)) {
          $0 | UInt64(data[offset + start + $1]) << UInt64(8 * $1)
        }
        registers[number] = isWide ? value : registers[number] & ~0xFFFF_FFFF | value
      }
    }
    emit(
      [0x0F, 0xC7], isWide ? 8 : 4, field: 1, .memory(unit), lockable: true, offset: offset)
  }

  mutating func byteSwap() {
    let number = register()
    let rex: UInt8 = (!isNarrowCode && random.oneIn(2) ? 8 : 0) | UInt8(number >> 3)
    if rex != 0 { code.append(0x40 | rex) }
    code += [0x0F, 0xC8 | UInt8(number & 7)]
  }

  mutating func widen() { emitPlain([random.pick([0x98, 0x99])], wideWidth()) }

  mutating func flagInstruction() {
    code.append(random.pick([0xF5, 0xF8, 0xF9, 0xFC, 0xFD, 0x9E, 0x9F]))
  }

  // MARK: Stack; RSP is in the middle of the data

  private var stackByteCount: Int { isNarrowCode ? 4 : 8 }

  /// PUSHA and POPA; POPA does not load RSP.
  mutating func pushAll() {
    if random.oneIn(4) { code.append(0x66) }
    code.append(random.pick([0x60, 0x61]))
  }

  mutating func push() {
    reserved = [4]
    let isWord = random.oneIn(4)
    switch random.below(4) {
    case 0:
      emitStack(0x50, isWord)
    case 1:
      if isWord { code.append(0x66) }
      code += random.oneIn(2) ? [0x6A] + immediate(1) : [0x68] + immediate(isWord ? 2 : 4)
    case 2:
      code.append(0x9C)
    default:
      emit([0xFF], isWord ? 2 : 4, field: 6, .memory(isWord ? 2 : stackByteCount))
    }
  }

  mutating func pop() {
    reserved = [4]
    let isWord = random.oneIn(4)
    if random.oneIn(2) {
      emitStack(0x58, isWord)
    } else if random.oneIn(4) {
      // The address uses RSP as it is after the pop.
      let displacement = UInt8(random.below(8))
      code += [0x8F, 0x44, 0x24, displacement]
    } else {
      emit([0x8F], isWord ? 2 : 4, field: 0, .memory(isWord ? 2 : stackByteCount))
    }
  }

  private mutating func emitStack(_ low: UInt8, _ isWord: Bool) {
    let number = register()
    if isWord { code.append(0x66) }
    if number > 7 { code.append(0x41) }
    code.append(low | UInt8(number & 7))
  }

  mutating func call() {
    switch random.below(3) {
    case 0:
      // CALL to the next instruction.
      code += [0xE8, 0, 0, 0, 0]
    case 1:
      // CALL over one byte that is never run, and back by RET's cousin: POP.
      code += [0xE8, 1, 0, 0, 0, 0xCC, 0x58]
    default:
      let number = random.pick([0, 1, 2, 3, 5, 6, 7])
      registers[number] = UserLayout.code + 2
      code += [0xFF, 0xD0 | UInt8(number)]
    }
  }

  mutating func frame() {
    switch random.below(3) {
    case 0:
      registers[5] = registers[4] &+ UInt64(random.below(dataByteCount / 8))
      code.append(0xC9)
    case 1:
      code += [0xC8, UInt8(random.below(16)), 0, 0]
    default:
      // PUSH, PUSH, POP, POP in the other order.
      code += [0x50, 0x53, 0x58, 0x5B]
    }
  }

  /// A conditional jump over an INC of RBX, or a loop instruction.
  mutating func jump() {
    let increment: [UInt8] = isNarrowCode ? [0x43] : [0x48, 0xFF, 0xC3]
    let distance = UInt8(increment.count)
    switch random.below(4) {
    case 0: code += [0x70 | condition(), distance] + increment
    case 1: code += [0x0F, 0x80 | condition(), distance, 0, 0, 0] + increment
    case 2:
      if random.oneIn(2) { registers[1] = random.pick([0, 1, 1 << 32, 1 << 32 | 1]) }
      if random.oneIn(4) { code.append(0x67) }
      code += [random.pick([0xE0, 0xE1, 0xE2, 0xE3]), distance] + increment
    default:
      // Compared and jumped at once, the pair that an engine may fuse.
      let width = isNarrowCode ? 4 : random.pick([4, 8])
      let field = register()
      if random.oneIn(2) { undefined |= Flag.adjust }
      let isTest = undefined != 0
      emit([isTest ? 0x85 : 0x39], width, field: field, .register(register()))
      code += [0x70 | condition(), distance] + increment
    }
    if undefined != 0 { undefined = Flag.adjust }
  }

  mutating func translate() {
    registers[3] = UserLayout.data
    registers[0] = registers[0] & ~0xFF | UInt64(random.below(min(256, dataByteCount)))
    code.append(0xD7)
  }

  mutating func nothing() {
    switch random.below(3) {
    case 0: code += random.pick([[0x90], [0x66, 0x90], [0xF3, 0x90], [0x0F, 0xAE, 0xE8]])
    case 1: emit([0x0F, 0x1F], wideWidth(), field: 0, target(4))
    case _ where hasRegistersOnly: code.append(random.pick([0xF5, 0xF8, 0xF9]))
    default: emit([0x0F, 0x18], 4, field: random.below(4), .memory(1))
    }
  }

  // MARK: Strings

  mutating func string(repeats: Bool) {
    let width = width()
    let kind = random.pick([0xA4, 0xA6, 0xAA, 0xAC, 0xAE] as [UInt8])
    let isNarrow = !isNarrowCode && random.oneIn(8)
    let limit = min(40, dataByteCount / width / 2)
    let count = repeats ? random.below(limit) : 1
    stringGoesDown = random.oneIn(3)
    let span = max(1, count) * width
    for number in [6, 7] {
      var offset = offset(span)
      if stringGoesDown { offset += span - width }
      registers[number] = UserLayout.data + UInt64(offset)
      if isNarrow { registers[number] |= random.next() << 32 }
    }
    if repeats {
      registers[1] = UInt64(count)
      if isNarrow { registers[1] |= random.next() << 32 }
      makeComparable(kind, width, count)
    }
    if isNarrow { code.append(0x67) }
    if width == 2 { code.append(0x66) }
    if repeats { code.append(random.pick([0xF2, 0xF3])) }
    if width == 8 { code.append(0x48) }
    code.append(opcode(kind, width))
  }

  /// Often makes CMPS and SCAS find equal elements, so that they run on.
  private mutating func makeComparable(_ kind: UInt8, _ width: Int, _ count: Int) {
    guard random.oneIn(2), count > 0, kind == 0xA6 || kind == 0xAE else { return }
    let filler = UInt8(truncatingIfNeeded: random.next())
    let first = Int((registers[7] & 0xFFFF_FFFF) - UserLayout.data)
    for index in 0..<count * width {
      let offset = stringGoesDown ? first + width - 1 - index : first + index
      data[offset] = filler
      if kind == 0xA6 {
        let source = Int((registers[6] & 0xFFFF_FFFF) - UserLayout.data) + offset - first
        data[source] = filler
      }
    }
    if kind == 0xAE { registers[0] = UInt64(filler) &* 0x0101_0101_0101_0101 }
  }
}
