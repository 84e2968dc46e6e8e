// BOUND, XLAT, CMPXCHG8B and CMPXCHG16B, decimal arithmetic (Intel SDM volume 2).
extension Processor {
  func boundRange(_ fields: SystemFields) throws(GuestException) {
    guard state.mode != CodeMode.long64, fields.isMemory else { throw .invalidOpcode }
    let size = fields.operandSize
    let index = signed(readGeneral(fields.register, size), size)
    let total = Int(size) &* 2
    let first = try operandPart(fields, 0, Int(size), of: total)
    let lower = signed(try readSized(first, size), size)
    let second = try operandPart(fields, Int(size), Int(size), of: total)
    let upper = signed(try readSized(second, size), size)
    guard index >= lower, index <= upper else { throw .boundRange }
  }

  private func signed(_ value: UInt64, _ size: UInt8) -> Int64 {
    size == 2
      ? Int64(Int16(truncatingIfNeeded: value)) : Int64(Int32(truncatingIfNeeded: value))
  }

  /// XLAT: `rm` = segment, unless the address was worked out before.
  func translateByte(_ fields: SystemFields) throws(GuestException) {
    var address = operandAddress
    if !fields.isMemory {
      let offset = (self[.rbx] &+ self[.rax] & 0xFF) & sizeMask(fields.addressSize)
      let register = SegmentRegister(rawValue: Int(fields.rm)) ?? .ds
      address = try linearAddress(register, offset, 1, write: false)
    }
    writeGeneral(0, 1, UInt64(try readLinear(address, as: UInt8.self)))
  }

  /// CMPXCHG8B: writes even when the comparison fails.
  func compareExchange8(_ fields: SystemFields) throws(GuestException) {
    guard fields.isMemory else { throw .invalidOpcode }
    try probeWrite(operandAddress, 8)
    let current = try readLinear(operandAddress, as: UInt64.self)
    let expected = self[.rdx] << 32 | self[.rax] & 0xFFFF_FFFF
    let isEqual = current == expected
    let replacement = self[.rcx] << 32 | self[.rbx] & 0xFFFF_FFFF
    try writeLinear(operandAddress, isEqual ? replacement : current)
    setZeroFlag(isEqual)
    if !isEqual {
      self[.rax] = current & 0xFFFF_FFFF
      self[.rdx] = current >> 32
    }
  }

  /// CMPXCHG16B: #GP(0) unless aligned; writes even when the comparison fails.
  func compareExchange16(_ fields: SystemFields) throws(GuestException) {
    guard fields.isMemory else { throw .invalidOpcode }
    guard operandAddress & 15 == 0 else { throw .generalProtection(0) }
    try probeWrite(operandAddress, 16)
    let low = try readLinear(operandAddress, as: UInt64.self)
    let high = try readLinear(operandAddress &+ 8, as: UInt64.self)
    let isEqual = low == self[.rax] && high == self[.rdx]
    try writeLinear(operandAddress, isEqual ? self[.rbx] : low)
    try writeLinear(operandAddress &+ 8, isEqual ? self[.rcx] : high)
    setZeroFlag(isEqual)
    if !isEqual {
      self[.rax] = low
      self[.rdx] = high
    }
  }

  private func setZeroFlag(_ on: Bool) {
    let others = state.arithmeticFlags & ~Flag.zero
    state.setExplicitFlags(on ? others | Flag.zero : others)
  }

  // MARK: Decimal arithmetic, none of it in 64-bit mode

  private func requireLegacyMode() throws(GuestException) {
    guard state.mode != CodeMode.long64 else { throw .invalidOpcode }
  }

  /// SF, ZF and PF of AL, with CF and AF given.
  private func setDecimalFlags(_ result: UInt8, _ others: UInt64) {
    var flags = others
    if result == 0 { flags |= Flag.zero }
    if result >> 7 != 0 { flags |= Flag.sign }
    if result.nonzeroBitCount & 1 == 0 { flags |= Flag.parity }
    state.setExplicitFlags(flags)
  }

  /// DAA and DAS.
  func decimalAdjust(subtracting: Bool) throws(GuestException) {
    try requireLegacyMode()
    let old = UInt8(truncatingIfNeeded: self[.rax])
    let hadCarry = state.carry != 0
    var result = old
    var flags: UInt64 = 0
    if old & 15 > 9 || state.hasAdjust {
      flags |= Flag.adjust
      let (value, borrowed) =
        subtracting
        ? result.subtractingReportingOverflow(6) : result.addingReportingOverflow(6)
      result = value
      if subtracting && (hadCarry || borrowed) { flags |= Flag.carry }
    }
    if old > 0x99 || hadCarry {
      result = subtracting ? result &- 0x60 : result &+ 0x60
      flags |= Flag.carry
    }
    writeGeneral(0, 1, UInt64(result))
    setDecimalFlags(result, flags)
  }

  /// AAA and AAS; OF, SF, ZF and PF are undefined in the manual and kept clear.
  func asciiAdjust(subtracting: Bool) throws(GuestException) {
    try requireLegacyMode()
    var value = UInt16(truncatingIfNeeded: self[.rax])
    var flags: UInt64 = 0
    if value & 15 > 9 || state.hasAdjust {
      value = subtracting ? value &- 0x106 : value &+ 0x106
      flags = Flag.adjust | Flag.carry
    }
    writeGeneral(0, 2, UInt64(value & 0xFF0F))
    state.setExplicitFlags(flags)
  }

  /// AAM: `immediate` = base; 0 is #DE.
  func asciiAdjustMultiply(_ fields: SystemFields) throws(GuestException) {
    try requireLegacyMode()
    let base = UInt8(truncatingIfNeeded: fields.immediate)
    guard base != 0 else { throw .divideError }
    let value = UInt8(truncatingIfNeeded: self[.rax])
    writeGeneral(0, 2, UInt64(value / base) << 8 | UInt64(value % base))
    setDecimalFlags(value % base, 0)
  }

  /// AAD: `immediate` = base.
  func asciiAdjustDivide(_ fields: SystemFields) throws(GuestException) {
    try requireLegacyMode()
    let base = UInt8(truncatingIfNeeded: fields.immediate)
    let low = UInt8(truncatingIfNeeded: self[.rax])
    let high = UInt8(truncatingIfNeeded: self[.rax] >> 8)
    let result = low &+ high &* base
    writeGeneral(0, 2, UInt64(result))
    setDecimalFlags(result, 0)
  }
}
