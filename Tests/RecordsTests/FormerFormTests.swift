import Foundation
import GRDB
import Partitioning
import Testing

@testable import Records

// Oracle: the records' own former form, made by its migrations, with a row and its sum as it was written.

@Suite("Records of a former form are brought to this one")
struct FormerFormTests {
  private let folder: StateFolders

  init() throws { folder = try StateFolders() }

  @Test("rows keep the sums that they have; what came later has no value in them")
  func secondForm() throws {
    let action = ManagementAction.set(.weight("G1", type: nil, weight: 40))
    let change: [KeptValue] = [
      .integer(1), .integer(1), .integer(7), .integer(5), .text("user"), .text("MAINT"),
      .text("G1"), .text(try RowJSON.text(action)), .text("[]"), .null,
    ]
    let start: [KeptValue] = [
      .integer(1), .text("M"), .integer(5), .integer(0), .text("1"), .integer(8), .text("{}"),
    ]
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    let queue = try DatabaseQueue(path: folder.path + "/records.sqlite")
    try RecordSchema.migrator.migrate(
      queue, upTo: "2: checksums of rows, the count of transactions")
    try queue.write { database in
      for (table, values) in [("start", start), ("change", change)] {
        let columns = KeptTable(rawValue: table)?.columns.prefix(values.count) ?? []
        let marks = values.map { _ in "?" }.joined(separator: ", ")
        try database.execute(
          sql: "INSERT INTO \(table) (\(columns.joined(separator: ", ")), checksum)"
            + " VALUES (\(marks), ?)",
          arguments: StatementArguments(values.map(\.databaseValue) + [rowChecksum(values)]))
      }
    }
    try queue.close()

    let store = try RecordStore(folder: folder.path)
    try store.checkIntegrity()
    #expect(store.salvage.isEmpty)
    let found = try store.changes(RowSelection(start: 1))
    #expect(found.map(\.change.action) == [action])
    #expect(found.map(\.change.input) == [nil])
    #expect(try store.starts().map(\.parent) == [nil])
    // A sum still finds a changed value, and a value that stands where none was.
    for damage in ["UPDATE change SET time = 8", "UPDATE change SET time = 7, input = 1"] {
      try store.queue.write { try $0.execute(sql: damage) }
      #expect(throws: RecordStoreError.self) { try store.checkIntegrity() }
    }
  }
}
