import Channels
import Partitioning
import Quantities

// Takes from the firmware what outlives it. What the machine does never depends on what is kept: the
// recorder takes copies, and a file that cannot be written stops nothing but the keeping.

/// Keeps one machine's records while it runs.
///
/// Owner thread only. A front end calls `keepUp` before it shows anything, so that nothing is shown
/// that is not in the file, lets time pass no further than `nextSample` without calling it, and calls
/// `watch` whenever it looks around.
package final class Recorder {
  /// Time between two samples until somebody sets another.
  package static let standardInterval: SimulatedTime = 10_000_000_000
  /// Changes that wait while the file cannot be written, and as many accounts; the oldest go first.
  private static let waitingLimit = 10_000
  /// Samples that wait so.
  private static let sampleLimit = 360
  /// Milliseconds of the host's time between two looks at the files and at what waits.
  private static let watchInterval: Int64 = 1000

  /// The records.
  package let store: RecordStore
  /// The number of this start.
  package private(set) var start: Int64
  /// Takes a line when the file cannot be written, and when it can again.
  package var onTrouble: ((String) -> Void)?
  /// Time between two samples in nanoseconds.
  package var interval = Recorder.standardInterval { didSet { scheduleSample() } }
  /// Whether samples are taken.
  package var isSampling = true { didSet { scheduleSample() } }
  /// When the next sample is due, unless something changes before.
  package private(set) var nextSample: SimulatedTime = 0

  private let manager: PartitionManager
  private let clock: () -> Int64
  /// The configuration as the file has it.
  private var machine: MachineRecord?
  private var partitions: [String: PartitionRecord] = [:]
  /// What of the firmware's changes and accounting records it has taken.
  private var changePosition = ReaderPosition()
  private var accountPosition = ReaderPosition()
  private var typedPosition = ReaderPosition()
  private var framePosition = ReaderPosition()
  /// What is not in the file yet.
  private var changes: [ChangeRecord] = []
  private var accounts: [AccountingRecord] = []
  private var typed: [GuestInput] = []
  private var frames: [UplinkInput] = []
  private var samples: [PendingSample] = []
  private var lastSample: SimulatedTime = 0
  private var trouble: RecordStoreError?
  private var droppedCount = 0
  private var lastWatch: Int64 = 0
  /// Changes that were taken since the last answer, refused ones left out.
  private var performedCount = 0

  /// Puts back what was kept of the machine, unless it goes on from a checkpoint, which has it all; and
  /// begins a start of its own.
  ///
  /// - Parameters:
  ///   - store: The records.
  ///   - manager: The firmware, before anything is active, or as a checkpoint has it.
  ///   - goesOn: Whether it goes on from a checkpoint.
  ///   - parent: Where in an earlier start's history that is, when it is known.
  ///   - clock: The host's clock in milliseconds since 1970; what it says is kept and no more.
  /// - Throws: `RecordStoreError`; the machine is as it was then.
  package init(
    _ store: RecordStore, _ manager: PartitionManager, goesOn: Bool = false,
    from parent: RecordsPosition? = nil, clock: @escaping () -> Int64
  ) throws(RecordStoreError) {
    self.store = store
    self.manager = manager
    self.clock = clock
    kept = goesOn ? nil : try Recorder.restore(manager, from: store)
    start = try Recorder.begin(store, manager, from: parent, wall: clock())
    nextSample = manager.now
  }

  private static func begin(
    _ store: RecordStore, _ manager: PartitionManager, from parent: RecordsPosition?, wall: Int64
  ) throws(RecordStoreError) -> Int64 {
    try store.begin(
      machine: manager.definition.machine.name, timeOfDay: manager.timeOfDayAtStart,
      seed: manager.seed, historyVersion: PartitionManager.historyVersion,
      capacityUnits: manager.definition.machine.processors.reduce(into: [:]) {
        $0[$1.type] = $1.capacityUnits
      }, parent: parent, wall: wall)
  }

  /// What the file had of the machine that ran before; nil when there was none.
  package let kept: KeptState?

  /// Where the machine's history stands in the records.
  package var position: RecordsPosition {
    RecordsPosition(start: start, time: manager.now, input: manager.inputCount)
  }

  // MARK: Keeping

  /// Writes what has changed since the last call, and a sample when one is due.
  ///
  /// It returns when the changes are in the file. When they cannot be written they wait.
  package func keepUp() {
    guard !isPaused else { return }
    takeRecords()
    if let failure = takeBack() { troubled(failure) }
    let isDue = isSampling && (manager.now >= nextSample || isChangeToMeasure)
    let isAll = isDue || machine == nil || trouble != nil
    guard isAll || hasInputs || !accounts.isEmpty || !samples.isEmpty else { return }
    // With a sample goes whatever changed without an action. What the machine before left is
    // written over only now, when the operator was told of it.
    let names = isAll ? manager.partitionNames : touchedPartitions
    if isDue { takeSample() }
    if let failure = write(configurationChange(of: names)) {
      troubled(failure)
    } else {
      recovered()
    }
    if isDue { scheduleSample() }
  }

  /// Looks, once a second of the host's time, whether what is written still is where it belongs and
  /// whether what waits can be written now.
  package func watch() {
    let now = clock()
    guard now < lastWatch || now.subtractingClamped(lastWatch) >= Recorder.watchInterval else {
      return
    }
    lastWatch = now
    if trouble != nil { return keepUp() }
    do throws(RecordStoreError) {
      try store.requirePresence()
      if let failure = takeBack() { throw failure }
    } catch {
      troubled(error)
    }
  }

  /// Writes that the machine was here.
  package func markInstant() {
    takeSample()
    try? store.waitForSamples()
    keepUp()
  }

  /// Whether nothing is kept for now: inputs of an earlier history are performed again, and its records have
  /// what comes.
  package var isPaused = false

  /// Keeps on from here.
  ///
  /// - Parameters:
  ///   - changes: What came beyond the earlier history's records.
  ///   - parent: Where in that history the machine was left, when that is not its end: another start begins
  ///     there, so that what is asked for from now on follows what the machine went through.
  package func goOn(with changes: [ChangeRecord], from parent: RecordsPosition? = nil) {
    if let parent {
      do throws(RecordStoreError) {
        let wall = clock()
        try store.end(start: start, time: manager.now, wall: wall)
        start = try Recorder.begin(store, manager, from: parent, wall: wall)
      } catch {
        troubled(error)
      }
    }
    _ = manager.changes(since: &changePosition)
    _ = manager.accounting(since: &accountPosition)
    _ = manager.typed(since: &typedPosition)
    _ = manager.frames(since: &framePosition)
    self.changes += changes
    nextSample = manager.now
    isPaused = false
  }

  /// Writes the last sample and the end of the start, and closes the file.
  ///
  /// - Returns: What is lost because it could not be written, in one line; nil when all is kept.
  @discardableResult
  package func close() -> String? { end { () throws(RecordStoreError) in try store.close() } }

  /// As `close`, but the file stays open: the machine goes on as another start of it.
  @discardableResult
  package func end() -> String? { end { () throws(RecordStoreError) in } }

  private func end(_ close: () throws(RecordStoreError) -> Void) -> String? {
    for name in manager.partitionNames {
      // Refused for what is not active, which has its record.
      try? manager.account(name, reason: .shutdown)
    }
    takeRecords()
    if isSampling { takeSample() }
    try? store.waitForSamples()
    var failure = write(configurationChange(of: manager.partitionNames))
    do throws(RecordStoreError) {
      try store.waitForSamples()
      try store.end(start: start, time: manager.now, wall: clock())
      try close()
    } catch {
      failure = failure ?? error
    }
    return failure.map { "\($0); lost with the end: \(unkept?.what ?? "how the machine ended")" }
  }

  /// Whether something waits that the machine's history follows from.
  private var hasInputs: Bool { !changes.isEmpty || !typed.isEmpty || !frames.isEmpty }

  private func takeRecords() {
    let newChanges = manager.changes(since: &changePosition)
    let newAccounts = manager.accounting(since: &accountPosition)
    let newKeys = manager.typed(since: &typedPosition)
    let newFrames = manager.frames(since: &framePosition)
    performedCount = performedCount.addingClamped(newChanges.elements.count { $0.refusal == nil })
    changes += newChanges.elements
    accounts += newAccounts.elements
    typed += newKeys.elements
    frames += newFrames.elements
    let lost = newChanges.lostCount.addingClamped(newAccounts.lostCount)
      .addingClamped(newKeys.lostCount).addingClamped(newFrames.lostCount)
    if lost > 0 { onTrouble?("\(lost) ENTRIES CAME FASTER THAN THEY WERE KEPT AND ARE LOST") }
  }

  private func takeSample() {
    lastSample = manager.now
    let sample = PendingSample(sample: manager.measurement(), start: start, wall: clock())
    if trouble == nil, samples.isEmpty { store.writeLater(sample) } else { samples.append(sample) }
  }

  /// Whether a change waits at which the machine is to be measured.
  ///
  /// What held until then and what holds from there are then told apart; ten a sampling interval are
  /// enough.
  private var isChangeToMeasure: Bool {
    manager.now >= lastSample.addingClamped(interval / 10)
      && changes.contains { !$0.differences.isEmpty }
  }

  private func scheduleSample() {
    let elapsed = manager.now.divided(by: interval) ?? .max
    nextSample = isSampling ? elapsed.addingClamped(1).multipliedClamped(by: interval) : .max
  }

  /// Partitions that the waiting changes and accounts are about, and those of whose adapters the other side
  /// has changed: the far end of a channel, who was at a switch.
  private var touchedPartitions: [String] {
    // What comes from outside connects nothing.
    guard !changes.isEmpty || !accounts.isEmpty else { return [] }
    let couplings = manager.couplings
    let connected = manager.partitionNames.filter {
      !(couplings[$0] ?? []).elementsEqual(partitions[$0]?.couplings ?? [])
    }
    return Set(changes.flatMap(\.partitions) + accounts.map(\.partition) + connected).sorted()
  }

  /// The parts of the configuration that are not what the file has.
  private func configurationChange(of names: [String]) -> ConfigurationChange {
    var change = ConfigurationChange()
    let now = manager.machineRecord
    if now != machine { change.machine = now }
    for name in names {
      guard let record = manager.record(of: name), record != partitions[name] else { continue }
      change.partitions.append(record)
    }
    let performed = changes.filter { $0.refusal == nil }
    change.deleted = Set(performed.flatMap(\.partitions)).filter { manager.isActive($0) == nil }
      .sorted()
    return change
  }

  // MARK: Writing, class by class

  /// Writes all that waits: changes with the configuration that they led to, accounts, samples.
  ///
  /// Each class is a transaction of its own where all cannot be written together: what still can be
  /// kept is kept.
  ///
  /// - Returns: Why something could not be written; nil when all is.
  private func write(_ configuration: ConfigurationChange) -> RecordStoreError? {
    let absence = attempt { () throws(RecordStoreError) in try store.requirePresence() }
    if let absence { return absence }
    var failure = attempt { () throws(RecordStoreError) in
      try writeChanges(configuration, withAccounts: true)
    }
    if failure != nil {
      // What stands in the write-ahead log may make room there.
      try? store.makeWhole()
      failure = attempt { () throws(RecordStoreError) in
        try writeChanges(configuration, withAccounts: false)
      }
      failure = attempt { () throws(RecordStoreError) in try writeAccounts() } ?? failure
    }
    return takeBack() ?? attempt { () throws(RecordStoreError) in try writeSamples() } ?? failure
  }

  private func attempt(_ work: () throws(RecordStoreError) -> Void) -> RecordStoreError? {
    do throws(RecordStoreError) {
      try work()
      return nil
    } catch {
      return error
    }
  }

  private func writeChanges(
    _ configuration: ConfigurationChange, withAccounts: Bool
  ) throws(RecordStoreError) {
    let accounts = withAccounts ? self.accounts : []
    guard !configuration.isEmpty || hasInputs || !accounts.isEmpty else { return }
    let wall = clock()
    try store.keep { transaction in
      for change in changes { try change.insert(transaction, start: start, wall: wall) }
      try transaction.write(typed, start: start)
      try transaction.write(frames, start: start)
      for account in accounts { try account.insert(transaction, start: start) }
      try configuration.write(transaction)
    }
    if withAccounts { self.accounts.removeAll(keepingCapacity: true) }
    haveWritten(configuration)
  }

  private func haveWritten(_ configuration: ConfigurationChange) {
    changes.removeAll(keepingCapacity: true)
    typed.removeAll(keepingCapacity: true)
    frames.removeAll(keepingCapacity: true)
    if let machine = configuration.machine { self.machine = machine }
    for partition in configuration.partitions { partitions[partition.name] = partition }
    for name in configuration.deleted { partitions[name] = nil }
  }

  private func writeAccounts() throws(RecordStoreError) {
    guard !accounts.isEmpty else { return }
    try store.keep { transaction in
      for account in accounts { try account.insert(transaction, start: start) }
    }
    accounts.removeAll(keepingCapacity: true)
  }

  private func writeSamples() throws(RecordStoreError) {
    var rest = samples[...]
    defer { samples = Array(rest) }
    while let sample = rest.first {
      try store.write(sample.sample, start: sample.start, wall: sample.wall)
      rest = rest.dropFirst()
    }
  }

  /// Takes samples back that another thread could not write.
  private func takeBack() -> RecordStoreError? {
    guard let failure = store.takeFailure() else { return nil }
    samples = failure.samples + samples
    return failure.error
  }

  // MARK: Trouble

  /// What is not kept, and why; nil when all is.
  package var unkept: (what: String, reason: String)? {
    guard let trouble else { return nil }
    let parts = [
      (changes.count, "change"), (typed.count, "typed text"), (frames.count, "frame"),
      (accounts.count, "accounting record"), (samples.count, "sample"),
    ]
    let what = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
    return (what.isEmpty ? "what changes from now on" : what.joined(separator: ", "), "\(trouble)")
  }

  /// What is not kept, as an answer tells it: whether a change is among it that was performed since the
  /// last answer.
  package func takeUnkept() -> (isNew: Bool, what: String, reason: String)? {
    defer { performedCount = 0 }
    keepUp()
    return unkept.map { (performedCount > 0 && !changes.isEmpty, $0.what, $0.reason) }
  }

  private func troubled(_ error: RecordStoreError) {
    drop(&changes, limit: Recorder.waitingLimit)
    drop(&typed, limit: Recorder.waitingLimit)
    drop(&frames, limit: Recorder.waitingLimit)
    drop(&accounts, limit: Recorder.waitingLimit)
    drop(&samples, limit: Recorder.sampleLimit)
    guard error != trouble else { return }
    trouble = error
    onTrouble?("RECORDS NOT WRITTEN: \(error)")
    onTrouble?("NOT KEPT YET: \((unkept?.what ?? "").uppercased()); THE MACHINE GOES ON")
  }

  /// Forgets the oldest of what waits beyond a limit.
  private func drop<Element>(_ waiting: inout [Element], limit: Int) {
    guard waiting.count > limit else { return }
    let excess = waiting.count.subtractingClamped(limit)
    waiting = Array(waiting.suffix(limit))
    droppedCount = droppedCount.addingClamped(excess)
  }

  private func recovered() {
    guard trouble != nil else { return }
    trouble = nil
    let lost = droppedCount == 0 ? "" : "; \(droppedCount) ENTRIES ARE LOST"
    droppedCount = 0
    onTrouble?("RECORDS WRITTEN AGAIN" + lost)
  }
}
