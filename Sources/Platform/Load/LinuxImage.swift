import Foundation
import Quantities

/// The setup header of a bzImage, validated (Documentation/arch/x86/boot.rst).
struct LinuxImage {
  /// Boot protocol of the 64-bit entry and of `xloadflags`.
  static let neededForLongMode: UInt16 = 0x020C
  /// Boot protocol that says where the kernel wants to lie and how much storage it needs.
  static let neededProtocol: UInt16 = 0x020A
  /// A 64-bit kernel's entry, past that of the 32-bit protocol.
  static let longModeEntryOffset: UInt64 = 0x200

  /// The setup header's bytes, as they go into the zero page.
  let setupHeader: [UInt8]
  /// File offset of the protected-mode part.
  let protectedModeOffset: Int
  /// Bytes of the protected-mode part.
  let protectedModeByteCount: Int
  /// Whether the kernel is entered in 64-bit mode.
  let isLongMode: Bool
  /// Where the protected-mode part is put.
  let loadAddress: UInt64
  /// End of the storage that the kernel needs before it knows its own.
  let initialEnd: UInt64
  /// Most bytes of a command line.
  let commandLineLimit: Int
  /// Highest address of an initial RAM disk.
  let initialDiskLimit: UInt64
  /// File range of the compressed kernel; empty when the header names none.
  let payload: Range<Int>

  /// Reads the header of a kernel file, to be entered by a protocol.
  ///
  /// - Throws: `LoadError` that names the field.
  init(_ file: UnsafeRawBufferPointer, entry: LinuxEntry) throws(LoadError) {
    let fields = ImageFields(file: file, structure: .setupHeader)
    guard try fields.read(0x1FE, "boot_flag", as: UInt16.self) == 0xAA55 else {
      throw .notAKernel(field: "the boot signature 0xAA55 (boot_flag)")
    }
    guard try fields.read(0x202, "header", as: UInt32.self) == 0x5372_6448 else {
      throw .notAKernel(field: "the mark \"HdrS\" (header)")
    }
    isLongMode = try LinuxImage.isLongMode(fields, entry)
    let loadFlags: UInt8 = try fields.read(0x211, "loadflags")
    try fields.require(
      loadFlags & 1 != 0, "loadflags", UInt64(loadFlags), "bit 0 set (a bzImage, not a zImage)")
    (protectedModeOffset, protectedModeByteCount) = try LinuxImage.protectedMode(fields)
    loadAddress = try LinuxImage.loadAddress(fields)
    initialEnd = try LinuxImage.initialEnd(fields, protectedModeByteCount, at: loadAddress)
    commandLineLimit = Int(min(try fields.read(0x238, "cmdline_size", as: UInt32.self), 0xFFFF))
    initialDiskLimit = UInt64(try fields.read(0x22C, "initrd_addr_max", as: UInt32.self))
    let jump: UInt8 = try fields.read(0x201, "jump")
    let headerEnd = 0x202 &+ Int(jump)
    try fields.require(
      headerEnd >= 0x264 && headerEnd <= min(0x290, file.count), "jump", UInt64(jump),
      "0x62 to 0x8E, inside the file")
    // Cannot trap: the header's end is inside the file.
    setupHeader = Array(file[0x1F1..<headerEnd])
    payload = try LinuxImage.payload(fields, protectedModeOffset, protectedModeByteCount)
  }

  private static func isLongMode(
    _ fields: ImageFields, _ entry: LinuxEntry
  ) throws(LoadError) -> Bool {
    let version: UInt16 = try fields.read(0x206, "version")
    let needed = entry == .bits64 ? neededForLongMode : neededProtocol
    guard version >= needed else { throw .protocolTooOld(found: version, needed: needed) }
    let flags: UInt16 = try fields.read(0x236, "xloadflags")
    let hasLongEntry = version >= neededForLongMode && flags & 1 != 0
    if entry == .bits64, !hasLongEntry { throw .no64BitEntry }
    return hasLongEntry && entry != .bits32
  }

  private static func protectedMode(
    _ fields: ImageFields
  ) throws(LoadError) -> (offset: Int, byteCount: Int) {
    let sectors: UInt8 = try fields.read(0x1F1, "setup_sects")
    let offset = (Int(sectors == 0 ? 4 : sectors) &+ 1) &* 512
    let paragraphs: UInt32 = try fields.read(0x1F4, "syssize")
    // 36 bits.
    let byteCount = Int(paragraphs) &* 16
    try fields.require(
      byteCount > 0x1000, "syssize", UInt64(paragraphs), "more than 0x100 (units of 16 bytes)")
    // The last paragraph may be incomplete in the file.
    let end = offset &+ byteCount
    guard end.subtractingClamped(16) < fields.file.count else {
      throw .truncated(
        part: "the protected-mode kernel (setup_sects, syssize)", needed: UInt64(clamping: end),
        actual: fields.byteCount)
    }
    return (offset, byteCount)
  }

  /// A relocatable kernel lies where it prefers to, any other one where its header says.
  private static func loadAddress(_ fields: ImageFields) throws(LoadError) -> UInt64 {
    let low = PCLayout.extendedBase..<PCLayout.lowStorageLimit
    let preferred: UInt64 = try fields.read(0x258, "pref_address")
    let bounds = LoadError.hexadecimal(low)
    try fields.require(low.contains(preferred), "pref_address", preferred, "within \(bounds)")
    guard try fields.read(0x234, "relocatable_kernel", as: UInt8.self) != 0 else {
      let start = UInt64(try fields.read(0x214, "code32_start", as: UInt32.self))
      try fields.require(low.contains(start), "code32_start", start, "within \(bounds)")
      return start
    }
    let alignment = UInt64(try fields.read(0x230, "kernel_alignment", as: UInt32.self))
    try fields.require(
      alignment >= 0x1000 && alignment & (alignment &- 1) == 0, "kernel_alignment", alignment,
      "a power of two, at least 0x1000")
    try fields.require(
      preferred % alignment == 0, "pref_address", preferred,
      "a multiple of kernel_alignment, \(LoadError.hexadecimal(alignment))")
    return preferred
  }

  private static func initialEnd(
    _ fields: ImageFields, _ byteCount: Int, at loadAddress: UInt64
  ) throws(LoadError) -> UInt64 {
    let preferred: UInt64 = try fields.read(0x258, "pref_address")
    let initialSize: UInt32 = try fields.read(0x260, "init_size")
    try fields.require(
      Int(initialSize) >= byteCount && initialSize <= 1 << 30, "init_size", UInt64(initialSize),
      "\(LoadError.hexadecimal(UInt64(clamping: byteCount))) (syssize * 16) to 0x40000000")
    return max(preferred, loadAddress).addingClamped(UInt64(initialSize))
  }

  private static func payload(
    _ fields: ImageFields, _ start: Int, _ byteCount: Int
  ) throws(LoadError) -> Range<Int> {
    let offset = UInt64(try fields.read(0x248, "payload_offset", as: UInt32.self))
    let count = UInt64(try fields.read(0x24C, "payload_length", as: UInt32.self))
    let kernel = UInt64(clamping: byteCount)
    guard count > 0 else { return 0..<0 }
    try fields.require(
      offset < kernel, "payload_offset", offset,
      "an offset in the \(LoadError.hexadecimal(kernel)) bytes of the kernel")
    let rest = kernel &- offset
    try fields.require(
      count <= rest, "payload_length", count,
      "at most what follows payload_offset, " + LoadError.hexadecimal(rest))
    let first = UInt64(clamping: start).addingClamped(offset)
    guard let range = fields.range(first, count) else {
      throw .truncated(
        part: "the compressed kernel (payload_offset, payload_length)",
        needed: first.addingClamped(count), actual: fields.byteCount)
    }
    return range
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
