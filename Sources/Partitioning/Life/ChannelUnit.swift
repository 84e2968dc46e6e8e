import Channels

/// Channel paths: those of the access lists come on line with the partition.
struct ChannelUnit: PartitionUnit {
  func attach(_ partition: Partition, to manager: PartitionManager) throws(ManagementError) {
    manager.channels.activate(partition.number)
  }

  func detach(_ partition: Partition, from manager: PartitionManager) {
    manager.channels.deactivate(partition.number)
  }
}
