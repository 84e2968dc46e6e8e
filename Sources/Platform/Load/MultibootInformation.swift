/// What a Multiboot 1 loader tells an image (Multiboot Specification 0.6.96, "Boot information
/// format"): the structure and everything that it points to, one after another.
struct MultibootInformation {
  /// What EAX holds when the image is entered.
  static let loaderMagic: UInt64 = 0x2BAD_B002
  private static let loaderName = "endicott"

  /// A module: where it lies, and its text.
  struct Module: Equatable {
    var range: Range<UInt64>
    var text: [UInt8]
  }

  /// The section headers, as they go into storage.
  struct Sections: Equatable {
    var bytes: [UInt8]
    var count: Int
    var nameIndex: UInt32
  }

  /// Bits of `flags`: which fields hold something.
  private enum Flag {
    static let memory: UInt32 = 1 << 0
    static let commandLine: UInt32 = 1 << 2
    static let modules: UInt32 = 1 << 3
    static let sections: UInt32 = 1 << 5
    static let map: UInt32 = 1 << 6
    static let loaderName: UInt32 = 1 << 9
  }

  private static let structureByteCount = 120

  /// Storage that the image may use, ascending.
  let storage: [Range<UInt64>]
  let commandLine: [UInt8]
  let modules: [Module]
  let sections: Sections?

  /// The bytes, for a place at `base`, which is a multiple of 16.
  func bytes(at base: UInt64) -> [UInt8] {
    var all = [UInt8](repeating: 0, count: MultibootInformation.structureByteCount)
    var flags = Flag.memory | Flag.commandLine | Flag.map | Flag.loaderName
    func put(_ value: UInt64, at offset: Int) {
      all.put(UInt32(truncatingIfNeeded: value), at: offset)
    }
    /// Adds a part; returns its address.
    func add(_ part: [UInt8]) -> UInt64 {
      all += [UInt8](repeating: 0, count: (16 - all.count % 16) % 16)
      defer { all += part }
      return base &+ UInt64(clamping: all.count)
    }
    put(PCLayout.conventionalLimit >> 10, at: 4)
    put(extendedByteCount >> 10, at: 8)
    put(add(commandLine + [0]), at: 16)
    if !modules.isEmpty {
      flags |= Flag.modules
      put(UInt64(clamping: modules.count), at: 20)
      var list: [UInt8] = []
      for module in modules {
        let text = add(module.text + [0])
        for value in [module.range.lowerBound, module.range.upperBound, text, 0] {
          list += MachineLanguage.littleEndian(UInt32(truncatingIfNeeded: value))
        }
      }
      put(add(list), at: 24)
    }
    if let sections {
      flags |= Flag.sections
      put(UInt64(clamping: sections.count), at: 28)
      put(UInt64(ExecutableSections.headerByteCount), at: 32)
      put(add(sections.bytes), at: 36)
      put(UInt64(sections.nameIndex), at: 40)
    }
    let map = mapEntries()
    put(UInt64(clamping: map.count), at: 44)
    put(add(map), at: 48)
    put(add(Array(MultibootInformation.loaderName.utf8) + [0]), at: 64)
    put(UInt64(flags), at: 0)
    return all
  }

  /// Bytes of storage from 1 MiB on, up to the first gap.
  private var extendedByteCount: UInt64 {
    storage.first { $0.contains(PCLayout.extendedBase) }
      .map { $0.upperBound &- PCLayout.extendedBase } ?? 0
  }

  /// Entries of 20 bytes, each behind its own length: usable storage and the BIOS area.
  private func mapEntries() -> [UInt8] {
    let usable = storage.map { ($0, UInt32(1)) }
    let reserved = [(PCLayout.conventionalLimit..<PCLayout.extendedBase, UInt32(2))]
    let all = (usable + reserved).sorted { $0.0.lowerBound < $1.0.lowerBound }
    return all.flatMap { range, type in
      MachineLanguage.littleEndian(UInt32(20)) + MachineLanguage.littleEndian(range.lowerBound)
        + MachineLanguage.littleEndian(range.upperBound &- range.lowerBound)
        + MachineLanguage.littleEndian(type)
    }
  }
}
