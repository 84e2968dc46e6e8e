import Testing

@testable import Definitions
@testable import ControlProgram

struct KeywordTests {
  @Test(arguments: [
    ("Query", "Q", true), ("Query", "QUERY", true), ("Query", "QUERYX", false),
    ("Query", "QX", false), ("XAUTOLOg", "XAUTOLO", true), ("XAUTOLOg", "XAUTOL", false),
    ("SET", "SE", false), ("CPU(", "CPU(", true),
  ])
  func acceptsFromTheMinimumToTheWholeWord(spelling: String, token: String, accepted: Bool) {
    #expect(Keyword(spelling).accepts(token) == accepted)
    #expect(Keyword(spelling).spelling == spelling)
  }

  /// A verb that an earlier row takes away could not be given at all.
  @Test func everyVerbReachesItsOwnRow() throws {
    let table = CommandTable.standard
    for command in table.commands {
      for keyword in [command.keyword] + command.aliases {
        let shortest = String(keyword.name.prefix(keyword.minimum))
        let found = try #require(table.command(shortest, classes: .all))
        #expect(found.keyword == command.keyword, "\(shortest)")
      }
    }
  }

  /// Oracle: the published minimum abbreviations of the CP reference.
  @Test(arguments: [
    ("Q", "QUERY"), ("IND", "INDICATE"), ("I", "IPL"), ("B", "BEGIN"), ("D", "DISPLAY"),
    ("DEF", "DEFINE"), ("DET", "DETACH"), ("DISC", "DISCONN"), ("ACT", "ACTIVATE"),
    ("LOG", "LOGOFF"), ("M", "MESSAGE"), ("MSG", "MESSAGE"), ("SIG", "SIGNAL"), ("SL", "SLEEP"),
    ("ST", "STORE"), ("SYS", "SYSTEM"), ("SILENT", "SILENTLY"), ("CF", "CONFIG"),
    ("STOP", "STOP"), ("EC", "ECHO"), ("DIA", "CONNECT"),
  ])
  func abbreviation(verb: String, name: String) {
    #expect(CommandTable.standard.command(verb, classes: .all)?.keyword.name == name)
  }
}

struct CommandParserTests {
  @Test(arguments: [
    ("Q T#Q N", ["Q T", "Q N"]), ("#CP Q T", ["CP Q T"]), ("#cp q t#q n", ["CP q t", "q n"]),
    ("ECHO a\"#b", ["ECHO a#b"]), ("##", []), ("", []), ("#CPX", ["CPX"]),
    ("  Q T  #  ", ["Q T"]), ("ECHO \"quoted\"", ["ECHO \"quoted\""]),
  ])
  func splitsAtLineEnd(line: String, pieces: [String]) {
    #expect(CommandParser.logicalLines(of: line) == pieces)
  }

  @Test(arguments: [
    ("query names", "QUERY", "names", false), ("cp q t", "Q", "t", false),
    (".q t", "Q", "t", true), ("#CP CP  msg * Hi There ", "MSG", "* Hi There", false),
    (". echo x", "ECHO", "x", true),
  ])
  func takesALineApart(line: String, verb: String, operands: String, isSilent: Bool) {
    #expect(
      CommandParser.parse(line)
        == CommandLine(verb: verb, operands: operands, isSilent: isSilent))
  }

  @Test(arguments: ["", "   ", "* comment", "CP", "#CP", "CP * x", "."])
  func nothingToDo(line: String) {
    #expect(CommandParser.parse(line) == nil)
  }

  /// No input may end the program, whatever it is.
  @Test func anyBytesAreAnswered() throws {
    let test = try TestConsole()
    var state: UInt64 = 1
    let pieces = Array("#\"*'()., -=:%QSEVNTCPUFOR\u{7F}\u{0}\u{1B}é\u{301}🄰019ab")
    let verbs = test.control.table.commands.map(\.keyword.name).filter { $0 != "SHUTDOWN" }
    for _ in 0..<4000 {
      var line = ""
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let choice = Int(state >> 33)
        line +=
          choice % 4 == 0
          ? verbs[choice / 4 % verbs.count] + " " : String(pieces[choice % pieces.count])
      }
      if line.contains("LOG") || line.contains("DISC") { continue }
      let result = test.console.execute(line)
      #expect(result.returnCode == 0 || result.errorLine != nil)
      _ = test.console.complete(line)
    }
  }
}

struct OperandValueTests {
  @Test(arguments: [
    ("64M", 64 << 20), ("1G", 1 << 30), ("512K", 512 << 10), ("0M", 0), ("2T", 2 << 40),
  ])
  func sizes(text: String, bytes: UInt64) {
    #expect(storageSize(text) == bytes)
  }

  @Test(arguments: ["", "M", "64", "-1M", "1.5G", "64 M", "99999999999999999999M", "9999999999P"])
  func noSizes(text: String) {
    #expect(storageSize(text) == nil)
  }

  @Test(arguments: [
    ("SPIN001", "SPIN*", true), ("SPIN001", "*1", true), ("SPIN001", "*", true),
    ("SPIN001", "S*N*1", true), ("SPIN001", "SPIN001", true), ("SPIN001", "SPIN00", false),
    ("SPIN001", "*2", false), ("AB", "AB*B", false), ("ABA", "AB*BA", false), ("X", "**", true),
  ])
  func patterns(name: String, pattern: String, fits: Bool) {
    #expect(matches(name, pattern: pattern) == fits)
  }

  @Test(arguments: [
    ("2", 2...2), ("1-3", 1...3), ("0A-F", 10...15), ("3-1", nil), ("-", nil), ("100", nil),
    ("1-2-3", nil), ("G", nil),
  ])
  func ranges(text: String, range: ClosedRange<Int>?) {
    #expect(hexadecimalRange(text, below: 0x100) == range)
  }

  /// Oracle: `date -u -d @n`.
  @Test(arguments: [
    (Int64(0), "00:00:00 UTC THURSDAY 01/01/70"),
    (1_767_225_600, "00:00:00 UTC THURSDAY 01/01/26"),
    (951_782_399, "23:59:59 UTC MONDAY 02/28/00"), (951_782_400, "00:00:00 UTC TUESDAY 02/29/00"),
    (-1, "23:59:59 UTC WEDNESDAY 12/31/69"), (4_102_444_799, "23:59:59 UTC THURSDAY 12/31/99"),
  ])
  func calendar(seconds: Int64, text: String) {
    #expect(CalendarTime(secondsSince1970: seconds).text(zone: "UTC") == text)
  }

  @Test(arguments: [
    ("'a b' c", "a b", "c"), ("'it''s'", "it's", ""), ("word rest", "word", "rest"),
    ("''", "", ""),
  ])
  func quotedText(text: String, value: String, rest: String) {
    var operands = Operands(text)
    #expect(operands.takeText() == value)
    #expect(operands.remainder == rest)
  }
}
