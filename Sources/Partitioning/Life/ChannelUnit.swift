import Channels

/// Channel paths: those of the access lists come on line with the partition.
///
/// What was defined while the machine ran is in none.
struct ChannelUnit: PartitionUnit {
  func attach(_ partition: Partition, to manager: PartitionManager) throws(ManagementError) {
    guard partition.place.isOfFolder else { return }
    manager.channels.activate(partition.number)
  }

  func detach(_ partition: Partition, from manager: PartitionManager) {
    guard partition.place.isOfFolder else { return }
    manager.channels.deactivate(partition.number)
  }
}
