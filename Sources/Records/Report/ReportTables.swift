import Channels
import Partitioning
import Quantities

// The tables of a report: what RMF calls the Partition Data Report and processor activity, the event
// log, and accounting. Percentages have two decimals, as RMF's.

/// How actions and refusals are told; the control program's words, which this library does not know.
package struct ReportWords: Sendable {
  /// An action as a command.
  package var action: @Sendable (ManagementAction) -> String
  /// A refusal as a message.
  package var refusal: @Sendable (ManagementError) -> String

  /// Creates words.
  package init(
    action: @escaping @Sendable (ManagementAction) -> String,
    refusal: @escaping @Sendable (ManagementError) -> String
  ) {
    self.action = action
    self.refusal = refusal
  }
}

extension ReportTable {
  /// The Partition Data Report: all partitions and the sums of each pool, or some without them.
  static func partitions(
    _ report: PartitionDataReport, only names: [String]? = nil, type: ProcessorType? = nil
  ) -> ReportTable {
    var table = ReportTable(
      name: "partitions", title: "Partition data report",
      columns: [
        Column(name: "type", title: "Type", isNumber: false),
        Column(name: "partition", title: "Partition", isNumber: false),
        Column(name: "status", title: "S", isNumber: false),
        Column(name: "weight", title: "Weight", isNumber: false),
        Column(name: "entitlement", title: "Entitled processors"),
        Column(name: "processors", title: "Processors used"),
        Column(name: "logicals", title: "Logical processors"),
        Column(name: "cappedPercent", title: "Capped %"),
        Column(name: "readyPercent", title: "Ready %"),
        Column(name: "effectiveSeconds", title: "Effective s"),
        Column(name: "totalSeconds", title: "Total s"),
        Column(name: "logicalEffectivePercent", title: "Logical effective %"),
        Column(name: "logicalTotalPercent", title: "Logical total %"),
        Column(name: "managementPercent", title: "LPAR mgmt %"),
        Column(name: "effectivePercent", title: "Physical effective %"),
        Column(name: "totalPercent", title: "Physical total %"),
        Column(name: "capacityUnits", title: "MSU"),
      ])
    for pool in report.pools where type == nil || pool.type == type {
      let rows = pool.rows.filter { names?.contains($0.name) ?? true }
      table.rows += rows.map { row(of: $0, pool, report) }
      if names == nil { table.rows += sums(pool) }
    }
    return table
  }

  private static func row(
    of row: PartitionDataReport.Row, _ pool: PartitionDataReport.Pool,
    _ report: PartitionDataReport
  ) -> [Cell] {
    let utilization = pool.utilization(of: row)
    let weight = row.logicals.isDedicated ? "DED" : row.logicals.weight.map { "\($0)" } ?? "ABS"
    return [
      .text(pool.type.rawValue), .text(row.name), .text(row.isActive ? "A" : "D"), .text(weight),
      .decimal(row.logicals.entitlement, 3), .decimal(pool.processors(of: row), 3),
      .decimal(row.averageOnline(interval: report.interval), 1), .decimal(row.capped),
      .decimal(row.ready), .seconds(row.spent.effective), .seconds(row.spent.dispatched),
      .decimal(utilization.logicalEffective), .decimal(utilization.logicalTotal),
      .decimal(utilization.management), .decimal(utilization.effective),
      .decimal(utilization.total), .decimal(pool.capacityUsed(by: row), 1),
    ]
  }

  /// The rows of what partitions had before they were deactivated, of the firmware, and of all.
  private static func sums(_ pool: PartitionDataReport.Pool) -> [[Cell]] {
    func row(
      _ name: String, effective: UInt64, management: UInt64
    ) -> [Cell] {
      let total = effective.addingClamped(management)
      let empty = [Cell](repeating: .none, count: 7)
      return [.text(pool.type.rawValue), .text(name)] + empty + [
        .seconds(effective), .seconds(total), .none, .none,
        .decimal(pool.percent(management)), .decimal(pool.percent(effective)),
        .decimal(pool.percent(total)), .none,
      ]
    }
    let departed =
      pool.departed == 0 ? [] : [row("*DEPARTED*", effective: pool.departed, management: 0)]
    return departed + [
      row("*PHYSICAL*", effective: 0, management: pool.unattributed),
      row(
        "TOTAL", effective: pool.physical.effective, management: pool.physical.management),
    ]
  }

  /// What every physical processor did.
  static func processors(_ report: ProcessorReport) -> ReportTable {
    ReportTable(
      name: "processors", title: "Processor report",
      columns: [
        Column(name: "number", title: "Number", isNumber: false),
        Column(name: "type", title: "Type", isNumber: false),
        Column(name: "online", title: "On line", isNumber: false),
        Column(name: "dedicatedTo", title: "Dedicated to", isNumber: false),
        Column(name: "effectivePercent", title: "Guests %"),
        Column(name: "managementPercent", title: "LPAR mgmt %"),
        Column(name: "busyPercent", title: "Busy %"),
        Column(name: "effectiveSeconds", title: "Guests s"),
        Column(name: "managementSeconds", title: "LPAR mgmt s"),
        Column(name: "idleSeconds", title: "Idle s"),
        Column(name: "offlineSeconds", title: "Off line s"),
      ],
      rows: report.rows.map { row in
        [
          .text(hexDigits(row.number, 2)), .text(row.type.rawValue),
          .text(row.isOnline ? "YES" : "NO"),
          row.dedicatedTo.map { .text($0) } ?? .none, .decimal(row.effective),
          .decimal(row.management), .decimal(row.busy), .seconds(row.spent.effective),
          .seconds(row.spent.management), .seconds(row.spent.idle), .seconds(row.spent.offline),
        ]
      })
  }

  /// The event log: a row for each value that changed, one for what changed none.
  static func changes(
    _ changes: [LoggedChange], timeOfDay: Int64, _ words: ReportWords
  ) -> ReportTable {
    var table = ReportTable(
      name: "changes", title: "Changes",
      columns: [
        Column(name: "sequence", title: "No."),
        Column(name: "time", title: "Seconds since IPL"),
        Column(name: "timeOfDay", title: "Time of day", isNumber: false),
        Column(name: "author", title: "By", isNumber: false),
        Column(name: "partition", title: "Partition", isNumber: false),
        Column(name: "action", title: "Action", isNumber: false),
        Column(name: "value", title: "Value", isNumber: false),
        Column(name: "before", title: "Before", isNumber: false),
        Column(name: "after", title: "After", isNumber: false),
        Column(name: "refusal", title: "Refused", isNumber: false),
      ])
    for logged in changes {
      let change = logged.change
      let beginning: [Cell] = [
        .count(logged.sequence), .seconds(change.time),
        .text(instantText(change.time, timeOfDay)), .text(change.author.name),
        change.partition.map { .text($0) } ?? .none, .text(words.action(change.action)),
      ]
      let refusal: Cell = change.refusal.map { .text(words.refusal($0)) } ?? .none
      if change.differences.isEmpty {
        table.rows.append(beginning + [.none, .none, .none, refusal])
      }
      table.rows += change.differences.map {
        beginning + [.text($0.name), .text($0.before), .text($0.after), refusal]
      }
    }
    return table
  }

  /// Accounting records.
  static func accounts(_ accounts: [AccountingRecord], timeOfDay: Int64) -> ReportTable {
    ReportTable(
      name: "accounting", title: "Accounting records",
      columns: [
        Column(name: "partition", title: "Partition", isNumber: false),
        Column(name: "reason", title: "Written at", isNumber: false),
        Column(name: "from", title: "From", isNumber: false),
        Column(name: "to", title: "To", isNumber: false),
        Column(name: "connectedSeconds", title: "Connected s"),
        Column(name: "totalProcessorSeconds", title: "Total processor s"),
        Column(name: "virtualProcessorSeconds", title: "Virtual processor s"),
        Column(name: "requests", title: "Requests"),
      ],
      rows: accounts.map { record in
        [
          .text(record.partition), .text(record.reason.rawValue),
          .text(instantText(record.from, timeOfDay)), .text(instantText(record.to, timeOfDay)),
          .seconds(record.to.subtractingClamped(record.from)), .seconds(record.dispatched),
          .seconds(record.effective), .count(record.requestCount),
        ]
      })
  }
}

extension PartitionDataReport {
  /// The report as CSV (RFC 4180), a line of column names first, or as JSON lines.
  ///
  /// - Parameters:
  ///   - asJSON: Whether each line is a JSON object.
  ///   - names: The only partitions to tell of; nil for all, with the sums of the pools.
  ///   - type: The only type of processors to tell of; nil for all.
  /// - Returns: The lines, without their ends.
  package func lines(
    asJSON: Bool, partitions names: [String]? = nil, type: ProcessorType? = nil
  ) -> [String] {
    let table = ReportTable.partitions(self, only: names, type: type)
    let rows = table.rows.map { asJSON ? table.jsonLine($0) : ReportTable.csvLine($0) }
    return ((asJSON ? [] : [table.csvHeader]) + rows).map {
      String($0.dropLast())
    }
  }
}
