/// Reads the bytes of one instruction (Intel SDM volume 2, "Instruction Format").
struct Decoder {
  private let bytes: UnsafeRawPointer
  private let available: Int
  private var position = 0
  private var result: Instruction

  private init(
    _ bytes: UnsafeRawPointer, _ available: Int, mode: UInt32, features: ProcessorFeatures
  ) {
    self.bytes = bytes
    self.available = available
    result = Instruction(mode: mode, features: features)
  }

  /// Decodes one instruction of a code mode from at most `available` bytes.
  static func decode(
    _ bytes: UnsafeRawPointer, available: Int, mode: UInt32,
    features: ProcessorFeatures = .baseline
  ) throws(DecodeFailure) -> Instruction {
    var decoder = Decoder(bytes, available, mode: mode, features: features)
    try decoder.readPrefixes()
    try decoder.readOpcode()
    try decoder.readOperands()
    decoder.result.length = UInt8(truncatingIfNeeded: decoder.position)
    return decoder.result
  }

  private mutating func byte() throws(DecodeFailure) -> UInt8 {
    guard position < 15 else { throw .tooLong }
    guard position < available else { throw .truncated }
    defer { position += 1 }
    return bytes.load(fromByteOffset: position, as: UInt8.self)
  }

  private mutating func number<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type
  ) throws(DecodeFailure) -> T {
    let count = MemoryLayout<T>.size
    let end = position &+ count
    guard end <= available else { throw available < 15 ? .truncated : .tooLong }
    guard end <= 15 else { throw .tooLong }
    defer { position = end }
    return bytes.loadUnaligned(fromByteOffset: position, as: type)
  }

  private mutating func readPrefixes() throws(DecodeFailure) {
    var hasAddressPrefix = false
    prefixes: while true {
      let prefix = try byte()
      switch prefix {
      case 0x66: result.hasOperandPrefix = true
      case 0x67: hasAddressPrefix = true
      case 0xF0: result.hasLock = true
      case 0xF2, 0xF3: result.repeatPrefix = prefix
      case 0x26: setSegment(0)
      case 0x2E: setSegment(1)
      case 0x36: setSegment(2)
      case 0x3E: setSegment(3)
      case 0x64: result.segmentPrefix = 4
      case 0x65: result.segmentPrefix = 5
      case 0x40...0x4F where result.isLong:
        result.rex = prefix
        result.opcode = try byte()
        if isPrefix(result.opcode) {
          // A REX prefix that is not directly before the opcode is ignored.
          result.rex = 0
          position -= 1
          continue prefixes
        }
        break prefixes
      default:
        result.opcode = prefix
        break prefixes
      }
    }
    setSizes(hasAddressPrefix)
  }

  private func isPrefix(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x40...0x4F: true
    default: false
    }
  }

  /// ES, CS, SS and DS prefixes mean nothing in 64-bit mode.
  private mutating func setSegment(_ number: UInt8) {
    if !result.isLong { result.segmentPrefix = number }
  }

  private mutating func setSizes(_ hasAddressPrefix: Bool) {
    switch result.mode {
    case CodeMode.long64:
      result.operandSize = result.rex & 8 != 0 ? 8 : result.hasOperandPrefix ? 2 : 4
      result.addressSize = hasAddressPrefix ? 4 : 8
    case CodeMode.protected32:
      result.operandSize = result.hasOperandPrefix ? 2 : 4
      result.addressSize = hasAddressPrefix ? 2 : 4
    default:
      result.operandSize = result.hasOperandPrefix ? 4 : 2
      result.addressSize = hasAddressPrefix ? 4 : 2
    }
  }

  private mutating func readOpcode() throws(DecodeFailure) {
    if startsVEX { return try readVEX() }
    guard result.opcode == 0x0F else { return }
    result.map = 1
    result.opcode = try byte()
    if result.opcode == 0x38 || result.opcode == 0x3A {
      result.map = result.opcode == 0x38 ? 2 : 3
      result.opcode = try byte()
    }
  }

  /// Whether C4 or C5 begins a VEX prefix.
  ///
  /// Outside 64-bit mode it is LES or LDS unless its next byte would name a register. A processor that
  /// has no instruction in this encoding has no VEX.
  private var startsVEX: Bool {
    guard result.opcode == 0xC4 || result.opcode == 0xC5, result.features.contains(.bmi1),
      result.mode != CodeMode.real16
    else { return false }
    return result.isLong
      || (position < available && bytes.load(fromByteOffset: position, as: UInt8.self) >= 0xC0)
  }

  private mutating func readVEX() throws(DecodeFailure) {
    let isLegal =
      !result.hasOperandPrefix && result.repeatPrefix == 0 && !result.hasLock && result.rex == 0
    let isShort = result.opcode == 0xC5
    let first = try byte()
    let last = isShort ? first & 0x7F : try byte()
    result.map = isShort ? 1 : first & 0x1F
    result.opcode = try byte()
    var rex = 0x40 | ~first >> 5 & 4
    if !isShort { rex |= ~first >> 5 & 3 | last >> 4 & 8 }
    result.rex = result.isLong ? rex : 0
    result.operandSize = result.isLong && rex & 8 != 0 ? 8 : 4
    result.vex = VEXPrefix(
      mandatoryPrefix: last & 3, isLong: last & 4 != 0,
      register: ~last >> 3 & (result.isLong ? 15 : 7), isLegal: isLegal)
  }

  private mutating func readOperands() throws(DecodeFailure) {
    let form: UInt8 =
      switch result.map {
      // Cannot trap: the maps have 256 entries.
      case 0: OpcodeMaps.one[Int(result.opcode)]
      // Cannot trap: the same.
      case 1: OpcodeMaps.two[Int(result.opcode)]
      case 2: OpcodeForm.modRM
      default: OpcodeForm.modRM | OpcodeForm.byte
      }
    if form & OpcodeForm.modRM != 0 { try readModRM() }
    try readImmediate(form & OpcodeForm.kind)
  }

  private mutating func readModRM() throws(DecodeFailure) {
    let modRM = try byte()
    result.modRM = modRM
    result.mod = modRM >> 6
    result.reg = modRM >> 3 & 7 | (result.rex & 4) << 1
    let low = modRM & 7
    result.rm = low | (result.rex & 1) << 3
    // MOV to and from control and debug registers take a register whatever mod says.
    if result.map == 1 && (0x20...0x23).contains(result.opcode) { result.mod = 3 }
    guard result.isMemory else { return }
    if result.addressSize == 2 { return try readShortAddress(low) }
    if low == 4 {
      try readScaledAddress()
    } else if low == 5 && result.mod == 0 {
      result.displacement = Int64(try number(Int32.self))
      result.isPointerRelative = result.isLong
    } else {
      result.base = result.rm
    }
    if result.mod == 1 { result.displacement = Int64(try number(Int8.self)) }
    if result.mod == 2 { result.displacement = Int64(try number(Int32.self)) }
  }

  private mutating func readScaledAddress() throws(DecodeFailure) {
    let sib = try byte()
    let index = sib >> 3 & 7 | (result.rex & 2) << 2
    if index != 4 {
      result.index = index
      result.scale = sib >> 6
    }
    if sib & 7 == 5 && result.mod == 0 {
      result.displacement = Int64(try number(Int32.self))
    } else {
      result.base = sib & 7 | (result.rex & 1) << 3
    }
  }

  /// 16-bit address forms: BX+SI BX+DI BP+SI BP+DI SI DI BP BX.
  private mutating func readShortAddress(_ low: UInt8) throws(DecodeFailure) {
    let bases: [8 of UInt8] = [3, 3, 5, 5, 6, 7, 5, 3]
    let indices: [4 of UInt8] = [6, 7, 6, 7]
    if low == 6 && result.mod == 0 {
      result.displacement = Int64(try number(UInt16.self))
      return
    }
    result.base = bases[Int(low & 7)]
    if low < 4 { result.index = indices[Int(low & 3)] }
    if result.mod == 1 { result.displacement = Int64(try number(Int8.self)) }
    if result.mod == 2 { result.displacement = Int64(try number(Int16.self)) }
  }

  private mutating func readImmediate(_ kind: UInt8) throws(DecodeFailure) {
    switch kind {
    case OpcodeForm.byte: try readSigned(1)
    case OpcodeForm.word: try readSigned(result.operandSize == 2 ? 2 : 4)
    case OpcodeForm.half: result.immediate = UInt64(try number(UInt16.self))
    case OpcodeForm.enter:
      result.immediate = UInt64(try number(UInt16.self))
      result.immediate |= UInt64(try byte()) << 16
    case OpcodeForm.wide:
      if result.operandSize == 8 {
        result.immediate = try number(UInt64.self)
      } else {
        try readSigned(result.operandSize == 2 ? 2 : 4)
      }
    case OpcodeForm.offset: try readOffset()
    case OpcodeForm.pointer:
      let offset =
        result.operandSize == 2
        ? UInt64(try number(UInt16.self)) : UInt64(try number(UInt32.self))
      result.immediate = offset | UInt64(try number(UInt16.self)) << 32
    case OpcodeForm.testByte where result.group < 2: try readSigned(1)
    case OpcodeForm.testWord where result.group < 2:
      try readSigned(result.operandSize == 2 ? 2 : 4)
    case OpcodeForm.branch: try readSigned(result.operandSize == 2 ? 2 : 4)
    default: break
    }
  }

  private mutating func readSigned(_ count: Int) throws(DecodeFailure) {
    let value: Int64 =
      switch count {
      case 1: Int64(try number(Int8.self))
      case 2: Int64(try number(Int16.self))
      default: Int64(try number(Int32.self))
      }
    result.immediate = UInt64(bitPattern: value)
  }

  private mutating func readOffset() throws(DecodeFailure) {
    result.mod = 0
    switch result.addressSize {
    case 2: result.displacement = Int64(try number(UInt16.self))
    case 4: result.displacement = Int64(try number(UInt32.self))
    default: result.displacement = try number(Int64.self)
    }
  }
}
