import Channels
import GuestPrograms
import Platform
import Quantities
import X86

// The firmware. Every change is one `ManagementAction`, judged by pure code and performed here, all
// or nothing, between epochs, by the one owner thread. Time passes only in `runEpochs`.

/// What is chosen beside the definition.
package struct ManagerOptions: Sendable {
  /// Host threads that run partitions, 1-64.
  package var threads: Int
  /// In place of the definition's seed.
  package var seed: UInt64?
  /// In place of the definition's pace.
  package var pace: Pace?
  /// How much decoded code the threads keep; the history is the same with each.
  package var caches: CachePolicy
  /// What runs guests' code; the history is the same with each.
  package var engine: ExecutionEngine
  /// Whether what guests write to writable files of the host stays in memory: the machine is only looked at.
  package var sparesFiles = false

  /// Creates options.
  package init(
    threads: Int = 1, seed: UInt64? = nil, pace: Pace? = nil, caches: CachePolicy = .ordinary,
    engine: ExecutionEngine = .standard
  ) {
    self.threads = threads
    self.seed = seed
    self.pace = pace
    self.caches = caches
    self.engine = engine
  }
}

/// Why a machine cannot be built on this host.
package enum MachineRefusal: Error, Equatable, Sendable {
  /// A device's file cannot be used.
  case channel(ChannelError)
  /// The host has no memory for decoded code.
  case hostMemory
}

/// The firmware of one machine: the front of the objects that it consists of.
///
/// Owner thread only.
package final class PartitionManager {
  /// Who does it.
  let firmware: Firmware
  /// How time follows the wall clock; `runEpochs` keeps it.
  package let pacer: Pacer
  /// Gives the COMMAND statements of definitions and answers the commands of guests; without one they fail.
  package weak var interpreter: (any CommandInterpreter)?
  /// Called when disks may have come or gone, before anything is written to them.
  package var onDisksChanged: (() -> Void)?
  /// Partitions that an action is bringing up, the outermost first.
  var loggingOn: [PartitionLoggingOn] = []

  private init(_ hardware: MachineHardware, _ state: FirmwareState, _ pacer: Pacer) {
    firmware = Firmware(hardware, state, pacer)
    self.pacer = pacer
    firmware.guestCommands.ask = { [weak self] in self?.interpreter?.answer($0) }
  }

  /// Builds the machine; no partition is active.
  ///
  /// - Parameters:
  ///   - definition: What the folder says; judged by `SystemDefinition.read`.
  ///   - options: Threads, seed and pace.
  ///   - clock: The host's time of day in Unix seconds, taken only when the definition says NOW.
  /// - Throws: `MachineRefusal` when a device's file cannot be used, or the host has no memory.
  package convenience init(
    _ definition: SystemDefinition, options: ManagerOptions = ManagerOptions(),
    clock: () -> Int64 = { 0 }
  ) throws(MachineRefusal) {
    let layout = MachineLayout(definition)
    let (channels, engine) = try PartitionManager.hardware(layout, options)
    let state = FirmwareState(definition, seed: options.seed, clock: clock)
    let partitions = layout.partitions.map { Partition($0, PartitionState($0)) }
    self.init(
      MachineHardware(
        state.origin, layout, PartitionRoster(partitions), engine, channels,
        VirtualNetworks(definition.machine.switches)), state,
      Pacer(options.pace ?? definition.machine.pace))
    engine.progress.digest.mix(UInt64(clamping: PartitionManager.historyVersion))
    engine.progress.digest.mix(UInt64(clamping: WrittenForm.version))
    engine.progress.digest.mix(seed)
    engine.progress.digest.mix(UInt64(bitPattern: timeOfDayAtStart))
    engine.setDigests(partitions.map { HistoryDigest(ofPartition: $0.number) })
  }

  private static func hardware(
    _ layout: MachineLayout, _ options: ManagerOptions
  ) throws(MachineRefusal) -> (ChannelSubsystem, EpochEngine<Computer>) {
    let definition = layout.definition
    let channels: ChannelSubsystem
    do throws(ChannelError) {
      channels = try ChannelSubsystem(
        definition.channelConfiguration(), sparingFiles: options.sparesFiles)
    } catch {
      throw .channel(error)
    }
    do throws(HostMemoryError) {
      let engine = try EpochEngine<Computer>(
        layout: layout.dispatcher, epoch: definition.machine.epochNanoseconds,
        threads: max(options.threads, 1), caches: options.caches,
        engine: options.engine)
      return (channels, engine)
    } catch {
      throw .hostMemory
    }
  }

  /// The same firmware with the same values and without guests, to judge actions on: it refuses what
  /// this one would refuse and shows what it would do; nothing of this machine changes, and time must
  /// not pass in the copy.
  package func rehearsal() -> PartitionManager {
    firmware.entitlements.settleShares()
    // What was said of the machine stays with it.
    var state = firmware.state
    state.journal = JournalState()
    return PartitionManager(firmware.hardware.rehearsal(), state, Pacer(.fast))
  }

  /// Lets simulated time pass, at the pace asked for.
  ///
  /// - Parameters:
  ///   - end: When to stop, taken up to the border of an epoch.
  ///   - stopWhen: Asked after every epoch; true ends the call there.
  package func runEpochs(until end: SimulatedTime, stopWhen: () -> Bool = { false }) {
    firmware.passage.runEpochs(until: end, stopWhen: stopWhen)
  }

  /// In a rehearsal: guests do all that is asked of them, as a script that waits for them expects, and
  /// those that were loaded in it take part.
  ///
  /// On a machine with guests it does nothing.
  package func agreeToPending() { firmware.reconfiguration.agreeToPending() }

  /// Version of what guests can see beside the definitions: cost table, slice, TLB geometry.
  package static let historyVersion = Computer.historyVersion
  /// Names of the guest programs that a partition can load.
  package static var programNames: [String] { Life.programNames }
}

extension PartitionManager: FirmwareObject {
  var hardware: MachineHardware { firmware.hardware }

  package static var roles: PropertyRoles {
    PropertyRoles(
      // Each of its objects holds its own.
      state: ["firmware"], wiring: ["pacer", "interpreter", "onDisksChanged"],
      // Filled and emptied by an action.
      caches: ["loggingOn"])
  }
}

// What is asked of the machine by others than those who show it.
extension PartitionManager {
  /// What the machine is defined as: what its folder says, with the partitions that there are now.
  package var definition: SystemDefinition { layout.definition }
  /// Seed of everything that is varied on purpose.
  package var seed: UInt64 { hardware.origin.seed }
  /// Unix time in seconds at simulated time 0.
  package var timeOfDayAtStart: Int64 { hardware.origin.timeOfDayAtStart }
  /// Simulated time since IPL, at the border of an epoch.
  package var now: SimulatedTime { engine.now }
  /// The next instant, on the grid of epochs, at which something happens; nil for never.
  package var nextEvent: SimulatedTime? { firmware.passage.nextEvent }

  /// Actions from outside since IPL, in order.
  package var journal: [JournalEntry] { firmware.journal.state.entries }
  /// How many of them were performed.
  package var inputCount: UInt64 { firmware.journal.state.inputCount }
  /// The machine's values that run.
  package var settings: MachineSettings { firmware.settings.running }
  /// The machine's values that the reset profile and the group profiles hold.
  package var profileSettings: MachineSettings { firmware.settings.profile }
  /// Which I/O configuration runs, and which ran.
  package var decks: DeckBook { hardware.decks }
  /// Storage granted and free.
  package var ledger: StorageLedger { firmware.storage.ledger }
  /// Host memory that guests' pages, disks and requests take, in bytes.
  package var hostStorageUsed: UInt64 { firmware.storage.hostStorageUsed }

  /// How a partition stands to its defined capacity; nil while nothing of it is averaged.
  package func softCapState(of name: String) -> SoftCapState? {
    number(of: name).flatMap { firmware.entitlements.state.softCapping.state($0) }
  }

  /// A group's rolling average in MSU; nil while it has no capacity or no active member.
  package func groupAverage(of name: String) -> Fraction? {
    settings.groups.firstIndex { $0.name == name }
      .flatMap { firmware.entitlements.state.softCapping.groupAverage($0) }
  }

  /// Numbers of the physical processors that are varied off line.
  package var offlineProcessors: [Int] { hardware.offlineProcessors }
  /// Numbers of the channel paths that are varied off line for the whole machine.
  package var offlinePaths: [UInt8] { channels.offlinePaths }

  /// Every defined partition's name in the order of their numbers.
  package var partitionNames: [String] { partitions.map(\.name) }
  /// Every defined partition's name, in name order.
  package var sortedNames: [String] { layout.sortedNames }
  /// The name of the partition that has a number; nil when nobody has it.
  package func name(of number: Int) -> String? { partitions[number]?.name }
  /// The number of a partition by name.
  package func number(of name: String) -> Int? { layout.numbers[name] }

  func partition(_ name: String) throws(ManagementError) -> Partition {
    try hardware.partition(name)
  }
}

// What was published, for those who read it.
extension PartitionManager {
  /// What happened by itself since a reader read last.
  package func events(since position: inout ReaderPosition) -> Reading<FirmwareEvent> {
    firmware.journal.state.events.read(&position)
  }

  /// The changes since a reader read last, refused ones included.
  package func changes(since position: inout ReaderPosition) -> Reading<ChangeRecord> {
    firmware.journal.state.changes.read(&position)
  }

  /// What came for guests since a reader read last.
  package func typed(since position: inout ReaderPosition) -> Reading<GuestInput> {
    firmware.journal.state.typed.read(&position)
  }

  /// What came in by uplinks since a reader read last.
  package func frames(since position: inout ReaderPosition) -> Reading<UplinkInput> {
    firmware.journal.state.frames.read(&position)
  }

  /// The accounting records since a reader read last.
  package func accounting(since position: inout ReaderPosition) -> Reading<AccountingRecord> {
    firmware.journal.state.accounting.read(&position)
  }
}
