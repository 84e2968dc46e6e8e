import Channels
import Partitioning
import Quantities

// Storage, devices and channel paths over time as rows: each partition, and each path, in every interval between
// two samples.

extension ReportTable {
  private static var instantColumns: [Column] {
    [
      Column(name: "time", title: "Seconds since IPL"),
      Column(name: "timeOfDay", title: "Time of day", isNumber: false),
      Column(name: "seconds", title: "Interval s"),
    ]
  }

  /// The table of partitions without its rows.
  static var resources: ReportTable {
    ReportTable(
      name: "resources", title: "Storage and I/O over time",
      columns: instantColumns + [
        Column(name: "partition", title: "Partition", isNumber: false),
        Column(name: "storage", title: "Storage, bytes"),
        Column(name: "available", title: "Available to programs, bytes"),
        Column(name: "requests", title: "Requests"),
        Column(name: "bytes", title: "Bytes moved"),
      ])
  }

  /// The table of channel paths without its rows.
  static var paths: ReportTable {
    ReportTable(
      name: "paths", title: "Channel paths over time",
      columns: instantColumns + [
        Column(name: "path", title: "Path", isNumber: false),
        Column(name: "usable", title: "Usable", isNumber: false),
        Column(name: "busyPercent", title: "Busy %"), Column(name: "requests", title: "Requests"),
        Column(name: "bytes", title: "Bytes moved"),
      ])
  }

  private static func instant(
    _ first: MeasurementSample, _ last: MeasurementSample, _ timeOfDay: Int64
  ) -> [Cell] {
    [
      .seconds(last.time), .text(instantText(last.time, timeOfDay)),
      .seconds(last.time.subtractingClamped(first.time)),
    ]
  }

  /// The partitions' rows of the interval between two samples.
  static func resources(
    from first: MeasurementSample, to last: MeasurementSample, timeOfDay: Int64
  ) -> [[Cell]] {
    let beginning = instant(first, last, timeOfDay)
    let earlier = first.partitionsByNumber
    return last.partitions.compactMap { partition in
      guard let resources = partition.resources else { return nil }
      let spent = resources.inputOutput.since(earlier[partition.number], in: partition)
      return beginning + [
        .text(partition.name), .count(resources.storageByteCount),
        resources.availableByteCount.map { .count($0) } ?? .none, .count(spent.requestCount),
        .count(spent.byteCount),
      ]
    }
  }

  /// The channel paths' rows of the interval between two samples.
  static func paths(
    from first: MeasurementSample, to last: MeasurementSample, timeOfDay: Int64
  ) -> [[Cell]] {
    let beginning = instant(first, last, timeOfDay)
    let duration = Int128(max(1, last.time.subtractingClamped(first.time)))
    return last.paths.map { path in
      let before = first.counters(of: path)
      let busy = path.counters.busyNanoseconds.subtractingClamped(before.busyNanoseconds)
      return beginning + [
        .text(path.name), .text(path.isUsable ? "YES" : "NO"),
        .decimal(Fraction(Int128(busy).multipliedClamped(by: 100), duration)),
        .count(path.counters.requestCount.subtractingClamped(before.requestCount)),
        .count(path.counters.byteCount.subtractingClamped(before.byteCount)),
      ]
    }
  }
}
