import Partitioning
import Records

/// What outlives a machine, as a machine that is being built has it: to be written, only to be read, or not
/// at all.
struct MachineRecords {
  /// Where records are kept; nil for nowhere.
  var store: RecordStore?
  /// Records of a machine that is only looked at.
  var reader: RecordReader?
  /// The state folder of that one.
  var readFolder: String?

  /// Nothing is kept.
  static let none = MachineRecords()

  /// The machine's last start; nil when there is none.
  func lastStart() throws(HostFailure) -> StartRecord? {
    do throws(RecordStoreError) {
      if let store { return try store.starts().last }
      return try reader?.starts().last
    } catch {
      throw HostFailure(error)
    }
  }

  /// What is kept of a machine's disks, of which none is open yet; nil where nothing is kept.
  var disks: DiskPasts? { store.map { DiskPasts(inStateFolder: $0.folder) } }

  /// Finds what a machine that was just built goes on from, and puts it and its disks back.
  ///
  /// - Parameters:
  ///   - manager: The machine.
  ///   - definition: What its folder says.
  ///   - disks: What is kept of its disks.
  ///   - beginning: Whether it starts anew or goes on from a checkpoint.
  ///   - isRewound: Whether it comes in the place of a machine whose disks are open.
  /// - Returns: What it goes on from; nil when it starts anew.
  /// - Throws: `HostFailure`; the machine is as it was then.
  func origin(
    of manager: PartitionManager, _ definition: SystemDefinition, _ disks: DiskPasts?,
    from beginning: MachineBeginning, isRewound: Bool
  ) throws(HostFailure) -> MachineOrigin? {
    if let store {
      let folder = CheckpointFolder(inStateFolder: store.folder)
      var origin = try MachineRestart(manager, folder, store, definition: definition) {
        writeError($0)
      }.begin(beginning)
      guard let disks else { return origin }
      // Another I/O configuration than the folder's, or than the one before, may have run then.
      let manifest = origin?.manifest
      let missing = try askDisks { () throws(CheckpointError) in
        if isRewound {
          disks.follow(manager.definition)
        } else {
          try disks.open(manager.definition)
        }
        return try manifest.map { manifest throws(CheckpointError) in try disks.go(to: manifest) }
      }
      origin?.missingDisks = missing ?? []
      return origin
    }
    guard let reader, let readFolder else { return nil }
    let folder = CheckpointFolder(inStateFolder: readFolder, isReadOnly: true)
    var origin = try MachineRestart(manager, folder, reader, definition: definition) {
      writeError($0)
    }.begin(beginning)
    if let manifest = origin?.manifest {
      origin?.missingDisks = DiskPasts.show(manifest, on: manager, inStateFolder: readFolder) {
        writeError($0)
      }
    }
    return origin
  }

  /// What is asked of the records of a machine that is only looked at; nil for one that keeps its own, and for
  /// one without.
  func past(
    of origin: MachineOrigin?, _ definition: SystemDefinition
  ) -> (records: FormerRecords, checkpoints: FormerCheckpoints)? {
    guard let reader, let readFolder, let origin, let later = origin.later else { return nil }
    let past = RecordedPast(reader, on: later.line, upTo: later.end)
    return (
      FormerRecords(past),
      FormerCheckpoints(past, CheckpointFolder(inStateFolder: readFolder, isReadOnly: true)) {
        DiskPasts.missing(in: $0, of: definition, inStateFolder: readFolder)
      }
    )
  }

  private func askDisks<Answer>(
    _ question: () throws(CheckpointError) -> Answer
  ) throws(HostFailure) -> Answer {
    do throws(CheckpointError) {
      return try question()
    } catch {
      throw HostFailure(subject: "disks", reason: error.description)
    }
  }
}
