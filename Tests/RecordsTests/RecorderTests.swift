import Foundation
import GRDB
import Partitioning
import Records
import Testing

@Suite struct WhatARecorderKeeps {
  private let folder: StateFolders

  init() throws { folder = try StateFolders() }

  private func recorder(_ manager: PartitionManager) throws -> Recorder {
    try Recorder(RecordStore(folder: folder.path), manager) { 5 }
  }

  @Test func aChangeOfSeveralPartitionsIsFoundByEach() throws {
    let manager = try Machines.manager()
    let recorder = try recorder(manager)
    Machines.changes(of: manager)
    let batch = ManagementAction.batch([
      .set(.weight("G1", type: nil, weight: 20)), .set(.weight("G2", type: nil, weight: 30)),
    ])
    try manager.perform(batch)
    for name in ["G1", "G2"] {
      let last = try recorder.changes(of: name, from: nil, to: nil, last: 1).last
      #expect(last?.action == batch)
      #expect(last?.partitions == ["G1", "G2"])
    }
    let others = try recorder.changes(of: "G3", from: nil, to: nil, last: 100)
    #expect(!others.isEmpty && others.allSatisfy { $0.partitions == ["G3"] })
    let kept = try #require(try RecordReader(folder: folder.path).runningConfiguration())
    #expect(kept.partitions.map(\.definition.processors[0].share.weight) == [20, 30, 100])
  }

  @Test func whatIsTypedIsAnInputAndOneRowForAllOfIt() throws {
    let manager = try Machines.manager()
    let recorder = try recorder(manager)
    try manager.perform(.activate("G1", load: false))
    for key in Array("help\r".utf8) {
      try manager.type([key], at: "G1", by: .user("OPERATOR"))
    }
    #expect(throws: ManagementError.self) {
      try manager.type([1], at: "G2", by: .user("OPERATOR"))
    }
    try manager.perform(.deactivate("G1", force: true))
    recorder.keepUp()
    #expect(manager.journal.count == 2)
    let rows = try DatabaseQueue(path: recorder.store.file).read {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM typed")
    }
    #expect(rows == 1)
    let reader = try RecordReader(folder: folder.path)
    let history = try reader.history(
      after: RecordsPosition(start: recorder.start, time: 0, input: 0))
    #expect(history.typed.map(\.number) == [2, 3, 4, 5, 6])
    #expect(history.typed.flatMap(\.bytes) == Array("help\r".utf8))
    #expect(history.inputs.map(\.input) == [1, 7] && history.end.input == 7)
    try reader.checkIntegrity()
  }

  @Test func whatComesInByUplinksIsAnInputAndOneRowForAllOfIt() throws {
    let manager = try Machines.manager()
    let recorder = try recorder(manager)
    try manager.perform(
      .network(
        .define(
          "S", defaultVLAN: nil, bytesPerSecond: nil, latencyNanoseconds: nil, uplink: .restricted)
      ))
    try manager.perform(.activate("G1", load: false))
    let frames = (0..<3).map { [UInt8](repeating: 2, count: 12) + [8, 0, $0] }
    for frame in frames { #expect(manager.receive(frame, atUplinkOf: "S")) }
    try manager.type([65], at: "G1", by: .user("OPERATOR"))
    recorder.keepUp()
    let rows = try DatabaseQueue(path: recorder.store.file).read {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM frame")
    }
    #expect(rows == 1)
    let reader = try RecordReader(folder: folder.path)
    let history = try reader.history(
      after: RecordsPosition(start: recorder.start, time: 0, input: 0))
    #expect(history.frames.map(\.bytes) == frames)
    #expect(history.outside.map(\.number) == [3, 4, 5, 6] && history.end.input == 6)
    #expect(history.outside.map(\.subject) == ["VSWITCH S", "VSWITCH S", "VSWITCH S", "G1"])
    try reader.checkIntegrity()
    try recorder.store.queue.write { try $0.execute(sql: "UPDATE frame SET time = 1") }
    #expect(throws: RecordStoreError.self) { try reader.checkIntegrity() }
  }

  @Test func isTheEventLogAsTheFirmwareHadIt() throws {
    let twin = try Machines.manager()
    Machines.changes(of: twin)
    var position = ReaderPosition()
    let expected = twin.changes(since: &position).elements

    let manager = try Machines.manager()
    let recorder = try recorder(manager)
    Machines.changes(of: manager)
    recorder.keepUp()
    let kept = try RecordReader(folder: folder.path).changes(RowSelection(start: recorder.start))
    #expect(kept.map(\.change) == expected)
    #expect(kept.contains { $0.change.refusal != nil })
    #expect(kept.map(\.sequence) == Array(1...Int64(expected.count)))
  }

  @Test func isAnAccountOfEachEnd() throws {
    let manager = try Machines.manager()
    let recorder = try recorder(manager)
    Machines.changes(of: manager)
    recorder.close()
    let accounts = try RecordReader(folder: folder.path)
      .accounting(RowSelection(start: recorder.start))
    #expect(accounts.map(\.partition) == ["G3", "G1", "G2"])
    #expect(accounts.map(\.reason) == [.deactivation, .shutdown, .shutdown])
    #expect(accounts.allSatisfy { $0.to == 1_000_000 && $0.from == 0 })
    #expect(accounts.reduce(0) { $0 + $1.dispatched } == 2_000_000)
  }

  @Test func isWhatRanWhenTheProcessEnded() throws {
    var manager = try Machines.manager()
    do {
      let recorder = try recorder(manager)
      Machines.changes(of: manager)
      try manager.perform(.set(.weight("G2", type: nil, weight: 77), .profile))
      recorder.keepUp()
      try recorder.goWithoutAWord()
    }
    manager = try Machines.manager()
    var recorder = try recorder(manager)
    let kept = try #require(recorder.kept)
    #expect(kept.isLost)
    #expect(kept.report.lost == ["G1", "G2"])
    #expect(kept.report.keptProfiles == ["G2"])
    #expect(kept.lines().contains("LOST: GUESTS OF G1 G2"))
    try manager.perform(.activate("G2", load: false))
    let view = try #require(manager.partitionView("G2"))
    #expect(view.shares.first?.setting.weight == 77)
    recorder.close()

    // After an end in good order nothing was lost; the profile is still kept.
    manager = try Machines.manager()
    recorder = try self.recorder(manager)
    #expect(recorder.kept?.isLost == false)
    #expect(recorder.kept?.report.lost == [])
    #expect(recorder.kept?.report.keptProfiles == ["G2"])
  }

  /// Oracle: `Docs/Operations.md`, what the next start keeps, and the machine that was lost.
  @Test func isWhatWasSetOfTheMachineUntilItEndsInGoodOrder() throws {
    var manager = try Machines.manager()
    do {
      let recorder = try recorder(manager)
      try manager.perform(.set(.runningTime(nanoseconds: 5_000_000)))
      try manager.perform(.set(.runningTime(nanoseconds: 7_000_000), .profile))
      recorder.keepUp()
      try recorder.goWithoutAWord()
    }
    let lost = manager
    manager = try Machines.manager()
    var recorder = try recorder(manager)
    #expect(recorder.kept?.report.keepsSettings == true)
    #expect(manager.settings == lost.settings && manager.profileSettings == lost.profileSettings)
    #expect(manager.settings.runningTime == 5_000_000)
    recorder.close()

    manager = try Machines.manager()
    recorder = try self.recorder(manager)
    #expect(manager.settings == lost.profileSettings)
    #expect(manager.profileSettings == lost.profileSettings)
  }

  @Test func hasPartitionsThatCameAndNotThoseThatWent() throws {
    var manager = try Machines.manager()
    do {
      let recorder = try recorder(manager)
      try manager.perform(.definePartition("WEB1", through: "WEB3", like: "G1"))
      try manager.perform(.deletePartition("G2"))
      try manager.perform(.set(.weight("WEB2", type: nil, weight: 77), .profile))
      recorder.keepUp()
      try manager.perform(.deletePartition("WEB1"))
      try manager.perform(.activate("WEB3", load: true))
      recorder.keepUp()
      try recorder.goWithoutAWord()
    }
    manager = try Machines.manager()
    var recorder = try recorder(manager)
    #expect(manager.partitionNames == ["G1", "G3", "WEB2", "WEB3"])
    #expect(recorder.kept?.report.lost == ["WEB3"])
    #expect(recorder.kept?.report.keptProfiles == ["WEB2"])
    #expect(recorder.kept?.report.undefined == [])
    try manager.perform(.deletePartition("WEB2", through: "WEB3"))
    try manager.perform(.definePartition("G2"))
    try manager.perform(.definePartition("WEB3", like: "G3"))
    recorder.close()

    manager = try Machines.manager()
    recorder = try self.recorder(manager)
    #expect(manager.partitionNames == ["G1", "G2", "G3", "WEB3"])
    #expect(recorder.kept?.report.keptProfiles == [])
    recorder.close()
  }

  @Test func givesWayToFilesThatWereChangedSince() throws {
    var manager = try Machines.manager()
    try manager.perform(.set(.weight("G2", type: nil, weight: 77), .profile))
    try recorder(manager).close()
    var definition = manager.definition
    definition.partitions[1].processors[0].share.amount = .relative(50)
    manager = try PartitionManager(definition)
    let recorder = try recorder(manager)
    #expect(recorder.kept?.report.changedDefinitions == ["G2"])
    #expect(
      recorder.kept?.lines().contains("DEFINED ANEW, THE FILES COUNT: G2") == true)
  }

  @Test func isInvisibleInTheHistory() throws {
    let plain = try Machines.manager()
    Machines.changes(of: plain)
    plain.runEpochs(until: 30_000_000)

    let manager = try Machines.manager()
    let recorder = try recorder(manager)
    recorder.interval = 7_000_000
    Machines.changes(of: manager)
    while manager.now < 30_000_000 {
      manager.runEpochs(until: min(30_000_000, recorder.nextSample))
      recorder.keepUp()
    }
    #expect(manager.machineView.digest == plain.machineView.digest)
    for name in manager.partitionNames {
      #expect(manager.partitionView(name)?.digest == plain.partitionView(name)?.digest)
    }
    let times = try #require(try recorder.sampledTimes())
    #expect(times == 7_000_000...28_000_000)
    #expect(try recorder.sample(atOrBefore: 20_000_000)?.time == 14_000_000)
  }

  @Test func waitsWhileThereIsNoSpace() throws {
    let manager = try Machines.manager()
    let recorder = try recorder(manager)
    var troubles: [String] = []
    recorder.onTrouble = { troubles.append($0) }
    try recorder.store.queue.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA max_page_count = 1")
    }
    recorder.isSampling = false
    for weight in 1...40 {
      try manager.perform(.set(.weight("G1", type: nil, weight: weight), .profile))
      recorder.keepUp()
    }
    let full = RecordStoreError.noSpace(file: folder.records)
    #expect(
      troubles == [
        "RECORDS NOT WRITTEN: \(full)", "NOT KEPT YET: 1 CHANGE; THE MACHINE GOES ON",
      ])
    try recorder.store.queue.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA max_page_count = 100000")
    }
    try manager.perform(.set(.weight("G1", type: nil, weight: 41), .profile))
    recorder.keepUp()
    #expect(troubles.count == 3)
    #expect(troubles.last == "RECORDS WRITTEN AGAIN")
    let kept = try recorder.changes(of: "G1", from: nil, to: nil, last: 100)
    #expect(
      kept.map(\.action) == (1...41).map { .set(.weight("G1", type: nil, weight: $0), .profile) })
  }

  @Test(
    "names that are numbered on are told as a range",
    arguments: [
      ([], []), (["A"], ["A"]), (["P01", "P02"], ["P01", "P02"]),
      (["P08", "P09", "P10", "Q", "S1", "S3", "S4", "S5"], ["P08-P10", "Q", "S1", "S3-S5"]),
      (["P9", "P10", "P11", "P12"], ["P9", "P10-P12"]), (["1", "2", "3"], ["1-3"]),
    ])
  func ranges(_ names: [String], _ told: [String]) {
    #expect(KeptState.ranges(names) == told)
  }
}
