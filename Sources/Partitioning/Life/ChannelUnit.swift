// Channel paths as a resource of partitions.

/// Channel paths: those of the access lists come on line with the partition.
///
/// What was defined while the machine ran is in none.
struct ChannelUnit: PartitionUnit {
  func attach(_ partition: Partition, to machine: any MachineResources) {
    guard partition.place.isOfFolder else { return }
    machine.channels.activate(partition.number)
  }

  func detach(_ partition: Partition, from machine: any MachineResources) {
    guard partition.place.isOfFolder else { return }
    machine.channels.deactivate(partition.number)
  }
}
