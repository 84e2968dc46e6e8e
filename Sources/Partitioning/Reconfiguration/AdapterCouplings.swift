// What the adapters of a recovered partition are connected to.

import Channels
import Quantities

extension Reconfiguration {
  /// Connects the adapters of a partition that is recovered as they were, as far as the other side is there.
  ///
  /// A partition at the other end of a channel may come later: then its own recovery connects them.
  func takeUp(_ couplings: [AdapterCoupling], _ partition: Partition) {
    for coupling in couplings {
      guard let adapter = hardware.networks.adapter(coupling.device, of: partition.number),
        hardware.coupling(of: adapter) != coupling
      else { continue }
      hardware.networks.disconnect(adapter.device, of: partition.number)
      switch coupling.target {
      case .network(let name, let vlan) where !adapter.kind.isChannel:
        guard hardware.networks.virtualSwitch(name) != nil else {
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

  private func couple(
    _ adapter: NetworkAdapter, of partition: Partition, to name: String, _ device: UInt16
  ) {
    guard let other = hardware.partitions.first(where: { $0.name == name }), other.isActive,
      let end = hardware.networks.adapter(device, of: other.number), end.partner == nil,
      adapter.kind.mayCouple(of: partition.name, to: name),
      end.kind.mayCouple(of: name, to: partition.name)
    else { return }
    hardware.networks.couple(
      adapter.device, of: partition.number, to: device, of: other.number)
  }
}
