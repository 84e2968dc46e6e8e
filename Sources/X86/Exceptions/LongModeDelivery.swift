// Interrupts and exceptions in long mode (Intel SDM volume 3, "Exception and Interrupt Handling in
// 64-Bit Mode").
extension Processor {
  func enterLongModeHandler(_ event: Event) throws(GuestException) -> UInt64 {
    let (address, code) = try gateAddress(event, byteCount: 16)
    let gate = Descriptor(
      raw: try readLinear(address, as: UInt64.self, supervisor: true),
      upper: try readLinear(address &+ 8, as: UInt64.self, supervisor: true))
    guard !gate.isSegment,
      gate.type == SystemType.interruptGate || gate.type == SystemType.trapGate,
      event.kind != .software || gate.privilege >= state.privilege
    else { throw .generalProtection(code) }
    guard gate.isPresent else { throw GuestException(11, code) }
    let selector = gate.gateSelector
    let target = try handlerSegment(selector, event.external)
    guard target.isLong, !target.isBig else {
      throw .generalProtection(UInt32(selector & ~3) | event.external)
    }
    let offset = gate.gateOffset
    guard isCanonical(offset) else { throw .generalProtection(event.external) }
    let privilege = target.isConforming ? state.privilege : target.privilege
    var stack = try handlerStack(gate.gateStack, privilege, event.external)
    var frame = [
      UInt64(self.selector(2)), self[.rsp], pushedFlags(event), UInt64(self.selector(1)),
      event.returnPointer,
    ]
    if let errorCode = event.errorCode { frame.append(UInt64(errorCode)) }
    try setTypeBits(selector, 1)
    try push(frame, size: 8, on: &stack)
    if privilege != state.privilege {
      install(Self.nullSegment(UInt16(truncatingIfNeeded: privilege)), .ss)
    }
    self[.rsp] = stack.pointer
    clearFlagsForHandler(disablesInterrupts: gate.type == SystemType.interruptGate)
    installCode(selector, target, privilege: privilege)
    return offset
  }

  /// The stack that the gate's IST entry, the new privilege's RSP or the current RSP names.
  private func handlerStack(
    _ entry: Int, _ privilege: UInt32, _ external: UInt32
  ) throws(GuestException) -> StackView {
    let top: UInt64
    if entry != 0 {
      top = try taskPointer(0x24 &+ UInt64(truncatingIfNeeded: entry &- 1) &* 8, external)
    } else if privilege < state.privilege {
      top = try taskPointer(4 &+ UInt64(privilege) &* 8, external)
    } else {
      top = self[.rsp]
    }
    return StackView(
      segment: segment(.ss), pointer: top & ~15, isFlat: true, isSupervisor: privilege != 3,
      errorCode: external)
  }

  /// A stack pointer of the 64-bit task-state segment.
  func taskPointer(_ offset: UInt64, _ external: UInt32) throws(GuestException) -> UInt64 {
    guard offset &+ 7 <= UInt64(system.task.limit) else {
      throw GuestException(10, UInt32(system.task.selector & ~3) | external)
    }
    let pointer = try readLinear(system.task.base &+ offset, as: UInt64.self, supervisor: true)
    guard isCanonical(pointer) else { throw .stackFault(external) }
    return pointer
  }
}
