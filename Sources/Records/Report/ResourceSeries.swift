import Channels
import Partitioning
import Quantities

// Storage and I/O over the intervals between samples. Floating point is for pictures; the tables are reckoned
// from the counters themselves.

/// What a partition has and does beside processors, over time.
struct ResourceSeries {
  var partition: String
  /// Storage at each interval's end, in GiB; 0 while it is not active.
  var storage: [Double]
  /// Requests to its devices that ended in each interval, a second.
  var requests: [Double]
}

extension ResourceSeries {
  /// The partitions over the intervals between samples, in definition order.
  static func partitions(_ samples: [MeasurementSample]) -> [ResourceSeries] {
    let intervals = Array(zip(samples, samples.dropFirst()))
    var found: [String: (number: Int, series: ResourceSeries)] = [:]
    for (index, (start, end)) in intervals.enumerated() {
      let seconds = Double(max(1, end.time.subtractingClamped(start.time))) / 1e9
      let earlier = start.partitionsByNumber
      for partition in end.partitions {
        guard let resources = partition.resources else { continue }
        let spent = resources.inputOutput.since(earlier[partition.number], in: partition)
        var series =
          found[partition.name]?.series
          ?? ResourceSeries(
            partition: partition.name, storage: intervals.map { _ in 0 },
            requests: intervals.map { _ in 0 })
        series.storage.change(at: index) {
          $0 = Double(resources.storageByteCount) / Double(1 << 30)
        }
        series.requests.change(at: index) { $0 = Double(spent.requestCount) / seconds }
        found[partition.name] = (partition.number, series)
      }
    }
    return found.sorted { ($0.value.number, $0.key) < ($1.value.number, $1.key) }
      .map(\.value.series)
  }
}

/// How busy a channel path is over time.
struct PathSeries {
  /// Its number, behind that of its channel subsystem.
  var name: String
  /// The time that data moved over it in each interval, in per cent.
  var busy: [Double]

  /// The paths of the machine over the intervals between samples, in definition order.
  static func paths(_ samples: [MeasurementSample]) -> [PathSeries] {
    let intervals = Array(zip(samples, samples.dropFirst()))
    guard let last = samples.last else { return [] }
    return last.paths.map { path in
      PathSeries(
        name: path.name,
        busy: intervals.map { start, end in
          let duration = Double(max(1, end.time.subtractingClamped(start.time)))
          let spent = end.counters(of: path).busyNanoseconds
            .subtractingClamped(start.counters(of: path).busyNanoseconds)
          return Double(spent) / duration * 100
        })
    }
  }
}

extension PathSample {
  /// Its number, behind that of its channel subsystem: `0.20`.
  var name: String { "\(hexDigits(subsystem, 1)).\(hexDigits(number, 2))" }
}

extension MeasurementSample {
  /// The partitions by number.
  var partitionsByNumber: [Int: PartitionSample] {
    Dictionary(partitions.map { ($0.number, $0) }, uniquingKeysWith: { $1 })
  }

  /// What a path did until then; nothing when the deck did not have it yet.
  func counters(of path: PathSample) -> PathMeasurement {
    paths.first { $0.number == path.number && $0.subsystem == path.subsystem }?.counters
      ?? PathMeasurement()
  }
}

extension InputOutputMeasurement {
  /// What came to it since an earlier sample of the partition.
  ///
  /// A device that went took what it counted with it, and an activation begins anew; then it is what can be told.
  func since(
    _ earlier: MeasurementSample.PartitionSample?, in now: MeasurementSample.PartitionSample
  ) -> InputOutputMeasurement {
    guard let earlier, earlier.activated == now.activated, let before = earlier.resources else {
      return self
    }
    var spent = InputOutputMeasurement()
    spent.requestCount = requestCount.subtractingClamped(before.inputOutput.requestCount)
    spent.byteCount = byteCount.subtractingClamped(before.inputOutput.byteCount)
    return spent
  }
}
