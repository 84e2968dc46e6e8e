import Partitioning
import Testing

@testable import ControlProgram

// Nothing that is typed ends the machine: every form of every command with operands at the edges of
// their types, seeded, while no guest runs and while they run. Oracle: each is answered, by 0 or by a
// message with a number, and the machine answers the next.

/// Operands at the edges of what they could be, of every kind.
private let edges: [String] =
  [
    "0", "1", "-1", "00", "255", "256", "65535", "65536", "4294967295", "4294967296",
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
    String(repeating: "9", count: 300), "0.01", "1.5%", "100%", "99999999999.99", "1.", ".5",
    "999999999.999", "0M", "1K", "64M", "17592186044400M", "16777215T", "18446744073709551615K",
    "16383P", "FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFF0.FFFF", "0-FFFFFFFFFFFFFFFF", "T0.1000",
    "0.1001", "FFFFFFFFFFFFFFFF.FFFFFFFFFFFFFFFF", "0-FF", "FF-0", "0-", "-", "0-1-2", "FF", "100",
    "2611-01-01T00:00:00", "9999-12-31T23:59:59", "0000-01-01T00:00", "0000-00-00T00:00:00",
    "1970-01-01T00:00:00", "1969-12-31T23:59:59", "25:00", "23:59:59", "00:00", "T",
    "2026-02-30T00:00",
    "*", "**", "S*1", String(repeating: "*", count: 500), "SPIN001", "SPIN1", "TOUCHER", "NOBODY",
    "TENLETTERS", "'", "''", "'a", "'a b'", "é", "🄰", "\u{301}", "\u{0}", "(", ")", "CPU(0-FF)",
    "CPU()", "CPU(1,1),ONLINE", "STOR(17592186044400M),ONLINE", "STOR(64M),OFFLINE,FORCE",
    "CHP(FF)",
    "CPU(", "ALL,CANCEL", "CPU(1),ONLINE,WITHIN=65536", "GRAX", "G15", "G16", "X", "PSW", "0200",
    "FFFF", "10000", "CMD", "ABSOLUTE", "NONE", "OFF", "ON", "DYNAMIC", "45", "HCP045E",
    "HCP99999999999999999999E", "SPIN", "/etc/passwd", "../x", "#", "\"", "&EXIT",
  ]

private struct Lines {
  var numbers: SeededNumbers
  let table = CommandTable.standard

  /// A command of the table with operands that fit, or that are at an edge.
  mutating func next() -> String {
    let commands = table.commands.filter { $0.keyword.name != "SHUTDOWN" }
    let command = commands[numbers.below(commands.count)]
    let format = command.formats[numbers.below(command.formats.count)]
    var words = [command.keyword.name] + format.lead.map { $0[numbers.below($0.count)].name }
    let positions = format.operands
    for place in 0..<numbers.below(7) {
      let kind = positions.isEmpty ? .other : positions[min(place, positions.count - 1)]
      words.append(word(kind))
    }
    let line = words.joined(separator: " ")
    switch numbers.below(5) {
    case 0: return "FOR TOUCHER CMD \(line)"
    case 1: return "PLAN \(line)"
    default: return line
    }
  }

  private mutating func word(_ kind: OperandKind) -> String {
    guard numbers.below(3) > 0 else { return edges[numbers.below(edges.count)] }
    switch kind {
    case .partition, .user, .model:
      return ["SPIN001", "SPIN1", "TOUCHER", "TALK", "*"][numbers.below(5)]
    case .words(let choices):
      let words = choices.split(separator: "|")
      return words[numbers.below(words.count)].uppercased()
    case .verb, .command: return table.commands[numbers.below(table.commands.count)].keyword.name
    case .other: return edges[numbers.below(edges.count)]
    }
  }
}

private struct SeededNumbers {
  var state: UInt64
  mutating func below(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % max(limit, 1)
  }
}

struct EdgeOperandTests {
  private static let operators = Issuer(userid: "OPERATOR", classes: .all)

  /// Gives lines without a console, so that no time passes.
  private func give(_ control: ControlProgram, seed: UInt64, count: Int) {
    var lines = Lines(numbers: SeededNumbers(state: seed))
    for _ in 0..<count {
      let line = lines.next()
      let result = control.execute(line, issuer: Self.operators)
      #expect(result.returnCode == 0 || result.errorLine != nil, "\(line)")
      control.collectEvents()
    }
    #expect(control.execute("QUERY NAMES", issuer: Self.operators).returnCode == 0)
  }

  @Test(arguments: 1...10)
  func everyCommandWhileNoGuestRuns(seed: UInt64) throws {
    let test = try TestConsole()
    test.control.records = StandInRecords()
    give(test.control, seed: seed, count: 1000)
    let completion = Completion(control: test.control, classes: .all)
    var lines = Lines(numbers: SeededNumbers(state: seed))
    for _ in 0..<200 { _ = completion.candidates(for: lines.next()) }
  }

  @Test(arguments: 11...16)
  func everyCommandOnTheFirmware(seed: UInt64) throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG *")
    give(small.control, seed: seed, count: 500)
    let manager = small.manager
    manager.runEpochs(until: manager.now + 1_000_000)
    #expect(small.answer("QUERY USERID") == "OPERATOR AT SMALL")
  }

  @Test func longLinesAreRefused() throws {
    let test = try TestConsole()
    let long = [
      "ECHO " + String(repeating: "x", count: 1 << 20),
      "DISPLAY" + String(repeating: " 0", count: 100_000),
      "FOR TOUCHER CMD DEFINE CPU" + String(repeating: " 0-FF", count: 100_000),
      String(repeating: "CPU 0 CMD ", count: 20_000),
    ]
    for line in long {
      #expect(test.console.execute(line).returnCode == 8848)
      #expect(test.console.complete(line).isEmpty)
    }
    #expect(test.console.execute(String(repeating: "#", count: 1 << 20)).returnCode == 0)
    #expect(test.answer("Q USERID") == "OPERATOR AT DEMO")
  }

  @Test(arguments: [
    "FOR TOUCHER CMD " + String(repeating: "CPU 0 CMD ", count: 1500) + "D PSW",
    String(repeating: "SILENTLY ", count: 1500) + "Q T",
    String(repeating: "PLAN ", count: 3000) + "Q T",
    "FOR TOUCHER CMD " + String(repeating: "FOR TOUCHER CMD ", count: 1000) + "Q T",
    "FOR * CMD " + String(repeating: "FOR *1 CMD FOR S* CMD ", count: 700) + "Q T",
    String(repeating: "SEND CP TOUCHER ", count: 1000) + "Q T",
  ])
  func nestingHasABound(line: String) throws {
    let test = try TestConsole { definition in
      for index in definition.partitions.indices { definition.partitions[index].classes = "CG" }
    }
    let result = test.console.execute(line)
    #expect(result.returnCode != 0)
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG *")
    _ = small.console.execute(line)
    // The next one counts from the beginning.
    #expect(
      test.console.execute("FOR TOUCHER CMD CPU 0 CMD Q USERID").lines == ["TOUCHER  AT DEMO"])
  }

  /// A rehearsal's commands count as the others do.
  @Test func nestingCountsWhatIsRehearsed() {
    var outer = CommandNesting()
    for _ in 0..<CommandNesting.commandLimit {
      guard let inner = outer.inner() else { break }
      outer.spend(as: inner)
    }
    #expect(outer.inner() == nil)
    #expect(CommandNesting().after(outer).inner() != nil)
  }

  // Oracle: no entry is of a time to come, all are since IPL.
  @Test(arguments: [
    ("FROM 2611-01-01T00:00:00", false), ("FROM 9999-12-31T23:59:59", false),
    ("TO 9999-12-31T23:59:59", true), ("FROM 0001-01-01T00:00:00", true),
    ("FROM 1970-01-01T00:00:00 TO 2611-01-01T00:00:00", true),
  ])
  func datesFarAway(interval: String, isFound: Bool) throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG SPIN1")
    let answer = small.answer("QUERY JOURNAL \(interval)")
    #expect(answer.contains("ACTIVATE SPIN1") == isFound)
    #expect((answer == "No entries") == !isFound)
  }

  /// Statements of scripts at their edges: each ends the script or goes on, as &TYPE after it shows.
  @Test(arguments: [
    ("&EXIT 18446744073709551616", nil), ("&EXIT 18446744073709551615", nil), ("&EXIT -1", nil),
    ("&EXIT", 0), ("&", nil), ("&&", nil), ("&ERROR", nil), ("&ERROR &", nil),
    ("&TYPE " + String(repeating: "x", count: 1 << 20) + "\n&EXIT 3", 3), ("&type a\n&exit 4", 4),
    (String(repeating: "&TYPE\n", count: 10_000) + "&EXIT 5", 5),
    ("&EXIT " + String(repeating: "9", count: 100_000), nil),
  ])
  func scriptStatements(text: String, code: Int?) throws {
    let test = try TestConsole()
    var found: Int?
    do throws(ScriptFailure) {
      if case .exit(let number) = try Script(name: "edge.cp", text: text)
        .run(at: test.console, output: { _ in })
      {
        found = number
      }
    } catch {
      #expect(error.returnCode == 8851)
    }
    #expect(found == code)
  }

  @Test func aGuestsGiganticStorageIsRefused() throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG TOUCHER")
    for size in ["17592186044400M", "17592186044415M", "16383P", "18014398509481983K"] {
      for command in [
        "CONFIG STOR(\(size)),ONLINE", "CONFIG STOR(\(size)),OFFLINE,FORCE",
        "DEFINE STORAGE \(size)",
      ] {
        let result = small.control.guestCommand(command, from: "TOUCHER")
        #expect([8810, 8814, 8815].contains(result.returnCode), "\(command): \(result.lines)")
      }
    }
  }
}
