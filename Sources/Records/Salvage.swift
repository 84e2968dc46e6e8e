import GRDB
import Partitioning
import Quantities

// What the start finds out about what the machine before had kept: the database's own count against the
// copy's, the numbers of rows against their count, and every row's checksum.

/// What was found damaged or missing in the records, and what of it the copy could give back.
package struct Salvage: Sendable, Equatable {
  /// Changes that the database had lost and the copy gave back.
  package var putBack: [LoggedChange] = []
  /// Transactions that the copy gave back, those without changes included.
  package var putBackCount = 0
  /// Numbers of transactions that nothing has any more.
  package var lostTransactions: [ClosedRange<Int64>] = []
  /// Lines of the copy that are damaged.
  package var damagedCopyLines = 0
  /// Samples that are gone.
  package var lostSamples: Int64 = 0
  /// Rows that are damaged or missing, by table: `change 17`.
  package var damagedRows: [String] = []

  /// Whether everything was found as it was written.
  package var isEmpty: Bool { self == Salvage() }

  /// What an operator should know.
  ///
  /// - Parameter words: An action in the words of its command.
  /// - Returns: Lines, none when nothing was damaged.
  package func lines(_ words: (ManagementAction) -> String) -> [String] {
    var lines: [String] = []
    if putBackCount > 0 {
      lines.append(
        "DAMAGED: THE WRITE-AHEAD LOG OF THE RECORDS; \(putBackCount) TRANSACTIONS WITH"
          + " \(putBack.count) CHANGES WERE PUT BACK FROM THE COPY")
      lines += putBack.map { "PUT BACK: CHANGE \($0.sequence) \(words($0.change.action))" }
    }
    for range in lostTransactions {
      lines.append("LOST FROM THE RECORDS: TRANSACTIONS \(range.lowerBound)-\(range.upperBound)")
    }
    if damagedCopyLines > 0 {
      lines.append("DAMAGED: \(damagedCopyLines) LINES OF THE COPY OF THE RECORDS")
    }
    if lostSamples > 0 { lines.append("LOST FROM THE RECORDS: \(lostSamples) SAMPLES") }
    lines += damagedRows.map { "DAMAGED IN THE RECORDS, LEFT OUT: \($0)" }
    return lines
  }
}

extension RecordStore {
  /// Compares the database with its copy and puts back what is missing.
  ///
  /// - Parameters:
  ///   - queue: The database, in today's form.
  ///   - contents: What the copy holds.
  /// - Returns: What was found, and where the count of transactions is.
  /// - Throws: What SQLite refuses, or `RowError`.
  static func salvage(
    _ queue: DatabaseQueue, _ contents: CopyContents
  ) throws -> (Salvage, KeepingPlace) {
    try queue.writeWithoutTransaction { database in
      guard
        let row = try Row.fetchOne(database, sql: "SELECT number, identity FROM keeping")
      else { throw RowError(row: "the row of keeping", reason: "it is not there") }
      var place = KeepingPlace(
        number: try row.required("number", of: "the row of keeping"),
        identity: try row.required("identity", of: "the row of keeping"))
      var salvage = Salvage()
      if contents.identity == place.identity {
        salvage.damagedCopyLines = contents.damagedCount
        try salvage.putBack(contents.transactions, database, &place)
        try salvage.countSamples(contents.transactions, database)
      } else {
        // The line that says whose copy it is cannot be read, or it is another's.
        salvage.damagedCopyLines = contents.identity == nil ? contents.damagedCount : 0
      }
      try salvage.checkRows(database)
      return (salvage, place)
    }
  }
}

extension Salvage {
  fileprivate mutating func putBack(
    _ transactions: [CopiedTransaction], _ database: Database, _ place: inout KeepingPlace
  ) throws {
    let last = try Int64.fetchOne(database, sql: "SELECT max(sequence) FROM change") ?? 0
    for transaction in transactions
    where transaction.sample == nil && transaction.number > place.number {
      let expected = place.number.addingClamped(1)
      var isDone = false
      try database.inTransaction(.immediate) {
        do {
          for step in transaction.steps { try step.perform(database) }
          try database.execute(
            sql: "UPDATE keeping SET number = ?", arguments: [transaction.number])
          isDone = true
          return .commit
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
          // It builds on one that is gone.
          return .rollback
        }
      }
      guard isDone else { continue }
      if transaction.number > expected {
        lostTransactions.append(expected...transaction.number.subtractingClamped(1))
      }
      place.number = transaction.number
      putBackCount = putBackCount.addingClamped(1)
    }
    let highest = transactions.map(\.number).max() ?? 0
    if highest > place.number {
      lostTransactions.append(place.number.addingClamped(1)...highest)
      place.number = highest
    }
    putBack = try Row.fetchAll(
      database, sql: "SELECT * FROM change WHERE sequence > ? ORDER BY sequence",
      arguments: [last]
    ).map { try LoggedChange($0) }
  }

  fileprivate mutating func countSamples(
    _ transactions: [CopiedTransaction], _ database: Database
  ) throws {
    let last = try Int64.fetchOne(database, sql: "SELECT max(id) FROM sample") ?? 0
    let copied = transactions.compactMap(\.sample).max() ?? 0
    lostSamples = max(0, copied.subtractingClamped(last))
  }

  /// Finds rows of the event log and of accounting that are not what was written, or not there.
  fileprivate mutating func checkRows(_ database: Database) throws {
    for table in [KeptTable.change, .account, .typed, .frame] {
      var expected: Int64?
      let rows = try Row.fetchCursor(
        database, sql: "SELECT * FROM \(table.rawValue) ORDER BY sequence")
      while let row = try rows.next(), damagedRows.count < 100 {
        let sequence: Int64 = try row.required("sequence", of: "a row of \(table.rawValue)")
        if let expected, sequence > expected {
          let last = sequence.subtractingClamped(1)
          damagedRows.append("\(table.rawValue.uppercased()) \(expected)-\(last) (NOT THERE)")
        }
        if !table.isWhole(row) {
          damagedRows.append("\(table.rawValue.uppercased()) \(sequence)")
        }
        expected = sequence.addingClamped(1)
      }
    }
  }
}
