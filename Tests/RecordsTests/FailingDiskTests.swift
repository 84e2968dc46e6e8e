import Foundation
import GRDB
import Partitioning
import Testing

@testable import Records

@Suite("A disk that does not take what is kept")
struct FailingDiskTests {
  private let folder: StateFolders

  init() throws { folder = try StateFolders() }

  private func recorder(
    _ manager: PartitionManager, clock: @escaping () -> Int64 = { 5 }
  ) throws -> Recorder {
    try Recorder(RecordStore(folder: folder.path), manager, clock: clock)
  }

  @Test(
    "is told with the system's own reason",
    arguments: [
      (ENOSPC, "no space"), (EDQUOT, "no space"), (EFBIG, "no space"),
      (EIO, "Input/output error"), (EROFS, "Read-only file system"), (EMFILE, "open files"),
    ])
  func reasons(number: Int32, reason: String) throws {
    let error = RecordStoreError(
      DatabaseError(resultCode: .SQLITE_IOERR_WRITE), system: number, file: "f")
    #expect(error.description.contains(reason))
    #expect(
      number == ENOSPC || number == EDQUOT || number == EFBIG
        || !error.description.contains("no space"))
  }

  @Test("EIO: told at once and in each answer, kept as soon as it can be")
  func inputOutputError() throws {
    let manager = try Machines.manager()
    let recorder = try recorder(manager)
    recorder.isSampling = false
    recorder.keepUp()
    var told: [String] = []
    recorder.onTrouble = { told.append($0) }
    recorder.store.fail(with: EIO)
    for weight in 1...3 {
      try manager.perform(.set(.weight("G1", type: nil, weight: weight), .profile))
      let unkept = try #require(recorder.takeUnkept())
      #expect(unkept.isNew)
      #expect(unkept.what == "\(weight) change\(weight == 1 ? "" : "s")")
      #expect(unkept.reason.contains("Input/output error"))
    }
    // A command that changes nothing is answered with what waits, and has not failed.
    #expect(recorder.takeUnkept()?.isNew == false)
    // One that is refused changed nothing that could be lost.
    _ = try? manager.perform(.set(.weight("G1", type: nil, weight: 0), .profile))
    #expect(recorder.takeUnkept()?.isNew == false)
    let failing = RecordStoreError.failing(file: folder.records, reason: "Input/output error")
    #expect(told.first == "RECORDS NOT WRITTEN: \(failing)")
    #expect(told.count == 2)
    recorder.store.fail(with: 0)
    #expect(recorder.takeUnkept() == nil)
    #expect(told.last == "RECORDS WRITTEN AGAIN")
    let kept = try RecordReader(folder: folder.path).changes(RowSelection(start: recorder.start))
    #expect(kept.count == 4)
  }

  @Test("what waits is written without a command, a second after there is room")
  func retries() throws {
    let manager = try Machines.manager()
    var now: Int64 = 0
    let recorder = try recorder(manager) { now }
    recorder.keepUp()
    recorder.store.fail(with: ENOSPC)
    try manager.perform(.set(.weight("G1", type: nil, weight: 7), .profile))
    recorder.keepUp()
    recorder.watch()
    recorder.store.fail(with: 0)
    now = 500
    recorder.watch()
    #expect(recorder.unkept != nil)
    now = 2000
    recorder.watch()
    #expect(recorder.unkept == nil)
  }

  @Test("samples that could not be written are written later")
  func samples() throws {
    let manager = try Machines.manager()
    let recorder = try recorder(manager)
    recorder.keepUp()
    recorder.interval = 1_000_000
    try recorder.store.waitForSamples()
    recorder.store.fail(with: ENOSPC)
    for _ in 0..<5 {
      manager.runEpochs(until: manager.now + 1_000_000)
      recorder.keepUp()
    }
    #expect((try? recorder.store.waitForSamples()) == nil || recorder.unkept != nil)
    recorder.store.fail(with: 0)
    recorder.keepUp()
    recorder.keepUp()
    #expect(recorder.unkept == nil)
    #expect(try recorder.store.sampleTimes(start: recorder.start).count == 6)
  }

  @Test("an end that cannot be written is told with what it loses")
  func lostEnd() throws {
    let manager = try Machines.manager()
    let recorder = try recorder(manager)
    recorder.isSampling = false
    recorder.keepUp()
    recorder.store.fail(with: EIO)
    try manager.perform(.set(.weight("G1", type: nil, weight: 7), .profile))
    recorder.keepUp()
    let loss = try #require(recorder.close())
    #expect(loss.contains("Input/output error") && loss.contains("1 change"))
  }

  @Test("a folder that vanishes is told, and nothing is taken for kept", arguments: [false, true])
  func vanished(isWholeFolder: Bool) throws {
    let manager = try Machines.manager()
    var now: Int64 = 0
    let recorder = try recorder(manager) { now }
    // A sample that its thread could not write meanwhile would be told until it is written.
    recorder.isSampling = false
    recorder.keepUp()
    var told: [String] = []
    recorder.onTrouble = { told.append($0) }
    let away = folder.path + (isWholeFolder ? ".away" : "/away")
    let place = isWholeFolder ? folder.path : folder.records
    try FileManager.default.moveItem(atPath: place, toPath: away)
    now = 2000
    recorder.watch()
    let vanished = RecordStoreError.vanished(file: folder.records)
    #expect(told.first == "RECORDS NOT WRITTEN: \(vanished)")
    try manager.perform(.set(.weight("G1", type: nil, weight: 7), .profile))
    #expect(recorder.takeUnkept()?.isNew == true)
    try FileManager.default.moveItem(atPath: away, toPath: place)
    #expect(recorder.takeUnkept() == nil)
    #expect(told.last == "RECORDS WRITTEN AGAIN")
  }

  @Test("a lock file that was removed lets no second machine in")
  func removedLock() throws {
    let store = try RecordStore(folder: folder.path)
    try FileManager.default.removeItem(atPath: folder.path + "/records.lock")
    #expect(throws: RecordStoreError.inUse(file: folder.records, process: nil)) {
      _ = try RecordStore(folder: folder.path)
    }
    try store.close()
    try RecordStore(folder: folder.path).close()
  }
}
