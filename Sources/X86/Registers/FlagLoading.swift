/// Sets of RFLAGS bits.
enum FlagMask {
  /// The bits that this processor has.
  static let defined: UInt64 =
    Flag.arithmetic | Flag.trap | Flag.interrupt | Flag.direction | Flag.ioPrivilege
    | Flag.nestedTask | Flag.resume | Flag.virtual8086 | Flag.alignment | Flag.virtualInterrupt
    | Flag.virtualInterruptPending | Flag.identification
  /// What POPF and IRET load at any privilege.
  static let always: UInt64 =
    Flag.arithmetic | Flag.trap | Flag.direction | Flag.nestedTask | Flag.alignment
    | Flag.identification
}

// RFLAGS as instructions load it, and RF, which lasts for one instruction: what stands in `flagsRest`
// counts only until an instruction has run since it was set, so that nothing has to clear it.
extension Processor {
  /// Instructions since power-on, the running slice included; what they cost beyond a cycle is none.
  var instructionNumber: UInt64 {
    cycleBase &- UInt64(bitPattern: state.budget) &- cyclesCharged
  }

  /// RF is set: the next instruction meets no instruction breakpoint.
  var isResuming: Bool {
    state.flagsRest & Flag.resume != 0 && system.resumeInstruction == instructionNumber
  }

  /// RFLAGS with RF as it is now.
  var currentFlags: UInt64 { isResuming ? state.flags : state.flags & ~Flag.resume }

  /// Sets RF for the next instruction.
  func setResume() {
    state.flagsRest |= Flag.resume
    system.resumeInstruction = instructionNumber
  }

  /// Sets the bits of RFLAGS that this processor has; `updateMode` follows where VM may change.
  func setFlags(_ value: UInt64) {
    state.flags = value & FlagMask.defined
    system.resumeInstruction = instructionNumber
    state.selectTranslations()
  }

  /// Loads what POPF may change at the current privilege.
  ///
  /// Source: Intel SDM volume 2, "POPF".
  func loadPoppedFlags(_ flags: UInt64, _ size: UInt8) {
    load(flags, mask: FlagMask.always | privilegedFlags, size)
    state.flagsRest &= ~Flag.resume
  }

  /// Loads what IRET may change at the current privilege.
  ///
  /// Source: Intel SDM volume 2, "IRET".
  func loadReturnedFlags(_ flags: UInt64, _ size: UInt8) {
    var mask = FlagMask.always | Flag.resume | privilegedFlags
    if isProtectionEnabled && state.privilege == 0 {
      mask |= Flag.virtualInterrupt | Flag.virtualInterruptPending
    }
    load(flags, mask: mask, size)
  }

  private func load(_ flags: UInt64, mask: UInt64, _ size: UInt8) {
    let mask = size == 2 ? mask & 0xFFFF : mask
    setFlags(state.flags & ~mask & ~Flag.resume | flags & mask)
  }

  /// IOPL belongs to privilege 0, IF to privileges up to IOPL.
  private var privilegedFlags: UInt64 {
    var mask: UInt64 = 0
    if !isProtectionEnabled || state.privilege == 0 { mask |= Flag.ioPrivilege }
    if mayChangeInterruptFlag { mask |= Flag.interrupt }
    return mask
  }

  /// CPL <= IOPL, or real mode.
  var mayChangeInterruptFlag: Bool { !isProtectionEnabled || state.privilege <= ioPrivilege }

  /// IOPL, 0 to 3.
  var ioPrivilege: UInt32 { UInt32(state.flagsRest >> 12 & 3) }
}
