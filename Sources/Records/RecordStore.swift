import Channels
import Foundation
import GRDB
import Partitioning
import Quantities
import Synchronization

// The records of one machine: an SQLite file that is written by one process at a time and may be read
// by others meanwhile (WAL). SQLite's transactions are what makes it safe against the end of the
// process at any instant: a transaction is in the file as a whole or not at all, and one that was
// committed stays. After the end of the whole host the last ones may be missing (synchronous=NORMAL),
// never half of one. What a medium does to a file afterwards is found by `RecordCopy` and by the rows'
// own checksums.

/// One IPL of a machine, as the records keep it.
package struct StartRecord: Sendable, Equatable {
  /// Its number, from 1.
  package var id: Int64
  /// Name of the machine.
  package var machine: String
  /// The host's clock in milliseconds since 1970.
  package var wall: Int64
  /// The simulated time of day at the IPL in seconds since 1970.
  package var timeOfDay: Int64
  /// Seed of what is varied on purpose.
  package var seed: UInt64
  /// Version of the history that guests can see.
  package var historyVersion: Int
  /// MSU of one physical processor, by type, where the machine's definition says it.
  package var capacityUnits: [ProcessorType: Int]
  /// Simulated time of its end; after a crash that of its last record, nil while it runs.
  package var endTime: SimulatedTime?
  /// How it ended, nil while it runs.
  package var ending: Ending?
  /// Where in an earlier start's history it goes on from; nil when it started anew.
  package var parent: RecordsPosition?

  /// How a run of the machine ended.
  package enum Ending: String, Sendable {
    /// The machine was taken down, or the session ended.
    case clean = "CLEAN"
    /// The process ended without a word.
    case lost = "LOST"
  }
}

/// The records of one machine, open for writing by this process.
package final class RecordStore: Sendable {
  /// Path of the file.
  package let file: String
  /// Path of the state folder in which it is.
  package var folder: String { (file as NSString).deletingLastPathComponent }
  /// Path that damaged records have now, when some were set aside.
  package let setAside: String?
  /// The start before, when it ended without a word.
  package let lostStart: StartRecord?
  /// What was found damaged when the records were opened, and what was put back.
  package let salvage: Salvage
  /// The connection.
  package let queue: DatabaseQueue
  let place: Mutex<KeepingPlace>
  let copy: RecordCopy
  /// The files that are written, as they were when they were opened.
  let files: [(path: String, identity: FileIdentity?)]
  private let lock: FolderLock
  private let samples: SampleWriter
  private let itself: WeakStore

  /// Opens the records of a state folder, and makes them when there are none.
  ///
  /// - Parameters:
  ///   - folder: Path of the state folder; it is made when it is not there.
  ///   - setsAsideDamaged: Whether records that cannot be used get another name and new ones begin.
  /// - Throws: `RecordStoreError`; nothing was changed then.
  package convenience init(
    folder: String, setsAsideDamaged: Bool = false
  ) throws(RecordStoreError) {
    let folder = StateFolder(path: folder)
    try folder.create()
    let lock = try folder.lock()
    do throws(RecordStoreError) {
      try self.init(folder, lock, setAside: nil)
    } catch {
      switch error {
      case .notRecords, .damaged, .unreadableRow:
        guard setsAsideDamaged else { throw error }
        let other = try folder.setAside()
        try self.init(folder, lock, setAside: other)
      default: throw error
      }
    }
  }

  private init(
    _ folder: StateFolder, _ lock: FolderLock, setAside: String?
  ) throws(RecordStoreError) {
    try folder.requireCompany()
    if folder.hasFile { try folder.requireDatabase() }
    try RecordStore.judge(folder)
    let copy = try RecordCopy(file: folder.copyFile)
    let contents = try copy.contents()
    let queue = try RecordStore.open(folder)
    let (salvage, place, lostStart) = try RecordStoreError.naming(folder.file) {
      let (salvage, place) = try RecordStore.salvage(queue, contents)
      return (salvage, place, try queue.read(RecordSchema.lostStart))
    }
    self.lock = lock
    file = folder.file
    self.setAside = setAside
    self.queue = queue
    self.copy = copy
    self.salvage = salvage
    self.lostStart = lostStart
    self.place = Mutex(place)
    files = [folder.file, folder.file + "-wal", folder.copyFile].compactMap { path in
      FileIdentity(path).map { (path, $0) }
    }
    let itself = WeakStore()
    self.itself = itself
    samples = SampleWriter { pending throws(RecordStoreError) in
      try itself.store?.write(pending.sample, start: pending.start, wall: pending.wall)
    }
    itself.store = self
    do throws(RecordStoreError) {
      try makeWhole()
    } catch {
      // Somebody reads: what stands in the write-ahead log is as it was found, and has no copy.
      guard case .inUse = error else { throw error }
      try copy.begin(identity: place.identity, number: place.number)
    }
  }

  deinit { samples.end() }

  private static func open(_ folder: StateFolder) throws(RecordStoreError) -> DatabaseQueue {
    try RecordStoreError.naming(folder.file) {
      var configuration = Configuration()
      configuration.label = "records"
      configuration.journalMode = .wal
      configuration.busyMode = .timeout(5)
      let queue = try DatabaseQueue(path: folder.file, configuration: configuration)
      try RecordSchema.migrator.migrate(queue)
      return queue
    }
  }

  /// Judges a file before anything is written to it.
  private static func judge(_ folder: StateFolder) throws(RecordStoreError) {
    guard folder.hasFile else { return }
    try RecordStoreError.naming(folder.file) {
      let queue = try RecordReader.open(folder.file) { database in
        try RecordSchema.judge(database, file: folder.file)
        guard try RecordSchema.lostStart(database) != nil else { return }
        try RecordSchema.check(database, thoroughly: true, file: folder.file)
      }
      try queue.close()
    }
  }

  /// Writes the end of the run, and leaves one file that can be read from a write-protected folder.
  ///
  /// Nothing can be written afterwards.
  package func close() throws(RecordStoreError) {
    samples.close()
    try makeWholeUnlessRead()
    try RecordStoreError.naming(file) { [queue] in
      queue.writeWithoutTransaction { database in
        // Refused while somebody reads; the file is complete without it.
        try? database.execute(sql: "PRAGMA journal_mode = DELETE")
      }
      try queue.close()
    }
    lock.release()
  }

  /// Makes the database whole; one that somebody reads stays as it is, which is complete.
  private func makeWholeUnlessRead() throws(RecordStoreError) {
    do throws(RecordStoreError) {
      try makeWhole()
    } catch {
      guard case .inUse = error else { throw error }
    }
  }
}

/// The store as its sample writer knows it.
private final class WeakStore: @unchecked Sendable {
  // Unchecked because it is set once, before the writer has a sample.
  weak var store: RecordStore?
}

// MARK: Samples, which need not wait

extension RecordStore {
  /// Hands a measurement over to be written by another thread; a failure is told by `takeFailure`.
  func writeLater(_ sample: PendingSample) { samples.add(sample) }

  /// Waits until every sample that was handed over is in the file.
  ///
  /// - Throws: `RecordStoreError` of one that is not.
  package func waitForSamples() throws(RecordStoreError) {
    samples.wait()
    if let failure = samples.lastFailure { throw failure }
  }

  /// Samples that could not be written since the last call, and why; nil when all could.
  func takeFailure() -> (error: RecordStoreError, samples: [PendingSample])? {
    samples.takeFailure()
  }
}

extension RecordSchema {
  /// Throws unless the database is empty, or undamaged records of a form that this program knows.
  static func judge(_ database: Database, file: String) throws {
    let application = try Int32.fetchOne(database, sql: "PRAGMA application_id")
    let tables = try Int.fetchOne(
      database,
      sql: """
        SELECT count(*) FROM sqlite_master
        WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'grdb_migrations'
        """)
    guard application == applicationID || (application == 0 && tables == 0) else {
      throw RecordStoreError.notRecords(file: file)
    }
    try check(database, thoroughly: false, file: file)
    if try migrator.hasBeenSuperseded(database) { throw RecordStoreError.newerForm(file: file) }
    try requireForm(database, file: file)
  }

  /// The last start when it has no end; the process that made it is gone, for it held the lock.
  static func lostStart(_ database: Database) throws -> StartRecord? {
    guard try database.tableExists("start") else { return nil }
    return try StartRecord.last(database).flatMap { $0.ending == nil ? $0 : nil }
  }

  /// Throws what SQLite's check finds first: of every page, and thoroughly of every index and rule.
  static func check(_ database: Database, thoroughly: Bool, file: String) throws {
    let check = thoroughly ? "integrity_check" : "quick_check"
    let finding = try String.fetchOne(database, sql: "PRAGMA \(check)(1)")
    guard finding == "ok" else {
      throw RecordStoreError.damaged(file: file, finding: finding ?? "nothing can be read")
    }
  }
}
