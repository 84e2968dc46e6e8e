// Forms of the instructions that are behind CPUID bits: POPCNT, LZCNT, TZCNT, BMI1 in VEX encoding,
// MOVBE, INVPCID.
extension InstructionForms {
  /// F3 0F B8, BC, BD where the feature is there; nil where the bytes mean what they meant before.
  static func bitCount(_ i: Instruction) -> BitManipulation? {
    guard i.repeatPrefix == 0xF3 else { return nil }
    switch i.opcode {
    case 0xB8 where i.features.contains(.popcnt): return .countOnes
    case 0xBC where i.features.contains(.bmi1): return .countTrailing
    case 0xBD where i.features.contains(.lzcnt): return .countLeading
    default: return nil
    }
  }

  static func emitBitManipulation(
    _ kind: BitManipulation, _ i: Instruction, _ b: inout BlockBuilder, target: UInt8,
    other: UInt8 = 0
  ) -> BlockFlow {
    let word = kind.word(other)
    if i.isMemory {
      let memory = b.address(i, byteCount: Int(i.operandSize), writes: false)
      b.emit(BitManipulationHandlers.memory[i.width], a: target, memory: memory)
      b.emitData(UInt64(word))
    } else {
      b.emit(
        BitManipulationHandlers.register[i.width], a: target, b: i.rm,
        immediate: Int32(bitPattern: word))
    }
    return .goesOn
  }

  /// 0F 38: what is not a vector instruction; nil when it is not here.
  static func emitThreeByte(_ i: Instruction, _ b: inout BlockBuilder) -> BlockFlow? {
    switch i.opcode {
    case 0x82 where i.features.contains(.invpcid):
      guard i.isMemory, i.hasOperandPrefix, i.repeatPrefix == 0 else { return undefined(i, &b) }
      return system(i, &b, .invalidateContext, byteCount: 16, parts: .parts)
    case 0xF0 where i.features.contains(.movbe) && i.repeatPrefix == 0:
      guard i.isMemory else { return undefined(i, &b) }
      return emitBitManipulation(.reverseBytes, i, &b, target: i.reg)
    case 0xF1 where i.features.contains(.movbe) && i.repeatPrefix == 0:
      guard i.isMemory else { return undefined(i, &b) }
      let memory = b.address(i, byteCount: Int(i.operandSize), writes: true)
      b.emit(BitManipulationHandlers.storeReversed[i.width], a: i.reg, memory: memory)
      return .goesOn
    default: return nil
    }
  }

  /// Instructions in VEX encoding: those of BMI1, which need no operating system's consent.
  static func emitVEX(
    _ vex: VEXPrefix, _ i: Instruction, _ b: inout BlockBuilder
  ) -> BlockFlow {
    guard vex.isLegal, !vex.isLong, vex.mandatoryPrefix == 0, i.map == 2 else {
      return undefined(i, &b)
    }
    switch (i.opcode, i.group) {
    case (0xF2, _):
      return emitBitManipulation(.andNot, i, &b, target: i.reg, other: vex.register)
    case (0xF3, 1): return emitBitManipulation(.clearLowest, i, &b, target: vex.register)
    case (0xF3, 2): return emitBitManipulation(.maskLowest, i, &b, target: vex.register)
    case (0xF3, 3): return emitBitManipulation(.isolateLowest, i, &b, target: vex.register)
    case (0xF7, _):
      return emitBitManipulation(.extract, i, &b, target: i.reg, other: vex.register)
    default: return undefined(i, &b)
    }
  }
}
