// Loading of segment registers with all checks (Intel SDM volume 2, "MOV", "POP", "LDS"; volume 3,
// "Protection").
extension Processor {
  /// Loads ES, SS, DS, FS or GS.
  func loadSegment(_ register: SegmentRegister, _ selector: UInt16) throws(GuestException) {
    guard isProtected else {
      loadRealModeSegment(register, selector)
      return
    }
    if register == .ss {
      install(try stackSegment(selector, privilege: state.privilege), .ss)
    } else {
      install(try dataSegment(selector), register)
    }
  }

  /// In real mode a selector is the base, limit and rights stay; virtual-8086 mode sets them.
  func loadRealModeSegment(_ register: SegmentRegister, _ selector: UInt16) {
    var segment = segment(register)
    segment.selector = selector
    segment.base = UInt64(selector) << 4
    if isVirtual8086 {
      segment.limit = 0xFFFF
      segment.attributes = SegmentAttribute.virtual8086
    } else if register == .cs {
      segment.attributes = SegmentAttribute.realMode
    }
    install(segment, register)
  }

  private func dataSegment(_ selector: UInt16) throws(GuestException) -> SegmentState {
    if selector & ~3 == 0 { return Self.nullSegment(selector) }
    let descriptor = try readDescriptor(selector)
    guard descriptor.isSegment, descriptor.isReadable else {
      throw .generalProtection(selector: selector)
    }
    let requested = UInt32(selector & 3)
    if !descriptor.isConforming
      && (requested > descriptor.privilege || state.privilege > descriptor.privilege)
    {
      throw .generalProtection(selector: selector)
    }
    guard descriptor.isPresent else { throw .segmentNotPresent(selector) }
    try setTypeBits(selector, 1)
    return Self.accessed(descriptor.segment(selector))
  }

  /// A stack segment for a privilege; a null one is legal in 64-bit mode below privilege 3.
  private func stackSegment(
    _ selector: UInt16, privilege: UInt32
  ) throws(GuestException) -> SegmentState {
    if selector & ~3 == 0 {
      guard state.mode == CodeMode.long64, privilege != 3, UInt32(selector & 3) == privilege else {
        throw .generalProtection(0)
      }
      return Self.nullSegment(selector)
    }
    return try checkedStackSegment(selector, privilege: privilege, vector: 13, external: 0)
  }

  /// A writable data segment of exactly this privilege.
  ///
  /// - Throws: `vector` with the selector when a check fails, #SS when it is not present.
  func checkedStackSegment(
    _ selector: UInt16, privilege: UInt32, vector: UInt8, external: UInt32
  ) throws(GuestException) -> SegmentState {
    let code = UInt32(selector & ~3) | external
    let descriptor = try readDescriptor(selector, vector: vector, external: external)
    guard UInt32(selector & 3) == privilege, descriptor.isWritableData,
      descriptor.privilege == privilege
    else { throw GuestException(vector, code) }
    guard descriptor.isPresent else { throw .stackFault(code) }
    try setTypeBits(selector, 1)
    return Self.accessed(descriptor.segment(selector))
  }

  /// What a null selector loads: base and limit 0, not usable.
  static func nullSegment(_ selector: UInt16) -> SegmentState {
    SegmentState(selector: selector, base: 0, limit: 0, attributes: 0)
  }

  static func accessed(_ segment: SegmentState) -> SegmentState {
    var segment = segment
    segment.attributes |= SegmentAttribute.accessed
    return segment
  }

  /// Enters a code segment: CS with the privilege as its RPL, the privilege and the mode.
  ///
  /// Cannot fail: the accessed bit was set before.
  func installCode(_ selector: UInt16, _ descriptor: Descriptor, privilege: UInt32) {
    let named = selector & ~3 | UInt16(truncatingIfNeeded: privilege)
    install(Self.accessed(descriptor.segment(named)), .cs)
    state.privilege = privilege
    updateMode()
  }

  /// After a return to an outer ring: segments which that ring may not use become null.
  ///
  /// FS and GS keep their bases, which 64-bit code goes on using (AMD APM volume 3, "IRET", "RETF":
  /// the selector alone is made null).
  func dropInnerSegments() {
    for register in [SegmentRegister.es, .ds, .fs, .gs] {
      let segment = segment(register)
      if segment.isNull { continue }
      let isConforming =
        segment.attributes & (SegmentAttribute.code | SegmentAttribute.direction)
        == SegmentAttribute.code | SegmentAttribute.direction
      if segment.privilege < state.privilege && !isConforming {
        var null = Self.nullSegment(0)
        if register == .fs || register == .gs { null.base = segment.base }
        install(null, register)
      }
    }
  }
}
