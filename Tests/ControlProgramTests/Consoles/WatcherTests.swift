import Testing

@testable import ControlProgram
@testable import Partitioning

// SECUSER and OBSERVER. Oracle: z/VM CP Commands and Utilities Reference, SET SECUSER, SET OBSERVER, QUERY OBSERVER and
// SEND: an observer sees a console's lines at all times, a secondary user while its machine is disconnected, one has
// one of the two, and both may type there.

@Suite("Who watches a guest's console")
struct WatcherTests {
  private func lines(_ console: ConsoleSession) -> [String] {
    console.takeOutput().compactMap(\.line)
  }

  /// What the operator is shown of a line that each of two guests writes.
  private func shown(_ test: TestConsole, at console: ConsoleSession? = nil) throws -> [String] {
    for name in ["SPIN001", "SPIN002"] { try test.write("line\n", from: name) }
    test.control.collectEvents()
    return lines(console ?? test.console)
  }

  @Test func nobodyIsShownAGuestUnasked() throws {
    let test = try TestConsole()
    #expect(try shown(test) == [])
    #expect(test.answer("QUERY OBSERVER SPIN001") == "OBSERVER IS UNDEFINED")
    #expect(test.answer("QUERY SECUSER ALL") == "NO SECUSER IS DEFINED")
  }

  @Test func anObserverSeesAGuestAtAllTimes() throws {
    let test = try TestConsole()
    #expect(test.answer("SET OBSERVER SPIN001 *") == "USER SPIN001 :  OBSERVER = OPERATOR")
    #expect(try shown(test) == ["SPIN001 : line"])
    let other = test.control.logOn("SPIN001")
    #expect(try shown(test) == ["SPIN001 : line"])
    other.end()
    #expect(test.answer("SET OBSERVER SPIN001 OFF") == "USER SPIN001 :  OBSERVER = NONE")
    #expect(try shown(test) == [])
  }

  @Test func aSecondaryUserSeesAGuestThatIsDisconnected() throws {
    let test = try TestConsole()
    #expect(test.answer("SET SECUSER SPIN001 OPERATOR") == "USER SPIN001 :  SECUSER = OPERATOR")
    #expect(try shown(test) == ["SPIN001 : line"])
    let other = test.control.logOn("SPIN001")
    #expect(try shown(test) == [])
    other.end()
    #expect(try shown(test) == ["SPIN001 : line"])
  }

  @Test func whoIsAtTheGuestsConsoleSeesItOnce() throws {
    let test = try TestConsole()
    _ = test.answer("SET OBSERVER SPIN* *")
    _ = test.answer("CONNECT SPIN001")
    #expect(try shown(test) == [])
    #expect(test.answer("#CP DISCONN").hasPrefix("DISCONNECT AT"))
    #expect(try shown(test) == ["SPIN001 : line", "SPIN002 : line"])
  }

  @Test func anotherGuestsUserMayWatch() throws {
    let test = try TestConsole()
    let other = test.control.logOn("SPIN002")
    _ = test.answer("SET SECUSER SPIN001 SPIN002")
    #expect(try shown(test, at: other) == ["SPIN001 : line"])
    #expect(test.answer("QUERY SECUSER SPIN001") == "SECUSER SPIN002 IS LOGGED ON")
    other.end()
    #expect(test.answer("QUERY SECUSER SPIN001") == "SECUSER SPIN002 IS DISCONNECTED")
    _ = test.answer("SET SECUSER SPIN001 LINUX1")
    #expect(test.answer("QUERY SECUSER SPIN001") == "SECUSER LINUX1 IS NOT LOGGED ON")
    #expect(test.answer("QUERY SECUSER ALL") == "USER SPIN001 :  SECUSER LINUX1 IS NOT LOGGED ON")
  }

  @Test func thereIsOneWatcher() throws {
    let test = try TestConsole()
    _ = test.answer("SET SECUSER SPIN001 *#SET OBSERVER SPIN001 TOUCHER")
    #expect(test.answer("QUERY SECUSER SPIN001") == "SECUSER IS UNDEFINED")
    #expect(test.machine.watcher(of: "SPIN001") == ConsoleWatcher("TOUCHER", .observer))
    // What is not there is not taken away.
    _ = test.answer("SET SECUSER SPIN001 OFF")
    #expect(test.machine.watcher(of: "SPIN001") == ConsoleWatcher("TOUCHER", .observer))
  }

  @Test func aProfileNamesTheWatcherOfTheNextActivation() throws {
    let test = try TestConsole { definition in
      definition.partitions[1].consoleWatcher = ConsoleWatcher("OPERATOR", .secondaryUser)
    }
    #expect(try shown(test) == ["SPIN001 : line"])
    _ = test.answer("SET SECUSER SPIN001 OFF")
    #expect(try shown(test) == [])
    #expect(test.answer("SET SECUSER SPIN001 RESET") == "USER SPIN001 :  SECUSER = OPERATOR")
    #expect(try shown(test) == ["SPIN001 : line"])
    #expect(
      test.answer("SET OBSERVER LINUX1 * PROFILE") == "USER LINUX1  :  PROFILE LINUX1 CHANGED")
    #expect(test.answer("SET OBSERVER LINUX1 *").contains("045E"))
    let lines = try test.partition("LINUX1").profile.statements.compactMap(\.line)
    #expect(lines.contains("OBSERVER OPERATOR"))
  }

  @Test func whoWatchesMayType() throws {
    let test = try TestConsole()
    let other = test.control.logOn("SPIN002")
    #expect(other.execute("#CP SEND SPIN001 no").returnCode != 0)
    _ = test.answer("SET OBSERVER SPIN001 SPIN002")
    #expect(other.execute("#CP SEND SPIN001 yes").returnCode == 0)
    #expect(other.execute("#CP SEND TOUCHER no").returnCode != 0)
    let sent = test.machine.journal.filter {
      $0.author == .partition("SPIN002") && $0.refusal == nil
    }
    #expect(sent.map(\.action) == [.sendConsole("SPIN001", bytes: Array("yes\n".utf8))])
  }

  @Test(arguments: [
    ("SET OBSERVER SPIN001 NOBODY", "HCPCSE053E"), ("SET OBSERVER SPIN001 A/B", "HCPCSE007E"),
    ("SET OBSERVER SPIN001", "HCPCSE8962E"), ("SET OBSERVER NOBODY *", "HCPCSE053E"),
    ("SET SECUSER SPIN001 * NOW", "HCPCSE003E"), ("SET SECUSER", "HCPCSE020E"),
    ("QUERY OBSERVER NOBODY", "HCPCQU053E"),
  ])
  func refusals(command: String, message: String) throws {
    #expect(try TestConsole().answer(command).hasPrefix(message))
  }

  @Test func aClassGUserSetsNoWatcher() throws {
    let test = try TestConsole()
    let result = test.control.guestCommand("SET OBSERVER * OPERATOR", from: "SPIN001")
    #expect(result.returnCode != 0)
    #expect(test.machine.watcher(of: "SPIN001") == nil)
  }

  @Test func aPlanShowsTheWatcher() throws {
    let test = try TestConsole()
    let plan = test.answer("PLAN SET SECUSER SPIN001 *")
    #expect(plan.contains("SECUSER") && plan.contains("OPERATOR"))
    #expect(test.machine.watcher(of: "SPIN001") == nil)
  }

  /// Oracle: Docs/Operations.md, "Consoles of guests"; the same guest with nobody who watches.
  @Test("all can be watched at once, and no guest's history knows of it") func everybody() throws {
    let digests = try [false, true].map { isWatched in
      let machine = try SmallMachine()
      _ = machine.answer("XAUTOLOG SPIN1#XAUTOLOG TALK")
      if isWatched {
        #expect(machine.answer("SET OBSERVER * ON") == "Command complete")
        #expect(machine.manager.watcher(of: "TALK") == ConsoleWatcher("OPERATOR", .observer))
        #expect(machine.answer("SET OBSERVER TALK OFF") == "USER TALK    :  OBSERVER = NONE")
        #expect(
          machine.answer("SET OBSERVER TALK ON") == "USER TALK    :  OBSERVER = OPERATOR")
        #expect(machine.answer("SET OBSERVER * OFF") == "Command complete")
        #expect(machine.manager.watcher(of: "SPIN1") == nil)
      }
      _ = machine.answer("SLEEP 0.1")
      return machine.answer("QUERY DIGEST TALK")
    }
    #expect(digests[0] == digests[1])
  }
}
