/// The loadable segments of a 64-bit ELF executable ("System V ABI", chapter "Object Files").
struct ExecutableImage: Equatable {
  /// A part that is copied to storage; the rest up to `byteCount` is zero.
  struct Segment: Equatable {
    var fileRange: Range<Int>
    var address: UInt64
    var byteCount: UInt64
  }

  /// Physical address of the first instruction.
  let entry: UInt64
  /// Segments in file order.
  let segments: [Segment]
  /// End of the highest segment.
  var end: UInt64 { segments.map { $0.address + $0.byteCount }.max() ?? 0 }

  /// Reads the headers of an executable.
  ///
  /// - Throws: `LoadError.invalidExecutable` that names the field.
  init(_ file: UnsafeRawBufferPointer) throws(LoadError) {
    func field<T: FixedWidthInteger>(
      _ offset: Int, _ name: String, as type: T.Type
    ) throws(LoadError) -> T {
      guard offset >= 0, offset <= file.count - MemoryLayout<T>.size else {
        throw .invalidExecutable(field: "\(name), beyond the end,", value: UInt64(max(0, offset)))
      }
      return T(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
    let magic = try field(0, "e_ident", as: UInt32.self)
    guard magic == 0x464C_457F else {
      throw .invalidExecutable(field: "e_ident", value: UInt64(magic))
    }
    let fileClass = try field(4, "EI_CLASS", as: UInt8.self)
    guard fileClass == 2 else {
      throw .invalidExecutable(field: "EI_CLASS", value: UInt64(fileClass))
    }
    let machine = try field(18, "e_machine", as: UInt16.self)
    guard machine == 62 else {
      throw .invalidExecutable(field: "e_machine", value: UInt64(machine))
    }
    let start = try field(24, "e_entry", as: UInt64.self)
    let tableOffset = try field(32, "e_phoff", as: UInt64.self)
    let count = Int(try field(56, "e_phnum", as: UInt16.self))
    let entrySize = Int(try field(54, "e_phentsize", as: UInt16.self))
    guard tableOffset < UInt64(file.count), entrySize >= 56 else {
      throw .invalidExecutable(field: "e_phoff", value: tableOffset)
    }
    var segments: [Segment] = []
    for index in 0..<count {
      let header = Int(tableOffset) + index * entrySize
      guard try field(header, "p_type", as: UInt32.self) == 1 else { continue }
      let offset = try field(header + 8, "p_offset", as: UInt64.self)
      let address = try field(header + 24, "p_paddr", as: UInt64.self)
      let fileCount = try field(header + 32, "p_filesz", as: UInt64.self)
      let byteCount = try field(header + 40, "p_memsz", as: UInt64.self)
      let size = UInt64(file.count)
      guard offset <= size, fileCount <= size - offset else {
        throw .invalidExecutable(field: "p_filesz", value: fileCount)
      }
      guard byteCount >= fileCount, byteCount <= PCLayout.lowStorageLimit else {
        throw .invalidExecutable(field: "p_memsz", value: byteCount)
      }
      guard address >= PCLayout.extendedBase, address <= PCLayout.lowStorageLimit - byteCount
      else { throw .invalidExecutable(field: "p_paddr", value: address) }
      segments.append(
        Segment(
          fileRange: Int(offset)..<Int(offset + fileCount), address: address, byteCount: byteCount))
    }
    guard segments.contains(where: { ($0.address..<$0.address + $0.byteCount).contains(start) })
    else { throw .invalidExecutable(field: "e_entry", value: start) }
    entry = start
    self.segments = segments
  }
}
