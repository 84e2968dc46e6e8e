// INVLPG, INVPCID, STAC, CLAC, and the instructions on the bases of FS and GS (Intel SDM volume 2).
extension Processor {
  func invalidatePage(_ fields: SystemFields) throws(GuestException) {
    try requireSupervisor()
    guard fields.isMemory else { throw .invalidOpcode }
    state.invalidate(operandAddress)
  }

  /// INVPCID: `register` = the type; the descriptor in storage is a PCID and a linear address.
  ///
  /// Translations of other PCIDs than the current one are never kept.
  func invalidateContext(_ fields: SystemFields) throws(GuestException) {
    try requireSupervisor()
    let type = readGeneral(fields.register, state.mode == CodeMode.long64 ? 8 : 4)
    guard type <= 3 else { throw .generalProtection(0) }
    let first = try operandPart(fields, 0, 8, of: 16)
    let context = try readLinear(first, as: UInt64.self)
    let second = try operandPart(fields, 8, 8, of: 16)
    let linear = try readLinear(second, as: UInt64.self)
    guard context >> 12 == 0 else { throw .generalProtection(0) }
    let hasContexts = state.cr4 & ControlRegister4.processContexts != 0
    if type < 2 {
      guard hasContexts || context == 0, type != 0 || isCanonical(linear) else {
        throw .generalProtection(0)
      }
      guard context == (hasContexts ? state.cr3 & 0xFFF : 0) else { return }
    }
    switch type {
    case 0:
      state.invalidate(linear)
    case 2:
      state.flushTranslations(global: true)
    default:
      state.flushTranslations(global: false)
    }
  }

  /// STAC and CLAC: `register` = the new EFLAGS.AC.
  func setAccessOverride(_ fields: SystemFields) throws(GuestException) {
    guard state.privilege == 0 else { throw .invalidOpcode }
    if fields.register != 0 {
      state.flagsRest |= Flag.alignment
    } else {
      state.flagsRest &= ~Flag.alignment
    }
    state.selectTranslations()
  }

  /// #GP(0) for SGDT, SIDT, SLDT, STR and SMSW outside privilege 0 while CR4.UMIP is set.
  func requireVisibleTables() throws(GuestException) {
    guard state.privilege == 0 || state.cr4 & ControlRegister4.userInstructionPrevention == 0
    else { throw .generalProtection(0) }
  }

  /// RDFSBASE and RDGSBASE: `register` = the segment.
  func readBase(_ fields: SystemFields) throws(GuestException) {
    guard state.cr4 & ControlRegister4.baseInstructions != 0 else { throw .invalidOpcode }
    writeGeneral(fields.rm, fields.operandSize, state.segmentBase(Int(fields.register)))
  }

  /// WRFSBASE and WRGSBASE: `register` = the segment.
  func writeBase(_ fields: SystemFields) throws(GuestException) {
    guard state.cr4 & ControlRegister4.baseInstructions != 0 else { throw .invalidOpcode }
    let base = readGeneral(fields.rm, fields.operandSize)
    guard isCanonical(base) else { throw .generalProtection(0) }
    setBase(fields.register == 4 ? .fs : .gs, base)
  }
}
