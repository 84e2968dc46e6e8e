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
  /// - Throws: The system's error, or `RecordStoreError`.
  package func write(to folder: String, as format: ReportFormat) throws -> [String] {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    let ending = format == .json ? ".jsonl" : ".csv"
    var paths: [String] = []
    for table in tables {
      let path = folder + "/" + table.name + ending
      let lines = table.rows.map { format == .json ? table.jsonLine($0) : ReportTable.csvLine($0) }
      let text = (format == .json ? "" : table.csvHeader) + lines.joined()
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      paths.append(path)
    }
    paths.append(try writeShares(to: folder, ending, asJSON: format == .json))
    if format == .html {
      let path = folder + "/index.html"
      let page = ReportPage(interval: interval, tables: tables, words: words)
      try Data(page.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      paths.append(path)
    }
    return paths
  }

  /// Writes the rows of every interval, sample by sample.
  private func writeShares(
    to folder: String, _ ending: String, asJSON isJSON: Bool
  ) throws -> String {
    let table = ReportTable.shares
    let path = folder + "/" + table.name + ending
    let unfinished = path + ".new"
    try Data((isJSON ? "" : table.csvHeader).utf8).write(to: URL(fileURLWithPath: unfinished))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: unfinished))
    try file.seekToEnd()
    var earlier: MeasurementSample?
    for time in interval.times {
      let sample = try records.sample(time.id)
      if let earlier {
        let rows = ReportTable.shares(
          from: earlier, to: sample, timeOfDay: interval.start.timeOfDay)
        let lines = rows.map { isJSON ? table.jsonLine($0) : ReportTable.csvLine($0) }
        try file.write(contentsOf: Data(lines.joined().utf8))
      }
      earlier = sample
    }
    try file.close()
    guard rename(unfinished, path) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    return path
  }
}
