import Foundation
import GRDB
import Partitioning
import Testing

@testable import Records

@Suite("Records that a medium has changed")
struct SalvageTests {
  private let folder: StateFolders

  init() throws { folder = try StateFolders() }

  /// Writes so many changes of weight as a machine does, each a transaction, and goes without a word.
  private func makeChanges(_ count: Int) throws {
    let store = try RecordStore(folder: folder.path)
    let start = try store.begin(
      machine: "SMALL", timeOfDay: 0, seed: 1, historyVersion: 2, wall: 5)
    for weight in 1...count {
      try store.write([Self.change(weight)], start: start, wall: 6)
    }
    // The process ends here: its descriptors go, nothing is checkpointed.
    try copyAway()
    try store.close()
    try copyBack()
  }

  private static func change(_ weight: Int) -> ChangeRecord {
    ChangeRecord(
      time: UInt64(weight), author: .user("OPERATOR"),
      action: .set(.weight("G1", type: nil, weight: weight)), partition: "G1",
      differences: [ValueDifference(name: "CP SHARE", before: "\(weight - 1)", after: "\(weight)")])
  }

  private static let names = ["records.sqlite", "records.sqlite-wal", "records.copy"]

  /// The files as a killed process leaves them.
  private func copyAway() throws {
    for name in Self.names {
      let file = URL(fileURLWithPath: folder.path + "/" + name)
      try Data(contentsOf: file).write(to: file.appendingPathExtension("kept"))
    }
  }

  private func copyBack() throws {
    for name in Self.names {
      let file = URL(fileURLWithPath: folder.path + "/" + name)
      try Data(contentsOf: file.appendingPathExtension("kept")).write(to: file)
    }
  }

  private func flip(_ name: String, at place: (Int) -> Int, bit: UInt8 = 4) throws {
    let file = URL(fileURLWithPath: folder.path + "/" + name)
    var bytes = try Data(contentsOf: file)
    bytes[place(bytes.count)] ^= 1 << bit
    try bytes.write(to: file)
  }

  private func weights(_ store: RecordStore) throws -> [Int] {
    try store.changes(RowSelection(start: 1)).compactMap {
      guard case .set(.weight(_, _, let weight), _) = $0.change.action else { return nil }
      return weight
    }
  }

  @Test("one bit of the write-ahead log loses nothing, wherever it is, and is told")
  func flippedLog() throws {
    try makeChanges(63)
    for share in 1...9 {
      try copyBack()
      try flip("records.sqlite-wal") { $0 * share / 10 }
      let store = try RecordStore(folder: folder.path)
      #expect(try weights(store) == Array(1...63), "a bit at \(share)/10")
      #expect(store.lostStart?.id == 1)
      let salvage = store.salvage
      #expect(salvage.putBackCount > 0 && salvage.lostTransactions.isEmpty)
      let lines = salvage.lines { "\($0)" }
      #expect(lines.first?.contains("\(salvage.putBack.count) CHANGES WERE PUT BACK") == true)
      #expect(lines.count == salvage.putBack.count + 1)
      try store.close()
      // What was put back is there for good.
      let again = try RecordStore(folder: folder.path)
      #expect(try weights(again) == Array(1...63))
      #expect(again.salvage.isEmpty)
      try again.close()
    }
  }

  @Test("without a wrong bit nothing is put back and nothing is told")
  func untouched() throws {
    try makeChanges(20)
    let store = try RecordStore(folder: folder.path)
    #expect(store.salvage.isEmpty)
    #expect(try weights(store) == Array(1...20))
  }

  @Test("what is gone from the log and from the copy is named by its number")
  func flippedBoth() throws {
    try makeChanges(63)
    try flip("records.sqlite-wal") { $0 / 2 }
    // The line of change 60: the head, the start and 60 changes before its end.
    let copy = try String(contentsOfFile: folder.path + "/records.copy", encoding: .utf8)
    let lines = copy.split(separator: "\n", omittingEmptySubsequences: false)
    let before = lines.prefix(61).reduce(0) { $0 + $1.utf8.count + 1 }
    try flip("records.copy") { _ in before + 40 }
    let store = try RecordStore(folder: folder.path)
    #expect(try weights(store) == Array(1...59) + Array(61...63))
    #expect(store.salvage.damagedCopyLines == 1)
    #expect(store.salvage.lostTransactions == [61...61])
    #expect(store.salvage.damagedRows == ["CHANGE 60-60 (NOT THERE)"])
    let told = store.salvage.lines { "\($0)" }
    #expect(told.contains("LOST FROM THE RECORDS: TRANSACTIONS 61-61"))
  }

  @Test("a log that was cut off, or is gone, loses nothing", arguments: [0, 1, 3])
  func cutLog(quarters: Int) throws {
    try makeChanges(30)
    let file = URL(fileURLWithPath: folder.path + "/records.sqlite-wal")
    let bytes = try Data(contentsOf: file)
    try bytes.prefix(bytes.count * quarters / 4).write(to: file)
    let store = try RecordStore(folder: folder.path)
    #expect(try weights(store) == Array(1...30))
  }

  @Test("a row whose bits were changed is left out, and named at the start")
  func changedRow() throws {
    try makeChanges(10)
    do {
      let store = try RecordStore(folder: folder.path)
      try store.queue.writeWithoutTransaction {
        try $0.execute(sql: "UPDATE change SET time = time + 1024 WHERE sequence = 4")
        try $0.execute(sql: "DELETE FROM change WHERE sequence = 7")
      }
      try store.close()
    }
    let store = try RecordStore(folder: folder.path)
    #expect(store.salvage.damagedRows == ["CHANGE 4", "CHANGE 7-7 (NOT THERE)"])
    #expect(try weights(store) == [1, 2, 3, 5, 6, 8, 9, 10])
    #expect(throws: RecordStoreError.damaged(file: folder.records, finding: "a row of change")) {
      try store.checkIntegrity()
    }
  }

  @Test("a changed row of what ran is refused by name")
  func changedConfiguration() throws {
    do {
      let manager = try Machines.manager()
      let recorder = try Recorder(RecordStore(folder: folder.path), manager) { 5 }
      Machines.changes(of: manager)
      recorder.keepUp()
      try recorder.store.queue.writeWithoutTransaction {
        try $0.execute(
          sql: "UPDATE running SET value = replace(value, '300', '309') WHERE name = 'G1'")
      }
      try recorder.goWithoutAWord()
    }
    let store = try RecordStore(folder: folder.path)
    #expect(
      throws: RecordStoreError.unreadableRow(
        file: folder.records, row: "row G1 of running", reason: "its checksum is wrong")
    ) { _ = try Recorder(store, Machines.manager()) { 5 } }
  }

  /// Oracle: SQLite's file format, section 3.3, "Hot Rollback Journals".
  @Test("what a process wrote that was killed in between is rolled back, for readers too")
  func hotJournal() throws {
    try makeChanges(10)
    try RecordStore(folder: folder.path).close()
    let killed = try StateFolders()
    let queue = try DatabaseQueue(path: folder.records)
    try queue.writeWithoutTransaction { database in
      // What is changed goes to the file at once, before the transaction has an end.
      try database.execute(sql: "PRAGMA cache_spill = 1; PRAGMA cache_size = 1; BEGIN")
      try database.execute(
        sql: """
          DELETE FROM change;
          INSERT INTO sample (start, time, wall)
            WITH RECURSIVE n (time) AS (VALUES (1) UNION ALL SELECT time + 1 FROM n LIMIT 20000)
            SELECT 1, time, 1 FROM n
          """)
      for ending in ["", "-journal"] {
        try FileManager.default.copyItem(
          atPath: folder.records + ending, toPath: killed.records + ending)
      }
      try database.execute(sql: "ROLLBACK")
    }
    try queue.close()
    #expect(
      !FileManager.default.contentsEqual(atPath: folder.records, andPath: killed.records))
    let reader = try RecordReader(folder: killed.path)
    try reader.checkIntegrity()
    #expect(try reader.changes(RowSelection(start: 1)).count == 10)
  }

  @Test("a copy of other records is not taken for this one's")
  func foreignCopy() throws {
    try makeChanges(5)
    let copy = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/records.copy"))
    let other = try StateFolders()
    try RecordStore(folder: other.path).close()
    try copy.write(to: URL(fileURLWithPath: other.path + "/records.copy"))
    let store = try RecordStore(folder: other.path)
    #expect(store.salvage.isEmpty)
    #expect(try store.starts().isEmpty)
  }

  @Test("the copy begins anew when it has grown to its limit")
  func longCopy() throws {
    let store = try RecordStore(folder: folder.path)
    let start = try store.begin(
      machine: "SMALL", timeOfDay: 0, seed: 1, historyVersion: 2, wall: 5)
    let long = String(repeating: "x", count: 1 << 20)
    for _ in 0..<12 {
      try store.write(
        [
          ChangeRecord(
            time: 1, author: .user(long), action: .activate("A", load: false), partition: nil,
            differences: [])
        ], start: start, wall: 6)
    }
    let size = try #require(
      FileManager.default.attributesOfItem(atPath: folder.path + "/records.copy")[.size] as? Int)
    #expect(size < RecordCopy.limit + (2 << 20))
    #expect(try store.changes(RowSelection(start: start)).count == 12)
  }
}
