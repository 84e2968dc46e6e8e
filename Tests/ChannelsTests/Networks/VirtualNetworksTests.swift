import Foundation
import Testing

@testable import Channels

/// A network whose adapters 600 are those of partitions 0 and on, at one switch.
private struct Network {
  var networks: VirtualNetworks
  private var tag: UInt64 = 0

  init(_ vlans: [PortVLAN], on virtualSwitch: VirtualSwitch = VirtualSwitch(name: "S")) {
    networks = VirtualNetworks([virtualSwitch])
    for (partition, vlan) in vlans.enumerated() {
      _ = networks.addAdapter(0x600, of: partition, address: Self.address(partition))
      networks.connect(0x600, of: partition, to: virtualSwitch.name, vlan: vlan)
    }
  }

  static func address(_ partition: Int) -> AdapterAddress {
    AdapterAddress(0x0200_0000_0000 | UInt64(partition + 1))
  }

  static func frame(
    from source: AdapterAddress, to destination: AdapterAddress, count: Int = 46
  ) throws -> EthernetFrame {
    try #require(
      EthernetFrame(
        destination.bytes + source.bytes + [0x08, 0x00] + [UInt8](repeating: 7, count: count)))
  }

  /// Sends a frame, and lets a second pass.
  ///
  /// - Returns: The partitions that have it.
  mutating func send(
    _ sender: Int, to destination: AdapterAddress, vlan: UInt16? = nil, at time: UInt64 = 0
  ) throws -> [Int] {
    tag += 1
    let plain = try Self.frame(from: Self.address(sender), to: destination)
    let frame = try vlan.map { try #require(plain.tagged($0)) } ?? plain
    networks.send(
      FrameRequest(partition: sender, device: 0x600, frame: frame, tag: tag, issued: time),
      now: time)
    return networks.takeArrivals(upTo: time + 1_000_000_000).compactMap { arrival in
      if case .frame = arrival.kind { arrival.partition } else { nil }
    }
  }
}

/// Oracle: IEEE 802.1D for learning, 802.1Q for VLANs; z/VM's SET VSWITCH for port types and isolation.
@Suite("Networks inside the machine") struct VirtualNetworksTests {
  private let three = [PortVLAN](repeating: .access(0), count: 3)

  @Test("a switch learns who is where, and floods what it does not know") func learning() throws {
    var network = Network(three)
    #expect(try network.send(0, to: Network.address(1)) == [1, 2])
    #expect(try network.send(1, to: Network.address(0)) == [0])
    #expect(try network.send(0, to: Network.address(1)) == [1])
    #expect(try network.send(2, to: .broadcast) == [0, 1])
    // Five minutes later it is forgotten.
    #expect(try network.send(0, to: Network.address(1), at: 400_000_000_000) == [1, 2])
    network.networks.disconnect(0x600, of: 1)
    #expect(try network.send(0, to: Network.address(1), at: 500_000_000_000) == [2])
    #expect(try network.send(1, to: .broadcast, at: 600_000_000_000) == [])
    #expect(network.networks.adapter(0x600, of: 1)?.counters.sentDropped == 1)
  }

  @Test("a flood of addresses takes the place of the sender's own alone") func manyAddresses()
    throws
  {
    var network = Network(three)
    _ = try network.send(1, to: .broadcast)
    for number in 0..<200 {
      let frame = try Network.frame(
        from: AdapterAddress(0x0600_0000_0000 + UInt64(number)), to: .broadcast)
      network.networks.send(
        FrameRequest(partition: 0, device: 0x600, frame: frame, tag: 0, issued: UInt64(number)),
        now: 0)
    }
    _ = network.networks.takeArrivals(upTo: 1_000_000_000)
    #expect(network.networks.switches[0].learned.count == VirtualSwitch.addressLimit + 1)
    #expect(try network.send(2, to: Network.address(1)) == [1])
  }

  @Test("a frame from a group address goes nowhere") func groupSource() throws {
    var network = Network(three)
    let frame = try Network.frame(from: .broadcast, to: Network.address(1))
    network.networks.send(
      FrameRequest(partition: 0, device: 0x600, frame: frame, tag: 1, issued: 0), now: 0)
    let arrivals = network.networks.takeArrivals(upTo: 1_000_000_000)
    #expect(arrivals.map(\.kind) == [.sent(tag: 1)])
  }

  @Test("ports are in their VLANs: access without tags, trunks with them") func vlans() throws {
    let virtualSwitch = VirtualSwitch(name: "S", defaultVLAN: 1)
    var network = Network(
      [.access(5), .access(5), .access(6), .trunk([5, 6], native: 0), .trunk([6, 7], native: 5)],
      on: virtualSwitch)
    #expect(try network.send(0, to: .broadcast) == [1, 3, 4])
    #expect(try network.send(2, to: .broadcast) == [3, 4])
    #expect(try network.send(0, to: .broadcast, vlan: 5) == [])
    #expect(try network.send(3, to: .broadcast, vlan: 6) == [2, 4])
    #expect(try network.send(3, to: .broadcast, vlan: 7) == [])
    #expect(try network.send(3, to: .broadcast) == [])
    #expect(try network.send(4, to: .broadcast) == [0, 1, 3])
    #expect(try network.send(4, to: .broadcast, vlan: 7) == [])
  }

  @Test("what comes from a trunk has a tag where it goes to one, and none elsewhere")
  func retagging() throws {
    var network = Network([.access(5), .trunk([5], native: 0)])
    let frame = try Network.frame(from: Network.address(0), to: .broadcast)
    network.networks.send(
      FrameRequest(partition: 0, device: 0x600, frame: frame, tag: 1, issued: 0), now: 0)
    let arrivals = network.networks.takeArrivals(upTo: 1_000_000_000)
    #expect(try arrivals.last?.kind == .frame(#require(frame.tagged(5))))
  }

  @Test("an isolated switch keeps its ports apart") func isolation() throws {
    var network = Network(three)
    network.networks.change("S") { $0.isIsolated = true }
    #expect(try network.send(0, to: .broadcast) == [])
    network.networks.change("S") { $0.isIsolated = false }
    #expect(try network.send(0, to: .broadcast) == [1, 2])
  }

  @Test("a port carries its rate, and a frame takes the switch's latency") func timing() throws {
    var virtualSwitch = VirtualSwitch(name: "S")
    virtualSwitch.bytesPerSecond = 1_000_000
    virtualSwitch.latencyNanoseconds = 30_000
    var network = Network(three, on: virtualSwitch)
    // 100 frames of 1,000 bytes at a million bytes a second leave a millisecond apart.
    let frame = try Network.frame(from: Network.address(0), to: .broadcast, count: 986)
    for tag in 1...100 {
      network.networks.send(
        FrameRequest(
          partition: 0, device: 0x600, frame: frame, tag: UInt64(tag), issued: 5_000), now: 0)
    }
    var sent: [UInt64] = []
    var came: [UInt64] = []
    for arrival in network.networks.takeArrivals(upTo: 1_000_000_000) {
      switch arrival.kind {
      case .sent: sent.append(arrival.at)
      case .frame where arrival.partition == 1: came.append(arrival.at)
      case .frame: break
      }
    }
    #expect(sent == (1...100).map { 5_000 + $0 * 1_000_000 })
    #expect(came == sent.map { $0 + 30_000 })
  }

  @Test("what one adapter has on its way is bounded, and the rest is counted as lost")
  func transit() throws {
    var virtualSwitch = VirtualSwitch(name: "S")
    virtualSwitch.bytesPerSecond = 100_000_000_000
    virtualSwitch.latencyNanoseconds = 10_000_000
    var network = Network(three, on: virtualSwitch)
    let frame = try Network.frame(from: Network.address(0), to: Network.address(1), count: 65_000)
    for tag in 0..<400 {
      network.networks.send(
        FrameRequest(partition: 0, device: 0x600, frame: frame, tag: UInt64(tag), issued: 0), now: 0
      )
    }
    _ = network.networks.takeArrivals(upTo: 1_000_000)
    #expect(network.networks.heldByteCount <= VirtualNetworks.transitByteLimit)
    let counters = network.networks.adapter(0x600, of: 0)?.counters
    #expect(counters?.sentFrames == 258 && counters?.sentDropped == 142)
    _ = network.networks.takeArrivals(upTo: 1_000_000_000)
    #expect(network.networks.heldByteCount == 0)
    #expect(try network.send(0, to: .broadcast, at: 2_000_000_000) == [1, 2])
  }

  @Test("goes on from what was saved in the middle") func saved() throws {
    var network = Network(three)
    _ = try network.send(1, to: .broadcast)
    let frame = try Network.frame(from: Network.address(0), to: Network.address(1))
    network.networks.send(
      FrameRequest(partition: 0, device: 0x600, frame: frame, tag: 9, issued: 2_000_000_000), now: 0
    )
    let saved = try JSONEncoder().encode(network.networks)
    var again = try JSONDecoder().decode(VirtualNetworks.self, from: saved)
    #expect(again == network.networks && again.isConsistent)
    #expect(
      again.takeArrivals(upTo: .max).map(\.kind)
        == network.networks.takeArrivals(upTo: .max).map(\.kind))
    #expect(again == network.networks)
  }

  @Test("a switch that goes disconnects, an adapter that goes takes its frames along")
  func removal() throws {
    var network = Network(three)
    let frame = try Network.frame(from: Network.address(0), to: .broadcast)
    network.networks.send(
      FrameRequest(partition: 0, device: 0x600, frame: frame, tag: 1, issued: 0), now: 0)
    network.networks.removeAdapter(0x600, of: 0)
    #expect(network.networks.takeArrivals(upTo: .max).isEmpty && network.networks.isConsistent)
    network.networks.remove("S")
    #expect(network.networks.adapters.allSatisfy { $0.switchName == nil })
    #expect(try network.send(1, to: .broadcast) == [])
    #expect(network.networks.isConsistent)
  }
}
