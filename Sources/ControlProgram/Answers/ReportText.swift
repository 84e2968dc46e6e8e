import Channels
import Partitioning
import Quantities

// RMF's Partition Data Report and processor activity in columns. S is A for active and D for
// deactivated; CAPPING says which caps are set and in how much of the time a cap held it; MGMT is
// LPAR management.

/// The reports for people.
struct ReportText {
  let machine: MachineView
  /// The only partitions to tell of; nil for all, with the sums of the pools.
  let partitions: [String]?
  /// The only type to tell of.
  let type: ProcessorType?

  /// The Partition Data Report.
  func lines(of report: PartitionDataReport) -> [String] {
    var lines = [
      "PARTITION DATA REPORT  \(clock(report.start)) TO \(clock(report.end))  INTERVAL "
        + "\(seconds(report.interval)) SECONDS",
      "CONFIGURED PARTITIONS \(machine.partitionCount)  WAIT COMPLETION "
        + "\(machine.settings.waitCompletion ? "YES" : "NO")  DISPATCH INTERVAL "
        + (machine.settings.runningTime.map(millisecondsText) ?? "DYNAMIC"),
    ]
    for pool in report.pools where type == nil || pool.type == type {
      lines.append("PROCESSORS \(pool.type.rawValue) \(pool.processors)")
      let rows = pool.rows.filter { partitions?.contains($0.name) ?? true }
        .filter { $0.isActive || $0.spent != ProcessorCounters() }
      let cells = rows.map { self.cells(of: $0, pool, report.interval) }
      lines +=
        TextTable(
          columns: Self.columns, rows: cells + (partitions == nil ? sums(of: pool) : [])
        ).lines
    }
    return lines
  }

  /// The Processor Report.
  func lines(of report: ProcessorReport) -> [String] {
    let rows = report.rows.filter { type == nil || $0.type == type }.map { row in
      [
        hexDigits(row.number, 2), row.type.rawValue,
        row.isOnline ? row.dedicatedTo.map { "DEDICATED \($0)" } ?? "SHARED" : "OFFLINE",
        percent(row.effective), percent(row.management), percent(row.busy),
      ]
    }
    return ["PROCESSOR REPORT"]
      + TextTable(
        columns: [
          .left("PROCESSOR"), .left("TYPE"), .left("STATE"), .right("EFFECTIVE%"),
          .right("MGMT%"), .right("BUSY%"),
        ], rows: rows
      ).lines
  }

  private static let columns: [TextTable.Column] = [
    .left("NAME"), .left("S"), .right("WGT"), .right("MSU"), .left("CAPPING DEF"), .right("ACT%"),
    .right("NUM"), .right("EFFECTIVE"), .right("TOTAL"),
    .right("LOG EFF%"), .right("LOG TOT%"), .right("MGMT%"), .right("PHYS EFF%"),
    .right("PHYS TOT%"),
  ]

  private func cells(
    of row: PartitionDataReport.Row, _ pool: PartitionDataReport.Pool, _ interval: UInt64
  ) -> [String] {
    let use = pool.utilization(of: row)
    let logicals = row.logicals
    return [
      row.name, row.isActive ? "A" : "D",
      logicals.isDedicated ? "DED" : logicals.weight.map { "\($0)" } ?? "ABS",
      pool.capacityUsed(by: row).map { $0.text(places: 1) } ?? "-",
      capping(of: logicals), row.capped.text(places: 1),
      row.averageOnline(interval: interval).text(places: 1), seconds(row.spent.effective),
      seconds(row.spent.dispatched), percent(use.logicalEffective), percent(use.logicalTotal),
      percent(use.management), percent(use.effective), percent(use.total),
    ]
  }

  /// Rows of what is no active partition's, and of all together.
  private func sums(of pool: PartitionDataReport.Pool) -> [[String]] {
    func row(_ name: String, effective: UInt64, management: UInt64) -> [String] {
      [name] + [String](repeating: "", count: 6) + [
        seconds(effective), seconds(effective.addingClamped(management)), "", "",
        percent(pool.percent(management)), percent(pool.percent(effective)),
        percent(pool.percent(effective.addingClamped(management))),
      ]
    }
    var rows: [[String]] = []
    if pool.departed > 0 {
      rows.append(row("*DEPARTED*", effective: pool.departed, management: 0))
    }
    rows.append(row("*PHYSICAL*", effective: 0, management: pool.unattributed))
    rows.append(
      row("TOTAL", effective: pool.physical.effective, management: pool.physical.management))
    return rows
  }

  /// Which caps are set: HARD for initial capping, the absolute cap in processors.
  private func capping(of logicals: MeasurementSample.Logicals) -> String {
    var caps: [String] = []
    if logicals.isCapped { caps.append("HARD") }
    if let cap = logicals.absoluteCapHundredths {
      caps.append("ABS \(hundredthsText(cap))")
    }
    return caps.isEmpty ? "NO" : caps.joined(separator: " ")
  }

  private func clock(_ time: SimulatedTime) -> String {
    let day = machine.timeOfDay(at: time)
    return "\(day.dateText) \(day.timeText)"
  }

  /// Nanoseconds in seconds with three decimals.
  private func seconds(_ nanoseconds: UInt64) -> String {
    Fraction(Int128(nanoseconds), 1_000_000_000).text(places: 3)
  }

  private func percent(_ value: Fraction) -> String { value.text(places: 2) }
}
