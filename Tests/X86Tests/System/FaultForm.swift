@testable import X86

/// An instruction of which every access is to fault.
struct FaultForm: Sendable {
  let code: [UInt8]
  /// Values in storage that it needs: address less the segment's base, bytes, value.
  var storage: [(address: UInt64, count: Int, value: UInt64)] = []
  /// Registers that do not have their usual value.
  var registers: [(register: GeneralRegister, value: UInt64)] = []
  var name: String = ""

  var description: String {
    name.isEmpty
      ? code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() : name
  }

  /// MOVS, CMPS, STOS, LODS, SCAS, INS and OUTS keep what was done before the fault.
  var isRepeated: Bool {
    var bytes = code[...]
    var repeats = false
    while let first = bytes.first, [0x66, 0x67, 0xF2, 0xF3, 0x48].contains(first) {
      repeats = repeats || first == 0xF2 || first == 0xF3
      bytes = bytes.dropFirst()
    }
    guard repeats, let opcode = bytes.first else { return false }
    return (0xA4...0xA7).contains(opcode) || (0xAA...0xAF).contains(opcode)
      || (0x6C...0x6F).contains(opcode)
  }

  // MARK: All forms of the decoder's maps

  /// Every opcode of the maps with every prefix that makes another instruction of it, its operand at
  /// [RBX], [EBX] or [BX], and every member of the groups.
  static func all(_ mode: FaultMachine.Mode, _ features: ProcessorFeatures) -> [FaultForm] {
    var forms: [FaultForm] = []
    let wide: [[UInt8]] = mode == .long ? [[0x48], [0x66, 0x48]] : []
    for prefix in [[], [0x66], [0xF3], [0xF2]] + wide {
      for map in 0..<4 {
        for opcode in UInt8.min...UInt8.max {
          let lead = prefix + [[], [0x0F], [0x0F, 0x38], [0x0F, 0x3A]][map] + [opcode]
          if map == 0 && (isPrefix(opcode, mode) || repeatsNothing(prefix, opcode)) { continue }
          let hasModRM =
            map > 1 || (map == 0 ? OpcodeMaps.one : OpcodeMaps.two)[Int(opcode)] & 0x80 != 0
          for field in hasModRM ? fields(map, opcode) : 0...0 {
            let modRM: [UInt8] = hasModRM ? [field << 3 | (mode == .narrow ? 7 : 3)] : []
            if let code = complete(lead + modRM, mode, features) {
              forms.append(FaultForm(code: code))
            }
          }
        }
      }
    }
    return forms
  }

  private static func isPrefix(_ opcode: UInt8, _ mode: FaultMachine.Mode) -> Bool {
    switch opcode {
    case 0x0F, 0x26, 0x2E, 0x36, 0x3E, 0x64...0x67, 0xF0, 0xF2, 0xF3: true
    case 0x40...0x4F: mode == .long
    default: false
    }
  }

  /// F2 and F3 make nothing else of a one-byte opcode that is not a string instruction's.
  private static func repeatsNothing(_ prefix: [UInt8], _ opcode: UInt8) -> Bool {
    guard prefix == [0xF2] || prefix == [0xF3] else { return false }
    return ![0x6C...0x6F, 0xA4...0xA7, 0xAA...0xAF].contains { $0.contains(opcode) }
  }

  /// ModRM.reg: all of a group's, or one register.
  private static func fields(_ map: Int, _ opcode: UInt8) -> ClosedRange<UInt8> {
    switch (map, opcode) {
    case (0, 0x80...0x83), (0, 0x8C), (0, 0x8E), (0, 0x8F), (0, 0xC0), (0, 0xC1),
      (0, 0xC6), (0, 0xC7), (0, 0xD0...0xD3), (0, 0xD8...0xDF), (0, 0xF6), (0, 0xF7), (0, 0xFE),
      (0, 0xFF), (1, 0x00), (1, 0x01), (1, 0x0D), (1, 0x18), (1, 0xAE), (1, 0xBA), (1, 0xC7):
      0...7
    default: 1...1
    }
  }

  /// The instruction with an immediate of zeros; nil when it has no legal length.
  private static func complete(
    _ start: [UInt8], _ mode: FaultMachine.Mode, _ features: ProcessorFeatures
  ) -> [UInt8]? {
    let padded = start + [UInt8](repeating: 0, count: 16)
    let codeMode =
      switch mode {
      case .long: CodeMode.long64
      case .wide: CodeMode.protected32
      case .narrow: CodeMode.protected16
      }
    return padded.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress,
        let instruction = try? Decoder.decode(
          base, available: 15, mode: codeMode, features: features)
      else { return nil }
      return Array(padded.prefix(Int(instruction.length)))
    }
  }

  // MARK: Forms that need something prepared

  private typealias Machine = FaultMachine
  private typealias Selector = FaultMachine.Selector
  private static let operand = Machine.operand + 0x800
  private static let stack = Machine.stack + 0x800
  private static let target: UInt64 = 0x9200

  /// Transfers, segment loads and other instructions whose operands must mean something.
  static func prepared(_ mode: FaultMachine.Mode) -> [FaultForm] {
    mode == .long ? preparedLong : mode == .wide ? preparedWide : []
  }

  private static func operand(_ name: String, _ code: [UInt8], _ value: UInt64) -> FaultForm {
    FaultForm(code: code, storage: [(operand, 8, value)], name: name)
  }

  private static func frame(
    _ name: String, _ code: [UInt8], _ words: [UInt64], size: Int
  ) -> FaultForm {
    FaultForm(
      code: code,
      storage: words.enumerated().map { (stack + UInt64($0.offset * size), size, $0.element) },
      name: name)
  }

  private static func far(_ selector: UInt16, _ offset: UInt64 = 0x9200) -> UInt64 {
    offset | UInt64(selector) << 32
  }

  private static func selectors(_ selector: UInt16) -> [FaultForm] {
    let word = UInt64(selector)
    var forms: [FaultForm] = []
    forms.append(operand("mov ds, [bx]", [0x8E, 0x1B], word))
    forms.append(operand("mov fs, [bx]", [0x8E, 0x23], word))
    forms.append(operand("mov ss, [bx]", [0x8E, 0x13], word))
    forms.append(operand("lss", [0x0F, 0xB2, 0x0B], far(selector)))
    forms.append(operand("lfs", [0x0F, 0xB4, 0x0B], far(selector)))
    forms.append(operand("lgs of words", [0x66, 0x0F, 0xB5, 0x0B], word << 16))
    forms.append(operand("verr", [0x0F, 0x00, 0x23], word))
    forms.append(operand("verw", [0x0F, 0x00, 0x2B], word))
    forms.append(operand("lar", [0x0F, 0x02, 0x0B], word))
    forms.append(operand("lsl", [0x0F, 0x03, 0x0B], word))
    return forms
  }

  private static let preparedLong: [FaultForm] = {
    let (code, user) = (UInt64(Selector.code64), UInt64(Selector.userCode64))
    let (data, userData) = (UInt64(Selector.data), UInt64(Selector.userData))
    let flags: UInt64 = 0x3002
    var forms = selectors(Selector.data)
    forms.append(frame("pop fs", [0x0F, 0xA1], [data], size: 8))
    forms.append(operand("lldt", [0x0F, 0x00, 0x13], UInt64(Selector.localTable)))
    forms.append(operand("ltr", [0x0F, 0x00, 0x1B], UInt64(Selector.task)))
    forms.append(operand("call far", [0xFF, 0x1B], far(Selector.code64)))
    forms.append(operand("jmp far", [0xFF, 0x2B], far(Selector.code64)))
    forms.append(operand("call far by a gate", [0xFF, 0x1B], far(Selector.gate)))
    forms.append(operand("jmp far by a gate", [0xFF, 0x2B], far(Selector.gate)))
    forms.append(frame("retf", [0xCB], [target, code], size: 4))
    forms.append(frame("retf of 64 bits", [0x48, 0xCB], [target, code], size: 8))
    forms.append(
      frame("retf outwards", [0x48, 0xCB], [target, user, 0x8000, userData], size: 8))
    forms.append(frame("iretq", [0x48, 0xCF], [target, code, flags, 0x8000, data], size: 8))
    forms.append(
      frame("iretq outwards", [0x48, 0xCF], [target, user, flags, 0x8000, userData], size: 8))
    forms.append(
      frame(
        "iretq to 32-bit code", [0x48, 0xCF],
        [target, UInt64(Selector.userCode), flags, 0x8000, userData], size: 8))
    forms.append(FaultForm(code: [0xCD, 0x80], name: "int 80"))
    forms.append(FaultForm(code: [0xCD, 0x81], name: "int 81 with a stack of its own"))
    forms.append(FaultForm(code: [0xC8, 0x20, 0x00, 0x03], name: "enter 32, 3"))
    forms.append(FaultForm(code: [0xC8, 0x00, 0x20, 0x1F], name: "enter 8192, 31"))
    forms.append(
      FaultForm(
        code: [0x48, 0x0F, 0xAB, 0x0B], registers: [(.rcx, 8 * 4096 + 1)], name: "bts far"))
    forms.append(
      FaultForm(
        code: [0xF0, 0x0F, 0xBB, 0x0B], registers: [(.rcx, 0xFFFF_FFFF_FFFF_C000)],
        name: "lock btc back"))
    forms.append(FaultForm(code: [0x66, 0x0F, 0xF7, 0xC1], name: "maskmovdqu"))
    forms.append(FaultForm(code: [0x0F, 0xF7, 0xC1], name: "maskmovq"))
    forms.append(
      FaultForm(code: [0x41, 0xFF, 0x34, 0x24], registers: [(.r12, operand)], name: "push [r12]"))
    forms.append(FaultForm(code: [0x8F, 0x44, 0x24, 0x10], name: "pop [rsp + 16]"))
    return forms
  }()

  private static let preparedWide: [FaultForm] = {
    let (code, data) = (UInt64(Selector.userCode), UInt64(Selector.userData))
    var forms = selectors(Selector.userData)
    forms.append(frame("pop ds", [0x1F], [data], size: 4))
    forms.append(frame("pop ss", [0x17], [data], size: 4))
    forms.append(operand("les", [0xC4, 0x0B], far(Selector.userData)))
    forms.append(operand("lds", [0xC5, 0x0B], far(Selector.userData)))
    forms.append(operand("bound", [0x62, 0x0B], 0x7FFF_FFFF_0000_0000))
    forms.append(operand("call far [ebx]", [0xFF, 0x1B], far(Selector.userCode)))
    forms.append(operand("jmp far [ebx]", [0xFF, 0x2B], far(Selector.userCode)))
    forms.append(FaultForm(code: [0x9A, 0, 0x92, 0, 0, 0x1B, 0x10], name: "call far"))
    forms.append(FaultForm(code: [0xEA, 0, 0x92, 0, 0, 0x1B, 0x10], name: "jmp far"))
    forms.append(
      FaultForm(code: [0x9A, 0, 0, 0, 0, 0x73, 0x10], name: "call far by a gate inwards"))
    forms.append(frame("retf", [0xCB], [target, code], size: 4))
    forms.append(frame("retf 8", [0xCA, 8, 0], [target, code], size: 4))
    forms.append(frame("iret", [0xCF], [target, code, 0x3002], size: 4))
    forms.append(FaultForm(code: [0xCD, 0x80], name: "int 80 inwards"))
    forms.append(FaultForm(code: [0xC8, 0x20, 0x00, 0x03], name: "enter 32, 3"))
    forms.append(FaultForm(code: [0x60], name: "pusha"))
    forms.append(FaultForm(code: [0x61], name: "popa"))
    forms.append(
      FaultForm(
        code: [0x0F, 0xAB, 0x0B], registers: [(.rcx, 8 * 4096 + 1)], name: "bts far"))
    forms.append(FaultForm(code: [0x66, 0x0F, 0xF7, 0xC1], name: "maskmovdqu"))
    return forms
  }()
}
