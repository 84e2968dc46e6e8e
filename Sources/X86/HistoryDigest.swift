/// A rolling 64-bit digest of simulated history; equal histories give equal values on every host.
package struct HistoryDigest: Equatable, Sendable, Codable {
  /// The digest so far.
  package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Creates the digest of an empty history.
  package init() {}

  /// Adds one 64-bit word.
  package mutating func mix(_ word: UInt64) {
    let mixed = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
    value = (mixed ^ (mixed >> 29)) &* 0xBF58_476D_1CE4_E5B9
    value ^= value >> 32
  }

  /// Adds the bytes of a buffer, eight at a time, and its length.
  package mutating func mix(bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while bytes.count &- offset >= 8 {
      mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      offset &+= 8
    }
    var tail: UInt64 = 0
    while offset < bytes.count {
      tail = tail << 8 | UInt64(bytes[offset])
      offset &+= 1
    }
    mix(tail)
    mix(UInt64(clamping: bytes.count))
  }
}
