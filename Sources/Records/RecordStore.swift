import Channels
import Foundation
import GRDB
import Partitioning
import Synchronization

// The records of one machine: an SQLite file that is written by one process at a time and may be read
// by others meanwhile (WAL). SQLite's transactions are what makes it safe against the end of the
// process at any instant: a transaction is in the file as a whole or not at all, and one that was
// committed stays. After the end of the whole host the last ones may be missing (synchronous=NORMAL),
// never half of one.

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
  /// Path that damaged records have now, when some were set aside.
  package let setAside: String?
  /// The start before, when it ended without a word.
  package let lostStart: StartRecord?
  /// The connection.
  package let queue: DatabaseQueue
  private let lock: FolderLock
  private let later = Mutex(LaterWrites())

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
    if folder.hasFile, !folder.isDatabase { throw .notRecords(file: folder.file) }
    self.lock = lock
    file = folder.file
    self.setAside = setAside
    lostStart = try RecordStore.judge(folder)
    queue = try RecordStoreError.naming(folder.file) {
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
  ///
  /// - Returns: The last start, when it has no end.
  private static func judge(_ folder: StateFolder) throws(RecordStoreError) -> StartRecord? {
    guard folder.hasFile else { return nil }
    return try RecordStoreError.naming(folder.file) {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(5)
      let queue = try DatabaseQueue(path: folder.file, configuration: configuration)
      defer { try? queue.close() }
      return try queue.read { database in
        try RecordSchema.judge(database, file: folder.file)
        let lost = try RecordSchema.lostStart(database)
        if lost != nil { try RecordSchema.check(database, thoroughly: true, file: folder.file) }
        return lost
      }
    }
  }

  /// Writes the end of the run, and leaves one file that can be read from a write-protected folder.
  ///
  /// Nothing can be written afterwards.
  package func close() throws(RecordStoreError) {
    try RecordStoreError.naming(file) { [queue] in
      queue.writeWithoutTransaction { database in
        // Refused while somebody reads; the file is complete without it.
        try? database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")
      }
      try queue.close()
    }
    lock.release()
  }
}

// MARK: Samples, which need not wait

/// Writes that were handed over and not waited for.
private struct LaterWrites {
  var count = 0
  var failure: RecordStoreError?
}

extension RecordStore {
  /// Samples that may wait for the file before the machine waits for them.
  private static let laterLimit = 4

  /// Hands a measurement over to be written by the connection's own thread.
  ///
  /// The order with all other writes stays. A failure is told by `takeFailure`.
  package func writeLater(
    _ sample: MeasurementSample, start: Int64, wall: Int64
  ) throws(RecordStoreError) {
    let isFull = later.withLock { later in
      guard later.count < RecordStore.laterLimit else { return true }
      later.count += 1
      return false
    }
    if isFull { return try write(sample, start: start, wall: wall) }
    queue.asyncWriteWithoutTransaction { [weak self] database in
      var failure: RecordStoreError?
      do throws(RecordStoreError) {
        try RecordStoreError.naming(self?.file ?? "") {
          try database.inTransaction {
            try sample.insert(database, start: start, wall: wall)
            return .commit
          }
        }
      } catch {
        failure = error
      }
      self?.later.withLock { later in
        later.count -= 1
        later.failure = failure ?? later.failure
      }
    }
  }

  /// Waits until every sample that was handed over is in the file.
  package func waitForSamples() throws(RecordStoreError) {
    // The connection does one thing after the other.
    queue.writeWithoutTransaction { _ in }
    if let failure = takeFailure() { throw failure }
  }

  /// Why a sample could not be written since the last call; nil when all could.
  package func takeFailure() -> RecordStoreError? {
    later.withLock { later in
      defer { later.failure = nil }
      return later.failure
    }
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
