import Channels
import ControlProgram
import Partitioning
import Quantities
import Records

/// The checkpoints of a running machine, in its state folder.
///
/// Owner thread only. The machine stands still while one is taken; it is written beside it.
final class CheckpointStore: CheckpointsPort {
  /// When checkpoints are taken without being asked for.
  var schedule: CheckpointSchedule? { didSet { plan() } }
  /// Whether one is taken when the machine ends.
  var isTakenAtEnd = false
  /// Whether who asks for one waits until it is written: where nobody sees messages.
  var waits = true
  /// When the next of those is due; `.max` for never.
  private(set) var nextDue = SimulatedTime.max
  /// Takes a line about one that nobody waits for.
  var onMessage: ((String) -> Void)?
  private let manager: PartitionManager
  private let recorder: Recorder
  private let folder: CheckpointFolder
  private let disks: DiskPasts
  private let writer = CheckpointWriter()
  /// The one that is being written.
  private var current: (name: String, isTold: Bool)?
  /// The sum of what the machine was defined as.
  private let definition: UInt64
  /// What begins the names of those that nobody asked for; the oldest of these go.
  var prefix = "AUTO-"
  /// As that, for those that are kept so that any instant can be gone back to.
  static let recordedPrefix = "TIME-"

  /// The checkpoints beside a machine's records.
  init(
    _ manager: PartitionManager, _ recorder: Recorder, _ disks: DiskPasts, definition: UInt64
  ) {
    self.manager = manager
    self.recorder = recorder
    self.disks = disks
    folder = CheckpointFolder(inStateFolder: recorder.store.folder)
    self.definition = definition
  }

  /// Goes on as another machine's did.
  func take(scheduleOf other: CheckpointStore) {
    prefix = other.prefix
    schedule = other.schedule
  }

  deinit { writer.wait() }

  // MARK: Taking

  func save(_ name: String) throws(RecordsFailure) -> CheckpointFacts? {
    finish()
    try answer { () throws(CheckpointError) in try begin(name, isTold: !waits) }
    guard waits else { return nil }
    writer.wait()
    current = nil
    guard let outcome = writer.takeOutcome() else { return nil }
    defer { pruneDisks() }
    return try answer { () throws(CheckpointError) in facts(try outcome.get()) }
  }

  /// Takes the machine as it is now, and begins to write it.
  private func begin(_ name: String, isTold: Bool) throws(CheckpointError) {
    guard CheckpointFolder.isName(name) else { throw .wrongName(name) }
    let checkpoint = manager.checkpoint()
    let marks = disks.mark()
    let sync = disks.sync
    // What the records have is what comes before it.
    recorder.keepUp()
    let position = recorder.position
    let machine = manager.definition.machine.name
    current = (name, isTold)
    writer.begin { [folder, definition] () throws(CheckpointError) in
      // What the disks' files have is part of it.
      try sync()
      return try folder.save(
        checkpoint, as: name, machine: machine, level: ControlProgram.level, position: position,
        definition: definition, disks: marks)
    }
  }

  /// Tells what became of the one that is being written, if that is known.
  func keepUp() {
    for line in disks.takeMessages() { onMessage?(line) }
    guard let (name, isTold) = current, let outcome = writer.takeOutcome() else { return }
    current = nil
    switch outcome {
    case .success(let manifest):
      if isTold { onMessage?(facts(manifest).takenText) } else { dropOldest() }
      pruneDisks()
    case .failure(let error):
      onMessage?("CHECKPOINT \(name) NOT TAKEN: \(error.description)")
    }
  }

  /// Waits until none is being written.
  func finish() {
    writer.wait()
    keepUp()
  }

  private func plan() {
    guard let interval = schedule?.interval else { return nextDue = .max }
    let elapsed = manager.now.divided(by: interval) ?? .max
    nextDue = elapsed.addingClamped(1).multipliedClamped(by: interval)
  }

  /// Takes the checkpoint that is due, if one is.
  func takeDue() {
    guard manager.now >= nextDue else { return }
    plan()
    takeAutomatic()
  }

  /// Takes one that nobody asked for now; as many as the schedule says are kept.
  func takeAutomatic() {
    finish()
    let (seconds, rest) = (manager.now / 1_000_000_000, manager.now / 1_000_000 % 1000)
    let fraction = rest == 0 ? "" : "-" + "\(rest)".zeroPadded(to: 3)
    let name = prefix + "\(recorder.start)-\(seconds)" + fraction
    do throws(CheckpointError) {
      try begin(name, isTold: false)
    } catch {
      onMessage?("CHECKPOINT \(name) NOT TAKEN: \(error.description)")
    }
  }

  /// Lets the oldest go of those that nobody asked for, beyond as many as are kept.
  private func dropOldest() {
    guard let schedule else { return }
    do throws(RecordsFailure) {
      let own = try list().map(\.name).filter { $0.hasPrefix(prefix) }
      for name in own.dropLast(max(1, schedule.keptCount)) { try delete(name) }
    } catch {
      onMessage?("CHECKPOINTS NOT REMOVED: \(error.reason)")
    }
  }

  func saveAtEnd() {
    guard isTakenAtEnd else { return }
    let waited = waits
    waits = true
    defer { waits = waited }
    do throws(RecordsFailure) {
      if let facts = try save("SHUTDOWN") { onMessage?(facts.takenText) }
    } catch {
      onMessage?("CHECKPOINT SHUTDOWN NOT TAKEN: \(error.reason)")
    }
  }

  // MARK: What there is

  func delete(_ name: String) throws(RecordsFailure) {
    finish()
    try answer { () throws(CheckpointError) in try folder.delete(name) }
    pruneDisks()
  }

  /// Lets go what is kept of disks for checkpoints that are gone.
  func pruneDisks() {
    guard let all = try? folder.list() else { return }
    let manifests = all.compactMap { try? $0.manifest.get() }
    // What one that cannot be read needs, nobody knows.
    if manifests.count == all.count { disks.prune(to: manifests) }
  }

  func keptDisks() -> [KeptDiskFacts] {
    disks.facts.map {
      KeptDiskFacts(device: $0.device, byteCount: $0.byteCount, byteLimit: $0.byteLimit)
    }
  }

  func list() throws(RecordsFailure) -> [CheckpointFacts] {
    finish()
    return try answer { () throws(CheckpointError) in
      try folder.list().map { entry in
        switch entry.manifest {
        case .success(let manifest): facts(manifest)
        case .failure(let error):
          CheckpointFacts(name: entry.name, time: nil, finding: error.description)
        }
      }
    }
  }

  private func facts(_ manifest: CheckpointManifest) -> CheckpointFacts {
    CheckpointFacts(manifest, missingDisks: disks.missing(in: manifest))
  }

  private func answer<Answer>(
    _ question: () throws(CheckpointError) -> Answer
  ) throws(RecordsFailure) -> Answer {
    do throws(CheckpointError) {
      return try question()
    } catch {
      throw RecordsFailure(error.description)
    }
  }
}
