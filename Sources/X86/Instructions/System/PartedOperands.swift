// Operands that an instruction accesses in parts: far pointers, bounds, table registers, numbers of 80
// bits, state images. Each part lies at its own offset, cut to the size of addresses; so an operand at
// the end of 64 KiB or 4 GiB goes on at 0, and a part that runs past the end itself does not.
//
// Source: AMD EPYC silicon. Where the operand does not wrap, its segment's limit was checked for all of
// it before; where it does, for each part here.
extension Processor {
  /// The segment that the memory operand is in; addresses of 16 and 32 bits leave it.
  private var operandSegment: SegmentRegister {
    let number = Int(state.get(StateLayout.addressSegment, as: UInt32.self))
    return SegmentRegister(rawValue: number) ?? .ds
  }

  /// The memory operand's offset in its segment, where addresses have 16 or 32 bits.
  private func operandOffset(_ fields: SystemFields) -> UInt64 {
    (operandAddress &- uncheckedAddress(operandSegment, 0)) & sizeMask(fields.addressSize)
  }

  private func operandWraps(_ fields: SystemFields, _ byteCount: Int) -> Bool {
    guard fields.addressSize != 8 else { return false }
    let last = operandOffset(fields) &+ UInt64(truncatingIfNeeded: byteCount &- 1)
    return last > sizeMask(fields.addressSize)
  }

  /// Linear address of a part, `distance` bytes past the beginning of an operand of `total` bytes.
  func operandPart(
    _ fields: SystemFields, _ distance: Int, _ count: Int, of total: Int, write: Bool = false
  ) throws(GuestException) -> UInt64 {
    let distance = UInt64(truncatingIfNeeded: distance)
    guard operandWraps(fields, total) else { return wrapped(operandAddress, distance) }
    let offset = (operandOffset(fields) &+ distance) & sizeMask(fields.addressSize)
    return try linearAddress(operandSegment, offset, count, write: write)
  }

  /// An offset of 2 or 4 bytes, and the selector behind it.
  func readFarPointer(
    _ fields: SystemFields
  ) throws(GuestException) -> (selector: UInt16, offset: UInt64) {
    // As on AMD's processors, REX.W does not make the offset wider.
    let size = min(4, fields.operandSize)
    let total = Int(size) &+ 2
    let first = try operandPart(fields, 0, Int(size), of: total)
    let offset = try readSized(first, size)
    let second = try operandPart(fields, Int(size), 2, of: total)
    return (try readLinear(second, as: UInt16.self), offset)
  }

  // MARK: Images

  /// Calls `body` with each part of a range of an operand of `total` bytes, or once where it is whole.
  ///
  /// Without `parts` they are of 8 bytes each.
  private func forEachPart(
    _ fields: SystemFields, _ range: Range<Int>, _ parts: [Int]?, of total: Int?, write: Bool,
    _ body: (_ address: UInt64, _ done: Int, _ count: Int) throws(GuestException) -> Void
  ) throws(GuestException) {
    let total = total ?? range.upperBound
    guard operandWraps(fields, total) else {
      return try body(
        wrapped(operandAddress, UInt64(truncatingIfNeeded: range.lowerBound)), 0, range.byteCount)
    }
    var done = 0
    for count in parts ?? Array(repeating: 8, count: range.byteCount / 8) {
      let address = try operandPart(
        fields, range.lowerBound &+ done, count, of: total, write: write)
      try body(address, done, count)
      done &+= count
    }
  }

  func readParts(
    _ fields: SystemFields, _ range: Range<Int>, _ parts: [Int]? = nil, of total: Int? = nil,
    into target: UnsafeMutableRawPointer
  ) throws(GuestException) {
    try forEachPart(fields, range, parts, of: total, write: false) {
      (address, done, count) throws(GuestException) in
      try readBytes(address, count, into: target + done)
    }
  }

  /// Checks that a range may be written.
  func probeParts(
    _ fields: SystemFields, _ range: Range<Int>, _ parts: [Int]? = nil, of total: Int? = nil
  ) throws(GuestException) {
    try forEachPart(fields, range, parts, of: total, write: true) {
      (address, _, count) throws(GuestException) in
      try checkAlignment(address, count)
      try probeWrite(address, count)
    }
  }

  /// Writes a range: all of it, or nothing when a part faults.
  func writeParts(
    _ fields: SystemFields, _ range: Range<Int>, _ parts: [Int]? = nil, of total: Int? = nil,
    from source: UnsafeRawPointer
  ) throws(GuestException) {
    if operandWraps(fields, total ?? range.upperBound) {
      try probeParts(fields, range, parts, of: total)
    }
    try forEachPart(fields, range, parts, of: total, write: true) {
      (address, done, count) throws(GuestException) in
      try writeBytes(address, count, from: source + done)
    }
  }
}

/// An x87 instruction whose operand is accessed in parts, as the immediate of its system operation: the
/// opcode in bits 0-7, ModRM.reg in bits 8-10, a `FloatingPointPlace` in bits 32-63.
struct PartedFloatingPoint {
  let word: UInt64

  init(word: UInt64) { self.word = word }

  init(_ instruction: Instruction) {
    word =
      UInt64(instruction.opcode) | UInt64(instruction.group) << 8
      | UInt64(FloatingPointPlace(instruction).word) << 32
  }

  var opcode: UInt8 { UInt8(truncatingIfNeeded: word) }
  var group: UInt8 { UInt8(truncatingIfNeeded: word >> 8) & 7 }
  var place: FloatingPointPlace { FloatingPointPlace(word: UInt32(truncatingIfNeeded: word >> 32)) }
}

extension Processor {
  /// FLD, FSTP, FBLD, FBSTP, FLDENV and FNSTENV of addresses of 16 or 32 bits, in a block of their own.
  func executeParted(_ fields: SystemFields) throws(GuestException) {
    let instruction = PartedFloatingPoint(word: fields.immediate)
    let (opcode, group) = (instruction.opcode, instruction.group)
    let access = FloatingPointUnit.access(opcode: opcode, group: group)
    let unit = FloatingPointUnit(state)
    let isWide = fields.operandSize != 2
    let isReal = state.mode == CodeMode.real16
    let range = 0..<max(0, access.byteCount(wide: isWide))
    let parts = access.parts(wide: isWide)
    try requireFloatingPoint()
    if access.waits && unit.isBlocking { throw .floatingPoint }
    switch access {
    case .load:
      try readParts(fields, range, parts, into: unit.operand)
      unit.executeLoad(opcode: opcode, group: group)
      unit.notePlace(instruction.place, state)
    case .store:
      // As with the handlers, a fault of the store comes before any other effect.
      try probeParts(fields, range, parts)
      if unit.executeStore(opcode: opcode, group: group) {
        try writeParts(fields, range, parts, from: unit.result)
      }
      unit.notePlace(instruction.place, state)
    case .loadEnvironment:
      try readParts(fields, range, parts, into: unit.image)
      unit.applyEnvironment(wide: isWide, isReal: isReal)
    case .storeEnvironment:
      unit.buildEnvironment(wide: isWide, isReal: isReal)
      try writeParts(fields, range, parts, from: unit.image)
      unit.control |= X87Status.exceptions
    default: throw .invalidOpcode
    }
  }
}

extension Range<Int> {
  /// Bytes of a part of an operand, 0 or more.
  var byteCount: Int { Swift.max(0, upperBound &- lowerBound) }
}
