import Channels
import GRDB
import Partitioning
import Quantities

// A machine that goes on from a checkpoint goes on with the history of the start in which that was taken,
// up to there. So starts form a tree, as branches do, and what a machine went through lies on a line of it:
// pieces of several starts. What somebody outside asked for on that line, performed again at the same
// instants, gives the same machine.

extension RecordsPosition {
  /// The place that a start's row goes on from; nil when there is none.
  init?(parentIn row: Row, of name: String) throws {
    guard !row.stored("parent").isNull else { return nil }
    self.init(
      start: try row.required("parent", of: name), time: try row.counter("parentTime", of: name),
      input: try row.counter("parentInput", of: name))
  }
}

/// The starts that a machine's history lies in, oldest first.
package struct HistoryLine: Sendable, Equatable {
  /// What of one start belongs to it.
  package struct Piece: Sendable, Equatable {
    /// The number of the start.
    package var start: Int64
    /// Where the line leaves it; nil for the last, which belongs to it up to its end.
    package var end: RecordsPosition?

    /// Whether the line leaves it at a place of it or later.
    func reaches(_ position: RecordsPosition) -> Bool {
      guard let end else { return true }
      return position.input <= end.input && position.time <= end.time
    }
  }

  /// The pieces; at least one.
  package private(set) var pieces: [Piece]

  /// The line that ends with a start.
  ///
  /// - Parameters:
  ///   - start: The number of the start.
  ///   - starts: All starts.
  package init(to start: Int64, of starts: [StartRecord]) {
    let parents = Dictionary(
      starts.map { ($0.id, $0.parent) }, uniquingKeysWith: { first, _ in first })
    pieces = [Piece(start: start)]
    // A parent is older than its child: a file that says otherwise ends the line.
    while let first = pieces.first, let parent = parents[first.start] ?? nil,
      parent.start < first.start
    {
      pieces.insert(Piece(start: parent.start, end: parent), at: 0)
    }
  }

  /// Whether a place lies on it.
  package func contains(_ position: RecordsPosition) -> Bool {
    pieces.contains { $0.start == position.start && $0.reaches(position) }
  }

  /// The place on it at an instant, after so many of the machine's inputs.
  package func position(at time: SimulatedTime, input: UInt64) -> RecordsPosition? {
    for piece in pieces {
      let position = RecordsPosition(start: piece.start, time: time, input: input)
      if piece.reaches(position) { return position }
    }
    return nil
  }
}

/// What is known of a machine's history after a place in it.
package struct LaterHistory: Sendable {
  /// Where it is known to end: the last instant of which there is a record, the end of the machine left out.
  package var end: RecordsPosition
  /// What somebody outside asked for, in order, the end of the machine left out.
  package var inputs: [ChangeRecord]
  /// What came from outside and is no action, in order.
  package var outside: [OutsideInput] = []
  /// All changes, those that the firmware made by itself and guests' included.
  package var changes: [LoggedChange]
  /// The line that it lies on.
  package var line: HistoryLine

  /// Whether nothing came from outside.
  package var isEmpty: Bool { inputs.isEmpty && outside.isEmpty }

  /// What came for guests' consoles, in order.
  package var typed: [GuestInput] {
    outside.compactMap { if case .keys(let input) = $0 { input } else { nil } }
  }

  /// What came in by uplinks, in order.
  package var frames: [UplinkInput] {
    outside.compactMap { if case .frame(let input) = $0 { input } else { nil } }
  }
}

extension RecordReading {
  /// What is known of a machine's history after a place in it, on the newest line on which something was
  /// asked for there.
  ///
  /// - Parameter position: The place: a checkpoint's.
  /// - Returns: What is known; of several lines the newest's.
  /// - Throws: `RecordStoreError`.
  package func history(after position: RecordsPosition) throws(RecordStoreError) -> LaterHistory {
    let starts = try starts()
    for start in starts.reversed() where start.id >= position.start {
      let line = HistoryLine(to: start.id, of: starts)
      guard line.contains(position) else { continue }
      let history = try history(on: line, after: position, until: .max, starts)
      // A start in which nobody asked for anything hides none in which somebody did.
      if !history.isEmpty || start.id == position.start { return history }
    }
    return LaterHistory(
      end: position, inputs: [], changes: [], line: HistoryLine(to: position.start, of: starts))
  }

  /// What is known of a machine's history on a line after a place of it, up to an instant; what was asked
  /// for at that instant comes after it.
  ///
  /// - Parameters:
  ///   - line: The line.
  ///   - position: The place.
  ///   - last: The instant.
  /// - Returns: What is known.
  /// - Throws: `RecordStoreError`.
  package func history(
    on line: HistoryLine, after position: RecordsPosition, until last: SimulatedTime
  ) throws(RecordStoreError) -> LaterHistory {
    try history(on: line, after: position, until: last, try starts())
  }

  /// The starts that left something to go on with, the newest first: in which something but the end of the
  /// machine was asked for, or a checkpoint taken.
  ///
  /// - Parameter positions: Where the checkpoints that there are were taken.
  /// - Returns: The lines that end with them.
  /// - Throws: `RecordStoreError`.
  package func linesToGoOnWith(
    _ positions: [RecordsPosition]
  ) throws(RecordStoreError) -> [HistoryLine] {
    let starts = try starts()
    let taken = Set(positions.map(\.start))
    let asked = try read { database in
      let hasFrames = try database.tableExists(KeptTable.frame.rawValue)
      return try Set(
        Int64.fetchAll(
          database,
          sql: """
            SELECT start FROM change
              WHERE input IS NOT NULL AND json_extract(action, '$.shutDown') IS NULL
            UNION SELECT start FROM typed
            \(hasFrames ? "UNION SELECT start FROM frame" : "")
            """))
    }
    return starts.reversed().filter { taken.contains($0.id) || asked.contains($0.id) }
      .map { HistoryLine(to: $0.id, of: starts) }
  }

  private func history(
    on line: HistoryLine, after position: RecordsPosition, until last: SimulatedTime,
    _ starts: [StartRecord]
  ) throws(RecordStoreError) -> LaterHistory {
    var changes: [LoggedChange] = []
    var outside: [OutsideInput] = []
    var end = position
    for piece in line.pieces where piece.start >= position.start {
      var selection = RowSelection(start: piece.start)
      selection.from = position.time
      selection.to = min(piece.end?.time ?? .max, last)
      changes += try self.changes(selection).filter { logged in
        guard let input = logged.change.input else { return true }
        return input > position.input && input <= piece.end?.input ?? .max
      }
      outside += try self.outside(start: piece.start, from: position.time).filter {
        $0.number > position.input && $0.number <= piece.end?.input ?? .max && $0.time < last
      }
      end.start = piece.start
      end.time = max(
        end.time, try lastTime(of: piece, starts.first { $0.id == piece.start }, until: last))
    }
    if let place = changes.firstIndex(where: { $0.change.input != nil && $0.change.time >= last }) {
      changes = Array(changes.prefix(max(0, place)))
    }
    var inputs = changes.map(\.change).filter { $0.input != nil }
    if let final = inputs.last, final.action.endsMachine {
      inputs = Array(inputs.dropLast())
      end.time = min(end.time, final.time)
      changes.removeAll { logged in
        logged.change.input.map { $0 == final.input } ?? (logged.change.time >= final.time)
      }
      outside.removeAll { $0.number > final.input ?? 0 }
    }
    end.input = max(position.input, inputs.last?.input ?? 0, outside.last?.number ?? 0)
    return LaterHistory(
      end: end, inputs: inputs, outside: outside, changes: changes, line: line)
  }

  /// The last instant of a piece of which there is a record.
  private func lastTime(
    of piece: HistoryLine.Piece, _ start: StartRecord?, until last: SimulatedTime
  ) throws(RecordStoreError) -> SimulatedTime {
    if let end = piece.end { return min(end.time, last) }
    if let end = start?.endTime { return min(end, last) }
    let found = try read { database in
      let hasFrames = try database.tableExists(KeptTable.frame.rawValue)
      return try Int64.fetchOne(
        database,
        sql: "SELECT " + RecordSchema.lastTime(of: ":start", withFrames: hasFrames),
        arguments: ["start": piece.start])
    }
    return min(UInt64(clamping: found ?? 0), last)
  }
}

extension ManagementAction {
  /// Whether it takes the whole machine down.
  fileprivate var endsMachine: Bool {
    if case .shutDown = self { true } else { false }
  }
}
