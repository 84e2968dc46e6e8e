// What lies in a chain of descriptors. Devices assume nothing of how the driver cut it into descriptors
// (VIRTIO 1.2, "Message Framing").

import Quantities
import X86

extension VirtQueue {
  /// Bytes of segments together; of so few that the sum always fits.
  static func byteCount(_ segments: [Segment]) -> Int {
    // Cannot trap: goes through the array itself.
    segments.reduce(0) { $0.addingClamped(Int($1.byteCount)) }
  }
}

extension VirtQueue.Chain {
  /// Copies `count` bytes of what the chain has for the device, or as many as there are.
  func bytes(skipping: Int, count: Int, _ memory: GuestMemory) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(max(0, count))
    var left = skipping
    // Cannot trap: goes through the array itself.
    for segment in readable where bytes.count < count {
      let length = Int(segment.byteCount)
      guard left < length else {
        left = left.subtractingClamped(length)
        continue
      }
      let size = min(length.subtractingClamped(left), count.subtractingClamped(bytes.count))
      let address = segment.address &+ UInt64(clamping: left)
      left = 0
      // A chain is judged and read in one go, so its storage is there.
      // Cannot trap: as many bytes as there is room for.
      bytes += [UInt8](unsafeUninitializedCapacity: max(0, size)) { buffer, initialized in
        let room = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: max(0, size))
        initialized = memory.read(address, into: room) ? max(0, size) : 0
      }
    }
    return bytes
  }

  /// Stores bytes into what the chain has for the device to write, or as many as there is room for.
  ///
  /// - Returns: Bytes written.
  func store(_ bytes: [UInt8], _ memory: GuestMemory) throws(VirtQueueError) -> Int {
    var left = bytes[...]
    // Cannot trap: goes through the array itself.
    for segment in writable where !left.isEmpty && segment.byteCount > 0 {
      // Cannot trap: no negative count.
      let piece = left.prefix(Int(segment.byteCount))
      guard piece.withUnsafeBytes({ memory.write(segment.address, from: $0) }) else {
        throw .outsideStorage(address: segment.address)
      }
      // Cannot trap: a piece is no longer than what is left.
      left = left.dropFirst(piece.count)
    }
    return bytes.count.subtractingClamped(left.count)
  }
}
