import Quantities

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
    let flags: UInt32 = try fields.read(offset &+ 4, "flags")
    let checksum: UInt32 = try fields.read(offset &+ 8, "checksum")
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
    let searched = ImageFields(
      file: file.part(0..<searchedByteCount), structure: .multibootHeader)
    func word(_ offset: Int) -> UInt32? { try? searched.read(offset, "magic", as: UInt32.self) }
    var offset = 0
    while let first = word(offset) {
      if first == magic {
        if let flags = word(offset &+ 4), let checksum = word(offset &+ 8),
          magic &+ flags &+ checksum == 0
        {
          return offset
        }
        found = found ?? offset
      }
      offset &+= 4
    }
    return found
  }

  /// The image that the header's own address fields describe, of whatever format the file is.
  private static func addressed(
    _ fields: ImageFields, _ offset: Int, _ storage: [Range<UInt64>]
  ) throws(LoadError) -> ExecutableImage {
    func address(_ field: Int, _ name: String) throws(LoadError) -> UInt64 {
      UInt64(try fields.read(offset &+ field, name, as: UInt32.self))
    }
    let header = try address(12, "header_addr")
    let load = try address(16, "load_addr")
    let loadEnd = try address(20, "load_end_addr")
    let zeroEnd = try address(24, "bss_end_addr")
    let entry = try address(28, "entry_addr")
    let place = UInt64(clamping: offset)
    guard let before = header.subtracting(load), let start = place.subtracting(before) else {
      throw fields.wrong(
        "load_addr", load,
        "header_addr minus at most the header's offset in the file, "
          + LoadError.hexadecimal(place))
    }
    // The header, and so what begins before it, is inside the file.
    let available = fields.byteCount &- start
    try fields.require(
      loadEnd == 0 || loadEnd > load, "load_end_addr", loadEnd, "0 or above load_addr")
    let fileCount = loadEnd == 0 ? available : loadEnd &- load
    guard let fileRange = fields.range(start, fileCount) else {
      throw .truncated(
        part: "what the Multiboot header names (load_addr, load_end_addr)",
        needed: start.addingClamped(fileCount), actual: fields.byteCount)
    }
    let loadedEnd = load.addingClamped(fileCount)
    let end = zeroEnd == 0 ? loadedEnd : zeroEnd
    guard end >= loadedEnd, let byteCount = end.subtracting(load) else {
      throw fields.wrong("bss_end_addr", zeroEnd, "0 or at least load_end_addr")
    }
    let isPlaced = storage.contains { $0.contains(load) && end <= $0.upperBound }
    try fields.require(
      isPlaced, "load_addr", load,
      "an address from which \(LoadError.hexadecimal(byteCount)) bytes lie in "
        + storage.map(LoadError.hexadecimal).joined(separator: " or "))
    let segment = ExecutableImage.Segment(
      fileRange: fileRange, address: load, byteCount: byteCount)
    try fields.require(
      segment.range.contains(entry), "entry_addr", entry,
      "an address in what is loaded, \(LoadError.hexadecimal(segment.range))")
    return ExecutableImage(entry: entry, segments: [segment])
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
    // 16 bits times 40.
    let byteCount = UInt64(number) &* UInt64(clamping: Self.headerByteCount)
    guard let found = fields.range(UInt64(offset), byteCount) else {
      throw .truncated(
        part: "ELF section headers (e_shoff, e_shnum)",
        needed: UInt64(offset).addingClamped(byteCount), actual: fields.byteCount)
    }
    table = found
    count = Int(number)
    nameIndex = UInt32(names)
    var contents: [Contents] = []
    var header = table.lowerBound
    for index in 0..<count {
      if let found = try Self.contents(fields, header, index) { contents.append(found) }
      header &+= Self.headerByteCount
    }
    self.contents = contents
  }

  private static func contents(
    _ fields: ImageFields, _ header: Int, _ index: Int
  ) throws(LoadError) -> Contents? {
    let type: UInt32 = try fields.read(header &+ 4, "sh_type")
    let address: UInt32 = try fields.read(header &+ 12, "sh_addr")
    let offset: UInt32 = try fields.read(header &+ 16, "sh_offset")
    let byteCount: UInt32 = try fields.read(header &+ 20, "sh_size")
    let alignment: UInt32 = try fields.read(header &+ 32, "sh_addralign")
    // SHT_NULL and SHT_NOBITS have no contents.
    guard type != 0, type != 8, address == 0, byteCount > 0 else { return nil }
    guard let fileRange = fields.range(UInt64(offset), UInt64(byteCount)) else {
      throw .truncated(
        part: "ELF section \(index) (sh_offset, sh_size)",
        needed: UInt64(offset).addingClamped(UInt64(byteCount)), actual: fields.byteCount)
    }
    try fields.require(
      alignment & (alignment &- 1) == 0 && alignment <= 0x1000, "sh_addralign", UInt64(alignment),
      "0 or a power of two up to 0x1000")
    return Contents(
      index: index, fileRange: fileRange, alignment: UInt64(max(1, alignment)))
  }
}
