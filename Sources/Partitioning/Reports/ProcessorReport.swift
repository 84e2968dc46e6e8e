import Channels
import Quantities

/// What every physical processor did in an interval: RMF's processor activity, by physical processor.
package struct ProcessorReport: Sendable, Equatable, Codable {
  /// One physical processor.
  package struct Row: Sendable, Equatable, Codable {
    /// Its number in the machine.
    package let number: Int
    /// Its type.
    package let type: ProcessorType
    /// Whether it is on line at the interval's end.
    package let isOnline: Bool
    /// The partition it is dedicated to at the interval's end.
    package let dedicatedTo: String?
    /// What it spent in the interval; the four together are the interval.
    package let spent: PhysicalCounters

    /// Time on line in nanoseconds.
    package var online: UInt64 { spent.online }
    /// Part of the time on line that guests had, in percent.
    package var effective: Fraction { PartitionDataReport.percent(spent.effective, of: online) }
    /// Part of the time on line that the firmware had, in percent.
    package var management: Fraction { PartitionDataReport.percent(spent.management, of: online) }
    /// Part of the time on line that somebody had, in percent.
    package var busy: Fraction {
      PartitionDataReport.percent(spent.effective.addingClamped(spent.management), of: online)
    }
  }

  /// Beginning of the interval, in nanoseconds since IPL.
  package let start: SimulatedTime
  /// Its end.
  package let end: SimulatedTime
  /// The physical processors by number.
  package let rows: [Row]

  /// Length of the interval in nanoseconds.
  package var interval: UInt64 { end.subtractingClamped(start) }

  /// Reports the interval between two samples.
  ///
  /// - Parameters:
  ///   - first: The sample at its beginning.
  ///   - last: The sample at its end.
  /// - Throws: `ReportError` when the samples are not the ends of an interval.
  package init(
    from first: MeasurementSample, to last: MeasurementSample
  ) throws(ReportError) {
    guard last.time > first.time else {
      throw .emptyInterval(from: first.time, to: last.time)
    }
    guard first.processors.map(\.number) == last.processors.map(\.number) else {
      throw .differentMachines
    }
    start = first.time
    end = last.time
    rows = zip(first.processors, last.processors).map { before, after in
      Row(
        number: after.number, type: after.type, isOnline: after.isOnline,
        dedicatedTo: after.dedicatedTo, spent: after.counters - before.counters)
    }
    for row in rows where row.spent.sum != UInt128(interval) { throw .inconsistent(row.type) }
  }
}
