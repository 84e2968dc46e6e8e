import TestSupport

/// Makes floating-point states: FXSAVE images up to XMM15 with values that find faults.
struct FloatingImages {
  private var random: RandomNumbers

  init(seed: UInt64) { random = RandomNumbers(seed: seed ^ 0x5EED) }

  /// Eight bytes that are interesting as one double, as two singles or as integers.
  static func vectorWord(_ random: inout RandomNumbers) -> UInt64 {
    let doubles: [UInt64] = [
      0, 1 << 63, 0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, 0x7FF0_0000_0000_0000,
      0xFFF0_0000_0000_0000, 0x7FF8_0000_0000_0001, 0xFFF8_1234_5678_9ABC, 0x7FF0_0000_0000_0001,
      1, 0x000F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF,
      0x41DF_FFFF_FFC0_0000, 0xC1E0_0000_0000_0000, 0x43E0_0000_0000_0000, 0x3FE0_0000_0000_0000,
      0x4008_0000_0000_0000, 0x4340_0000_0000_0001, 0x3CA0_0000_0000_0000,
    ]
    let singles: [UInt64] = [
      0, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0001,
      0xFFC1_2345, 0x7F80_0001, 1, 0x007F_FFFF, 0x0080_0000, 0x7F7F_FFFF, 0x4F00_0000,
      0x3F00_0000, 0x4B00_0001, 0x3380_0000,
    ]
    switch random.below(6) {
    case 0, 1: return random.pick(doubles)
    case 2, 3: return random.pick(singles) | random.pick(singles) << 32
    case 4: return random.next() & 0x800F_FFFF_FFFF_FFFF | UInt64(0x3E0 + random.below(64)) << 52
    default: return random.next()
    }
  }

  /// Significand and, in the low half of the second word, sign and exponent of an 80-bit number.
  private mutating func extended() -> (UInt64, UInt16) {
    let integerBit: UInt64 = 1 << 63
    let sign: UInt16 = random.oneIn(2) ? 0x8000 : 0
    switch random.below(14) {
    case 0: return (0, sign)
    case 1: return (integerBit, 0x3FFF | sign)
    case 2: return (integerBit, 0x7FFF | sign)
    case 3: return (integerBit | 1 << 62 | random.next() >> 3, 0x7FFF | sign)
    case 4: return (integerBit | random.next() >> 3 | 1, 0x7FFF | sign)
    case 5: return (random.next() >> 1, sign)
    case 6: return (integerBit | random.next(), sign)
    case 7: return (random.next() >> 1, UInt16(1 + random.below(0x7FFE)) | sign)
    case 8: return (integerBit | random.next(), 0x7FFE | sign)
    case 9: return (integerBit | random.next(), 1 | sign)
    case 10:
      return (integerBit | UInt64(random.below(64)) << 58, 0x3FFF + UInt16(random.below(66)) | sign)
    default: return (integerBit | random.next(), UInt16(0x3FC0 + random.below(128)) | sign)
    }
  }

  /// The next image.
  mutating func next() -> [UInt8] {
    var image = [UInt8](repeating: 0, count: StepState.floatingByteCount)
    func put(_ value: UInt64, _ count: Int, at offset: Int) {
      for index in 0..<count {
        image[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
      }
    }
    let control =
      random.oneIn(3)
      ? UInt16(truncatingIfNeeded: random.next()) & 0x1F3F | 0x40
      : 0x37F | (random.oneIn(2) ? UInt16(random.below(4)) << 10 : 0)
    var status = UInt16(truncatingIfNeeded: random.next()) & 0x7F7F
    // Half of the states have no exception pending.
    if random.oneIn(2) { status &= ~(~control & 0x3F) }
    if status & ~control & 0x3F != 0 { status |= 0x8080 }
    put(UInt64(control), 2, at: 0)
    put(UInt64(status), 2, at: 2)
    put(random.oneIn(4) ? random.next() & 0xFF : random.oneIn(4) ? 0 : 0xFF, 1, at: 4)
    let flags = random.oneIn(2) ? UInt64(random.below(64)) : 0
    let masks =
      random.oneIn(3) ? random.next() & 0xFFC0 : 0x1F80 | UInt64(random.below(4)) << 13
    put(masks | flags, 4, at: 24)
    for register in 0..<8 {
      let (significand, exponent) = extended()
      put(significand, 8, at: 32 + 16 * register)
      put(UInt64(exponent), 2, at: 40 + 16 * register)
    }
    for word in 0..<32 { put(Self.vectorWord(&random), 8, at: 160 + 8 * word) }
    return image
  }
}
