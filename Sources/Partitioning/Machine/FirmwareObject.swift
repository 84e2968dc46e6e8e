import Channels
import Platform
import Quantities

// What all objects of the firmware have in common: each works on the machine's hardware and owns one part of
// the firmware's state, and is given those below it that it calls.

/// One of the objects that the firmware consists of.
protocol FirmwareObject: StateHolder {
  /// What it works on.
  var hardware: MachineHardware { get }
}

// The hardware's parts by their own names.
extension FirmwareObject {
  var layout: MachineLayout { hardware.layout }
  var partitions: PartitionRoster { hardware.partitions }
  var engine: EpochEngine<Computer> { hardware.engine }
  var channels: ChannelSubsystem { hardware.channels }
  /// What the machine is defined as: what its folder says, with the partitions that there are now.
  var definition: SystemDefinition { hardware.layout.definition }
  /// Type of each pool that is installed, by the pool's index.
  var pools: [ProcessorType] { hardware.layout.pools }
  /// Simulated time since IPL, at the border of an epoch.
  var now: SimulatedTime { hardware.engine.now }
}
