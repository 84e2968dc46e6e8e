import Quantities

/// The loadable segments of an ELF executable ("System V ABI", chapter "Object Files").
struct ExecutableImage: Equatable {
  /// A part that is copied to storage; the rest up to `byteCount` is zero.
  struct Segment: Equatable {
    var fileRange: Range<Int>
    var address: UInt64
    var byteCount: UInt64

    /// Where it lies in storage.
    var range: Range<UInt64> {
      Range(uncheckedBounds: (address, address.addingClamped(byteCount)))
    }
  }

  /// What executables there are: their class and machine, and where the fields lie.
  enum Format {
    case x86
    case x86Long

    var fileClass: UInt8 { self == .x86 ? 1 : 2 }
    var computer: UInt16 { self == .x86 ? 3 : 62 }
    var programHeaderByteCount: Int { self == .x86 ? 32 : 56 }
    var tableOffset: Int { self == .x86 ? 28 : 32 }
    var sizes: Int { self == .x86 ? 40 : 52 }
    var names: String { self == .x86 ? "1 (32-bit)" : "2 (64-bit)" }
    var machineName: String { self == .x86 ? "3 (Intel 80386)" : "62 (x86-64)" }
  }

  /// Physical address of the first instruction.
  let entry: UInt64
  /// Segments in file order, none of them empty.
  let segments: [Segment]
  /// End of the highest segment.
  var end: UInt64 { segments.map(\.range.upperBound).max() ?? 0 }

  /// An executable whose headers are not ELF's.
  init(entry: UInt64, segments: [Segment]) {
    self.entry = entry
    self.segments = segments
  }

  /// Reads and judges the headers of an executable.
  ///
  /// - Parameters:
  ///   - file: The executable.
  ///   - format: What it must be.
  ///   - structure: How errors call it.
  ///   - storage: Guest-physical ranges that its segments may use.
  /// - Throws: `LoadError` that names the field.
  init(
    _ file: UnsafeRawBufferPointer, _ format: Format, _ structure: LoadError.Structure,
    storage: [Range<UInt64>]
  ) throws(LoadError) {
    let reader = Reader(
      fields: ImageFields(file: file, structure: structure), format: format, storage: storage)
    try reader.judgeIdentification()
    let found = try reader.segments()
    try reader.judgeOverlaps(found.map(\.segment))
    entry = try reader.entry(found)
    segments = found.map(\.segment)
  }

  /// The class that a file's identification names; nil when it is no ELF.
  static func format(of file: UnsafeRawBufferPointer) -> Format? {
    let fields = ImageFields(file: file, structure: .kernelExecutable)
    guard (try? fields.read(0, "e_ident", as: UInt32.self)) == 0x464C_457F else { return nil }
    switch try? fields.read(4, "EI_CLASS", as: UInt8.self) {
    case 1: return .x86
    case 2: return .x86Long
    default: return nil
    }
  }
}

/// Reads the headers of one executable.
private struct Reader {
  typealias Found = (segment: ExecutableImage.Segment, linear: UInt64)
  private static let loadable: UInt32 = 1

  let fields: ImageFields
  let format: ExecutableImage.Format
  let storage: [Range<UInt64>]

  /// A field as wide as an address of the class.
  private func address(_ offset: Int, _ name: String) throws(LoadError) -> UInt64 {
    if format == .x86 { return UInt64(try fields.read(offset, name, as: UInt32.self)) }
    return try fields.read(offset, name)
  }

  func judgeIdentification() throws(LoadError) {
    let magic: UInt32 = try fields.read(0, "e_ident")
    try fields.require(magic == 0x464C_457F, "e_ident", UInt64(magic), "0x464C457F (ELF)")
    let fileClass: UInt8 = try fields.read(4, "EI_CLASS")
    try fields.require(
      fileClass == format.fileClass, "EI_CLASS", UInt64(fileClass), format.names)
    let order: UInt8 = try fields.read(5, "EI_DATA")
    try fields.require(order == 1, "EI_DATA", UInt64(order), "1 (little-endian)")
    let version: UInt8 = try fields.read(6, "EI_VERSION")
    try fields.require(version == 1, "EI_VERSION", UInt64(version), "1")
    let type: UInt16 = try fields.read(16, "e_type")
    try fields.require(type == 2, "e_type", UInt64(type), "2 (executable)")
    let computer: UInt16 = try fields.read(18, "e_machine")
    try fields.require(
      computer == format.computer, "e_machine", UInt64(computer), format.machineName)
  }

  func segments() throws(LoadError) -> [Found] {
    let table = try address(format.tableOffset, "e_phoff")
    let entrySize: UInt16 = try fields.read(format.sizes + 2, "e_phentsize")
    let count: UInt16 = try fields.read(format.sizes + 4, "e_phnum")
    let size = fields.byteCount
    try fields.require(
      Int(entrySize) >= format.programHeaderByteCount, "e_phentsize", UInt64(entrySize),
      "\(format.programHeaderByteCount)")
    try fields.require(
      (1..<0xFFFF).contains(count), "e_phnum", UInt64(count), "the number of program headers")
    // Both have 16 bits.
    let byteCount = UInt64(count) &* UInt64(entrySize)
    try fields.require(
      table < size, "e_phoff", table, "an offset below the file's \(size) bytes")
    guard byteCount <= size &- table else {
      throw .truncated(
        part: "\(fields.structure.rawValue) program headers (e_phoff, e_phnum)",
        needed: table.addingClamped(byteCount), actual: size)
    }
    var result: [Found] = []
    // The table lies inside the file.
    var header = Int(clamping: table)
    for _ in 0..<count {
      if let found = try segment(header) { result.append(found) }
      header &+= Int(entrySize)
    }
    try fields.require(
      !result.isEmpty, "e_phnum", UInt64(count), "headers of which one has p_type 1 (PT_LOAD)")
    return result
  }

  private func segment(_ header: Int) throws(LoadError) -> Found? {
    let isNarrow = format == .x86
    let type: UInt32 = try fields.read(header, "p_type")
    guard type == Self.loadable else { return nil }
    let offset = try address(header &+ (isNarrow ? 4 : 8), "p_offset")
    let linear = try address(header &+ (isNarrow ? 8 : 16), "p_vaddr")
    let physical = try address(header &+ (isNarrow ? 12 : 24), "p_paddr")
    let fileCount = try address(header &+ (isNarrow ? 16 : 32), "p_filesz")
    let byteCount = try address(header &+ (isNarrow ? 20 : 40), "p_memsz")
    let size = fields.byteCount
    try fields.require(
      byteCount >= fileCount, "p_memsz", byteCount,
      "at least p_filesz, \(LoadError.hexadecimal(fileCount))")
    guard byteCount > 0 else { return nil }
    try fields.require(
      offset <= size, "p_offset", offset, "an offset in the file's \(size) bytes")
    guard fileCount <= size &- offset else {
      throw .truncated(
        part: "a segment of the \(fields.structure.rawValue) (p_offset, p_filesz)",
        needed: offset.addingClamped(fileCount), actual: size)
    }
    try fields.require(
      byteCount <= 1 << 40, "p_memsz", byteCount, "no more than the partition's storage")
    let isPlaced = storage.contains {
      $0.contains(physical) && byteCount <= $0.upperBound &- physical
    }
    try fields.require(
      isPlaced, "p_paddr", physical,
      "an address from which p_memsz, \(LoadError.hexadecimal(byteCount)), bytes lie in "
        + storage.map(LoadError.hexadecimal).joined(separator: " or "))
    guard let fileRange = fields.range(offset, fileCount) else { return nil }
    let part = ExecutableImage.Segment(
      fileRange: fileRange, address: physical, byteCount: byteCount)
    return (part, linear)
  }

  func judgeOverlaps(_ segments: [ExecutableImage.Segment]) throws(LoadError) {
    let sorted = segments.sorted { $0.address < $1.address }
    var lower: ExecutableImage.Segment?
    for upper in sorted {
      if let lower, lower.range.overlaps(upper.range) {
        throw .overlap(fields.structure, upper.range, with: "segment", lower.range)
      }
      lower = upper
    }
  }

  /// The entry point: a physical address, or a linear one of a segment that lies elsewhere.
  func entry(_ segments: [Found]) throws(LoadError) -> UInt64 {
    let start = try address(24, "e_entry")
    if segments.contains(where: { $0.segment.range.contains(start) }) { return start }
    for (segment, linear) in segments where start >= linear {
      if start &- linear < segment.byteCount { return segment.address &+ (start &- linear) }
    }
    throw fields.wrong("e_entry", start, "an address inside a loaded segment")
  }
}
