import Channels
import ControlProgram
import Partitioning
import Quantities
import Records

/// The checkpoints of a running machine, in its state folder.
final class CheckpointStore: CheckpointsPort {
  /// When checkpoints are taken without being asked for.
  var schedule: CheckpointSchedule? { didSet { plan() } }
  /// When the next of those is due; `.max` for never.
  private(set) var nextDue = SimulatedTime.max
  /// Takes a line when one that is due could not be taken.
  var onTrouble: ((String) -> Void)?
  private let manager: PartitionManager
  private let folder: CheckpointFolder
  /// What begins the names of those that nobody asked for.
  private static let prefix = "AUTO-"

  /// The checkpoints in a state folder.
  init(_ manager: PartitionManager, stateFolder: String) {
    self.manager = manager
    folder = CheckpointFolder(inStateFolder: stateFolder)
  }

  func save(_ name: String) throws(RecordsFailure) -> CheckpointFacts {
    try answer { () throws(CheckpointError) in
      facts(
        try folder.save(
          manager.checkpoint(), as: name, machine: manager.definition.machine.name,
          level: ControlProgram.level))
    }
  }

  private func plan() {
    guard let interval = schedule?.interval else { return nextDue = .max }
    let elapsed = manager.now.divided(by: interval) ?? .max
    nextDue = elapsed.addingClamped(1).multipliedClamped(by: interval)
  }

  /// Takes the checkpoint that is due, if one is, and lets the oldest of its kind go.
  func takeDue() {
    guard manager.now >= nextDue, let schedule else { return }
    plan()
    do throws(RecordsFailure) {
      let seconds = "\(manager.now / 1_000_000_000)"
      _ = try save(Self.prefix + seconds.zeroPadded(to: 10))
      let own = try list().map(\.name).filter { $0.hasPrefix(Self.prefix) }.sorted()
      for name in own.dropLast(max(1, schedule.keptCount)) { try delete(name) }
    } catch {
      onTrouble?("CHECKPOINT NOT TAKEN: \(error.reason)")
    }
  }

  func delete(_ name: String) throws(RecordsFailure) {
    try answer { () throws(CheckpointError) in try folder.delete(name) }
  }

  func list() throws(RecordsFailure) -> [CheckpointFacts] {
    try answer { () throws(CheckpointError) in
      try folder.list().map { entry in
        switch entry.manifest {
        case .success(let manifest): facts(manifest)
        case .failure(let error):
          CheckpointFacts(name: entry.name, time: nil, finding: error.description)
        }
      }
    }
  }

  /// Has a machine that was just built go on from where it is to begin.
  ///
  /// - Parameters:
  ///   - beginning: Where.
  ///   - tell: Takes what is wrong with checkpoints that are passed over.
  /// - Returns: The checkpoint's name; nil when it starts anew.
  /// - Throws: `HostFailure` that says what is damaged or does not fit; the machine is as it was then.
  func begin(
    _ beginning: MachineBeginning, tell: (String) -> Void
  ) throws(HostFailure) -> String? {
    switch beginning {
    case .cold: return nil
    case .warm: return try goOnWarm(tell: tell)
    case .checkpoint(let name):
      try goOn(from: name)
      return name
    }
  }

  /// Has a machine that was just built go on from the newest checkpoint that is whole.
  ///
  /// - Parameter tell: Takes what is wrong with newer ones.
  /// - Returns: Its name; nil when there is none.
  /// - Throws: `HostFailure` when the folder cannot be read, or none of its checkpoints can be used.
  private func goOnWarm(tell: (String) -> Void) throws(HostFailure) -> String? {
    let all: [CheckpointFacts]
    do throws(RecordsFailure) {
      all = try list()
    } catch {
      throw HostFailure(subject: "checkpoints", reason: error.reason)
    }
    for facts in all.reversed() {
      do throws(HostFailure) {
        try goOn(from: facts.name)
        return facts.name
      } catch {
        tell(error.line)
      }
    }
    guard all.isEmpty else {
      throw HostFailure(
        subject: "checkpoints", reason: "none of \(all.count) can be used; start without --warm")
    }
    return nil
  }

  /// Has a machine that was just built go on from a checkpoint.
  ///
  /// - Throws: `HostFailure` that says what is damaged or does not fit.
  private func goOn(from name: String) throws(HostFailure) {
    do throws(CheckpointError) {
      let (manifest, checkpoint) = try folder.load(name)
      guard manifest.machine == manager.definition.machine.name else {
        throw .unfit(folder: folder.path, reason: "it is of machine \(manifest.machine)")
      }
      do throws(StateRefusal) {
        try manager.restore(checkpoint)
      } catch {
        throw .unfit(folder: folder.path + "/" + name, reason: error.description)
      }
    } catch {
      throw HostFailure(subject: "checkpoint \(name)", reason: error.description)
    }
  }

  private func facts(_ manifest: CheckpointManifest) -> CheckpointFacts {
    CheckpointFacts(
      name: manifest.name, time: manifest.time, guestCount: manifest.guestCount,
      writtenByteCount: UInt64(clamping: manifest.pageCount.multipliedClamped(by: 4096)),
      storedByteCount: UInt64(clamping: manifest.storedByteCount))
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
