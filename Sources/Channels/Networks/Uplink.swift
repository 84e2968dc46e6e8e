// A switch's way out of the machine (z/VM: UPLINK): one more port of the switch, behind which the host's network is.
//
// What comes in there is an input of the machine: it enters at an instant of simulated time and goes on as a frame of
// an adapter does. What goes out leaves the machine at an instant, and nothing of it is kept.

import Quantities

/// What an uplink leads to.
package enum UplinkMode: String, Sendable, Codable, CaseIterable {
  /// Whatever the host's user may reach, by a network of its own (10.0.2.0/24) in a process of its own.
  case userMode = "USERMODE"
  /// That network alone: nothing leaves the host.
  case restricted = "USERMODE RESTRICTED"
}

/// A switch's uplink.
package struct Uplink: Equatable, Sendable, Codable {
  /// The number of its port, which no adapter has.
  static let port = 0
  /// Most bytes of a frame: 1500 of payload, addresses and type.
  package static let frameByteLimit = 1514
  /// Bytes that came in and are on their way through the switch: more wait outside.
  package static let transitByteLimit: UInt64 = 256 << 10

  /// What it leads to.
  package let mode: UplinkMode
  /// Whether frames pass.
  package internal(set) var isConnected = true
  /// Which of all the times that uplinks of the machine were connected this is: what is outside belongs to one of them.
  package internal(set) var session: UInt64 = 0
  /// What passed: received from outside, sent there.
  package internal(set) var counters = AdapterCounters()
  /// Until when what came in keeps the port busy.
  var busyUntil: SimulatedTime = 0
  /// Bytes that came in and are on their way.
  var transitByteCount: UInt64 = 0

  /// An uplink that is connected.
  package init(_ mode: UplinkMode) { self.mode = mode }

  /// Connects it again, or disconnects it; what was on its way is gone.
  mutating func connect(_ isConnected: Bool) {
    self.isConnected = isConnected
    (busyUntil, transitByteCount) = (0, 0)
  }

  /// What it is set to, in the words of its commands.
  package var text: String {
    "UPLINK " + mode.rawValue + (isConnected ? "" : " DISCONNECTED")
  }
}

/// A frame that leaves the machine.
package struct NetworkDeparture: Equatable, Sendable {
  /// The switch by whose uplink it leaves.
  package let switchName: String
  /// Its bytes, complete.
  package let bytes: [UInt8]
}

/// What is outside: takes the frames that leave the machine, and holds nothing up.
package protocol NetworkOutside: AnyObject {
  /// Takes a frame.
  func take(_ departure: NetworkDeparture)
}

extension VirtualSwitch {
  /// The VLAN of the uplink's port: that of ports of which nothing else is said.
  var uplinkPort: SwitchPort {
    SwitchPort(number: Uplink.port, switchName: name, vlan: ordinaryVLAN)
  }

  /// A frame of a VLAN as it leaves the machine: in whole frames that are complete.
  ///
  /// - Returns: Nothing where the uplink's port is not in the VLAN.
  func departures(of frame: EthernetFrame, vlan: UInt16) -> [NetworkDeparture] {
    guard let frame = ordinaryVLAN.frame(frame, of: vlan) else { return [] }
    return frame.segments.map { NetworkDeparture(switchName: name, bytes: $0.completed.bytes) }
  }
}

/// Where a frame enters a switch.
struct SwitchPort {
  /// The adapter's number, or the uplink's.
  var number: Int
  /// The switch; nil where it is connected to none.
  var switchName: String?
  /// The port's VLANs.
  var vlan: PortVLAN
}

extension VirtualNetworks {
  /// Gives a switch another uplink, or takes it.
  package mutating func setUplink(_ mode: UplinkMode?, of name: String) {
    forgetUplink(of: name)
    change(name) { $0.uplink = mode.map { Uplink($0) } }
    beginSession(of: name)
  }

  /// Connects a switch's uplink again, or disconnects it.
  package mutating func connectUplink(_ isConnected: Bool, of name: String) {
    forgetUplink(of: name)
    change(name) { $0.uplink?.connect(isConnected) }
    if isConnected { beginSession(of: name) }
  }

  /// Whether a switch takes so many bytes more from outside now.
  package func hasRoom(_ byteCount: Int, atUplinkOf name: String) -> Bool {
    guard let uplink = virtualSwitch(name)?.uplink, uplink.isConnected else { return false }
    return uplink.transitByteCount.addingClamped(UInt64(clamping: byteCount))
      <= Uplink.transitByteLimit
  }

  /// Lets a frame in from outside.
  ///
  /// - Returns: Whether it is one, and there is room for it; otherwise nothing has changed.
  package mutating func receive(
    _ bytes: [UInt8], atUplinkOf name: String, now: SimulatedTime
  ) -> Bool {
    guard bytes.count <= Uplink.frameByteLimit, let frame = EthernetFrame(bytes),
      !frame.source.isGroup, hasRoom(bytes.count, atUplinkOf: name),
      let network = virtualSwitch(name), let uplink = network.uplink
    else { return false }
    let count = UInt64(clamping: bytes.count)
    let left = max(uplink.busyUntil, now).addingClamped(network.carrier.transmission(of: count))
    change(name) { network in
      network.uplink?.busyUntil = left
      network.uplink?.transitByteCount.addClamped(count)
      network.uplink?.counters.receivedFrames.addClamped(1)
      network.uplink?.counters.receivedBytes.addClamped(count)
    }
    launch(frame, atUplinkOf: name, through: left.addingClamped(network.latencyNanoseconds))
    return true
  }

  /// Has a frame leave by a switch's uplink, and counts it; what is too long for it stays.
  ///
  /// - Parameters:
  ///   - frame: The frame.
  ///   - vlan: Its VLAN.
  ///   - network: The switch.
  ///   - isOnlyWay: Whether it can go nowhere else: then it is lost where it cannot leave.
  /// - Returns: What leaves.
  mutating func leave(
    _ frame: EthernetFrame, vlan: UInt16, by network: VirtualSwitch, isOnlyWay: Bool
  ) -> [NetworkDeparture] {
    guard let uplink = network.uplink else { return [] }
    let departures = uplink.isConnected ? network.departures(of: frame, vlan: vlan) : []
    let fitting = departures.filter { $0.bytes.count <= Uplink.frameByteLimit }
    let tooLong = departures.count.subtractingClamped(fitting.count)
    let lost = departures.isEmpty && isOnlyWay ? 1 : tooLong
    change(network.name) { network in
      network.uplink?.counters.sentDropped.addClamped(UInt64(clamping: lost))
      for departure in fitting {
        network.uplink?.counters.sentFrames.addClamped(1)
        network.uplink?.counters.sentBytes.addClamped(UInt64(clamping: departure.bytes.count))
      }
    }
    return fitting
  }
}
