// Makes random instructions from the opcode maps' regular structure, with its own encoder (not the
// package's assembler, so that both do not share a mistake), and start states in which none of them
// faults: memory operands lie in the data page, divisions do not overflow.

import TestSupport

/// Generates cases of one or two 64-bit integer instructions.
struct InstructionGenerator {
  enum Form: CaseIterable {
    case alu, aluImmediate, aluAccumulator, test, unary, step, shift, doubleShift
    case multiply, multiplyTwo, divide, bit, bitImmediate, scan
    case conditionalMove, setByte, extend, move, moveImmediate, moveOffset, lea
    case exchange, exchangeAdd, compareExchange, compareExchangeWide, byteSwap, widen, flags
    case bitCount, bitManipulation, moveReversed
    case push, pop, string, repeatString, jump, call, frame, translate, nothing
    /// Only in 32-bit code; elsewhere as `nothing`.
    case decimal, pushAll
  }

  /// Bits of the flags register.
  enum Flag {
    static let carry: UInt64 = 0x1
    static let parity: UInt64 = 0x4
    static let adjust: UInt64 = 0x10
    static let zero: UInt64 = 0x40
    static let sign: UInt64 = 0x80
    static let overflow: UInt64 = 0x800
    static let arithmetic: UInt64 = 0x8D5
  }

  var random: RandomNumbers
  /// Bytes of data that memory operands lie in; beyond 4096 a page boundary is among them.
  let dataByteCount: Int
  /// Leaves about half of the registers at their `filler`.
  var isFrugal = false
  var code: [UInt8] = []
  var registers: [UInt64] = []
  var data: [UInt8] = []
  var undefined: UInt64 = 0
  /// Registers whose values memory operands must not change.
  var reserved: Set<Int> = []
  /// No memory operands; for instructions after others, whose addresses nobody knows.
  var hasRegistersOnly = false
  /// DF is set.
  var stringGoesDown = false

  /// Code for a 32-bit segment.
  let isNarrowCode: Bool

  init(seed: UInt64, dataByteCount: Int = 4160, isNarrowCode: Bool = false) {
    random = RandomNumbers(seed: seed)
    self.isNarrowCode = isNarrowCode
    self.dataByteCount = dataByteCount
    refillData()
  }

  private mutating func refillData() {
    data = (0..<dataByteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// The next case.
  mutating func next() -> DifferentialCase {
    next(Form.allCases[random.below(Form.allCases.count)])
  }

  /// Forms that leave no flag undefined but AF, which no other of them reads.
  private static let chainedForms: [Form] = [
    .alu, .aluImmediate, .aluAccumulator, .test, .unary, .step, .shift, .conditionalMove, .setByte,
    .extend, .move, .moveImmediate, .lea, .exchange, .exchangeAdd, .byteSwap, .widen, .jump,
    .nothing,
  ]

  /// A case of several instructions on registers, for flags that are worked out late.
  mutating func nextSequence() -> DifferentialCase {
    var test = next(.move)
    hasRegistersOnly = true
    code = []
    for _ in 0..<2 + random.below(8) {
      reserved = [4]
      emit(random.pick(Self.chainedForms))
    }
    hasRegistersOnly = false
    test.form = "sequence"
    test.code = code
    test.state.registers = registers
    test.undefinedFlags = Flag.adjust
    return test
  }

  /// The next case of a form.
  mutating func next(_ form: Form) -> DifferentialCase {
    code = []
    undefined = 0
    reserved = []
    registers = (0..<16).map { _ in random.value() }
    if isFrugal {
      for index in 3..<16 where random.oneIn(2) { registers[index] = Self.filler(index) }
    }
    registers[4] = UserLayout.data + UInt64(dataByteCount / 4 + random.below(dataByteCount / 4))
    if dataByteCount > 4096, random.oneIn(8) {
      registers[4] = UserLayout.data + 4096 - UInt64(random.below(8))
    }
    if random.oneIn(64) { refillData() }
    let before = data
    emit(form)
    let state = UserState(
      registers: registers, flags: random.next() & Flag.arithmetic | (stringGoesDown ? 0x400 : 0),
      data: data)
    data = before
    return DifferentialCase(
      form: "\(form)", code: code, state: state, undefinedFlags: undefined,
      isNarrowCode: isNarrowCode)
  }

  /// What a register holds that nobody set: its number in every byte.
  static func filler(_ register: Int) -> UInt64 { UInt64(register) &* 0x0101_0101_0101_0101 }

  private mutating func emit(_ form: Form) {
    stringGoesDown = false
    switch form {
    case .alu: alu()
    case .aluImmediate: aluImmediate()
    case .aluAccumulator: aluAccumulator()
    case .test: test()
    case .unary: unary()
    case .step: step()
    case .shift: shift()
    case .doubleShift: doubleShift()
    case .multiply: multiply()
    case .multiplyTwo: multiplyTwo()
    case .divide: divide()
    case .bit: bit()
    case .bitImmediate: bitImmediate()
    case .scan: scan()
    case .conditionalMove: conditionalMove()
    case .setByte: setByte()
    case .extend: extend()
    case .move: move()
    case .moveImmediate: moveImmediate()
    case .moveOffset: moveOffset()
    case .lea: lea()
    case .exchange: exchange()
    case .exchangeAdd: exchangeAdd()
    case .compareExchange: compareExchange()
    case .compareExchangeWide: compareExchangeWide()
    case .byteSwap: byteSwap()
    case .widen: widen()
    case .flags: flagInstruction()
    case .bitCount: bitCount()
    case .bitManipulation: bitManipulation()
    case .moveReversed: moveReversed()
    case .push: push()
    case .pop: pop()
    case .string: string(repeats: false)
    case .repeatString: string(repeats: true)
    case .jump: jump()
    case .call: call()
    case .frame: frame()
    case .translate: translate()
    case .nothing: nothing()
    case .decimal: isNarrowCode ? decimal() : nothing()
    case .pushAll: isNarrowCode ? pushAll() : nothing()
    }
  }

  // MARK: Encoding

  enum Target {
    case register(Int)
    /// Data of this many bytes.
    case memory(Int)
  }

  mutating func width() -> Int { random.pick(isNarrowCode ? [1, 2, 4] : [1, 2, 4, 8]) }
  mutating func wideWidth() -> Int { random.pick(isNarrowCode ? [2, 4] : [2, 4, 8]) }
  mutating func register() -> Int { random.below(isNarrowCode ? 8 : 16) }

  /// A register, or data of the width.
  mutating func target(_ width: Int) -> Target {
    hasRegistersOnly || random.oneIn(2) ? .register(register()) : .memory(width)
  }

  /// Where data of a size lie; often across the boundary of two pages.
  mutating func offset(_ byteCount: Int) -> Int {
    guard dataByteCount > 4096, byteCount > 1, random.oneIn(8) else {
      return random.below(dataByteCount - byteCount + 1)
    }
    return min(4096 - 1 - random.below(byteCount - 1), dataByteCount - byteCount)
  }

  mutating func immediate(_ byteCount: Int) -> [UInt8] {
    let value = random.value()
    return (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  /// Emits an instruction with a ModRM byte; returns where the memory operand lies in the data.
  @discardableResult
  mutating func emit(
    _ opcode: [UInt8], _ width: Int, field: Int, _ target: Target, immediate: [UInt8] = [],
    prefix: UInt8? = nil, lockable: Bool = false, offset wanted: Int? = nil
  ) -> Int? {
    var prefixes: [UInt8] = []
    var rex: UInt8 = width == 8 ? 8 : 0
    if width == 2 { prefixes.append(0x66) }
    rex |= UInt8(field >> 3) << 2
    var tail: [UInt8] = []
    var place: Int?
    switch target {
    case .register(let number):
      if let prefix { prefixes.append(prefix) }
      rex |= UInt8(number >> 3)
      tail = [0xC0 | UInt8(field & 7) << 3 | UInt8(number & 7)]
    case .memory(let byteCount):
      let offset = wanted ?? self.offset(byteCount)
      place = offset
      if random.oneIn(16) {
        // In 32-bit code a store through CS faults.
        prefixes.append(random.pick(isNarrowCode ? [0x26, 0x36, 0x3E] : [0x26, 0x2E, 0x36, 0x3E]))
      }
      let isNarrow = !isNarrowCode && random.oneIn(8)
      if isNarrow { prefixes.append(0x67) }
      if lockable, random.oneIn(4) { prefixes.append(0xF0) }
      if let prefix { prefixes.append(prefix) }
      let address = MemoryOperand(
        address: UserLayout.data + UInt64(offset), isNarrow: isNarrow)
      tail = emitAddress(
        address, field: field, rex: &rex,
        lengthWithoutTail: prefixes.count + opcode.count + immediate.count)
    }
    if random.oneIn(16), !isNarrowCode { rex |= 0x40 }
    var bytes = prefixes
    if rex != 0 { bytes.append(0x40 | rex) }
    bytes += opcode + tail + immediate
    code += bytes
    return place
  }

  struct MemoryOperand {
    var address: UInt64
    var isNarrow: Bool
  }

  private mutating func addressRegister(excluding other: Int? = nil) -> Int? {
    for _ in 0..<8 {
      let number = register()
      if number != other, !reserved.contains(number) { return number }
    }
    return nil
  }

  /// ModRM, SIB and displacement that reach the address; sets the registers that they use.
  private mutating func emitAddress(
    _ operand: MemoryOperand, field: Int, rex: inout UInt8, lengthWithoutTail: Int
  ) -> [UInt8] {
    let reg = UInt8(field & 7) << 3
    let noise = operand.isNarrow ? random.next() << 32 : 0
    let base = addressRegister()
    let index = addressRegister(excluding: base)
    let kind = random.below(8)
    if isNarrowCode, kind == 0 || base == nil { return [reg | 5] + bytes32(operand.address) }
    if kind == 0 || base == nil {
      // Relative to RIP; an extra REX would move it, so there is one for sure.
      rex |= 0x40
      let end = UserLayout.code + UInt64(code.count + lengthWithoutTail + 1 + 5)
      return [reg | 5] + bytes32(operand.address &- end)
    }
    guard let base, kind != 1 else { return [reg | 4, 0x25] + bytes32(operand.address) }
    let displacement = randomDisplacement()
    guard let index, index != 4, kind >= 4 else {
      rex |= UInt8(base >> 3)
      let mode = displacementMode(displacement, base)
      let value = operand.address &- displacement.value
      registers[base] = operand.isNarrow ? value & 0xFFFF_FFFF | noise : value
      var tail: [UInt8] = [mode | reg | UInt8(base & 7)]
      if base & 7 == 4 { tail.append(0x24) }
      return tail + displacementBytes(displacement, mode)
    }
    let scale = UInt64(random.below(4))
    rex |= UInt8(index >> 3) << 1
    registers[index] = random.value()
    if kind == 4 {
      // Index and displacement only.
      let near = Int64(Int32(truncatingIfNeeded: random.next())) >> 4
      registers[index] = UInt64(bitPattern: near)
      let rest = operand.address &- (registers[index] << scale)
      return [reg | 4, UInt8(scale) << 6 | UInt8(index & 7) << 3 | 5] + bytes32(rest)
    }
    rex |= UInt8(base >> 3)
    let mode = displacementMode(displacement, base)
    var value = operand.address &- displacement.value &- (registers[index] << scale)
    if operand.isNarrow { value = value & 0xFFFF_FFFF | noise }
    registers[base] = value
    let sib = UInt8(scale) << 6 | UInt8(index & 7) << 3 | UInt8(base & 7)
    return [mode | reg | 4, sib] + displacementBytes(displacement, mode)
  }

  private struct Displacement {
    var value: UInt64
    var isByte: Bool
  }

  private mutating func randomDisplacement() -> Displacement {
    switch random.below(4) {
    case 0: Displacement(value: 0, isByte: true)
    case 1:
      Displacement(
        value: UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: random.next()))), isByte: false)
    default:
      Displacement(
        value: UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: random.next()))), isByte: true)
    }
  }

  private func displacementMode(_ displacement: Displacement, _ base: Int) -> UInt8 {
    if displacement.value == 0, base & 7 != 5 { return 0 }
    return displacement.isByte ? 0x40 : 0x80
  }

  private func displacementBytes(_ displacement: Displacement, _ mode: UInt8) -> [UInt8] {
    switch mode {
    case 0x40: [UInt8(truncatingIfNeeded: displacement.value)]
    case 0x80: bytes32(displacement.value)
    default: []
    }
  }

  func bytes32(_ value: UInt64) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  /// Emits an instruction without a ModRM byte.
  mutating func emitPlain(_ opcode: [UInt8], _ width: Int, immediate: [UInt8] = []) {
    if width == 2 { code.append(0x66) }
    if width == 8 { code.append(0x48) }
    code += opcode + immediate
  }
}
