import Partitioning
import Testing

@testable import ControlProgram

struct RecordCommandTests {
  private func kept() throws -> (SmallMachine, StandInRecords) {
    let small = try SmallMachine()
    let records = StandInRecords()
    small.control.records = records
    return (small, records)
  }

  @Test(arguments: [
    "MONITOR START", "MONITOR INTERVAL 5", "QUERY MONITOR", "ACNT ALL", "QUERY ACCOUNT",
    "QUERY EVENTLOG", "INDICATE LPAR REPORT LAST 5 CSV",
  ])
  func withoutRecordsSaysSo(command: String) throws {
    let small = try SmallMachine()
    _ = small.answer("SLEEP 10")
    let result = small.console.execute(command)
    #expect(result.returnCode == 8882)
    #expect(result.errorLine?.hasSuffix("8882E No records are kept") == true)
  }

  @Test func theMonitorIsSetAndShown() throws {
    let (small, records) = try kept()
    #expect(
      small.answer("MONITOR INTERVAL 2 MIN")
        == "MONITOR ACTIVE, INTERVAL 120 SECONDS, SAMPLES NONE")
    #expect(records.interval == 120_000_000_000)
    #expect(
      small.answer("MONITOR STOP") == "MONITOR INACTIVE, INTERVAL 120 SECONDS, SAMPLES NONE")
    records.samples = [small.manager.measurement()]
    #expect(small.answer("Q MONITOR").hasSuffix("SAMPLES FROM 00:00:00 TO 00:00:00"))
    #expect(small.console.execute("MONITOR INTERVAL 61 MIN").returnCode == 2)
    #expect(small.console.execute("MONITOR INTERVAL 0").returnCode == 2)
    records.failure = RecordsFailure("records.sqlite: no space to write")
    #expect(small.answer("Q MONITOR") == "HCPCQU8883E Records: records.sqlite: no space to write")
  }

  // Oracle: the formulas of RMF's Partition Data Report (prsm.md section 5): SPIN1 alone is dispatched
  // all the time on one of four processors: 100 % of its own, 25 % of the pool.
  @Test func aReportIsOfTheIntervalAskedFor() throws {
    let (small, records) = try kept()
    _ = small.answer("XAUTOLOG SPIN1")
    for _ in 0..<3 {
      records.samples.append(small.manager.measurement())
      _ = small.answer("SLEEP 10")
    }
    let lines = small.console.execute("IND LPAR REPORT SPIN1 FROM 00:00:10 TO 00:00:20").lines
    #expect(
      lines.first
        == "PARTITION DATA REPORT  01/01/26 00:00:10 TO 01/01/26 00:00:20  INTERVAL 10.000 SECONDS")
    let row = lines.last?.split(separator: " ").map(String.init) ?? []
    #expect(row.first == "SPIN1")
    #expect(row.suffix(1) == ["25.00"] && row.contains("100.00"))
    #expect(
      small.answer("IND LPAR REPORT LAST 10 JSON") == "jsonLines 20000000000 30000000000 []")
    #expect(small.console.execute("IND LPAR REPORT FROM 00:00:20 TO 00:00:10").returnCode == 8885)
    #expect(small.console.execute("IND LPAR REPORT FROM 25:00").returnCode == 2)
    #expect(
      small.answer("IND LPAR REPORT FROM 00:00:21 TO 00:00:22")
        == "HCPIND8884E No samples for this interval; there are samples from 00:00:00 to 00:00:20")
  }

  // Oracle: PR/SM Planning Guide: without global performance data a partition sees its own only.
  @Test func withoutGlobalDataAReportIsOfTheOwn() throws {
    var definition = SmallMachine.standard
    definition.partitions[0].classes = "EG"
    definition.partitions[0].security.globalPerformanceData = false
    let small = try SmallMachine(definition: definition)
    _ = small.answer("XAUTOLOG SPIN1#XAUTOLOG SPIN2#SLEEP 1")
    for command in ["IND LPAR", "IND LPAR REPORT", "QUERY WEIGHTS", "QUERY CAPS", "Q POLARITY"] {
      let answer = small.answer("FOR SPIN1 CMD \(command)")
      #expect(answer.contains("SPIN1"))
      #expect(
        !answer.contains("SPIN2") && !answer.contains("POOL") && !answer.contains("*PHYSICAL*"))
    }
  }

  @Test func accountingRecordsAreWrittenAndShown() throws {
    let (small, records) = try kept()
    _ = small.answer("XAUTOLOG SPIN1#SLEEP 2")
    #expect(small.answer("ACNT SPIN1 SPIN2") == "HCPACN045E SPIN2 not logged on")
    var position = ReaderPosition()
    records.accounts = small.manager.accounting(since: &position).elements
    #expect(
      small.answer("QUERY ACCOUNT SPIN1") == """
        USERID  DATE      TIME       CONNECT     TOTCPU    VIRTCPU  IO  WRITTEN AT
        SPIN1   01/01/26  00:00:02  00:00:02  000:02.00  000:01.99   0  ACNT
        """)
    #expect(small.answer("QUERY ACCOUNT SPIN2") == "No accounting records")
    #expect(small.console.execute("QUERY ACCOUNT FRED").returnCode == 53)
  }

  @Test func theLogSaysWhoDidWhat() throws {
    let (small, records) = try kept()
    _ = small.answer("XAUTOLOG SPIN1#SLEEP 2#SET WEIGHT SPIN1 40#SET WEIGHT SPIN1 0")
    #expect(
      small.answer("QUERY JOURNAL SPIN1 LAST 2") == """
        00:00:02 OPERATOR SET WEIGHT SPIN1 TYPE CP 40
        00:00:02 OPERATOR SET WEIGHT SPIN1 TYPE CP 0
                 REFUSED: 8802E Invalid weight 0; use 1 to 999
        """)
    #expect(small.answer("QUERY JOURNAL SPIN2") == "No entries")
    #expect(small.answer("QUERY JOURNAL FROM 00:00:01 TO 00:00:01").isEmpty == false)
    var position = ReaderPosition()
    records.log = small.manager.changes(since: &position).elements
    #expect(
      small.answer("QUERY EVENTLOG SPIN1 FROM 00:00:02 LAST 2") == """
        00:00:02 OPERATOR SET WEIGHT SPIN1 TYPE CP 40
                 PROCESSOR CP WEIGHT: 10 -> 40
        00:00:02 OPERATOR SET WEIGHT SPIN1 TYPE CP 0
                 REFUSED: 8802E Invalid weight 0; use 1 to 999
        """)
  }

  // Oracle: `date -u -d` of GNU coreutils.
  @Test(arguments: [
    ("00:00", 1_767_225_600), ("12:30:15", 1_767_184_215), ("2025-12-31T23:59:59", 1_767_225_599),
    ("2024-02-29T00:00", 1_709_164_800),
  ])
  func instantsAreOfTheCalendar(word: String, seconds: Int64) {
    #expect(secondsSince1970(word, now: 1_767_225_600) == seconds)
  }

  @Test(arguments: ["24:00", "1:00", "12:60", "2025-02-29T00:00", "2025-13-01T00:00", "noon", ""])
  func wrongInstantsAreRefused(word: String) {
    #expect(secondsSince1970(word, now: 1_767_225_600) == nil)
  }
}
