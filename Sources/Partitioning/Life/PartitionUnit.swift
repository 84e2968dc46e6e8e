// The kinds of resources that come and go with a partition, and what they see of the machine.

import Channels
import Platform

/// What a kind of resource sees of the machine: the books in which it is kept, and the time.
protocol MachineResources: AnyObject {
  /// Simulated time since IPL.
  var now: SimulatedTime { get }
  /// Who has which processors.
  var dispatcher: Dispatcher { get }
  /// Who has which storage.
  var storage: StorageLedger { get set }
  /// Who has which channel paths.
  var channels: ChannelSubsystem { get }

  /// What a pool's physical processors are spoken for, by all but one partition.
  func reservation(
    of type: ProcessorType, for mode: ProcessorMode, without partition: Partition?
  ) -> ProcessorReservation
  /// Index of a partition's logical processor with the dispatcher.
  func logical(_ number: Int, of partition: Partition) -> Int
}

extension PartitionManager: MachineResources {
  var dispatcher: Dispatcher { engine.dispatcher }

  var storage: StorageLedger {
    get { state.ledger }
    _modify { yield &state.ledger }
  }
}

/// One kind of resource that an active partition owns.
///
/// Activation attaches the units in order and undoes in reverse what was attached when one refuses;
/// deactivation detaches all in reverse. The partition's computer is built when all are attached, and gone
/// before the first is detached. A new kind of resource is a new unit.
protocol PartitionUnit: Sendable {
  /// Gives the partition its part, or refuses and changes nothing.
  func attach(_ partition: Partition, to machine: any MachineResources) throws(ManagementError)
  /// Takes everything of the kind back.
  func detach(_ partition: Partition, from machine: any MachineResources)
}
