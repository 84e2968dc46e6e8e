import Channels
import GuestPrograms
import Platform
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

  /// Creates options.
  package init(threads: Int = 1, seed: UInt64? = nil, pace: Pace? = nil) {
    self.threads = threads
    self.seed = seed
    self.pace = pace
  }
}

/// One action from outside, with the instant at which it took effect.
package struct JournalEntry: Sendable, Equatable {
  /// When.
  package var time: SimulatedTime
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
  package private(set) var journal: [JournalEntry] = []
  /// Storage granted and free.
  package internal(set) var ledger: StorageLedger

  let engine: EpochEngine<Machine>
  let partitions: [Partition]
  /// Numbers by name; looked up, never iterated.
  private let numbers: [String: Int]
  /// Pool index of each type that is installed.
  let pools: [ProcessorType]
  let channels: ChannelSubsystem
  var events: [FirmwareEvent] = []
  var load: LoadMeter
  /// Messages of an epoch on their way to Settle.
  var crossing: [CrossingEvent] = []
  /// Partitions with pending changes, ascending.
  var waiting: [Int] = []
  /// Greater than 0 while a guest's command is being performed: not an action from outside.
  var commandDepth = 0

  /// Builds the machine; no partition is active.
  ///
  /// - Parameters:
  ///   - definition: What the folder says; judged by `SystemDefinition.read`.
  ///   - options: Threads, seed and pace.
  ///   - clock: The host's time of day in Unix seconds, taken only when the definition says NOW.
  /// - Throws: `ChannelError` when a device's file cannot be used.
  package init(
    _ definition: SystemDefinition, options: ManagerOptions = ManagerOptions(),
    clock: () -> Int64 = { 0 }
  ) throws(ChannelError) {
    self.definition = definition
    seed = options.seed ?? definition.machine.seed
    pools = definition.machine.processors.map(\.type)
    // Storage is kept in units that never straddle the PC's gap below 4 GiB.
    ledger = StorageLedger(
      installedByteCount: definition.machine.storageByteCount,
      incrementByteCount: min(definition.machine.incrementByteCount, 1 << 30))
    channels = try ChannelSubsystem(definition.channelConfiguration())
    var layout = Dispatcher.Layout(
      pools: definition.machine.processors.map { (megahertz: $0.megahertz, count: $0.count) },
      accounts: [], partitionCount: definition.partitions.count)
    var partitions: [Partition] = []
    var numbers: [String: Int] = [:]
    for (number, partition) in definition.partitions.enumerated() {
      let first = layout.accounts.count
      for processors in partition.processors {
        layout.accounts.append(
          (
            partition: number, pool: pools.firstIndex(of: processors.type) ?? 0,
            logicals: processors.initial + processors.reserved,
            isDedicated: processors.mode == .dedicated
          ))
      }
      let image = definition.inputOutput.images.first { $0.partition == partition.name }
      partitions.append(
        Partition(
          partition, number: number, accounts: first..<layout.accounts.count,
          subsystem: image?.subsystem))
      numbers[partition.name] = number
    }
    self.partitions = partitions
    self.numbers = numbers
    engine = EpochEngine(
      layout: layout, epoch: definition.machine.epochNanoseconds, threads: options.threads)
    pacer = Pacer(options.pace ?? definition.machine.pace)
    load = LoadMeter()
    switch definition.machine.timeOfDay {
    case .fixed(let seconds): timeOfDayAtStart = seconds
    case .now:
      timeOfDayAtStart = clock()
      events.append(
        FirmwareEvent(time: 0, partition: nil, kind: .clockRead(timeOfDayAtStart)))
    }
    engine.digest.mix(UInt64(PartitionManager.historyVersion))
    engine.digest.mix(seed)
    engine.digest.mix(UInt64(bitPattern: timeOfDayAtStart))
    for number in partitions.indices {
      engine.guests[number].home = number % max(1, min(options.threads, 64))
      engine.guests[number].digest.mix(UInt64(number))
    }
  }

  /// Version of what guests can see beside the definitions: cost table, slice, TLB geometry.
  package static let historyVersion = Machine.historyVersion

  /// Simulated time since IPL, at the border of an epoch.
  package var now: SimulatedTime { engine.now }

  /// Every defined partition's name in definition order.
  package var partitionNames: [String] { partitions.map(\.name) }

  /// Takes what happened since the last call, in order.
  package func takeEvents() -> [FirmwareEvent] {
    defer { events.removeAll(keepingCapacity: true) }
    return events
  }

  /// The number of a partition by name.
  package func number(of name: String) -> Int? { numbers[name] }

  func partition(_ name: String) throws(ManagementError) -> Partition {
    guard let number = numbers[name] else { throw .partitionNotFound(name) }
    return partitions[number]
  }

  func note(_ partition: Partition?, _ kind: FirmwareEventKind, at time: SimulatedTime? = nil) {
    events.append(
      FirmwareEvent(time: time ?? now, partition: partition?.name, kind: kind))
  }

  /// Judges and performs an action, all or nothing, at this instant.
  ///
  /// - Throws: `ManagementError`; nothing was changed then.
  @discardableResult
  package func perform(_ action: ManagementAction) throws(ManagementError) -> ManagementResult {
    do throws(ManagementError) {
      let result = try carryOut(action)
      if commandDepth == 0 { journal.append(JournalEntry(time: now, action: action)) }
      mix(action)
      return result
    } catch {
      if commandDepth == 0 {
        journal.append(JournalEntry(time: now, action: action, refusal: error))
      }
      throw error
    }
  }

  /// Takes an action into the history of the machine and of its partition.
  private func mix(_ action: ManagementAction) {
    engine.digest.mix(now)
    var text = String(describing: action)
    text.withUTF8 { engine.digest.mix(bytes: UnsafeRawBufferPointer($0)) }
    guard let name = action.partition, let number = numbers[name] else { return }
    engine.guests[number].digest.mix(now)
    text.withUTF8 { engine.guests[number].digest.mix(bytes: UnsafeRawBufferPointer($0)) }
  }

  private func carryOut(_ action: ManagementAction) throws(ManagementError) -> ManagementResult {
    switch action {
    case .activate(let name, let load): try activate(partition(name), load: load)
    case .deactivate(let name): try deactivate(partition(name))
    case .load(let name, let image, let parameters):
      try load(partition(name), image: image, parameters: parameters)
    case .stop(let name, let processor): try stop(partition(name), processor: processor)
    case .start(let name, let processor): try start(partition(name), processor: processor)
    case .resetNormal(let name): try reset(partition(name), clear: false)
    case .resetClear(let name): try reset(partition(name), clear: true)
    case .restart(let name): try restart(partition(name))
    case .signalShutdown(let name, let within, let thenForce):
      return try signalShutdown(partition(name), within: within, thenForce: thenForce)
    case .cancelShutdown(let name): try cancelPending(partition(name), kind: .shutdown)
    case .setWeight(let name, let type, let weight):
      try setWeight(partition(name), type: type, weight: weight)
    case .setShare(let name, let type, let amount, let limit):
      try setShare(partition(name), type: type, amount: amount, limit: limit)
    case .setInitialShare(let name, let type): try setInitialShare(partition(name), type: type)
    case .setCap(let name, let type, let cap): try setCap(partition(name), type: type, cap)
    case .configureProcessor(let name, let processor, let online, let insistence, let within):
      return try configureProcessor(
        partition(name), processor, online: online, insistence: insistence, within: within)
    case .configureStorage(let name, let bytes, let online, let insistence, let within):
      return try configureStorage(
        partition(name), bytes, online: online, insistence: insistence, within: within)
    case .configurePath(let name, let path, let online, let insistence):
      try configurePath(partition(name), path, online: online, insistence: insistence)
    case .cancelPending(let name, let kind): try cancelPending(partition(name), kind: kind)
    case .varyProcessor(let number, let online): try varyProcessor(number, online: online)
    case .varyPath(let path, let online, let insistence):
      try varyPath(path, online: online, insistence: insistence)
    case .defineProcessor(let name, let processor):
      try defineProcessor(partition(name), processor)
    case .detachProcessor(let name, let processor):
      try detachProcessor(partition(name), processor)
    case .defineStorage(let name, let bytes): try defineStorage(partition(name), bytes)
    case .sendConsole(let name, let bytes): try sendConsole(partition(name), bytes)
    case .storeStorage(let name, let address, let bytes):
      try storeStorage(partition(name), address, bytes)
    case .storeRegister(let name, let processor, let register, let value):
      try storeRegister(partition(name), processor, register, value)
    }
    return .done
  }
}
