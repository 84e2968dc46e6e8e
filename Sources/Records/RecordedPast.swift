import Channels
import Partitioning

/// What the records have of a machine's history up to a place in it, for who looks at the machine as it was there.
package struct RecordedPast: Sendable {
  private let records: any RecordReading
  /// What of each start belongs to it, oldest first, and where that ends.
  private let pieces: [RecordsPosition]
  /// The place.
  package let end: RecordsPosition

  /// The past of a place on a line.
  package init(_ records: any RecordReading, on line: HistoryLine, upTo end: RecordsPosition) {
    self.records = records
    self.end = end
    let start = line.position(at: end.time, input: end.input)?.start ?? end.start
    pieces = line.pieces.filter { $0.start <= start }.map { piece in
      piece.start == start
        ? RecordsPosition(start: start, time: end.time, input: end.input)
        : piece.end ?? end
    }
  }

  /// Whether a place lies in it.
  package func contains(_ position: RecordsPosition) -> Bool {
    pieces.contains {
      $0.start == position.start && position.time <= $0.time && position.input <= $0.input
    }
  }

  /// The last changes about a partition or all within an interval, oldest first.
  ///
  /// - Throws: `RecordStoreError`.
  package func changes(
    of partition: String?, from: SimulatedTime?, to: SimulatedTime?, last count: Int
  ) throws(RecordStoreError) -> [ChangeRecord] {
    try last(count) { piece, count throws(RecordStoreError) in
      var selection = selection(piece, of: partition, count)
      selection.from = from ?? selection.from
      selection.to = min(piece.time, to ?? .max)
      let found = try records.changes(selection).map(\.change)
      let own = found.prefix { $0.input ?? 0 <= piece.input }
      guard own.count < found.count, count < Int.max else { return Array(own) }
      // What was asked for at that very instant comes after it.
      selection.count = count.addingClamped(found.count.subtractingClamped(own.count))
      return try records.changes(selection).map(\.change).prefix { $0.input ?? 0 <= piece.input }
    }
  }

  /// The last accounting records of a partition or of all, oldest first.
  ///
  /// - Throws: `RecordStoreError`.
  package func accounting(
    of partition: String?, last count: Int
  ) throws(RecordStoreError) -> [AccountingRecord] {
    try last(count) { piece, count throws(RecordStoreError) in
      var selection = selection(piece, of: partition, count)
      selection.to = piece.time.subtractingClamped(1)
      return try records.accounting(selection)
    }
  }

  /// When samples were taken, oldest first.
  ///
  /// - Throws: `RecordStoreError`.
  package func sampleTimes() throws(RecordStoreError) -> [SampleTime] {
    try last(.max) { piece, _ throws(RecordStoreError) in
      try records.sampleTimes(start: piece.start).filter { $0.time <= piece.time }
    }
  }

  /// One sample, by its number.
  ///
  /// - Throws: `RecordStoreError`.
  package func sample(_ id: Int64) throws(RecordStoreError) -> MeasurementSample {
    try records.sample(id)
  }

  private func selection(
    _ piece: RecordsPosition, of partition: String?, _ count: Int
  ) -> RowSelection {
    var selection = RowSelection(start: piece.start)
    selection.partition = partition
    selection.count = count
    return selection
  }

  /// The last of what the pieces have, oldest first.
  private func last<Element>(
    _ count: Int,
    _ find: (_ piece: RecordsPosition, _ count: Int) throws(RecordStoreError) -> [Element]
  ) throws(RecordStoreError) -> [Element] {
    var found: [Element] = []
    for piece in pieces.reversed() where found.count < count {
      found = try find(piece, count.subtractingClamped(found.count)) + found
    }
    return found.suffix(max(0, count))
  }
}
