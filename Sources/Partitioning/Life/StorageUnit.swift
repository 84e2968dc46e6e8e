// Storage as a resource of partitions.

/// Storage: increments of the machine's, in the order of their places in the partition.
struct StorageUnit: PartitionUnit {
  func attach(
    _ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook
  ) throws(ManagementError) {
    try storage.takeInitial(for: partition)
  }

  func detach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    storage.returnAll(of: partition)
  }
}
