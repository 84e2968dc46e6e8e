// Forms of 32-bit code's stack instructions and near transfers that handlers carry out where segments are
// flat (`FlatHandlers`).
extension InstructionForms {
  /// Whether an instruction may have such a form: a block of one instruction may stand where the code
  /// segment ends.
  static func mayBeFlat(_ i: Instruction, _ b: BlockBuilder) -> Bool {
    i.mode == CodeMode.protected32 && i.operandSize == 4 && !b.isSingle && isInPage(b.following)
  }

  /// PUSH, POP of a register and LEAVE; PUSH of an immediate or of storage.
  static func emitFlat(
    _ i: Instruction, _ b: inout BlockBuilder, _ handler: Handler, _ operation: SystemOperation,
    register: UInt8 = 0, base: UInt8 = 4, rm: UInt8? = nil, immediate: UInt64 = 0
  ) -> BlockFlow {
    if i.isMemory { prepareAddress(i, &b) }
    b.emit(
      handler, a: register, b: base, immediate: Int32(truncatingIfNeeded: immediate))
    b.emitData(fields(i, operation, rm: rm))
    return .goesOn
  }

  /// A near transfer; of a relative one the target is an offset from the page's start.
  static func emitFlatTransfer(
    _ i: Instruction, _ b: inout BlockBuilder, _ handler: Handler, _ operation: SystemOperation,
    a: UInt8 = 0, rm: UInt8? = nil, target: Int, immediate: UInt64? = nil, isLinked: Bool = false
  ) -> BlockFlow {
    if i.isMemory { prepareAddress(i, &b) }
    b.emitBranch(
      handler, a: a, b: 4, following: b.following, immediate: Int32(truncatingIfNeeded: target))
    b.emitData(fields(i, operation, rm: rm, immediate: immediate))
    if isLinked { b.emitData() }
    return .ends
  }

  private static func prepareAddress(_ i: Instruction, _ b: inout BlockBuilder) {
    let memory = b.address(i, byteCount: 4, writes: false)
    if memory.base != PseudoRegister.address {
      b.emit(TransferHandlers.loadAddress[3], a: PseudoRegister.address, memory: memory)
    }
  }
}
