import Channels
import Partitioning

@testable import ControlProgram

/// Records in memory: what a test puts into them.
final class StandInRecords: RecordsPort {
  var interval: SimulatedTime = 10_000_000_000
  var isSampling = true
  var samples: [MeasurementSample] = []
  var accounts: [AccountingRecord] = []
  var log: [ChangeRecord] = []
  /// What every question is answered with, when it is set.
  var failure: RecordsFailure?

  func sampledTimes() throws(RecordsFailure) -> ClosedRange<SimulatedTime>? {
    if let failure { throw failure }
    guard let first = samples.first, let last = samples.last else { return nil }
    return first.time...last.time
  }

  func sample(atOrBefore time: SimulatedTime) throws(RecordsFailure) -> MeasurementSample? {
    if let failure { throw failure }
    return samples.last { $0.time <= time }
  }

  func lines(
    of report: PartitionDataReport, in form: ReportForm, partitions: [String]?,
    type: ProcessorType?
  ) -> [String] {
    ["\(form) \(report.start) \(report.end) \(partitions ?? [])"]
  }

  func accounting(
    of partition: String?, last count: Int
  ) throws(RecordsFailure) -> [AccountingRecord] {
    accounts.filter { partition == nil || $0.partition == partition }.suffix(count)
  }

  func changes(
    of partition: String?, from: SimulatedTime?, to: SimulatedTime?, last count: Int
  ) throws(RecordsFailure) -> [ChangeRecord] {
    log.filter { change in
      (partition == nil || change.partition == partition)
        && (from ?? 0) <= change.time && change.time <= to ?? .max
    }.suffix(count)
  }
}
