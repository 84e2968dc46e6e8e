import TestSupport

// POPCNT, LZCNT, TZCNT, BMI1 and MOVBE, for the differential test.
extension InstructionGenerator {
  mutating func bitCount() {
    let width = wideWidth()
    let opcode: UInt8 = random.pick([0xB8, 0xBC, 0xBD])
    // After LZCNT and TZCNT only CF and ZF are defined, after POPCNT all.
    if opcode != 0xB8 { undefined |= Flag.arithmetic & ~(Flag.carry | Flag.zero) }
    let target = target(width)
    if case .register(let number) = target, random.oneIn(4) {
      registers[number] = random.oneIn(2) ? 0 : 1 << UInt64(random.below(64))
    }
    emit([0x0F, opcode], width, field: register(), target, prefix: 0xF3)
  }

  /// ANDN, BLSR, BLSMSK, BLSI, BEXTR: VEX prefix with its own encoder.
  mutating func bitManipulation() {
    let kind = random.below(5)
    let isWide = !isNarrowCode && random.oneIn(2)
    let reg = kind == 0 || kind == 4 ? register() : kind
    let other = register()
    let source = register()
    undefined |= Flag.adjust | Flag.parity
    if kind == 4 {
      undefined |= Flag.sign
      registers[other] = UInt64(random.below(72)) | UInt64(random.below(72)) << 8
    }
    if random.oneIn(8) { registers[source] = 0 }
    let usesMemory = !hasRegistersOnly && random.oneIn(2) && source & 7 != 4 && source & 7 != 5
    if usesMemory { registers[source] = UserLayout.data + UInt64(offset(8)) }
    let inverted: UInt8 =
      (reg < 8 ? 0x80 : 0) | 0x40 | (source < 8 ? 0x20 : 0) | 2
    let opcode: UInt8 = kind == 0 ? 0xF2 : kind == 4 ? 0xF7 : 0xF3
    code += [
      0xC4, inverted, (isWide ? 0x80 : 0) | UInt8(~other & 15) << 3, opcode,
      (usesMemory ? 0 : 0xC0) | UInt8(reg & 7) << 3 | UInt8(source & 7),
    ]
  }

  mutating func moveReversed() {
    let width = wideWidth()
    guard !hasRegistersOnly else { return nothing() }
    emit([0x0F, 0x38, random.pick([0xF0, 0xF1])], width, field: register(), .memory(width))
  }
}
