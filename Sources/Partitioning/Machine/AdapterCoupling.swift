// What a partition's adapters are connected to, in names that outlive the machine.

import Channels
import Quantities

/// What an adapter of a partition is connected to.
package struct AdapterCoupling: Sendable, Equatable, Codable {
  /// What an adapter can be connected to.
  package enum Target: Sendable, Equatable, Codable {
    /// A switch, in these VLANs.
    case network(String, PortVLAN)
    /// The end of a channel of a partition.
    case channel(String, UInt16)

    /// As COUPLE names it, with VLANs.
    var text: String {
      switch self {
      case .network(let name, let vlan):
        ["SYSTEM", name, vlan.text].filter { !$0.isEmpty }.joined(separator: " ")
      case .channel(let name, let device): "\(name) \(hexDigits(device, 4))"
      }
    }
  }

  /// The partition's number for the adapter.
  package var device: UInt16
  /// What it is connected to; nil for nothing.
  package var target: Target?
}

extension MachineHardware {
  /// What an adapter is connected to.
  func coupling(of adapter: NetworkAdapter) -> AdapterCoupling {
    let target: AdapterCoupling.Target? =
      if let name = adapter.switchName {
        .network(name, adapter.vlan)
      } else {
        networks.partner(of: adapter).map { .channel(partitionName($0.partition), $0.device) }
      }
    return AdapterCoupling(device: adapter.device, target: target)
  }

  /// What a partition's adapters are connected to; nil where it has none.
  func couplings(of partition: Partition) -> [AdapterCoupling]? {
    let couplings = networks.adapters(of: partition.number).map { coupling(of: $0) }
    return couplings.isEmpty ? nil : couplings
  }

  /// What all adapters are connected to, by partition.
  var couplings: [String: [AdapterCoupling]] {
    networks.adapters.reduce(into: [:]) { couplings, adapter in
      couplings[partitionName(adapter.partition), default: []].append(coupling(of: adapter))
    }
  }
}

extension Partition {
  /// The VLANs of a switch in which its NICDEF or a GRANT lets an adapter connect there; nil when neither does.
  func vlan(of device: UInt16, at network: VirtualSwitch) -> PortVLAN? {
    let defined = definition.networkAdapters.first { $0.virtualDevice == device }
    let granted = network.grant(to: name)?.vlan
    guard let defined, defined.switchName == network.name else { return granted }
    return defined.vlan ?? granted ?? network.ordinaryVLAN
  }
}
