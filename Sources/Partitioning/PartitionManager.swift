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
  /// What the machine was defined as.
  package let definition: SystemDefinition
  /// Seed of everything that is varied on purpose.
  package let seed: UInt64
  /// Unix time in seconds at simulated time 0.
  package let timeOfDayAtStart: Int64
  /// How time follows the wall clock; `runEpochs` keeps it.
  package let pacer: Pacer
  /// Answers DIAGNOSE X'08'; without one every command is unknown.
  package var commandHandler: GuestCommandHandler?
  /// Actions from outside since IPL, in order.
  package internal(set) var journal: [JournalEntry] = []
  /// The machine's values that run.
  package internal(set) var settings: MachineSettings
  /// The machine's values that the reset profile and the group profiles hold.
  package internal(set) var profileSettings: MachineSettings
  /// Rolling averages of defined capacities, and what they lead to.
  var softCapping = SoftCapping()
  /// Storage granted and free.
  package internal(set) var ledger: StorageLedger

  let engine: EpochEngine<Computer>
  let partitions: [Partition]
  private let layout: Dispatcher.Layout
  /// Numbers by name; looked up, never iterated.
  private let numbers: [String: Int]
  /// Pool index of each type that is installed.
  let pools: [ProcessorType]
  let channels: ChannelSubsystem
  var events = Publication<FirmwareEvent>(keeping: eventLimit)
  var changes = Publication<ChangeRecord>(keeping: changeLimit)
  var accounting = Publication<AccountingRecord>(keeping: changeLimit)
  /// The end of the machine, while its guests have time for it.
  var end: MachineEnd?
  var load: LoadMeter
  /// Messages of an epoch on their way to Settle.
  var crossing: [CrossingEvent] = []
  /// Pools whose shares are to be computed again.
  var hasStaleShares: [Bool]
  /// Partitions with pending changes, ascending.
  var waiting: [Int] = []
  /// Partitions for which isolation keeps a reconfigurable path that is off line, by path.
  var reservations: [UInt8: Int] = [:]
  /// Pages of guests' storage that count against HOSTSTORAGE.
  var hostPageCount = 0
  /// Whether this is a copy without guests, on which actions are judged.
  let isRehearsal: Bool
  /// Whether it is the rehearsal of a batch, which is performed at this very instant: what is loaded is
  /// looked at, and a guest that was just loaded listens to nothing yet.
  var rehearsesBatch = false
  /// Number of the partition whose guest's command is being performed: not an action from outside.
  var commandingPartition: Int?
  /// Bytes of the host's files that were read for the guest's command that is being performed.
  var bytesRead = 0
  /// Partitions that were loaded and begin later, ascending.
  var held: [Int] = []

  /// Builds the machine; no partition is active.
  ///
  /// - Parameters:
  ///   - definition: What the folder says; judged by `SystemDefinition.read`.
  ///   - options: Threads, seed and pace.
  ///   - clock: The host's time of day in Unix seconds, taken only when the definition says NOW.
  /// - Throws: `MachineRefusal` when a device's file cannot be used, or the host has no memory.
  package init(
    _ definition: SystemDefinition, options: ManagerOptions = ManagerOptions(),
    clock: () -> Int64 = { 0 }
  ) throws(MachineRefusal) {
    self.definition = definition
    seed = options.seed ?? definition.machine.seed
    pools = definition.machine.processors.map(\.type)
    hasStaleShares = Array(repeating: false, count: definition.machine.processors.count)
    // Storage is kept in units that never straddle the PC's gap below 4 GiB.
    ledger = StorageLedger(
      installedByteCount: definition.machine.storageByteCount,
      incrementByteCount: definition.machine.ledgerIncrement)
    do throws(ChannelError) {
      channels = try ChannelSubsystem(definition.channelConfiguration())
    } catch {
      throw .channel(error)
    }
    settings = MachineSettings(definition)
    profileSettings = settings
    var layout = Dispatcher.Layout(
      pools: definition.machine.processors.map { (megahertz: $0.megahertz, count: $0.count) },
      accounts: [], partitionCount: definition.partitions.count,
      groupCount: definition.groups.count)
    var partitions: [Partition] = []
    var numbers: [String: Int] = [:]
    let imageProfiles = Dictionary(grouping: definition.imageProfiles, by: \.partition)
    let subsystems = Dictionary(
      definition.inputOutput.images.map { ($0.partition, $0.subsystem) },
      uniquingKeysWith: { first, _ in first })
    for (number, partition) in definition.partitions.enumerated() {
      let others = imageProfiles[partition.name] ?? []
      let own = ProcessorLayout.layout(
        of: [partition] + others.map(\.definition), firstAccount: layout.accounts.count)
      for place in own {
        layout.accounts.append(
          (
            partition: number, pool: pools.firstIndex(of: place.type) ?? 0,
            logicals: place.count
          ))
      }
      partitions.append(
        Partition(
          partition, others: others, number: number, layout: own,
          subsystem: subsystems[partition.name]))
      numbers[partition.name] = number
    }
    self.partitions = partitions
    self.numbers = numbers
    self.layout = layout
    isRehearsal = false
    do throws(HostMemoryError) {
      engine = try EpochEngine(
        layout: layout, epoch: definition.machine.epochNanoseconds,
        threads: max(options.threads, 1), caches: options.caches)
    } catch {
      throw .hostMemory
    }
    pacer = Pacer(options.pace ?? definition.machine.pace)
    load = LoadMeter()
    switch definition.machine.timeOfDay {
    case .fixed(let seconds): timeOfDayAtStart = seconds
    case .now:
      timeOfDayAtStart = min(max(0, clock()), TimeOfDay.latest)
      events.publish(
        FirmwareEvent(time: 0, partition: nil, kind: .clockRead(timeOfDayAtStart)))
    }
    engine.digest.mix(UInt64(clamping: PartitionManager.historyVersion))
    engine.digest.mix(UInt64(clamping: WrittenForm.version))
    engine.digest.mix(seed)
    engine.digest.mix(UInt64(bitPattern: timeOfDayAtStart))
    for number in partitions.indices {
      engine.guests[number].home = number % max(1, engine.threads)
      engine.guests[number].digest.mix(UInt64(clamping: number))
    }
  }

  /// A copy of a machine without its guests.
  private init(rehearsing other: PartitionManager) {
    definition = other.definition
    seed = other.seed
    pools = other.pools
    hasStaleShares = other.hasStaleShares
    ledger = other.ledger
    channels = ChannelSubsystem(rehearsing: other.channels)
    settings = other.settings
    profileSettings = other.profileSettings
    partitions = other.partitions.map { Partition(rehearsing: $0) }
    numbers = other.numbers
    layout = other.layout
    isRehearsal = true
    engine = EpochEngine(layout: other.layout, epoch: other.engine.epoch, caches: [])
    pacer = Pacer(.fast)
    load = other.load
    timeOfDayAtStart = other.timeOfDayAtStart
    waiting = other.waiting
    held = other.held
    end = other.end
    reservations = other.reservations
    hostPageCount = other.hostPageCount
    engine.jump(to: other.now)
    engine.digest = other.engine.digest
    for number in partitions.indices {
      engine.guests[number].digest = other.engine.guests[number].digest
    }
    engine.dispatcher.adopt(other.engine.dispatcher)
  }

  /// The same firmware without guests, to judge actions on: it refuses what this one would refuse
  /// and shows what it would do; nothing of this machine changes, and time must not pass in the copy.
  package func rehearsal() -> PartitionManager {
    settleShares()
    return PartitionManager(rehearsing: self)
  }

  /// Version of what guests can see beside the definitions: cost table, slice, TLB geometry.
  package static let historyVersion = Computer.historyVersion

  /// Simulated time since IPL, at the border of an epoch.
  package var now: SimulatedTime { engine.now }

  /// Every defined partition's name in definition order.
  package var partitionNames: [String] { partitions.map(\.name) }

  /// The number of a partition by name.
  package func number(of name: String) -> Int? { numbers[name] }

  func partition(_ name: String) throws(ManagementError) -> Partition {
    // Cannot trap: `element(at:)` compares.
    guard let number = numbers[name], let partition = partitions.element(at: number) else {
      throw .partitionNotFound(name)
    }
    return partition
  }

  /// A partition's name by its number.
  func partitionName(_ number: Int) -> String { partitions.element(at: number)?.name ?? "" }
}
