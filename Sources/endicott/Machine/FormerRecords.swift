import Channels
import ControlProgram
import Partitioning
import Quantities
import Records

// A machine that is only looked at has the records that there are up to the instant at which it is; nothing is
// added to them.

/// The records of a machine that is only looked at.
final class FormerRecords: RecordsPort {
  private let past: RecordedPast

  init(_ past: RecordedPast) { self.past = past }

  var isKept: Bool { false }
  var interval: SimulatedTime {
    get { Recorder.standardInterval }
    set {}
  }
  var isSampling: Bool {
    get { false }
    set {}
  }

  func sampledTimes() throws(RecordsFailure) -> ClosedRange<SimulatedTime>? {
    let times = try answer { past throws(RecordStoreError) in try past.sampleTimes() }
    guard let first = times.first?.time, let last = times.last?.time else { return nil }
    // A file that something else wrote may have them in any order.
    return ClosedRange(uncheckedBounds: (min(first, last), max(first, last)))
  }

  func sample(atOrBefore time: SimulatedTime) throws(RecordsFailure) -> MeasurementSample? {
    try answer { past throws(RecordStoreError) in
      guard let found = try past.sampleTimes().last(where: { $0.time <= time }) else { return nil }
      return try past.sample(found.id)
    }
  }

  func accounting(
    of partition: String?, last count: Int
  ) throws(RecordsFailure) -> [AccountingRecord] {
    try answer { past throws(RecordStoreError) in try past.accounting(of: partition, last: count) }
  }

  func changes(
    of partition: String?, from: SimulatedTime?, to: SimulatedTime?, last count: Int
  ) throws(RecordsFailure) -> [ChangeRecord] {
    try answer { past throws(RecordStoreError) in
      try past.changes(of: partition, from: from, to: to, last: count)
    }
  }

  private func answer<Answer>(
    _ question: (RecordedPast) throws(RecordStoreError) -> Answer
  ) throws(RecordsFailure) -> Answer {
    do throws(RecordStoreError) {
      return try question(past)
    } catch {
      throw RecordsFailure("\(error)")
    }
  }
}

/// The checkpoints of a machine that is only looked at.
final class FormerCheckpoints: CheckpointsPort {
  private let past: RecordedPast
  private let folder: CheckpointFolder
  private let missingDisks: (CheckpointManifest) -> [UInt16]

  /// - Parameters:
  ///   - past: The machine's past.
  ///   - folder: Its checkpoints.
  ///   - missingDisks: The disks that a checkpoint is without.
  init(
    _ past: RecordedPast, _ folder: CheckpointFolder,
    missingDisks: @escaping (CheckpointManifest) -> [UInt16]
  ) {
    self.past = past
    self.folder = folder
    self.missingDisks = missingDisks
  }

  var isKept: Bool { false }
  var schedule: CheckpointSchedule? {
    get { nil }
    set {}
  }

  func list() throws(RecordsFailure) -> [CheckpointFacts] {
    do throws(CheckpointError) {
      return try folder.list().compactMap { try? $0.manifest.get() }
        .filter { $0.position.map { past.contains($0) } ?? false }
        .map { CheckpointFacts($0, missingDisks: missingDisks($0)) }
    } catch {
      throw RecordsFailure(error.description)
    }
  }

  func keptDisks() -> [KeptDiskFacts] { [] }
  func saveAtEnd() {}

  func save(_ name: String) throws(RecordsFailure) -> CheckpointFacts? { throw Self.nothingKept }
  func delete(_ name: String) throws(RecordsFailure) { throw Self.nothingKept }

  private static let nothingKept = RecordsFailure("the machine is only looked at; use --keep")
}

extension CheckpointFacts {
  /// What a checkpoint says of itself.
  init(_ manifest: CheckpointManifest, missingDisks: [UInt16]) {
    self.init(
      name: manifest.name, time: manifest.time, guestCount: manifest.guestCount,
      writtenByteCount: UInt64(clamping: manifest.pageCount.multipliedClamped(by: 4096)),
      storedByteCount: UInt64(clamping: manifest.storedByteCount), missingDisks: missingDisks)
  }
}
