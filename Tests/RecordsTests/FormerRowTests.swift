import Foundation
import Partitioning
import Quantities
import Testing

@testable import Records

@Suite("Rows of an older program are read")
struct FormerRowTests {
  private let folder: StateFolders

  init() throws { folder = try StateFolders() }

  @Test("every kind of action and refusal means what it meant")
  func former() throws {
    let store = try RecordStore(folder: folder.path)
    let recorder = try Recorder(store, Machines.manager()) { 5 }
    try store.keep { transaction in
      for row in FormerRow.all {
        try transaction.write(
          .change,
          [
            .integer(try transaction.next(.change)), .integer(recorder.start), .integer(7),
            .integer(5), .text("user"), .text("MAINT"), KeptValue(nil as String?),
            .text(row.action), .text("[]"), KeptValue(row.refusal),
          ])
      }
    }
    let found = try store.changes(RowSelection(start: recorder.start)).map(\.change)
    #expect(found.map(\.action) == FormerRow.all.map(\.meaning))
    #expect(found.map(\.refusal) == FormerRow.all.map(\.error))
    #expect(found.allSatisfy { $0.author == .user("MAINT") })
  }

  @Test("an act is written as it was, so that its rows need nothing")
  func unchanged() throws {
    for row in FormerRow.acts {
      #expect(try RowJSON.text(row.meaning) == row.action)
      #expect(WrittenForm.text(row.meaning) == row.action)
    }
  }

  @Test("what no program wrote is refused")
  func damaged() throws {
    for text in [
      "{}", "[]", "{\"setWeight\":{}}", "{\"inProfile\":{}}", "7", "{\"inBoth\":{\"_0\":7}}",
    ] {
      let renewed = FormerActions.renewed(Data(text.utf8)) ?? Data()
      #expect(throws: (any Error).self) {
        try JSONDecoder().decode(ManagementAction.self, from: renewed)
      }
    }
    let deep = String(repeating: "{\"inBoth\":{\"_0\":", count: 400)
    #expect(
      (try? JSONDecoder().decode(
        ManagementAction.self, from: FormerActions.renewed(Data(deep.utf8)) ?? Data())) == nil)
  }

  @Test("a partition whose share stood in four places asks for what it asked for")
  func shares() throws {
    for former in FormerPartition.all {
      let renewed = FormerShares.renewed(Data(former.json.utf8))
      let partition = try JSONDecoder().decode(PartitionDefinition.self, from: renewed)
      #expect(partition.processors == former.meaning)
      // What is written now is left as it is.
      let present = try RowJSON.text(partition)
      #expect(FormerShares.renewed(Data(present.utf8)) == Data(present.utf8))
      #expect(UnreadFields.paths(in: renewed, readAs: partition).isEmpty)
    }
  }
}
