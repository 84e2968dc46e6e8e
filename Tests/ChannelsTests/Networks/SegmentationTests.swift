import Testing

@testable import Channels

/// Oracle: a receiver's own reading of each segment by RFC 791, 8200, 9293 and 1071: lengths, sequence numbers,
/// flags, and sums that come to FFFF with the pseudo header.
@Suite("A frame that is to be cut up") struct SegmentationTests {
  private let payload = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  /// A frame of TCP with FIN, PSH, ACK and CWR, sequence number FFFF_FF00, and 12 bytes of options.
  private func frame(
    _ network: EthernetFrame.Segmentation.Network, tag: Bool = false, size: Int = 1000,
    offset: Int = 16
  ) throws -> EthernetFrame {
    let tcp: [UInt8] =
      [0x23, 0x28, 0x00, 0x50, 0xFF, 0xFF, 0xFF, 0x00, 0, 0, 0, 9, 0x80, 0x99, 0x10, 0]
      + [0xAB, 0xCD, 0, 0] + [UInt8](repeating: 1, count: 12)
    let version4: [UInt8] =
      [0x45, 0, 0, 0, 0xFF, 0xFF, 0x40, 0, 64, 6, 0x12, 0x34, 10, 9, 0, 1, 10, 9, 0, 2]
    let version6: [UInt8] =
      [0x60, 0, 0, 0, 0, 0, 6, 64] + (0..<32).map { UInt8($0 + 100) }
    let kind: [UInt8] = network == .version4 ? [0x08, 0x00] : [0x86, 0xDD]
    let ethernet: [UInt8] =
      [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] + (tag ? [0x81, 0, 0, 5] : []) + kind
    let internet = network == .version4 ? version4 : version6
    return try #require(
      EthernetFrame(
        ethernet + internet + tcp + payload,
        openChecksum: EthernetFrame.OpenChecksum(
          start: ethernet.count + internet.count, offset: offset),
        segmentation: EthernetFrame.Segmentation(network: network, byteCount: size)))
  }

  /// The ones' complement sum of bytes, as RFC 1071 defines it.
  private func sum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var words: UInt32 = 0
    for (place, byte) in bytes.enumerated() {
      words += place % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte)
      words = (words & 0xFFFF) + words >> 16
    }
    return words
  }

  private func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  @Test(
    "becomes complete frames in the order of their stream",
    arguments: [false, true], [EthernetFrame.Segmentation.Network.version4, .version6])
  func whole(tag: Bool, network: EthernetFrame.Segmentation.Network) throws {
    let segments = try frame(network, tag: tag).segments
    #expect(segments.count == 3)
    var stream: [UInt8] = []
    for (place, segment) in segments.enumerated() {
      #expect(segment.openChecksum == nil && segment.segmentation == nil)
      #expect(segment.vlan == (tag ? 5 : nil))
      let packet = Array(segment.bytes.dropFirst(tag ? 18 : 14))
      let length = network == .version4 ? 20 : 40
      let tcp = Array(packet.dropFirst(length))
      switch network {
      case .version4:
        #expect(number(packet[2..<4]) == packet.count)
        #expect(number(packet[4..<6]) == (0xFFFF + place) & 0xFFFF)
        #expect(sum(packet.prefix(20)) == 0xFFFF)
      case .version6:
        #expect(number(packet[4..<6]) == tcp.count)
      }
      let addresses = network == .version4 ? packet[12..<20] : packet[8..<40]
      let pseudo = addresses + [0, 6, UInt8(tcp.count >> 8), UInt8(tcp.count & 255)]
      #expect(sum(pseudo + tcp) == 0xFFFF)
      #expect(number(tcp[4..<8]) == (0xFFFF_FF00 + stream.count) & 0xFFFF_FFFF)
      // CWR on the first, FIN and PSH on the last, ACK on all.
      #expect(tcp[13] == [0x90, 0x10, 0x19][place])
      #expect(Array(tcp[20..<32]) == [UInt8](repeating: 1, count: 12))
      stream += tcp.dropFirst(32)
    }
    #expect(stream == payload)
  }

  @Test("that is whole stays as it is")
  func plain() throws {
    let plain = try #require(EthernetFrame([UInt8](repeating: 3, count: 60)))
    #expect(plain.segments == [plain])
  }

  @Test("is lost where it cannot be cut up, and never becomes more frames than a receiver holds")
  func hostile() throws {
    #expect(try frame(.version4, size: 0).segments.isEmpty)
    #expect(try frame(.version4, size: -5).segments.isEmpty)
    #expect(try frame(.version4, size: 1).segments.isEmpty)
    #expect(try frame(.version4, size: 47).segments.isEmpty)
    #expect(try frame(.version4, size: 48).segments.count == 63)
    #expect(try frame(.version4, size: .max).segments.count == 1)
    #expect(try frame(.version4, offset: 6).segments.isEmpty)
    let good = try frame(.version4)
    for start in [-1, 0, 13, 14, 33, 35, 3000, 65_535, .max] {
      let wrong = EthernetFrame(
        good.bytes, openChecksum: EthernetFrame.OpenChecksum(start: start, offset: 16),
        segmentation: good.segmentation)
      #expect(try #require(wrong).segments.isEmpty)
    }
    // No payload, headers cut short, a header of TCP that is too short or longer than the frame.
    for count in [14, 30, 34, 47, 48, 66] {
      let short = EthernetFrame(
        Array(good.bytes.prefix(count)), openChecksum: good.openChecksum,
        segmentation: good.segmentation)
      #expect(try #require(short).segments.isEmpty)
    }
    var bytes = good.bytes
    bytes[46] = 0x40
    let shortHead = EthernetFrame(
      bytes, openChecksum: good.openChecksum, segmentation: good.segmentation)
    #expect(try #require(shortHead).segments.isEmpty)
    // The other protocol's number.
    let other = EthernetFrame(
      good.bytes, openChecksum: good.openChecksum,
      segmentation: EthernetFrame.Segmentation(network: .version6, byteCount: 1000))
    #expect(try #require(other).segments.isEmpty)
  }
}
