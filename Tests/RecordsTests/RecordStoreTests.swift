import Foundation
import Partitioning
import Testing

import Records

@Suite struct RecordsOfAMachine {
  private let folder: StateFolders

  init() throws { folder = try StateFolders() }

  private func begin(_ store: RecordStore, seed: UInt64 = 1) throws -> Int64 {
    try store.begin(
      machine: "SMALL", timeOfDay: 1_767_225_600, seed: seed, historyVersion: 2, wall: 5)
  }

  @Test func knowHowEachStartEnded() throws {
    var store: RecordStore? = try RecordStore(folder: folder.path)
    let first = try begin(try #require(store), seed: .max)
    try store?.end(start: first, time: 7_000, wall: 9)
    try store?.close()
    store = nil

    store = try RecordStore(folder: folder.path)
    #expect(store?.lostStart == nil)
    let second = try begin(try #require(store))
    #expect(second == first + 1)
    // Nothing says that the second ended: the store is dropped as the end of a process drops it.
    store = nil

    store = try RecordStore(folder: folder.path)
    #expect(store?.lostStart?.id == second)
    _ = try begin(try #require(store))
    let starts = try #require(store).starts()
    #expect(starts.map(\.ending) == [.clean, .lost, nil])
    #expect(starts.map(\.seed) == [.max, 1, 1])
    #expect(starts.first?.endTime == 7_000)
  }

  @Test func areForOneProcessAtATime() throws {
    let store = try RecordStore(folder: folder.path)
    #expect(throws: RecordStoreError.inUse(file: folder.records, process: getpid())) {
      _ = try RecordStore(folder: folder.path)
    }
    try store.close()
  }

  /// A process that is being started has a copy of every descriptor until it begins its program.
  ///
  /// Here are such copies, for longer. The oracle is flock(2): a lock goes with LOCK_UN or with the last copy.
  @Test func goWithTheirStoreWhileAnotherProcessIsBeingStarted() throws {
    var store: RecordStore? = try RecordStore(folder: folder.path)
    let copies = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      .compactMap { Int32($0) }.filter { descriptor in
        let file = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "/proc/self/fd/\(descriptor)")
        return file == folder.path || file == folder.path + "/records.lock"
      }.map { dup($0) }
    defer { for copy in copies { close(copy) } }
    #expect(copies.count == 2)
    _ = store
    store = nil
    _ = try RecordStore(folder: folder.path)
  }

  @Test func areReadWhileTheyAreWritten() throws {
    let store = try RecordStore(folder: folder.path)
    _ = try begin(store)
    let reader = try RecordReader(folder: folder.path)
    #expect(try reader.starts().count == 1)
  }

  @Test func samplesComeBackAsTheyWere() throws {
    let store = try RecordStore(folder: folder.path)
    let start = try begin(store)
    let samples = [Samples.sample(at: 100), Samples.sample(at: 200)]
    for sample in samples { try store.write(sample, start: start, wall: 5) }
    // The same instant again changes nothing.
    try store.write(samples[1], start: start, wall: 6)
    let reader = try RecordReader(folder: folder.path)
    let times = try reader.sampleTimes(start: start)
    #expect(times.map(\.time) == [100, 200])
    #expect(try times.map { try reader.sample($0.id) } == samples)
  }

  @Test(.enabled(if: SQLiteShell.isThere, "sqlite3 is not installed: apt-get install sqlite3"))
  func areReadBySQLitesOwnShell() throws {
    let store = try RecordStore(folder: folder.path)
    let start = try begin(store)
    try store.write(Samples.sample(at: 100), start: start, wall: 5)
    let query =
      "SELECT partition, entitlement, effective FROM samplePartition ORDER BY number, type"
    let rows = "A|4/3|1000\nB|2/3|2000\nB|1|3000"
    #expect(try SQLiteShell.answer(folder.records, query) == rows)
    try store.end(start: start, time: 100, wall: 6)
    try store.close()
    #expect(try SQLiteShell.answer(folder.records, query) == rows)
    #expect(try SQLiteShell.answer(folder.records, "PRAGMA integrity_check") == "ok")
    #expect(try SQLiteShell.answer(folder.records, "PRAGMA journal_mode") == "delete")
    #expect(
      try SQLiteShell.answer(folder.records, "SELECT machine, seed, ending FROM start")
        == "SMALL|1|CLEAN")
  }
}
