import Channels
import Foundation
import GRDB
import Partitioning

/// The records of one machine, open for reading; its machine may run meanwhile and write.
package final class RecordReader: Sendable {
  /// Path of the file.
  package let file: String
  /// The connection, for reading only.
  package let queue: DatabaseQueue

  /// Opens the records of a state folder.
  ///
  /// - Parameter folder: Path of the state folder; nothing that it holds is changed.
  /// - Throws: `RecordStoreError`.
  package init(folder: String) throws(RecordStoreError) {
    let folder = StateFolder(path: folder)
    file = folder.file
    guard folder.hasFile else { throw .absent(file: folder.file) }
    try folder.requireDatabase()
    queue = try RecordStoreError.naming(folder.file) {
      try RecordReader.open(folder.file) { database in
        try RecordSchema.judge(database, file: folder.file)
        guard try database.tableExists("start") else {
          throw RecordStoreError.absent(file: folder.file)
        }
      }
    }
  }

  /// Opens a file for reading.
  ///
  /// A process that was killed while it opened or closed the file left a journal to be rolled back, or an
  /// index of the write-ahead log to be made anew, which only a connection that may write can: then one
  /// does that first, and stays until the reader is there, so that nothing else is moved at its end.
  ///
  /// - Parameters:
  ///   - file: Its path.
  ///   - judge: Throws when it is not to be read.
  /// - Returns: A connection for reading only.
  /// - Throws: What SQLite and `judge` throw.
  static func open(_ file: String, judge: (Database) throws -> Void) throws -> DatabaseQueue {
    func open(isReadOnly: Bool) throws -> DatabaseQueue {
      var configuration = Configuration()
      configuration.label = "records"
      configuration.readonly = isReadOnly
      configuration.busyMode = .timeout(5)
      let queue = try DatabaseQueue(path: file, configuration: configuration)
      try queue.read(judge)
      return queue
    }
    do {
      return try open(isReadOnly: true)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY {
      let writer = try open(isReadOnly: false)
      defer { try? writer.close() }
      return try open(isReadOnly: true)
    }
  }
}

/// Whoever can read records: a reader, and the store that writes them.
package protocol RecordReading: Sendable {
  /// Path of the file.
  var file: String { get }
  /// The connection.
  var queue: DatabaseQueue { get }
}

extension RecordReader: RecordReading {}
extension RecordStore: RecordReading {}

/// A sample by its number and its instant.
package struct SampleTime: Sendable, Equatable {
  /// Its number in the file.
  package var id: Int64
  /// Its instant.
  package var time: SimulatedTime
}

extension RecordReading {
  /// Throws what SQLite's integrity check, or a row's own checksum, finds first.
  ///
  /// - Throws: `RecordStoreError`.
  package func checkIntegrity() throws(RecordStoreError) {
    try read { database in
      try RecordSchema.check(database, thoroughly: true, file: file)
      for table in KeptTable.allCases where try database.tableExists(table.rawValue) {
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM \(table.rawValue)")
        while let row = try rows.next() {
          guard table.isWhole(row) else {
            throw RecordStoreError.damaged(file: file, finding: "a row of \(table.rawValue)")
          }
        }
      }
    }
  }

  /// Reads in one transaction.
  func read<Result>(_ work: (Database) throws -> Result) throws(RecordStoreError) -> Result {
    let queue = queue
    return try RecordStoreError.naming(file) { try queue.read(work) }
  }

  /// Every IPL of the machine, oldest first.
  package func starts() throws(RecordStoreError) -> [StartRecord] {
    try read(StartRecord.all)
  }

  /// When a start was measured, oldest first.
  package func sampleTimes(start: Int64) throws(RecordStoreError) -> [SampleTime] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT id, time FROM sample WHERE start = ? ORDER BY time",
        arguments: [start]
      ).map { row in
        let id: Int64 = try row.required("id", of: "a sample")
        return SampleTime(id: id, time: try row.counter("time", of: "sample \(id)"))
      }
    }
  }

  /// One sample, by its number.
  package func sample(_ id: Int64) throws(RecordStoreError) -> MeasurementSample {
    try read { try MeasurementSample($0, id: id) }
  }
}
