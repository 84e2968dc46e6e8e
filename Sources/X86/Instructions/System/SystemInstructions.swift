// Privileged instructions and those around them (Intel SDM volume 3, "System Instructions").
extension Processor {
  /// #GP(0) unless CPL = 0.
  func requireSupervisor() throws(GuestException) {
    guard state.privilege == 0 else { throw .generalProtection(0) }
  }

  func halt() throws(GuestException) {
    try requireSupervisor()
    activity = .halted
  }

  /// PAUSE: 50 cycles, or the end of the slice where other processors want to run.
  func pause() {
    if pauseEndsSlice {
      exitRequest = .paused
    } else {
      spend(atMost: 49)
    }
  }

  func interruptOverflow() throws(GuestException) {
    guard state.mode != CodeMode.long64 else { throw .invalidOpcode }
    if state.hasOverflow { try softwareInterrupt(4) }
  }

  // MARK: Identification, model-specific registers, time

  func identify() {
    let leaf = UInt32(truncatingIfNeeded: self[.rax])
    var registers = identification.leaf(leaf, UInt32(truncatingIfNeeded: self[.rcx]))
    if leaf == 1 || leaf == 0x8000_0001 {
      // OSXSAVE, and the local APIC while it is enabled.
      if leaf == 1 && state.cr4 & ControlRegister4.extendedStates != 0 { registers.ecx |= 1 << 27 }
      if !isInterruptControllerEnabled { registers.edx &= ~(1 << 9) }
    }
    self[.rax] = UInt64(registers.eax)
    self[.rbx] = UInt64(registers.ebx)
    self[.rcx] = UInt64(registers.ecx)
    self[.rdx] = UInt64(registers.edx)
  }

  /// The global enable bit of IA32_APIC_BASE, which the platform keeps; true where there is none.
  private var isInterruptControllerEnabled: Bool {
    var base: UInt64 = 0
    return !callBus(.msrRead, UInt64(ModelSpecific.interruptControllerBase), 8, &base)
      || base & 0x800 != 0
  }

  func readModelSpecific() throws(GuestException) {
    try requireSupervisor()
    let value = try readModelSpecific(UInt32(truncatingIfNeeded: self[.rcx]))
    setPair(value)
  }

  func writeModelSpecific() throws(GuestException) {
    try requireSupervisor()
    let value = self[.rdx] << 32 | self[.rax] & 0xFFFF_FFFF
    try writeModelSpecific(UInt32(truncatingIfNeeded: self[.rcx]), value)
  }

  func readTimestampInstruction() throws(GuestException) {
    if state.cr4 & ControlRegister4.timestampDisable != 0 && state.privilege != 0 {
      throw .generalProtection(0)
    }
    setPair(readTimestamp())
  }

  /// EDX:EAX, upper halves cleared.
  private func setPair(_ value: UInt64) {
    self[.rax] = value & 0xFFFF_FFFF
    self[.rdx] = value >> 32
  }

  // MARK: Control registers. `register` = number, `rm` = general register

  /// Control and debug registers move 8 bytes in 64-bit mode, else 4.
  var controlSize: UInt8 { state.mode == CodeMode.long64 ? 8 : 4 }

  func readControl(_ fields: SystemFields) throws(GuestException) {
    guard [0, 2, 3, 4, 8].contains(fields.register) else { throw .invalidOpcode }
    try requireSupervisor()
    let value =
      switch fields.register {
      case 0: state.cr0
      case 2: cr2
      case 3: state.cr3
      case 4: state.cr4
      default: cr8
      }
    writeGeneral(fields.rm, controlSize, value)
  }

  func writeControl(_ fields: SystemFields) throws(GuestException) {
    guard [0, 2, 3, 4, 8].contains(fields.register) else { throw .invalidOpcode }
    try requireSupervisor()
    let value = readGeneral(fields.rm, controlSize)
    switch fields.register {
    case 0: try writeControl0(value)
    case 2: cr2 = value
    case 3: try writeControl3(value)
    case 4: try writeControl4(value)
    default:
      guard value <= 15 else { throw .generalProtection(0) }
      cr8 = value
    }
  }

  func clearTaskSwitched() throws(GuestException) {
    try requireSupervisor()
    state.cr0 &= ~ControlRegister0.taskSwitched
  }

  /// LMSW loads bits 0 to 3 and cannot clear PE.
  func loadMachineStatus(_ fields: SystemFields) throws(GuestException) {
    try requireSupervisor()
    let value = try readOperand(fields, 2)
    let kept = state.cr0 & ~0xE
    try writeControl0(kept | value & 0xF)
  }

  func storeMachineStatus(_ fields: SystemFields) throws(GuestException) {
    try requireVisibleTables()
    try writeOperand(fields, fields.isMemory ? 2 : fields.operandSize, state.cr0)
  }

  // MARK: Firmware

  /// VMMCALL and VMCALL: the firmware's, for CPL 0 alone.
  func firmwareCall() throws(GuestException) {
    guard state.privilege == 0 else { throw .invalidOpcode }
    exitRequest = .firmwareCall
  }

  /// Tells the platform, loudly, that the current instruction needs what is not implemented.
  func reportUnimplemented() {
    let pointer = state.instructionPointer
    let base = state.mode == CodeMode.long64 ? 0 : state.segmentBase(1)
    var bytes: UInt64 = 0
    for index in 0..<UInt64(8) {
      guard
        let byte = try? readLinear(base &+ pointer &+ index, as: UInt8.self, supervisor: true)
      else { break }
      bytes |= UInt64(byte) << (index &* 8)
    }
    _ = callBus(.unimplementedInstruction, pointer, Int(state.mode), &bytes)
  }
}
