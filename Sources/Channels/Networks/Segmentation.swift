// Frames that their sender leaves to be segmented (VIRTIO 1.2, "Packet Transmission"; what Linux calls generic
// segmentation offload): one frame with up to 64 KiB of a TCP stream crosses the machine as it is, and is cut up
// where its receiver does not take such frames.

import Quantities

extension EthernetFrame {
  /// How a frame's TCP payload is to be cut up.
  package struct Segmentation: Equatable, Sendable, Codable {
    /// The protocol below TCP.
    package enum Network: UInt8, Sendable, Codable {
      /// IPv4, as VIRTIO_NET_HDR_GSO_TCPV4 numbers it.
      case version4 = 1
      /// IPv6, as VIRTIO_NET_HDR_GSO_TCPV6 numbers it.
      case version6 = 4
    }

    /// The protocol below TCP.
    package var network: Network
    /// Most bytes of payload of a segment.
    package var byteCount: Int

    /// Segments of so many bytes.
    package init(network: Network, byteCount: Int) {
      self.network = network
      self.byteCount = byteCount
    }
  }

  /// Most segments of a frame; what would be more is none.
  package static let segmentLimit = 256
  /// Least payload of a segment: no maximum segment size is smaller (Linux: 48).
  private static let leastSegment = 48
  private static let tcpProtocol: UInt8 = 6
  private static let longestHead = 60

  /// How many frames it is cut up into, 1 where it is whole; nil where its headers are no TCP's, its segments too
  /// small or too many, or where it is for several receivers, to whom TCP does not speak.
  package var segmentCount: Int? {
    guard let segmentation else { return 1 }
    let size = segmentation.byteCount
    guard let head = segmentHead(segmentation.network), size >= Self.leastSegment,
      !destination.isGroup
    else { return nil }
    let count = bytes.count.subtractingClamped(head.end).addingClamped(size &- 1) / max(1, size)
    return count <= Self.segmentLimit ? count : nil
  }

  /// The frames that it is cut up into, each complete; itself where it is whole, none where it cannot be cut up.
  package var segments: [EthernetFrame] {
    guard let segmentation else { return [self] }
    guard segmentCount != nil, let head = segmentHead(segmentation.network) else { return [] }
    let size = segmentation.byteCount
    // Cannot trap: goes through the array itself.
    var payload = bytes.dropFirst(max(0, head.end))
    var segments: [EthernetFrame] = []
    repeat {
      // Cannot trap: no negative count.
      let part = payload.prefix(max(0, size))
      // Cannot trap: no negative count.
      payload = payload.dropFirst(max(0, size))
      let offset = size.multipliedClamped(by: segments.count)
      segments.append(segment(part, at: offset, isLast: payload.isEmpty, head))
    } while !payload.isEmpty
    return segments
  }

  /// Where a frame's headers are.
  private struct SegmentHead {
    var network: Segmentation.Network
    /// Where the header of IP begins.
    var internet: Int
    /// Where the header of TCP begins.
    var transport: Int
    /// Where the payload begins.
    var end: Int
  }

  private func byte(_ place: Int) -> UInt8 { bytes.element(at: place) ?? 0 }

  /// Where its headers are; nil where they are none that can be cut up.
  private func segmentHead(_ network: Segmentation.Network) -> SegmentHead? {
    guard let open = openChecksum, open.offset == 16 else { return nil }
    let internet = vlan == nil ? 14 : 18
    let length = open.start.subtractingClamped(internet)
    let isWhole =
      switch network {
      case .version4:
        (20...Self.longestHead).contains(length) && byte(internet) >> 4 == 4
          && Int(byte(internet) & 15) &* 4 == length
          && byte(internet &+ 9) == Self.tcpProtocol
      case .version6:
        length == 40 && byte(internet) >> 4 == 6 && byte(internet &+ 6) == Self.tcpProtocol
      }
    guard isWhole else { return nil }
    let transportLength = Int(byte(open.start.addingClamped(12)) >> 4) &* 4
    let end = open.start.addingClamped(transportLength)
    guard transportLength >= 20, end < bytes.count else { return nil }
    return SegmentHead(network: network, internet: internet, transport: open.start, end: end)
  }

  private func segment(
    _ payload: ArraySlice<UInt8>, at offset: Int, isLast: Bool, _ head: SegmentHead
  ) -> EthernetFrame {
    var frame = self
    frame.segmentation = nil
    frame.openChecksum = nil
    frame.bytes = Array(bytes.prefix(head.end)) + payload
    let transportCount = frame.bytes.count.subtractingClamped(head.transport)
    switch head.network {
    case .version4:
      let number = UInt16(clamping: offset / max(1, segmentation?.byteCount ?? 1))
      frame.put(
        UInt16(clamping: frame.bytes.count.subtractingClamped(head.internet)),
        at: head.internet &+ 2)
      frame.put(frame.half(head.internet &+ 4) &+ number, at: head.internet &+ 4)
      frame.put(0, at: head.internet &+ 10)
      let sum = frame.sum(from: head.internet, to: head.transport)
      frame.put(Self.checksum(sum), at: head.internet &+ 10)
    case .version6:
      frame.put(UInt16(clamping: transportCount), at: head.internet &+ 4)
    }
    let sequence = head.transport &+ 4
    let first = UInt32(frame.half(sequence)) << 16 | UInt32(frame.half(sequence &+ 2))
    let own = first &+ UInt32(truncatingIfNeeded: offset)
    frame.put(UInt16(truncatingIfNeeded: own >> 16), at: sequence)
    frame.put(UInt16(truncatingIfNeeded: own), at: sequence &+ 2)
    // FIN and PSH are the last segment's, CWR is the first's.
    let kept: UInt8 = (isLast ? 0xFF : 0xF6) & (offset == 0 ? 0xFF : 0x7F)
    frame.bytes.change(at: head.transport &+ 13) { $0 &= kept }
    frame.put(0, at: head.transport &+ 16)
    let addresses = head.network == .version4 ? (start: 12, end: 20) : (start: 8, end: 40)
    let sum =
      frame.sum(from: head.internet &+ addresses.start, to: head.internet &+ addresses.end)
      &+ UInt64(Self.tcpProtocol) &+ UInt64(clamping: transportCount)
      &+ frame.sum(from: head.transport, to: frame.bytes.count)
    frame.put(Self.checksum(sum), at: head.transport &+ 16)
    return frame
  }

  private func half(_ place: Int) -> UInt16 { UInt16(byte(place)) << 8 | UInt16(byte(place &+ 1)) }

  private mutating func put(_ value: UInt16, at place: Int) {
    bytes.change(at: place) { $0 = UInt8(value >> 8) }
    bytes.change(at: place &+ 1) { $0 = UInt8(value & 0xFF) }
  }
}
