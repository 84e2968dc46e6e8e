/// A rolling 64-bit digest of simulated history; equal histories give equal values on every host.
package struct HistoryDigest: Codable, Equatable, Sendable {
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
    var offset = mixLanes(bytes)
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

  /// Adds as many bytes as four lanes of words take beside each other, if there are some; returns how many.
  private mutating func mixLanes(_ bytes: UnsafeRawBufferPointer) -> Int {
    let most = bytes.count &- 32
    guard most >= 32 else { return 0 }
    var lanes = (value, value &+ 1, value &+ 2, value &+ 3)
    var offset = 0
    while offset <= most {
      lanes.0 = Self.lane(lanes.0, bytes, offset)
      lanes.1 = Self.lane(lanes.1, bytes, offset &+ 8)
      lanes.2 = Self.lane(lanes.2, bytes, offset &+ 16)
      lanes.3 = Self.lane(lanes.3, bytes, offset &+ 24)
      offset &+= 32
    }
    mix(lanes.0)
    mix(lanes.1)
    mix(lanes.2)
    mix(lanes.3)
    return offset
  }

  /// A lane after another word; no two words lead one lane to the same.
  @inline(__always)
  private static func lane(_ lane: UInt64, _ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64
  {
    let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    let mixed = (lane ^ word) &* 0x9E37_79B9_7F4A_7C15
    return mixed ^ mixed >> 32
  }
}
