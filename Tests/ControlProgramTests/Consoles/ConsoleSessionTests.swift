import Testing

@testable import ControlProgram
@testable import Partitioning

struct ConsoleSessionTests {
  private func lines(_ console: ConsoleSession) -> [String] {
    console.takeOutput().compactMap(\.line)
  }

  @Test func aConnectedConsoleIsTheGuests() throws {
    let test = try TestConsole()
    #expect(
      test.console.prompt == ConsolePrompt(status: "CP READ", userid: "OPERATOR", system: "DEMO"))
    try test.write("before\n", from: "TOUCHER")
    #expect(test.answer("CONNECT TOUCHER") == "RECONNECTED AT 00:00:00 UTC THURSDAY 01/01/26")
    #expect(
      test.console.prompt == ConsolePrompt(status: "RUNNING", userid: "TOUCHER", system: "DEMO"))
    #expect(test.answer("verify # all") == "")
    #expect(test.typed(at: "TOUCHER") == "verify # all\n")
    #expect(test.answer("#CP Q USERID") == "TOUCHER  AT DEMO")
    #expect(test.answer("#CP SHUTDOWN") == "HCPCMD001E Unknown CP command: SHUTDOWN")
    #expect(test.answer("#CP") == "CP")
    #expect(test.console.prompt.status == "CP READ")
    #expect(try test.partition("TOUCHER").isStopped)
    #expect(test.answer("Q USERID") == "TOUCHER  AT DEMO")
    #expect(test.answer("BEGIN") == "")
    #expect(test.console.prompt.status == "RUNNING")
    #expect(test.answer("#CP DISC") == "DISCONNECT AT 00:00:00 UTC THURSDAY 01/01/26")
    #expect(test.console.prompt.userid == "OPERATOR")
    #expect(!test.console.isEnded)
  }

  @Test func theGuestsEndComesBackToTheOperator() throws {
    let test = try TestConsole()
    _ = test.console.execute("CONNECT SPIN001")
    _ = test.console.execute("#CP LOGOFF")
    test.control.collectEvents()
    #expect(test.console.connection == nil)
    #expect(lines(test.console) == ["USER DSC   LOGOFF AS  SPIN001  USERS = 3"])
    _ = test.console.execute("CONNECT SPIN002")
    try test.note(.poweredOff, "SPIN002")
    test.control.collectEvents()
    #expect(test.console.connection == nil)
  }

  @Test func aGuestCannotForgeAMessageOrDriveTheTerminal() throws {
    let test = try TestConsole()
    _ = test.console.execute("SET OBSERVER SPIN001 *")
    try test.write(
      "HCPWRP961W SYSTEM SHUTDOWN COMPLETE\r\n\u{1B}[2Jhidden\u{7}\n", from: "SPIN001")
    test.control.collectEvents()
    #expect(
      lines(test.console) == [
        "SPIN001 : HCPWRP961W SYSTEM SHUTDOWN COMPLETE", "SPIN001 : .[2Jhidden.",
      ])
  }

  @Test func aConnectedConsoleSeesBytesAndNothingOfOthers() throws {
    let test = try TestConsole()
    _ = test.console.execute("CONNECT SPIN001")
    try test.write("\u{1B}[1mlogin: ", from: "SPIN001")
    try test.write("other\n", from: "SPIN002")
    test.control.collectEvents()
    #expect(test.console.takeOutput() == [.guest(Array("\u{1B}[1mlogin: ".utf8))])
  }

  @Test func messagesReachConsoles() throws {
    let test = try TestConsole()
    let other = test.control.logOn("SPIN001")
    _ = other.execute("#CP MSG OPERATOR Need storage")
    #expect(lines(test.console) == ["00:00:00 * MSG FROM SPIN001 : Need storage"])
    #expect(test.answer("MSG SPIN001 no") == "")
    #expect(lines(other) == ["00:00:00 * MSG FROM OPERATOR: no"])
    #expect(test.answer("Q SPIN001") == "SPIN001  -L0001")
  }

  @Test func waitForTextFindsWhatCameBefore() throws {
    let test = try TestConsole()
    try test.write("ready> ", from: "SPIN001")
    #expect(test.answer("WAIT SPIN001 TEXT 'ready>'") == "")
    #expect(test.seconds == 0)
    test.onSecond = { if $0 == 3 { try test.write("rea", from: "SPIN001") } }
    #expect(
      test.answer("WAIT SPIN001 TEXT 'ready>' WITHIN 5")
        == "HCPWAI8845E WAIT ended: SPIN001 not TEXT 'ready>' within 5 seconds")
    test.onSecond = { if $0 == 7 { try test.write("dy> ", from: "SPIN001") } }
    #expect(test.answer("WAIT SPIN001 TEXT 'ready>'") == "")
    #expect(test.seconds == 7)
  }

  @Test func waitForStateAndForPending() throws {
    let test = try TestConsole()
    test.onSecond = { seconds in
      if seconds == 4 { try test.partition("TOUCHER").pending = [] }
      if seconds == 6 { try test.partition("SPIN001").move(to: .exceptions) }
    }
    _ = test.console.execute("FOR TOUCHER CMD CF CPU(1),ONLINE")
    #expect(test.answer("WAIT TOUCHER PENDING") == "")
    #expect(test.seconds == 4)
    #expect(test.answer("WAIT SPIN001 STATE EXCEPTIONS") == "")
    #expect(test.seconds == 6)
  }

  @Test func anInterruptedWaitSaysSo() throws {
    let test = try TestConsole()
    test.interruptsWaits = true
    #expect(
      test.answer("WAIT LINUX1 STATE OPERATING") == "HCPWAI8852E WAIT ended: interrupted")
    #expect(test.answer("SLEEP 5") == "")
  }

  @Test func aMessageCannotDriveTheTerminal() throws {
    let test = try TestConsole()
    _ = test.control.guestCommand("MSG OPERATOR \u{1B}[2J", from: "SPIN001")
    #expect(lines(test.console) == ["00:00:00 * MSG FROM SPIN001 : .[2J"])
  }

  @Test func logoffAndDisconnEndASession() throws {
    for command in ["LOGOFF", "DISCONN"] {
      let test = try TestConsole()
      let result = test.console.execute("\(command)#Q TIME")
      #expect(test.console.isEnded)
      #expect(
        result.lines.last
          == "\(command == "LOGOFF" ? "LOGOFF" : "DISCONNECT") AT 00:00:00 UTC THURSDAY 01/01/26")
    }
  }

  @Test func firmwareEventsAreMessages() throws {
    let test = try TestConsole()
    let change = PendingChange(
      subject: .storage(address: 0, byteCount: 64 << 20), online: false, asked: 0, deadline: 1)
    let kinds: [FirmwareEventKind] = [
      .poweredOff, .restarted, .disabledWait(processor: 0, instructionPointer: 0x1000),
      .tripleFault(processor: 1, instructionPointer: 0x2000), .unimplemented("0F 0B"),
      .changeCompleted(change), .changeRefused(change), .changeExpired(change),
      .shutdownTimeExpired(seconds: 60), .requestsWait(device: 0x200),
      .commandReply("CPU 01\u{7}"), .unassigned("port 80"), .loaded("SPIN"),
    ]
    for kind in kinds {
      try test.note(kind, "SPIN001")
    }
    test.control.collectEvents()
    #expect(
      lines(test.console) == [
        "HCPSIG2113I User SPIN001 has reported system termination",
        "HCPSIG8860I User SPIN001 has restarted",
        "HCPGIR450W CP entered; disabled wait PSW 0000000000001000 user SPIN001",
        "HCPGIR453W CP entered; program interrupt loop CPU 01 PSW 0000000000002000 user SPIN001",
        "HCPGIR8861W User SPIN001 instruction not implemented: 0F 0B",
        "HCPCFG8863I User SPIN001 STORAGE 64M OFFLINE completed",
        "HCPCFG8864I User SPIN001 STORAGE 64M OFFLINE refused by the guest",
        "HCPCFG8865I User SPIN001 STORAGE 64M OFFLINE not done in time",
        "HCPSIG2115I User SPIN001 has not reported system termination within 60 seconds",
        "HCPIOS8866W User SPIN001 device 0200 has no path; requests wait",
        "HCPGIR8862W User SPIN001 access to nothing: port 80",
      ])
    #expect(
      test.answer("Q EVENTS 1") == "00:00:00 HCPLDI2817I User SPIN001 load completed from SPIN")
  }
}

struct CompletionTests {
  @Test(arguments: [
    ("QU", ["QUERY"]), ("qu", ["QUERY"]), ("DE", ["DEACTIVATE", "DEFINE", "DELETE", "DETACH"]),
    ("Q PRO", ["PROCESSORS", "PROFILE", "PROFILES"]),
    ("Q V ", ["ALL", "CHPIDS", "CPUS", "CTCA", "DASD", "NIC", "PATHS", "STORAGE"]),
    ("SET SHARE SP", ["SPIN001", "SPIN002"]), ("SET SHARE SPIN001 AB", ["ABSOLUTE"]),
    ("FOR SPIN001 CMD Q V ST", ["STORAGE"]), ("FOR SPIN001 C", ["CMD"]),
    ("Q N#FOR TOU", ["TOUCHER"]), ("CP XAUTOLOG LIN", ["LINUX1"]), (".Q TI", ["TIME"]),
    ("VARY O", ["OFFLINE", "ONLINE"]), ("VARY OFF P", ["PROCESSOR"]), ("FROB X", []),
    ("HELP SIL", ["SILENTLY"]), ("Q LINU", ["LINUX1"]),
  ])
  func candidates(line: String, expected: [String]) throws {
    #expect(try TestConsole().console.complete(line) == expected)
  }

  @Test func aGuestsLineIsNotCompleted() throws {
    let test = try TestConsole()
    _ = test.console.execute("CONNECT SPIN001")
    #expect(test.console.complete("Q") == [])
    #expect(test.console.complete("#CP DISC") == ["DISCONN"])
    #expect(test.console.complete("#CP FOR") == [])
  }
}
