import Channels
import Partitioning
import Quantities

// Use against entitlement over time as rows: every partition and type in every interval between two
// samples. There may be millions of rows, so they are made sample by sample.

extension ReportTable {
  /// The table without its rows.
  static var shares: ReportTable {
    ReportTable(
      name: "shares", title: "Use against entitlement over time",
      columns: [
        Column(name: "time", title: "Seconds since IPL"),
        Column(name: "timeOfDay", title: "Time of day", isNumber: false),
        Column(name: "seconds", title: "Interval s"),
        Column(name: "type", title: "Type", isNumber: false),
        Column(name: "partition", title: "Partition", isNumber: false),
        Column(name: "online", title: "Logical processors"),
        Column(name: "weight", title: "Weight"),
        Column(name: "entitlement", title: "Entitled processors"),
        Column(name: "absoluteCap", title: "Absolute cap"),
        Column(name: "effective", title: "Effective processors"),
        Column(name: "total", title: "Total processors"),
        Column(name: "ready", title: "Ready processors"),
        Column(name: "capped", title: "Capped processors"),
      ])
  }

  /// The rows of the interval between two samples.
  static func shares(
    from first: MeasurementSample, to last: MeasurementSample, timeOfDay: Int64
  ) -> [[Cell]] {
    let length = last.time.subtractingClamped(first.time)
    let duration = Int128(max(1, length))
    func processors(_ nanoseconds: UInt64) -> Cell {
      .decimal(Fraction(Int128(nanoseconds), duration), 6)
    }
    let earlier = first.partitionsByNumber
    let beginning: [Cell] = [
      .seconds(last.time), .text(instantText(last.time, timeOfDay)),
      .seconds(length),
    ]
    return last.partitions.flatMap { partition in
      partition.logicals.map { now in
        let before = earlier[partition.number]
        let logicals = partition.standing(of: now.type, since: before) ?? now
        let spent = partition.counters(of: now.type, since: before)
        let values: [Cell] = [
          .text(logicals.type.rawValue), .text(partition.name), .count(logicals.online),
          logicals.weight.map { .count($0) } ?? .none, .decimal(logicals.entitlement, 6),
          .decimal(logicals.absoluteCapHundredths.map { Fraction(Int128($0), 100) }),
          processors(spent.effective), processors(spent.dispatched), processors(spent.ready),
          processors(spent.capped),
        ]
        return beginning + values
      }
    }
  }
}
