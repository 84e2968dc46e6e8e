import Quantities

/// Why an image could not be loaded; nothing of the partition has changed.
package enum LoadError: Error, Equatable, Sendable {
  /// A structure inside an image whose fields are judged.
  package enum Structure: String, Sendable {
    case setupHeader = "setup header"
    case kernelExecutable = "unpacked kernel's ELF"
    case multibootHeader = "Multiboot header"
    case multibootExecutable = "ELF"
  }

  /// The file ends before a field or part that must be there.
  case truncated(part: String, needed: UInt64, actual: UInt64)
  /// The boot signature or the "HdrS" mark is missing.
  case notAKernel(field: String)
  /// No Multiboot header in the bytes that are searched.
  case notMultiboot(searchedByteCount: Int)
  /// The boot protocol is older than the wanted entry.
  case protocolTooOld(found: UInt16, needed: UInt16)
  /// The kernel has no 64-bit entry point.
  case no64BitEntry
  /// A field holds a value that cannot be right.
  case wrongField(Structure, String, found: UInt64, needed: String)
  /// A segment lies on top of another one, or of something that the loader puts into storage.
  case overlap(Structure, Range<UInt64>, with: String, Range<UInt64>)
  /// The compressed kernel is damaged.
  case damagedPayload(reason: String)
  /// A command line is longer than what takes it.
  case commandLineTooLong(byteCount: Int, limit: Int)
  /// The command line holds a byte that ends it early.
  case commandLineHasZero(position: Int)
  /// The partition has too little storage.
  case storageTooSmall(needed: UInt64, available: UInt64)
  /// Storage in more pieces than the image's boot protocol can tell of.
  case storageInPieces(count: Int, limit: Int)
  /// An initial RAM disk without contents.
  case emptyInitialDisk
  /// A module without contents, by its number from 1.
  case emptyModule(number: Int)
  /// More modules than the loader takes.
  case tooManyModules(count: Int, limit: Int)
  /// A program without contents, or one that lies outside storage or on top of the boot areas.
  case programMisplaced(origin: UInt64, byteCount: UInt64)
  /// A program's entry point lies outside the program.
  case entryOutsideProgram(entry: UInt64)
  /// A firmware image's field holds a value that cannot be right.
  case invalidFirmware(field: String, value: UInt64)
  /// The partition has not the devices that firmware drives.
  case noFirmwareHardware
}

extension LoadError: CustomStringConvertible {
  /// What is wrong, and what would be right.
  package var description: String {
    switch self {
    case .truncated(let part, let needed, let actual):
      "the file ends inside \(part): \(needed) bytes are needed, it has \(actual)"
    case .notAKernel(let field):
      "not a Linux kernel (bzImage): \(field) is missing; give the file /boot/vmlinuz-..."
    case .notMultiboot(let count):
      "not a Multiboot image: no magic 0x1BADB002 at a multiple of 4 in its first \(count) bytes"
    case .protocolTooOld(let found, let needed):
      "boot protocol \(LoadError.hexadecimal(UInt64(found))) is too old:"
        + " \(LoadError.hexadecimal(UInt64(needed))) or later is needed"
    case .no64BitEntry: "the kernel has no 64-bit entry: an x86-64 kernel is needed"
    case .wrongField(let structure, let name, let found, let needed):
      "\(structure.rawValue) field \(name) holds \(LoadError.hexadecimal(found));"
        + " right would be \(needed)"
    case .overlap(let structure, let range, let other, let otherRange):
      "\(structure.rawValue) segment \(LoadError.hexadecimal(range)) overlaps \(other)"
        + " \(LoadError.hexadecimal(otherRange))"
    case .damagedPayload(let reason): "the compressed kernel is damaged: \(reason)"
    case .commandLineTooLong(let byteCount, let limit):
      "the command line has \(byteCount) bytes; at most \(limit) are taken"
    case .commandLineHasZero(let position):
      "the command line has a zero byte at position \(position)"
    case .storageTooSmall(let needed, let available):
      "\(LoadError.mebibytes(needed)) MB of storage are needed,"
        + " the partition has \(available >> 20) MB"
    case .storageInPieces(let count, let limit):
      "storage is in \(count) pieces, of which Linux can be told \(limit): take some of it off line,"
        + " or load with CLEAR, which gives back what was added"
    case .emptyInitialDisk: "the initial RAM disk is empty"
    case .emptyModule(let number): "module \(number) is empty"
    case .tooManyModules(let count, let limit): "\(count) modules; at most \(limit) are taken"
    case .programMisplaced(let origin, let byteCount):
      "a program of \(byteCount) bytes at \(LoadError.hexadecimal(origin)) does not fit:"
        + " it must lie in storage, at \(LoadError.hexadecimal(PCLayout.extendedBase)) or above"
    case .entryOutsideProgram(let entry):
      "the entry point \(LoadError.hexadecimal(entry)) lies outside the program"
    case .invalidFirmware(let field, let value):
      "the firmware image's \(field) is \(value) bytes: a multiple of 4096 is needed, at most"
        + " \(PCLayout.firmwareLimit)"
    case .noFirmwareHardware: "firmware needs a partition with the devices of a PC/AT"
    }
  }

  static func hexadecimal(_ value: UInt64) -> String {
    "0x" + hexDigits(value)
  }

  static func hexadecimal(_ range: Range<UInt64>) -> String {
    hexadecimal(range.lowerBound) + "-" + hexadecimal(range.upperBound &- 1)
  }

  private static func mebibytes(_ byteCount: UInt64) -> UInt64 {
    (byteCount >> 20) &+ (byteCount & 0xF_FFFF == 0 ? 0 : 1)
  }
}
