// Encodes x86 instructions into a flat image. One method an instruction, operands in Intel's order
// (destination first), widths told by the registers' names or by the memory operand. Encodings are
// those that the GNU assembler chooses, so that a listing can be compared byte by byte.
// A combination of operands that no instruction has is a fault of who wrote the program: `fault` says what it
// was, and the image has UD2 there, for a label at its end.
// Source: AMD64 Architecture Programmer's Manual, volume 3, "Instruction Encoding".

import Quantities

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

    var isRelative: Bool {
      switch self {
      case .relative8, .relative16, .relative32: true
      case .absolute16, .absolute32, .absolute64: false
      }
    }

    /// Bytes of the field.
    var byteCount: Int {
      switch self {
      case .relative8: 1
      case .relative16, .absolute16: 2
      case .relative32, .absolute32: 4
      case .absolute64: 8
      }
    }
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
  /// The first thing that no instruction has, or what is wrong with a label; nil in a right program.
  package private(set) var fault: String?
  private var labelOffsets: [Int?] = []
  private var fixUps: [FixUp] = []

  /// Creates an empty image that will lie at `origin`.
  package init(origin: UInt64 = 0, mode: Mode = .long64) {
    self.origin = origin
    self.mode = mode
  }

  /// The address of the next byte.
  package var here: UInt64 { origin &+ UInt64(clamping: bytes.count) }

  // MARK: Labels

  /// Makes a label that is placed later.
  package mutating func label() -> Label {
    let label = Label(index: labelOffsets.count)
    labelOffsets.append(nil)
    return label
  }

  /// Places a label here; a fault if it is placed already.
  package mutating func place(_ label: Label) {
    if placedOffset(of: label) != nil { refuse("a label is placed once") }
    labelOffsets.change(at: label.index) { $0 = bytes.count }
  }

  /// Makes a label and places it here.
  package mutating func placedLabel() -> Label {
    let label = label()
    place(label)
    return label
  }

  /// The address of a label; nil while it is not placed.
  package func address(of label: Label) -> UInt64? {
    placedOffset(of: label).map { origin &+ UInt64(clamping: $0) }
  }

  func placedOffset(of label: Label) -> Int? { labelOffsets.element(at: label.index) ?? nil }

  /// Notes a fault of who wrote the program; a processor that comes here gets #UD.
  mutating func refuse(_ reason: String) {
    fault = fault ?? "\(reason), at byte \(bytes.count)"
    bytes += [0x0F, 0x0B]
  }

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

  /// Fills in every label and returns the image; a label not placed or out of reach is a fault.
  package mutating func finish() -> [UInt8] {
    for fixUp in fixUps { fill(fixUp) }
    fixUps.removeAll()
    return bytes
  }

  private mutating func fill(_ fixUp: FixUp) {
    guard let address = address(of: fixUp.label) else { return refuse("a label is not placed") }
    let target = Int64(bitPattern: address) &+ fixUp.addend
    let end = fixUp.offset &+ fixUp.form.byteCount &+ fixUp.trailing
    let relative = target &- (Int64(bitPattern: origin) &+ Int64(end))
    let isRelative = fixUp.form.isRelative
    let value = isRelative ? relative : target
    let isInReach =
      switch fixUp.form {
      case .relative8: Int8(exactly: value) != nil
      case .relative32: Int32(exactly: value) != nil
      case .absolute16: UInt16(exactly: value) != nil
      case .absolute32: UInt32(exactly: value) != nil
      case .relative16, .absolute64: true
      }
    guard isInReach else { return refuse("a label is out of reach") }
    for index in 0..<fixUp.form.byteCount {
      bytes.change(at: fixUp.offset &+ index) {
        $0 = UInt8(truncatingIfNeeded: value >> Int64(8 &* index))
      }
    }
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
    bytes.append(contentsOf: repeatElement(0, count: max(0, byteCount)))
  }

  /// Emits `filler` until the address is a multiple of `alignment`, a power of two.
  package mutating func align(_ alignment: UInt64, filler: UInt8 = 0x90) {
    guard alignment.nonzeroBitCount == 1 else { return refuse("an alignment is a power of two") }
    while here & (alignment &- 1) != 0 { bytes.append(filler) }
  }

  mutating func emit(_ value: UInt64, byteCount: Int) {
    var rest = value
    for _ in 0..<max(0, byteCount) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }
}
