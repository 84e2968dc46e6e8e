// Interrupts and exceptions in 16- and 32-bit protected mode (Intel SDM volume 2, "INT n").
extension Processor {
  func enterProtectedModeHandler(_ event: Event) throws(GuestException) -> UInt64 {
    let (address, code) = try gateAddress(event, byteCount: 8)
    let gate = Descriptor(raw: try readLinear(address, as: UInt64.self, supervisor: true))
    guard !gate.isSegment, isHandlerGate(gate.type),
      event.kind != .software || gate.privilege >= state.privilege
    else { throw .generalProtection(code) }
    guard gate.isPresent else { throw GuestException(11, code) }
    guard gate.type != SystemType.taskGate else { return try enterTaskHandler(gate, event) }
    let isWide = gate.type & 8 != 0
    let selector = gate.gateSelector
    let target = try handlerSegment(selector, event.external)
    if isVirtual8086 && (target.isConforming || target.privilege != 0) {
      throw .generalProtection(UInt32(selector & ~3) | event.external)
    }
    let offset = isWide ? gate.gateOffset : gate.gateOffset & 0xFFFF
    guard offset <= UInt64(target.limit) else { throw .generalProtection(event.external) }
    let privilege = target.isConforming ? state.privilege : target.privilege
    let isInner = privilege < state.privilege
    var stack = currentStack
    stack.errorCode = event.external
    var frame: [UInt64] = []
    if isInner {
      stack = try innerStack(privilege, event.external)
      frame = isVirtual8086 ? virtualSegmentFrame : []
      frame += [UInt64(self.selector(2)), self[.rsp]]
    }
    frame += [pushedFlags(event), UInt64(self.selector(1)), event.returnPointer]
    if let errorCode = event.errorCode { frame.append(UInt64(errorCode)) }
    try setTypeBits(selector, 1)
    try push(frame, size: isWide ? 4 : 2, on: &stack)
    if isVirtual8086 { dropVirtualSegments() }
    if isInner { install(stack.segment, .ss) }
    installStackPointer(stack)
    clearFlagsForHandler(disablesInterrupts: gate.type & 1 == 0)
    installCode(selector, target, privilege: privilege)
    return offset
  }

  private func isHandlerGate(_ type: UInt8) -> Bool {
    switch type {
    case SystemType.taskGate, SystemType.interruptGate16, SystemType.trapGate16,
      SystemType.interruptGate, SystemType.trapGate:
      true
    default: false
    }
  }

  /// The stack that the task-state segment names for an inner privilege.
  func innerStack(_ privilege: UInt32, _ external: UInt32) throws(GuestException) -> StackView {
    let isWide = system.task.attributes & 8 != 0
    let offset = isWide ? 4 &+ UInt64(privilege) &* 8 : 2 &+ UInt64(privilege) &* 4
    let size: UInt64 = isWide ? 4 : 2
    guard offset &+ size &+ 1 <= UInt64(system.task.limit) else {
      throw GuestException(10, UInt32(system.task.selector & ~3) | external)
    }
    let base = system.task.base &+ offset
    let pointer = try readSized(base, UInt8(size), supervisor: true)
    let selector = try readLinear(base &+ size, as: UInt16.self, supervisor: true)
    guard selector & ~3 != 0 else { throw GuestException(10, external) }
    let segment = try checkedStackSegment(
      selector, privilege: privilege, vector: 10, external: external)
    return StackView(
      segment: segment, pointer: pointer, isFlat: false, isSupervisor: true,
      errorCode: UInt32(selector & ~3) | external)
  }
}
