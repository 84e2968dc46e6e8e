// Far JMP, CALL and RET (Intel SDM volume 2, "JMP", "CALL", "RET").
extension Processor {
  /// The target of a far transfer: pointer in the instruction or in memory.
  private func farPointer(
    _ fields: SystemFields
  ) throws(GuestException) -> (selector: UInt16, offset: UInt64) {
    guard fields.isMemory else {
      return (
        UInt16(truncatingIfNeeded: fields.immediate >> 32), fields.immediate & 0xFFFF_FFFF
      )
    }
    return try readFarPointer(fields)
  }

  func farJump(_ fields: SystemFields) throws(GuestException) {
    let (selector, offset) = try farPointer(fields)
    guard isProtected else {
      guard offset <= 0xFFFF else { throw .generalProtection(0) }
      loadRealModeSegment(.cs, selector)
      state.nextInstructionPointer = offset
      return
    }
    guard selector & ~3 != 0 else { throw .generalProtection(0) }
    let descriptor = try readDescriptor(selector)
    guard descriptor.isSegment else {
      return try transferThroughSystemSegment(selector, descriptor, .jump)
    }
    try checkDirectTarget(selector, descriptor)
    try checkTarget(offset, descriptor, isLong: isLongModeActive && descriptor.isLong)
    try setTypeBits(selector, 1)
    installCode(selector, descriptor, privilege: state.privilege)
    state.nextInstructionPointer = offset
  }

  func farCall(_ fields: SystemFields) throws(GuestException) {
    let (selector, offset) = try farPointer(fields)
    let size = fields.operandSize
    guard isProtected else {
      guard offset <= 0xFFFF else { throw .generalProtection(0) }
      try pushCurrent([UInt64(self.selector(1)), state.nextInstructionPointer], size: size)
      loadRealModeSegment(.cs, selector)
      state.nextInstructionPointer = offset
      return
    }
    guard selector & ~3 != 0 else { throw .generalProtection(0) }
    let descriptor = try readDescriptor(selector)
    guard descriptor.isSegment else {
      return try transferThroughSystemSegment(selector, descriptor, .call)
    }
    try checkDirectTarget(selector, descriptor)
    let isToLong = isLongModeActive && descriptor.isLong
    var stack = callerStack(isToLong: isToLong)
    try probePush(size, count: 2, on: stack)
    try checkTarget(offset, descriptor, isLong: isToLong)
    try setTypeBits(selector, 1)
    try push([UInt64(self.selector(1)), state.nextInstructionPointer], size: size, on: &stack)
    installStackPointer(stack)
    installCode(selector, descriptor, privilege: state.privilege)
    state.nextInstructionPointer = offset
  }

  func farReturn(_ fields: SystemFields) throws(GuestException) {
    let size = fields.operandSize
    let released = fields.immediate & 0xFFFF
    var stack = currentStack
    // The order of the reads is that of AMD's processors: it decides which fault comes.
    _ = try peek(1, size, in: stack)
    let pointer = try pop(size, from: &stack)
    let selector = UInt16(truncatingIfNeeded: try pop(size, from: &stack))
    if isProtected && UInt32(selector & 3) != state.privilege {
      _ = try peek(1, size, in: stack, past: released)
      _ = try peek(0, size, in: stack, past: released)
    }
    guard isProtected else {
      guard pointer <= 0xFFFF else { throw .generalProtection(0) }
      stack.pointer &+= released
      installStackPointer(stack)
      loadRealModeSegment(.cs, selector)
      state.nextInstructionPointer = pointer
      return
    }
    let target = try returnSegment(selector)
    let privilege = UInt32(selector & 3)
    let isToLong = isLongModeActive && target.isLong
    try checkTarget(pointer, target, isLong: isToLong)
    stack.pointer &+= released
    if privilege == state.privilege {
      try setTypeBits(selector, 1)
    } else {
      let newPointer = try pop(size, from: &stack)
      let newSelector = UInt16(truncatingIfNeeded: try pop(size, from: &stack))
      let segment = try returnStack(newSelector, privilege, isToLong: isToLong)
      try setTypeBits(selector, 1)
      install(segment, .ss)
      stack = StackView(
        segment: segment, pointer: newPointer &+ released, isFlat: isToLong, isSupervisor: true)
    }
    installStackPointer(stack)
    let oldPrivilege = state.privilege
    installCode(selector, target, privilege: privilege)
    if privilege != oldPrivilege { dropInnerSegments() }
    state.nextInstructionPointer = pointer
  }

  /// The stack of the caller as the called code sees it: 64-bit code has no base and limit of SS.
  private func callerStack(isToLong: Bool) -> StackView {
    var stack = currentStack
    if isToLong { stack.isFlat = true }
    return stack
  }

  /// A code segment that JMP and CALL may enter without a gate.
  private func checkDirectTarget(
    _ selector: UInt16, _ descriptor: Descriptor
  ) throws(GuestException) {
    let requested = UInt32(selector & 3)
    guard descriptor.isCode,
      descriptor.isConforming
        ? descriptor.privilege <= state.privilege
        : descriptor.privilege == state.privilege && requested <= state.privilege,
      !(isLongModeActive && descriptor.isLong && descriptor.isBig)
    else { throw .generalProtection(selector: selector) }
    guard descriptor.isPresent else { throw .segmentNotPresent(selector) }
  }

  /// JMP or CALL to a task, a task gate or a call gate; long mode has call gates alone.
  private func transferThroughSystemSegment(
    _ selector: UInt16, _ descriptor: Descriptor, _ entry: TaskEntry
  ) throws(GuestException) {
    let isTask = descriptor.type & ~(8 | SystemType.busy) == SystemType.task16
    if isTask && !isLongModeActive {
      return try transferToTask(selector, descriptor, entry)
    }
    if descriptor.type == SystemType.taskGate && !isLongModeActive {
      return try transferThroughTaskGate(selector, descriptor, entry)
    }
    let gate = try callGate(selector, descriptor)
    if entry == .jump {
      try jumpThroughGate(gate)
    } else {
      try callThroughGate(gate)
    }
  }

  // MARK: Call gates

  private struct Gate {
    var descriptor: Descriptor
    var selector: UInt16
    var target: Descriptor
    var offset: UInt64
    /// Width of what is pushed.
    var size: UInt8
  }

  private func callGate(
    _ selector: UInt16, _ descriptor: Descriptor
  ) throws(GuestException) -> Gate {
    var gate = descriptor
    let isLong = isLongModeActive
    if isLong { gate = try readSystemDescriptor(selector) }
    let isNarrow = gate.type == SystemType.callGate16 && !isLong
    // The type field of the upper half of a 64-bit gate is zero.
    guard gate.type == SystemType.callGate || isNarrow, gate.upper >> 40 & 0x1F == 0 else {
      throw .generalProtection(selector: selector)
    }
    guard gate.privilege >= state.privilege, gate.privilege >= UInt32(selector & 3) else {
      throw .generalProtection(selector: selector)
    }
    guard gate.isPresent else { throw .segmentNotPresent(selector) }
    let code = gate.gateSelector
    guard code & ~3 != 0 else { throw .generalProtection(0) }
    let target = try readDescriptor(code)
    guard target.isCode, target.privilege <= state.privilege,
      !isLong || (target.isLong && !target.isBig)
    else { throw .generalProtection(selector: code) }
    guard target.isPresent else { throw .segmentNotPresent(code) }
    let offset = isNarrow ? gate.gateOffset & 0xFFFF : gate.gateOffset
    try checkTarget(offset, target, isLong: isLong)
    return Gate(
      descriptor: gate, selector: code, target: target, offset: offset,
      size: isLong ? 8 : isNarrow ? 2 : 4)
  }

  private func jumpThroughGate(_ gate: Gate) throws(GuestException) {
    guard gate.target.isConforming || gate.target.privilege == state.privilege else {
      throw .generalProtection(selector: gate.selector)
    }
    try setTypeBits(gate.selector, 1)
    installCode(gate.selector, gate.target, privilege: state.privilege)
    state.nextInstructionPointer = gate.offset
  }

  private func callThroughGate(_ gate: Gate) throws(GuestException) {
    let privilege = gate.target.isConforming ? state.privilege : gate.target.privilege
    let returnFrame = [UInt64(selector(1)), state.nextInstructionPointer]
    if privilege == state.privilege {
      try setTypeBits(gate.selector, 1)
      var stack = callerStack(isToLong: isLongModeActive)
      try push(returnFrame, size: gate.size, on: &stack)
      installStackPointer(stack)
    } else {
      var stack: StackView
      if isLongModeActive {
        let top = try taskPointer(4 &+ UInt64(privilege) &* 8, 0)
        stack = StackView(
          segment: Self.nullSegment(UInt16(truncatingIfNeeded: privilege)), pointer: top,
          isFlat: true,
          isSupervisor: true)
      } else {
        stack = try innerStack(privilege, 0)
      }
      let parameters = isLongModeActive ? [] : try gateParameters(gate)
      try setTypeBits(gate.selector, 1)
      try push(
        [UInt64(selector(2)), self[.rsp]] + parameters + returnFrame, size: gate.size, on: &stack)
      install(stack.segment, .ss)
      installStackPointer(stack)
    }
    installCode(gate.selector, gate.target, privilege: privilege)
    state.nextInstructionPointer = gate.offset
  }

  /// The caller's parameters, in the order in which they are pushed again.
  private func gateParameters(_ gate: Gate) throws(GuestException) -> [UInt64] {
    var stack = currentStack
    var values: [UInt64] = []
    for _ in 0..<gate.descriptor.gateParameterCount {
      values.append(try pop(gate.size, from: &stack))
    }
    return values.reversed()
  }
}
