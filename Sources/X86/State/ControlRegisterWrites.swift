// MOV to CR0, CR3 and CR4 and writes of EFER: the checks, then the effects (Intel SDM volume 3,
// "Control Registers" and "Paging-Mode Enabling").
extension Processor {
  private static let supported0: UInt64 = 0xE005_003F

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
    if !setsPaging && hadPaging && state.mode == CodeMode.long64 { throw .generalProtection(0) }
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
    let translating =
      ControlRegister0.paging | ControlRegister0.writeProtect | ControlRegister0.protection
    if (old ^ new) & translating != 0 {
      state.flushTranslations(global: true)
      forgetJumps()
      updateMode()
    }
    chooseTranslations()
  }

  /// MOV CR3.
  ///
  /// - Throws: #GP(0) when a reserved bit is set in long mode.
  func writeControl3(_ value: UInt64) throws(GuestException) {
    if isLongModeActive && value >> PageWalk.physicalAddressBits != 0 {
      throw .generalProtection(0)
    }
    installControl3(value)
  }

  func installControl3(_ value: UInt64) {
    state.cr3 = value
    // First the jumps: the flush forgets whether code in the upper half was local.
    forgetLocalJumps()
    state.flushTranslations(global: false)
  }

  /// MOV CR4.
  ///
  /// - Throws: #GP(0) with nothing changed.
  func writeControl4(_ value: UInt64) throws(GuestException) {
    guard value & ~ControlRegister4.supported == 0 else { throw .generalProtection(0) }
    if isLongModeActive && value & ControlRegister4.physicalAddressExtension == 0 {
      throw .generalProtection(0)
    }
    installControl4(value)
  }

  func installControl4(_ value: UInt64) {
    let translating =
      ControlRegister4.pageSizeExtensions | ControlRegister4.physicalAddressExtension
      | ControlRegister4.globalPages
    let changed = state.cr4 ^ value
    state.cr4 = value
    if changed & translating != 0 {
      state.flushTranslations(global: true)
      forgetJumps()
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
      forgetJumps()
      updateMode()
    }
  }
}
