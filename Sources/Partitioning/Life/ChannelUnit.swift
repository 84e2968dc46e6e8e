// Channel paths as a resource of partitions.

/// Channel paths: those of the access lists come on line with the partition.
struct ChannelUnit: PartitionUnit {
  func attach(_ partition: Partition, to machine: any MachineResources) {
    machine.channels.activate(partition.number)
  }

  func detach(_ partition: Partition, from machine: any MachineResources) {
    machine.channels.deactivate(partition.number)
  }
}
