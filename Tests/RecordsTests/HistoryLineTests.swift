import Partitioning
import Records
import Testing

// Oracle: written out by hand: which inputs lie on which line of a tree of starts.

@Suite("The line that a machine's history lies on")
struct HistoryLineTests {
  private let folder: StateFolders

  init() throws { folder = try StateFolders() }

  private func input(_ number: UInt64, at time: UInt64) -> ChangeRecord {
    ChangeRecord(
      time: time, author: .user("OPERATOR"),
      action: .set(.weight("G1", type: nil, weight: Int(number))), partition: "G1", differences: [],
      input: number)
  }

  private func begin(
    _ store: RecordStore, from parent: RecordsPosition? = nil, _ inputs: [ChangeRecord]
  ) throws -> Int64 {
    let start = try store.begin(
      machine: "TREE", timeOfDay: 0, seed: 1, historyVersion: 1, parent: parent, wall: 0)
    try store.write(inputs, start: start, wall: 0)
    return start
  }

  @Test("goes on where a start goes on from, and leaves out what came after that")
  func tree() throws {
    let store = try RecordStore(folder: folder.path)
    let first = try begin(store, [input(1, at: 10), input(2, at: 20), input(3, at: 30)])
    let checkpoint = RecordsPosition(start: first, time: 15, input: 1)
    #expect(try store.history(after: checkpoint).inputs.map(\.input) == [2, 3])
    #expect(
      try store.history(after: checkpoint).end == RecordsPosition(start: first, time: 30, input: 3))

    // One in which nobody asked for anything hides nothing.
    _ = try begin(store, from: checkpoint, [])
    #expect(try store.history(after: checkpoint).inputs.map(\.input) == [2, 3])
    // Inputs that were performed again, to input 3, and one more.
    let replayed = RecordsPosition(start: first, time: 30, input: 3)
    let second = try begin(store, from: replayed, [input(4, at: 40)])
    #expect(try store.history(after: checkpoint).inputs.map(\.input) == [2, 3, 4])
    // A branch of its own is newer than that.
    let third = try begin(store, from: checkpoint, [input(2, at: 16)])
    let later = try store.history(after: checkpoint)
    #expect(later.inputs.map(\.time) == [16])
    #expect(later.end == RecordsPosition(start: third, time: 16, input: 2))
    // The line that was left is still there.
    let line = HistoryLine(to: second, of: try store.starts())
    #expect(
      try store.history(on: line, after: checkpoint, until: 35).inputs.map(\.input) == [2, 3])
    #expect(line.pieces.map(\.start) == [first, second])
    #expect(line.contains(RecordsPosition(start: first, time: 30, input: 3)))
    #expect(!line.contains(RecordsPosition(start: first, time: 31, input: 3)))
    #expect(!line.contains(RecordsPosition(start: third, time: 16, input: 2)))
    try store.checkIntegrity()
  }

  @Test("ends before the end of the machine; what the firmware did by itself is known")
  func endOfTheMachine() throws {
    let store = try RecordStore(folder: folder.path)
    var own = input(0, at: 25)
    own.input = nil
    own.author = .firmware
    let end = ChangeRecord(
      time: 30, author: .user("OPERATOR"), action: .shutDown(within: nil), partition: nil,
      differences: [], input: 2)
    let start = try begin(store, [input(1, at: 10), own, end])
    try store.end(start: start, time: 30, wall: 0)
    let later = try store.history(after: RecordsPosition(start: start, time: 0, input: 0))
    #expect(later.inputs.map(\.input) == [1])
    #expect(later.changes.map(\.change.input) == [1, nil])
    #expect(later.end == RecordsPosition(start: start, time: 30, input: 1))
  }
}
