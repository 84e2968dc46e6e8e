import Channels
import Quantities

// RMF's Partition Data Report, exact. The interval is the difference of two samples; everything is
// kept in nanoseconds and made a percentage, as a fraction, only when it is asked for.
//
//   logical   effective = EDT / ONT        total = PDT / ONT
//   physical  effective = EDT / (INT * N)  LPAR management = (PDT - EDT) / (INT * N)
//             total = effective + LPAR management
//
// INT * N is the time that the pool's physical processors were on line in the interval. *PHYSICAL* is
// the firmware's time that is no partition's.

/// Why two samples are not the two ends of an interval.
package enum ReportError: Error, Equatable, Sendable {
  /// The second is not later than the first; give a later one.
  case emptyInterval(from: SimulatedTime, to: SimulatedTime)
  /// They are not of the same machine's life: the physical processors differ; take both from one.
  case differentMachines
  /// More time was spent of a pool than there was, or less; the samples are damaged.
  case inconsistent(ProcessorType)
}

/// What every partition got of every pool in an interval.
package struct PartitionDataReport: Sendable, Equatable, Codable {
  /// Beginning of the interval, in nanoseconds since IPL.
  package let start: SimulatedTime
  /// Its end.
  package let end: SimulatedTime
  /// The pools that have physical processors, in the order of the types.
  package let pools: [Pool]

  /// Length of the interval in nanoseconds (INT).
  package var interval: UInt64 { end.subtractingClamped(start) }

  /// Reports the interval between two samples.
  ///
  /// - Parameters:
  ///   - first: The sample at its beginning.
  ///   - last: The sample at its end.
  ///   - capacityUnits: MSU of one physical processor, by type, where it is defined.
  /// - Throws: `ReportError` when the samples are not the ends of an interval.
  package init(
    from first: MeasurementSample, to last: MeasurementSample,
    capacityUnits: [ProcessorType: Int] = [:]
  ) throws(ReportError) {
    guard last.time > first.time else {
      throw .emptyInterval(from: first.time, to: last.time)
    }
    guard
      first.processors.map(\.number) == last.processors.map(\.number),
      first.processors.map(\.type) == last.processors.map(\.type)
    else { throw .differentMachines }
    start = first.time
    end = last.time
    pools = ProcessorType.allCases.compactMap { type in
      Pool(type, from: first, to: last, capacityUnits: capacityUnits[type])
    }
    for pool in pools where !pool.isConsistent { throw .inconsistent(pool.type) }
  }
}

extension PartitionDataReport {
  /// One pool in the interval.
  package struct Pool: Sendable, Equatable, Codable {
    /// Its type.
    package let type: ProcessorType
    /// Physical processors installed.
    package let processors: Int
    /// Length of the interval in nanoseconds.
    package let interval: UInt64
    /// What they spent, all together.
    package let physical: PhysicalCounters
    /// The partitions that have logical processors of the type, in definition order.
    package let rows: [Row]
    /// MSU of one physical processor, when it is defined.
    package let capacityUnits: Int?

    fileprivate init?(
      _ type: ProcessorType, from first: MeasurementSample, to last: MeasurementSample,
      capacityUnits: Int?
    ) {
      // Both samples name the same processors.
      let own = zip(first.processors, last.processors).filter { $1.type == type }
      guard !own.isEmpty else { return nil }
      self.type = type
      self.capacityUnits = capacityUnits
      processors = own.count
      interval = last.time.subtractingClamped(first.time)
      physical = own.reduce(PhysicalCounters()) { $0 + ($1.1.counters - $1.0.counters) }
      rows = last.partitions.flatMap { partition in
        partition.logicals.filter { $0.type == type }.map { logicals in
          Row(partition, logicals, from: first)
        }
      }
    }

    /// Whether the physical processors spent the interval, and the partitions no more than they had.
    fileprivate var isConsistent: Bool {
      var effective: UInt128 = 0
      var management: UInt128 = 0
      for row in rows {
        guard row.spent.waiting <= row.spent.effective,
          row.spent.effective <= row.spent.dispatched
        else { return false }
        effective.addClamped(UInt128(row.spent.effective))
        management.addClamped(UInt128(row.management))
      }
      return physical.sum == UInt128(interval).multipliedClamped(by: UInt128(clamping: processors))
        && effective <= UInt128(physical.effective)
        && management <= UInt128(physical.management)
    }

    /// Time that the physical processors were on line, in nanoseconds (INT * N).
    package var available: UInt64 { physical.online }

    /// Time that partitions had in activations which ended before the interval did, in nanoseconds, as
    /// far as the samples do not say whose it was.
    ///
    /// Their own management is part of `unattributed`.
    package var departed: UInt64 {
      physical.effective.subtractingClamped(
        rows.reduce(0) { $0.addingClamped($1.spent.effective) })
    }

    /// The firmware's time that is no partition's, in nanoseconds: the row *PHYSICAL*.
    package var unattributed: UInt64 {
      physical.management.subtractingClamped(
        rows.reduce(0) { $0.addingClamped($1.management) })
    }

    /// A part of the pool's time in percent.
    package func percent(_ nanoseconds: UInt64) -> Fraction {
      PartitionDataReport.percent(nanoseconds, of: available)
    }

    /// The four columns of physical and logical utilisation of a row.
    package func utilization(of row: Row) -> Utilization {
      Utilization(
        logicalEffective: PartitionDataReport.percent(row.spent.effective, of: row.spent.online),
        logicalTotal: PartitionDataReport.percent(row.spent.dispatched, of: row.spent.online),
        management: percent(row.management), effective: percent(row.spent.effective),
        total: percent(row.spent.dispatched))
    }

    /// The row TOTAL: physical utilisation of all partitions and *PHYSICAL*, in percent.
    package var total: Utilization {
      Utilization(
        logicalEffective: .zero, logicalTotal: .zero, management: percent(physical.management),
        effective: percent(physical.effective),
        total: percent(physical.management.addingClamped(physical.effective)))
    }

    /// Processors that a row had on average, management included.
    package func processors(of row: Row) -> Fraction {
      Fraction(Int128(row.spent.dispatched), Int128(interval))
    }

    /// MSU that a row used, by effective dispatch time; nil without a capacity.
    package func capacityUsed(by row: Row) -> Fraction? {
      capacityUnits.map {
        Fraction(Int128(row.spent.effective) * Int128($0), Int128(interval))
      }
    }
  }

  /// A partition's logical processors of one type in the interval.
  package struct Row: Sendable, Equatable, Codable {
    /// The partition's name.
    package let name: String
    /// Its number in definition order.
    package let number: Int
    /// Whether it is active at the interval's end.
    package let isActive: Bool
    /// Whether it was activated within the interval; where samples do not know what it spent before,
    /// it counts from there.
    package let isPartial: Bool
    /// Weight, entitlement, caps and counts at the interval's end; the counters since activation.
    package let logicals: MeasurementSample.Logicals
    /// What they spent in the interval.
    package let spent: ProcessorCounters

    fileprivate init(
      _ partition: MeasurementSample.PartitionSample, _ logicals: MeasurementSample.Logicals,
      from first: MeasurementSample
    ) {
      name = partition.name
      number = partition.number
      isActive = partition.isActive
      self.logicals = logicals
      // A number may have been another partition's, and a name another's with the same number.
      let before = first.partition(partition.number).flatMap {
        $0.name == partition.name ? $0 : nil
      }
      let start = before?.logicals.first { $0.type == logicals.type }
      isPartial = before?.activated != partition.activated || start == nil
      if !isPartial, let start {
        spent = logicals.counters - start.counters
      } else if let start, let known = start.earlier, let earlier = logicals.earlier,
        earlier.online >= known.online.addingClamped(start.counters.online)
      {
        // Earlier activations in the interval are the partition's too.
        spent = (earlier + logicals.counters) - (known + start.counters)
      } else {
        spent = logicals.counters
      }
    }

    /// LPAR management for the partition, in nanoseconds (PDT less EDT).
    package var management: UInt64 { spent.dispatched.subtractingClamped(spent.effective) }

    /// Logical processors that were on line on average.
    package func averageOnline(interval: UInt64) -> Fraction {
      Fraction(Int128(spent.online), Int128(max(interval, 1)))
    }

    /// Part of the time on line in which the partition had work and a cap forbade it, in percent.
    package var capped: Fraction {
      PartitionDataReport.percent(spent.capped, of: spent.online)
    }

    /// Part of the time on line in which it had work and no physical processor, in percent.
    package var ready: Fraction { PartitionDataReport.percent(spent.ready, of: spent.online) }

    /// Part of the time on line in which the guest worked, in percent; with wait completion its
    /// waiting is dispatch time and not work.
    package var busy: Fraction {
      PartitionDataReport.percent(
        spent.effective.subtractingClamped(spent.waiting), of: spent.online)
    }
  }

  /// Columns of utilisation in percent, exact.
  package struct Utilization: Sendable, Equatable, Codable {
    /// Effective dispatch time over time on line.
    package let logicalEffective: Fraction
    /// Total dispatch time over time on line.
    package let logicalTotal: Fraction
    /// LPAR management over the pool's time.
    package let management: Fraction
    /// Effective dispatch time over the pool's time.
    package let effective: Fraction
    /// Total dispatch time over the pool's time.
    package let total: Fraction
  }

  /// A part in percent; nothing of nothing is nothing.
  static func percent(_ part: UInt64, of whole: UInt64) -> Fraction {
    whole == 0 ? .zero : Fraction(Int128(part) * 100, Int128(whole))
  }
}

extension MeasurementSample {
  /// A partition by its number; nearly always its place, since samples are in definition order.
  fileprivate func partition(_ number: Int) -> PartitionSample? {
    if partitions.indices.contains(number), partitions[number].number == number {
      return partitions[number]
    }
    return partitions.first { $0.number == number }
  }
}

extension PhysicalCounters {
  /// All that was spent, in nanoseconds; more bits than damaged counters can fill.
  var sum: UInt128 {
    UInt128(effective) + UInt128(management) + UInt128(idle) + UInt128(offline)
  }
}
