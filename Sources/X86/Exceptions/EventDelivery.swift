// Entering the handler of an exception or an interrupt, and what follows when that fails.

extension Processor {
  /// Enters the handler of an exception; RIP is that of the faulting instruction.
  func deliver(_ exception: GuestException) {
    deliver(
      Event(
        vector: exception.vector, errorCode: exception.errorCode, kind: .exception,
        returnPointer: state.instructionPointer, isFault: exception.isFault))
  }

  /// Enters the handler of a debug trap or of an instruction breakpoint.
  func deliverDebugEvent() {
    deliver(
      Event(
        vector: GuestException.debug.vector, errorCode: nil, kind: .exception,
        returnPointer: state.instructionPointer))
  }

  /// Enters the handler of an interrupt from the interrupt controller, or of an NMI.
  func deliverInterrupt(_ vector: UInt8) {
    deliver(
      Event(
        vector: vector, errorCode: nil, kind: .external, returnPointer: state.instructionPointer))
  }

  private func deliver(_ first: Event) {
    var event = first
    // Nothing of the interrupted instruction reaches into the handler.
    state.linkSite = nil
    endStackShadow()
    isFetchHeld = false
    owe(CycleCost.event)
    setAttention(Attention.shadow | Attention.stackShadow, false)
    if activity == .halted { activity = .running }
    while true {
      do throws(GuestException) {
        state.instructionPointer = try enterHandler(event)
        note(event)
        return
      } catch {
        if event.isDoubleFault {
          eventLog.last = asDelivered(event)
          shutDown()
          return
        }
        event = event.followed(by: error, at: state.instructionPointer)
      }
    }
  }

  /// The event as a handler finds it: real mode has no error codes.
  private func asDelivered(_ event: Event) -> Event {
    guard !isProtectionEnabled else { return event }
    var event = event
    event.errorCode = nil
    return event
  }

  private func note(_ event: Event) {
    eventLog.last = asDelivered(event)
    eventLog.count &+= 1
    if eventLog.count == eventLog.stopCount { exitRequest = .yielded }
  }

  /// Triple fault.
  private func shutDown() {
    activity = .shutDown
    exitRequest = .shutdown
  }

  /// INT n, INT3, INTO and INT1 (which is an `exception` for the gate's privilege).
  func softwareInterrupt(_ vector: UInt8, kind: Event.Kind = .software) throws(GuestException) {
    let event = Event(
      vector: vector, errorCode: nil, kind: kind, returnPointer: state.nextInstructionPointer)
    if kind == .software {
      dropHeldDebugTrap(DebugStatus.singleStep)
    } else {
      endStackShadow()
    }
    state.nextInstructionPointer = try enterHandler(event)
    note(event)
    // The handler runs with TF clear: no single-step trap follows.
    system.wasInstructionCompleted = false
  }

  /// Does everything of the delivery but setting RIP, or raises with nothing changed.
  ///
  /// - Returns: RIP of the handler.
  private func enterHandler(_ event: Event) throws(GuestException) -> UInt64 {
    if event.kind == .exception && event.vector == GuestException.debug.vector {
      system.debugControl &= ~DebugControl.generalDetect
    }
    guard isProtectionEnabled else { return try enterRealModeHandler(event) }
    return isLongModeActive
      ? try enterLongModeHandler(event) : try enterProtectedModeHandler(event)
  }

  /// RFLAGS as the handler finds them on its stack.
  func pushedFlags(_ event: Event) -> UInt64 { currentFlags | (event.isFault ? Flag.resume : 0) }

  func clearFlagsForHandler(disablesInterrupts: Bool) {
    var cleared = Flag.trap | Flag.nestedTask | Flag.resume | Flag.virtual8086
    if disablesInterrupts { cleared |= Flag.interrupt }
    state.flagsRest &= ~cleared
  }

  /// Source: Intel SDM volume 3, "Interrupt and Exception Handling in Real-Address Mode".
  private func enterRealModeHandler(_ event: Event) throws(GuestException) -> UInt64 {
    let offset = UInt64(event.vector) * 4
    guard offset + 3 <= UInt64(system.interruptTableLimit) else { throw .generalProtection(0) }
    let entry = try readLinear(
      system.interruptTableBase &+ offset, as: UInt32.self, supervisor: true)
    try pushCurrent(
      [pushedFlags(event) & ~Flag.resume, UInt64(selector(1)), event.returnPointer], size: 2)
    clearFlagsForHandler(disablesInterrupts: true)
    state.flagsRest &= ~Flag.alignment
    loadRealModeSegment(.cs, UInt16(entry >> 16))
    return UInt64(entry & 0xFFFF)
  }

  /// Where the gate of a vector stands, after the limit check; its error code.
  func gateAddress(
    _ event: Event, byteCount: UInt64
  ) throws(GuestException) -> (address: UInt64, code: UInt32) {
    let offset = UInt64(event.vector) &* byteCount
    let code = UInt32(event.vector) << 3 | 2 | event.external
    guard offset &+ byteCount &- 1 <= UInt64(system.interruptTableLimit) else {
      throw .generalProtection(code)
    }
    return (system.interruptTableBase &+ offset, code)
  }

  /// Reads the handler's code segment and checks what long and protected mode have in common.
  func handlerSegment(_ selector: UInt16, _ external: UInt32) throws(GuestException) -> Descriptor {
    guard selector & ~3 != 0 else { throw .generalProtection(external) }
    let code = UInt32(selector & ~3) | external
    let descriptor = try readDescriptor(selector, external: external)
    guard descriptor.isCode, descriptor.privilege <= state.privilege else {
      throw .generalProtection(code)
    }
    guard descriptor.isPresent else { throw GuestException(11, code) }
    return descriptor
  }
}
