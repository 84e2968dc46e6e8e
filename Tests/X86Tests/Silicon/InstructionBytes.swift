/// What the bytes of an instruction say, read without the help of the decoder under test.
///
/// Source: Intel SDM volume 2, "Instruction Format".
struct InstructionBytes {
  var hasOperandPrefix = false
  var hasAddressPrefix = false
  var hasLock = false
  /// 0, 0xF2, 0xF3: the last one counts.
  var repeatPrefix: UInt8 = 0
  var segmentPrefix: UInt8?
  var rex: UInt8 = 0
  /// 0 = one-byte opcodes, 1 = 0F, 2 = 0F 38, 3 = 0F 3A.
  var map = 0
  var opcode: UInt8 = 0
  /// The byte after the opcode, which is ModRM where the opcode has one.
  var modRM: UInt8 = 0
  /// The last byte of the code: the immediate where there is one.
  let last: UInt8
  let mode: StepMode

  init(_ bytes: [UInt8], mode: StepMode) {
    self.mode = mode
    last = bytes.last ?? 0xCC
    var position = 0
    func byte() -> UInt8 {
      defer { position += 1 }
      return position < bytes.count ? bytes[position] : 0xCC
    }
    prefixes: while true {
      let value = byte()
      switch value {
      case 0x66: hasOperandPrefix = true
      case 0x67: hasAddressPrefix = true
      case 0xF0: hasLock = true
      case 0xF2, 0xF3: repeatPrefix = value
      case 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65: segmentPrefix = value
      case 0x40...0x4F where mode == .long:
        rex = value
        continue prefixes
      default:
        opcode = value
        break prefixes
      }
      rex = 0
    }
    if opcode == 0x0F {
      map = 1
      opcode = byte()
      if opcode == 0x38 || opcode == 0x3A {
        map = opcode == 0x38 ? 2 : 3
        opcode = byte()
      }
    }
    modRM = byte()
  }

  var isRegister: Bool { modRM >= 0xC0 }
  /// ModRM.reg, an opcode extension in some opcodes.
  var group: Int { Int(modRM >> 3 & 7) }
  var rm: Int { Int(modRM & 7) }

  /// Bytes of a general operand of the opcode: odd ones have the operand size.
  var operandBytes: Int {
    if map == 0 && opcode & 1 == 0 && !(0x40...0x62).contains(opcode) { return 1 }
    return wideBytes
  }

  /// 2, 4 or 8 by mode and prefixes.
  var wideBytes: Int {
    if mode == .long && rex & 8 != 0 { return 8 }
    return hasOperandPrefix == (mode == .protected16) ? 4 : 2
  }

  /// The mandatory prefix of vector opcodes: 0, 0x66, 0xF2, 0xF3.
  var mandatoryPrefix: UInt8 {
    repeatPrefix != 0 ? repeatPrefix : hasOperandPrefix ? 0x66 : 0
  }

  /// Whether the simulated processor steps by TF, or by its budget.
  ///
  /// PUSHF shows TF. The trap that MOV SS and POP SS hold is delivered inside the kernel, which keeps
  /// it to itself.
  func stepsByTrapFlag(otherwise: Bool) -> Bool {
    guard map == 0 else { return otherwise }
    return opcode == 0x9C || (otherwise && opcode != 0x8E && opcode != 0x17)
  }

  /// The operand takes several accesses, each with its own checks.
  var hasManyAccesses: Bool {
    switch (map, opcode) {
    case (0, 0xD9), (0, 0xDD): group == 4 || group == 6
    case (0, 0xDB): group == 5 || group == 7
    case (0, 0xDF): group == 4 || group == 6
    case (0, 0x62), (0, 0xC4), (0, 0xC5), (1, 0xB2), (1, 0xB4), (1, 0xB5), (1, 0xAE): true
    case (0, 0xFF): group == 3 || group == 5
    default: false
    }
  }

  var isString: Bool {
    map == 0 && [0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF].contains(opcode)
  }

  /// Whether ModRM.reg chooses among instructions.
  var isGroup: Bool {
    switch (map, opcode) {
    case (0, 0x80...0x83), (0, 0x8F), (0, 0xC0), (0, 0xC1), (0, 0xC6), (0, 0xC7),
      (0, 0xD0...0xD3), (0, 0xD8...0xDF), (0, 0xF6), (0, 0xF7), (0, 0xFE), (0, 0xFF):
      true
    case (1, 0x00), (1, 0x01), (1, 0x0D), (1, 0x18), (1, 0x71...0x73), (1, 0xAE), (1, 0xBA),
      (1, 0xC7):
      true
    default: false
    }
  }

  /// Number of the form that the case exercises, below `formCount`.
  var form: Int {
    let prefix = [0: 0, 0x66: 1, 0xF2: 2, 0xF3: 3][Int(mandatoryPrefix)] ?? 0
    var number = mode.rawValue * 4 + map
    number = number * 256 + Int(opcode)
    number = number * 8 + (isGroup ? group : 0)
    number = number * 2 + (isRegister ? 1 : 0)
    return number * 4 + prefix
  }

  static let formCount = 3 * 4 * 256 * 8 * 2 * 4
}
