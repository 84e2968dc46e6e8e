// What the adapters of a recovered partition are connected to.

import Channels
import Quantities

extension Reconfiguration {
  /// Connects the adapters of a partition that is recovered as they were, as far as the other side is there and
  /// it may connect now, in the VLANs that it is given now.
  ///
  /// A partition at the other end of a channel may come later: then its own recovery connects them.
  func takeUp(_ couplings: [AdapterCoupling], _ partition: Partition) {
    for coupling in couplings {
      guard let adapter = hardware.networks.adapter(coupling.device, of: partition.number),
        hardware.coupling(of: adapter) != coupling, !isAtSwitch(adapter, of: coupling)
      else { continue }
      hardware.networks.disconnect(adapter.device, of: partition.number)
      switch coupling.target {
      case .network(let name, _) where !adapter.kind.isChannel:
        guard let network = hardware.networks.virtualSwitch(name),
          let vlan = partition.vlan(of: adapter.device, at: network)
        else {
          journal.note(partition, .adapterNotConnected(adapter.device, to: name))
          continue
        }
        hardware.networks.connect(adapter.device, of: partition.number, to: name, vlan: vlan)
      case .channel(let name, let device): couple(adapter, of: partition, to: name, device)
      case .network, nil: break
      }
    }
    hardware.tellLinks()
  }

  /// Whether its definition has connected an adapter where it was.
  private func isAtSwitch(_ adapter: NetworkAdapter, of coupling: AdapterCoupling) -> Bool {
    if case .network(let name, _) = coupling.target { adapter.switchName == name } else { false }
  }

  private func couple(
    _ adapter: NetworkAdapter, of partition: Partition, to name: String, _ device: UInt16
  ) {
    guard let other = try? hardware.partition(name), other.isActive,
      let end = hardware.networks.adapter(device, of: other.number), end.partner == nil,
      adapter.kind.mayCouple(of: partition.name, to: name),
      end.kind.mayCouple(of: name, to: partition.name)
    else { return }
    hardware.networks.couple(
      adapter.device, of: partition.number, to: device, of: other.number)
  }
}
