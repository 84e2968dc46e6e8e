import Foundation
import Testing

@testable import Channels

/// Channels between two partitions.
///
/// Oracle: what a channel-to-channel adapter is (z/VM CP Commands, COUPLE: one logical adapter of two ends), and the
/// rate and latency of a channel path, computed by hand.
@Suite("Channels from partition to partition") struct ChannelLinkTests {
  /// Ends 500 of partitions 0 to 3, of which 0 and 1 are coupled.
  private func ends() -> VirtualNetworks {
    var networks = VirtualNetworks([VirtualSwitch(name: "S")])
    for partition in 0..<4 {
      _ = networks.addAdapter(
        0x500, of: partition, address: AdapterAddress(UInt64(partition + 1)),
        kind: .channel(user: nil))
    }
    networks.couple(0x500, of: 0, to: 0x500, of: 1)
    return networks
  }

  private func frame(to: UInt64, from: UInt64, count: Int = 46) throws -> EthernetFrame {
    try #require(
      EthernetFrame(
        AdapterAddress(to).bytes + AdapterAddress(from).bytes + [8, 0]
          + [UInt8](repeating: 7, count: count)))
  }

  private func send(
    _ networks: inout VirtualNetworks, _ frame: EthernetFrame, by partition: Int, at time: UInt64
  ) {
    networks.send(
      FrameRequest(partition: partition, device: 0x500, frame: frame, tag: 1, issued: time), now: 0)
  }

  private func receivers(_ arrivals: [NetworkArrival]) -> [Int] {
    arrivals.compactMap { if case .frame = $0.kind { $0.partition } else { nil } }
  }

  @Test("what one end sends the other has, whatever its address, and nobody else")
  func pointToPoint() throws {
    var networks = ends()
    networks.couple(0x500, of: 2, to: 0x500, of: 3)
    for (sender, receiver) in [(0, 1), (1, 0), (2, 3), (3, 2)] {
      for address in [UInt64(1), 2, 99, AdapterAddress.broadcast.value] {
        send(
          &networks, try frame(to: address, from: UInt64(sender + 1)), by: sender,
          at: 1_000_000_000)
        let arrivals = networks.takeArrivals(upTo: .max)
        #expect(receivers(arrivals) == [receiver])
      }
    }
    #expect(networks.adapters.map(\.counters.receivedFrames) == [4, 4, 4, 4])
    // Tags pass as they are.
    let tagged = try #require(frame(to: 2, from: 1).tagged(7))
    send(&networks, tagged, by: 0, at: 2_000_000_000)
    #expect(networks.takeArrivals(upTo: .max).last?.kind == .frame(tagged))
  }

  @Test("it carries the rate of a channel path in each direction, and takes its latency")
  func timing() throws {
    var networks = ends()
    // 2^20 bytes in 16 frames at 800 * 2^20 bytes a second: 1.25 ms, in each direction at once.
    for partition in [0, 1] {
      let large = try frame(to: 9, from: UInt64(partition + 1), count: (1 << 16) - 14)
      for _ in 0..<16 { send(&networks, large, by: partition, at: 0) }
    }
    let arrivals = networks.takeArrivals(upTo: .max)
    for partition in [0, 1] {
      let own = arrivals.filter { $0.partition == partition }
      let sent = own.filter { if case .sent = $0.kind { true } else { false } }.map(\.at)
      let came = own.filter { if case .frame = $0.kind { true } else { false } }.map(\.at)
      #expect(sent == (1...16).map { $0 * 78_125 })
      #expect(came == sent.map { $0 + 100_000 })
    }
  }

  @Test("an end is coupled to one other; what was on its way is lost with the channel")
  func recoupled() throws {
    var networks = ends()
    send(&networks, try frame(to: 2, from: 1), by: 0, at: 0)
    // It has left, and is not there yet.
    #expect(receivers(networks.takeArrivals(upTo: 50_000)) == [])
    networks.couple(0x500, of: 0, to: 0x500, of: 2)
    #expect(networks.adapters.map(\.isLinked) == [true, false, true, false])
    #expect(receivers(networks.takeArrivals(upTo: .max)) == [])
    #expect(
      networks.heldByteCount == 0 && networks.adapters.allSatisfy { $0.transitByteCount == 0 })
    networks.disconnect(0x500, of: 2)
    #expect(networks.adapters.allSatisfy { !$0.isLinked })
    send(&networks, try frame(to: 2, from: 1), by: 0, at: 9)
    #expect(receivers(networks.takeArrivals(upTo: .max)) == [])
    #expect(networks.adapter(0x500, of: 0)?.counters.sentDropped == 1)
    networks.couple(0x500, of: 0, to: 0x500, of: 0)
    #expect(networks.adapters.allSatisfy { !$0.isLinked })
    networks.couple(0x500, of: 0, to: 0x500, of: 1)
    networks.removeAdapter(0x500, of: 1)
    #expect(networks.adapters.map(\.partner) == [nil, nil, nil] && networks.isConsistent)
  }

  @Test("goes on from what was saved in the middle; what no machine has left is refused")
  func saved() throws {
    var networks = ends()
    send(&networks, try frame(to: 2, from: 1), by: 0, at: 0)
    _ = networks.takeArrivals(upTo: 50_000)
    let saved = try JSONEncoder().encode(networks)
    var again = try JSONDecoder().decode(VirtualNetworks.self, from: saved)
    #expect(again == networks && again.isConsistent)
    #expect(receivers(again.takeArrivals(upTo: .max)) == [1])
    for change in [
      { $0["partner"] = 99 }, { $0["partner"] = 1 }, { $0["partner"] = 3 }, { $0["partner"] = nil },
      { $0["switchName"] = "S" }, { $0["kind"] = ["network": [String: String]()] },
    ] as [(inout [String: Any]) -> Void] {
      var fields = try #require(JSONSerialization.jsonObject(with: saved) as? [String: Any])
      var adapters = try #require(fields["adapters"] as? [[String: Any]])
      change(&adapters[0])
      fields["adapters"] = adapters
      let wrong = try JSONDecoder().decode(
        VirtualNetworks.self, from: JSONSerialization.data(withJSONObject: fields))
      #expect(!wrong.isConsistent)
    }
  }

  @Test(
    "USER says to whose ends alone",
    arguments: [
      (AdapterKind.channel(user: nil), "B", true), (.channel(user: nil), "A", true),
      (.channel(user: "B"), "B", true), (.channel(user: "B"), "C", false),
      (.channel(user: "B"), "A", false), (.channel(user: "*"), "A", true),
      (.channel(user: "*"), "B", false), (.network, "B", false),
    ])
  func users(kind: AdapterKind, other: String, isAllowed: Bool) {
    #expect(kind.mayCouple(of: "A", to: other) == isAllowed)
  }
}
