// Network adapters as a resource of partitions.

import Channels

/// Network adapters: those of the definition come with the partition, connected as it says.
struct NetworkUnit: PartitionUnit {
  func attach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    for (ordinal, adapter) in partition.definition.networkAdapters.enumerated() {
      hardware.plugIn(
        adapter, of: partition,
        defaultAddress: AdapterAddress(partition: partition.number, ordinal: ordinal))
    }
  }

  func detach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    for adapter in hardware.networks.adapters(of: partition.number) {
      hardware.networks.removeAdapter(adapter.device, of: partition.number)
    }
    // Who had a channel to it has none now.
    hardware.tellLinks()
  }
}
