import Channels
import Partitioning

// Takes from the firmware what outlives it. What the machine does never depends on what is kept: the
// recorder takes copies, and a file that cannot be written stops nothing but the keeping.

/// Keeps one machine's records while it runs.
///
/// Owner thread only. A front end calls `keepUp` before it shows anything, so that nothing is shown
/// that is not in the file, and lets time pass no further than `nextSample` without calling it.
package final class Recorder {
  /// Time between two samples until somebody sets another.
  package static let standardInterval: SimulatedTime = 10_000_000_000
  /// Changes and accounts that wait while the file cannot be written; the oldest go first.
  private static let waitingLimit = 10_000

  /// The records.
  package let store: RecordStore
  /// The number of this start.
  package let start: Int64
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
  /// What is not in the file yet.
  private var changes: [ChangeRecord] = []
  private var accounts: [AccountingRecord] = []
  private var lastSample: SimulatedTime = 0
  private var trouble: RecordStoreError?
  private var droppedCount = 0

  /// Puts back what was kept of the machine, and begins a start of its own.
  ///
  /// - Parameters:
  ///   - store: The records.
  ///   - manager: The firmware, before anything is active.
  ///   - clock: The host's clock in milliseconds since 1970; what it says is kept and no more.
  /// - Throws: `RecordStoreError`; the machine is as it was then.
  package init(
    _ store: RecordStore, _ manager: PartitionManager, clock: @escaping () -> Int64
  ) throws(RecordStoreError) {
    self.store = store
    self.manager = manager
    self.clock = clock
    kept = try Recorder.restore(manager, from: store)
    start = try store.begin(
      machine: manager.definition.machine.name, timeOfDay: manager.timeOfDayAtStart,
      seed: manager.seed, historyVersion: PartitionManager.historyVersion,
      capacityUnits: manager.definition.machine.processors.reduce(into: [:]) {
        $0[$1.type] = $1.capacityUnits
      }, wall: clock())
    nextSample = manager.now
  }

  /// What the file had of the machine that ran before; nil when there was none.
  package let kept: KeptState?

  // MARK: Keeping

  /// Writes what has changed since the last call, and a sample when one is due.
  ///
  /// It returns when the changes are in the file. When they cannot be written they wait.
  package func keepUp() {
    takeRecords()
    let isDue = isSampling && (manager.now >= nextSample || isChangeToMeasure)
    guard isDue || !changes.isEmpty || !accounts.isEmpty || machine == nil else { return }
    // With a sample goes whatever changed without an action. What the machine before left is
    // written over only now, when the operator was told of it.
    let names = isDue || machine == nil ? manager.partitionNames : touchedPartitions
    do throws(RecordStoreError) {
      try write(configurationChange(of: names))
      if isDue { try takeSample() }
      recovered()
    } catch {
      troubled(error)
    }
    if isDue { scheduleSample() }
  }

  /// Writes the last sample and the end of the start, and closes the file.
  package func close() {
    for name in manager.partitionNames {
      // Refused for what is not active, which has its record.
      try? manager.account(name, reason: .shutdown)
    }
    takeRecords()
    do throws(RecordStoreError) {
      try write(configurationChange(of: manager.partitionNames))
      if isSampling { try takeSample() }
      try store.waitForSamples()
      try store.end(start: start, time: manager.now, wall: clock())
      try store.close()
    } catch {
      troubled(error)
    }
  }

  private func takeRecords() {
    changes += manager.takeChanges()
    accounts += manager.takeAccountingRecords()
  }

  private func takeSample() throws(RecordStoreError) {
    lastSample = manager.now
    try store.writeLater(manager.measurement(), start: start, wall: clock())
  }

  /// Whether a change waits at which the machine is to be measured.
  ///
  /// What held until then and what holds from there are then told apart; ten a sampling interval are
  /// enough.
  private var isChangeToMeasure: Bool {
    manager.now >= lastSample + interval / 10
      && changes.contains { !$0.differences.isEmpty }
  }

  private func scheduleSample() {
    nextSample = isSampling ? (manager.now / interval + 1) * interval : .max
  }

  /// Partitions that the waiting changes and accounts are about, each once.
  private var touchedPartitions: [String] {
    var seen: Set<String> = []
    return (changes.compactMap(\.partition) + accounts.map(\.partition)).filter {
      seen.insert($0).inserted
    }
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
    return change
  }

  /// Writes all that waits in one transaction.
  private func write(_ configuration: ConfigurationChange) throws(RecordStoreError) {
    guard !configuration.isEmpty || !changes.isEmpty || !accounts.isEmpty else { return }
    let wall = clock()
    try store.write { database in
      for change in changes { try change.insert(database, start: start, wall: wall) }
      for account in accounts { try account.insert(database, start: start) }
      try configuration.write(database)
    }
    changes.removeAll(keepingCapacity: true)
    accounts.removeAll(keepingCapacity: true)
    if let machine = configuration.machine { self.machine = machine }
    for partition in configuration.partitions { partitions[partition.name] = partition }
  }

  // MARK: Trouble

  private func troubled(_ error: RecordStoreError) {
    let excess = changes.count + accounts.count - Recorder.waitingLimit
    if excess > 0 {
      let gone = min(excess, changes.count)
      changes.removeFirst(gone)
      accounts.removeFirst(excess - gone)
      droppedCount += excess
    }
    guard error != trouble else { return }
    trouble = error
    onTrouble?("RECORDS NOT WRITTEN: \(error)")
  }

  private func recovered() {
    if let error = store.takeFailure() { return troubled(error) }
    guard trouble != nil else { return }
    trouble = nil
    let lost = droppedCount == 0 ? "" : "; \(droppedCount) ENTRIES ARE LOST"
    droppedCount = 0
    onTrouble?("RECORDS WRITTEN AGAIN" + lost)
  }
}
