import Channels
import Foundation
import Quantities
import X86

// Loading a Multiboot 1 image: the image where its headers say, modules behind it on pages of their
// own, the information structure in low storage (systems move themselves to the end of it while they
// still read the structure), or behind the modules when the image lies there.
extension Computer {
  /// Most bytes of a command line and of a module's text.
  private static let textLimit = 4095
  private static let moduleLimit = 64

  func loadMultiboot(
    _ file: Data, _ modules: [BootModule], _ commandLine: [UInt8], _ time: SimulatedTime?
  ) throws(LoadError) {
    let storage = BootParameters.storageMap(attachedRanges())
    let image = try Computer.judge(file) { bytes throws(LoadError) in
      try MultibootImage(bytes, storage: storage)
    }
    try Computer.judge(commandLine, modules)
    var room = Room(storage: storage, from: image.executable.end)
    var places: [Range<UInt64>] = []
    for module in modules {
      // Cannot trap: the number of a file's bytes.
      places.append(try room.take(UInt64(clamping: module.contents.count), alignment: 0x1000))
    }
    var contents: [Range<UInt64>] = []
    // Cannot trap: each element once.
    for part in image.sections?.contents ?? [] {
      let count = part.fileRange.upperBound &- part.fileRange.lowerBound
      contents.append(try room.take(UInt64(clamping: count), alignment: part.alignment))
    }
    let information = MultibootInformation(
      storage: storage, commandLine: commandLine,
      modules: zip(modules, places).map {
        // Cannot trap: a string's own bytes.
        MultibootInformation.Module(range: $1, text: Array($0.commandLine.utf8))
      },
      sections: image.sections.map { Computer.sections($0, file, contents) })
    let base = try informationBase(information.bytes(at: 0).count, image.executable, &room)
    prepare(time, .flat32)
    // Cannot trap: the bytes of a file.
    file.withUnsafeBytes { bytes in
      place(image.executable, bytes)
      // Cannot trap: each element once.
      for (part, range) in zip(image.sections?.contents ?? [], contents) {
        _ = memory.write(range.lowerBound, from: bytes.part(part.fileRange))
      }
    }
    // Cannot trap: each element once.
    for (module, range) in zip(modules, places) {
      // Cannot trap: the bytes of a file.
      _ = module.contents.withUnsafeBytes { memory.write(range.lowerBound, from: $0) }
    }
    _ = store(information.bytes(at: base), at: base)
    guard let processor = processors.first else { return }
    processor.enterProtectedFlat32(instructionPointer: image.executable.entry)
    processor[.rax] = MultibootInformation.loaderMagic
    processor[.rbx] = base
  }

  private static func judge(
    _ commandLine: [UInt8], _ modules: [BootModule]
  ) throws(LoadError) {
    guard modules.count <= moduleLimit else {
      throw .tooManyModules(count: modules.count, limit: moduleLimit)
    }
    // Cannot trap: a string's own bytes.
    for text in [commandLine] + modules.map({ Array($0.commandLine.utf8) }) {
      guard text.count <= textLimit else {
        throw .commandLineTooLong(byteCount: text.count, limit: textLimit)
      }
      if let position = text.firstIndex(of: 0) { throw .commandLineHasZero(position: position) }
    }
    if let empty = modules.firstIndex(where: \.contents.isEmpty) {
      throw .emptyModule(number: empty &+ 1)
    }
  }

  /// The section headers with the addresses of what was loaded for them.
  private static func sections(
    _ sections: ExecutableSections, _ file: Data, _ places: [Range<UInt64>]
  ) -> MultibootInformation.Sections {
    // Cannot trap: the bytes of a file.
    var bytes = file.withUnsafeBytes { Array($0.part(sections.table)) }
    // Cannot trap: each element once.
    for (part, range) in zip(sections.contents, places) {
      let field = part.index &* ExecutableSections.headerByteCount &+ 12
      let address = MachineLanguage.littleEndian(UInt32(truncatingIfNeeded: range.lowerBound))
      for (offset, byte) in address.enumerated() where bytes.indices.contains(field &+ offset) {
        // Cannot trap: the index is one of the array's.
        bytes[field &+ offset] = byte
      }
    }
    return MultibootInformation.Sections(
      bytes: bytes, count: sections.count, nameIndex: sections.nameIndex)
  }

  private func informationBase(
    _ byteCount: Int, _ executable: ExecutableImage, _ room: inout Room
  ) throws(LoadError) -> UInt64 {
    let count = UInt64(clamping: byteCount)
    let base = PCLayout.multibootInformation
    if let end = base.adding(count), end <= PCLayout.conventionalLimit {
      let range = Range(uncheckedBounds: (base, end))
      if !executable.segments.contains(where: { $0.range.overlaps(range) }) {
        return range.lowerBound
      }
    }
    return try room.take(count, alignment: 0x1000).lowerBound
  }

  /// Storage behind an image, given out from below.
  private struct Room {
    private let limit: UInt64
    private var next: UInt64

    init(storage: [Range<UInt64>], from end: UInt64) {
      next = max(end, PCLayout.extendedBase)
      limit =
        storage.first { $0.contains(PCLayout.extendedBase) && $0.upperBound >= end }?.upperBound
        ?? PCLayout.extendedBase
    }

    mutating func take(_ count: UInt64, alignment: UInt64) throws(LoadError) -> Range<UInt64> {
      // The alignment is a power of two.
      let start = next.addingClamped(alignment &- 1) & ~(alignment &- 1)
      guard let end = start.adding(count), end <= limit else {
        throw .storageTooSmall(needed: start.addingClamped(count), available: limit)
      }
      next = end
      return Range(uncheckedBounds: (start, end))
    }
  }
}
