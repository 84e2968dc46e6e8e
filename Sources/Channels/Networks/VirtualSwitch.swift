// A virtual switch (z/VM: VSWITCH): who may connect, in which VLANs, which addresses it has learned, and to whom
// a frame goes.

import Quantities

/// The VLANs of a switch's port (z/VM: PORTTYPE).
package enum PortVLAN: Equatable, Sendable, Codable {
  /// Frames without a tag, all of one VLAN; 0 on a switch that does not look at VLANs.
  case access(UInt16)
  /// Frames with the tag of one of these; those without one are of the native VLAN, 0 for none.
  case trunk([UInt16], native: UInt16)

  /// The VLAN of a frame that comes in at the port; nil when it may not.
  func vlan(of frame: EthernetFrame) -> UInt16? {
    switch self {
    case .access(let vlan): frame.vlan == nil ? vlan : nil
    case .trunk(let vlans, let native):
      switch frame.vlan {
      case nil, 0: native == 0 ? nil : native
      case .some(let vlan): vlans.contains(vlan) ? vlan : nil
      }
    }
  }

  /// The VLANs in the words of SET VSWITCH GRANT; empty where they are not looked at.
  package var text: String {
    switch self {
    case .access(let vlan): vlan == 0 ? "" : "VLAN \(vlan)"
    case .trunk(let vlans, let native):
      (["VLAN"] + vlans.map { "\($0)" } + ["PORTTYPE TRUNK"]
        + (native == 0 ? [] : ["NATIVE \(native)"])).joined(separator: " ")
    }
  }

  /// A frame of a VLAN as it leaves the port; nil when the port is not in that VLAN.
  func frame(_ frame: EthernetFrame, of vlan: UInt16) -> EthernetFrame? {
    switch self {
    case .access(let own): own == vlan ? frame.untagged : nil
    case .trunk(let vlans, let native):
      if vlan == native { frame.untagged } else { vlans.contains(vlan) ? frame.tagged(vlan) : nil }
    }
  }
}

/// Who may connect to a switch, and how (z/VM: SET VSWITCH GRANT).
package struct SwitchGrant: Equatable, Sendable, Codable {
  /// The partition.
  package var partition: String
  /// The VLANs of its ports.
  package var vlan: PortVLAN

  /// Lets a partition connect.
  package init(partition: String, vlan: PortVLAN) {
    self.partition = partition
    self.vlan = vlan
  }
}

/// A virtual switch as a value.
package struct VirtualSwitch: Equatable, Sendable, Codable {
  /// Least and most bytes a second of a port.
  package static let rates: ClosedRange<UInt64> = 1_000...100_000_000_000
  /// Most time that a frame takes through a switch, in nanoseconds.
  package static let latencyLimit: UInt64 = 10_000_000
  /// Most addresses that are learned at a port; more take the place of the oldest.
  package static let addressLimit = 64
  /// How long an address is remembered of which nothing comes (IEEE 802.1D), in nanoseconds.
  package static let addressLifetime: UInt64 = 300_000_000_000

  /// Its name, 1 to 8 characters.
  package let name: String
  /// Whether it looks at VLANs; the VLAN of ports of which nothing else is said.
  package var defaultVLAN: UInt16?
  /// Whether its ports are kept apart from each other.
  package var isIsolated = false
  /// Bytes a second that a port carries in each direction.
  package var bytesPerSecond: UInt64 = 1_250_000_000
  /// Time of a frame through the switch.
  package var latencyNanoseconds: UInt64 = 50_000
  /// Its way out of the machine; nil for none.
  package var uplink: Uplink?
  /// Who may connect, by name.
  package private(set) var grants: [SwitchGrant] = []
  /// What it has learned, by VLAN and address.
  private(set) var learned: [LearnedAddress] = []

  /// A switch to which nobody may connect yet.
  package init(name: String, defaultVLAN: UInt16? = nil) {
    self.name = name
    self.defaultVLAN = defaultVLAN
  }

  /// What it is set to, in the words of its commands.
  package var text: String {
    let words =
      [defaultVLAN.map { "VLAN \($0)" }, "RATE \(sizeText(bytesPerSecond))"].compactMap { $0 }
      + ["LATENCY \(latencyNanoseconds)NS"] + (isIsolated ? ["ISOLATED"] : [])
      + (uplink.map { [$0.text] } ?? [])
    let granted = grants.map { grant in
      ["GRANT", grant.partition, grant.vlan.text].filter { !$0.isEmpty }.joined(separator: " ")
    }
    return (words + granted).joined(separator: " ")
  }

  /// The VLANs of ports of which nothing else is said.
  package var ordinaryVLAN: PortVLAN { .access(defaultVLAN ?? 0) }

  /// How fast it carries a port's frames.
  var carrier: FrameCarrier {
    FrameCarrier(bytesPerSecond: bytesPerSecond, latencyNanoseconds: latencyNanoseconds)
  }

  /// How a partition may connect; nil when it may not.
  package func grant(to partition: String) -> SwitchGrant? {
    grants.first { $0.partition == partition }
  }

  /// Lets a partition connect, or changes how.
  package mutating func grant(_ grant: SwitchGrant) {
    revoke(grant.partition)
    grants.append(grant)
    grants.sort { $0.partition < $1.partition }
  }

  /// Lets a partition connect no more.
  package mutating func revoke(_ partition: String) {
    grants.removeAll { $0.partition == partition }
  }

  /// Remembers that an address is behind an adapter.
  mutating func learn(_ address: AdapterAddress, vlan: UInt16, at adapter: Int, now: UInt64) {
    let place = self.place(of: address, vlan)
    if learned.element(at: place)?.isOf(address, vlan) == true {
      learned.change(at: place) {
        $0.adapter = adapter
        $0.seen = now
      }
      return
    }
    let entry = LearnedAddress(address: address, vlan: vlan, adapter: adapter, seen: now)
    // Cannot trap: a place of the array, or its end.
    learned.insert(entry, at: min(place, learned.count))
    guard learned.count(where: { $0.adapter == adapter }) > Self.addressLimit else { return }
    let oldest = learned.filter { $0.adapter == adapter }.min {
      ($0.seen, $0.vlan, $0.address) < ($1.seen, $1.vlan, $1.address)
    }
    learned.removeAll { $0 == oldest }
  }

  /// The adapter behind which an address was seen, while that is remembered.
  func adapter(behind address: AdapterAddress, vlan: UInt16, now: UInt64) -> Int? {
    guard let entry = learned.element(at: place(of: address, vlan)), entry.isOf(address, vlan),
      now.subtractingClamped(entry.seen) < Self.addressLifetime
    else { return nil }
    return entry.adapter
  }

  /// Forgets what is behind an adapter.
  mutating func forget(adapter: Int) { learned.removeAll { $0.adapter == adapter } }

  /// Where an address is or would be.
  private func place(of address: AdapterAddress, _ vlan: UInt16) -> Int {
    var low = 0
    var high = learned.count
    while low < high {
      let middle = low &+ (high &- low) / 2
      guard let entry = learned.element(at: middle) else { break }
      if (entry.vlan, entry.address) < (vlan, address) { low = middle &+ 1 } else { high = middle }
    }
    return low
  }
}

/// An address that a switch has seen.
struct LearnedAddress: Equatable, Sendable, Codable {
  var address: AdapterAddress
  var vlan: UInt16
  /// Number of the adapter behind which it is.
  var adapter: Int
  /// When a frame last came from it.
  var seen: UInt64

  func isOf(_ address: AdapterAddress, _ vlan: UInt16) -> Bool {
    self.address == address && self.vlan == vlan
  }
}
