// Virtual-8086 mode: entry by IRET, the instructions that ask IOPL, and the virtual interrupt flag of
// VME and PVI (Intel SDM volume 3, "8086 Emulation" and "Protected-Mode Virtual Interrupts").
extension Processor {
  /// CLI and STI work on VIF instead of IF: VME in virtual-8086 mode, PVI at privilege 3.
  private var hasVirtualInterruptFlag: Bool {
    guard isProtectionEnabled, state.privilege == 3 else { return false }
    let enabling =
      isVirtual8086
      ? ControlRegister4.virtual8086Extensions : ControlRegister4.protectedVirtualInterrupts
    return state.cr4 & enabling != 0
  }

  func stopInterrupts() throws(GuestException) {
    if mayChangeInterruptFlag {
      state.flagsRest &= ~Flag.interrupt
    } else {
      guard hasVirtualInterruptFlag else { throw .generalProtection(0) }
      state.flagsRest &= ~Flag.virtualInterrupt
    }
  }

  /// STI protects the next instruction from interrupts, if they were off.
  func startInterrupts() throws(GuestException) {
    guard !mayChangeInterruptFlag else {
      if state.flagsRest & Flag.interrupt == 0 {
        state.flagsRest |= Flag.interrupt
        setAttention(Attention.shadow, true)
      }
      return
    }
    guard hasVirtualInterruptFlag, state.flagsRest & Flag.virtualInterruptPending == 0 else {
      throw .generalProtection(0)
    }
    state.flagsRest |= Flag.virtualInterrupt
  }

  // MARK: PUSHF, POPF, INT n and IRET in virtual-8086 mode with IOPL < 3

  /// VME stands in for IOPL 3, for 16-bit operands.
  private func requireExtensions(_ size: UInt8) throws(GuestException) {
    guard state.cr4 & ControlRegister4.virtual8086Extensions != 0, size == 2 else {
      throw .generalProtection(0)
    }
  }

  /// FLAGS as virtual-8086 code sees them with VME: IF is VIF, IOPL is 3.
  private var virtualFlags: UInt64 {
    let enabled = state.flagsRest & Flag.virtualInterrupt != 0
    return state.flags & ~Flag.interrupt | Flag.ioPrivilege | (enabled ? Flag.interrupt : 0)
  }

  /// What PUSHF pushes.
  func flagsToPush(_ size: UInt8) throws(GuestException) -> UInt64 {
    guard isVirtual8086, ioPrivilege < 3 else {
      return state.flags & ~(Flag.resume | Flag.virtual8086)
    }
    try requireExtensions(size)
    return virtualFlags
  }

  /// Loads the flags of POPF or IRET; IOPL and IF stay, the popped IF becomes VIF.
  ///
  /// - Throws: #GP(0) with nothing changed, for TF too and for IF with a virtual interrupt pending.
  private func loadVirtualFlags(_ flags: UInt64, _ size: UInt8) throws(GuestException) {
    try requireExtensions(size)
    let isPending = state.flagsRest & Flag.virtualInterruptPending != 0
    guard flags & Flag.trap == 0, !(isPending && flags & Flag.interrupt != 0) else {
      throw .generalProtection(0)
    }
    let mask = FlagMask.always & 0xFFFF
    var next = state.flags & ~(mask | Flag.virtualInterrupt | Flag.resume) | flags & mask
    if flags & Flag.interrupt != 0 { next |= Flag.virtualInterrupt }
    setFlags(next)
  }

  /// Loads the flags that POPF has popped.
  func acceptPoppedFlags(_ flags: UInt64, _ size: UInt8) throws(GuestException) {
    if isVirtual8086 && ioPrivilege < 3 {
      try loadVirtualFlags(flags, size)
    } else {
      loadPoppedFlags(flags, size)
    }
  }

  /// IRET in real mode and in virtual-8086 mode, where it leads to virtual-8086 code.
  func returnInSegmentedMode(_ size: UInt8) throws(GuestException) {
    let isRestricted = isVirtual8086 && ioPrivilege < 3
    if isRestricted { try requireExtensions(size) }
    var stack = currentStack
    let pointer = try pop(size, from: &stack)
    let selector = UInt16(truncatingIfNeeded: try pop(size, from: &stack))
    let flags = try pop(size, from: &stack)
    guard pointer <= 0xFFFF else { throw .generalProtection(0) }
    if isRestricted {
      try loadVirtualFlags(flags, size)
    } else {
      loadReturnedFlags(flags, size)
    }
    installStackPointer(stack)
    loadRealModeSegment(.cs, selector)
    state.nextInstructionPointer = pointer
  }

  /// INT n: in virtual-8086 mode IOPL must be 3, unless VME sends it to the 8086 program itself.
  func interruptInstruction(_ vector: UInt8) throws(GuestException) {
    if isVirtual8086 {
      let hasExtensions = state.cr4 & ControlRegister4.virtual8086Extensions != 0
      if hasExtensions, try !isIntercepted(vector) { return try redirectInterrupt(vector) }
      guard ioPrivilege == 3 else { throw .generalProtection(0) }
    }
    try softwareInterrupt(vector)
  }

  /// The bit of the interrupt redirection map, which ends where the I/O permission map begins.
  private func isIntercepted(_ vector: UInt8) throws(GuestException) -> Bool {
    guard let map = try ioMapOffset(), map >= 32 else { throw .generalProtection(0) }
    let offset = map &- 32 &+ UInt64(vector >> 3)
    guard offset <= UInt64(system.task.limit) else { throw .generalProtection(0) }
    let bits = try readLinear(system.task.base &+ offset, as: UInt8.self, supervisor: true)
    return bits >> (vector & 7) & 1 != 0
  }

  /// Enters the 8086 program's handler, through the interrupt table at its linear address 0.
  private func redirectInterrupt(_ vector: UInt8) throws(GuestException) {
    let entry = try readLinear(UInt64(vector) &* 4, as: UInt32.self)
    let isVirtual = ioPrivilege < 3
    let image = isVirtual ? virtualFlags : state.flags
    try pushCurrent([image, UInt64(selector(1)), state.nextInstructionPointer], size: 2)
    state.flagsRest &= ~(Flag.trap | (isVirtual ? Flag.virtualInterrupt : Flag.interrupt))
    loadRealModeSegment(.cs, UInt16(entry >> 16))
    state.nextInstructionPointer = UInt64(entry & 0xFFFF)
    system.wasInstructionCompleted = false
    dropHeldDebugTrap(DebugStatus.singleStep)
  }

  // MARK: Entry and exit

  /// IRET at privilege 0 with VM set in the popped flags: ESP, SS, ES, DS, FS and GS follow.
  func returnToVirtualMode(
    _ stack: inout StackView, _ pointer: UInt64, _ code: UInt16, _ flags: UInt64
  ) throws(GuestException) {
    func selector() throws(GuestException) -> UInt16 {
      UInt16(truncatingIfNeeded: try pop(4, from: &stack))
    }
    let stackPointer = try pop(4, from: &stack)
    let stackSegment = try selector()
    let (es, ds, fs, gs) = (try selector(), try selector(), try selector(), try selector())
    guard pointer <= 0xFFFF else { throw .generalProtection(0) }
    setFlags(flags)
    loadVirtualSegments(code: code, stack: stackSegment, es: es, ds: ds, fs: fs, gs: gs)
    self[.rsp] = stackPointer & 0xFFFF_FFFF
    state.privilege = 3
    updateMode()
    state.nextInstructionPointer = pointer
  }

  /// Loads the six segments of virtual-8086 code; VM is set.
  func loadVirtualSegments(
    code: UInt16, stack: UInt16, es: UInt16, ds: UInt16, fs: UInt16, gs: UInt16
  ) {
    loadRealModeSegment(.cs, code)
    loadRealModeSegment(.ss, stack)
    loadRealModeSegment(.es, es)
    loadRealModeSegment(.ds, ds)
    loadRealModeSegment(.fs, fs)
    loadRealModeSegment(.gs, gs)
  }

  /// What a handler of privilege 0 finds above SS:ESP of the interrupted virtual-8086 code.
  var virtualSegmentFrame: [UInt64] {
    [SegmentRegister.gs, .fs, .ds, .es].map { UInt64(selector($0.rawValue)) }
  }

  /// The handler starts with null data segments.
  func dropVirtualSegments() {
    for register in [SegmentRegister.es, .ds, .fs, .gs] {
      install(Self.nullSegment(0), register)
    }
  }

  /// Enters virtual-8086 code with these segments and SP; flags, tables and CR0.PE were set before.
  package func enterVirtual8086(code: UInt16, pointer: UInt16, stack: UInt16, data: UInt16) {
    state.flagsRest |= Flag.virtual8086
    loadVirtualSegments(code: code, stack: stack, es: data, ds: data, fs: data, gs: data)
    state.privilege = 3
    updateMode()
    instructionPointer = UInt64(pointer)
  }
}
