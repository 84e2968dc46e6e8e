// Near transfers outside 64-bit mode, and those in it that an operand-size prefix cuts to 16 bits (as
// on AMD's processors): `immediate` is the relative displacement. The others have handlers.
extension Processor {
  /// Sets the next RIP, cut to the operand size.
  ///
  /// - Throws: #GP(0) outside the code segment, before anything changed.
  private func checkedPointer(
    _ pointer: UInt64, _ size: UInt8
  ) throws(GuestException) -> UInt64 {
    if state.mode == CodeMode.long64 {
      let pointer = size == 2 ? pointer & 0xFFFF : pointer
      guard isCanonical(pointer) else { throw .generalProtection(0) }
      return pointer
    }
    let pointer = pointer & sizeMask(min(4, size))
    let limit = state.get(StateLayout.segmentLimits + 4, as: UInt32.self)
    guard pointer <= UInt64(limit) else { throw .generalProtection(0) }
    return pointer
  }

  private func relativeTarget(_ fields: SystemFields) throws(GuestException) -> UInt64 {
    try checkedPointer(state.nextInstructionPointer &+ fields.immediate, fields.operandSize)
  }

  func nearJump(_ fields: SystemFields) throws(GuestException) {
    state.nextInstructionPointer = try relativeTarget(fields)
  }

  func nearJumpIndirect(_ fields: SystemFields) throws(GuestException) {
    let pointer = try readOperand(fields, fields.operandSize)
    state.nextInstructionPointer = try checkedPointer(pointer, fields.operandSize)
  }

  func nearCall(_ fields: SystemFields) throws(GuestException) {
    try probePush(fields.operandSize)
    let target = try relativeTarget(fields)
    try pushCurrent([state.nextInstructionPointer], size: fields.operandSize)
    state.nextInstructionPointer = target
  }

  func nearCallIndirect(_ fields: SystemFields) throws(GuestException) {
    let pointer = try readOperand(fields, fields.operandSize)
    try probePush(fields.operandSize)
    let target = try checkedPointer(pointer, fields.operandSize)
    try pushCurrent([state.nextInstructionPointer], size: fields.operandSize)
    state.nextInstructionPointer = target
  }

  /// RET and RET imm16: `immediate` = bytes released.
  func nearReturn(_ fields: SystemFields) throws(GuestException) {
    var stack = currentStack
    let pointer = try pop(fields.operandSize, from: &stack)
    let target = try checkedPointer(pointer, fields.operandSize)
    stack.pointer &+= fields.immediate & 0xFFFF
    installStackPointer(stack)
    state.nextInstructionPointer = target
  }

  /// Jcc: `rm` = condition.
  func conditionalJump(_ fields: SystemFields) throws(GuestException) {
    guard state.holds(fields.rm & 15) else { return }
    state.nextInstructionPointer = try relativeTarget(fields)
  }

  /// LOOPNE, LOOPE, LOOP: `rm` = 0, 1, 2, as the low opcode bits.
  func loop(_ fields: SystemFields) throws(GuestException) {
    let mask = sizeMask(fields.addressSize)
    let count = (self[.rcx] &- 1) & mask
    let isTaken =
      switch fields.rm & 3 {
      case 0: count != 0 && !state.isZero
      case 1: count != 0 && state.isZero
      default: count != 0
      }
    if isTaken { state.nextInstructionPointer = try relativeTarget(fields) }
    writeGeneral(1, fields.addressSize, count)
  }

  /// JCXZ, JECXZ, JRCXZ.
  func jumpIfCountZero(_ fields: SystemFields) throws(GuestException) {
    guard readGeneral(1, fields.addressSize) == 0 else { return }
    state.nextInstructionPointer = try relativeTarget(fields)
  }
}
