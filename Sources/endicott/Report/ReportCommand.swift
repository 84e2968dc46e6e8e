import ArgumentParser
import ControlProgram
import Foundation
import Partitioning
import Quantities
import Records

/// `endicott report`: what a machine's records say of an interval, as pages and tables.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a report of a machine's use: a page with charts, CSV or JSON lines.",
    discussion: """
      Reads the records of a machine, which may run meanwhile. The page, index.html, shows use \
      against entitlement over time by pool and partition, storage, I/O and channel paths, with the \
      changes marked, and the partition data report, the processor report, the event log and the accounting records of the \
      interval; the same tables are written as CSV, or as JSON lines.

      An instant is a time since IPL (90s, 5m, 2h), a date and time of day of the machine \
      (2026-01-31T14:30 or 2026-01-31T14:30:15), or a time of day on the date of the IPL (14:30). \
      The interval is taken to the nearest samples outside of it.

      Exit status: 0 written; 2 there is nothing to report, or a folder cannot be used.
      """)

  @Argument(
    help: ArgumentHelp("The machine's folder; the demo if there is none.", valueName: "folder"))
  var folder: String?

  @Option(help: ArgumentHelp("Folder to write to; made when it is not there.", valueName: "folder"))
  var out: String

  @Option(help: ArgumentHelp("Beginning of the interval.", valueName: "instant"))
  var from: InstantArgument?

  @Option(help: ArgumentHelp("End of the interval.", valueName: "instant"))
  var to: InstantArgument?

  @Option(
    help: ArgumentHelp(
      "Number of the IPL; the last that was measured then if there is none.", valueName: "n"))
  var ipl: Int64?

  @Option(help: "html, csv or json.")
  var format = ReportFormat.html

  @Option(
    help: ArgumentHelp(
      "Folder of the records, in place of FOLDER/state.", valueName: "folder"))
  var state: String?

  func run() throws {
    do throws(HostFailure) {
      writeLines(try write())
    } catch {
      writeError(error.line)
      throw ExitCode(error.status)
    }
  }

  private func write() throws(HostFailure) -> [String] {
    let files = try prepare()
    do {
      return try files.write(to: out, as: format)
    } catch let error as RecordStoreError {
      throw HostFailure(error)
    } catch let error as ReportFileError {
      throw HostFailure(
        subject: error.path,
        reason: "\(systemReason(error.number)); the report needs a folder that can be written",
        status: error.isOfHost ? ExitStatus.hostFailed : ExitStatus.unusable)
    } catch {
      throw HostFailure(
        subject: out, reason: "the report cannot be written: \(error.localizedDescription)")
    }
  }

  private func prepare() throws(HostFailure) -> ReportFiles {
    do throws(ReportRefusal) {
      let records = try ReportRefusal.asking { () throws(RecordStoreError) in
        try RecordReader(folder: state ?? (folder ?? Host.demoFolder()) + "/state")
      }
      let starts = try ReportRefusal.asking { () throws(RecordStoreError) in
        try records.starts()
      }
      let start = starts.first { $0.id == ipl } ?? starts.last
      let interval = try RecordedInterval(
        records, start: ipl, from: from?.instant(start), to: to?.instant(start))
      return try ReportFiles(records, interval, ReportCommand.words)
    } catch {
      throw HostFailure(subject: "report", reason: error.description)
    }
  }

  private static let words = ReportWords(
    action: { $0.commandText },
    refusal: { CommandMessage($0).line(module: "RPT") })
}

extension ReportFormat: ExpressibleByArgument {}
