import Channels
import Quantities

// What a machine is, as one value: to save it, copy it or compare it is to do so with this. Its parts are the
// values that the firmware's objects hold; nothing is copied field by field.

/// Everything of a machine but its guests' computers, at the border of an epoch.
package struct MachineState: SavedState {
  package static let kind = "machine"
  package static let version = 3

  var firmware: FirmwareState
  /// Those that are defined, ascending by number.
  var partitions: [PartitionState]
  var epochs: EpochState
  var channels: ChannelSubsystemState
  @Added var networks: VirtualNetworks = VirtualNetworks()
  @Added var decks: DeckBook = DeckBook()

  /// Simulated time since IPL.
  package var time: SimulatedTime { epochs.progress.now }
  /// The number of the machine's last input.
  package var inputCount: UInt64 { firmware.journal.inputCount }
  /// The machine's rolling digest.
  package var digest: UInt64 { epochs.progress.digest.value }
}

extension PartitionManager {
  /// Everything of the machine but its guests' computers, as a value.
  package var machineState: MachineState {
    MachineState(
      firmware: firmware.state, partitions: partitions.map(\.state), epochs: engine.state,
      channels: channels.saveState(), networks: firmware.hardware.networks,
      decks: firmware.hardware.decks)
  }

  /// Puts a state in place of the machine's own, the guests' computers apart: nothing is active here, and
  /// those that the state needs are still to be built.
  ///
  /// - Throws: `StateRefusal` when it is not one of this machine; nothing was changed then.
  package func restore(_ saved: MachineState) throws(StateRefusal) {
    let layout = try judge(saved)
    try channels.restoreState(saved.channels, in: channelHardware(of: saved, in: layout))
    firmware.state = saved.firmware
    firmware.hardware.networks = saved.networks
    let partitions = zip(layout.partitions, saved.partitions).map { Partition($0, $1) }
    hardware.take(layout, PartitionRoster(partitions), saved.epochs)
    hardware.take(layout, saved.decks)
  }
}
