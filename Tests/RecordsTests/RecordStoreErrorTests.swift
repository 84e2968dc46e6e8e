import Records
import Testing

@Suite struct RefusalsOfRecords {
  @Test(arguments: [
    RecordStoreError.notRecords(file: "f"), .newerForm(file: "f"),
    .damaged(file: "f", finding: "page 3"), .inaccessible(file: "f", reason: "r"),
    .wrongKind(file: "f", needed: "folder"),
    .noSpace(file: "f"), .failing(file: "f", reason: "r"), .noDescriptor(file: "f"),
    .vanished(file: "f"), .inUse(file: "f", process: 7), .absent(file: "f"),
    .unreadableRow(file: "f", row: "row 1 of change", reason: "r"),
  ])
  func nameTheFileAndTheRemedy(error: RecordStoreError) {
    #expect(error.description.hasPrefix("f: "))
    #expect(error.description.contains(";") || error.description.contains(","))
  }
}
