import TestSupport

extension InstructionGenerator {
  private func opcode(_ low: UInt8, _ width: Int) -> UInt8 { low | (width == 1 ? 0 : 1) }

  private mutating func noteLogic(_ operation: Int) {
    if [1, 4, 6].contains(operation) { undefined |= Flag.adjust }
  }

  mutating func alu() {
    let operation = random.below(8)
    let width = width()
    noteLogic(operation)
    let toRegister: UInt8 = random.oneIn(2) ? 2 : 0
    let low = opcode(UInt8(operation << 3) | toRegister, width)
    emit(
      [low], width, field: register(), target(width), lockable: toRegister == 0 && operation != 7)
  }

  mutating func aluImmediate() {
    let operation = random.below(8)
    let width = width()
    noteLogic(operation)
    let isShort = random.oneIn(2) && width != 1
    let bytes = immediate(isShort ? 1 : min(width, 4))
    emit(
      [isShort ? 0x83 : opcode(0x80, width)], width, field: operation, target(width),
      immediate: bytes, lockable: operation != 7)
  }

  mutating func aluAccumulator() {
    let operation = random.below(8)
    let width = width()
    noteLogic(operation)
    let low = opcode(UInt8(operation << 3) | 4, width)
    emitPlain([low], width, immediate: immediate(min(width, 4)))
  }

  mutating func test() {
    let width = width()
    undefined |= Flag.adjust
    switch random.below(3) {
    case 0: emit([opcode(0x84, width)], width, field: register(), target(width))
    case 1: emitPlain([opcode(0xA8, width)], width, immediate: immediate(min(width, 4)))
    default:
      let bytes = immediate(min(width, 4))
      emit([opcode(0xF6, width)], width, field: 0, target(width), immediate: bytes)
    }
  }

  mutating func unary() {
    let width = width()
    let field = 2 + random.below(2)
    emit([opcode(0xF6, width)], width, field: field, target(width), lockable: true)
  }

  mutating func step() {
    let width = width()
    let field = random.below(2)
    if isNarrowCode, width != 1, random.oneIn(2) {
      emitPlain([0x40 | UInt8(field) << 3 | UInt8(register())], width)
      return
    }
    emit([opcode(0xFE, width)], width, field: field, target(width), lockable: true)
  }

  mutating func shift() {
    let width = width()
    let field = random.pick([0, 1, 2, 3, 4, 5, 7])
    let target = target(width)
    let count: UInt64
    switch hasRegistersOnly ? 0 : random.below(3) {
    case 0:
      count = 1
      emit([opcode(0xD0, width)], width, field: field, target)
    case 1:
      let byte = UInt8(truncatingIfNeeded: random.oneIn(2) ? random.next() : random.next() & 31)
      count = UInt64(byte)
      emit([opcode(0xC0, width)], width, field: field, target, immediate: [byte])
    default:
      if random.oneIn(2) { registers[1] = random.next() & 31 }
      emit([opcode(0xD2, width)], width, field: field, target)
      count = registers[1]
    }
    noteShift(field, width, count & (width == 8 ? 63 : 31))
  }

  private mutating func noteShift(_ field: Int, _ width: Int, _ count: UInt64) {
    guard count != 0 else { return }
    if count != 1 { undefined |= Flag.overflow }
    if field >= 4 { undefined |= Flag.adjust }
    let bits = UInt64(8 * width)
    if field == 4 || field == 5, count >= bits, width < 4 { undefined |= Flag.carry }
  }

  mutating func doubleShift() {
    let width = wideWidth()
    let isRight = random.oneIn(2)
    let low: UInt8 = isRight ? 0xAC : 0xA4
    let limit: UInt64 = width == 2 ? 16 : width == 4 ? 31 : 63
    var count = random.next() % (limit + 1)
    if random.oneIn(2) {
      emit(
        [0x0F, low], width, field: register(), target(width),
        immediate: [UInt8(truncatingIfNeeded: count)])
    } else {
      reserved.insert(1)
      registers[1] = random.next() << 8 | count
      emit([0x0F, low | 1], width, field: register(), target(width))
    }
    count &= width == 8 ? 63 : 31
    guard count != 0 else { return }
    undefined |= Flag.adjust
    if count != 1 { undefined |= Flag.overflow }
  }

  private var undefinedByMultiply: UInt64 {
    Flag.sign | Flag.zero | Flag.adjust | Flag.parity
  }

  mutating func multiply() {
    let width = width()
    undefined |= undefinedByMultiply
    emit([opcode(0xF6, width)], width, field: 4 + random.below(2), target(width))
  }

  mutating func multiplyTwo() {
    let width = wideWidth()
    undefined |= undefinedByMultiply
    switch random.below(3) {
    case 0: emit([0x0F, 0xAF], width, field: register(), target(width))
    case 1: emit([0x6B], width, field: register(), target(width), immediate: immediate(1))
    default:
      let bytes = immediate(min(width, 4))
      emit([0x69], width, field: register(), target(width), immediate: bytes)
    }
  }

  // MARK: Division, with a quotient that fits

  mutating func divide() {
    let width = width()
    let isSigned = random.oneIn(2)
    undefined |= Flag.arithmetic
    reserved = [0, 2]
    let bits = UInt64(8 * width)
    let mask = UInt64.max >> (64 - bits)
    var divisor = random.value() & mask
    if divisor == 0 { divisor = 1 }
    let (high, low) = isSigned ? signedDividend(divisor, bits) : unsignedDividend(divisor, mask)
    if width == 1 {
      registers[0] = registers[0] & ~0xFFFF | high << 8 & 0xFF00 | low & 0xFF
    } else if width == 2 {
      registers[0] = registers[0] & ~mask | low & mask
      registers[2] = registers[2] & ~mask | high & mask
    } else {
      registers[0] = low & mask
      registers[2] = high & mask
    }
    let field = isSigned ? 7 : 6
    if random.oneIn(2) {
      // Not RAX or RDX, nor a byte register that is AH or DH without a REX prefix.
      let number = random.pick(isNarrowCode ? [1, 3] : [1, 3, 8, 9, 10, 13, 15])
      registers[number] = registers[number] & ~mask | divisor
      emit([opcode(0xF6, width)], width, field: field, .register(number))
    } else {
      let offset = offset(width)
      for index in 0..<width {
        data[offset + index] = UInt8(truncatingIfNeeded: divisor >> UInt64(8 * index))
      }
      emit([opcode(0xF6, width)], width, field: field, .memory(width), offset: offset)
    }
  }

  private mutating func unsignedDividend(
    _ divisor: UInt64, _ mask: UInt64
  ) -> (high: UInt64, low: UInt64) {
    ((random.value() & mask) % divisor, random.value() & mask)
  }

  /// Quotient * divisor + remainder, of matching signs, of a random quotient.
  private mutating func signedDividend(
    _ divisor: UInt64, _ bits: UInt64
  ) -> (high: UInt64, low: UInt64) {
    let shift = Int64(64 - bits)
    let divisorValue = Int64(bitPattern: divisor << UInt64(shift)) >> shift
    var quotient = Int64(bitPattern: random.value() << UInt64(shift)) >> shift
    if quotient == Int64.min >> shift { quotient = 0 }
    let product = quotient.multipliedFullWidth(by: divisorValue)
    let magnitude = divisorValue.magnitude
    let rest = random.value() % magnitude
    let isNegative = product.high < 0
    let remainder = isNegative ? 0 &- rest : rest
    let (low, carry) = product.low.addingReportingOverflow(remainder)
    let extension64: Int64 = isNegative && rest != 0 ? -1 : 0
    let high = product.high &+ extension64 &+ (carry ? 1 : 0)
    if bits == 64 { return (UInt64(bitPattern: high), low) }
    return (low >> bits, low)
  }

  /// DAA, DAS, AAA, AAS, AAM, AAD.
  mutating func decimal() {
    let opcode: UInt8 = random.pick([0x27, 0x2F, 0x37, 0x3F, 0xD4, 0xD5])
    switch opcode {
    case 0x27, 0x2F: undefined |= Flag.overflow
    case 0x37, 0x3F: undefined |= Flag.overflow | Flag.sign | Flag.zero | Flag.parity
    default: undefined |= Flag.overflow | Flag.adjust | Flag.carry
    }
    code.append(opcode)
    if opcode >= 0xD4 { code.append(random.oneIn(2) ? 10 : max(1, immediate(1)[0])) }
  }

  // MARK: Bits

  private var undefinedByBit: UInt64 {
    Flag.overflow | Flag.sign | Flag.adjust | Flag.parity
  }

  mutating func bitImmediate() {
    let width = wideWidth()
    undefined |= undefinedByBit
    let field = 4 + random.below(4)
    emit(
      [0x0F, 0xBA], width, field: field, target(width), immediate: immediate(1),
      lockable: field != 4)
  }

  /// With a register index into memory the operand is a bit string: the index moves the address.
  mutating func bit() {
    let width = wideWidth()
    undefined |= undefinedByBit
    let low: UInt8 = random.pick([0xA3, 0xAB, 0xB3, 0xBB])
    let field = register()
    guard random.oneIn(2) else {
      emit([0x0F, low], width, field: field, .register(register()))
      return
    }
    let unit = random.below(dataByteCount / width)
    let origin = random.below(dataByteCount / width)
    let index = Int64(unit - origin) * Int64(8 * width) + Int64(random.below(8 * width))
    let mask = UInt64.max >> UInt64(64 - 8 * width)
    guard width != 2 || Int16(exactly: index) != nil else {
      emit([0x0F, low], width, field: field, .register(register()))
      return
    }
    registers[field] = random.next() & ~mask | UInt64(bitPattern: index) & mask
    reserved.insert(field)
    emit(
      [0x0F, low], width, field: field, .memory(width), lockable: low != 0xA3,
      offset: origin * width)
  }

  mutating func scan() {
    let width = wideWidth()
    undefined |= Flag.arithmetic & ~Flag.zero
    let isZero = random.oneIn(8) && width != 4
    let low: UInt8 = random.pick([0xBC, 0xBD])
    let mask = UInt64.max >> UInt64(64 - 8 * width)
    let value = isZero ? 0 : max(1, random.value() & mask)
    if random.oneIn(2) {
      let number = register()
      registers[number] = registers[number] & ~mask | value
      emit([0x0F, low], width, field: register(), .register(number))
    } else {
      let offset = offset(width)
      for index in 0..<width {
        data[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
      }
      emit([0x0F, low], width, field: register(), .memory(width), offset: offset)
    }
  }
}
