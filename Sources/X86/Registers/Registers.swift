/// A general register, numbered as instructions encode it.
package enum GeneralRegister: UInt8, CaseIterable, Sendable {
  case rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
}

// What the platform, tests and consoles see of a processor's registers.
extension Processor {
  /// A general register, all 64 bits.
  package subscript(_ register: GeneralRegister) -> UInt64 {
    get { state.register(register.rawValue) }
    set { state.setRegister(register.rawValue, newValue) }
  }

  /// RIP: the offset in CS of the next instruction.
  package var instructionPointer: UInt64 {
    get { state.instructionPointer }
    set {
      state.instructionPointer = newValue
      state.nextInstructionPointer = newValue
    }
  }

  /// RFLAGS; setting VM outside protected mode or in long mode has no effect.
  package var flags: UInt64 {
    get { currentFlags }
    set {
      let mayBeVirtual = isProtectionEnabled && !isLongModeActive
      setFlags(newValue & ~(mayBeVirtual ? 0 : Flag.virtual8086))
      updateMode()
    }
  }

  /// CR0; setting it has the effects of MOV CR0 without its checks.
  package var cr0: UInt64 {
    get { state.cr0 }
    set { installControl0(newValue) }
  }

  /// CR2: the linear address of the last page fault.
  package var cr2: UInt64 {
    get { state.get(StateLayout.cr2, as: UInt64.self) }
    set { state.set(StateLayout.cr2, newValue) }
  }

  /// CR3; setting it drops the translations that are not global.
  package var cr3: UInt64 {
    get { state.cr3 }
    set { installControl3(newValue) }
  }

  /// CR4; setting it has the effects of MOV CR4 without its checks.
  package var cr4: UInt64 {
    get { state.cr4 }
    set { installControl4(newValue) }
  }

  /// CR8: the task priority class, 0 to 15, which the local APIC keeps.
  package var cr8: UInt64 {
    get {
      var value: UInt64 = 0
      return callBus(.msrRead, Self.taskPriorityRegister, 1, &value) ? value >> 4 & 15 : 0
    }
    set {
      var value = (newValue & 15) << 4
      _ = callBus(.msrWrite, Self.taskPriorityRegister, 1, &value)
    }
  }

  /// EFER; setting it has the effects of WRMSR without its checks.
  package var efer: UInt64 {
    get { state.efer }
    set { installExtendedFeatures(newValue) }
  }

  /// The x2APIC's task-priority register, where CR8 is kept.
  static let taskPriorityRegister: UInt64 = 0x808

  /// Sets GDTR.
  package func setGlobalDescriptorTable(base: UInt64, limit: UInt16) {
    system.globalTableBase = base
    system.globalTableLimit = limit
  }

  /// Sets IDTR.
  package func setInterruptDescriptorTable(base: UInt64, limit: UInt16) {
    system.interruptTableBase = base
    system.interruptTableLimit = limit
  }

  /// Drops every translation and cached jump; called after storage was taken away.
  package func flushTranslations() {
    state.flushTranslations(global: true)
  }

  /// Adds the architectural registers to a digest of history; called at every dispatch.
  package func mixState(into digest: inout HistoryDigest) {
    let base = UnsafeRawPointer(state.base)
    digest.mix(
      bytes: UnsafeRawBufferPointer(start: base + StateLayout.generalRegisters, count: 16 * 8))
    // Bases, limits, attributes and selectors of the six segments stand together.
    digest.mix(
      bytes: UnsafeRawBufferPointer(
        start: base + StateLayout.segmentBases, count: StateLayout.cr0 - StateLayout.segmentBases))
    let hasExtended = identification.features.contains(.xsave)
    let words: [11 of UInt64] = [
      instructionPointer, flags, state.cr0, cr2, state.cr3, state.cr4, state.efer,
      UInt64(activity.rawValue) | UInt64(state.attention) << 8,
      chargesCycles ? UInt64(bitPattern: cyclesOwed &+ state.cyclesOwedLater) : 0,
      system.kernelGSBase, hasExtended ? system.extendedControl : 0,
    ]
    withUnsafeBytes(of: words) { digest.mix(bytes: $0) }
    mixFloatingPoint(into: &digest)
  }

  // MARK: Operands of system instructions

  /// The low `size` bytes of a general register, zero-extended.
  func readGeneral(_ index: UInt8, _ size: UInt8) -> UInt64 {
    state.register(index) & sizeMask(size)
  }

  /// Writes the low `size` bytes of a general register; 4 bytes clear the upper half.
  func writeGeneral(_ index: UInt8, _ size: UInt8, _ value: UInt64) {
    switch size {
    case 8: state.setRegister(index, value)
    case 4: state.setRegister(index, value & 0xFFFF_FFFF)
    default:
      let mask = sizeMask(size)
      state.setRegister(index, state.register(index) & ~mask | value & mask)
    }
  }

  /// The operand that ModRM.rm names: memory or register, zero-extended.
  func readOperand(_ fields: SystemFields, _ size: UInt8) throws(GuestException) -> UInt64 {
    guard fields.isMemory else { return readGeneral(fields.rm, size) }
    return try readSized(operandAddress, size)
  }

  /// Writes the operand that ModRM.rm names.
  func writeOperand(_ fields: SystemFields, _ size: UInt8, _ value: UInt64) throws(GuestException) {
    guard fields.isMemory else { return writeGeneral(fields.rm, size, value) }
    try writeSized(operandAddress, size, value)
  }

  /// Linear address of the memory operand.
  var operandAddress: UInt64 { state.register(PseudoRegister.address) }

  /// All ones in the low `size` bytes.
  func sizeMask(_ size: UInt8) -> UInt64 { size >= 8 ? ~0 : (1 << (UInt64(size) &* 8)) &- 1 }
}
