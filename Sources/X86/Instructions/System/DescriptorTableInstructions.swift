// LGDT, LLDT, LTR, LAR, LSL, VERR, VERW, ARPL and their like; moves to and from segment registers
// (Intel SDM volume 2).
extension Processor {
  // MARK: GDTR and IDTR

  func loadGlobalTable(_ fields: SystemFields) throws(GuestException) {
    let (base, limit) = try tableOperand(fields)
    setGlobalDescriptorTable(base: base, limit: limit)
  }

  func loadInterruptTable(_ fields: SystemFields) throws(GuestException) {
    let (base, limit) = try tableOperand(fields)
    setInterruptDescriptorTable(base: base, limit: limit)
  }

  private func tableOperand(
    _ fields: SystemFields
  ) throws(GuestException) -> (base: UInt64, limit: UInt16) {
    guard fields.isMemory else { throw .invalidOpcode }
    try requireSupervisor()
    let isLong = state.mode == CodeMode.long64
    let size: UInt8 = isLong ? 8 : 4
    let total = Int(size) &+ 2
    let first = try operandPart(fields, 0, 2, of: total)
    let limit = try readLinear(first, as: UInt16.self)
    let second = try operandPart(fields, 2, Int(size), of: total)
    var base = try readSized(second, size)
    if !isLong && fields.operandSize == 2 { base &= 0xFF_FFFF }
    guard isCanonical(base) else { throw .generalProtection(0) }
    return (base, limit)
  }

  func storeTable(
    _ fields: SystemFields, _ base: UInt64, _ limit: UInt16
  ) throws(GuestException) {
    guard fields.isMemory else { throw .invalidOpcode }
    try requireVisibleTables()
    let size: UInt8 = state.mode == CodeMode.long64 ? 8 : 4
    let total = Int(size) &+ 2
    let first = try operandPart(fields, 0, 2, of: total, write: true)
    let second = try operandPart(fields, 2, Int(size), of: total, write: true)
    try probeWrite(first, 2)
    try probeWrite(second, Int(size))
    // By words: the base is aligned to 2 bytes, whatever its size.
    try writeLinear(first, limit)
    for index in 0..<(UInt64(size) / 2) {
      try writeLinear(
        wrapped(second, index &* 2), UInt16(truncatingIfNeeded: base >> (index &* 16)))
    }
  }

  // MARK: LDTR and TR

  func loadLocalTable(_ fields: SystemFields) throws(GuestException) {
    guard isProtected else { throw .invalidOpcode }
    try requireSupervisor()
    let selector = UInt16(truncatingIfNeeded: try readOperand(fields, 2))
    guard selector & ~3 != 0 else {
      system.localTable = Self.nullSegment(selector)
      return
    }
    let descriptor = try tableDescriptor(selector)
    guard !descriptor.isSegment, descriptor.type == SystemType.localTable else {
      throw .generalProtection(selector: selector)
    }
    guard descriptor.isPresent else { throw .segmentNotPresent(selector) }
    system.localTable = descriptor.segment(selector)
  }

  func loadTask(_ fields: SystemFields) throws(GuestException) {
    guard isProtected else { throw .invalidOpcode }
    try requireSupervisor()
    let selector = UInt16(truncatingIfNeeded: try readOperand(fields, 2))
    guard selector & ~3 != 0 else { throw .generalProtection(0) }
    let descriptor = try tableDescriptor(selector)
    let isTask =
      descriptor.type == SystemType.task
      || (descriptor.type == SystemType.task16 && !isLongModeActive)
    guard !descriptor.isSegment, isTask else { throw .generalProtection(selector: selector) }
    guard descriptor.isPresent else { throw .segmentNotPresent(selector) }
    try setTypeBits(selector, SystemType.busy)
    var task = descriptor.segment(selector)
    task.attributes |= UInt16(SystemType.busy)
    system.task = task
  }

  /// A system descriptor of the global table.
  private func tableDescriptor(_ selector: UInt16) throws(GuestException) -> Descriptor {
    guard selector & 4 == 0 else { throw .generalProtection(selector: selector) }
    let descriptor = try readSystemDescriptor(selector)
    guard !isLongModeActive || isCanonical(descriptor.base) else {
      throw .generalProtection(selector: selector)
    }
    return descriptor
  }

  /// SLDT and STR: 16 bits to memory; to a register, zero-extended to the operand size.
  func storeSelector(_ fields: SystemFields, _ selector: UInt16) throws(GuestException) {
    guard isProtected else { throw .invalidOpcode }
    try requireVisibleTables()
    try writeOperand(fields, fields.isMemory ? 2 : fields.operandSize, UInt64(selector))
  }

  // MARK: Questions about selectors: ZF answers, nothing faults

  /// The descriptor of a selector, or nil when there is none.
  private func examined(_ selector: UInt16) throws(GuestException) -> Descriptor? {
    guard selector & ~3 != 0, let address = descriptorAddress(selector) else { return nil }
    return Descriptor(raw: try readLinear(address, as: UInt64.self, supervisor: true))
  }

  private func isVisible(_ descriptor: Descriptor, _ selector: UInt16) -> Bool {
    let requested = UInt32(selector & 3)
    return descriptor.isConforming
      || (descriptor.privilege >= state.privilege && descriptor.privilege >= requested)
  }

  private func setZero(_ on: Bool) {
    let others = state.arithmeticFlags & ~Flag.zero
    state.setExplicitFlags(on ? others | Flag.zero : others)
  }

  func verify(_ fields: SystemFields, write: Bool) throws(GuestException) {
    guard isProtected else { throw .invalidOpcode }
    let selector = UInt16(truncatingIfNeeded: try readOperand(fields, 2))
    guard let descriptor = try examined(selector), descriptor.isSegment,
      isVisible(descriptor, selector)
    else { return setZero(false) }
    setZero(write ? descriptor.isWritableData : descriptor.isReadable)
  }

  func loadRights(_ fields: SystemFields) throws(GuestException) {
    guard isProtected else { throw .invalidOpcode }
    let selector = UInt16(truncatingIfNeeded: try readOperand(fields, 2))
    let kinds: [UInt8] = isLongModeActive ? [2, 9, 11, 12] : [1, 2, 3, 4, 5, 9, 11, 12]
    guard let descriptor = try examined(selector), isVisible(descriptor, selector),
      descriptor.isSegment || kinds.contains(descriptor.type)
    else { return setZero(false) }
    setZero(true)
    writeGeneral(fields.register, fields.operandSize, descriptor.raw >> 32 & 0x00FF_FF00)
  }

  func loadLimit(_ fields: SystemFields) throws(GuestException) {
    guard isProtected else { throw .invalidOpcode }
    let selector = UInt16(truncatingIfNeeded: try readOperand(fields, 2))
    let kinds: [UInt8] = isLongModeActive ? [2, 9, 11] : [1, 2, 3, 9, 11]
    guard let descriptor = try examined(selector), isVisible(descriptor, selector),
      descriptor.isSegment || kinds.contains(descriptor.type)
    else { return setZero(false) }
    setZero(true)
    writeGeneral(fields.register, fields.operandSize, UInt64(descriptor.limit))
  }

  /// ARPL: raises the RPL of the operand to that of `register`.
  func adjustPrivilege(_ fields: SystemFields) throws(GuestException) {
    guard isProtected, state.mode != CodeMode.long64 else { throw .invalidOpcode }
    let operand = try readOperand(fields, 2)
    let requested = readGeneral(fields.register, 2) & 3
    if operand & 3 < requested {
      // Only a write asks whether the segment is writable.
      if fields.isMemory { try requireWritableOperand() }
      try writeOperand(fields, 2, operand & ~3 | requested)
      setZero(true)
    } else {
      setZero(false)
    }
  }

  // MARK: Segment registers. `register` = number of the segment

  func moveToSegment(_ fields: SystemFields) throws(GuestException) {
    let register = try segmentRegister(fields.register)
    try loadSegment(register, UInt16(truncatingIfNeeded: try readOperand(fields, 2)))
    if register == .ss { beginStackShadow() }
  }

  func moveFromSegment(_ fields: SystemFields) throws(GuestException) {
    guard fields.register < 6 else { throw .invalidOpcode }
    let value = UInt64(selector(Int(fields.register)))
    try writeOperand(fields, fields.isMemory ? 2 : fields.operandSize, value)
  }

  /// LDS and its like: `immediate` = number of the segment, `register` = where the offset goes.
  func loadFarPointer(_ fields: SystemFields) throws(GuestException) {
    guard fields.isMemory else { throw .invalidOpcode }
    let register = try segmentRegister(UInt8(truncatingIfNeeded: fields.immediate))
    let (selector, offset) = try readFarPointer(fields)
    try loadSegment(register, selector)
    writeGeneral(fields.register, fields.operandSize, offset)
  }
}
