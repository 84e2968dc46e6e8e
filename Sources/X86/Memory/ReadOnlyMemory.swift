// Read-only memory of a PC's firmware: it ends at 4 GiB, and its last part shows again below 1 MiB
// where the chip set does not shadow it with storage. Where reads and writes of a page part, a write
// is a device's affair: the platform hands it to `write`. After every change here the caller flushes
// the processors' translations.
import Quantities

extension GuestMemory {
  /// Where a segment of 16 KiB of the BIOS area leads.
  struct Shadow: Equatable {
    var readsStorage: Bool
    var writesStorage: Bool
  }

  /// First address of the BIOS area; its 16 segments end at 1 MiB.
  package static let shadowStart: UInt64 = 0xC_0000
  private static let shadowEnd: UInt64 = 0x10_0000
  /// Segments of the BIOS area.
  static let segmentCount = 16
  private static let segmentShift: UInt64 = 14
  /// What of the read-only memory shows below 1 MiB, in bytes.
  private static let mirrorByteCount: UInt64 = 0x2_0000

  /// Places an image so that it ends at 4 GiB.
  ///
  /// - Parameter image: Whole pages that fit the room that was reserved; of others the first.
  package func setReadOnly(_ image: UnsafeRawBufferPointer) {
    let pages = min(UInt64(clamping: image.count), readOnlyByteCount, PhysicalAddress.holeEnd) >> 12
    readOnlyStart = PhysicalAddress.holeEnd &- pages << 12
    guard let source = image.baseAddress else { return }
    (window + Int(truncatingIfNeeded: windowByteCount)).copyMemory(
      from: source, byteCount: Int(truncatingIfNeeded: pages << 12))
    let first = windowByteCount >> 12
    for page in 0..<pages { voidCode(page: Int(truncatingIfNeeded: first &+ page)) }
  }

  /// Says where each of the 16 segments from `shadowStart` on leads.
  package func setShadows(_ attributes: [(readsStorage: Bool, writesStorage: Bool)]) {
    shadows = attributes.map {
      Shadow(readsStorage: $0.readsStorage, writesStorage: $0.writesStorage)
    }
    setShadowed(shadows.contains { !$0.readsStorage || !$0.writesStorage })
  }

  /// Lets address bit 20 through, or masks it, as a PC's A20 gate does for its processors.
  package func setAddressGate(isOpen: Bool) {
    addressMask = isOpen ? .max : ~(1 << 20)
  }

  /// Whether address bit 20 is let through.
  package var isAddressGateOpen: Bool { addressMask == .max }

  /// Offset in the window of an address of read-only memory.
  func readOnlyOffset(_ address: UInt64) -> UInt64? {
    guard address >= readOnlyStart, address < PhysicalAddress.holeEnd else { return nil }
    return windowByteCount &+ (address &- readOnlyStart)
  }

  /// Offset of an address in the first MiB of storage, parts of which are shadowed.
  func shadowedOffset(_ address: UInt64, writing: Bool) -> UInt64? {
    guard let shadow = shadow(of: address) else { return address }
    guard !writing || shadow.readsStorage && shadow.writesStorage else { return nil }
    if shadow.readsStorage { return address }
    guard address >= Self.shadowEnd - Self.mirrorByteCount else { return nil }
    return readOnlyOffset(PhysicalAddress.holeEnd - (Self.shadowEnd - address))
  }

  /// Offset of what a write changes, where a read finds `offset`; nil where writes are lost.
  func writableOffset(_ address: UInt64, readAt offset: Int) -> Int? {
    if let shadow = shadow(of: address) {
      return shadow.writesStorage ? Int(truncatingIfNeeded: address) : nil
    }
    return offset < Int(truncatingIfNeeded: windowByteCount) ? offset : nil
  }

  private func shadow(of address: UInt64) -> Shadow? {
    guard !shadows.isEmpty, (Self.shadowStart..<Self.shadowEnd).contains(address) else {
      return nil
    }
    return shadows.element(
      at: Int(truncatingIfNeeded: (address &- Self.shadowStart) >> Self.segmentShift))
  }
}
