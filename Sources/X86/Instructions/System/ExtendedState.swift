// XSAVE, XSAVEOPT, XRSTOR, XGETBV, XSETBV for the x87 and SSE states, in the standard format (Intel SDM
// volume 1, chapter "Managing State Using the XSAVE Feature Set"). The area:
//
//   0-23 x87   24-31 MXCSR and its mask   32-159 x87 registers   160-415 XMM   512-575 header
//
// XSAVEOPT leaves out what is in its initial state, and looks no further.

extension Processor {
  // MARK: XCR0

  /// XGETBV: XCR0 alone exists.
  func readExtendedControl() throws(GuestException) {
    try requireExtendedStates()
    guard UInt32(truncatingIfNeeded: self[.rcx]) == 0 else { throw .generalProtection(0) }
    self[.rax] = system.extendedControl
    self[.rdx] = 0
  }

  /// XSETBV: x87 must stay enabled.
  func writeExtendedControl() throws(GuestException) {
    try requireExtendedStates()
    try requireSupervisor()
    let value = self[.rdx] << 32 | self[.rax] & 0xFFFF_FFFF
    guard UInt32(truncatingIfNeeded: self[.rcx]) == 0, value & StateComponent.x87 != 0,
      value & ~StateComponent.supported == 0
    else { throw .generalProtection(0) }
    system.extendedControl = value
  }

  /// #UD unless CR4.OSXSAVE is set.
  private func requireExtendedStates() throws(GuestException) {
    guard state.cr4 & ControlRegister4.extendedStates != 0 else { throw .invalidOpcode }
  }

  /// The checks that come before any access to the area; the components that are asked for.
  private func requestedComponents() throws(GuestException) -> UInt64 {
    try requireExtendedStates()
    guard state.cr0 & ControlRegister0.taskSwitched == 0 else { throw .deviceNotAvailable }
    guard operandAddress & 63 == 0 else { throw .generalProtection(0) }
    return system.extendedControl & (self[.rdx] << 32 | self[.rax] & 0xFFFF_FFFF)
  }

  // MARK: Saving

  /// XSAVE, or XSAVEOPT when `immediate` is 1: all of it or, when a page of it faults, nothing.
  func saveExtendedState(_ fields: SystemFields) throws(GuestException) {
    let requested = try requestedComponents()
    try probeParts(
      fields, (requested == 0 ? StateComponent.headerOffset : 0)..<StateComponent.areaByteCount)
    let unit = FloatingPointUnit(state)
    let inUse = componentsInUse
    unit.buildExtendedImage(pointersAre64: fields.operandSize == 8, vectorCount: 16)
    var pieces = extendedPieces(fields.immediate == 1 ? requested & inUse : requested)
    if requested & StateComponent.sse != 0 { pieces.append(24..<32) }
    for piece in pieces {
      try writeParts(
        fields, piece, of: StateComponent.areaByteCount, from: unit.image + piece.lowerBound)
    }
    let header = try headerAddress(fields, write: true)
    let old = try readLinear(header, as: UInt64.self)
    try writeLinear(header, old & ~requested | inUse & requested)
  }

  /// The bytes of an area that belong to components, but for MXCSR's.
  private func extendedPieces(_ components: UInt64) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    if components & StateComponent.x87 != 0 { pieces += [0..<24, 32..<160] }
    if components & StateComponent.sse != 0 { pieces.append(vectorPiece) }
    return pieces
  }

  /// Sixteen XMM registers in 64-bit mode, else eight.
  private var vectorPiece: Range<Int> { 160..<(state.mode == CodeMode.long64 ? 416 : 288) }

  /// XINUSE: the components that are not in their initial state.
  private var componentsInUse: UInt64 {
    let unit = FloatingPointUnit(state)
    unit.buildExtendedImage(pointersAre64: true, vectorCount: 16)
    func isClear(_ piece: Range<Int>) -> Bool {
      UnsafeRawBufferPointer(start: unit.image + piece.lowerBound, count: piece.byteCount)
        .allSatisfy { $0 == 0 }
    }
    let isInitial = unit.control == 0x037F && isClear(2..<24) && isClear(32..<160)
    return (isInitial ? 0 : StateComponent.x87) | (isClear(vectorPiece) ? 0 : StateComponent.sse)
  }

  // MARK: Restoring

  private func headerAddress(
    _ fields: SystemFields, write: Bool
  ) throws(GuestException) -> UInt64 {
    try operandPart(
      fields, StateComponent.headerOffset, 64, of: StateComponent.areaByteCount, write: write)
  }

  /// XRSTOR: nothing is changed when the area faults or is malformed.
  func restoreExtendedState(_ fields: SystemFields) throws(GuestException) {
    let requested = try requestedComponents()
    let header = try headerAddress(fields, write: false)
    let present = try readLinear(header, as: UInt64.self)
    let layout = try readLinear(header &+ 8, as: UInt64.self)
    let reserved = try readLinear(header &+ 16, as: UInt64.self)
    guard present & ~system.extendedControl == 0, layout == 0, reserved == 0 else {
      throw .generalProtection(0)
    }
    let unit = FloatingPointUnit(state)
    // MXCSR is loaded even when the area says that the SSE state is the initial one.
    if requested & StateComponent.sse != 0 {
      try take(24..<32, fields)
      let mxcsr = unit.image.load(fromByteOffset: 24, as: UInt32.self)
      guard mxcsr & ~MXCSR.supported == 0 else { throw .generalProtection(0) }
    }
    for piece in extendedPieces(requested) { clear(piece) }
    for piece in extendedPieces(requested & present) { try take(piece, fields) }
    if requested & ~present & StateComponent.x87 != 0 {
      unit.image.storeBytes(of: 0x037F, as: UInt16.self)
    }
    if requested & StateComponent.x87 != 0 {
      unit.applyStackImage(pointersAre64: fields.operandSize == 8)
    }
    if requested & StateComponent.sse != 0 {
      state.mxcsr = unit.image.load(fromByteOffset: 24, as: UInt32.self)
      state.vector(0).copyMemory(
        from: unit.image + vectorPiece.lowerBound, byteCount: vectorPiece.count)
    }
  }

  private func take(_ piece: Range<Int>, _ fields: SystemFields) throws(GuestException) {
    try readParts(
      fields, piece, of: StateComponent.areaByteCount,
      into: FloatingPointUnit(state).image + piece.lowerBound)
  }

  private func clear(_ piece: Range<Int>) {
    (FloatingPointUnit(state).image + piece.lowerBound)
      .initializeMemory(as: UInt8.self, repeating: 0, count: piece.byteCount)
  }
}
