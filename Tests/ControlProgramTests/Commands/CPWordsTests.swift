import Partitioning
import Testing

@testable import ControlProgram

// Words of CP as programs give and read them, and lists as a whole. Oracle: the CP reference: QUERY tries a device, then a user; 003E is no such user and 045E one who is
// off, which programs tell apart; FORCE and SIGNAL SHUTDOWN with z/VM's operands; FORCED BY in the
// operator's line (z/VM CP Commands and Utilities Reference).

struct CPWordsTests {
  private func lines(_ console: ConsoleSession) -> [String] {
    console.takeOutput().compactMap(\.line)
  }

  @Test(arguments: [
    ("QUERY 0200", "DASD 0200 FREE"), ("Q 200", "DASD 0200 FREE"),
    ("Q LINUX1", "HCPCQU045E LINUX1 not logged on"),
    ("Q FACE", "HCPCQU003E Invalid option - FACE"),
    ("Q USER LINUX1", "HCPCQU045E LINUX1 not logged on"),
    ("Q OPERATOR", "OPERATOR -L0000"),
  ])
  func aWordOfQueryIsADeviceOrAUser(command: String, answer: String) throws {
    #expect(try TestConsole().answer(command) == answer)
  }

  /// Oracle: SHARE in `Docs/Definitions.md`, which reads what is shown here.
  @Test func aShareIsSaidAsInADefinition() throws {
    let small = try SmallMachine()
    let share = "ABSOLUTE 12.25% RELATIVE 50 LIMITHARD"
    _ = small.answer("SET SHARE SPIN1 \(share) PROFILE")
    #expect(small.answer("QUERY PROFILE SPIN1").contains("  SHARE \(share)"))
  }

  @Test func aDeviceIsOfThoseWhoHaveIt() throws {
    let test = try TestConsole {
      $0.partitions[3].devices = [DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200)]
    }
    #expect(test.answer("Q 0200") == "DASD 0200 ATTACHED TO TOUCHER  0100 R/W")
    _ = test.answer("VARY OFF CHPID 11#VARY OFF CHPID 10 FORCE")
    #expect(test.answer("Q 0200") == "DASD 0200 OFFLINE")
    // A number is a user's name when there is one, and class G has no real devices.
    #expect(test.answer("FOR TOUCHER CMD Q 0200") == "HCPCQU003E Invalid option - 0200")
  }

  @Test func everyWordOfZVMIsKnownAndNoneOfOursIsHidden() throws {
    let test = try TestConsole()
    for word in ["SRM", "ALLOC", "SET", "TERMINAL", "FILES", "SSI", "FRAMES", "CHPIDV"] {
      let result = test.console.execute("QUERY \(word) ALL")
      #expect(result.returnCode == 8902, "\(word)")
      #expect(result.errorLine?.contains("QUERY \(word) is not available here; ") == true)
    }
    let own = CommandTable.standard.commands.filter { $0.keyword.name == "QUERY" }
      .flatMap(\.formats).compactMap(\.lead.first).flatMap { $0.map(\.name) }
    for word in own { #expect(unavailableQuery(word) == nil, "\(word)") }
  }

  @Test func forceSaysByWhom() throws {
    let test = try TestConsole()
    #expect(test.answer("FORCE SPIN001 LOGOFF IMMEDIATE") == "")
    test.control.collectEvents()
    #expect(
      lines(test.console) == [
        "USER DSC   LOGOFF AS  SPIN001  USERS = 3    FORCED BY OPERATOR"
      ])
    // An end by itself is nobody's.
    _ = test.answer("FORCE TOUCHER#FORCE TOUCHER CANCEL")
    try test.note(.deactivated, "TOUCHER")
    test.control.collectEvents()
    #expect(lines(test.console) == ["USER DSC   LOGOFF AS  TOUCHER  USERS = 3"])
  }

  @Test func forceDisconnectLeavesTheGuestRunning() throws {
    let test = try TestConsole()
    let other = test.control.logOn("OPERATOR")
    _ = other.execute("CONNECT SPIN001")
    #expect(test.answer("FORCE SPIN001 DISC") == "")
    #expect(other.connection == nil)
    #expect(test.state(of: "SPIN001") == .operating)
    #expect(test.answer("FORCE LINUX1 DISCONNECT") == "HCPUSO045E LINUX1 not logged on")
  }

  @Test func aUserWhoIsNoPartitionIsForcedToo() throws {
    let test = try TestConsole { $0.machine.users = [UserDefinition(name: "MAINT", classes: "G")] }
    #expect(test.answer("FORCE MAINT") == "HCPUSO045E MAINT not logged on")
    #expect(test.answer("Q MAINT") == "HCPCQU045E MAINT not logged on")
    let other = test.control.logOn("MAINT")
    #expect(test.answer("FORCE MAINT") == "")
    #expect(other.isEnded)
    #expect(lines(other) == ["LOGOFF AT 00:00:00 UTC THURSDAY 01/01/26 BY OPERATOR"])
    #expect(lines(test.console).last?.hasSuffix("MAINT    USERS = 4    FORCED BY OPERATOR") == true)
  }

  @Test(arguments: [
    ("SIGNAL SHUTDOWN USER TOUCHER", 60), ("SIG SHUTDOWN TOUCHER WITHIN 5", 5),
    ("SIG SHUTDOWN USER TOUCHER BY 00:00:30", 30), ("FORCE TOUCHER BY 00:02", 120),
    ("FORCE TOUCHER LOGOFF WITHIN 7", 7), ("FORCE TOUCHER BY 00:00", 86_400),
  ])
  func shutdownHasItsTime(command: String, seconds: Int) throws {
    let test = try TestConsole()
    #expect(
      test.answer(command)
        == "HCPSIG2114I User TOUCHER termination may be delayed for up to \(seconds) seconds")
  }

  @Test func processorsOfATypeAreDefined() throws {
    let test = try TestConsole()
    #expect(
      test.answer("FOR TOUCHER CMD DEFINE CPU 1-2 TYPE CP") == "CPU 01 defined\nCPU 02 defined")
    #expect(
      test.answer("FOR TOUCHER CMD DETACH CPU 1 2")
        == "CPU 01 detached\nCPU 02 detached\nStorage cleared - system reset.")
    #expect(
      test.answer("FOR TOUCHER CMD DETACH CPU ALL")
        == "HCPCPU1456E The base CPU 00 cannot be detached.")
  }

  @Test func aListIsDoneAsAWholeAndJournalledOnce() throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG TOUCHER#XAUTOLOG SPIN1")
    let before = small.manager.partitionView("TOUCHER")
    #expect(
      small.answer("FOR TOUCHER CMD DEFINE CPU 1 9")
        == "HCPDFN8808E CPU 09 not defined; TOUCHER may have 2 CPUs, from 00")
    #expect(small.manager.partitionView("TOUCHER") == before)
    let entries = small.manager.journal.count
    _ = small.answer("SET WEIGHT SPIN1 500 MIN 400 MAX 600")
    _ = small.answer("VARY OFFLINE PROCESSOR 02-03")
    #expect(small.manager.journal.count == entries + 2)
    let journal = small.answer("QUERY JOURNAL LAST 3")
    #expect(journal.contains("FOR TOUCHER CMD DEFINE CPU 01 09"))
    #expect(journal.contains("SET WEIGHT SPIN1 TYPE CP 500 MINIMUM 400 MAXIMUM 600"))
    #expect(journal.contains("VARY OFFLINE PROCESSOR 02 03"))
  }

  // Oracle: CP has running values only of who is logged on; PR/SM's Save to profiles is for the others.
  @Test func whatIsNotActiveIsSetInItsProfile() throws {
    let small = try SmallMachine()
    #expect(
      small.answer("SET SHARE SPIN1 RELATIVE 77") == """
        HCPCSE045E SPIN1 not logged on
        HCPCSE8900I SPIN1 has no running values; PROFILE changes what its next activation takes
        """)
    #expect(
      small.answer("SET SHARE SPIN1 RELATIVE 77 PROFILE") == "USER SPIN1   :  PROFILE SPIN1 CHANGED"
    )
    _ = small.answer("XAUTOLOG SPIN1")
    #expect(small.answer("QUERY SHARE SPIN1").contains("RELATIVE SHARE = 77"))
    // What is not said stays as it is in each place.
    _ = small.answer("SET WEIGHT SPIN1 MAX 500 PROFILE")
    #expect(small.console.execute("SET WEIGHT SPIN1 MIN 7 BOTH").returnCode == 0)
    let own = try #require(small.manager.record(of: "SPIN1"))
    #expect(own.definition.processors[0].maximumWeight == nil)
    #expect(own.definition.processors[0].minimumWeight == 7)
    #expect(own.profiles[0].definition.processors[0].maximumWeight == 500)
    #expect(own.profiles[0].definition.processors[0].minimumWeight == 7)
    // A pattern is for those who are active.
    #expect(small.console.execute("SET SHARE SPIN* RELATIVE 50").returnCode == 0)
    #expect(small.console.execute("SET SHARE T* RELATIVE 5").returnCode == 45)
  }
}

/// COMMAND statements: an activation is as its definition says, or is not.
struct CommandStatementTests {
  private func machine(_ commands: [String: [String]]) throws -> SmallMachine {
    var definition = SmallMachine.standard
    for index in definition.partitions.indices {
      definition.partitions[index].commands = commands[definition.partitions[index].name] ?? []
      definition.partitions[index].classes = "ABCG"
      definition.partitions[index].security[.crossPartitionAuthority] = true
    }
    return try SmallMachine(definition: definition)
  }

  @Test func oneThatFailsUndoesAll() throws {
    let small = try machine(["SPIN1": ["DEFINE CPU 1", "DEFINE CPU 7"]])
    let before = small.control.partitionNames.map { small.manager.partitionView($0) }
    let result = small.console.execute("XAUTOLOG SPIN1")
    #expect(result.returnCode == 8904)
    #expect(small.control.partitionNames.map { small.manager.partitionView($0) } == before)
    #expect(small.manager.journal.map(\.refusal) != [nil] && small.manager.journal.count == 1)
    #expect(small.manager.inputCount == 0)
  }

  /// Oracle: the steps, asked for one by one.
  @Test func isOneActionOfItsAuthor() throws {
    let small = try machine(["SPIN1": ["DEFINE CPU 1"]])
    #expect(small.console.execute("XAUTOLOG SPIN1").returnCode == 0)
    #expect(small.manager.journal.map(\.action) == [.logOn("SPIN1", load: true)])
    #expect(small.manager.inputCount == 1)
    var position = ReaderPosition()
    let changes = small.manager.changes(since: &position).elements
    #expect(changes.map(\.author.name) == ["SPIN1", "OPERATOR"])
    #expect(changes.map(\.input) == [nil, 1])
    let steps = try machine(["SPIN1": ["DEFINE CPU 1"]])
    try steps.manager.perform(.activate("SPIN1", load: false))
    try steps.manager.perform(.defineProcessor("SPIN1", processor: 1), by: .partition("SPIN1"))
    try steps.manager.perform(.load("SPIN1", image: nil, parameters: nil, force: true))
    #expect(small.manager.storageDigest(of: nil) == steps.manager.storageDigest(of: nil))
  }

  /// What comes after the one that ends it is not given, and nobody is told that it runs.
  @Test(arguments: ["FORCE SPIN1 IMM", "DEACTIVATE SPIN1"])
  func oneThatEndsItsPartitionIsSaid(command: String) throws {
    let small = try machine(["SPIN1": [command, "FROB"]])
    let result = small.console.execute("XAUTOLOG SPIN1")
    #expect(result.returnCode == 0)
    #expect(
      result.lines
        == ["HCPXAU8927I SPIN1 was activated, and a COMMAND of its definition ended it"])
    #expect(small.manager.partitionView("SPIN1")?.isActive == false)
    let other = small.console.execute("ACTIVATE SPIN1 NOLOAD")
    #expect(other.lines == ["SPIN1    ACTIVATE COMPLETED, NOT-ACTIVATED"])
  }

  /// What the machine starts by itself is not tried before: what was done of it is in the history.
  @Test func isToBePerformedAgainWhenItFailedMidway() throws {
    let small = try machine(["SPIN1": ["DEFINE CPU 1", "DEFINE CPU 7"]])
    for _ in 1...2 {
      #expect(throws: ManagementError.self) {
        try small.manager.perform(.logOn("SPIN1", load: true), by: .firmware)
      }
    }
    #expect(small.manager.partitionView("SPIN1")?.isActive == false)
    #expect(small.manager.inputCount == 2)
    #expect(small.manager.journal.allSatisfy { $0.refusal != nil })
  }

  /// An activation is one action at one instant: what a checkpoint would be of, or could not be performed
  /// again, is refused before anything is done, on the copy as on the machine.
  @Test(arguments: [
    "CHECKPOINT SAVE C", "CHECKPOINT DELETE A", "SHUTDOWN", "SHUTDOWN WITHIN 10", "SLEEP 1 SEC",
    "FOR SPIN1 CMD SHUTDOWN", "SILENTLY SLEEP 1 SEC", "REWIND TO 0.1", "MONITOR STOP", "DISCONN",
  ])
  func doNotActOnTimeOrTheMachinesPast(command: String) throws {
    let small = try machine(["SPIN1": [command]])
    _ = try small.manager.perform(.activate("SPIN1", load: true))
    let digest = small.manager.storageDigest(of: nil)
    let result = small.console.execute("ACTIVATE SPIN1 FORCE")
    #expect(result.returnCode == 8904 && result.lines.first?.contains("8842E") == true)
    #expect(small.manager.partitionView("SPIN1")?.state == .operating)
    #expect(small.manager.storageDigest(of: nil) == digest)
  }

  /// Without a control program nobody gives them.
  @Test func failWithoutWhoGivesThem() throws {
    let small = try machine(["SPIN1": ["DEFINE CPU 1"]])
    small.manager.interpreter = nil
    #expect(throws: ManagementError.self) {
      try small.manager.perform(.logOn("SPIN1", load: true))
    }
    #expect(small.manager.partitionView("SPIN1")?.isActive == false)
  }

  @Test func isTriedWithTheRestOfABatch() throws {
    let small = try machine(["SPIN1": ["DEFINE CPU 1"], "SPIN2": ["DEFINE CPU 7"]])
    let up = ["SPIN1", "SPIN2"].map { ManagementAction.logOn($0, load: true) }
    let failed = ManagementError.commandFailed(
      "SPIN2", command: "DEFINE CPU 7",
      answer: "HCPDFN8808E CPU 07 not defined; SPIN2 may have 1 CPUs, from 00")
    #expect(throws: ManagementError.inBatch(position: 1, failed)) {
      try small.manager.perform(.batch(up))
    }
    #expect(small.manager.partitionView("SPIN1")?.isActive == false)
    try small.manager.perform(.batch(Array(up.prefix(1))))
    #expect(small.manager.partitionView("SPIN1")?.state == .operating)
  }

  @Test func oneThatFailsDoesNotCostTheGuestThatRuns() throws {
    let small = try machine(["SPIN1": ["DEFINE CPU 7"]])
    _ = try small.manager.perform(.activate("SPIN1", load: true))
    #expect(small.console.execute("ACTIVATE SPIN1 FORCE").returnCode == 8904)
    #expect(small.manager.partitionView("SPIN1")?.state == .operating)
  }

  @Test func partitionsThatActivateEachOtherEnd() throws {
    let small = try machine([
      "SPIN1": ["ACTIVATE SPIN2 FORCE"], "SPIN2": ["ACTIVATE SPIN1 FORCE"],
    ])
    #expect(small.console.execute("XAUTOLOG SPIN1").returnCode == 8904)
    #expect(small.console.execute("QUERY NAMES").returnCode == 0)
    #expect(small.manager.partitionView("SPIN1")?.isActive == false)
    #expect(small.control.startAutomatically().returnCode == 0)
  }
}
