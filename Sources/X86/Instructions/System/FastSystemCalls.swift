// SYSCALL, SYSRET (AMD APM volume 3), SYSENTER, SYSEXIT, SWAPGS. The processor is AMD's: SYSENTER
// and SYSEXIT are #UD in long mode, SYSRET does not check RCX (the fetch faults at privilege 3).
extension Processor {
  func systemCall() throws(GuestException) {
    guard isProtectionEnabled, state.efer & ExtendedFeatures.systemCall != 0 else {
      throw .invalidOpcode
    }
    let hadTrap = state.flagsRest & Flag.trap != 0
    let selector = UInt16(truncatingIfNeeded: system.star >> 32) & ~3
    if isLongModeActive {
      self[.rcx] = state.nextInstructionPointer
      self[.r11] = state.flags & ~Flag.resume
      let isFrom64 = state.mode == CodeMode.long64
      state.nextInstructionPointer = isFrom64 ? system.longStar : system.compatibilityStar
      state.flags = state.flags & ~(system.flagMask & ~Flag.fixed)
      installFlat(code: selector, stack: selector &+ 8, privilege: 0, codeAttributes: 0xA09B)
    } else {
      self[.rcx] = state.nextInstructionPointer
      state.nextInstructionPointer = system.star & 0xFFFF_FFFF
      state.flagsRest &= ~(Flag.interrupt | Flag.virtual8086)
      installFlat(code: selector, stack: selector &+ 8, privilege: 0, codeAttributes: 0xC09B)
    }
    if hadTrap && state.flagsRest & Flag.trap == 0 {
      system.wasInstructionCompleted = false
      dropHeldDebugTrap(DebugStatus.singleStep)
    }
  }

  func systemReturn(_ fields: SystemFields) throws(GuestException) {
    guard isProtectionEnabled, state.efer & ExtendedFeatures.systemCall != 0 else {
      throw .invalidOpcode
    }
    guard state.privilege == 0 else { throw .generalProtection(0) }
    let star = UInt16(truncatingIfNeeded: system.star >> 48) | 3
    let isTo64 = isLongModeActive && fields.operandSize == 8
    if isLongModeActive {
      setFlags(self[.r11] & ~(Flag.resume | Flag.virtual8086))
      // TF that it sets traps before the instruction that it returns to (AMD APM volume 3, "SYSRET").
      if state.flagsRest & Flag.trap != 0 { holdDebugTrap(DebugStatus.singleStep) }
    } else {
      state.flagsRest |= Flag.interrupt
    }
    state.nextInstructionPointer = isTo64 ? self[.rcx] : self[.rcx] & 0xFFFF_FFFF
    installFlat(
      code: isTo64 ? star &+ 16 : star, stack: star &+ 8, privilege: 3,
      codeAttributes: isTo64 ? 0xA0FB : 0xC0FB)
  }

  func systemEnter() throws(GuestException) {
    guard !isLongModeActive else { throw .invalidOpcode }
    let selector = UInt16(truncatingIfNeeded: system.systemEnterSegment)
    guard isProtectionEnabled, selector & ~3 != 0 else { throw .generalProtection(0) }
    state.flagsRest &= ~(Flag.interrupt | Flag.virtual8086)
    self[.rsp] = system.systemEnterStack & 0xFFFF_FFFF
    state.nextInstructionPointer = system.systemEnterPointer & 0xFFFF_FFFF
    installFlat(
      code: selector & ~3, stack: (selector & ~3) &+ 8, privilege: 0, codeAttributes: 0xC09B)
  }

  func systemExit() throws(GuestException) {
    guard !isLongModeActive else { throw .invalidOpcode }
    let selector = UInt16(truncatingIfNeeded: system.systemEnterSegment)
    guard isProtectionEnabled, state.privilege == 0, selector & ~3 != 0 else {
      throw .generalProtection(0)
    }
    self[.rsp] = self[.rcx] & 0xFFFF_FFFF
    state.nextInstructionPointer = self[.rdx] & 0xFFFF_FFFF
    let base = selector | 3
    installFlat(code: base &+ 16, stack: base &+ 24, privilege: 3, codeAttributes: 0xC0FB)
  }

  /// Flat code and stack segments that no descriptor is read for.
  private func installFlat(
    code: UInt16, stack: UInt16, privilege: UInt32, codeAttributes: UInt16
  ) {
    install(
      SegmentState(selector: code, base: 0, limit: 0xFFFF_FFFF, attributes: codeAttributes), .cs)
    install(
      SegmentState(
        selector: stack, base: 0, limit: 0xFFFF_FFFF,
        attributes: 0xC093 | UInt16(privilege) << 5), .ss)
    state.privilege = privilege
    updateMode()
  }

  func swapGSBase() throws(GuestException) {
    guard state.mode == CodeMode.long64 else { throw .invalidOpcode }
    guard state.privilege == 0 else { throw .generalProtection(0) }
    let base = state.segmentBase(SegmentRegister.gs.rawValue)
    setBase(.gs, system.kernelGSBase)
    system.kernelGSBase = base
  }
}
