/// The x87 instructions D8-DF, and the memory forms 0-3 of group 0F AE.
enum FloatingPointTable {
  static func form(of instruction: Instruction) -> VectorForm {
    if instruction.hasLock { return .undefined }
    let opcode = instruction.opcode
    let group = instruction.group
    guard instruction.isMemory else {
      let form = group << 3 | instruction.rm & 7
      return FloatingPointUnit.isDefined(opcode: opcode, form: form)
        ? .register(floatingPointRegister, a: opcode, b: form, word: 0) : .undefined
    }
    let field = opcode & 7 | group << 3
    let isShort = instruction.operandSize == 2
    // FISTTP came with SSE3.
    if group == 1, opcode & 1 == 1, !instruction.features.contains(.sse3) { return .undefined }
    switch FloatingPointUnit.access(opcode: opcode, group: group) {
    case .load:
      return .memory(floatingPointLoad, a: field, word: FloatingPointPlace(instruction).word)
    case .store:
      return .memory(floatingPointStore, a: field, word: FloatingPointPlace(instruction).word)
    case .loadControl: return .memory(floatingPointLoadControl, a: field, word: nil)
    case .storeControl, .storeStatus:
      return .memory(floatingPointStoreControl, a: field, word: nil)
    case .loadEnvironment:
      return .memory(
        isShort ? floatingPointLoadEnvironment16 : floatingPointLoadEnvironment, a: field,
        word: nil)
    case .storeEnvironment:
      return .memory(
        isShort ? floatingPointStoreEnvironment16 : floatingPointStoreEnvironment, a: field,
        word: nil)
    case .save: return .system(.saveFloatingPoint, immediate: 1)
    case .restore: return .system(.restoreFloatingPoint, immediate: 1)
    case .undefined: return .undefined
    }
  }

  /// FXSAVE, FXRSTOR, LDMXCSR, STMXCSR: 0F AE with a memory operand, ModRM.reg 0 to 3.
  static func stateForm(of instruction: Instruction) -> VectorForm {
    guard instruction.isMemory, !instruction.hasLock, !instruction.hasOperandPrefix,
      instruction.repeatPrefix == 0
    else { return .undefined }
    switch instruction.group {
    case 0: return .system(.saveFloatingPoint, immediate: 0)
    case 1: return .system(.restoreFloatingPoint, immediate: 0)
    case 2: return .memory(loadMXCSR, a: 0, word: nil)
    case 3: return .memory(storeMXCSR, a: 0, word: nil)
    default: return .undefined
    }
  }
}
