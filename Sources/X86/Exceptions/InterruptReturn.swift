// IRET in all modes (Intel SDM volume 2, "IRET").
extension Processor {
  func interruptReturn(_ fields: SystemFields) throws(GuestException) {
    // NMIs come through again even when the return faults.
    system.areNonMaskableBlocked = false
    let size = fields.operandSize
    guard isProtected else { return try returnInSegmentedMode(size) }
    guard state.flagsRest & Flag.nestedTask == 0 else {
      guard !isLongModeActive else { throw .generalProtection(0) }
      return try returnToLinkedTask()
    }
    var stack = currentStack
    try readReturnFrame(stack, size)
    let pointer = try pop(size, from: &stack)
    let selector = UInt16(truncatingIfNeeded: try pop(size, from: &stack))
    let flags = try pop(size, from: &stack)
    if flags & Flag.virtual8086 != 0 && size == 4 && state.privilege == 0 && !isLongModeActive {
      return try returnToVirtualMode(&stack, pointer, selector, flags)
    }
    let target = try returnSegment(selector)
    let privilege = UInt32(selector & 3)
    let isToLong = isLongModeActive && target.isLong
    try checkTarget(pointer, target, isLong: isToLong)
    // A descriptor is touched only when both of them have passed.
    var outer: StackView?
    if state.mode == CodeMode.long64 || privilege != state.privilege {
      outer = try outerStack(&stack, size, privilege, isToLong: isToLong)
    }
    try setTypeBits(selector, 1)
    loadReturnedFlags(flags, size)
    if let outer { install(outer.segment, .ss) }
    installStackPointer(outer ?? stack)
    let oldPrivilege = state.privilege
    installCode(selector, target, privilege: privilege)
    if privilege != oldPrivilege { dropInnerSegments() }
    state.nextInstructionPointer = pointer
  }

  /// Reads what IRET will pop in the order of AMD's processors, which decides which fault comes:
  /// flags, CS, RIP, and before CS is judged SS and RSP, where they belong to the frame.
  private func readReturnFrame(_ stack: StackView, _ size: UInt8) throws(GuestException) {
    _ = try peek(2, size, in: stack)
    let selector = try peek(1, size, in: stack)
    _ = try peek(0, size, in: stack)
    guard state.mode == CodeMode.long64 || UInt32(selector & 3) != state.privilege else { return }
    _ = try peek(4, size, in: stack)
    _ = try peek(3, size, in: stack)
  }

  /// Pops SS:RSP and judges them.
  private func outerStack(
    _ stack: inout StackView, _ size: UInt8, _ privilege: UInt32, isToLong: Bool
  ) throws(GuestException) -> StackView {
    let newPointer = try pop(size, from: &stack)
    let newSelector = UInt16(truncatingIfNeeded: try pop(size, from: &stack))
    let segment = try returnStack(newSelector, privilege, isToLong: isToLong)
    return StackView(segment: segment, pointer: newPointer, isFlat: isToLong, isSupervisor: true)
  }

  /// SS of a return; null is legal in 64-bit code that is not privilege 3.
  func returnStack(
    _ selector: UInt16, _ privilege: UInt32, isToLong: Bool
  ) throws(GuestException) -> SegmentState {
    if selector & ~3 == 0 {
      guard isToLong, privilege != 3, UInt32(selector & 3) == privilege else {
        throw .generalProtection(0)
      }
      return Self.nullSegment(selector)
    }
    return try checkedStackSegment(selector, privilege: privilege, vector: 13, external: 0)
  }

  /// CS of a return: a code segment for the privilege that its RPL names.
  func returnSegment(_ selector: UInt16) throws(GuestException) -> Descriptor {
    guard selector & ~3 != 0 else { throw .generalProtection(0) }
    let descriptor = try readDescriptor(selector)
    let privilege = UInt32(selector & 3)
    guard descriptor.isCode, privilege >= state.privilege,
      descriptor.isConforming
        ? descriptor.privilege <= privilege : descriptor.privilege == privilege,
      !(isLongModeActive && descriptor.isLong && descriptor.isBig)
    else { throw .generalProtection(selector: selector) }
    guard descriptor.isPresent else { throw .segmentNotPresent(selector) }
    return descriptor
  }

  /// A transfer's target lies inside its segment, or is canonical.
  func checkTarget(
    _ pointer: UInt64, _ target: Descriptor, isLong: Bool
  ) throws(GuestException) {
    let isInside = isLong ? isCanonical(pointer) : pointer <= UInt64(target.limit)
    guard isInside else { throw .generalProtection(0) }
  }
}
