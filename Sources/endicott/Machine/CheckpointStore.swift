import ControlProgram
import Partitioning
import Quantities
import Records

/// The checkpoints of a running machine, in its state folder.
final class CheckpointStore: CheckpointsPort {
  private let manager: PartitionManager
  private let folder: CheckpointFolder

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

  /// Has a machine that was just built go on from a checkpoint.
  ///
  /// - Throws: `HostFailure` that says what is damaged or does not fit.
  func goOn(from name: String) throws(HostFailure) {
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
