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
  /// Whether what guests write to writable files of the host stays in memory: the machine is only looked at.
  package var sparesFiles = false

  /// Creates options.
  package init(
    threads: Int = 1, seed: UInt64? = nil, pace: Pace? = nil, caches: CachePolicy = .ordinary
  ) {
    self.threads = threads
    self.seed = seed
    self.pace = pace
    self.caches = caches
  }
}

/// Why a machine cannot be built on this host.
package enum MachineRefusal: Error, Equatable, Sendable {
  /// A device's file cannot be used.
  case channel(ChannelError)
  /// The host has no memory for decoded code.
  case hostMemory
}

/// One action from outside, with the instant at which it took effect.
package struct JournalEntry: Sendable, Equatable, Codable {
  /// When.
  package var time: SimulatedTime
  /// Who had it performed.
  package var author: Author
  /// What.
  package var action: ManagementAction
  /// Why it was refused, nil when it was performed.
  package var refusal: ManagementError?
}

/// A guest's CP command and what it may do, answered by the control program.
///
/// Given the partition's number and the text, gives the reply and the return code.
package typealias GuestCommandHandler = (_ partition: Int, _ text: String) -> (
  reply: String, returnCode: UInt64
)

/// The firmware of one machine.
///
/// Owner thread only.
package final class PartitionManager {
  /// The firmware's own values.
  var state: FirmwareState
  /// What it is built for, as partitions have come and gone.
  private(set) var layout: MachineLayout
  private(set) var partitions: PartitionRoster
  private(set) var engine: EpochEngine<Computer>
  let channels: ChannelSubsystem
  /// How time follows the wall clock; `runEpochs` keeps it.
  package let pacer: Pacer
  /// Whether this is a copy without guests, on which actions are judged.
  let isRehearsal: Bool
  /// Answers DIAGNOSE X'08'; without one every command is unknown.
  package var commandHandler: GuestCommandHandler?
  /// Gives the COMMAND statements of definitions; without one they fail.
  package weak var interpreter: (any CommandInterpreter)?
  /// Messages of an epoch on their way to Settle.
  var crossing: [CrossingEvent] = []
  /// Partitions that an action is bringing up, the outermost first.
  var loggingOn: [PartitionLoggingOn] = []

  private init(
    _ layout: MachineLayout, _ state: FirmwareState, partitions: PartitionRoster,
    engine: EpochEngine<Computer>, channels: ChannelSubsystem, pacer: Pacer, isRehearsal: Bool
  ) {
    self.layout = layout
    self.state = state
    self.partitions = partitions
    self.engine = engine
    self.channels = channels
    self.pacer = pacer
    self.isRehearsal = isRehearsal
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
    self.init(
      layout, state,
      partitions: PartitionRoster(layout.partitions.map { Partition($0, PartitionState($0)) }),
      engine: engine, channels: channels, pacer: Pacer(options.pace ?? definition.machine.pace),
      isRehearsal: false)
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
        threads: max(options.threads, 1), caches: options.caches)
      return (channels, engine)
    } catch {
      throw .hostMemory
    }
  }

  /// The same firmware with the same values and without guests, to judge actions on: it refuses what
  /// this one would refuse and shows what it would do; nothing of this machine changes, and time must
  /// not pass in the copy.
  package func rehearsal() -> PartitionManager {
    settleShares()
    // What was said of the machine stays with it.
    var state = state
    state.journal = JournalState()
    let epochs = EpochEngine<Computer>(
      layout: layout.dispatcher, epoch: engine.epoch, caches: [], state: engine.state)
    return PartitionManager(
      layout, state,
      partitions: PartitionRoster(
        partitions.map { Partition($0.place, $0.state, answers: $0.answers) }),
      engine: epochs, channels: channels.rehearsal(), pacer: Pacer(.fast), isRehearsal: true)
  }

  /// Version of what guests can see beside the definitions: cost table, slice, TLB geometry.
  package static let historyVersion = Computer.historyVersion

  /// Goes on in another layout, with its partitions, and the epochs in a state that is one of it.
  func take(_ layout: MachineLayout, _ partitions: PartitionRoster, _ epochs: EpochState) {
    self.layout = layout
    self.partitions = partitions
    engine = EpochEngine(takingOver: engine, layout: layout.dispatcher, state: epochs)
  }

  /// What the machine is defined as: what its folder says, with the partitions that there are now.
  package var definition: SystemDefinition { layout.definition }
  /// Pool index of each type that is installed.
  var pools: [ProcessorType] { layout.pools }
  /// Seed of everything that is varied on purpose.
  package var seed: UInt64 { state.seed }
  /// Unix time in seconds at simulated time 0.
  package var timeOfDayAtStart: Int64 { state.timeOfDayAtStart }
  /// Actions from outside since IPL, in order.
  package var journal: [JournalEntry] { state.journal.entries }
  /// How many of them were performed.
  package var inputCount: UInt64 { state.journal.inputCount }
  /// The machine's values that run.
  package var settings: MachineSettings { state.settings }
  /// The machine's values that the reset profile and the group profiles hold.
  package var profileSettings: MachineSettings { state.profileSettings }
  /// Storage granted and free.
  package var ledger: StorageLedger { state.ledger }

  /// Simulated time since IPL, at the border of an epoch.
  package var now: SimulatedTime { engine.now }

  /// Every defined partition's name in the order of their numbers.
  package var partitionNames: [String] { partitions.map(\.name) }

  /// Every defined partition's name, in name order.
  package var sortedNames: [String] { layout.sortedNames }

  /// The name of the partition that has a number; nil when nobody has it.
  package func name(of number: Int) -> String? { partitions[number]?.name }

  /// The number of a partition by name.
  package func number(of name: String) -> Int? { layout.numbers[name] }

  func partition(_ name: String) throws(ManagementError) -> Partition {
    guard let number = layout.numbers[name], let partition = partitions[number] else {
      throw .partitionNotFound(name)
    }
    return partition
  }

  /// A partition's name by its number.
  func partitionName(_ number: Int) -> String { partitions[number]?.name ?? "" }
}
