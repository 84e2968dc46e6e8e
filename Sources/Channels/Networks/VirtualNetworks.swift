// The machine's networks inside: switches, the adapters that are connected to them or to each other, and frames on
// their way.
//
//   send -> [left: the port has carried it, at the switch's rate] -> [through: the switch's latency later it is
//           for whom it is for] -> arrival
//
// A frame that has left is given back to its sender, so that a partition cannot send faster than its port carries.
// A switch's uplink is one more port of it (Uplink.swift).

import Quantities

/// Switches, adapters and frames on their way, in simulated time.
///
/// Owned by one thread; touched in the Plan and Settle phases only.
package struct VirtualNetworks: Equatable, Sendable, Codable {
  /// Most bytes of one adapter on their way through switches; what is more is lost.
  package static let transitByteLimit: UInt64 = 16 << 20
  /// Most switches of a machine.
  package static let switchLimit = 256

  /// By name.
  package private(set) var switches: [VirtualSwitch] = []
  /// By partition and device.
  package private(set) var adapters: [NetworkAdapter] = []
  /// Frames on their way, by time and sequence.
  private var flights: [Flight] = []
  private var sequence: UInt64 = 0
  private var lastAdapter = 0
  /// How often uplinks were connected, those included that are gone.
  @Added private var sessionCount: UInt64 = 0

  /// A frame on its way.
  private struct Flight: Equatable, Sendable, Codable {
    var time: SimulatedTime
    var sequence: UInt64
    /// Number of the adapter that has sent it, or `Uplink.port`.
    var sender: Int
    var frame: EthernetFrame
    /// The sender's name for it while it has not left.
    var tag: UInt64?
    /// The switch whose uplink it came in by; nil for what an adapter has sent.
    var uplinkOf: String?
  }

  /// Networks of these switches, as many as there may be.
  package init(_ switches: [VirtualSwitch] = []) { switches.forEach { _ = define($0) } }

  /// Whether nothing is defined.
  package var isEmpty: Bool { switches.isEmpty && adapters.isEmpty }
  /// When something happens next; nil for never.
  package var nextEvent: SimulatedTime? { flights.first?.time }
  /// Bytes of host memory that frames on their way take.
  package var heldByteCount: UInt64 {
    flights.reduce(0) { $0.addingClamped(UInt64(clamping: $1.frame.bytes.count)) }
  }

  // MARK: Switches

  /// The switch of a name.
  package func virtualSwitch(_ name: String) -> VirtualSwitch? {
    switches.first { $0.name == name }
  }

  /// Adds a switch; false when there is one of that name, or too many.
  package mutating func define(_ virtualSwitch: VirtualSwitch) -> Bool {
    guard switches.count < Self.switchLimit, self.virtualSwitch(virtualSwitch.name) == nil else {
      return false
    }
    switches.append(virtualSwitch)
    switches.sort { $0.name < $1.name }
    beginSession(of: virtualSwitch.name)
    return true
  }

  /// Takes a switch away, and disconnects what was connected to it.
  package mutating func remove(_ name: String) {
    for index in adapters.indices where adapters.element(at: index)?.switchName == name {
      adapters.change(at: index) { $0.switchName = nil }
    }
    forgetUplink(of: name)
    switches.removeAll { $0.name == name }
  }

  /// Changes a switch; nothing where there is none.
  package mutating func change(_ name: String, _ change: (inout VirtualSwitch) -> Void) {
    guard let index = switches.firstIndex(where: { $0.name == name }) else { return }
    switches.change(at: index, change)
  }

  // MARK: Adapters

  /// The adapter that a partition knows by a number.
  package func adapter(_ device: UInt16, of partition: Int) -> NetworkAdapter? {
    adapters.first { $0.partition == partition && $0.device == device }
  }

  /// A partition's adapters, by number.
  package func adapters(of partition: Int) -> [NetworkAdapter] {
    adapters.filter { $0.partition == partition }
  }

  /// Numbers of a partition's adapters that switches connect.
  package func networkAdapters(of partition: Int) -> [UInt16] {
    adapters(of: partition).filter { !$0.kind.isChannel }.map(\.device)
  }

  /// Adds an adapter; false when the partition has one of that number.
  package mutating func addAdapter(
    _ device: UInt16, of partition: Int, address: AdapterAddress, unitByteCount: UInt16 = 1500,
    kind: AdapterKind = .network
  ) -> Bool {
    guard adapter(device, of: partition) == nil else { return false }
    lastAdapter.addClamped(1)
    adapters.append(
      NetworkAdapter(
        number: lastAdapter, partition: partition, device: device, address: address,
        unitByteCount: unitByteCount, kind: kind))
    adapters.sort { ($0.partition, $0.device) < ($1.partition, $1.device) }
    return true
  }

  /// Takes an adapter away, with what is on its way from it.
  package mutating func removeAdapter(_ device: UInt16, of partition: Int) {
    guard let adapter = adapter(device, of: partition) else { return }
    disconnect(device, of: partition)
    flights.removeAll { $0.sender == adapter.number }
    adapters.removeAll { $0.number == adapter.number }
  }

  /// Connects an adapter to a switch, where it is in these VLANs.
  package mutating func connect(
    _ device: UInt16, of partition: Int, to name: String, vlan: PortVLAN
  ) {
    disconnect(device, of: partition)
    changeAdapter(device, of: partition) {
      $0.switchName = name
      $0.vlan = vlan
    }
  }

  /// Disconnects an adapter.
  package mutating func disconnect(_ device: UInt16, of partition: Int) {
    guard let adapter = adapter(device, of: partition) else { return }
    for index in switches.indices {
      switches.change(at: index) { $0.forget(adapter: adapter.number) }
    }
    uncouple(adapter)
    changeAdapter(device, of: partition) { $0.switchName = nil }
  }

  /// Forgets what has left an adapter and is for nobody yet.
  mutating func forgetCrossing(from number: Int) {
    flights.removeAll { $0.sender == number && $0.tag == nil }
  }

  /// Forgets what is on its way from a partition, as a system reset does.
  package mutating func reset(_ partition: Int) {
    let own = Set(adapters(of: partition).map(\.number))
    flights.removeAll { own.contains($0.sender) }
    for index in adapters.indices where adapters.element(at: index)?.partition == partition {
      adapters.change(at: index) {
        $0.transitByteCount = 0
        $0.busyUntil = 0
      }
    }
  }

  /// Counts a frame for which a partition had no room.
  package mutating func noteDropped(_ device: UInt16, of partition: Int, frames: UInt64) {
    changeAdapter(device, of: partition) { $0.counters.receivedDropped.addClamped(frames) }
  }

  mutating func changeAdapter(
    _ device: UInt16, of partition: Int, _ change: (inout NetworkAdapter) -> Void
  ) {
    let index = adapters.firstIndex { $0.partition == partition && $0.device == device }
    if let index { adapters.change(at: index, change) }
  }

  // MARK: Frames

  /// Sends a frame; what comes of it comes later, also when it goes nowhere.
  package mutating func send(_ request: FrameRequest, now: SimulatedTime) {
    guard let sender = adapter(request.device, of: request.partition) else { return }
    let count = UInt64(clamping: request.frame.bytes.count)
    let time = carrier(of: sender)?.transmission(of: count) ?? 0
    let left = max(request.issued, sender.busyUntil, now).addingClamped(time)
    changeAdapter(request.device, of: request.partition) { $0.busyUntil = left }
    insert(
      Flight(
        time: left, sequence: 0, sender: sender.number, frame: request.frame, tag: request.tag))
  }

  /// Has a frame that came in by a switch's uplink be through the switch at a time.
  mutating func launch(_ frame: EthernetFrame, atUplinkOf name: String, through time: SimulatedTime)
  {
    insert(Flight(time: time, sequence: 0, sender: Uplink.port, frame: frame, uplinkOf: name))
  }

  /// Forgets what came in by a switch's uplink, and who is behind it.
  mutating func forgetUplink(of name: String) {
    flights.removeAll { $0.uplinkOf == name }
    change(name) { $0.forget(adapter: Uplink.port) }
  }

  /// Has what comes to be outside a switch's uplink be told from all that was there before.
  mutating func beginSession(of name: String) {
    guard virtualSwitch(name)?.uplink != nil else { return }
    sessionCount.addClamped(1)
    let session = sessionCount
    change(name) { $0.uplink?.session = session }
  }

  private mutating func insert(_ flight: Flight) {
    var flight = flight
    flight.sequence = sequence
    sequence &+= 1
    // Most come last.
    var place = flights.count
    while place > 0, let before = flights.element(at: place &- 1), before.time > flight.time {
      place &-= 1
    }
    // Cannot trap: a place of the array, or its end.
    flights.insert(flight, at: place)
  }

  /// Lets everything happen up to a time, that time included.
  ///
  /// - Parameters:
  ///   - time: The time.
  ///   - outside: Takes what leaves the machine, in its order.
  /// - Returns: What partitions get of it, in its order.
  package mutating func takeArrivals(
    upTo time: SimulatedTime, outside: (NetworkDeparture) -> Void = { _ in }
  ) -> [NetworkArrival] {
    var arrivals: [NetworkArrival] = []
    while let flight = flights.first, flight.time <= time {
      // Cannot trap: there is a first.
      flights.removeFirst()
      if let name = flight.uplinkOf {
        comeIn(flight, name, &arrivals)
        continue
      }
      guard let index = adapters.firstIndex(where: { $0.number == flight.sender }),
        let sender = adapters.element(at: index)
      else { continue }
      if let tag = flight.tag {
        leave(flight, index, sender)
        arrivals.append(
          NetworkArrival(
            partition: sender.partition, device: sender.device, kind: .sent(tag: tag),
            at: flight.time))
      } else {
        adapters.change(at: index) {
          $0.transitByteCount.subtractClamped(UInt64(clamping: flight.frame.bytes.count))
        }
        if let number = sender.partner,
          let partner = adapters.firstIndex(where: { $0.number == number })
        {
          deliver(flight.frame, to: partner, at: flight.time, &arrivals)
          continue
        }
        let port = SwitchPort(
          number: sender.number, switchName: sender.switchName, vlan: sender.vlan)
        arrive(flight, port, &arrivals, outside)
      }
    }
    return arrivals
  }

  /// A frame from outside has gone through the switch.
  private mutating func comeIn(
    _ flight: Flight, _ name: String, _ arrivals: inout [NetworkArrival]
  ) {
    change(name) {
      $0.uplink?.transitByteCount.subtractClamped(UInt64(clamping: flight.frame.bytes.count))
    }
    guard let port = virtualSwitch(name)?.uplinkPort else { return }
    arrive(flight, port, &arrivals) { _ in }
  }

  /// The port has carried a frame: it goes through the switch, or to the channel's other end.
  private mutating func leave(_ flight: Flight, _ index: Int, _ sender: NetworkAdapter) {
    let count = UInt64(clamping: flight.frame.bytes.count)
    let carrier = carrier(of: sender)
    let mayPass =
      sender.partner != nil
      || !flight.frame.source.isGroup && sender.vlan.vlan(of: flight.frame) != nil
    let isTaken =
      carrier != nil && mayPass
      && sender.transitByteCount.addingClamped(count) <= Self.transitByteLimit
    adapters.change(at: index) {
      if isTaken {
        $0.counters.sentFrames.addClamped(1)
        $0.counters.sentBytes.addClamped(count)
        $0.transitByteCount.addClamped(count)
      } else {
        $0.counters.sentDropped.addClamped(1)
      }
    }
    guard isTaken, let carrier else { return }
    var through = flight
    through.tag = nil
    through.time = flight.time.addingClamped(carrier.latencyNanoseconds)
    insert(through)
  }

  /// A frame has gone through the switch: whoever it is for has it.
  private mutating func arrive(
    _ flight: Flight, _ sender: SwitchPort, _ arrivals: inout [NetworkArrival],
    _ outside: (NetworkDeparture) -> Void
  ) {
    guard let place = switches.firstIndex(where: { $0.name == sender.switchName }),
      let vlan = sender.vlan.vlan(of: flight.frame)
    else { return }
    switches.change(at: place) {
      $0.learn(flight.frame.source, vlan: vlan, at: sender.number, now: flight.time)
    }
    guard let network = switches.element(at: place) else { return }
    let target =
      flight.frame.destination.isGroup
      ? nil
      : network.adapter(behind: flight.frame.destination, vlan: vlan, now: flight.time)
    let isInside = sender.number != Uplink.port
    // Ports that are kept apart reach the uplink alone, and it reaches them: whose address somebody inside says he has
    // counts for nothing there.
    let isKeptApart = network.isIsolated && isInside
    if isInside, isKeptApart || target == nil || target == Uplink.port {
      leave(flight.frame, vlan: vlan, by: network, isOnlyWay: isKeptApart).forEach(outside)
    }
    guard !isKeptApart else { return }
    for index in adapters.indices {
      guard let receiver = adapters.element(at: index), receiver.number != sender.number,
        receiver.switchName == network.name, target == nil || target == receiver.number,
        let frame = receiver.vlan.frame(flight.frame, of: vlan)
      else { continue }
      deliver(frame, to: index, at: flight.time, &arrivals)
    }
  }

  private mutating func deliver(
    _ frame: EthernetFrame, to index: Int, at time: SimulatedTime,
    _ arrivals: inout [NetworkArrival]
  ) {
    guard let receiver = adapters.element(at: index) else { return }
    adapters.change(at: index) {
      $0.counters.receivedFrames.addClamped(1)
      $0.counters.receivedBytes.addClamped(UInt64(clamping: frame.bytes.count))
    }
    arrivals.append(
      NetworkArrival(
        partition: receiver.partition, device: receiver.device, kind: .frame(frame), at: time))
  }

  // MARK: State

  /// Whether numbers name what is there, as a state from a file may not.
  package var isConsistent: Bool {
    let numbers = Set(adapters.map(\.number))
    return numbers.count == adapters.count
      && adapters.allSatisfy {
        $0.number <= lastAdapter && $0.switchName.map { virtualSwitch($0) != nil } ?? true
      }
      && !numbers.contains(Uplink.port) && hasConsistentChannels
      && flights.allSatisfy { flight in
        let uplink = flight.uplinkOf.map { virtualSwitch($0)?.uplink != nil }
        return uplink ?? numbers.contains(flight.sender) && flight.sequence < sequence
      }
      && zip(flights, flights.dropFirst()).allSatisfy { $0.time <= $1.time }
      && switches.map(\.name) == Set(switches.map(\.name)).sorted()
      && switches.count <= Self.switchLimit
  }
}

// A state that was saved before there were networks has none.
extension VirtualNetworks: Blank {
  package static var blank: VirtualNetworks { VirtualNetworks() }
}
