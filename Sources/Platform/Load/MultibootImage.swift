/// A Multiboot 1 image, judged (Multiboot Specification 0.6.96, "The layout of Multiboot header").
struct MultibootImage {
  /// Bytes at a file's start in which the header must lie.
  static let searchedByteCount = 8192
  private static let magic: UInt32 = 0x1BAD_B002

  /// Bits of the header's `flags`; an unknown one among the lower sixteen must be refused.
  private enum Flag {
    static let alignsModules: UInt32 = 1 << 0
    static let wantsMemory: UInt32 = 1 << 1
    static let hasAddresses: UInt32 = 1 << 16
    static let mandatory: UInt32 = 0xFFFF
    static let known = alignsModules | wantsMemory
  }

  /// What is placed where, and where it is entered.
  let executable: ExecutableImage
  /// The section headers of an ELF image, nil when it has none or is no ELF.
  let sections: ExecutableSections?

  /// Finds and judges the header, and then the ELF or the addresses that it names.
  ///
  /// - Parameters:
  ///   - file: The image.
  ///   - storage: Guest-physical ranges that the image may use.
  /// - Throws: `LoadError` that names the field.
  init(_ file: UnsafeRawBufferPointer, storage: [Range<UInt64>]) throws(LoadError) {
    let fields = ImageFields(file: file, structure: .multibootHeader)
    guard let offset = MultibootImage.headerOffset(file) else {
      throw .notMultiboot(searchedByteCount: MultibootImage.searchedByteCount)
    }
    let flags: UInt32 = try fields.read(offset + 4, "flags")
    let checksum: UInt32 = try fields.read(offset + 8, "checksum")
    try fields.require(
      MultibootImage.magic &+ flags &+ checksum == 0, "checksum", UInt64(checksum),
      LoadError.hexadecimal(UInt64(0 &- MultibootImage.magic &- flags)) + ", so that the sum is 0")
    try fields.require(
      flags & Flag.mandatory & ~Flag.known == 0, "flags", UInt64(flags),
      "bits 0, 1 and 16 only: what the others demand is not here (bit 2 is a video mode)")
    guard flags & Flag.hasAddresses == 0 else {
      executable = try MultibootImage.addressed(fields, offset, storage)
      sections = nil
      return
    }
    executable = try ExecutableImage(file, .x86, .multibootExecutable, storage: storage)
    sections = try ExecutableSections(file)
  }

  /// The first place where magic, flags and checksum agree, or else where the magic stands.
  private static func headerOffset(_ file: UnsafeRawBufferPointer) -> Int? {
    var found: Int?
    func word(_ offset: Int) -> UInt32 {
      UInt32(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    var offset = 0
    while offset + 4 <= min(file.count, searchedByteCount) {
      if word(offset) == magic {
        if offset + 12 <= min(file.count, searchedByteCount),
          magic &+ word(offset + 4) &+ word(offset + 8) == 0
        {
          return offset
        }
        found = found ?? offset
      }
      offset += 4
    }
    return found
  }

  /// The image that the header's own address fields describe, of whatever format the file is.
  private static func addressed(
    _ fields: ImageFields, _ offset: Int, _ storage: [Range<UInt64>]
  ) throws(LoadError) -> ExecutableImage {
    let header: UInt32 = try fields.read(offset + 12, "header_addr")
    let load: UInt32 = try fields.read(offset + 16, "load_addr")
    let loadEnd: UInt32 = try fields.read(offset + 20, "load_end_addr")
    let zeroEnd: UInt32 = try fields.read(offset + 24, "bss_end_addr")
    let entry: UInt32 = try fields.read(offset + 28, "entry_addr")
    try fields.require(
      load <= header && header - load <= UInt32(offset), "load_addr", UInt64(load),
      "header_addr minus at most the header's offset in the file, "
        + LoadError.hexadecimal(UInt64(offset)))
    let start = offset - Int(header - load)
    let available = UInt64(fields.file.count - start)
    try fields.require(
      loadEnd == 0 || loadEnd > load, "load_end_addr", UInt64(loadEnd), "0 or above load_addr")
    let fileCount = loadEnd == 0 ? available : UInt64(loadEnd - load)
    guard fileCount <= available else {
      throw .truncated(
        part: "what the Multiboot header names (load_addr, load_end_addr)",
        needed: UInt64(start) + fileCount, actual: UInt64(fields.file.count))
    }
    let first = UInt64(load)
    let end = zeroEnd == 0 ? first + fileCount : UInt64(zeroEnd)
    try fields.require(
      end >= first + fileCount, "bss_end_addr", UInt64(zeroEnd), "0 or at least load_end_addr")
    let isPlaced = storage.contains { $0.contains(first) && end <= $0.upperBound }
    try fields.require(
      isPlaced, "load_addr", first,
      "an address from which \(LoadError.hexadecimal(end - first)) bytes lie in "
        + storage.map(LoadError.hexadecimal).joined(separator: " or "))
    let segment = ExecutableImage.Segment(
      fileRange: start..<start + Int(fileCount), address: first, byteCount: end - first)
    try fields.require(
      segment.range.contains(UInt64(entry)), "entry_addr", UInt64(entry),
      "an address in what is loaded, \(LoadError.hexadecimal(segment.range))")
    return ExecutableImage(entry: UInt64(entry), segments: [segment])
  }
}

/// The section headers of a 32-bit ELF executable, for images that look for their own symbols.
struct ExecutableSections: Equatable {
  /// Contents that no segment has loaded: symbols and their names.
  struct Contents: Equatable {
    var index: Int
    var fileRange: Range<Int>
    var alignment: UInt64
  }

  static let headerByteCount = 40
  private static let withoutContents: Set<UInt32> = [0, 8]

  /// The headers as they stand in the file.
  let table: Range<Int>
  /// Number of headers.
  let count: Int
  /// Index of the section that holds the sections' names.
  let nameIndex: UInt32
  /// What must be loaded beside the segments.
  let contents: [Contents]

  /// Reads the headers; nil when the executable has none.
  ///
  /// - Throws: `LoadError` that names the field.
  init?(_ file: UnsafeRawBufferPointer) throws(LoadError) {
    let fields = ImageFields(file: file, structure: .multibootExecutable)
    let offset: UInt32 = try fields.read(32, "e_shoff")
    let entrySize: UInt16 = try fields.read(46, "e_shentsize")
    let number: UInt16 = try fields.read(48, "e_shnum")
    let names: UInt16 = try fields.read(50, "e_shstrndx")
    guard offset != 0, number != 0 else { return nil }
    try fields.require(
      Int(entrySize) == Self.headerByteCount, "e_shentsize", UInt64(entrySize), "40")
    try fields.require(
      names < number, "e_shstrndx", UInt64(names), "below e_shnum, \(number)")
    let end = Int(offset) + Int(number) * Self.headerByteCount
    guard end <= file.count else {
      throw .truncated(
        part: "ELF section headers (e_shoff, e_shnum)", needed: UInt64(end),
        actual: UInt64(file.count))
    }
    table = Int(offset)..<end
    count = Int(number)
    nameIndex = UInt32(names)
    var contents: [Contents] = []
    for index in 0..<count {
      if let found = try Self.contents(fields, Int(offset) + index * Self.headerByteCount, index) {
        contents.append(found)
      }
    }
    self.contents = contents
  }

  private static func contents(
    _ fields: ImageFields, _ header: Int, _ index: Int
  ) throws(LoadError) -> Contents? {
    let type: UInt32 = try fields.read(header + 4, "sh_type")
    let address: UInt32 = try fields.read(header + 12, "sh_addr")
    let offset: UInt32 = try fields.read(header + 16, "sh_offset")
    let byteCount: UInt32 = try fields.read(header + 20, "sh_size")
    let alignment: UInt32 = try fields.read(header + 32, "sh_addralign")
    guard !withoutContents.contains(type), address == 0, byteCount > 0 else { return nil }
    let end = Int(offset) + Int(byteCount)
    guard end <= fields.file.count else {
      throw .truncated(
        part: "ELF section \(index) (sh_offset, sh_size)", needed: UInt64(end),
        actual: UInt64(fields.file.count))
    }
    try fields.require(
      alignment & (alignment &- 1) == 0 && alignment <= 0x1000, "sh_addralign", UInt64(alignment),
      "0 or a power of two up to 0x1000")
    return Contents(
      index: index, fileRange: Int(offset)..<end, alignment: UInt64(max(1, alignment)))
  }
}
