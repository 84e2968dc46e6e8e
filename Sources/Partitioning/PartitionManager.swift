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
  /// The firmware's own values.
  var state: FirmwareState
  /// What it was built for.
  let layout: MachineLayout
  let partitions: [Partition]
  let engine: EpochEngine<Computer>
  let channels: ChannelSubsystem
  /// How time follows the wall clock; `runEpochs` keeps it.
  package let pacer: Pacer
  /// Whether this is a copy without guests, on which actions are judged.
  let isRehearsal: Bool
  /// Answers DIAGNOSE X'08'; without one every command is unknown.
  package var commandHandler: GuestCommandHandler?
  /// Messages of an epoch on their way to Settle.
  var crossing: [CrossingEvent] = []

  private init(
    _ layout: MachineLayout, _ state: FirmwareState, partitions: [Partition],
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
      layout, state, partitions: layout.partitions.map { Partition($0, PartitionState($0)) },
      engine: engine, channels: channels, pacer: Pacer(options.pace ?? definition.machine.pace),
      isRehearsal: false)
    engine.progress.digest.mix(UInt64(clamping: PartitionManager.historyVersion))
    engine.progress.digest.mix(seed)
    engine.progress.digest.mix(UInt64(bitPattern: timeOfDayAtStart))
    for number in partitions.indices {
      engine.guests[number].home = number % max(1, engine.threads)
      engine.guests[number].digest.mix(UInt64(clamping: number))
    }
  }

  private static func hardware(
    _ layout: MachineLayout, _ options: ManagerOptions
  ) throws(MachineRefusal) -> (ChannelSubsystem, EpochEngine<Computer>) {
    let definition = layout.definition
    let channels: ChannelSubsystem
    do throws(ChannelError) {
      channels = try ChannelSubsystem(definition.channelConfiguration())
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
      layout: layout.dispatcher, epoch: engine.epoch, caches: [])
    epochs.state = engine.state
    return PartitionManager(
      layout, state,
      partitions: partitions.map { Partition($0.place, $0.state, answers: $0.answers) },
      engine: epochs, channels: channels.rehearsal(), pacer: Pacer(.fast), isRehearsal: true)
  }

  /// Version of what guests can see beside the definitions: cost table, slice, TLB geometry.
  package static let historyVersion = Computer.historyVersion

  /// What the machine was defined as.
  package var definition: SystemDefinition { layout.definition }
  /// Pool index of each type that is installed.
  var pools: [ProcessorType] { layout.pools }
  /// Seed of everything that is varied on purpose.
  package var seed: UInt64 { state.seed }
  /// Unix time in seconds at simulated time 0.
  package var timeOfDayAtStart: Int64 { state.timeOfDayAtStart }
  /// Actions from outside since IPL, in order.
  package var journal: [JournalEntry] { state.journal.entries }
  /// The machine's values that run.
  package var settings: MachineSettings { state.settings }
  /// The machine's values that the reset profile and the group profiles hold.
  package var profileSettings: MachineSettings { state.profileSettings }
  /// Storage granted and free.
  package var ledger: StorageLedger { state.ledger }

  /// Simulated time since IPL, at the border of an epoch.
  package var now: SimulatedTime { engine.now }

  /// Every defined partition's name in definition order.
  package var partitionNames: [String] { partitions.map(\.name) }

  /// Takes what happened since the last call, in order.
  package func takeEvents() -> [FirmwareEvent] {
    defer { state.journal.events.removeAll(keepingCapacity: true) }
    return state.journal.events
  }

  /// The number of a partition by name.
  package func number(of name: String) -> Int? { layout.numbers[name] }

  func partition(_ name: String) throws(ManagementError) -> Partition {
    // Cannot trap: `element(at:)` compares.
    guard let number = layout.numbers[name], let partition = partitions.element(at: number) else {
      throw .partitionNotFound(name)
    }
    return partition
  }

  /// A partition's name by its number.
  func partitionName(_ number: Int) -> String { partitions.element(at: number)?.name ?? "" }

  func note(_ partition: Partition?, _ kind: FirmwareEventKind, at time: SimulatedTime? = nil) {
    state.journal.events.append(
      FirmwareEvent(time: time ?? now, partition: partition?.name, kind: kind))
  }

  /// Judges and performs an action, all or nothing, at this instant.
  ///
  /// - Parameters:
  ///   - action: What.
  ///   - author: Who has it performed; a partition's permissions bind it.
  /// - Returns: Whether it is done or waits for the guest.
  /// - Throws: `ManagementError`; nothing was changed then.
  @discardableResult
  package func perform(
    _ action: ManagementAction, by author: Author = .user("OPERATOR")
  ) throws(ManagementError) -> ManagementResult {
    takeAllowance()
    let before = condition(of: action)
    do throws(ManagementError) {
      try authorize(action, author)
      let result = try carryOut(action)
      record(action, author, before: before)
      mix(action)
      return result
    } catch {
      record(action, author, before: before, refusal: error)
      throw error
    }
  }

  private func record(
    _ action: ManagementAction, _ author: Author, before: Condition,
    refusal: ManagementError? = nil
  ) {
    if refusal != nil, !isRefusalKept() { return }
    if state.commandingPartition == nil {
      state.journal.entries.append(
        JournalEntry(time: now, author: author, action: action, refusal: refusal))
    }
    keep(
      ChangeRecord(
        time: now, author: author, action: action, partition: action.partition,
        differences: refusal == nil ? condition(of: action).differences(from: before) : [],
        refusal: refusal))
  }

  /// Changes that are kept for whoever takes them; of more, the oldest half is dropped.
  static let changeLimit = 1 << 16

  private func keep(_ change: ChangeRecord) {
    if state.journal.changes.count >= PartitionManager.changeLimit {
      state.journal.changes.removeFirst(PartitionManager.changeLimit / 2)
    }
    state.journal.changes.append(change)
  }

  /// Does what nobody asked for at this instant and records it as the action that it amounts to: a
  /// guest's answer, a deadline, a power off.
  func recording(
    _ action: ManagementAction, by author: Author, _ body: () -> Void
  ) {
    let before = condition(of: action)
    body()
    keep(
      ChangeRecord(
        time: now, author: author, action: action, partition: action.partition,
        differences: condition(of: action).differences(from: before)))
  }

  /// Takes the changes since the last call, refused ones included, in order.
  package func takeChanges() -> [ChangeRecord] {
    defer { state.journal.changes.removeAll(keepingCapacity: true) }
    return state.journal.changes
  }

  /// Refuses what a partition's author is not permitted.
  private func authorize(
    _ action: ManagementAction, _ author: Author
  ) throws(ManagementError) {
    guard case .partition(let name) = author else { return }
    if case .batch(let actions) = action {
      for action in actions { try authorize(action, author) }
      return
    }
    let security = try partition(name).definition.security
    switch action {
    case .load(let target, let image?, _, _, _):
      try authorize(image, into: partition(target), by: name)
    case .varyPath, .configurePath, .releasePath:
      guard security.inputOutputControl else {
        throw .notAuthorized(name, needs: .inputOutputControl)
      }
    default: break
    }
    guard action.partition == name || security.crossPartitionAuthority else {
      throw .notAuthorized(name, needs: .crossPartitionAuthority)
    }
  }

  /// Takes an action into the history of the machine and of its partition.
  private func mix(_ action: ManagementAction) {
    engine.progress.digest.mix(now)
    var text = String(describing: action)
    text.withUTF8 { engine.progress.digest.mix(bytes: UnsafeRawBufferPointer($0)) }
    guard let name = action.partition, let number = layout.numbers[name] else { return }
    engine.guests[number].digest.mix(now)
    text.withUTF8 { engine.guests[number].digest.mix(bytes: UnsafeRawBufferPointer($0)) }
  }

  private func carryOut(_ action: ManagementAction) throws(ManagementError) -> ManagementResult {
    switch action {
    case .activate(let name, let profile, let load, let force):
      try activate(partition(name), profile: profile, load: load, force: force)
    case .recover(let name): try recover(partition(name))
    case .deactivate(let name, let force): try deactivate(partition(name), force: force)
    case .load(let name, let image, let parameters, let clear, let force):
      try load(
        partition(name), image: image, parameters: parameters, clear: clear, force: force)
    case .stop(let name, let processor): try stop(partition(name), processor: processor)
    case .start(let name, let processor): try start(partition(name), processor: processor)
    case .resetNormal(let name, let force):
      try reset(partition(name), clear: false, force: force)
    case .resetClear(let name, let force): try reset(partition(name), clear: true, force: force)
    case .restart(let name): try restart(partition(name))
    case .signalShutdown(let name, let within, let thenForce):
      return try signalShutdown(partition(name), within: within, thenForce: thenForce)
    case .cancelShutdown(let name): try cancelPending(partition(name), kind: .shutdown)
    case .setWeight, .setShare, .setInitialShare, .setCap, .setWeightRange, .setGroup,
      .setDefinedCapacity, .setPolarity, .setSecurity, .setGroupCap, .setGroupCapacity,
      .setRunningTime, .setWaitCompletion:
      try set(action, SettingScope())
    case .batch(let actions): return try carryOut(together: actions)
    case .inProfile(let change):
      try set(change, SettingScope(isRunning: false, isInProfile: true))
    case .inBoth(let change): try set(change, SettingScope(isInProfile: true))
    case .setNextProfile(let name, let profile): try setNextProfile(partition(name), profile)
    case .saveProfile(let name): try saveProfile(partition(name))
    case .configureProcessor(let name, let processor, let online, let insistence, let within):
      return try configureProcessor(
        partition(name), processor, online: online, insistence: insistence, within: within)
    case .configureStorage(let name, let bytes, let online, let insistence, let within):
      return try configureStorage(
        partition(name), bytes, online: online, insistence: insistence, within: within)
    case .configurePath(let name, let path, let online, let insistence):
      try configurePath(partition(name), path, online: online, insistence: insistence)
    case .releasePath(let name, let path): try releasePath(partition(name), path)
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

  /// Performs several actions once a rehearsal has shown that none of them is refused.
  private func carryOut(
    together actions: [ManagementAction]
  ) throws(ManagementError) -> ManagementResult {
    let all = ManagementAction.batch(actions)
    if all.isSetting {
      try set(all, SettingScope())
      return .done
    }
    let rehearsal = rehearsal()
    for action in actions { _ = try rehearsal.carryOut(action) }
    var changes: [PendingChange] = []
    for action in actions {
      if case .pending(let more) = try carryOut(action) { changes += more }
    }
    return changes.isEmpty ? .done : .pending(changes)
  }
}
