// A frame as it crosses a switch: the addresses and the VLAN tag in front; everything behind is the sender's.

import Quantities

/// The address of a network adapter (MAC), in the lower 48 bits.
package struct AdapterAddress: Hashable, Comparable, Sendable, Codable {
  /// The address to which everybody listens.
  package static let broadcast = AdapterAddress(0xFFFF_FFFF_FFFF)

  /// The number.
  package let value: UInt64

  /// An address by its number; what is beyond 48 bits is left out.
  package init(_ value: UInt64) { self.value = value & 0xFFFF_FFFF_FFFF }

  /// Whether it names several adapters (IEEE 802: the first bit on the wire).
  package var isGroup: Bool { value >> 40 & 1 != 0 }

  /// Its bytes as they stand in a frame.
  package var bytes: [UInt8] {
    (0..<6).map { UInt8(truncatingIfNeeded: value >> UInt64(40 &- 8 &* $0)) }
  }

  /// As CP prints it: 02-00-00-00-00-01.
  package var text: String { bytes.map { hexDigits($0, 2) }.joined(separator: "-") }

  package static func < (one: AdapterAddress, other: AdapterAddress) -> Bool {
    one.value < other.value
  }
}

/// A frame, without the check sequence at its end.
package struct EthernetFrame: Equatable, Sendable, Codable {
  /// Most bytes of a frame: 65,535 of payload, addresses, type and a tag.
  package static let byteLimit = 65_553
  private static let headByteCount = 14
  private static let tagType: UInt16 = 0x8100

  /// A checksum that the sender leaves to be completed (VIRTIO 1.2, "Packet Transmission").
  package struct OpenChecksum: Equatable, Sendable, Codable {
    /// Where what it is taken of begins.
    package var start: Int
    /// Where it stands, from `start` on.
    package var offset: Int

    /// A checksum over what follows `start`.
    package init(start: Int, offset: Int) {
      self.start = start
      self.offset = offset
    }
  }

  /// Everything from the destination on.
  package internal(set) var bytes: [UInt8]
  /// What of the checksum is still to be done; nil when it is complete.
  package internal(set) var openChecksum: OpenChecksum?
  /// How it is still to be cut up; nil when it is whole.
  package internal(set) var segmentation: Segmentation?

  /// A frame of a sender's bytes; nil when they are none.
  package init?(
    _ bytes: [UInt8], openChecksum: OpenChecksum? = nil, segmentation: Segmentation? = nil
  ) {
    guard bytes.count >= Self.headByteCount, bytes.count <= Self.byteLimit else { return nil }
    self.bytes = bytes
    self.openChecksum = openChecksum
    self.segmentation = segmentation
  }

  func word(_ place: Int, bytes count: Int) -> UInt64 {
    // Cannot trap: goes through the array itself.
    bytes.dropFirst(max(0, place)).prefix(max(0, count)).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// For whom it is.
  package var destination: AdapterAddress { AdapterAddress(word(0, bytes: 6)) }
  /// Who says that he has sent it.
  package var source: AdapterAddress { AdapterAddress(word(6, bytes: 6)) }

  /// The VLAN in its tag, 0 for a tag that has only a priority; nil without a tag (IEEE 802.1Q).
  package var vlan: UInt16? {
    guard word(12, bytes: 2) == UInt64(Self.tagType), bytes.count >= Self.headByteCount &+ 4
    else { return nil }
    return UInt16(truncatingIfNeeded: word(14, bytes: 2)) & 0xFFF
  }

  /// The same frame with a tag of that VLAN, in place of any; nil when there is no room for one.
  package func tagged(_ vlan: UInt16) -> EthernetFrame? {
    var frame = untagged
    guard frame.bytes.count <= Self.byteLimit &- 4 else { return nil }
    let tag = [Self.tagType, vlan & 0xFFF].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    frame.bytes.insert(contentsOf: tag, at: 12)
    frame.openChecksum?.start.addClamped(4)
    return frame
  }

  /// The same frame without a tag.
  package var untagged: EthernetFrame {
    guard vlan != nil else { return self }
    var frame = self
    frame.bytes = Array(bytes.prefix(12)) + bytes.dropFirst(16)
    frame.openChecksum?.start.subtractClamped(4)
    return frame
  }

  /// The same frame with its checksum done: the ones' complement sum of the words from its start on (RFC 1071).
  package var completed: EthernetFrame {
    guard let open = openChecksum else { return self }
    var frame = self
    frame.openChecksum = nil
    let place = open.start.addingClamped(open.offset)
    guard open.start >= 0, open.offset >= 0, place < bytes.count &- 1 else { return frame }
    let value = Self.checksum(sum(from: open.start, to: bytes.count))
    frame.bytes.change(at: place) { $0 = UInt8(value >> 8) }
    frame.bytes.change(at: place &+ 1) { $0 = UInt8(value & 0xFF) }
    return frame
  }

  /// The sum of the words from a place to before another, the last one filled up; at most 65,553 bytes are added.
  func sum(from start: Int, to end: Int) -> UInt64 {
    var sum: UInt64 = 0
    var isHigh = true
    // Cannot trap: goes through the array itself.
    for byte in bytes.prefix(max(0, end)).dropFirst(max(0, start)) {
      sum &+= isHigh ? UInt64(byte) << 8 : UInt64(byte)
      isHigh.toggle()
    }
    return sum
  }

  /// What completes a sum: the complement of its ones' complement sum, and never 0 (RFC 1071).
  static func checksum(_ sum: UInt64) -> UInt16 {
    var sum = sum
    while sum > 0xFFFF { sum = sum & 0xFFFF &+ sum >> 16 }
    return sum == 0xFFFF ? 0xFFFF : UInt16(truncatingIfNeeded: ~sum)
  }
}
