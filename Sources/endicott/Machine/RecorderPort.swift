import Channels
import ControlProgram
import Partitioning
import Records

// The records as the control program asks for them: those of this start, up to this instant.

extension Recorder: RecordsPort {
  package func keepAnswered() -> UnkeptRecords? {
    takeUnkept().map { UnkeptRecords(isNew: $0.isNew, what: $0.what, reason: $0.reason) }
  }

  package func sampledTimes() throws(RecordsFailure) -> ClosedRange<SimulatedTime>? {
    let times = try answer { store throws(RecordStoreError) in
      try store.sampleTimes(start: start)
    }
    guard let first = times.first?.time, let last = times.last?.time else { return nil }
    // A file that something else wrote may have them in any order.
    return ClosedRange(uncheckedBounds: (min(first, last), max(first, last)))
  }

  package func sample(
    atOrBefore time: SimulatedTime
  ) throws(RecordsFailure) -> MeasurementSample? {
    try answer { store throws(RecordStoreError) in
      guard let found = try store.sampleTimes(start: start).last(where: { $0.time <= time }) else {
        return nil
      }
      return try store.sample(found.id)
    }
  }

  package func accounting(
    of partition: String?, last count: Int
  ) throws(RecordsFailure) -> [AccountingRecord] {
    var selection = RowSelection(start: start)
    selection.partition = partition
    selection.count = count
    let wanted = selection
    return try answer { store throws(RecordStoreError) in try store.accounting(wanted) }
  }

  package func changes(
    of partition: String?, from: SimulatedTime?, to: SimulatedTime?, last count: Int
  ) throws(RecordsFailure) -> [ChangeRecord] {
    var selection = RowSelection(start: start)
    selection.partition = partition
    selection.from = from ?? selection.from
    selection.to = to ?? selection.to
    selection.count = count
    let wanted = selection
    return try answer { store throws(RecordStoreError) in
      try store.changes(wanted).map(\.change)
    }
  }

  /// Asks the store once everything up to now is in it.
  private func answer<Answer>(
    _ question: (RecordStore) throws(RecordStoreError) -> Answer
  ) throws(RecordsFailure) -> Answer {
    keepUp()
    do throws(RecordStoreError) {
      try store.waitForSamples()
      return try question(store)
    } catch {
      throw RecordsFailure("\(error)")
    }
  }
}

extension RecordsPort {
  package func lines(
    of report: PartitionDataReport, in form: ReportForm, partitions: [String]?,
    type: ProcessorType?
  ) -> [String] {
    switch form {
    case .commaSeparated:
      ReportLines.commaSeparated(report, partitions: partitions, type: type)
    case .jsonLines: ReportLines.json(report, partitions: partitions, type: type)
    }
  }
}
