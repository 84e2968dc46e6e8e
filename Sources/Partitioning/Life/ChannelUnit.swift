// Channel paths as a resource of partitions.

/// Channel paths: those of the access lists come on line with the partition.
///
/// What was defined while the machine ran is in none.
struct ChannelUnit: PartitionUnit {
  func attach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    guard partition.place.isOfFolder else { return }
    hardware.channels.activate(partition.number)
  }

  func detach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    guard partition.place.isOfFolder else { return }
    hardware.channels.deactivate(partition.number)
  }
}
