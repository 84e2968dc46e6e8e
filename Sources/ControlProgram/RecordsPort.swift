import Channels
import Partitioning

/// Why the store of records did not give or take something: one line for the operator.
package struct RecordsFailure: Error, Equatable, Sendable {
  package let reason: String

  package init(_ reason: String) {
    self.reason = reason
  }
}

/// What could not be kept up to an answer.
package struct UnkeptRecords: Equatable, Sendable {
  /// Whether changes were made since the last answer that are not kept.
  package var isNew: Bool
  /// What waits: `3 changes, 1 sample`.
  package var what: String
  /// Why, with the remedy.
  package var reason: String

  /// Creates it from its parts.
  package init(isNew: Bool, what: String, reason: String) {
    self.isNew = isNew
    self.what = what
    self.reason = reason
  }
}

extension RecordsPort {
  /// A store to which something is added.
  package var isKept: Bool { true }
  /// A store that never fails.
  package func keepAnswered() -> UnkeptRecords? { nil }
}

/// A form of reports for programs.
package enum ReportForm: Sendable {
  /// Comma-separated values (RFC 4180).
  case commaSeparated
  /// A JSON object on each line.
  case jsonLines
}

/// What the control program needs of the store of records, which is outside the machine's history.
///
/// Owner thread only. Instants are those of this start of the machine.
package protocol RecordsPort: AnyObject {
  /// Keeps what a command changed, before its answer is given.
  ///
  /// - Returns: What is not kept, nil when all is: whether some of it is new since the last call, what
  ///   it is, and why.
  func keepAnswered() -> UnkeptRecords?
  /// Whether anything is added to them: not when the machine is only looked at.
  var isKept: Bool { get }
  /// Time between samples.
  var interval: SimulatedTime { get set }
  /// Whether samples are taken.
  var isSampling: Bool { get set }
  /// When the first and the last sample were taken; nil before the first.
  func sampledTimes() throws(RecordsFailure) -> ClosedRange<SimulatedTime>?
  /// The last sample at or before an instant; nil when there is none.
  func sample(atOrBefore time: SimulatedTime) throws(RecordsFailure) -> MeasurementSample?
  /// A report for programs: a line for each row, and a heading where the form has one.
  ///
  /// - Parameters:
  ///   - report: the report.
  ///   - form: CSV or JSON lines.
  ///   - partitions: the only partitions to tell of; nil for all, with the sums of the pools.
  ///   - type: the only type of processors to tell of.
  /// - Returns: the lines, without their ends.
  func lines(
    of report: PartitionDataReport, in form: ReportForm, partitions: [String]?,
    type: ProcessorType?
  ) -> [String]
  /// The last accounting records of a partition or of all (nil), oldest first.
  func accounting(
    of partition: String?, last count: Int
  ) throws(RecordsFailure) -> [AccountingRecord]
  /// The last changes about a partition or all (nil) within an interval, oldest first.
  func changes(
    of partition: String?, from: SimulatedTime?, to: SimulatedTime?, last count: Int
  ) throws(RecordsFailure) -> [ChangeRecord]
}

extension Invocation {
  /// The store of records; refused when the machine keeps none.
  func records() throws(CommandMessage) -> any RecordsPort {
    guard let records = control.records else { throw CommandMessage(.noRecords) }
    return records
  }

  /// The store of records, for who wants something added; refused when nothing is.
  func keptRecords() throws(CommandMessage) -> any RecordsPort {
    let records = try records()
    guard records.isKept else { throw CommandMessage(.noRecords) }
    return records
  }

  /// Asks the store; its failure becomes the command's message.
  func ask<Answer>(
    _ question: (any RecordsPort) throws(RecordsFailure) -> Answer
  ) throws(CommandMessage) -> Answer {
    let records = try records()
    do throws(RecordsFailure) {
      return try question(records)
    } catch {
      throw CommandMessage(.recordsFailure, error.reason)
    }
  }
}
