import Foundation
import GRDB
import GRDBSQLite
import Quantities
import Synchronization

// Writing. A transaction is in the database first and in the copy behind it; it is kept once the
// database has it. What the disk refuses is told with the system's own reason.

/// Where a store is in its count of transactions.
struct KeepingPlace: Sendable {
  /// The last transaction that the database has.
  var number: Int64
  /// What tells the database from any other.
  var identity: String
  /// Whether the copy has all that the database has beside its last whole state.
  var isCopied = true
  /// In place of the disk, for tests: the system's error that writes fail with; 0 for none.
  var injectedFailure: Int32 = 0
}

extension RecordStore {
  /// Performs one transaction of what is kept twice.
  ///
  /// - Returns: What the work gives; it is kept then.
  /// - Throws: `RecordStoreError`; nothing was written then.
  func keep<Result>(
    _ work: (KeptTransaction) throws -> Result
  ) throws(RecordStoreError) -> Result {
    try requirePresence()
    let number = place.withLock { $0.number.addingClamped(1) }
    let (result, steps) = try transaction { database in
      let transaction = KeptTransaction(database)
      let result = try work(transaction)
      try database.cachedStatement(sql: "UPDATE keeping SET number = ?")
        .execute(arguments: [number])
      return (result, transaction.steps)
    }
    place.withLock { $0.number = number }
    copy(CopiedTransaction(number: number, steps: steps))
    return result
  }

  /// Writes a sample, of which the copy has only the number.
  func writeSample(_ work: (Database) throws -> Int64?) throws(RecordStoreError) {
    try requirePresence()
    guard let sample = try transaction(work) else { return }
    copy(CopiedTransaction(number: place.withLock { $0.number }, sample: sample))
  }

  /// Adds to the copy, or makes the database whole by itself so that the copy may begin anew.
  ///
  /// When neither can be done the database alone has what was kept, as before there were copies.
  private func copy(_ transaction: CopiedTransaction) {
    let isCopied = place.withLock { $0.isCopied }
    if isCopied {
      if copy.isFull {
        if (try? makeWhole()) != nil { return }
        copy.postpone()
      }
      if (try? copy.append(transaction)) != nil { return }
    }
    let isWhole = (try? makeWhole()) != nil
    place.withLock { $0.isCopied = isWhole }
  }

  /// Moves what stands in the write-ahead log into the database, and begins the copy anew.
  ///
  /// - Throws: `.inUse` while somebody reads, and what the disk refuses.
  func makeWhole() throws(RecordStoreError) {
    try RecordStoreError.naming(file) { [queue] in
      try queue.writeWithoutTransaction { database in
        // Its answer is whether somebody who reads is in the way, who is not waited for.
        try database.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? database.execute(sql: "PRAGMA busy_timeout = 5000") }
        let isBusy = try Int.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        guard isBusy == 0 else { throw DatabaseError(resultCode: .SQLITE_BUSY) }
      }
    }
    let place = place.withLock { $0 }
    try copy.begin(identity: place.identity, number: place.number)
  }

  private func transaction<Result>(
    _ work: (Database) throws -> Result
  ) throws(RecordStoreError) -> Result {
    let injected = place.withLock { $0.injectedFailure }
    return try RecordStoreError.naming(file) { [queue] in
      try queue.writeWithoutTransaction { database in
        do {
          var result: Result?
          try database.inTransaction {
            result = try work(database)
            guard injected == 0 else { throw DatabaseError(resultCode: .SQLITE_IOERR_WRITE) }
            return .commit
          }
          guard let result else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
          return result
        } catch let error as DatabaseError {
          let number = injected != 0 ? injected : sqlite3_system_errno(database.sqliteConnection)
          throw SystemFailure(error: error, number: number)
        }
      }
    }
  }

  /// Makes every write fail as a disk would that gives this system error; 0 ends it.
  package func fail(with number: Int32) { place.withLock { $0.injectedFailure = number } }

  /// Throws when the files are not where they were opened, so that what is written would be gone.
  ///
  /// - Throws: `.vanished` with what is not there.
  package func requirePresence() throws(RecordStoreError) {
    for (file, identity) in files where FileIdentity(file) != identity {
      throw .vanished(file: file)
    }
  }
}

/// What SQLite refused, and the system's error behind it.
struct SystemFailure: Error {
  let error: DatabaseError
  /// `errno`, 0 when there was none.
  let number: Int32
}
