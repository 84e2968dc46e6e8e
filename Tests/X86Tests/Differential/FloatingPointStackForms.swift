import TestSupport

/// x87, from random stacks; without the transcendental functions, which differ by maker.
extension FloatingPointGenerator {
  private enum StackForm: CaseIterable {
    case arithmetic, integerArithmetic, load, store, compare, conditional, constant, unary, exchange
    case control, decimal, statusWord
  }

  private static let conditionBits: UInt16 = 0x4500

  /// The next x87 case.
  mutating func nextStack() -> DifferentialCase {
    begin()
    let form = integer.random.pick(StackForm.allCases)
    let leavesConditions = emit(form)
    let precision = UInt16(integer.random.pick([0x000, 0x200, 0x300, 0x300]))
    let rounding = UInt16(integer.random.below(4)) << 10
    var test = finish(form: "x87 \(form)", control: 0x7F | precision | rounding)
    test.undefinedStatus = leavesConditions ? 0 : Self.conditionBits
    return test
  }

  private mutating func stackRegister() -> UInt8 { UInt8(integer.random.below(8)) }

  private mutating func memory(_ opcode: UInt8, _ field: Int, _ byteCount: Int) {
    integer.emit([opcode], 4, field: field, .memory(byteCount))
  }

  /// Emits an instruction; true if it defines C0, C2 and C3.
  private mutating func emit(_ form: StackForm) -> Bool {
    switch form {
    case .arithmetic: arithmetic()
    case .integerArithmetic:
      let isWord = integer.random.oneIn(2)
      let field = integer.random.pick([0, 1, 4, 5, 6, 7])
      memory(isWord ? 0xDE : 0xDA, field, isWord ? 2 : 4)
    case .load: load()
    case .store: store()
    case .compare:
      compare()
      return true
    case .conditional:
      let low = UInt8(integer.random.pick([0xC0, 0xC8, 0xD0, 0xD8])) | stackRegister()
      integer.code += [integer.random.pick([0xDA, 0xDB]), low]
    case .constant: integer.code += [0xD9, 0xE8 + UInt8(integer.random.below(7))]
    case .unary: return unary()
    case .exchange:
      integer.code += integer.random.pick([
        [0xD9, 0xC8 | stackRegister()], [0xDD, 0xC0 | stackRegister()], [0xD9, 0xF6], [0xD9, 0xF7],
      ])
    case .control: control()
    case .decimal: decimal()
    case .statusWord:
      if integer.random.oneIn(2) { integer.code += [0xDF, 0xE0] } else { memory(0xDD, 7, 2) }
      return true
    }
    return false
  }

  private mutating func arithmetic() {
    let field = integer.random.pick([0, 1, 4, 5, 6, 7])
    switch integer.random.below(5) {
    case 0: memory(0xD8, field, 4)
    case 1: memory(0xDC, field, 8)
    default:
      let opcode: UInt8 = integer.random.pick([0xD8, 0xDC, 0xDE])
      integer.code += [opcode, 0xC0 | UInt8(field) << 3 | stackRegister()]
    }
  }

  private mutating func load() {
    switch integer.random.below(7) {
    case 0: memory(0xD9, 0, 4)
    case 1: memory(0xDD, 0, 8)
    case 2: memory(0xDB, 5, 10)
    case 3: memory(0xDF, 0, 2)
    case 4: memory(0xDB, 0, 4)
    case 5: memory(0xDF, 5, 8)
    default: integer.code += [0xD9, 0xC0 | stackRegister()]
    }
  }

  private mutating func store() {
    switch integer.random.below(9) {
    case 0: memory(0xD9, integer.random.pick([2, 3]), 4)
    case 1: memory(0xDD, integer.random.pick([2, 3]), 8)
    case 2: memory(0xDB, 7, 10)
    case 3: memory(0xDF, integer.random.pick([2, 3]), 2)
    case 4: memory(0xDB, integer.random.pick([2, 3]), 4)
    case 5: memory(0xDF, 7, 8)
    default: integer.code += [0xDD, integer.random.pick([0xD0, 0xD8]) | stackRegister()]
    }
  }

  private mutating func compare() {
    switch integer.random.below(8) {
    case 0: memory(0xD8, integer.random.pick([2, 3]), 4)
    case 1: memory(0xDC, integer.random.pick([2, 3]), 8)
    case 2: memory(0xDA, integer.random.pick([2, 3]), 4)
    case 3: memory(0xDE, integer.random.pick([2, 3]), 2)
    case 4: integer.code += [0xD8, integer.random.pick([0xD0, 0xD8]) | stackRegister()]
    case 5: integer.code += [0xDD, integer.random.pick([0xE0, 0xE8]) | stackRegister()]
    case 6: integer.code += integer.random.pick([[0xDA, 0xE9], [0xDE, 0xD9], [0xD9, 0xE4]])
    default:
      let opcode: UInt8 = integer.random.pick([0xDB, 0xDF])
      integer.code += [opcode, integer.random.pick([0xE8, 0xF0]) | stackRegister()]
    }
  }

  /// Instructions on ST(0); FXAM and the remainders define the condition codes.
  private mutating func unary() -> Bool {
    let second: UInt8 = integer.random.pick([
      0xE0, 0xE1, 0xE5, 0xF4, 0xF5, 0xF8, 0xFA, 0xFC, 0xFD, 0xD0,
    ])
    integer.code += [0xD9, second]
    return [0xE5, 0xF5, 0xF8].contains(second)
  }

  private mutating func control() {
    switch integer.random.below(4) {
    case 0: memory(0xD9, 7, 2)
    case 1:
      // FLDCW of a word that masks all exceptions.
      let offset = integer.random.below(integer.dataByteCount - 1)
      integer.data[offset] = 0x7F
      integer.data[offset + 1] = UInt8(integer.random.pick([0x00, 0x03, 0x06, 0x0B, 0x0F]))
      integer.emit([0xD9], 4, field: 5, .memory(2), offset: offset)
    case 2: integer.code += [0xDB, 0xE2]
    default: integer.code += [0xDB, 0xE3]
    }
  }

  /// FBLD of decimal digits, FBSTP.
  private mutating func decimal() {
    let offset = integer.random.below(integer.dataByteCount - 9)
    if integer.random.oneIn(2) {
      for index in 0..<9 {
        let digits = integer.random.below(100)
        integer.data[offset + index] = UInt8(digits / 10 << 4 | digits % 10)
      }
      integer.data[offset + 9] = integer.random.oneIn(2) ? 0x80 : 0
      integer.emit([0xDF], 4, field: 4, .memory(10), offset: offset)
    } else {
      integer.emit([0xDF], 4, field: 6, .memory(10), offset: offset)
    }
  }
}
