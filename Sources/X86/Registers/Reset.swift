// The states in which a processor starts (Intel SDM volume 3, "Processor State After Reset").
extension Processor {
  /// Power-on: real mode at F000:FFF0.
  package func reset() {
    state.set(StateLayout.cr0, UInt64(0))
    clearForStart()
    state.cr0 = 0x6000_0010
    system.pageAttributes = SystemRegisters().pageAttributes
    system.memoryTypes = MemoryTypeRegisters()
    system.machineCheck = MachineCheckRegisters()
    timestampOffset &-= system.timestampAdjust
    system.timestampAdjust = 0
    system.extendedControl = StateComponent.x87
    resetModelSpecific()
    (state.base + StateLayout.fxImage).initializeMemory(
      as: UInt8.self, repeating: 0, count: StateLayout.architecturalByteCount - StateLayout.fxImage)
    resetFloatingPoint()
    state.attention = 0
    activity = .running
    updateMode()
  }

  /// INIT: as after reset, but caches, MSRs and floating point keep their contents; waits for SIPI.
  package func initialize() {
    let cacheBits = state.cr0 & (ControlRegister0.cacheDisable | ControlRegister0.notWriteThrough)
    clearForStart()
    state.cr0 = ControlRegister0.extensionType | cacheBits
    state.attention &= Attention.yield
    activity = .waitingForStartup
    updateMode()
  }

  /// SIPI: starts a waiting processor in real mode at `vector` * 4 KiB.
  package func startUp(vector: UInt8) {
    guard activity == .waitingForStartup else { return }
    install(
      SegmentState(
        selector: UInt16(vector) << 8, base: UInt64(vector) << 12, limit: 0xFFFF,
        attributes: SegmentAttribute.realMode), .cs)
    instructionPointer = 0
    activity = .running
    updateMode()
  }

  /// What is owed for instructions stays: no INIT or reset makes them cheaper.
  private func clearForStart() {
    for register in GeneralRegister.allCases { self[register] = 0 }
    self[.rdx] = UInt64(Identification.signature)
    state.flags = Flag.fixed
    for register in [SegmentRegister.es, .ss, .ds, .fs, .gs] {
      setSegment(
        register, selector: 0, base: 0, limit: 0xFFFF, attributes: SegmentAttribute.realMode)
    }
    install(
      SegmentState(
        selector: 0xF000, base: 0xFFFF_0000, limit: 0xFFFF, attributes: SegmentAttribute.realMode),
      .cs)
    instructionPointer = 0xFFF0
    cr2 = 0
    state.cr3 = 0
    state.cr4 = 0
    state.efer = 0
    state.privilege = 0
    setGlobalDescriptorTable(base: 0, limit: 0xFFFF)
    setInterruptDescriptorTable(base: 0, limit: 0xFFFF)
    system.localTable = SegmentState(attributes: 0x82)
    system.task = SegmentState(attributes: 0x8B)
    system.debugAddresses = [0, 0, 0, 0]
    system.debugStatus = 0xFFFF_0FF0
    system.debugControl = 0x400
    system.heldDebugStatus = 0
    system.areNonMaskableBlocked = false
    system.isNonMaskableLatched = false
    state.flushTranslations(global: true)
  }

  private func resetModelSpecific() {
    system.star = 0
    system.longStar = 0
    system.compatibilityStar = 0
    system.flagMask = 0
    system.kernelGSBase = 0
    system.systemEnterSegment = 0
    system.systemEnterStack = 0
    system.systemEnterPointer = 0
  }

  // MARK: Boot entry states

  /// Flat 32-bit protected mode without paging, interrupts off; CS = 0x08, data = 0x10.
  package func enterProtectedFlat32(instructionPointer pointer: UInt64) {
    installControl4(0)
    installExtendedFeatures(0)
    installControl0(ControlRegister0.protection | ControlRegister0.extensionType)
    enterFlat(code: 0x08, codeAttributes: 0xC09B, data: 0x10, pointer)
  }

  /// 64-bit mode with four-level paging, interrupts off; CS = 0x10, data = 0x18.
  ///
  /// `pageTable` is the guest-physical address of the top paging structure.
  package func enterLongMode(instructionPointer pointer: UInt64, pageTable: UInt64) {
    state.cr3 = pageTable
    installControl4(ControlRegister4.physicalAddressExtension)
    installExtendedFeatures(ExtendedFeatures.longModeEnable | ExtendedFeatures.longModeActive)
    installControl0(
      ControlRegister0.protection | ControlRegister0.extensionType | ControlRegister0.paging)
    enterFlat(code: 0x10, codeAttributes: 0xA09B, data: 0x18, pointer)
  }

  private func enterFlat(
    code: UInt16, codeAttributes: UInt16, data: UInt16, _ pointer: UInt64
  ) {
    state.privilege = 0
    for register in [SegmentRegister.es, .ss, .ds, .fs, .gs] {
      setSegment(register, selector: data, base: 0, limit: 0xFFFF_FFFF, attributes: 0xC093)
    }
    setSegment(
      .cs, selector: code, base: 0, limit: 0xFFFF_FFFF, attributes: codeAttributes)
    state.flags = Flag.fixed
    instructionPointer = pointer
    activity = .running
    updateMode()
  }
}
