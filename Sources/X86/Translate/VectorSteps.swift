/// A host's SSE instruction: prefix, opcode, immediate; and the bytes of its operand in storage.
struct HostVectorForm: Equatable {
  let prefix: UInt8
  let opcode: UInt32
  /// 16 have to be aligned.
  var byteCount = 16
  var immediate: UInt8?
  /// ModRM.reg is the vector, though a general register is written.
  var isReversed = false
}

/// What an SSE or SSE2 instruction does, if it has the same result on every host.
///
/// The approximations (RCPPS, RSQRTPS), which have not, and the instructions of MMX registers are not here.
enum VectorAction: Equatable {
  /// An instruction of XMM registers, the second of which may be storage.
  case operate(HostVectorForm)
  /// A shift of a register by an immediate.
  case shift(opcode: UInt32, group: UInt8, count: UInt8)
  /// Between a register and so many bytes of storage; what is loaded clears the rest of the register.
  case move(bytes: Int, isStore: Bool, isAligned: Bool)
  /// Eight bytes of storage to or from half a register.
  case moveHalf(opcode: UInt32, isStore: Bool)
  /// A general register or storage into a vector: so, converted, or as one word of it.
  case fromGeneral(HostVectorForm)
  /// A vector or storage into a general register.
  case toGeneral(HostVectorForm)
  /// COMIS* and UCOMIS*.
  case compare(HostVectorForm)
}

extension VectorAction {
  /// The action of an instruction of map 0F, or nil.
  static func of(_ i: Instruction) -> VectorAction? {
    guard !i.hasLock else { return nil }
    let prefix = VectorTable.mandatoryPrefix(of: i)
    let form = HostVectorForm(prefix: bytes[Int(prefix)], opcode: 0x0F00 | UInt32(i.opcode))
    return (i.isMemory ? storageMove(i, prefix) : registerMove(i, prefix, form))
      ?? general(i, prefix, form) ?? integer(i, prefix, form) ?? floatingPoint(i, prefix, form)
  }

  /// The mandatory prefixes as `VectorTable` numbers them.
  private static let bytes: [4 of UInt8] = [0, 0x66, 0xF3, 0xF2]

  private static func storageMove(_ i: Instruction, _ prefix: UInt32) -> VectorAction? {
    let isStore = VectorTable.writesMemory(i)
    switch (i.opcode, prefix) {
    case (0x10...0x11, 0...1), (0x6F, 2), (0x7F, 2):
      return .move(bytes: 16, isStore: isStore, isAligned: false)
    case (0x28...0x29, 0...1), (0x6F, 1), (0x7F, 1):
      return .move(bytes: 16, isStore: isStore, isAligned: true)
    case (0x2B, 0...1), (0xE7, 1): return .move(bytes: 16, isStore: true, isAligned: true)
    case (0x10...0x11, 2): return .move(bytes: 4, isStore: isStore, isAligned: false)
    case (0x10...0x11, 3): return .move(bytes: 8, isStore: isStore, isAligned: false)
    case (0x7E, 2): return .move(bytes: 8, isStore: false, isAligned: false)
    case (0xD6, 1): return .move(bytes: 8, isStore: true, isAligned: false)
    case (0x6E, 1), (0x7E, 1):
      return .move(bytes: i.rex & 8 != 0 ? 8 : 4, isStore: i.opcode == 0x7E, isAligned: false)
    case (0x12...0x13, 0...1), (0x16...0x17, 0...1):
      return .moveHalf(opcode: 0x0F00 | UInt32(i.opcode), isStore: i.opcode & 1 != 0)
    default: return nil
    }
  }

  private static func registerMove(
    _ i: Instruction, _ prefix: UInt32, _ form: HostVectorForm
  ) -> VectorAction? {
    switch (i.opcode, prefix) {
    case (0x10...0x11, _), (0x28...0x29, 0...1), (0x6F, 1...2), (0x7F, 1...2), (0x7E, 2),
      (0xD6, 1), (0x12, 0), (0x16, 0):
      return .operate(form)
    case (0xD7, 1), (0x50, 0...1): return .toGeneral(form)
    case (0x71...0x72, 1):
      guard i.group == 2 || i.group == 4 || i.group == 6 else { return nil }
      return .shift(
        opcode: form.opcode, group: i.group, count: UInt8(truncatingIfNeeded: i.immediate))
    case (0x73, 1):
      guard [2, 3, 6, 7].contains(i.group) else { return nil }
      return .shift(
        opcode: form.opcode, group: i.group, count: UInt8(truncatingIfNeeded: i.immediate))
    default: return nil
    }
  }

  /// Between general registers and vectors.
  private static func general(
    _ i: Instruction, _ prefix: UInt32, _ form: HostVectorForm
  ) -> VectorAction? {
    var form = form
    switch (i.opcode, prefix) {
    case (0x6E, 1): return .fromGeneral(form)
    case (0x7E, 1):
      form.isReversed = true
      return .toGeneral(form)
    case (0x2A, 2...3): return .fromGeneral(form)
    case (0x2C...0x2D, 2...3):
      form.byteCount = prefix == 2 ? 4 : 8
      return .toGeneral(form)
    default: return nil
    }
  }

  private static func integer(
    _ i: Instruction, _ prefix: UInt32, _ form: HostVectorForm
  ) -> VectorAction? {
    var form = form
    switch (i.opcode, prefix) {
    case (0x60...0x6D, 1), (0x74...0x76, 1), (0xD1...0xD5, 1), (0xD8...0xDF, 1), (0xE0...0xE5, 1),
      (0xE8...0xEF, 1), (0xF1...0xF6, 1), (0xF8...0xFE, 1):
      return .operate(form)
    case (0x70, 1...3):
      form.immediate = UInt8(truncatingIfNeeded: i.immediate)
      return .operate(form)
    default: return nil
    }
  }

  /// Arithmetic, comparisons and conversions: the host's own under the guest's MXCSR.
  private static func floatingPoint(
    _ i: Instruction, _ prefix: UInt32, _ form: HostVectorForm
  ) -> VectorAction? {
    var form = form
    if prefix >= 2 { form.byteCount = prefix == 2 ? 4 : 8 }
    switch (i.opcode, prefix) {
    case (0x14...0x15, 0...1), (0x54...0x57, 0...1), (0x51, _), (0x58...0x59, _), (0x5C...0x5F, _):
      return .operate(form)
    case (0xC2, _), (0xC6, 0...1):
      form.immediate = UInt8(truncatingIfNeeded: i.immediate)
      return .operate(form)
    case (0x5A, _):
      if prefix == 0 { form.byteCount = 8 }
      return .operate(form)
    case (0x5B, 0...2), (0xE6, 1...3):
      form.byteCount = i.opcode == 0xE6 && prefix == 2 ? 8 : 16
      return .operate(form)
    case (0x2E...0x2F, 0...1):
      form.byteCount = prefix == 0 ? 4 : 8
      return .compare(form)
    default: return nil
    }
  }
}
