import Foundation
import Testing

// What Linux says was stolen from it, against what the firmware says it did not get. Oracle: Linux' steal time and
// up time (/proc/stat, /proc/uptime) for the guest, the Partition Data Report for the machine.

@Suite(
  "Time that Linux did not get",
  .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)))
struct StolenTimeTests {
  private static let machine = """
    MACHINE   STEAL
    PROCESSOR IFL 2 MHZ 100
    STORAGE   2G INCREMENT 16M
    PACE      FAST

    """
  private static let directory = """
    PARTITION LINUX1
      PROCESSOR IFL SHARED INITIAL 2 WEIGHT 100
      STORAGE   INITIAL 256M
      CONSOLE   0009
      IPL       KERNEL vmlinuz INITRD initrd.gz PARM 'console=ttyS0 panic=-1 quiet cryptomgr.notests=1'
      START     AUTO
    PARTITION SPIN1
      PROCESSOR IFL SHARED INITIAL 2 WEIGHT 300
      STORAGE   INITIAL 16M
      IPL       PROGRAM SPIN

    """

  /// Asks Linux, lets ten seconds pass, asks again, and asks for the report of the time between.
  private static func interval(_ mark: Int) -> String {
    func ask(_ mark: Int) -> String {
      """
      SEND LINUX1 echo used $(head -1 /proc/stat) up $(cat /proc/uptime) at "at "\(mark)
      WAIT LINUX1 TEXT 'at at \(mark)' WITHIN 30

      """
    }
    return ask(mark) + "SLEEP 10\n" + ask(mark + 1)
      + "INDICATE LPAR REPORT LINUX1 LAST 9 SEC JSON\n"
  }

  @Test("is within 2 % what the report says, by weight and by cap") func isWhatTheReportSays()
    throws
  {
    let folder = try Machines.linux(Self.machine, Self.directory)
    let script = try folder.write(
      "steal.cp",
      """
      SET OBSERVER LINUX1 *
      WAIT LINUX1 TEXT 'linux1:/root' WITHIN 60
      SEND LINUX1 for i in 1 2; do (while :; do :; done) & done; echo "spins "now
      WAIT LINUX1 TEXT 'spins now' WITHIN 30
      XAUTOLOG SPIN1
      SLEEP 2
      """ + "\n" + Self.interval(1) + "SET WEIGHT LINUX1 900\nSLEEP 2\n" + Self.interval(3)
        + "SET CAP LINUX1 ABSOLUTE 0.3\nSLEEP 2\n" + Self.interval(5))
    let run = try ProgramRun([
      "run", script, "--machine", folder.path, "--state", folder.path + "/state",
    ])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let lines = run.output.split(separator: "\n")
    let reports = try lines.filter { $0.hasPrefix("{\"type\"") && $0.contains("\"LINUX1\"") }
      .map { try JSONDecoder().decode(Report.self, from: Data($0.utf8)) }
    let answers = lines.compactMap { $0.wholeMatch(of: /LINUX1  : used cpu (.*) up ([0-9.]+) .*/) }
      .map { (stolen: Double($0.1.split(separator: " ")[7]), up: Double($0.2)) }
    try #require(reports.count == 3 && answers.count == 6, "\(run.output)")
    for (number, expected) in [75, 25, 85].enumerated() {
      let (first, last) = (answers[2 * number], answers[2 * number + 1])
      let stolen = try #require(last.stolen) - #require(first.stolen)
      let elapsed = try #require(last.up) - #require(first.up)
      // Hundredths of a second of two processors are hundredths of the time.
      let percent = stolen / elapsed / 2
      let report = reports[number]
      let denied = report.readyPercent + report.cappedPercent
      #expect(abs(percent - denied) < 0.02 * denied, "\(percent) of \(report)")
      #expect(abs(denied + report.logicalTotalPercent - 100) < 1, "\(report)")
      #expect(abs(denied - Double(expected)) < 1, "\(report)")
    }
  }

  /// A row of the report, as far as it is looked at; percent of the logical processors' time.
  private struct Report: Decodable {
    var cappedPercent: Double
    var readyPercent: Double
    var logicalTotalPercent: Double
  }
}
