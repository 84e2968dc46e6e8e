// Stack instructions outside 64-bit mode, and the rare ones of all modes.
extension Processor {
  func pushOperand(_ fields: SystemFields) throws(GuestException) {
    // PUSH SP pushes the value before it changes.
    try pushCurrent([try readOperand(fields, fields.operandSize)], size: fields.operandSize)
  }

  func pushImmediate(_ fields: SystemFields) throws(GuestException) {
    try pushCurrent([fields.immediate], size: fields.operandSize)
  }

  /// POP: a memory operand's address with ESP as base uses ESP after the pop.
  func popOperand(_ fields: SystemFields) throws(GuestException) {
    var stack = currentStack
    let value = try pop(fields.operandSize, from: &stack)
    if fields.isMemory {
      try writeSized(operandAddress, fields.operandSize, value)
      installStackPointer(stack)
    } else {
      installStackPointer(stack)
      writeGeneral(fields.rm, fields.operandSize, value)
    }
  }

  func pushAll(_ fields: SystemFields) throws(GuestException) {
    guard state.mode != CodeMode.long64 else { throw .invalidOpcode }
    var values: [UInt64] = []
    for register in GeneralRegister.allCases.prefix(8) { values.append(self[register]) }
    try pushCurrent(values, size: fields.operandSize)
  }

  func popAll(_ fields: SystemFields) throws(GuestException) {
    guard state.mode != CodeMode.long64 else { throw .invalidOpcode }
    var stack = currentStack
    var values: [UInt64] = []
    for _ in 0..<8 { values.append(try pop(fields.operandSize, from: &stack)) }
    installStackPointer(stack)
    for (index, value) in values.enumerated() where index != 3 {
      writeGeneral(UInt8(truncatingIfNeeded: 7 &- index), fields.operandSize, value)
    }
  }

  /// ENTER: `immediate` = frame bytes, nesting level in bits 16-23.
  ///
  /// Source: Intel SDM volume 2, "ENTER". All accesses are probed in their order before the first
  /// takes effect; a frame pointer that is copied may be one that was just pushed.
  func enterFrame(_ fields: SystemFields) throws(GuestException) {
    let size = fields.operandSize
    let level = Int(fields.immediate >> 16 & 31)
    var stack = currentStack
    var link = stack
    link.pointer = self[.rbp]
    let copies = max(0, level - 1)
    try probePush(size)
    for index in 0..<copies {
      _ = try peek(-1 - index, size, in: link)
      try probePush(size, count: 1, after: index + 1)
    }
    let pushed = 1 + copies + (level > 0 ? 1 : 0)
    if level > 0 { try probePush(size, count: 1, after: pushed - 1) }
    // Of a 16-bit stack's pointer the upper half goes along.
    let frame =
      (stack.pointer &- UInt64(size)) & stack.mask
      | (stack.mask == 0xFFFF ? self[.rsp] & ~0xFFFF : 0)
    let released = UInt64(size) * UInt64(pushed) + (fields.immediate & 0xFFFF)
    let top = (stack.pointer &- released) & stack.mask
    let address = try stackAddress(stack, top, Int(size), write: true)
    try probeWrite(address, Int(size), stack: true)
    try push([self[.rbp]], size: size, on: &stack)
    for index in 0..<copies {
      try push([try peek(-1 - index, size, in: link)], size: size, on: &stack)
    }
    if level > 0 { try push([frame], size: size, on: &stack) }
    stack.pointer = top
    installStackPointer(stack)
    writeGeneral(5, size, frame)
  }

  func leaveFrame(_ fields: SystemFields) throws(GuestException) {
    var stack = currentStack
    stack.pointer = self[.rbp] & stack.mask
    let value = try pop(fields.operandSize, from: &stack)
    installStackPointer(stack)
    writeGeneral(5, fields.operandSize, value)
  }

  // MARK: Flags

  func pushFlags(_ fields: SystemFields) throws(GuestException) {
    try pushCurrent([try flagsToPush(fields.operandSize)], size: fields.operandSize)
  }

  func popFlags(_ fields: SystemFields) throws(GuestException) {
    var stack = currentStack
    let value = try pop(fields.operandSize, from: &stack)
    try acceptPoppedFlags(value, fields.operandSize)
    installStackPointer(stack)
  }

  // MARK: Segment registers

  /// In 64-bit mode a segment register takes 8 bytes of the stack unless the prefix says 2.
  private func segmentSize(_ fields: SystemFields) -> UInt8 {
    state.mode == CodeMode.long64 && fields.operandSize != 2 ? 8 : fields.operandSize
  }

  func pushSegment(_ fields: SystemFields) throws(GuestException) {
    try pushCurrent([UInt64(selector(Int(fields.register)))], size: segmentSize(fields))
  }

  func popSegment(_ fields: SystemFields) throws(GuestException) {
    let register = try segmentRegister(fields.register)
    var stack = currentStack
    let value = try pop(segmentSize(fields), from: &stack)
    try loadSegment(register, UInt16(truncatingIfNeeded: value))
    // A new stack segment does not change which bits of RSP this pop moved.
    installStackPointer(stack)
    if register == .ss { beginStackShadow() }
  }

  /// A segment register that may be loaded: not CS.
  func segmentRegister(_ number: UInt8) throws(GuestException) -> SegmentRegister {
    guard number < 6, number != 1, let register = SegmentRegister(rawValue: Int(number)) else {
      throw .invalidOpcode
    }
    return register
  }
}
