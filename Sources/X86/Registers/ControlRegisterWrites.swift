// MOV to CR0, CR3 and CR4 and writes of EFER: the checks, then the effects (Intel SDM volume 3,
// "Control Registers" and "Paging-Mode Enabling").
extension Processor {
  private static let supported0: UInt64 = 0xE005_003F
  /// A change of these bits loads the PDPTEs of PAE paging again (Intel SDM volume 3, "PDPTE
  /// Registers").
  private static let reloading0 =
    ControlRegister0.paging | ControlRegister0.cacheDisable | ControlRegister0.notWriteThrough
  private static let reloading4 =
    ControlRegister4.pageSizeExtensions | ControlRegister4.physicalAddressExtension
    | ControlRegister4.globalPages | ControlRegister4.executionPrevention

  /// MOV CR0 and LMSW.
  ///
  /// - Throws: #GP(0) with nothing changed.
  func writeControl0(_ value: UInt64) throws(GuestException) {
    let setsPaging = value & ControlRegister0.paging != 0
    let protection = value & ControlRegister0.protection != 0
    let isUncached = value & ControlRegister0.cacheDisable != 0
    guard value >> 32 == 0, !setsPaging || protection,
      isUncached || value & ControlRegister0.notWriteThrough == 0
    else { throw .generalProtection(0) }
    let hadPaging = state.cr0 & ControlRegister0.paging != 0
    if setsPaging && !hadPaging && state.efer & ExtendedFeatures.longModeEnable != 0 {
      let isCodeLong = segment(.cs).attributes & SegmentAttribute.long != 0
      let isTask16 = system.task.attributes & 0xD == UInt16(SystemType.task16)
      guard state.cr4 & ControlRegister4.physicalAddressExtension != 0, !isCodeLong, !isTask16
      else { throw .generalProtection(0) }
    }
    if !setsPaging && hadPaging {
      guard state.mode != CodeMode.long64, state.cr4 & ControlRegister4.processContexts == 0
      else { throw .generalProtection(0) }
    }
    if (state.cr0 ^ value) & Self.reloading0 != 0,
      isExtendedPaging(cr0: value, cr4: state.cr4), !areDirectoryPointersLegal(at: state.cr3)
    {
      throw .generalProtection(0)
    }
    installControl0(value)
  }

  /// The effects of a CR0 value that passed the checks.
  func installControl0(_ value: UInt64) {
    let old = state.cr0
    let new = value & Self.supported0 | ControlRegister0.extensionType
    state.cr0 = new
    if new & ControlRegister0.paging != 0 {
      if state.efer & ExtendedFeatures.longModeEnable != 0 {
        state.efer |= ExtendedFeatures.longModeActive
      }
    } else {
      state.efer &= ~ExtendedFeatures.longModeActive
    }
    if (old ^ new) & Self.reloading0 != 0 { loadDirectoryPointers() }
    let translating =
      ControlRegister0.paging | ControlRegister0.writeProtect | ControlRegister0.protection
    if (old ^ new) & translating != 0 {
      state.flushTranslations(global: true)
      updateMode()
    }
    state.selectTranslations()
  }

  /// MOV CR3, and the CR3 of a task that is switched to.
  ///
  /// - Throws: #GP(0) for a reserved bit in long mode, or in a PDPTE of PAE paging.
  func writeControl3(_ value: UInt64) throws(GuestException) {
    var value = value
    if isLongModeActive {
      // Bit 63 permits to keep the new PCID's translations; it is not stored.
      if state.cr4 & ControlRegister4.processContexts != 0 { value &= ~(1 << 63) }
      guard value >> PhysicalAddress.bits == 0 else { throw .generalProtection(0) }
    }
    if isExtendedPaging(cr0: state.cr0, cr4: state.cr4), !areDirectoryPointersLegal(at: value) {
      throw .generalProtection(0)
    }
    installControl3(value)
  }

  func installControl3(_ value: UInt64) {
    state.cr3 = value
    loadDirectoryPointers()
    state.flushTranslations(global: false)
  }

  /// MOV CR4.
  ///
  /// - Throws: #GP(0) with nothing changed.
  func writeControl4(_ value: UInt64) throws(GuestException) {
    let supported = ControlRegister4.supported(identification.features)
    guard value & ~supported == 0 else { throw .generalProtection(0) }
    if isLongModeActive && value & ControlRegister4.physicalAddressExtension == 0 {
      throw .generalProtection(0)
    }
    let changed = state.cr4 ^ value
    if changed & value & ControlRegister4.processContexts != 0 {
      guard isLongModeActive, state.cr3 & 0xFFF == 0 else { throw .generalProtection(0) }
    }
    if changed & Self.reloading4 != 0, isExtendedPaging(cr0: state.cr0, cr4: value),
      !areDirectoryPointersLegal(at: state.cr3)
    {
      throw .generalProtection(0)
    }
    installControl4(value)
  }

  func installControl4(_ value: UInt64) {
    let translating =
      Self.reloading4 | ControlRegister4.processContexts | ControlRegister4.accessPrevention
    let changed = state.cr4 ^ value
    state.cr4 = value
    if changed & Self.reloading4 != 0 { loadDirectoryPointers() }
    if changed & translating != 0 {
      state.flushTranslations(global: true)
      state.selectTranslations()
    }
  }

  /// WRMSR EFER.
  ///
  /// - Throws: #GP(0) for reserved bits, and for a change of LME while paging is on.
  func writeExtendedFeatures(_ value: UInt64) throws(GuestException) {
    guard value & ~ExtendedFeatures.supported == 0 else { throw .generalProtection(0) }
    let changesLongMode = (state.efer ^ value) & ExtendedFeatures.longModeEnable != 0
    if changesLongMode && state.cr0 & ControlRegister0.paging != 0 { throw .generalProtection(0) }
    // LMA is read-only.
    let active = state.efer & ExtendedFeatures.longModeActive
    installExtendedFeatures(value & ~ExtendedFeatures.longModeActive | active)
  }

  func installExtendedFeatures(_ value: UInt64) {
    let changed = state.efer ^ value
    state.efer = value
    if changed & (ExtendedFeatures.noExecuteEnable | ExtendedFeatures.longModeActive) != 0 {
      state.flushTranslations(global: true)
      updateMode()
    }
  }
}
