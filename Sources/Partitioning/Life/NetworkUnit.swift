// Network adapters as a resource of partitions.

import Channels

/// Network adapters: those of the definition come with the partition, connected as it says.
struct NetworkUnit: PartitionUnit {
  func attach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    for (ordinal, adapter) in partition.definition.networkAdapters.enumerated() {
      let device = adapter.virtualDevice
      let address =
        adapter.addressNumber.map { AdapterAddress(number: $0) }
        ?? AdapterAddress(partition: partition.number, ordinal: ordinal)
      _ = hardware.networks.addAdapter(
        device, of: partition.number, address: address, unitByteCount: adapter.unitByteCount)
      guard let name = adapter.switchName, let network = hardware.networks.virtualSwitch(name)
      else { continue }
      hardware.networks.connect(
        device, of: partition.number, to: name,
        vlan: adapter.vlan ?? network.grant(to: partition.name)?.vlan ?? network.ordinaryVLAN)
    }
  }

  func detach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    for adapter in hardware.networks.adapters(of: partition.number) {
      hardware.networks.removeAdapter(adapter.device, of: partition.number)
    }
  }
}
