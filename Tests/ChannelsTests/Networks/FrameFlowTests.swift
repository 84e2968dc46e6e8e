import Testing

@testable import Channels

/// Flows of frames.
///
/// Oracle: the headers' own layout (RFC 791, 8200, 9293, 768, IEEE 802.1Q): who talks to whom, by which ports.
@Suite("The flow of a frame") struct FrameFlowTests {
  private struct Talk {
    var from: UInt8 = 1
    var to: UInt8 = 2
    var ports: [UInt8] = [0x12, 0x34, 0, 80]
    var protocolNumber: UInt8 = 6
    var fragment: [UInt8] = [0x40, 0]
    var payload: UInt8 = 0
    var tag: [UInt8] = []

    private var adapters: [UInt8] { [2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from] }

    func version4() throws -> EthernetFrame {
      let head: [UInt8] =
        [0x45, 0, 0, 40, 7, payload] + fragment + [64, protocolNumber, 0, payload]
      return try #require(
        EthernetFrame(
          adapters + tag + [8, 0] + head + [10, 0, 0, from, 10, 0, 0, to] + ports
            + [UInt8](repeating: payload, count: 30)))
    }

    func version6() throws -> EthernetFrame {
      let head: [UInt8] = [0x60, 0, 0, payload, 0, 20, protocolNumber, 64]
      let network: [UInt8] = [0xFE, 0x80] + [UInt8](repeating: 0, count: 13)
      return try #require(
        EthernetFrame(
          adapters + tag + [0x86, 0xDD] + head + network + [from] + network + [to] + ports
            + [UInt8](repeating: payload, count: 30)))
    }

    var back: Talk {
      var talk = self
      (talk.from, talk.to, talk.payload) = (to, from, payload &+ 9)
      talk.ports = Array(ports.suffix(2) + ports.prefix(2))
      return talk
    }
  }

  @Test("both directions of a connection are one flow, and its tag and contents do not matter")
  func directions() throws {
    for kind in [UInt8(6), 17, 1] {
      let talk = Talk(protocolNumber: kind)
      var tagged = talk
      tagged.tag = [0x81, 0, 0, 5]
      #expect(try talk.version4().flowNumber == talk.back.version4().flowNumber)
      #expect(try talk.version6().flowNumber == talk.back.version6().flowNumber)
      #expect(try talk.version4().flowNumber == tagged.back.version4().flowNumber)
      #expect(try talk.version6().flowNumber == tagged.back.version6().flowNumber)
    }
  }

  @Test("other ports, addresses and protocols are other flows, spread over four")
  func others() throws {
    let numbers = try (0..<64).map { number in
      try Talk(ports: [0x80, UInt8(number), 0, 80]).version4().flowNumber
    }
    #expect(Set(numbers).count == 64)
    let spread = (0..<4).map { place in numbers.count { $0 >> 8 % 4 == place } }
    #expect(spread.allSatisfy { $0 >= 4 }, "\(spread)")
    let plain = try Talk().version4().flowNumber
    #expect(try Talk(to: 3).version4().flowNumber != plain)
    #expect(try Talk(protocolNumber: 17).version4().flowNumber != plain)
  }

  @Test("the parts of a packet are one flow, as only the first has ports") func fragments() throws {
    let first = try Talk(fragment: [0x20, 0]).version4().flowNumber
    let second = try Talk(ports: [1, 2, 3, 4], fragment: [0, 185]).version4().flowNumber
    #expect(first == second)
  }

  @Test("what is not IP, or ends too early, has a flow, too") func odd() throws {
    let address: [UInt8] = [2, 0, 0, 0, 0, 1]
    let other: [UInt8] = [2, 0, 0, 0, 0, 2]
    let arp = try #require(EthernetFrame(address + other + [8, 6, 1, 2]))
    let answer = try #require(EthernetFrame(other + address + [8, 6, 3]))
    #expect(arp.flowNumber == answer.flowNumber)
    for type in [[8, 0], [0x86, 0xDD], [0x81, 0]] as [[UInt8]] {
      let short = try #require(EthernetFrame(address + other + type))
      #expect(short.flowNumber == short.flowNumber)
    }
  }
}
