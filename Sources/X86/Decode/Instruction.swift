/// One instruction as its bytes say it, before it becomes operations.
struct Instruction {
  /// 0 = one-byte opcodes, 1 = 0F, 2 = 0F 38, 3 = 0F 3A.
  var map: UInt8 = 0
  var opcode: UInt8 = 0
  var mode: UInt32
  /// What the processor has beyond the fixed model: which opcodes exist.
  var features = ProcessorFeatures.baseline
  /// Bytes of a general operand: 2, 4, 8.
  var operandSize: UInt8 = 4
  /// Bytes of an address: 2, 4, 8.
  var addressSize: UInt8 = 8
  /// REX prefix, 0 without one.
  var rex: UInt8 = 0
  /// 0, 0xF2, 0xF3.
  var repeatPrefix: UInt8 = 0
  var hasOperandPrefix = false
  var hasLock = false
  /// The prefix of an instruction in VEX encoding.
  var vex: VEXPrefix?
  /// Segment named by a prefix, or 0xFF.
  var segmentPrefix: UInt8 = 0xFF
  var mod: UInt8 = 3
  /// The ModRM byte itself.
  var modRM: UInt8 = 0
  /// ModRM.reg, REX.R included.
  var reg: UInt8 = 0
  /// Register of ModRM.rm, REX.B included.
  var rm: UInt8 = 0
  // Memory operand.
  var base: UInt8 = PseudoRegister.zero
  var index: UInt8 = PseudoRegister.zero
  var scale: UInt8 = 0
  var displacement: Int64 = 0
  var isPointerRelative = false
  /// Immediate, sign-extended as its kind says; a direct far pointer has its selector in bits 32-47.
  var immediate: UInt64 = 0
  /// Bytes.
  var length: UInt8 = 0

  var isLong: Bool { mode == CodeMode.long64 }
  var isMemory: Bool { mod != 3 }
  /// Bytes of an address in 64-bit and in 32-bit code, without a prefix.
  var pointerSize: UInt8 { isLong ? 8 : 4 }
  /// None of 66, F2, F3 stands before the opcode.
  var hasNoPrefix: Bool { repeatPrefix == 0 && !hasOperandPrefix }
  /// C4, C5 and 62 may begin an instruction in VEX or EVEX encoding: not outside protected mode, nor
  /// after 66, F2, F3, LOCK or REX, which is #UD whatever instructions there are.
  var mayHaveVEX: Bool { mode != CodeMode.real16 && hasNoPrefix && !hasLock && rex == 0 }
  /// ModRM.reg without REX.R: an opcode extension.
  var group: UInt8 { reg & 7 }

  /// The segment that the memory operand is in, by prefix or default.
  var segment: UInt8 {
    if segmentPrefix != 0xFF { return segmentPrefix }
    return base == 4 || base == 5 ? 2 : 3
  }

  /// log2 of the operand's bytes.
  var width: Int { operandSize == 8 ? 3 : operandSize == 4 ? 2 : 1 }
}

/// What a VEX prefix says beyond REX and the map (Intel SDM volume 2, "The VEX Prefix").
struct VEXPrefix {
  /// Bits that take the place of 66, F3 and F2: 0 none, 1, 2, 3.
  var mandatoryPrefix: UInt8
  /// VEX.L.
  var isLong: Bool
  /// VEX.vvvv.
  var register: UInt8
  /// No 66, F2, F3, LOCK or REX stands before it.
  var isLegal: Bool
}

/// Why bytes are no instruction.
enum DecodeFailure: Error {
  /// More bytes are needed than were given.
  case truncated
  /// Over 15 bytes: #GP(0).
  case tooLong
}
