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

  /// Simulated time since IPL.
  package var time: SimulatedTime { epochs.progress.now }
  /// The number of the machine's last input.
  package var inputCount: UInt64 { firmware.journal.inputCount }
  /// The machine's rolling digest.
  package var digest: UInt64 { epochs.progress.digest.value }
}

/// What has been said of a machine, and how much of it nobody has taken yet.
struct JournalState: Equatable, Sendable, Codable {
  /// Actions from outside since IPL, in order.
  var entries: [JournalEntry] = []
  /// How many of them were performed: the number of the machine's last input.
  @Added var inputCount: UInt64 = 0
  /// What happened by itself, what was changed, and what was accounted, for whoever reads it.
  var events = Publication<FirmwareEvent>(keeping: eventLimit)
  var changes = Publication<ChangeRecord>(keeping: changeLimit)
  var accounting = Publication<AccountingRecord>(keeping: changeLimit)
  /// What came for guests, for whoever keeps it.
  @Added var typed = Publication<GuestInput>(keeping: changeLimit)

  /// Events that are kept for readers.
  static let eventLimit = 1 << 16
  /// Changes that are kept, and as many accounting records.
  static let changeLimit = 1 << 14
}

/// The firmware's own values: what belongs to no partition, to no epoch and to no channel.
struct FirmwareState: SavedState {
  static let kind = "firmware"
  static let version = 1

  /// Seed of everything that is varied on purpose.
  var seed: UInt64
  /// Unix time in seconds at simulated time 0.
  var timeOfDayAtStart: Int64
  /// The machine's values that run.
  var settings: MachineSettings
  /// The machine's values that the reset profile and the group profiles hold.
  var profileSettings: MachineSettings
  /// Rolling averages of defined capacities, and what they lead to.
  var softCapping = SoftCapping()
  /// Storage granted and free.
  var ledger: StorageLedger
  var journal = JournalState()
  var load = LoadMeter()
  /// Pools whose shares are to be computed again.
  var hasStaleShares: [Bool]
  /// Partitions with pending changes, ascending.
  var waiting: [Int] = []
  /// Partitions for which isolation keeps a reconfigurable path that is off line, by path.
  var reservations: [UInt8: Int] = [:]
  /// Pages of guests' storage that count against HOSTSTORAGE.
  var hostPageCount = 0
  /// Number of the partition whose guest's command is being performed: not an action from outside.
  var commandingPartition: Int?
  /// Bytes of the host's files that were read for the guest's command that is being performed.
  var bytesRead = 0
  /// Partitions that were loaded and begin later, ascending.
  var held: [Int] = []
  /// The end of the machine, while its guests have time for it.
  var end: MachineEnd?

  /// The values of a machine that has just been built.
  ///
  /// - Parameters:
  ///   - definition: What it is defined as.
  ///   - seed: In place of the definition's.
  ///   - clock: The host's time of day in Unix seconds, taken only when the definition says NOW.
  init(_ definition: SystemDefinition, seed: UInt64?, clock: () -> Int64) {
    self.seed = seed ?? definition.machine.seed
    settings = MachineSettings(definition)
    profileSettings = settings
    // Storage is kept in units that never straddle the PC's gap below 4 GiB.
    ledger = StorageLedger(
      installedByteCount: definition.machine.storageByteCount,
      incrementByteCount: definition.machine.ledgerIncrement)
    hasStaleShares = definition.machine.processors.map { _ in false }
    switch definition.machine.timeOfDay {
    case .fixed(let seconds): timeOfDayAtStart = seconds
    case .now:
      timeOfDayAtStart = min(max(0, clock()), TimeOfDay.latest)
      journal.events.publish(
        FirmwareEvent(time: 0, partition: nil, kind: .clockRead(timeOfDayAtStart)))
    }
  }
}

extension FirmwareState {
  /// Forgets what is kept of partitions by their numbers, which may be others' from now on.
  mutating func forget(_ numbers: Set<Int>) {
    softCapping.forget(numbers)
    waiting.removeAll(where: numbers.contains)
    held.removeAll(where: numbers.contains)
    reservations = reservations.filter { !numbers.contains($0.value) }
    end?.asked.removeAll(where: numbers.contains)
  }
}

extension PartitionManager {
  /// Everything of the machine but its guests' computers, as a value.
  package var machineState: MachineState {
    MachineState(
      firmware: state, partitions: partitions.map(\.state), epochs: engine.state,
      channels: channels.saveState())
  }

  /// Puts a state in place of the machine's own, the guests' computers apart: nothing is active here, and
  /// those that the state needs are still to be built.
  ///
  /// - Throws: `StateRefusal` when it is not one of this machine; nothing was changed then.
  package func restore(_ saved: MachineState) throws(StateRefusal) {
    let layout = try judge(saved)
    try channels.restoreState(saved.channels)
    state = saved.firmware
    let partitions = zip(layout.partitions, saved.partitions).map { Partition($0, $1) }
    take(layout, PartitionRoster(partitions), saved.epochs)
  }
}

extension PartitionManager: StateHolder {
  package static var roles: PropertyRoles {
    PropertyRoles(
      // What is below holds its own.
      state: ["state", "partitions", "engine", "channels"],
      wiring: ["layout", "pacer", "isRehearsal", "commandHandler", "interpreter"],
      // Filled and emptied when an epoch is settled, and by an action.
      caches: ["crossing", "loggingOn"])
  }
}
