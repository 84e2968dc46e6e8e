import Channels
import Partitioning

// What the machine's own commands ask of its records, of this start only.

extension Recorder {
  /// When the first and the last sample were taken; nil before the first.
  ///
  /// - Throws: `RecordStoreError`.
  package func sampledTimes() throws(RecordStoreError) -> ClosedRange<SimulatedTime>? {
    try store.waitForSamples()
    let times = try store.sampleTimes(start: start)
    guard let first = times.first, let last = times.last else { return nil }
    return first.time...max(first.time, last.time)
  }

  /// The last sample at or before an instant; nil when there is none.
  ///
  /// - Throws: `RecordStoreError`.
  package func sample(
    atOrBefore time: SimulatedTime
  ) throws(RecordStoreError) -> MeasurementSample? {
    try store.waitForSamples()
    let found = try store.sampleTimes(start: start).last { $0.time <= time }
    guard let found else { return nil }
    return try store.sample(found.id)
  }

  /// The last accounting records of a partition or of all, oldest first.
  ///
  /// - Throws: `RecordStoreError`.
  package func accounting(
    of partition: String?, last count: Int
  ) throws(RecordStoreError) -> [AccountingRecord] {
    keepUp()
    var selection = RowSelection(start: start)
    selection.partition = partition
    selection.count = count
    return try store.accounting(selection)
  }

  /// The last changes about a partition or all within an interval, oldest first.
  ///
  /// - Throws: `RecordStoreError`.
  package func changes(
    of partition: String?, from: SimulatedTime?, to: SimulatedTime?, last count: Int
  ) throws(RecordStoreError) -> [ChangeRecord] {
    keepUp()
    var selection = RowSelection(start: start)
    selection.partition = partition
    selection.count = count
    selection.from = from ?? selection.from
    selection.to = to ?? selection.to
    return try store.changes(selection).map(\.change)
  }
}
