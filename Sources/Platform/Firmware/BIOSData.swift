// What a BIOS leaves of its data in low storage for a system that looks there without calling it: where
// conventional storage ends, and with the devices of a PC/AT which of them there are. Source: IBM
// Personal System/2 and Personal Computer BIOS Interface Technical Reference, "BIOS Data Area".

/// The BIOS data area (40:0) and the extended one at the end of conventional storage.
struct BIOSData {
  private static let byteCount = 256

  /// Whether the partition has the devices of a PC/AT.
  let hasBoard: Bool

  /// The extended area up to where the Multiprocessor Specification's pointer may stand: its size in KiB.
  static let extended: [UInt8] = [1] + [UInt8](repeating: 0, count: 15)

  /// The 256 bytes of the area.
  func bytes() -> [UInt8] {
    var area = [UInt8](repeating: 0, count: Self.byteCount)
    func put(_ value: UInt64, at offset: Int) {
      area.put(UInt16(truncatingIfNeeded: value), at: offset)
    }
    put(PCLayout.serialPort, at: 0x00)
    put(PCLayout.extendedBIOSData >> 4, at: 0x0E)
    // Equipment: a coprocessor, one serial line; a board's colour text of 80 columns and pointing device.
    put(1 << 1 | 1 << 9 | (hasBoard ? 2 << 4 | 1 << 2 : 0), at: 0x10)
    put(PCLayout.extendedBIOSData >> 10, at: 0x13)
    if hasBoard {
      // Video mode 3: columns, bytes of a page, port of the CRT controller, last row, height of a character.
      area.put(UInt8(3), at: 0x49)
      put(80, at: 0x4A)
      put(0x1000, at: 0x4C)
      put(0x3D4, at: 0x63)
      area.put(UInt8(24), at: 0x84)
      put(16, at: 0x85)
    }
    return area
  }
}
