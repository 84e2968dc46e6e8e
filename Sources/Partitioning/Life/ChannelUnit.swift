// Channel paths and devices as a resource of partitions.

/// Channel paths and devices: paths of the access lists come on line with the partition, and it has the devices
/// that its definition says, if nobody else has them.
///
/// What was defined while the machine ran is in none.
struct ChannelUnit: PartitionUnit {
  func attach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    guard partition.place.isOfFolder else { return }
    hardware.assignDevices(to: partition)
    hardware.channels.activate(partition.number, at: hardware.engine.now)
  }

  func detach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    guard partition.place.isOfFolder else { return }
    hardware.channels.deactivate(partition.number, at: hardware.engine.now)
  }
}
