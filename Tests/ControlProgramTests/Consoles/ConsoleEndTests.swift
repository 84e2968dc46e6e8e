import Partitioning
import Testing

@testable import ControlProgram

/// How a session and the machine end, and what is asked and said before they do.
struct ConsoleEndTests {
  private func lines(_ console: ConsoleSession) -> [String] {
    console.takeOutput().compactMap(\.line)
  }

  private static let question =
    "HCPDSC8960A 3 partitions end with this console; enter YES or NO"

  @Test func disconnAtTheOnlyConsoleAsksFirst() throws {
    let test = try TestConsole()
    test.console.asksBeforeEnd = true
    #expect(test.answer("DISCONN") == Self.question)
    #expect(test.answer("no") == "HCPDSC8961I The machine goes on")
    #expect(test.answer("DISCONN") == Self.question)
    #expect(test.answer("") == "HCPDSC8961I The machine goes on")
    #expect(!test.console.isEnded)
    #expect(test.answer("#CP DISCONN") == Self.question)
    #expect(test.answer("yes") == "DISCONNECT AT 00:00:00 UTC THURSDAY 01/01/26")
    #expect(test.console.isEnded)
  }

  @Test func logoffAsksToo() throws {
    let test = try TestConsole()
    test.console.asksBeforeEnd = true
    #expect(test.answer("LOGOFF").hasPrefix("HCPLOF8960A 3 partitions end with this console"))
    #expect(!test.console.isEnded)
    #expect(test.answer("Y").hasPrefix("CONNECT= "))
    #expect(test.console.isEnded)
  }

  @Test func aCommandIsNoYesAndIsPerformed() throws {
    let test = try TestConsole()
    test.console.asksBeforeEnd = true
    _ = test.console.execute("DISC")
    #expect(
      test.answer("Q USERID") == "HCPDSC8961I The machine goes on\nOPERATOR AT DEMO")
    #expect(test.answer("YES") == "HCPCMD001E Unknown CP command: YES")
    #expect(!test.console.isEnded)
  }

  @Test func nothingIsAskedWhenNothingWouldEnd() throws {
    let test = try TestConsole()
    test.console.asksBeforeEnd = true
    for name in test.control.partitionNames where test.control.isLoggedOn(name) {
      _ = test.console.execute("FORCE \(name) IMM")
    }
    _ = test.console.execute("DISCONN")
    #expect(test.console.isEnded)
  }

  @Test func leavingAGuestAsksNothing() throws {
    let test = try TestConsole()
    test.console.asksBeforeEnd = true
    _ = test.console.execute("CONNECT SPIN001")
    #expect(test.answer("#CP DISCONN") == "DISCONNECT AT 00:00:00 UTC THURSDAY 01/01/26")
    #expect(!test.console.isEnded)
    #expect(test.console.connection == nil)
  }

  @Test func shutdownSaysWhatItWillDoAndThenWhatHasEnded() throws {
    let test = try TestConsole()
    let result = test.console.execute("SHUTDOWN#Q TIME")
    let ended = lines(test.console)
    #expect(
      ended == [
        "SYSTEM SHUTDOWN STARTED",
        "HCPSHU8963I 3 partitions are taken down at once, without a signal",
        "USER DSC   LOGOFF AS  SPIN001  USERS = 3", "USER DSC   LOGOFF AS  SPIN002  USERS = 2",
        "USER DSC   LOGOFF AS  TOUCHER  USERS = 1",
      ])
    #expect(result.lines == ["HCPWRP961W SYSTEM SHUTDOWN COMPLETE"])
  }

  @Test func shutdownWithinSaysWhoListens() throws {
    let test = try TestConsole()
    // It has not begun.
    _ = test.console.execute("XAUTOLOG LINUX1")
    test.control.collectEvents()
    _ = test.console.takeOutput()
    _ = test.console.execute("SHUTDOWN WITHIN 5")
    let said = lines(test.console)
    #expect(
      said.prefix(3) == [
        "SYSTEM SHUTDOWN STARTED",
        "HCPSHU960I System shutdown may be delayed for up to 5 seconds",
        "HCPSHU8964I 3 of 4 partitions listen to the shutdown signal; all are taken down when "
          + "those have ended",
      ])
    #expect(said.count { $0.hasPrefix("USER DSC   LOGOFF AS") } == 4)
  }

  @Test func aConnectedConsoleShowsWhatTheGuestWroteLast() throws {
    let test = try TestConsole()
    try test.write(
      "one\r\n\u{1B}[31mtwo\u{1B}[0m\u{1B}[6n\r\n\u{1B}]0;title\u{7}$ ", from: "SPIN001")
    test.control.collectEvents()
    #expect(test.console.takeOutput() == [])
    _ = test.console.execute("CONNECT SPIN001")
    test.control.collectEvents()
    #expect(test.console.takeOutput() == [.guest(Array("one\r\ntwo\r\n$ ".utf8))])
    test.control.collectEvents()
    #expect(test.console.takeOutput() == [])
  }

  @Test func ofALongOutputTheLastLinesAreShown() throws {
    let test = try TestConsole()
    for number in 1...1000 { try test.write("line \(number)\n", from: "SPIN001") }
    test.control.collectEvents()
    _ = test.console.execute("CONNECT SPIN001")
    test.control.collectEvents()
    guard case .guest(let bytes)? = test.console.takeOutput().first else {
      Issue.record("nothing was shown")
      return
    }
    let shown = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    #expect(shown.count == 17)
    #expect(shown.last == "line 1000")
    #expect(shown.first == "line 984")
  }

  @Test(arguments: [
    ("quit", "SHUTDOWN ends the machine; #CP DISCONN (or Ctrl-]) leaves a guest's console"),
    (
      "FOR SPIN001 CMD EXIT",
      "LOGOFF ends your partition; #CP DISCONN (or Ctrl-]) leaves a guest's console"
    ), ("?", "HELP lists the commands, HELP command explains one"),
  ])
  func aWordFromElsewhereSaysWhatToEnter(word: String, advice: String) throws {
    let result = try TestConsole().console.execute(word)
    #expect(result.returnCode == 1)
    #expect(result.lines.count == 2)
    #expect(result.lines.last == "HCPCMD8965I \(advice)")
  }

  @Test func terminalMoreIsKept() throws {
    let test = try TestConsole()
    #expect(test.answer("TERM MORE") == "MORE 050 010")
    #expect(test.answer("TERMINAL MORE 5 255") == "")
    #expect(test.answer("TERM MORE") == "MORE 005 255")
    #expect(test.console.more.stops)
    _ = test.console.execute("TERM MORE 0 0")
    #expect(!test.console.more.stops)
  }
}
