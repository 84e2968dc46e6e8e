import Foundation
import GRDB
import Testing

import Records

@Suite struct FilesThatAreNoRecords {
  private let folder: StateFolders

  init() throws { folder = try StateFolders() }

  private func makeRecords() throws {
    let store = try RecordStore(folder: folder.path)
    let start = try store.begin(
      machine: "SMALL", timeOfDay: 0, seed: 1, historyVersion: 2, wall: 5)
    for time in 1...50 { try store.write(Samples.sample(at: UInt64(time)), start: start, wall: 5) }
  }

  @Test(arguments: ["a text that somebody left here", "SQLite format 2\0 and more of it"])
  func areRefusedAsTheyAre(text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.records))
    #expect(throws: RecordStoreError.notRecords(file: folder.records)) {
      _ = try RecordStore(folder: folder.path)
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.records)) == Data(text.utf8))
  }

  @Test func ofOtherProgramsAreRefused() throws {
    let queue = try DatabaseQueue(path: folder.records)
    try queue.write { try $0.execute(sql: "CREATE TABLE address (name TEXT)") }
    try queue.close()
    #expect(throws: RecordStoreError.notRecords(file: folder.records)) {
      _ = try RecordStore(folder: folder.path)
    }
  }

  @Test(
    "whose tables something else made are refused by the table's name",
    arguments: [
      (
        "table start",
        "CREATE TABLE x AS SELECT * FROM start; DROP TABLE start; ALTER TABLE x RENAME TO start"
      ),
      (
        "table running",
        "CREATE TABLE x AS SELECT * FROM running; DROP TABLE running; ALTER TABLE x RENAME TO running"
      ),
      (
        "table samplePartition",
        "CREATE TABLE x AS SELECT * FROM samplePartition; DROP TABLE samplePartition; ALTER TABLE x RENAME TO samplePartition"
      ),
      ("table start", "ALTER TABLE start RENAME COLUMN wall TO clock"),
      ("index accountByTime", "DROP TABLE account"),
      ("table more", "CREATE TABLE more (name TEXT)"),
      ("view journal", "DROP VIEW journal"),
    ])
  func foreignTables(name: String, sql: String) throws {
    try makeRecords()
    let queue = try DatabaseQueue(path: folder.records)
    try queue.writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA foreign_keys = OFF")
      try $0.execute(sql: sql)
    }
    try queue.close()
    func refused(_ open: () throws -> Void) {
      let error = #expect(throws: RecordStoreError.self) { try open() }
      guard case .damaged(_, let finding) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(finding.hasPrefix(name), "\(finding)")
    }
    refused { _ = try RecordReader(folder: folder.path) }
    refused { _ = try RecordStore(folder: folder.path) }
    #expect(try RecordStore(folder: folder.path, setsAsideDamaged: true).setAside != nil)
  }

  @Test func ofLaterProgramsAreRefused() throws {
    try RecordStore(folder: folder.path).close()
    let queue = try DatabaseQueue(path: folder.records)
    try queue.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99: of another day')")
    }
    try queue.close()
    #expect(throws: RecordStoreError.newerForm(file: folder.records)) {
      _ = try RecordStore(folder: folder.path, setsAsideDamaged: true)
    }
  }

  @Test func thatAreEmptyAreBegun() throws {
    try Data().write(to: URL(fileURLWithPath: folder.records))
    try RecordStore(folder: folder.path).close()
    #expect(try RecordReader(folder: folder.path).starts().isEmpty)
  }

  @Test(
    "that are gone while their copy is there are told, and set aside as often as asked",
    arguments: [true, false])
  func gone(isEmpty: Bool) throws {
    for number in 1...2 {
      try makeRecords()
      let file = URL(fileURLWithPath: folder.records)
      try FileManager.default.removeItem(at: file)
      if isEmpty { try Data().write(to: file) }
      let copy = folder.path + "/records.copy"
      let kept = try Data(contentsOf: URL(fileURLWithPath: copy))
      #expect(
        throws: RecordStoreError.damaged(
          file: folder.records, finding: "it is empty or not there, \(copy) is")
      ) { _ = try RecordStore(folder: folder.path) }
      #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == kept)
      let store = try RecordStore(folder: folder.path, setsAsideDamaged: true)
      let other = "\(folder.path)/records.set-aside-\(number)"
      #expect(store.setAside == other + ".sqlite")
      #expect(try Data(contentsOf: URL(fileURLWithPath: other + ".copy")) == kept)
      #expect(try store.starts().isEmpty)
      try store.close()
    }
  }

  @Test func thatAreAbsentAreNotMadeByReaders() throws {
    #expect(throws: RecordStoreError.absent(file: folder.records)) {
      _ = try RecordReader(folder: folder.path)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.records))
  }

  @Test func whereAFolderShouldBeAreNamed() throws {
    try Data().write(to: URL(fileURLWithPath: folder.path + "/state"))
    #expect(
      throws: RecordStoreError.wrongKind(file: folder.path + "/state", needed: "folder")
    ) { _ = try RecordStore(folder: folder.path + "/state") }
  }

  @Test(
    "where a folder, a pipe or a device has the name, are named",
    arguments: [
      "records.sqlite", "records.sqlite-wal", "records.copy", "records.lock",
    ])
  func ofAnotherKind(name: String) throws {
    let path = folder.path + "/" + name
    let makers: [() -> Int32] = [
      { mkdir(path, 0o755) }, { mkfifo(path, 0o644) }, { symlink("/dev/null", path) },
    ]
    for make in makers {
      #expect(make() == 0)
      #expect(throws: RecordStoreError.wrongKind(file: path, needed: "regular file")) {
        _ = try RecordStore(folder: folder.path)
      }
      #expect(remove(path) == 0)
    }
  }

  @Test func thatAreDamagedAreRefusedAndSetAsideWhenAsked() throws {
    try makeRecords()
    let file = URL(fileURLWithPath: folder.records)
    // As the process left it, and then the pages of every table and index written over.
    try checkpoint()
    var bytes = try Data(contentsOf: file)
    for place in stride(from: 4096 + 8, to: bytes.count - 64, by: 4096) {
      bytes.replaceSubrange(place..<place + 64, with: Data(repeating: 0xA5, count: 64))
    }
    try bytes.write(to: file)
    let refusal = #expect(throws: RecordStoreError.self) {
      _ = try RecordStore(folder: folder.path)
    }
    guard case .damaged(folder.records, _) = refusal else {
      Issue.record("refused with \(String(describing: refusal))")
      return
    }
    #expect(try Data(contentsOf: file) == bytes)

    let store = try RecordStore(folder: folder.path, setsAsideDamaged: true)
    let other = try #require(store.setAside)
    #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == bytes)
    #expect(try store.starts().isEmpty)
  }

  @Test(
    "whose values become of another kind while they are read name the row",
    arguments: [
      ("sample", "time", "'noon'"), ("sampleProcessor", "effective", "NULL"),
      ("sampleProcessor", "isOnline", "x'00'"), ("sampleProcessor", "dedicatedTo", "x'FF'"),
      ("samplePartition", "partition", "NULL"), ("samplePartition", "weight", "'heavy'"),
      ("samplePartition", "entitlement", "x'FF'"), ("samplePartition", "dispatches", "1.5e300"),
      ("sampleResources", "storage", "-1"), ("sampleResources", "requests", "NULL"),
      ("sampleResources", "available", "x'00'"),
      ("samplePath", "number", "256"), ("samplePath", "busy", "x'00'"),
    ])
  func otherKinds(table: String, column: String, value: String) throws {
    try makeRecords()
    let reader = try RecordReader(folder: folder.path)
    #expect(try reader.sample(7) == Samples.sample(at: 7))
    // Tables are strict: only a damaged file, or one whose rules were lifted, has such values.
    let queue = try DatabaseQueue(path: folder.records)
    try queue.writeWithoutTransaction { database in
      let strict = try String.fetchOne(
        database, sql: "SELECT sql FROM sqlite_master WHERE name = ?", arguments: [table])
      let lax = strict?.replacing("STRICT, ", with: "").replacing(" STRICT", with: "")
        .replacing(" NOT NULL", with: "")
      func rule(_ sql: String?) throws {
        try database.execute(sql: "PRAGMA writable_schema = ON")
        try database.execute(
          sql: "UPDATE sqlite_master SET sql = ? WHERE name = ?", arguments: [sql, table])
        try database.execute(sql: "PRAGMA writable_schema = RESET")
      }
      try rule(lax)
      let key = table == "sample" ? "id" : "sample"
      try database.execute(sql: "UPDATE \(table) SET \(column) = \(value) WHERE \(key) = 7")
      try rule(strict)
    }
    try queue.close()
    let error = #expect(throws: RecordStoreError.self) { _ = try reader.sample(7) }
    guard case .unreadableRow(folder.records, "sample 7", let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains(column), "\(reason)")
    #expect(try reader.sample(8) == Samples.sample(at: 8))
  }

  @Test func thatWereCutOffAreRefused() throws {
    try makeRecords()
    try checkpoint()
    let file = URL(fileURLWithPath: folder.records)
    let bytes = try Data(contentsOf: file)
    try bytes.prefix(bytes.count / 2).write(to: file)
    let refusal = #expect(throws: RecordStoreError.self) {
      _ = try RecordStore(folder: folder.path)
    }
    guard case .damaged = refusal else {
      Issue.record("refused with \(String(describing: refusal))")
      return
    }
  }

  /// Moves what stands in the log into the file.
  private func checkpoint() throws {
    let queue = try DatabaseQueue(path: folder.records)
    try queue.writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }
    try queue.close()
  }
}
