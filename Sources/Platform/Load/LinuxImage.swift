import Foundation

/// The setup header of a bzImage, validated (Documentation/arch/x86/boot.rst).
struct LinuxImage {
  /// Boot protocol of the 64-bit entry and of `xloadflags`.
  static let neededProtocol: UInt16 = 0x020C

  /// The setup header's bytes, as they go into the zero page.
  let setupHeader: [UInt8]
  /// File offset of the protected-mode part.
  let protectedModeOffset: Int
  /// Bytes of the protected-mode part.
  let protectedModeByteCount: Int
  /// Preferred load address.
  let preferredAddress: UInt64
  /// Bytes of storage that the kernel needs from its load address on.
  let initialByteCount: UInt64
  /// Most bytes of a command line.
  let commandLineLimit: Int
  /// Highest address of an initial RAM disk.
  let initialDiskLimit: UInt64
  /// File range of the compressed kernel; empty when the header names none.
  let payload: Range<Int>

  /// Reads the header of a kernel file.
  ///
  /// - Throws: `LoadError` that names the field.
  init(_ file: UnsafeRawBufferPointer) throws(LoadError) {
    func field<T: FixedWidthInteger>(
      _ offset: Int, _ name: String, as type: T.Type
    ) throws(LoadError) -> T {
      let size = MemoryLayout<T>.size
      guard file.count >= offset + size else {
        throw .truncated(
          part: "setup header field \(name)", needed: UInt64(offset + size),
          actual: UInt64(file.count))
      }
      return T(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
    guard try field(0x1FE, "boot_flag", as: UInt16.self) == 0xAA55 else {
      throw .notAKernel(field: "the boot signature 0xAA55 (boot_flag)")
    }
    guard try field(0x202, "header", as: UInt32.self) == 0x5372_6448 else {
      throw .notAKernel(field: "the mark \"HdrS\" (header)")
    }
    let version = try field(0x206, "version", as: UInt16.self)
    guard version >= LinuxImage.neededProtocol else {
      throw .protocolTooOld(found: version, needed: LinuxImage.neededProtocol)
    }
    guard try field(0x236, "xloadflags", as: UInt16.self) & 1 != 0 else { throw .no64BitEntry }
    let loadFlags = try field(0x211, "loadflags", as: UInt8.self)
    guard loadFlags & 1 != 0 else {
      throw .invalidField(name: "loadflags", value: UInt64(loadFlags))
    }
    let sectors = try field(0x1F1, "setup_sects", as: UInt8.self)
    protectedModeOffset = (Int(sectors == 0 ? 4 : sectors) + 1) * 512
    let paragraphs = try field(0x1F4, "syssize", as: UInt32.self)
    protectedModeByteCount = Int(paragraphs) * 16
    guard protectedModeByteCount > 0x1000 else {
      throw .invalidField(name: "syssize", value: UInt64(paragraphs))
    }
    // The last paragraph may be incomplete in the file.
    let end = protectedModeOffset + protectedModeByteCount
    guard file.count + 16 > end else {
      throw .truncated(
        part: "the protected-mode kernel (setup_sects, syssize)", needed: UInt64(end),
        actual: UInt64(file.count))
    }
    preferredAddress = try field(0x258, "pref_address", as: UInt64.self)
    let isPlaced = (PCLayout.extendedBase..<PCLayout.lowStorageLimit).contains(preferredAddress)
    guard isPlaced, preferredAddress % 0x20_0000 == 0 else {
      throw .invalidField(name: "pref_address", value: preferredAddress)
    }
    let initialSize = try field(0x260, "init_size", as: UInt32.self)
    guard Int(initialSize) >= protectedModeByteCount, initialSize < 1 << 30 else {
      throw .invalidField(name: "init_size", value: UInt64(initialSize))
    }
    initialByteCount = UInt64(initialSize)
    commandLineLimit = Int(min(try field(0x238, "cmdline_size", as: UInt32.self), 0xFFFF))
    initialDiskLimit = UInt64(try field(0x22C, "initrd_addr_max", as: UInt32.self))
    let headerEnd = 0x202 + Int(try field(0x201, "jump", as: UInt8.self))
    guard headerEnd > 0x264, headerEnd <= min(0x290, file.count) else {
      throw .invalidField(name: "jump", value: UInt64(headerEnd - 0x202))
    }
    setupHeader = Array(file[0x1F1..<headerEnd])
    let offset = Int(try field(0x248, "payload_offset", as: UInt32.self))
    let count = Int(try field(0x24C, "payload_length", as: UInt32.self))
    guard offset + count <= protectedModeByteCount else {
      throw .invalidField(name: "payload_length", value: UInt64(count))
    }
    let start = protectedModeOffset + offset
    guard start + count <= file.count else {
      throw .truncated(
        part: "the compressed kernel (payload_offset, payload_length)",
        needed: UInt64(start + count), actual: UInt64(file.count))
    }
    payload = count == 0 ? start..<start : start..<start + count
  }

  /// Judges a command line.
  func check(commandLine: [UInt8]) throws(LoadError) {
    guard commandLine.count <= commandLineLimit else {
      throw .commandLineTooLong(byteCount: commandLine.count, limit: commandLineLimit)
    }
    if let position = commandLine.firstIndex(of: 0) {
      throw .commandLineHasZero(position: position)
    }
  }
}
