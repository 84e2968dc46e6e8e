// FXSAVE, FXRSTOR, FNSAVE, FRSTOR: system operations, because they move more than the scratch area
// holds. The linear address stands in `PseudoRegister.address`.

extension Processor {
  /// Carries out an instruction that moves a whole floating point state.
  func executeFloatingPoint(_ fields: SystemFields) throws(GuestException) {
    switch SystemOperation(rawValue: fields.operation) {
    case .saveFloatingPoint: try saveFloatingPoint(fields)
    case .restoreFloatingPoint: try restoreFloatingPoint(fields)
    case .x87: try executeParted(fields)
    default: throw .invalidOpcode
    }
  }

  /// FXSAVE, or FNSAVE when `fields.immediate` is 1.
  private func saveFloatingPoint(_ fields: SystemFields) throws(GuestException) {
    let unit = FloatingPointUnit(state)
    let address = state.register(PseudoRegister.address)
    try requireFloatingPoint()
    if fields.immediate & 1 != 0 {
      let isWide = fields.operandSize != 2
      let isReal = state.mode == CodeMode.real16
      unit.buildSaveArea(wide: isWide, isReal: isReal)
      try writeParts(
        fields, 0..<FloatingPointUnit.saveAreaByteCount(wide: isWide),
        FloatingPointAccess.save.parts(wide: isWide), from: unit.image)
      unit.initialize()
      return
    }
    guard address & 15 == 0 else { throw .generalProtection(0) }
    let vectorCount = savedVectorCount
    unit.buildExtendedImage(pointersAre64: fields.operandSize == 8, vectorCount: vectorCount)
    try probeParts(fields, 0..<512)
    try writeParts(fields, 0..<160 + vectorCount * 16, of: 512, from: unit.image)
  }

  /// FXRSTOR, or FRSTOR when `fields.immediate` is 1.
  private func restoreFloatingPoint(_ fields: SystemFields) throws(GuestException) {
    let unit = FloatingPointUnit(state)
    let address = state.register(PseudoRegister.address)
    try requireFloatingPoint()
    if fields.immediate & 1 != 0 {
      guard !unit.isBlocking else { throw .floatingPoint }
      let isWide = fields.operandSize != 2
      let isReal = state.mode == CodeMode.real16
      try readParts(
        fields, 0..<FloatingPointUnit.saveAreaByteCount(wide: isWide),
        FloatingPointAccess.restore.parts(wide: isWide), into: unit.image)
      unit.applySaveArea(wide: isWide, isReal: isReal)
      return
    }
    guard address & 15 == 0 else { throw .generalProtection(0) }
    try readParts(fields, 0..<512, into: unit.image)
    let vectorCount = savedVectorCount
    guard
      unit.applyExtendedImage(
        pointersAre64: fields.operandSize == 8, vectorCount: vectorCount)
    else { throw .generalProtection(0) }
  }

  /// XMM registers that FXSAVE and FXRSTOR move: none without CR4.OSFXSR (AMD APM volume 2, "CR4").
  private var savedVectorCount: Int {
    if state.cr4 & ControlRegister4.fxSave == 0 { return 0 }
    return state.mode == CodeMode.long64 ? 16 : 8
  }

  /// Asks the platform about a pending exception that is not to raise #MF, since CR0.NE is clear.
  ///
  /// As with FERR# and IGNNE#, the processor stays before the waiting instruction until an interrupt
  /// comes, unless the platform says to ignore errors (Intel SDM volume 1, "MS-DOS Compatibility
  /// Sub-mode").
  func reportFloatingPointError() {
    var value: UInt64 = 0
    if callBus(.floatingPointError, 0, 0, &value) {
      ignoreFloatingPointErrors()
    } else {
      activity = .halted
    }
  }

  /// Asserts IGNNE#: waiting instructions run in spite of a pending exception until it is cleared.
  package func ignoreFloatingPointErrors() { FloatingPointUnit(state).ignoresErrors = true }

  /// #NM with CR0.EM or CR0.TS.
  func requireFloatingPoint() throws(GuestException) {
    let blocked = ControlRegister0.emulation | ControlRegister0.taskSwitched
    if state.cr0 & blocked != 0 { throw .deviceNotAvailable }
  }

  func readBytes(
    _ address: UInt64, _ count: Int, into target: UnsafeMutableRawPointer
  ) throws(GuestException) {
    let access = AccessKind(isUser: state.privilege == 3)
    try checkAlignment(address, count)
    noteAccess(address, count, write: false)
    let inPage = min(count, Int(4096 - address & 0xFFF))
    let first = try locate(address, access, stackFault: false)
    guard inPage < count else { return copyFrom(first, count, target) }
    let second = try locate(wrapped(address, UInt64(inPage)), access, stackFault: false)
    copyFrom(first, inPage, target)
    copyFrom(second, count - inPage, target + inPage)
  }

  func writeBytes(
    _ address: UInt64, _ count: Int, from source: UnsafeRawPointer
  ) throws(GuestException) {
    let access = AccessKind(isWrite: true, isUser: state.privilege == 3)
    try checkAlignment(address, count)
    noteAccess(address, count, write: true)
    let inPage = min(count, Int(4096 - address & 0xFFF))
    let first = try locate(address, access, stackFault: false)
    guard inPage < count else { return copyTo(first, count, source) }
    let second = try locate(wrapped(address, UInt64(inPage)), access, stackFault: false)
    copyTo(first, inPage, source)
    copyTo(second, count - inPage, source + inPage)
  }

  /// The x87 and SSE state as FXSAVE64 writes it: 512 bytes.
  package func saveFloatingPoint() -> [UInt8] {
    let unit = FloatingPointUnit(state)
    unit.image.initializeMemory(as: UInt8.self, repeating: 0, count: 512)
    unit.buildExtendedImage(pointersAre64: true, vectorCount: 16)
    return [UInt8](UnsafeRawBufferPointer(start: unit.image, count: 512))
  }

  /// Takes the x87 and SSE state from an image of FXSAVE64.
  ///
  /// - Returns: False, with nothing changed, when MXCSR has reserved bits set or there are not 512 bytes.
  @discardableResult
  package func loadFloatingPoint(_ image: [UInt8]) -> Bool {
    guard image.count == 512 else { return false }
    let unit = FloatingPointUnit(state)
    UnsafeMutableRawBufferPointer(start: unit.image, count: 512).copyBytes(from: image)
    return unit.applyExtendedImage(pointersAre64: true, vectorCount: 16)
  }

  /// Adds the x87 and SSE registers to a digest of history.
  func mixFloatingPoint(into digest: inout HistoryDigest) {
    let unit = FloatingPointUnit(state)
    digest.mix(
      UInt64(unit.control) | UInt64(unit.statusWord) << 16 | UInt64(unit.tag) << 32
        | UInt64(state.mxcsr) << 40)
    digest.mix(bytes: UnsafeRawBufferPointer(start: state.vector(0), count: 256))
    digest.mix(
      bytes: UnsafeRawBufferPointer(start: state.base + StateLayout.x87Registers, count: 128))
  }

  /// The x87 and SSE state after power-on; INIT keeps what was.
  func resetFloatingPoint() {
    let unit = FloatingPointUnit(state)
    unit.initialize()
    unit.control = 0x40
    unit.tag = 0xFF
    (state.base + StateLayout.x87Registers).initializeMemory(
      as: UInt8.self, repeating: 0, count: 128)
    state.vector(0).initializeMemory(as: UInt8.self, repeating: 0, count: 256)
    state.mxcsr = MXCSR.initial
  }
}
