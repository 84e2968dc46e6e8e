import Partitioning
import Quantities

/// The Partition Data Report for programs, where there is a console and no file.
package enum ReportLines {
  /// Comma-separated values (RFC 4180), headed by the columns' names.
  ///
  /// - Parameters:
  ///   - report: The report.
  ///   - partitions: The only partitions to tell of; nil for all, with the sums of the pools.
  ///   - type: The only type of processors to tell of.
  /// - Returns: The lines, without their ends.
  package static func commaSeparated(
    _ report: PartitionDataReport, partitions: [String]?, type: ProcessorType?
  ) -> [String] {
    let table = ReportTable.partitions(report)
    return ([table.csvHeader] + rows(of: table, partitions, type).map(ReportTable.csvLine))
      .map(withoutEnd)
  }

  /// A JSON object on each line.
  ///
  /// - Parameters:
  ///   - report: The report.
  ///   - partitions: The only partitions to tell of; nil for all, with the sums of the pools.
  ///   - type: The only type of processors to tell of.
  /// - Returns: The lines, without their ends.
  package static func json(
    _ report: PartitionDataReport, partitions: [String]?, type: ProcessorType?
  ) -> [String] {
    let table = ReportTable.partitions(report)
    return rows(of: table, partitions, type).map { withoutEnd(table.jsonLine($0)) }
  }

  private static func rows(
    of table: ReportTable, _ partitions: [String]?, _ type: ProcessorType?
  ) -> [[ReportTable.Cell]] {
    func place(_ name: String) -> Int? { table.columns.firstIndex { $0.name == name } }
    guard let typePlace = place("type"), let namePlace = place("partition") else { return [] }
    return table.rows.filter { row in
      (type == nil || row.element(at: typePlace) == .text(type?.rawValue ?? ""))
        && (partitions?.contains { row.element(at: namePlace) == .text($0) } ?? true)
    }
  }

  private static func withoutEnd(_ line: String) -> String {
    String(line.prefix { !$0.isNewline })
  }
}
