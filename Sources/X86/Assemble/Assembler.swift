// Encodes x86 instructions into a flat image. One method an instruction, operands in Intel's order
// (destination first), widths told by the registers' names or by the memory operand. Encodings are
// those that the GNU assembler chooses, so that a listing can be compared byte by byte.
// A combination of operands that no instruction has is a programming error and traps.
// Source: AMD64 Architecture Programmer's Manual, volume 3, "Instruction Encoding".

/// Assembles a flat image of x86 code and data with labels.
package struct Assembler {
  /// The operating mode that the code is for.
  package enum Mode: Sendable {
    case real16, protected32, long64
  }

  enum FixUpForm {
    /// Relative to the end of the field plus `trailing` bytes.
    case relative8, relative16, relative32
    case absolute16, absolute32, absolute64
  }

  struct FixUp {
    var form: FixUpForm
    var offset: Int
    var label: Label
    var addend: Int64
    var trailing: Int
  }

  /// The address of the first byte.
  package let origin: UInt64
  /// The mode of what follows.
  package var mode: Mode
  /// What is assembled so far; fields of labels not yet placed are zero until `finish`.
  package private(set) var bytes: [UInt8] = []
  private var labelOffsets: [Int?] = []
  private var fixUps: [FixUp] = []

  /// Creates an empty image that will lie at `origin`.
  package init(origin: UInt64 = 0, mode: Mode = .long64) {
    self.origin = origin
    self.mode = mode
  }

  /// The address of the next byte.
  package var here: UInt64 { origin &+ UInt64(bytes.count) }

  // MARK: Labels

  /// Makes a label that is placed later.
  package mutating func label() -> Label {
    labelOffsets.append(nil)
    return Label(index: labelOffsets.count - 1)
  }

  /// Places a label here; traps if it is placed already.
  package mutating func place(_ label: Label) {
    precondition(labelOffsets[label.index] == nil, "a label is placed once")
    labelOffsets[label.index] = bytes.count
  }

  /// Makes a label and places it here.
  package mutating func placedLabel() -> Label {
    let label = label()
    place(label)
    return label
  }

  /// The address of a placed label; traps if it is not placed.
  package func address(of label: Label) -> UInt64 {
    guard let offset = labelOffsets[label.index] else { preconditionFailure("label not placed") }
    return origin &+ UInt64(offset)
  }

  func placedOffset(of label: Label) -> Int? { labelOffsets[label.index] }

  mutating func addFixUp(
    _ form: FixUpForm, to label: Label, addend: Int64 = 0, trailing: Int = 0
  ) {
    fixUps.append(
      FixUp(form: form, offset: bytes.count, label: label, addend: addend, trailing: trailing))
    switch form {
    case .relative8: emit8(0)
    case .relative16, .absolute16: emit16(0)
    case .relative32, .absolute32: emit32(0)
    case .absolute64: emit64(0)
    }
  }

  /// Fills in every label and returns the image; traps on a label not placed or out of reach.
  package mutating func finish() -> [UInt8] {
    for fixUp in fixUps {
      let target = Int64(bitPattern: address(of: fixUp.label)) &+ fixUp.addend
      let place = Int64(bitPattern: origin) &+ Int64(fixUp.offset)
      let trailing = Int64(fixUp.trailing)
      let (value, width): (Int64, Int) =
        switch fixUp.form {
        case .relative8: (target - (place + 1 + trailing), 1)
        case .relative16: (target - (place + 2 + trailing), 2)
        case .relative32: (target - (place + 4 + trailing), 4)
        case .absolute16: (target, 2)
        case .absolute32: (target, 4)
        case .absolute64: (target, 8)
        }
      switch fixUp.form {
      case .relative8: precondition(Int8(exactly: value) != nil, "label out of reach")
      case .relative32: precondition(Int32(exactly: value) != nil, "label out of reach")
      case .absolute16: precondition(UInt16(exactly: value) != nil, "label out of reach")
      case .absolute32: precondition(UInt32(exactly: value) != nil, "label out of reach")
      case .relative16, .absolute64: break
      }
      for index in 0..<width {
        bytes[fixUp.offset + index] = UInt8(truncatingIfNeeded: value >> Int64(8 * index))
      }
    }
    fixUps.removeAll()
    return bytes
  }

  // MARK: Data

  /// Emits one byte.
  package mutating func emit8(_ value: UInt8) { bytes.append(value) }

  /// Emits a 16-bit word, least significant byte first.
  package mutating func emit16(_ value: UInt16) { emit(UInt64(value), byteCount: 2) }

  /// Emits a 32-bit word, least significant byte first.
  package mutating func emit32(_ value: UInt32) { emit(UInt64(value), byteCount: 4) }

  /// Emits a 64-bit word, least significant byte first.
  package mutating func emit64(_ value: UInt64) { emit(value, byteCount: 8) }

  /// Emits bytes as they are.
  package mutating func data(_ values: [UInt8]) { bytes.append(contentsOf: values) }

  /// Emits the text's UTF-8 bytes and a NUL.
  package mutating func text(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    bytes.append(0)
  }

  /// Emits the address of a label as a 64-bit word.
  package mutating func address64(_ label: Label) { addFixUp(.absolute64, to: label) }

  /// Emits the address of a label as a 32-bit word.
  package mutating func address32(_ label: Label) { addFixUp(.absolute32, to: label) }

  /// Emits zeros.
  package mutating func zeros(_ byteCount: Int) {
    bytes.append(contentsOf: repeatElement(0, count: byteCount))
  }

  /// Emits `filler` until the address is a multiple of `alignment`, a power of two.
  package mutating func align(_ alignment: UInt64, filler: UInt8 = 0x90) {
    precondition(alignment.nonzeroBitCount == 1, "alignment is a power of two")
    while here % alignment != 0 { bytes.append(filler) }
  }

  mutating func emit(_ value: UInt64, byteCount: Int) {
    for index in 0..<byteCount {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
    }
  }
}
