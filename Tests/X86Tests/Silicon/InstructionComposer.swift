import TestSupport

@testable import X86

/// The memory operand of a composed instruction.
struct ComposedMemory {
  var base: Int?
  var index: Int?
  var scale = 0
  var displacement: Int64 = 0
  var addressBytes = 8
  var isPointerRelative = false
  /// Number of the segment that a prefix names.
  var segmentPrefix: Int?

  /// Number of the segment that the operand is in.
  func segment(isLong: Bool) -> Int {
    if let segmentPrefix, !isLong || segmentPrefix > 3 { return segmentPrefix }
    return base == 4 || base == 5 ? 2 : 3
  }
}

/// Composes the bytes of one random instruction of any opcode map.
struct InstructionComposer {
  var bytes: [UInt8] = []
  private(set) var memory: ComposedMemory?
  /// Repeated MOVS, CMPS, STOS, LODS, SCAS.
  private(set) var isRepeatedString = false
  private(set) var isString = false
  /// The register or memory operand is a selector.
  private(set) var namesSelector = false
  private(set) var usesFarPointer = false
  /// Register of ModRM.rm.
  private(set) var rm = 0
  private var displacementPosition = 0
  private var displacementBytes = 0

  mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    memory = nil
    isRepeatedString = false
    isString = false
    namesSelector = false
    usesFarPointer = false
    rm = 0
    displacementBytes = 0
  }

  mutating func compose(_ mode: StepMode, _ random: inout RandomNumbers) {
    reset()
    let prefixes = choosePrefixes(mode, &random)
    let (map, opcode) = chooseOpcode(mode, &random)
    if map > 0 { bytes.append(0x0F) }
    if map > 1 { bytes.append(map == 2 ? 0x38 : 0x3A) }
    bytes.append(opcode)
    let form: UInt8 =
      switch map {
      case 0: OpcodeMaps.one[Int(opcode)]
      case 1: OpcodeMaps.two[Int(opcode)]
      case 2: OpcodeForm.modRM
      default: OpcodeForm.modRM | OpcodeForm.byte
      }
    classify(map, opcode, prefixes)
    var group: UInt8 = 0
    if form & OpcodeForm.modRM != 0 {
      group = appendModRM(
        mode, prefixes, onlyRegister: map == 1 && (0x20...0x23).contains(opcode), &random)
      if map == 0 && opcode == 0xFF { usesFarPointer = group == 3 || group == 5 }
    }
    appendImmediate(form & OpcodeForm.kind, group, mode, prefixes, &random)
  }

  // MARK: Prefixes and opcode

  private struct Prefixes {
    var operand = false
    var address = false
    var repeated = false
    var segment: Int?
    var rex: UInt8 = 0
  }

  private mutating func choosePrefixes(
    _ mode: StepMode, _ random: inout RandomNumbers
  ) -> Prefixes {
    var prefixes = Prefixes()
    if random.oneIn(2) {
      let count = random.oneIn(4) ? 2 + random.below(3) : 1
      for _ in 0..<count { appendPrefix(&prefixes, &random) }
    }
    guard mode == .long, random.oneIn(2) else { return prefixes }
    // One in sixteen has a prefix behind REX, which voids it.
    prefixes.rex = 0x40 | UInt8(random.below(16))
    bytes.append(prefixes.rex)
    if random.oneIn(16) {
      prefixes.rex = 0
      appendPrefix(&prefixes, &random)
    }
    return prefixes
  }

  private mutating func appendPrefix(_ prefixes: inout Prefixes, _ random: inout RandomNumbers) {
    let segments: [UInt8] = [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65]
    switch random.below(12) {
    case 0...3:
      prefixes.operand = true
      bytes.append(0x66)
    case 4, 5:
      prefixes.repeated = true
      bytes.append(0xF2)
    case 6, 7:
      prefixes.repeated = true
      bytes.append(0xF3)
    case 8:
      prefixes.address = true
      bytes.append(0x67)
    case 9: bytes.append(0xF0)
    default:
      let number = random.below(6)
      // In 64-bit mode the first four are ignored even after FS or GS.
      if prefixes.segment == nil || number > 3 || !random.oneIn(2) { prefixes.segment = number }
      bytes.append(segments[number])
    }
  }

  private func chooseOpcode(_ mode: StepMode, _ random: inout RandomNumbers) -> (Int, UInt8) {
    let opcode = UInt8(truncatingIfNeeded: random.next())
    switch random.below(32) {
    case 0..<15:
      let isPrefix =
        [0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x0F].contains(opcode)
        || (mode == .long && opcode & 0xF0 == 0x40)
      return (0, isPrefix ? opcode ^ 0x80 : opcode)
    case 15..<28: return (1, opcode == 0x38 || opcode == 0x3A ? 0xC7 : opcode)
    case 28..<30: return (2, opcode)
    default: return (3, opcode)
    }
  }

  private mutating func classify(_ map: Int, _ opcode: UInt8, _ prefixes: Prefixes) {
    guard map < 2 else { return }
    if map == 1 {
      namesSelector = opcode == 0x00 || opcode == 0x02 || opcode == 0x03
      usesFarPointer = [0xB2, 0xB4, 0xB5].contains(opcode)
      return
    }
    isString = [0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF].contains(opcode)
    isRepeatedString = isString && prefixes.repeated
    namesSelector = opcode == 0x8E || opcode == 0x63
    usesFarPointer = [0xC4, 0xC5, 0x07, 0x17, 0x1F, 0xCB, 0xCA, 0xCF].contains(opcode)
  }

  // MARK: Operands

  /// Appends ModRM and what belongs to it; returns ModRM.reg.
  private mutating func appendModRM(
    _ mode: StepMode, _ prefixes: Prefixes, onlyRegister: Bool, _ random: inout RandomNumbers
  ) -> UInt8 {
    let isMemory = !onlyRegister && !random.oneIn(3)
    let mod = isMemory ? UInt8(random.below(3)) : 3
    let reg = UInt8(random.below(8))
    let low = UInt8(random.below(8))
    bytes.append(mod << 6 | reg << 3 | low)
    rm = Int(low | (prefixes.rex & 1) << 3)
    guard isMemory else { return reg }
    var operand = ComposedMemory()
    operand.segmentPrefix = prefixes.segment
    switch mode {
    case .long: operand.addressBytes = prefixes.address ? 4 : 8
    case .protected32: operand.addressBytes = prefixes.address ? 2 : 4
    case .protected16: operand.addressBytes = prefixes.address ? 4 : 2
    }
    if operand.addressBytes == 2 {
      appendShort(&operand, mod, Int(low), &random)
    } else {
      appendLong(&operand, mod, low, mode, prefixes, &random)
    }
    memory = operand
    return reg
  }

  private mutating func appendShort(
    _ operand: inout ComposedMemory, _ mod: UInt8, _ low: Int, _ random: inout RandomNumbers
  ) {
    let isDirect = low == 6 && mod == 0
    if !isDirect {
      operand.base = [3, 3, 5, 5, 6, 7, 5, 3][low]
      operand.index = low < 4 ? [6, 7, 6, 7][low] : nil
    }
    appendDisplacement(&operand, mod == 1 ? 1 : mod == 2 || isDirect ? 2 : 0, &random)
  }

  private mutating func appendLong(
    _ operand: inout ComposedMemory, _ mod: UInt8, _ low: UInt8, _ mode: StepMode,
    _ prefixes: Prefixes, _ random: inout RandomNumbers
  ) {
    var isDirect = false
    if low == 4 {
      let sib = UInt8(truncatingIfNeeded: random.next())
      bytes.append(sib)
      let index = Int(sib >> 3 & 7 | (prefixes.rex & 2) << 2)
      if index != 4 {
        operand.index = index
        operand.scale = Int(sib >> 6)
      }
      isDirect = sib & 7 == 5 && mod == 0
      if !isDirect { operand.base = Int(sib & 7 | (prefixes.rex & 1) << 3) }
    } else if low == 5 && mod == 0 {
      isDirect = true
      operand.isPointerRelative = mode == .long
    } else {
      operand.base = Int(low | (prefixes.rex & 1) << 3)
    }
    appendDisplacement(&operand, mod == 1 ? 1 : mod == 2 || isDirect ? 4 : 0, &random)
  }

  private mutating func appendDisplacement(
    _ operand: inout ComposedMemory, _ count: Int, _ random: inout RandomNumbers
  ) {
    displacementPosition = bytes.count
    displacementBytes = count
    guard count > 0 else { return }
    let value = random.oneIn(2) ? random.next() : UInt64(random.below(256)) &- 128
    append(value, count)
    operand.displacement =
      switch count {
      case 1: Int64(Int8(truncatingIfNeeded: value))
      case 2: Int64(Int16(truncatingIfNeeded: value))
      default: Int64(Int32(truncatingIfNeeded: value))
      }
  }

  /// Gives an operand without registers its address.
  mutating func patchDisplacement(_ value: UInt64) {
    for index in 0..<displacementBytes {
      bytes[displacementPosition + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }

  private mutating func append(_ value: UInt64, _ count: Int) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }

  private mutating func appendImmediate(
    _ kind: UInt8, _ group: UInt8, _ mode: StepMode, _ prefixes: Prefixes,
    _ random: inout RandomNumbers
  ) {
    let isWide = mode == .long && prefixes.rex & 8 != 0
    let isHalf = !isWide && prefixes.operand != (mode == .protected16)
    let value = random.value()
    switch kind {
    case OpcodeForm.byte: append(value, 1)
    case OpcodeForm.word: append(value, isHalf ? 2 : 4)
    case OpcodeForm.half: append(value, 2)
    case OpcodeForm.enter:
      append(random.oneIn(2) ? UInt64(random.below(64)) : value, 2)
      append(random.oneIn(2) ? UInt64(random.below(4)) : value, 1)
    case OpcodeForm.wide: append(value, isWide ? 8 : isHalf ? 2 : 4)
    case OpcodeForm.offset: appendOffset(mode, prefixes)
    case OpcodeForm.pointer:
      append(value, isHalf ? 2 : 4)
      append(UInt64(StepSelector.local(random.below(16))), 2)
    case OpcodeForm.testByte where group < 2: append(value, 1)
    case OpcodeForm.testWord where group < 2: append(value, isHalf ? 2 : 4)
    case OpcodeForm.branch: append(value, isHalf && mode != .long ? 2 : 4)
    default: break
    }
  }

  private mutating func appendOffset(_ mode: StepMode, _ prefixes: Prefixes) {
    var operand = ComposedMemory()
    operand.segmentPrefix = prefixes.segment
    switch mode {
    case .long: operand.addressBytes = prefixes.address ? 4 : 8
    case .protected32: operand.addressBytes = prefixes.address ? 2 : 4
    case .protected16: operand.addressBytes = prefixes.address ? 4 : 2
    }
    displacementPosition = bytes.count
    displacementBytes = operand.addressBytes
    append(0, displacementBytes)
    memory = operand
  }
}
