import Testing

@testable import Channels

/// Oracle: IEEE 802.3 and 802.1Q for the places of addresses and tags, RFC 1071 section 3 for the sum.
@Suite("A frame") struct EthernetFrameTests {
  private let plain: [UInt8] =
    [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02, 0, 0, 0, 1, 0, 0x08, 0x00] + (0..<46).map { $0 }

  @Test("has its addresses in front") func addresses() throws {
    let frame = try #require(EthernetFrame(plain))
    #expect(frame.destination == .broadcast && frame.destination.isGroup)
    #expect(frame.source.text == "02-00-00-00-01-00" && !frame.source.isGroup)
    #expect(frame.vlan == nil)
    #expect(AdapterAddress(0x0180_C200_0000).isGroup)
  }

  @Test("is one between 14 and 65,553 bytes") func lengths() {
    #expect(EthernetFrame(Array(plain.prefix(13))) == nil)
    #expect(EthernetFrame(Array(plain.prefix(14)))?.vlan == nil)
    #expect(EthernetFrame([UInt8](repeating: 0, count: 65_553)) != nil)
    #expect(EthernetFrame([UInt8](repeating: 0, count: 65_554)) == nil)
    #expect(EthernetFrame([UInt8](repeating: 0, count: 65_550))?.tagged(1) == nil)
    // The type of a tag without room for one.
    #expect(EthernetFrame(Array(plain.prefix(12)) + [0x81, 0x00])?.untagged.bytes.count == 14)
  }

  @Test("takes a tag and gives it back") func tags() throws {
    let frame = try #require(
      EthernetFrame(plain, openChecksum: EthernetFrame.OpenChecksum(start: 34, offset: 16)))
    let tagged = try #require(frame.tagged(0x123))
    #expect(Array(tagged.bytes[12..<18]) == [0x81, 0x00, 0x01, 0x23, 0x08, 0x00])
    #expect(tagged.vlan == 0x123 && tagged.openChecksum?.start == 38)
    #expect(tagged.tagged(5)?.bytes.count == tagged.bytes.count && tagged.tagged(5)?.vlan == 5)
    #expect(tagged.untagged == frame)
  }

  @Test("has the sum of RFC 1071 when it is completed") func checksum() throws {
    // The example: 0001 f203 f4f5 f6f7 come to ddf2.
    let bytes = Array(plain.prefix(14)) + [0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7, 0, 0]
    let frame = try #require(
      EthernetFrame(bytes, openChecksum: EthernetFrame.OpenChecksum(start: 14, offset: 8)))
    #expect(Array(frame.completed.bytes.suffix(2)) == [0x22, 0x0D])
    #expect(frame.completed.openChecksum == nil)
    #expect(EthernetFrame(plain)?.completed.bytes == plain)
  }

  @Test(
    "with a sum outside it stays as it is",
    arguments: [(0, 65_535), (65_535, 0), (60, 0), (59, 0), (-1, 0), (0, -1), (.max, .max)])
  func outside(start: Int, offset: Int) throws {
    let open = EthernetFrame.OpenChecksum(start: start, offset: offset)
    let frame = try #require(EthernetFrame(plain, openChecksum: open))
    #expect(frame.completed.bytes == plain)
    #expect(frame.tagged(1)?.untagged.bytes == plain)
  }
}
