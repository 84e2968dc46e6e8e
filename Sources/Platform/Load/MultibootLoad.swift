import Channels
import Foundation
import X86

// Loading a Multiboot 1 image: the image where its headers say, modules behind it on pages of their
// own, the information structure below the BIOS area, or behind the modules when the image lies there.
extension Machine {
  /// Most bytes of a command line and of a module's text.
  private static let textLimit = 4095
  private static let moduleLimit = 64
  /// Lowest address for the information structure: real mode's vectors and data lie below.
  private static let informationFloor: UInt64 = 0x1000

  func loadMultiboot(
    _ file: Data, _ modules: [BootModule], _ commandLine: [UInt8], _ time: SimulatedTime?
  ) throws(LoadError) {
    let storage = BootParameters.storageMap(attachedRanges())
    let image = try Machine.judge(file) { bytes throws(LoadError) in
      try MultibootImage(bytes, storage: storage)
    }
    try Machine.judge(commandLine, modules)
    var room = Room(storage: storage, from: image.executable.end)
    var places: [Range<UInt64>] = []
    for module in modules {
      places.append(try room.take(UInt64(module.contents.count), alignment: 0x1000))
    }
    var contents: [Range<UInt64>] = []
    for part in image.sections?.contents ?? [] {
      contents.append(try room.take(UInt64(part.fileRange.count), alignment: part.alignment))
    }
    let information = MultibootInformation(
      storage: storage, commandLine: commandLine,
      modules: zip(modules, places).map {
        MultibootInformation.Module(range: $1, text: Array($0.commandLine.utf8))
      },
      sections: image.sections.map { Machine.sections($0, file, contents) })
    let base = try informationBase(information.bytes(at: 0).count, image.executable, &room)
    prepare(time, .flat32)
    file.withUnsafeBytes { bytes in
      place(image.executable, bytes)
      for (part, range) in zip(image.sections?.contents ?? [], contents) {
        _ = memory.write(
          range.lowerBound, from: UnsafeRawBufferPointer(rebasing: bytes[part.fileRange]))
      }
    }
    for (module, range) in zip(modules, places) {
      _ = module.contents.withUnsafeBytes { memory.write(range.lowerBound, from: $0) }
    }
    _ = store(information.bytes(at: base), at: base)
    processors[0].enterProtectedFlat32(instructionPointer: image.executable.entry)
    processors[0][.rax] = MultibootInformation.loaderMagic
    processors[0][.rbx] = base
  }

  private static func judge(
    _ commandLine: [UInt8], _ modules: [BootModule]
  ) throws(LoadError) {
    guard modules.count <= moduleLimit else {
      throw .tooManyModules(count: modules.count, limit: moduleLimit)
    }
    for text in [commandLine] + modules.map({ Array($0.commandLine.utf8) }) {
      guard text.count <= textLimit else {
        throw .commandLineTooLong(byteCount: text.count, limit: textLimit)
      }
      if let position = text.firstIndex(of: 0) { throw .commandLineHasZero(position: position) }
    }
    for (index, module) in modules.enumerated() where module.contents.isEmpty {
      throw .emptyModule(number: index + 1)
    }
  }

  /// The section headers with the addresses of what was loaded for them.
  private static func sections(
    _ sections: ExecutableSections, _ file: Data, _ places: [Range<UInt64>]
  ) -> MultibootInformation.Sections {
    var bytes = file.withUnsafeBytes { Array($0[sections.table]) }
    for (part, range) in zip(sections.contents, places) {
      let field = part.index * ExecutableSections.headerByteCount + 12
      bytes.replaceSubrange(
        field..<field + 4,
        with: MachineLanguage.littleEndian(UInt32(truncatingIfNeeded: range.lowerBound)))
    }
    return MultibootInformation.Sections(
      bytes: bytes, count: sections.count, nameIndex: sections.nameIndex)
  }

  private func informationBase(
    _ byteCount: Int, _ executable: ExecutableImage, _ room: inout Room
  ) throws(LoadError) -> UInt64 {
    let count = UInt64(byteCount)
    if count <= PCLayout.conventionalLimit - Machine.informationFloor {
      let base = (PCLayout.conventionalLimit - count) & ~0xF
      let range = base..<base + count
      if base >= Machine.informationFloor,
        !executable.segments.contains(where: { $0.range.overlaps(range) })
      {
        return base
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
      let start = (next + alignment - 1) & ~(alignment - 1)
      guard start + count <= limit else {
        throw .storageTooSmall(needed: start + count, available: limit)
      }
      next = start + count
      return start..<next
    }
  }
}
