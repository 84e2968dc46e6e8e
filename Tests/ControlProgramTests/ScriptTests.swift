import Testing

@testable import ControlProgram
@testable import Partitioning

struct ScriptTests {
  private func run(
    _ text: String, continues: Bool = false
  ) throws -> (
    output: [ScriptOutput], outcome: Result<ScriptEnding, ScriptFailure>, test: TestConsole
  ) {
    let test = try TestConsole()
    var output: [ScriptOutput] = []
    do throws(ScriptFailure) {
      let code = try Script(name: "demo.cp", text: text)
        .run(at: test.console, continues: continues) { output.append($0) }
      return (output, .success(code), test)
    } catch {
      return (output, .failure(error), test)
    }
  }

  @Test func commandsAndAnswersInOrder() throws {
    let (output, outcome, test) = try run(
      "* a comment # Q TIME\n\nQ SPIN001#SLEEP 2\n&TYPE done \"# now\n")
    #expect(
      output == [
        .command("Q SPIN001"), .line("SPIN001  - DSC"), .command("SLEEP 2"), .line("done # now"),
      ])
    #expect(outcome == .success(.completed(returnCode: 0)))
    #expect(test.seconds == 2)
  }

  @Test func stopsAtTheFirstFailure() throws {
    let (output, outcome, test) = try run("SLEEP 1\nQ TIME#SET WEIGHT SPIN001 0\nSLEEP 1\n")
    #expect(output.last == .line("HCPCSE8802E Invalid weight 0; use 1 to 999"))
    #expect(test.seconds == 1)
    guard case .failure(let failure) = outcome else {
      Issue.record("the script did not fail")
      return
    }
    #expect(
      failure.description
        == "demo.cp:2: HCPCSE8802E Invalid weight 0; use 1 to 999 (SET WEIGHT SPIN001 0)")
    #expect(failure.returnCode == 8802)
  }

  // Oracle: the rules in Docs/Commands.md.
  @Test(arguments: [
    ("Q LINUX1\nQ TIME", true, ScriptEnding.completed(returnCode: 45)),
    ("&ERROR &CONTINUE\nQ LINUX1\nQ TIME", false, .completed(returnCode: 45)),
    ("Q TIME\n&EXIT 7\nQ FRED", false, .exit(7)), ("&EXIT", false, .exit(0)),
    ("\u{FEFF}Q TIME\n&EXIT 255", false, .exit(255)), ("&EXIT 0", false, .exit(0)),
  ])
  func endings(text: String, continues: Bool, ending: ScriptEnding) throws {
    #expect(try run(text, continues: continues).outcome == .success(ending))
  }

  @Test(arguments: [
    "LOGOFF\nQ FRED", "SHUTDOWN\nQ FRED", "SHUTDOWN#Q FRED", "LOGOFF#Q FRED", "ECHO a\"#b", "",
    "\u{FEFF}",
  ])
  func endsWell(text: String) throws {
    #expect(try run(text).outcome == .success(.completed(returnCode: 0)))
  }

  @Test(arguments: [
    (".Q LINUX1", "demo.cp:1: HCPCQU045E LINUX1 not logged on (.Q LINUX1)"),
    ("SILENTLY Q LINUX1", "demo.cp:1: HCPCQU045E LINUX1 not logged on (SILENTLY Q LINUX1)"),
    (
      "&ERROR &CONTINUE\nQ FRED\n&ERROR &EXIT\nQ LINUX1",
      "demo.cp:4: HCPCQU045E LINUX1 not logged on (Q LINUX1)"
    ),
    ("&EXIT 256", "demo.cp:1: HCPSCR8851E Invalid script statement - &EXIT 256 (&EXIT 256)"),
    ("&EXIT 7 8", "demo.cp:1: HCPSCR8851E Invalid script statement - &EXIT 7 8 (&EXIT 7 8)"),
    (
      "&EXIT 18446744073709551616",
      "demo.cp:1: HCPSCR8851E Invalid script statement - &EXIT 18446744073709551616 "
        + "(&EXIT 18446744073709551616)"
    ),
    ("&LOOP", "demo.cp:1: HCPSCR8851E Invalid script statement - &LOOP (&LOOP)"),
    ("\n\nFROB", "demo.cp:3: HCPCMD001E Unknown CP command: FROB (FROB)"),
    (
      "FOR SPIN* CMD CF CPU(5),ONLINE",
      "demo.cp:1: HCPCFG8808E CPU 05 not defined; SPIN002 may have 1 CPUs, from 00 "
        + "(FOR SPIN* CMD CF CPU(5),ONLINE)"
    ),
  ])
  func failures(text: String, description: String) throws {
    guard case .failure(let failure) = try run(text).outcome else {
      Issue.record("the script did not fail")
      return
    }
    #expect(failure.description == description)
  }

  @Test(arguments: [
    ("/nonexistent/demo.cp", "No such file or directory"),
    ("/", "it is a folder; a file is needed"),
    ("/dev/zero", "it has more than 16777216 bytes"),
  ])
  func unreadableFiles(file: String, reason: String) {
    #expect {
      _ = try Script(file: file)
    } throws: { error in
      (error as? ScriptFailure)?.description
        == "\(file): HCPSCR8850E Script \(file) cannot be read: \(reason)"
    }
  }

  @Test func linesGoToAConnectedGuest() throws {
    let (_, outcome, test) = try run("CONNECT SPIN001\nls # all\n#CP DISC\nQ TIME")
    #expect(outcome == .success(.completed(returnCode: 0)))
    #expect(test.typed(at: "SPIN001") == "ls # all\n")
  }
}

struct GuestCommandTests {
  @Test func classGOfItsOwnPartition() throws {
    let test = try TestConsole()
    let result = test.control.guestCommand("Q USERID", from: "SPIN001")
    #expect(result.lines == ["SPIN001  AT DEMO"])
    #expect(test.control.guestCommand("FORCE SPIN002", from: "SPIN001").returnCode == 1)
    #expect(test.control.guestCommand("SLEEP 1", from: "SPIN001").returnCode == 8842)
    #expect(test.control.guestCommand("CONNECT X", from: "SPIN001").returnCode == 1)
  }

  @Test func stopsAtTheFirstLineInError() throws {
    let test = try TestConsole()
    let result = test.control.guestCommand("Q USERID\nFROB\nQ TIME", from: "SPIN001")
    #expect(result.lines == ["SPIN001  AT DEMO", "HCPCMD001E Unknown CP command: FROB"])
    #expect(result.returnCode == 1)
  }

  @Test func boundedInLength() throws {
    let test = try TestConsole()
    let long = String(repeating: "A", count: 241)
    #expect(
      test.control.guestCommand(long, from: "SPIN001").lines
        == ["HCPHVC8848E Command longer than 240 characters"])
    let many = test.control.guestCommand("D 0.1000", from: "SPIN001")
    #expect(many.lines.reduce(0) { $0 + $1.utf8.count + 1 } <= 8192)
  }

  @Test func atThePortItHasThePartitionsClasses() throws {
    func answer(_ test: TestConsole, _ text: String) -> CommandResult {
      test.control.guestCommand(text, from: "SPIN001", by: .port)
    }
    let general = try TestConsole()
    #expect(answer(general, "Q USERID").lines == ["SPIN001  AT DEMO"])
    #expect(answer(general, "FORCE SPIN002").returnCode == 1)
    #expect(answer(general, "FOR SPIN002 CMD Q USERID").returnCode == 1)
    let able = try TestConsole {
      let number = $0.partitions.firstIndex { $0.name == "SPIN001" } ?? 0
      $0.partitions[number].classes = "ABCEG"
    }
    // Neither time nor the machine's end is a guest's affair, whatever its classes.
    for command in ["SLEEP 1", "SHUTDOWN", "CONNECT SPIN002", "CHECKPOINT SAVE A"] {
      #expect(answer(able, command).returnCode == 8842, "\(command)")
    }
    // What the host alone knows is not told.
    #expect(answer(able, "INDICATE LPAR").lines.last?.hasPrefix("POOL") == true)
    // A class is no permission: the partition has no authority over others.
    for command in ["FORCE SPIN002", "FOR SPIN002 CMD STOP", "FOR SPIN002 CMD Q USERID"] {
      #expect(answer(able, command).returnCode == 8868, "\(command)")
    }
    #expect(able.state(of: "SPIN002") == .operating)
    let trusted = try TestConsole {
      let number = $0.partitions.firstIndex { $0.name == "SPIN001" } ?? 0
      $0.partitions[number].classes = "ABCEG"
      $0.partitions[number].security.crossPartitionAuthority = true
    }
    #expect(answer(trusted, "FOR SPIN002 CMD Q USERID").lines == ["SPIN002  AT DEMO"])
    var position = ReaderPosition()
    _ = trusted.machine.changes(since: &position)
    #expect(answer(trusted, "SET WEIGHT SPIN002 20").returnCode == 0)
    #expect(
      trusted.machine.changes(since: &position).elements.map(\.author) == [.partition("SPIN001")])
    // A longer answer than a call's.
    let long = answer(general, "DISPLAY 0.1000").lines.reduce(0) { $0 + $1.utf8.count + 1 }
    #expect(long > 8192)
    #expect(answer(general, String(repeating: "A", count: 241)).returnCode == 8848)
  }

  // Oracle: the operator's own session, which goes on.
  @Test func endsNobodysSession() throws {
    let able = try TestConsole { $0.giveAllClasses(to: "SPIN001") }
    for command in ["FORCE OPERATOR", "FORCE NOBODY", "FORCE SPIN001 DISCONNECT"] {
      let result = able.control.guestCommand(command, from: "SPIN001", by: .port)
      #expect(result.lines == ["HCPUSO8842E FORCE needs a console"], "\(command)")
    }
    #expect(able.control.give("FORCE OPERATOR", asUserOf: "SPIN001")?.contains("8842E") == true)
    #expect(able.answer("Q USERID") == "OPERATOR AT DEMO")
    #expect(able.answer("Q USER OPERATOR") == "OPERATOR -L0000")
  }

  // Oracle: the same machine with other consoles, which a guest cannot tell from it.
  @Test(arguments: [GuestCommand.Road.port, .call])
  func whoIsAtAConsoleIsNotTold(road: GuestCommand.Road) throws {
    let commands = ["Q NAMES", "Q USERS", "Q OPERATOR", "Q SPIN001", "Q SECUSER", "Q OBSERVER"]
    var answers: [[String]] = []
    for isWatched in [false, true] {
      let able = try TestConsole { $0.giveAllClasses(to: "SPIN001") }
      _ = able.answer("SET SECUSER SPIN001 MAINT")
      if isWatched {
        _ = able.control.logOn("SPIN001")
        _ = able.control.logOn("MAINT")
      } else {
        able.console.end()
      }
      answers.append(
        commands.flatMap { able.control.guestCommand($0, from: "SPIN001", by: road).lines })
      guard road == .port else { continue }
      for command in ["Q EVENTS", "Q CONSOLE", "INDICATE LPARS REPORT", "SET PACE REAL"] {
        let result = able.control.guestCommand(command, from: "SPIN001", by: .port)
        #expect(result.returnCode == 8842, "\(command): \(result.lines)")
      }
    }
    #expect(answers[0] == answers[1])
    guard road == .port else { return #expect(answers[0].contains { $0.contains("- DSC") }) }
    #expect(answers[0].first == "SPIN001  - DSC , SPIN002  - DSC , TOUCHER  - DSC")
    #expect(answers[0].dropFirst().first == "    3 USERS,     0 DIALED,     0 NET")
  }

  @Test func hasACountOfItsOwnWhateverRuns() throws {
    let control = try TestConsole().control
    // As in the innermost command that a typed one may lead to.
    while let inner = control.nesting.inner() { control.nesting = inner }
    let outer = control.nesting
    let command = GuestCommand(partition: "SPIN001", text: "Q USERID", road: .call)
    #expect(control.answer(command).reply == "SPIN001  AT DEMO\n")
    #expect(control.nesting == outer)
  }

  // Oracle: the firmware, which counts the commands of a text by X'15'.
  @Test func onlyTheGuestsOwnLineEndSeparates() throws {
    let test = try TestConsole()
    for end in ["\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}"] {
      let result = test.control.guestCommand("ECHO A\(end)ECHO B", from: "SPIN001")
      #expect(result.lines.count == 1, "\(result.lines)")
    }
    let lines = test.control.guestCommand("ECHO A\r\nECHO B", from: "SPIN001").lines
    #expect(lines == ["A", "B"])
  }

  // Oracle: the last message of a partition that ends by itself, which names nobody.
  @Test func aRefusedForceIsNobodys() throws {
    let able = try TestConsole { $0.giveAllClasses(to: "SPIN001") }
    let result = able.control.guestCommand("FORCE SPIN002 IMMEDIATE", from: "SPIN001", by: .port)
    #expect(result.returnCode == 8868 && able.control.forcedBy.isEmpty)
  }
}

extension SystemDefinition {
  fileprivate mutating func giveAllClasses(to name: String) {
    guard let number = partitions.firstIndex(where: { $0.name == name }) else { return }
    partitions[number].classes = "ABCDEFG"
  }
}
