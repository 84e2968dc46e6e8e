import Foundation
import Partitioning

/// In which form a report is written.
package enum ReportFormat: String, Sendable, CaseIterable {
  /// A page with charts, and the CSV files that it refers to.
  case html
  /// CSV files (RFC 4180) with a line of column names.
  case csv
  /// JSON lines: an object for each row.
  case json
}

/// Writes the report of an interval as files of a folder.
package struct ReportFiles {
  private let records: any RecordReading
  private let interval: RecordedInterval
  private let tables: [ReportTable]
  private let words: ReportWords

  /// Makes the tables of an interval.
  ///
  /// - Parameters:
  ///   - records: The records, to read every sample from.
  ///   - interval: What is reported.
  ///   - words: How actions and refusals are told.
  /// - Throws: `ReportRefusal` when the samples do not agree with each other.
  package init(
    _ records: any RecordReading, _ interval: RecordedInterval, _ words: ReportWords
  ) throws(ReportRefusal) {
    self.records = records
    self.interval = interval
    self.words = words
    guard let first = interval.samples.first, let last = interval.samples.last else {
      throw .tooFewSamples(start: interval.start.id)
    }
    do throws(ReportError) {
      let timeOfDay = interval.start.timeOfDay
      tables = [
        .partitions(
          try PartitionDataReport(
            from: first, to: last, capacityUnits: interval.start.capacityUnits)),
        .processors(try ProcessorReport(from: first, to: last)),
        .changes(interval.changes, timeOfDay: timeOfDay, words),
        .accounts(interval.accounts, timeOfDay: timeOfDay),
      ]
    } catch {
      throw .inconsistent(error)
    }
  }

  /// Writes the files; those that were there before under their names are replaced.
  ///
  /// - Parameters:
  ///   - folder: Path of the folder; it is made when it is not there.
  ///   - format: In which form.
  /// - Returns: Paths of the files.
  /// - Throws: `ReportFileError` or `RecordStoreError`; then no file was changed.
  package func write(to folder: String, as format: ReportFormat) throws -> [String] {
    let files = try FileSet(folder: folder)
    let isJSON = format == .json
    let ending = isJSON ? ".jsonl" : ".csv"
    for table in tables {
      try files.begin(table.name + ending)
      if !isJSON { try files.append(table.csvHeader) }
      let lines = table.rows.map { isJSON ? table.jsonLine($0) : ReportTable.csvLine($0) }
      try files.append(lines.joined())
    }
    for (table, rows) in Self.overTime {
      try write(table, rows, to: files, ending, asJSON: isJSON)
    }
    if format == .html {
      try files.begin("index.html")
      try files.append(ReportPage(interval: interval, tables: tables, words: words).text)
    }
    return try files.finish()
  }

  private typealias Rows = (
    _ from: MeasurementSample, _ to: MeasurementSample, _ timeOfDay: Int64
  ) -> [[ReportTable.Cell]]

  /// The tables with rows for every interval.
  private static var overTime: [(ReportTable, Rows)] {
    [
      (.shares, ReportTable.shares), (.resources, ReportTable.resources),
      (.paths, ReportTable.paths),
    ]
  }

  /// Writes the rows of every interval, sample by sample.
  private func write(
    _ table: ReportTable, _ rows: Rows, to files: FileSet, _ ending: String, asJSON isJSON: Bool
  ) throws {
    try files.begin(table.name + ending)
    if !isJSON { try files.append(table.csvHeader) }
    var earlier: MeasurementSample?
    for time in interval.times {
      let sample = try records.sample(time.id)
      if let earlier {
        let lines = rows(earlier, sample, interval.start.timeOfDay).map {
          isJSON ? table.jsonLine($0) : ReportTable.csvLine($0)
        }
        try files.append(lines.joined())
      }
      earlier = sample
    }
  }
}
