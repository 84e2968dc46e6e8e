/// Why an image could not be loaded; nothing of the partition has changed.
package enum LoadError: Error, Equatable, Sendable {
  /// The file ends before a field or part that must be there.
  case truncated(part: String, needed: UInt64, actual: UInt64)
  /// The boot signature or the "HdrS" mark is missing.
  case notAKernel(field: String)
  /// The boot protocol is older than the 64-bit entry.
  case protocolTooOld(found: UInt16, needed: UInt16)
  /// The kernel has no 64-bit entry point.
  case no64BitEntry
  /// A header field holds a value that cannot be right.
  case invalidField(name: String, value: UInt64)
  /// The compressed kernel is damaged.
  case damagedPayload(reason: String)
  /// The unpacked kernel is not an executable for this platform.
  case invalidExecutable(field: String, value: UInt64)
  /// The command line is longer than the kernel takes, or holds a zero byte.
  case commandLineTooLong(byteCount: Int, limit: Int)
  /// The command line holds a byte that ends it early.
  case commandLineHasZero(position: Int)
  /// The partition has too little storage.
  case storageTooSmall(needed: UInt64, available: UInt64)
  /// An initial RAM disk without contents.
  case emptyInitialDisk
  /// A program without contents, or one that lies outside storage or on top of the boot areas.
  case programMisplaced(origin: UInt64, byteCount: UInt64)
  /// A program's entry point lies outside the program.
  case entryOutsideProgram(entry: UInt64)
}

extension LoadError: CustomStringConvertible {
  /// What is wrong, and what would be right.
  package var description: String {
    switch self {
    case .truncated(let part, let needed, let actual):
      "the kernel file ends inside \(part): \(needed) bytes are needed, it has \(actual)"
    case .notAKernel(let field):
      "not a Linux kernel (bzImage): \(field) is missing; give the file /boot/vmlinuz-..."
    case .protocolTooOld(let found, let needed):
      "boot protocol \(LoadError.hexadecimal(UInt64(found))) is too old:"
        + " \(LoadError.hexadecimal(UInt64(needed))) or later is needed"
    case .no64BitEntry: "the kernel has no 64-bit entry: an x86-64 kernel is needed"
    case .invalidField(let name, let value):
      "setup header field \(name) holds \(LoadError.hexadecimal(value)), which cannot be right"
    case .damagedPayload(let reason): "the compressed kernel is damaged: \(reason)"
    case .invalidExecutable(let field, let value):
      "the unpacked kernel is not an x86-64 executable: \(field) is \(LoadError.hexadecimal(value))"
    case .commandLineTooLong(let byteCount, let limit):
      "the command line has \(byteCount) bytes; at most \(limit) are taken"
    case .commandLineHasZero(let position):
      "the command line has a zero byte at position \(position)"
    case .storageTooSmall(let needed, let available):
      "\(LoadError.mebibytes(needed)) MB of storage are needed,"
        + " the partition has \(available >> 20) MB"
    case .emptyInitialDisk: "the initial RAM disk is empty"
    case .programMisplaced(let origin, let byteCount):
      "a program of \(byteCount) bytes at \(LoadError.hexadecimal(origin)) does not fit:"
        + " it must lie in storage, at \(LoadError.hexadecimal(PCLayout.extendedBase)) or above"
    case .entryOutsideProgram(let entry):
      "the entry point \(LoadError.hexadecimal(entry)) lies outside the program"
    }
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    "0x" + String(value, radix: 16, uppercase: true)
  }

  private static func mebibytes(_ byteCount: UInt64) -> UInt64 { (byteCount + 0xF_FFFF) >> 20 }
}
