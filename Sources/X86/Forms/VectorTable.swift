import CHost

// Which handler carries out which MMX, SSE or SSE2 instruction: opcode map 0F with no prefix, 66, F3
// and F2 (Intel SDM volume 2, appendix A, "Two-byte Opcode Map").

enum VectorTable {
  /// What an instruction of map 0F becomes; `.undefined` when it is none of these.
  static func form(of instruction: Instruction) -> VectorForm {
    let prefix = mandatoryPrefix(of: instruction)
    if instruction.hasLock { return .undefined }
    switch (instruction.map, instruction.opcode) {
    case (2, _): return thirdByteForm(instruction, prefix)
    case (3, _): return immediateForm(instruction, prefix)
    case (_, 0x71...0x73): return shift(instruction, prefix)
    case (_, 0xF7): return maskedStore(instruction, prefix)
    case (_, 0x77):
      return prefix == 0 ? .register(emptyVectorState, a: 0, b: 0, word: 0) : .undefined
    default: break
    }
    if let form = addedForm(instruction, prefix) { return form }
    guard let row = row(instruction, prefix) else { return .undefined }
    if let form = routineForm(instruction, prefix, row) { return form }
    let isMoveOfNarrow = row.isReversed && instruction.opcode == 0x7F && prefix == 0
    let operation = VectorOperation(
      prefix: prefix, opcode: isMoveOfNarrow && !instruction.isMemory ? 0x6F : instruction.opcode,
      immediate: UInt8(truncatingIfNeeded: instruction.immediate),
      isWide: instruction.rex & 8 != 0)
    if instruction.isMemory {
      guard let handler = row.memory else { return .undefined }
      return .memory(handler, a: instruction.reg, word: row.hasDataSlot ? operation.word : nil)
    }
    guard let handler = row.register else { return .undefined }
    return .register(
      handler, a: row.isReversed ? instruction.rm : instruction.reg,
      b: row.isReversed ? instruction.reg : instruction.rm, word: operation.word)
  }

  /// The number of the mandatory prefix: 0 none, 1 = 66, 2 = F3, 3 = F2; the latter two go first.
  static func mandatoryPrefix(of instruction: Instruction) -> UInt32 {
    instruction.repeatPrefix == 0xF3
      ? 2 : instruction.repeatPrefix == 0xF2 ? 3 : instruction.hasOperandPrefix ? 1 : 0
  }

  /// The form of an instruction that calls a routine of CHost, or nil.
  private static func routineForm(
    _ instruction: Instruction, _ prefix: UInt32, _ row: VectorRow
  ) -> VectorForm? {
    let opcode = UInt32(instruction.opcode)
    // Integer operations are known by their opcode alone; UNPCK* differ by prefix.
    let routine: VectorRoutine? =
      switch row.routine {
      case .none: nil
      case .wide: endicott_vector_wide(opcode < 0x20 ? prefix << 8 | opcode : opcode)
      case .narrow: endicott_vector_narrow(opcode)
      }
    guard let routine else { return row.routine == .none ? nil : .undefined }
    if instruction.isMemory {
      guard let handler = row.memory else { return .undefined }
      return .memoryRoutine(
        handler, a: instruction.reg, routine, parameter: opcode < 0x63 ? 4 : 8)
    }
    guard let handler = row.register, !row.hasOwnRegisterForm else { return nil }
    return .routine(handler, a: instruction.reg, b: instruction.rm, routine, parameter: 0)
  }

  /// Groups 12, 13 and 14: shifts of a register by an immediate.
  private static func shift(_ instruction: Instruction, _ prefix: UInt32) -> VectorForm {
    guard !instruction.isMemory, prefix < 2 else { return .undefined }
    let number: UInt32
    switch (instruction.opcode, instruction.group) {
    case (0x71, 2): number = 0xD1
    case (0x71, 4): number = 0xE1
    case (0x71, 6): number = 0xF1
    case (0x72, 2): number = 0xD2
    case (0x72, 4): number = 0xE2
    case (0x72, 6): number = 0xF2
    case (0x73, 2): number = 0xD3
    case (0x73, 6): number = 0xF3
    case (0x73, 3) where prefix == 1: number = 0x273
    case (0x73, 7) where prefix == 1: number = 0x173
    default: return .undefined
    }
    guard
      let routine = prefix == 1 ? endicott_vector_wide(number) : endicott_vector_narrow(number)
    else { return .undefined }
    return .routine(
      prefix == 1 ? wideShift : narrowShift, a: instruction.rm, b: 0, routine,
      parameter: instruction.immediate & 0xFF)
  }

  private static func maskedStore(_ instruction: Instruction, _ prefix: UInt32) -> VectorForm {
    guard !instruction.isMemory, prefix < 2 else { return .undefined }
    let operation = VectorOperation(prefix: prefix, opcode: 0xF7, immediate: instruction.rm)
    return .maskedStore(
      prefix == 1 ? storeMasked : storeMaskedNarrow, a: instruction.reg, word: operation.word)
  }

  private static func row(_ instruction: Instruction, _ prefix: UInt32) -> VectorRow? {
    switch instruction.opcode {
    case 0x10...0x17: moves(instruction.opcode, prefix)
    case 0x28...0x2F: conversions(instruction.opcode, prefix)
    case 0x50...0x5F: arithmetic(instruction.opcode, prefix)
    case 0x60...0x7F: integers(instruction.opcode, prefix, isWide: instruction.rex & 8 != 0)
    case 0xC2...0xC6: inserts(instruction.opcode, prefix, isWide: instruction.rex & 8 != 0)
    case 0xD1...0xFE: upperIntegers(instruction.opcode, prefix)
    default: nil
    }
  }

  private static func moves(_ opcode: UInt8, _ prefix: UInt32) -> VectorRow? {
    switch (opcode, prefix) {
    case (0x10, 0), (0x10, 1): .move(moveVector, loadUnaligned)
    case (0x10, 2): .move(moveBetweenVectors, loadLow32)
    case (0x10, 3): .move(moveBetweenVectors, loadLow64)
    case (0x11, 0), (0x11, 1): .move(moveVector, storeUnaligned, reversed: true)
    case (0x11, 2): .move(moveBetweenVectors, storeLow32, reversed: true)
    case (0x11, 3): .move(moveBetweenVectors, storeLow64, reversed: true)
    case (0x12, 0): .move(moveBetweenVectors, mergeLow64)
    case (0x12, 1): .move(nil, mergeLow64)
    case (0x13, 0), (0x13, 1): .move(nil, storeLow64)
    case (0x14, 0), (0x14, 1), (0x15, 0), (0x15, 1): .wide
    case (0x16, 0): .move(moveBetweenVectors, mergeHigh64)
    case (0x16, 1): .move(nil, mergeHigh64)
    case (0x17, 0), (0x17, 1): .move(nil, storeHigh64)
    default: nil
    }
  }

  private static func conversions(_ opcode: UInt8, _ prefix: UInt32) -> VectorRow? {
    switch (opcode, prefix) {
    case (0x28, 0), (0x28, 1): .move(moveVector, loadAligned)
    case (0x29, 0), (0x29, 1): .move(moveVector, storeAligned, reversed: true)
    case (0x2A, 0), (0x2A, 1): VectorRow(convertNarrowToVector, convertNarrowToVectorMemory)
    case (0x2A, _): VectorRow(convertIntegerToScalar, convertIntegerToScalarMemory)
    case (0x2B, 0), (0x2B, 1): .move(nil, storeAligned)
    case (0x2C, 0), (0x2C, 1), (0x2D, 0), (0x2D, 1):
      VectorRow(convertVectorToNarrow, convertVectorToNarrowMemory)
    case (0x2C, _), (0x2D, _): VectorRow(convertScalarToInteger, convertScalarToIntegerMemory)
    case (0x2E, 0), (0x2F, 0): VectorRow(compareSingle, compareSingleMemory)
    case (0x2E, 1), (0x2F, 1): VectorRow(compareDouble, compareDoubleMemory)
    default: nil
    }
  }

  private static func arithmetic(_ opcode: UInt8, _ prefix: UInt32) -> VectorRow? {
    switch (opcode, prefix) {
    case (0x50, 0), (0x50, 1): VectorRow(extractToGeneral, nil)
    case (0x51, 2): VectorRow(squareRootSingle, arithmeticVectorMemory)
    case (0x51, 3): VectorRow(squareRootDouble, arithmeticVectorMemory)
    case (0x52, 0), (0x52, 2), (0x53, 0), (0x53, 2): VectorRow(approximate, approximateMemory)
    case (0x54, 0), (0x54, 1): VectorRow(andVector, andVectorMemory)
    case (0x55, 0), (0x55, 1): .mixed(andNotVector)
    case (0x56, 0), (0x56, 1): VectorRow(orVector, orVectorMemory)
    case (0x57, 0), (0x57, 1): VectorRow(exclusiveOrVector, exclusiveOrVectorMemory)
    case (0x52...0x57, _): nil
    case (0x58, 2): VectorRow(addSingle, addSingleMemory)
    case (0x58, 3): VectorRow(addDouble, addDoubleMemory)
    case (0x59, 2): VectorRow(multiplySingle, multiplySingleMemory)
    case (0x59, 3): VectorRow(multiplyDouble, multiplyDoubleMemory)
    case (0x5A, 2): VectorRow(widenSingle, arithmeticVectorMemory)
    case (0x5A, 3): VectorRow(narrowDouble, arithmeticVectorMemory)
    case (0x5B, 3): nil
    case (0x5C, 2): VectorRow(subtractSingle, subtractSingleMemory)
    case (0x5C, 3): VectorRow(subtractDouble, subtractDoubleMemory)
    case (0x5E, 2): VectorRow(divideSingle, divideSingleMemory)
    case (0x5E, 3): VectorRow(divideDouble, divideDoubleMemory)
    case (0x50, _): nil
    default: .arithmetic
    }
  }

  private static func integers(_ opcode: UInt8, _ prefix: UInt32, isWide: Bool) -> VectorRow? {
    switch (opcode, prefix) {
    case (0x6C, 1): .mixed(unpackLowQuadwords)
    case (0x6D, 1): .wide
    case (0x6C, _), (0x6D, _): nil
    case (0x6E, 0): VectorRow(moveNarrow, loadNarrow)
    case (0x6E, 1) where isWide: .move(moveFromGeneral, loadLow64)
    case (0x6E, 1): .move(moveFromGeneral, loadLow32)
    case (0x6F, 0): VectorRow(moveNarrow, loadNarrow)
    case (0x6F, 1): .move(moveVector, loadAligned)
    case (0x6F, 2): .move(moveVector, loadUnaligned)
    case (0x70, 0): VectorRow(narrowShuffle, narrowShuffleMemory)
    case (0x70, _): .shuffled
    case (0x74, 1): VectorRow(compareBytes, compareBytesMemory)
    case (0x7E, 0): VectorRow(moveNarrow, storeNarrow)
    case (0x7E, 1) where isWide: .move(moveToGeneral, storeLow64)
    case (0x7E, 1): .move(moveToGeneral, storeLow32)
    case (0x7E, 2): .move(moveBetweenVectors, loadLow64)
    case (0x7F, 0): reversed(VectorRow(moveNarrow, storeNarrow))
    case (0x7F, 1): .move(moveVector, storeAligned, reversed: true)
    case (0x7F, 2): .move(moveVector, storeUnaligned, reversed: true)
    case (0x60...0x6B, 0), (0x74...0x76, 0): .narrow
    case (0x60...0x6B, 1), (0x74...0x76, 1): .wide
    default: nil
    }
  }

  private static func reversed(_ row: VectorRow) -> VectorRow {
    var row = row
    row.isReversed = true
    return row
  }

  private static func inserts(_ opcode: UInt8, _ prefix: UInt32, isWide: Bool) -> VectorRow? {
    switch (opcode, prefix) {
    case (0xC2, _): .arithmetic
    case (0xC3, 0) where isWide: .move(nil, storeGeneral64)
    case (0xC3, 0): .move(nil, storeGeneral32)
    case (0xC4, 0): VectorRow(moveNarrow, loadNarrow)
    case (0xC4, 1): VectorRow(insertWord, insertWordFromMemory)
    case (0xC5, 0): VectorRow(moveNarrow, nil)
    case (0xC5, 1): VectorRow(extractToGeneral, nil)
    case (0xC6, 0), (0xC6, 1): .shuffled
    default: nil
    }
  }

  private static func upperIntegers(_ opcode: UInt8, _ prefix: UInt32) -> VectorRow? {
    switch (opcode, prefix) {
    case (0xD4, 1): .mixed(addQuadwords)
    case (0xD6, 1): .move(moveBetweenVectors, storeLow64, reversed: true)
    case (0xD6, 2), (0xD6, 3): VectorRow(moveNarrow, nil)
    case (0xD6, _): nil
    case (0xD7, 0): VectorRow(moveNarrow, nil)
    case (0xD7, 1): VectorRow(extractToGeneral, nil)
    case (0xDA, 1): VectorRow(minimumBytes, minimumBytesMemory)
    case (0xDB, 1): VectorRow(andVector, andVectorMemory)
    case (0xDF, 1): .mixed(andNotVector)
    case (0xE6, 0): nil
    case (0xE6, _): .arithmetic
    case (0xE7, 0): VectorRow(nil, storeNarrow)
    case (0xE7, 1): .move(nil, storeAligned)
    case (0xEB, 1): VectorRow(orVector, orVectorMemory)
    case (0xEF, 1): VectorRow(exclusiveOrVector, exclusiveOrVectorMemory)
    case (0xF0, _): nil
    case (0xF8, 1): .mixed(subtractBytes)
    case (0xFC, 1): .mixed(addBytes)
    case (_, 0): .narrow
    case (_, 1): .wide
    default: nil
    }
  }
}
