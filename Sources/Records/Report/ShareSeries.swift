import Channels
import Partitioning
import Quantities

// Use and entitlement over the intervals between samples, in processors. Floating point is for
// pictures; tables are reckoned from the counters themselves.

/// A partition's use of one pool over time.
struct ShareSeries {
  var partition: String
  var type: ProcessorType
  /// Effective use in each interval.
  var effective: [Double]
  /// Use with LPAR management in each interval.
  var total: [Double]
  /// Entitlement from each interval's beginning on; nil while it is not active.
  var entitlement: [Double?]
  /// Absolute cap, or the entitlement when capped at it, from each interval's beginning on.
  var cap: [Double?]

  /// All of its use, for finding the greatest users: the sum over the intervals, each by its length.
  var weightedUse: Double
}

/// A pool over time.
struct PoolSeries {
  var type: ProcessorType
  /// Processors on line at each interval's end.
  var online: [Double]
  /// LPAR management in each interval, the partitions' own included.
  var management: [Double]
  /// Its partitions in definition order.
  var partitions: [ShareSeries]
}

extension PoolSeries {
  /// The pools of the machine over the intervals between samples.
  static func pools(_ samples: [MeasurementSample]) -> [PoolSeries] {
    guard let last = samples.last else { return [] }
    var types: [ProcessorType] = []
    for processor in last.processors where !types.contains(processor.type) {
      types.append(processor.type)
    }
    return types.map { PoolSeries($0, samples) }
  }

  private init(_ type: ProcessorType, _ samples: [MeasurementSample]) {
    let intervals = Array(zip(samples, samples.dropFirst()))
    self.type = type
    online = intervals.map { _, end in
      Double(end.processors.count { $0.type == type && $0.isOnline })
    }
    management = intervals.map { start, end in
      var spent: UInt64 = 0
      for (one, other) in zip(start.processors, end.processors) where other.type == type {
        spent = spent.addingClamped(
          other.counters.management.subtractingClamped(one.counters.management))
      }
      return Double(spent) / Double(max(1, end.time.subtractingClamped(start.time)))
    }
    partitions = PoolSeries.partitions(type, intervals)
  }

  private static func partitions(
    _ type: ProcessorType, _ intervals: [(MeasurementSample, MeasurementSample)]
  ) -> [ShareSeries] {
    // Rows by the partition: a sample names only those that were ever active, and a number may be one's
    // after the other.
    var found: [String: (number: Int, series: ShareSeries)] = [:]
    for (index, (start, end)) in intervals.enumerated() {
      let duration = Double(max(1, end.time.subtractingClamped(start.time)))
      var earlier = start.partitions[...]
      for partition in end.partitions {
        while let first = earlier.first, first.number < partition.number {
          earlier = earlier.dropFirst()
        }
        let before = earlier.first.flatMap { $0.number == partition.number ? $0 : nil }
        guard let logicals = partition.standing(of: type, since: before) else { continue }
        let used = partition.counters(of: type, since: before)
        var series =
          found[partition.name]?.series
          ?? ShareSeries(partition: partition.name, type: type, count: intervals.count)
        series.effective.change(at: index) { $0 = Double(used.effective) / duration }
        series.total.change(at: index) { $0 = Double(used.dispatched) / duration }
        series.entitlement.change(at: index) { $0 = logicals.entitlement?.approximation }
        series.cap.change(at: index) { $0 = logicals.entitlement == nil ? nil : logicals.cap }
        series.weightedUse += Double(used.dispatched)
        found[partition.name] = (partition.number, series)
      }
    }
    return found.sorted { ($0.value.number, $0.key) < ($1.value.number, $1.key) }
      .map(\.value.series)
  }
}

extension ShareSeries {
  /// A partition that used nothing.
  init(partition: String, type: ProcessorType, count: Int) {
    let count = max(0, count)
    self.partition = partition
    self.type = type
    effective = [Double](repeating: 0, count: count)
    total = effective
    entitlement = [Double?](repeating: nil, count: count)
    cap = entitlement
    weightedUse = 0
  }
}

extension MeasurementSample.PartitionSample {
  /// What came to its counters of a type since an earlier sample of it.
  ///
  /// When it was activated again since, what it counted before is in no sample; then it is what was
  /// counted since that activation.
  func counters(
    of type: ProcessorType, since earlier: MeasurementSample.PartitionSample?
  ) -> ProcessorCounters {
    guard let now = logicals.first(where: { $0.type == type }) else { return ProcessorCounters() }
    guard let earlier, earlier.activated == activated,
      let before = earlier.logicals.first(where: { $0.type == type })
    else { return now.counters }
    return now.counters - before.counters
  }

  /// How it stood at the beginning of an interval: a change is measured at once, and counts from there.
  ///
  /// When it was activated within the interval, it is how it stands at the end.
  func standing(
    of type: ProcessorType, since earlier: MeasurementSample.PartitionSample?
  ) -> MeasurementSample.Logicals? {
    let before = earlier.flatMap { $0.activated == activated ? $0 : nil } ?? self
    return before.logicals.first { $0.type == type }
  }
}

extension MeasurementSample.Logicals {
  /// The least of its caps in processors, nil when it has none.
  fileprivate var cap: Double? {
    let absolute = absoluteCapHundredths.map { Double($0) / 100 }
    let own = isCapped ? entitlement?.approximation : nil
    return [absolute, own].compactMap { $0 }.min()
  }
}
