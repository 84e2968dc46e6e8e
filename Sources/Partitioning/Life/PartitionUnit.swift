// The kinds of resources that come and go with a partition.

/// One kind of resource that an active partition owns.
///
/// Activation attaches the units in order and undoes in reverse what was attached when one refuses;
/// deactivation detaches all in reverse. The partition's computer is built when all are attached, and gone
/// before the first is detached. A new kind of resource is a new unit.
protocol PartitionUnit: Sendable {
  /// Gives the partition its part, or refuses and changes nothing.
  func attach(
    _ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook
  ) throws(ManagementError)
  /// Takes everything of the kind back.
  func detach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook)
}
