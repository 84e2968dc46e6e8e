import Foundation
import Quantities
import TestSupport
import Testing

@testable import Partitioning
@testable import Records

@Suite("What an older program kept of a machine")
struct FormerConfigurationTests {
  private let folder: StateFolders

  init() throws { folder = try StateFolders() }

  /// Records with the rows of the older program.
  private func store(changing change: (String) -> String = { $0 }) throws -> RecordStore {
    let store = try RecordStore(folder: folder.path)
    try store.keep { transaction in
      for row in FormerConfigurationRow.all {
        let text = KeptValue.text(change(row.json))
        if let profile = row.profile {
          try transaction.write(.profile, [.text(row.name), .integer(0), .text(profile), text])
        } else {
          try transaction.write(.running, [.text(row.name), text])
        }
      }
    }
    return store
  }

  /// Oracle: the machine that was not lost, and what the present program keeps of it.
  @Test("it is put back and recovered as what this program keeps")
  func recovered() throws {
    let whole = try KeptMachine.manager()
    try KeptMachine.use(whole)
    let kept = try store().runningConfiguration()
    let former = try #require(kept)
    #expect(former.machine == whole.machineRecord)
    for configuration in [former, whole.runningConfiguration] {
      let manager = try KeptMachine.manager()
      let report = manager.restore(configuration)
      #expect(report.lost == ["A", "B", "X"] && report.keptProfiles == ["B"])
      #expect(report.defined == ["X"] && report.deleted == ["C"])
      // Lost a second time before it was recovered.
      let again = try KeptMachine.manager()
      #expect(again.restore(manager.runningConfiguration).lost == ["A", "B", "X"])
      for manager in [manager, again] {
        for name in ["A", "B", "X"] {
          _ = try manager.perform(.recover(name))
          let (own, was) = try (
            #require(manager.partitionView(name)), #require(whole.partitionView(name))
          )
          #expect(
            own.state == was.state && own.isStopped == was.isStopped
              && own.definition == was.definition)
          #expect(own.profiles == was.profiles && own.profileName == was.profileName)
          #expect(own.processors.map(standing) == was.processors.map(standing))
          #expect(own.storageByteCount == was.storageByteCount && own.paths == was.paths)
        }
      }
    }
  }

  /// What of a processor does not depend on the instant.
  private func standing(_ processor: LogicalProcessorView) -> LogicalProcessorState {
    [.stopped, .reserved].contains(processor.state) ? processor.state : .ready
  }

  /// Oracle: the record that the same program's row of the partition gives.
  @Test("a checkpoint's partitions that were lost before it are read too")
  func checkpoint() throws {
    let manager = try KeptMachine.manager()
    let kept = try store().runningConfiguration()
    _ = manager.restore(try #require(kept))
    let state = manager.machineState
    var text = try JSONValue(of: StateEnvelope(state))
    let row = try #require(FormerConfigurationRow.all.first { $0.name == "A" })
    let former = try JSONDecoder().decode(JSONValue.self, from: Data(row.json.utf8))
    text = text.replacing(["state", "partitions", "0", "lost"], with: former)
    let present = FormerJSON.present(try text.text)
    let read = try JSONDecoder().decode(StateEnvelope<MachineState>.self, from: present)
    #expect(UnreadFields.paths(in: present, readAs: read) == [])
    var expected = state
    expected.partitions[0].lost?.profiles = []
    #expect(read.state == expected)
  }

  /// Oracle: the machine of which the former program wrote its row; what is written now is the same text with
  /// the switch that machines have since.
  @Test("the row of a machine as a whole that had a list of values is read, and written as it was")
  func whole() throws {
    let manager = try KeptMachine.whollySet()
    let row = FormerConfigurationRow.wholeMachine
    let record = try JSONDecoder().decode(MachineRecord.self, from: Data(row.utf8))
    #expect(record == manager.machineRecord)
    let present = row.replacingOccurrences(
      of: #""name":"G"}],"#,
      with:
        #""name":"G"}],"ioPriorityQueuing":false,"isPathManagementOff":false,"#
        + #""missingInterrupts":{"disks":15,"exceptions":[]},"#
    )
    #expect(try RowJSON.text(manager.machineRecord) == present)
    for member in ["settings", "profileSettings", "base", "offlinePaths", "offlineProcessors"] {
      let text = row.replacingOccurrences(of: "\"\(member)\":", with: "\"X\":")
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(MachineRecord.self, from: Data(text.utf8))
      }
    }
  }

  @Test("a row that no program wrote is refused with its name")
  func damaged() throws {
    let changes = [
      ("\"activeProfile\":\"A\",", ""), ("\"incrementCount\":3", "\"incrementCount\":\"many\""),
      ("\"state\":\"operating\"", "\"state\":\"humming\""),
    ]
    for (old, new) in changes {
      #expect(FormerConfigurationRow.all.contains { $0.json.contains(old) })
      let store = try store { $0.replacingOccurrences(of: old, with: new) }
      #expect(throws: RowNamed("row A of running")) {
        do { _ = try store.runningConfiguration() } catch { throw RowNamed(error) }
      }
      try store.close()
    }
  }

  @Test("counts that no machine had bring nothing down")
  func absurd() throws {
    let changes = [
      ("\"incrementPlaces\":[0,1,2]", "\"incrementPlaces\":[9223372036854775807,-1]"),
      ("\"onlineProcessors\":[0,1]", "\"onlineProcessors\":[4611686018427387904,-5]"),
      (
        "\"incrementCount\":3,\"incrementPlaces\":[0,1,2]",
        "\"incrementCount\":4611686018427387904"
      ),
    ]
    for (old, new) in changes {
      #expect(FormerConfigurationRow.all.contains { $0.json.contains(old) })
      let store = try store { $0.replacingOccurrences(of: old, with: new) }
      let manager = try KeptMachine.manager()
      let kept = try store.runningConfiguration()
      _ = manager.restore(try #require(kept))
      _ = try? manager.perform(.recover("A"))
      _ = try manager.perform(.recover("B"))
      try store.close()
    }
  }
}

/// The row that an error names.
private struct RowNamed: Error, Equatable {
  let row: String

  init(_ row: String) { self.row = row }

  init(_ error: any Error) {
    guard case RecordStoreError.unreadableRow(_, let row, _) = error else {
      self.init("\(error)")
      return
    }
    self.init(row)
  }
}
