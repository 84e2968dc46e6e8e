// A switch's uplink as one of its ports.
//
// Oracle: IEEE 802.1D and 802.1Q for learning and VLANs; z/VM's SET VSWITCH for isolation, which keeps guests apart and
// leaves them the uplink; RFC 1071 for checksums that are complete.

import Foundation
import Testing

@testable import Channels

/// Adapters 600 of partitions 0 and 1 at a switch with an uplink.
private final class Site {
  var networks: VirtualNetworks
  /// What left, in order.
  private(set) var left: [[UInt8]] = []
  static let outside = AdapterAddress(0x5255_0A00_0202)

  init(_ virtualSwitch: VirtualSwitch = VirtualSwitch(name: "S"), vlans: [PortVLAN]? = nil) {
    networks = VirtualNetworks([virtualSwitch])
    networks.setUplink(.restricted, of: "S")
    for (partition, vlan) in (vlans ?? [.access(0), .access(0)]).enumerated() {
      _ = networks.addAdapter(0x600, of: partition, address: Self.guest(partition))
      networks.connect(0x600, of: partition, to: "S", vlan: vlan)
    }
  }

  static func guest(_ partition: Int) -> AdapterAddress {
    AdapterAddress(0x0200_0000_0000 | UInt64(partition + 1))
  }

  static func bytes(
    from source: AdapterAddress, to destination: AdapterAddress, count: Int = 46
  ) -> [UInt8] {
    destination.bytes + source.bytes + [0x08, 0x00] + [UInt8](repeating: 7, count: count)
  }

  var uplink: Uplink? { networks.virtualSwitch("S")?.uplink }

  /// Lets a second pass; who has a frame of it.
  func pass(_ time: UInt64 = 0) -> [Int] {
    var departures: [NetworkDeparture] = []
    let arrivals = networks.takeArrivals(upTo: time + 1_000_000_000) { departures.append($0) }
    left += departures.map(\.bytes)
    return arrivals.compactMap { if case .frame = $0.kind { $0.partition } else { nil } }
  }

  func receive(_ bytes: [UInt8], at name: String = "S", now: UInt64 = 0) -> Bool {
    networks.receive(bytes, atUplinkOf: name, now: now)
  }

  func send(_ frame: EthernetFrame, by partition: Int = 0) -> [Int] {
    networks.send(
      FrameRequest(partition: partition, device: 0x600, frame: frame, tag: 0, issued: 0), now: 0)
    return pass()
  }

  func send(_ bytes: [UInt8], by partition: Int = 0) throws -> [Int] {
    send(try #require(EthernetFrame(bytes)), by: partition)
  }
}

@Suite("A switch's uplink") struct UplinkTests {
  @Test("is a port: what nobody inside is known for goes out, and what is outside is learned")
  func learning() throws {
    let site = Site()
    let asked = Site.bytes(from: Site.guest(0), to: .broadcast)
    #expect(try site.send(asked) == [1])
    #expect(site.left == [asked])
    let answer = Site.bytes(from: Site.outside, to: Site.guest(0))
    #expect(site.receive(answer))
    #expect(site.pass() == [0])
    // Both are known now: what one sends the other, and to outside, only they have.
    let out = Site.bytes(from: Site.guest(0), to: Site.outside)
    #expect(try site.send(out) == [])
    #expect(site.left == [asked, out])
    #expect(try site.send(Site.bytes(from: Site.guest(1), to: Site.guest(0)), by: 1) == [0])
    #expect(site.left.count == 2)
    let counters = site.uplink?.counters
    #expect(counters?.sentFrames == 2 && counters?.sentBytes == 120)
    #expect(counters?.receivedFrames == 1 && counters?.receivedBytes == 60)
  }

  @Test("is reached where ports are kept apart, and reaches them") func isolation() throws {
    let site = Site()
    site.networks.change("S") { $0.isIsolated = true }
    #expect(try site.send(Site.bytes(from: Site.guest(0), to: .broadcast)) == [])
    #expect(site.left.count == 1)
    let all = Site.bytes(from: Site.outside, to: .broadcast)
    #expect(site.receive(all))
    #expect(site.pass() == [0, 1])
  }

  @Test("is cut off from ports that are kept apart by nobody who claims an address that is outside")
  func claimed() throws {
    let site = Site()
    site.networks.change("S") { $0.isIsolated = true }
    _ = try site.send(Site.bytes(from: Site.outside, to: .broadcast), by: 1)
    let out = Site.bytes(from: Site.guest(0), to: Site.outside)
    #expect(try site.send(out) == [])
    #expect(site.left.last == out && site.uplink?.counters.sentFrames == 2)
    // Where it cannot leave it is lost, and counted.
    site.networks.connectUplink(false, of: "S")
    #expect(try site.send(out) == [])
    #expect(site.left.count == 2 && site.uplink?.counters.sentDropped == 1)
  }

  @Test("is in the switch's ordinary VLAN, without a tag") func vlans() throws {
    let site = Site(
      VirtualSwitch(name: "S", defaultVLAN: 5), vlans: [.trunk([5, 6], native: 0), .access(6)])
    let plain = try #require(EthernetFrame(Site.bytes(from: Site.guest(0), to: .broadcast)))
    #expect(site.send(try #require(plain.tagged(6))) == [1])
    #expect(site.left.isEmpty)
    _ = site.send(try #require(plain.tagged(5)))
    #expect(site.left == [plain.bytes])
    let all = Site.bytes(from: Site.outside, to: .broadcast)
    #expect(site.receive(all))
    #expect(site.pass() == [0])
  }

  @Test("carries whole frames of 1514 bytes, with their checksums") func frames() throws {
    let site = Site()
    #expect(try site.send(Site.bytes(from: Site.guest(0), to: Site.outside, count: 1500)) == [1])
    #expect(try site.send(Site.bytes(from: Site.guest(0), to: Site.outside, count: 1501)) == [1])
    #expect(site.left.map(\.count) == [1514])
    #expect(site.uplink?.counters.sentDropped == 1)
    // A UDP header without data, its checksum left open: the words 1 to 4 and what stands in its place, 0x1234.
    let header: [UInt8] = [0, 1, 0, 2, 0, 8, 0x12, 0x34]
    let open = try #require(
      EthernetFrame(
        Site.bytes(from: Site.guest(0), to: Site.outside, count: 0) + header,
        openChecksum: EthernetFrame.OpenChecksum(start: 14, offset: 6)))
    _ = site.send(open)
    #expect(site.left.last?.suffix(2) == [0xED, 0xC0])
  }

  @Test("takes no more than its bound, and nothing that is no frame") func bound() throws {
    let site = Site()
    let whole = Site.bytes(from: Site.outside, to: Site.guest(0), count: 1500)
    var count = 0
    while count < 10_000, site.receive(whole) { count += 1 }
    #expect(count == Int(Uplink.transitByteLimit) / 1514)
    #expect(site.networks.heldByteCount <= Uplink.transitByteLimit)
    _ = site.pass()
    #expect(site.networks.heldByteCount == 0)
    for bytes in [
      [], [UInt8](repeating: 1, count: 13), whole + [0],
      Site.bytes(from: .broadcast, to: Site.guest(0)),
    ] {
      let before = site.networks
      #expect(!site.receive(bytes))
      #expect(site.networks == before)
    }
    #expect(!site.receive(whole, at: "NONE"))
  }

  @Test("that is disconnected or gone carries nothing, and what was on its way is lost")
  func disconnected() throws {
    let asked = Site.bytes(from: Site.guest(0), to: .broadcast)
    let answer = Site.bytes(from: Site.outside, to: Site.guest(0))
    for isGone in [false, true] {
      let site = Site()
      #expect(site.receive(answer))
      let session = try #require(site.uplink?.session)
      if isGone {
        site.networks.setUplink(nil, of: "S")
      } else {
        site.networks.connectUplink(false, of: "S")
      }
      #expect(site.networks.isConsistent)
      #expect(site.pass() == [])
      #expect(!site.receive(answer))
      #expect(try site.send(asked) == [1])
      #expect(site.left.isEmpty)
      if isGone {
        site.networks.setUplink(.userMode, of: "S")
      } else {
        site.networks.connectUplink(true, of: "S")
      }
      #expect(site.uplink?.session ?? 0 > session)
      #expect(try site.send(asked) == [1])
      #expect(site.left.count == 1)
    }
  }

  @Test("is never taken for one that was there before, at its own switch or another of its name")
  func sessions() throws {
    let site = Site()
    var seen = [try #require(site.uplink?.session)]
    site.networks.setUplink(nil, of: "S")
    site.networks.setUplink(.restricted, of: "S")
    seen.append(try #require(site.uplink?.session))
    let saved = try JSONEncoder().encode(site.networks)
    site.networks = try JSONDecoder().decode(VirtualNetworks.self, from: saved)
    site.networks.remove("S")
    var again = VirtualSwitch(name: "S")
    again.uplink = Uplink(.restricted)
    _ = site.networks.define(again)
    seen.append(try #require(site.uplink?.session))
    #expect(Set(seen).count == 3)
    // Saved by a program that did not count.
    let text = String(decoding: saved, as: UTF8.self)
      .replacingOccurrences(of: #""sessionCount":2"#, with: #""former":2"#)
    #expect(try JSONDecoder().decode(VirtualNetworks.self, from: Data(text.utf8)).isConsistent)
  }

  @Test("goes on from what was saved in the middle") func saved() throws {
    let site = Site()
    _ = try site.send(Site.bytes(from: Site.guest(0), to: .broadcast))
    let answer = Site.bytes(from: Site.outside, to: Site.guest(0))
    #expect(site.receive(answer, now: 2_000_000_000))
    let saved = try JSONEncoder().encode(site.networks)
    var again = try JSONDecoder().decode(VirtualNetworks.self, from: saved)
    #expect(again == site.networks && again.isConsistent)
    let arrivals = site.networks.takeArrivals(upTo: .max)
    #expect(!arrivals.isEmpty && again.takeArrivals(upTo: .max) == arrivals)
    #expect(again == site.networks)
    // A frame of an uplink that there is not.
    let text = String(decoding: saved, as: UTF8.self)
      .replacingOccurrences(of: #""uplinkOf":"S""#, with: #""uplinkOf":"T""#)
    #expect(
      try !JSONDecoder().decode(VirtualNetworks.self, from: Data(text.utf8)).isConsistent)
  }
}
