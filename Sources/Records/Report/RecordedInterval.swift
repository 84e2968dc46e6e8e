import Channels
import Partitioning
import Quantities

/// An instant that a report is asked for.
package enum ReportInstant: Sendable, Equatable {
  /// Nanoseconds since the machine's IPL.
  case sinceIPL(SimulatedTime)
  /// The machine's time of day in seconds since 1970.
  case timeOfDay(Int64)
}

/// Why there is nothing to report.
package enum ReportRefusal: Error, Equatable, Sendable {
  /// The machine was never started with these records.
  case noStart(file: String)
  /// No start has the number; `known` are those that there are.
  case startNotFound(Int64, known: ClosedRange<Int64>)
  /// The start has fewer than two samples, between which an interval could lie.
  case tooFewSamples(start: Int64)
  /// The interval lies outside of what was measured, or ends before it begins.
  case outside(measured: ClosedRange<SimulatedTime>, timeOfDay: Int64)
  /// The samples do not agree with each other.
  case inconsistent(ReportError)
  /// The records cannot be read.
  case records(RecordStoreError)
}

extension ReportRefusal: CustomStringConvertible {
  /// One line: what is wrong, what would be right.
  package var description: String {
    switch self {
    case .noStart(let file):
      "\(file): the machine was not started with these records yet"
    case .startNotFound(let id, let known):
      "there is no IPL \(id); there are \(known.lowerBound) to \(known.upperBound)"
    case .tooFewSamples(let start):
      "IPL \(start) was measured less than twice, so there is no interval; let it run longer, or"
        + " choose another with --ipl"
    case .outside(let measured, let timeOfDay):
      "nothing was measured then; samples are from \(instantText(measured.lowerBound, timeOfDay))"
        + " to \(instantText(measured.upperBound, timeOfDay))"
    case .inconsistent(let error): "the samples do not agree with each other: \(error)"
    case .records(let error): error.description
    }
  }
}

extension ReportRefusal {
  /// Asks the records; what they refuse is the report's refusal.
  package static func asking<Answer>(
    _ question: () throws(RecordStoreError) -> Answer
  ) throws(ReportRefusal) -> Answer {
    do throws(RecordStoreError) {
      return try question()
    } catch {
      throw .records(error)
    }
  }
}

/// An instant as a report names it: the machine's date and time of day.
func instantText(_ time: SimulatedTime, _ timeOfDay: Int64) -> String {
  timestamp(seconds: timeOfDay.addingClamped(Int64(clamping: time / 1_000_000_000)))
}

/// What was recorded of one start between two of its samples.
package struct RecordedInterval: Sendable {
  /// The start.
  package var start: StartRecord
  /// Samples at both ends and, evenly chosen, at most so many between.
  package var samples: [MeasurementSample]
  /// Every sample from one end to the other.
  var times: [SampleTime]
  /// The event log of the interval.
  package var changes: [LoggedChange]
  /// Accounting records of the interval.
  package var accounts: [AccountingRecord]

  /// Most intervals that a chart shows.
  package static let chartLimit = 240

  /// Finds what was recorded.
  ///
  /// - Parameters:
  ///   - records: The records.
  ///   - id: The number of the start; nil for the last that was measured then.
  ///   - from: Beginning; the last sample not after it counts. nil for the first sample.
  ///   - to: End; the first sample not before it counts. nil for the last sample.
  /// - Throws: `ReportRefusal`.
  package init(
    _ records: some RecordReading, start id: Int64? = nil, from: ReportInstant? = nil,
    to: ReportInstant? = nil
  ) throws(ReportRefusal) {
    let starts = try ReportRefusal.asking { () throws(RecordStoreError) in try records.starts() }
    guard let first = starts.first, let last = starts.last else {
      throw .noStart(file: records.file)
    }
    let candidates = id.map { id in starts.filter { $0.id == id } } ?? starts
    if let id, candidates.isEmpty {
      throw .startNotFound(id, known: first.id...max(first.id, last.id))
    }
    var refusal = ReportRefusal.tooFewSamples(start: (candidates.last ?? last).id)
    for start in candidates.reversed() {
      let times = try ReportRefusal.asking { () throws(RecordStoreError) in
        try records.sampleTimes(start: start.id)
      }
      guard let earliest = times.first, let latest = times.last, earliest.time < latest.time else {
        continue
      }
      guard let chosen = RecordedInterval.choose(times, start, from: from, to: to) else {
        refusal = .outside(measured: earliest.time...latest.time, timeOfDay: start.timeOfDay)
        continue
      }
      self = try ReportRefusal.asking { () throws(RecordStoreError) in
        try RecordedInterval(records, start, chosen)
      }
      return
    }
    throw refusal
  }

  private init(
    _ records: some RecordReading, _ start: StartRecord, _ times: [SampleTime]
  ) throws(RecordStoreError) {
    self.start = start
    self.times = times
    samples = []
    let limit = RecordedInterval.chartLimit
    let last = times.count.subtractingClamped(1)
    let stride = max(1, last.addingClamped(limit - 1) / limit)
    for (index, time) in times.enumerated() where index % stride == 0 || index == last {
      samples.append(try records.sample(time.id))
    }
    var selection = RowSelection(start: start.id)
    selection.from = times.first?.time ?? 0
    selection.to = times.last?.time ?? 0
    changes = try records.changes(selection)
    accounts = try records.accounting(selection)
  }

  /// The samples from one end of what is asked for to the other; nil when there is no interval.
  private static func choose(
    _ times: [SampleTime], _ start: StartRecord, from: ReportInstant?, to: ReportInstant?
  ) -> [SampleTime]? {
    let beginning = from.map { time($0, start) } ?? Int128(times.first?.time ?? 0)
    let end = to.map { time($0, start) } ?? Int128(times.last?.time ?? 0)
    guard beginning < end, let first = times.first, let last = times.last,
      beginning < Int128(last.time), end > Int128(first.time)
    else { return nil }
    let lower = times.lastIndex { Int128($0.time) <= beginning } ?? 0
    let upper = times.firstIndex { Int128($0.time) >= end } ?? times.count.subtractingClamped(1)
    return Array(times.prefix(upper.addingClamped(1)).dropFirst(lower))
  }

  /// An instant in nanoseconds since the start, which may lie before it.
  private static func time(_ instant: ReportInstant, _ start: StartRecord) -> Int128 {
    switch instant {
    case .sinceIPL(let time): Int128(time)
    case .timeOfDay(let seconds):
      Int128(seconds.subtractingClamped(start.timeOfDay)).multipliedClamped(by: 1_000_000_000)
    }
  }
}
