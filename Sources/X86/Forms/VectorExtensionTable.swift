import CHost

// SSE3, SSSE3, SSE4.1 and SSE4.2: each instruction behind its processor feature (Intel SDM volume 2,
// appendix A, "Three-byte Opcode Map").

extension VectorTable {
  /// What SSE3 added after 0F; nil when the instruction is none of these, or SSE3 is not there.
  static func addedForm(_ i: Instruction, _ prefix: UInt32) -> VectorForm? {
    guard i.features.contains(.sse3) else { return nil }
    switch (i.opcode, prefix) {
    case (0x12, 2), (0x16, 2): return routine(i, prefix << 8 | UInt32(i.opcode))
    case (0x12, 3): return routine(i, 0x312, memoryByteCount: 8)
    case (0x7C, 1), (0x7C, 3), (0x7D, 1), (0x7D, 3), (0xD0, 1), (0xD0, 3):
      return form(i, prefix, arithmeticVector, arithmeticVectorMemory)
    case (0xF0, 3):
      return i.isMemory ? .memory(loadUnaligned, a: i.reg, word: nil) : .undefined
    default: return nil
    }
  }

  /// The instructions after 0F 38.
  static func thirdByteForm(_ i: Instruction, _ prefix: UInt32) -> VectorForm {
    switch (i.opcode, prefix) {
    case (0x00...0x0B, 0...1), (0x1C...0x1E, 0...1):
      guard i.features.contains(.ssse3) else { return .undefined }
      return prefix == 1 ? routine(i, 0x2000 | UInt32(i.opcode)) : narrowRoutine(i)
    case (0xF0, 3), (0xF1, 3):
      return i.features.contains(.sse42) ? checksum(i) : .undefined
    case (0x37, 1):
      return i.features.contains(.sse42) ? routine(i, 0x2037) : .undefined
    case (_, 1): return i.features.contains(.sse41) ? packedForm(i) : .undefined
    default: return .undefined
    }
  }

  /// SSE4.1 after 66 0F 38.
  private static func packedForm(_ i: Instruction) -> VectorForm {
    let number = 0x2000 | UInt32(i.opcode)
    switch i.opcode {
    case 0x10, 0x14, 0x15: return form(i, 1, blendByMask, blendByMaskMemory)
    case 0x17: return form(i, 1, testVector, testVectorMemory)
    case 0x20, 0x23, 0x25, 0x30, 0x33, 0x35: return routine(i, number, memoryByteCount: 8)
    case 0x21, 0x24, 0x31, 0x34: return routine(i, number, memoryByteCount: 4)
    case 0x22, 0x32: return routine(i, number, memoryByteCount: 2)
    case 0x28, 0x29, 0x2B, 0x38...0x41: return routine(i, number)
    case 0x2A: return i.isMemory ? .memory(loadAligned, a: i.reg, word: nil) : .undefined
    default: return .undefined
    }
  }

  /// The instructions after 0F 3A, all with an immediate byte.
  static func immediateForm(_ i: Instruction, _ prefix: UInt32) -> VectorForm {
    switch (i.opcode, prefix) {
    case (0x0F, 0...1):
      guard i.features.contains(.ssse3) else { return .undefined }
      return prefix == 0
        ? form(i, 0, alignNarrow, alignNarrowMemory)
        : form(i, 1, immediateVector, immediateVectorMemory)
    case (0x60...0x63, 1):
      return i.features.contains(.sse42)
        ? form(i, 1, compareStrings, compareStringsMemory) : .undefined
    case (_, 1): return i.features.contains(.sse41) ? packedImmediateForm(i) : .undefined
    default: return .undefined
    }
  }

  /// SSE4.1 after 66 0F 3A.
  private static func packedImmediateForm(_ i: Instruction) -> VectorForm {
    switch i.opcode {
    case 0x08...0x0B, 0x40, 0x41: return form(i, 1, arithmeticVector, arithmeticVectorMemory)
    case 0x0C...0x0E, 0x42: return form(i, 1, immediateVector, immediateVectorMemory)
    case 0x14...0x17:
      if i.isMemory { return .memory(storeElement, a: i.reg, word: operation(i, 1).word) }
      return .register(extractElement, a: i.rm, b: i.reg, word: operation(i, 1).word)
    case 0x20, 0x22: return form(i, 1, insertElement, insertElementMemory)
    case 0x21: return form(i, 1, immediateVector, insertSingleMemory)
    default: return .undefined
    }
  }

  private static func operation(_ i: Instruction, _ prefix: UInt32) -> VectorOperation {
    VectorOperation(
      map: i.map, prefix: prefix, opcode: i.opcode,
      immediate: UInt8(truncatingIfNeeded: i.immediate), isWide: i.rex & 8 != 0)
  }

  /// Handlers that read the operation number.
  private static func form(
    _ i: Instruction, _ prefix: UInt32, _ register: Handler, _ memory: Handler
  ) -> VectorForm {
    let word = operation(i, prefix).word
    return i.isMemory
      ? .memory(memory, a: i.reg, word: word)
      : .register(register, a: i.reg, b: i.rm, word: word)
  }

  /// A routine of CHost on XMM registers; storage operands below 16 bytes need no alignment.
  private static func routine(
    _ i: Instruction, _ number: UInt32, memoryByteCount: UInt64 = 16
  ) -> VectorForm {
    guard let routine = endicott_vector_wide(number) else { return .undefined }
    guard i.isMemory else {
      return .routine(wideInteger, a: i.reg, b: i.rm, routine, parameter: 0)
    }
    return .memoryRoutine(
      memoryByteCount == 16 ? wideIntegerMemory : wideIntegerShortMemory, a: i.reg, routine,
      parameter: memoryByteCount)
  }

  /// A routine of CHost on MMX registers.
  private static func narrowRoutine(_ i: Instruction) -> VectorForm {
    guard let routine = endicott_vector_narrow(0x2000 | UInt32(i.opcode)) else {
      return .undefined
    }
    return i.isMemory
      ? .memoryRoutine(narrowIntegerMemory, a: i.reg, routine, parameter: 8)
      : .routine(narrowInteger, a: i.reg, b: i.rm, routine, parameter: 0)
  }

  /// CRC32: F2 0F 38 F0 takes a byte, F1 an operand of the operand size.
  private static func checksum(_ i: Instruction) -> VectorForm {
    let byteCount = storageByteCount(i)
    guard !i.isMemory else {
      return .memory(addToChecksumMemory, a: i.reg, word: UInt32(truncatingIfNeeded: byteCount))
    }
    let source = byteCount == 1 ? InstructionForms.register(i.rm, 0, i) : i.rm
    return .register(
      addToChecksum, a: i.reg, b: source, word: UInt32(truncatingIfNeeded: byteCount))
  }
}
