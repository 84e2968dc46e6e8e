/// The "zero page" that a boot loader hands to Linux (Documentation/arch/x86/zero-page.rst).
struct BootParameters {
  /// The kernel's own setup header: file bytes 0x1F1 up to its end.
  let setupHeader: [UInt8]
  /// Where the initial RAM disk is; empty when there is none.
  let initialDisk: Range<UInt64>
  /// Storage that Linux may use, ascending.
  let storage: [Range<UInt64>]

  /// Entries that the page has room for (E820_MAX_ENTRIES_ZEROPAGE).
  static let mapLimit = 128

  /// The 4,096 bytes of the page; the map has at most `mapLimit` entries.
  func bytes() -> [UInt8] {
    var page = [UInt8](repeating: 0, count: 4096)
    page.put(bytes: setupHeader, at: 0x1F1)
    page.put(PCLayout.firmwareTables, at: 0x070)
    page.put(UInt8(0xFF), at: 0x210)
    page.put(UInt32(truncatingIfNeeded: initialDisk.lowerBound), at: 0x218)
    page.put(
      UInt32(truncatingIfNeeded: initialDisk.upperBound &- initialDisk.lowerBound), at: 0x21C)
    page.put(UInt32(PCLayout.commandLine), at: 0x228)
    let map = BootParameters.storageMap(storage).prefix(BootParameters.mapLimit)
    page.put(UInt8(clamping: map.count), at: 0x1E8)
    for (index, range) in map.enumerated() {
      let offset = 0x2D0 &+ index &* 20
      page.put(range.lowerBound, at: offset)
      page.put(range.upperBound &- range.lowerBound, at: offset &+ 8)
      page.put(UInt32(1), at: offset &+ 16)
    }
    return page
  }

  /// The E820 ranges of usable storage: without the BIOS area between 639 KiB and 1 MiB.
  static func storageMap(_ storage: [Range<UInt64>]) -> [Range<UInt64>] {
    let hole = PCLayout.conventionalLimit..<PCLayout.extendedBase
    return storage.flatMap { range -> [Range<UInt64>] in
      let below = range.clamped(to: 0..<hole.lowerBound)
      let above = range.clamped(to: hole.upperBound..<UInt64.max)
      return [below, above].filter { !$0.isEmpty }
    }
  }
}
