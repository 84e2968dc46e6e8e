import Quantities
import X86

// What lies in a chain of the block device: a header of 16 bytes, then data, then a byte of status. The
// device assumes nothing of how the driver cut them into descriptors (VIRTIO 1.2, "Message Framing").

/// The header of a request, which the driver may have split.
struct BlockRequestHeader {
  /// Bytes of a header.
  static let byteCount = 16

  static let read: UInt32 = 0
  static let write: UInt32 = 1
  static let flush: UInt32 = 4
  static let identify: UInt32 = 8
  static let discard: UInt32 = 11
  static let writeZeroes: UInt32 = 13

  let type: UInt32
  let firstBlock: UInt64

  /// Reads the first bytes of what a chain has for the device; nil when there are too few.
  init?(_ chain: VirtQueue.Chain, _ memory: GuestMemory) {
    let bytes = chain.bytes(skipping: 0, count: Self.byteCount, memory)
    guard bytes.count == Self.byteCount else { return nil }
    type = bytes[..<4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    firstBlock = bytes[8...].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Bytes behind the header.
  static func dataByteCount(_ chain: VirtQueue.Chain) -> Int {
    max(0, VirtQueue.byteCount(chain.readable).subtractingClamped(byteCount))
  }
}

/// The one range that a request to discard blocks, or to have them read as zeroes, is about.
struct BlockRange {
  /// Bytes that say it.
  static let byteCount = 16

  let firstBlock: UInt64
  let blockCount: UInt32
  /// Whether zeroes may be made by giving the blocks' place back; other flags are unknown.
  let flags: UInt32

  /// Reads it from behind the header; nil when not exactly one is there.
  init?(_ chain: VirtQueue.Chain, _ memory: GuestMemory) {
    guard BlockRequestHeader.dataByteCount(chain) == Self.byteCount else { return nil }
    let bytes = chain.bytes(
      skipping: BlockRequestHeader.byteCount, count: Self.byteCount, memory)
    guard bytes.count == Self.byteCount else { return nil }
    firstBlock = bytes[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    blockCount = bytes[8..<12].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    flags = bytes[12...].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// How a request ended, as the driver reads it: the last byte that it gave the device to write.
enum BlockStatus: UInt8 {
  case ok = 0
  case ioError = 1
  case unsupported = 2

  /// Whether a chain has a byte for the status.
  static func isPlaced(in chain: VirtQueue.Chain) -> Bool {
    chain.writable.contains { $0.byteCount > 0 }
  }

  /// Bytes that a chain has for data: all but the last.
  static func room(in chain: VirtQueue.Chain) -> Int {
    max(0, VirtQueue.byteCount(chain.writable).subtractingClamped(1))
  }

  /// Stores as much data as there is room for, and the status.
  ///
  /// - Returns: Bytes written.
  func store(
    _ data: [UInt8], in chain: VirtQueue.Chain, _ memory: GuestMemory
  ) throws(VirtQueueError) -> Int {
    guard let last = chain.writable.lastIndex(where: { $0.byteCount > 0 }) else { return 0 }
    var left = data[...]
    // Cannot trap: goes through the array itself.
    for (index, segment) in chain.writable.enumerated() where !left.isEmpty {
      let room = Int(segment.byteCount).subtractingClamped(index == last ? 1 : 0)
      // Cannot trap: no negative count.
      let piece = left.prefix(max(0, room))
      guard !piece.isEmpty else { continue }
      guard piece.withUnsafeBytes({ memory.write(segment.address, from: $0) }) else {
        throw .outsideStorage(address: segment.address)
      }
      // Cannot trap: a piece is no longer than what is left.
      left = left.dropFirst(piece.count)
    }
    guard let place = chain.writable.element(at: last) else { return 0 }
    let address = place.address &+ UInt64(place.byteCount) &- 1
    guard memory.store(rawValue, at: address) else { throw .outsideStorage(address: address) }
    return data.count.subtractingClamped(left.count).addingClamped(1)
  }
}
