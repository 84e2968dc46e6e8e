import Partitioning
import Testing

@testable import ControlProgram

/// DEFINE PARTITION and DELETE PARTITION as an operator types them.
struct ProvisioningCommandTests {
  /// The small machine with a PROFILE of its directory.
  private func machine(user: String = "OPERATOR") throws -> SmallMachine {
    var definition = SmallMachine.standard
    definition.templates = [SmallMachine.guest("WEBT", "PULSE", weight: 20)]
    definition.machine.users.append(UserDefinition(name: "MAINT", classes: "G"))
    return try SmallMachine(user: user, definition: definition)
  }

  // Oracle: the forms in Docs/Commands.md, and the texts of the message catalogue.
  @Test(arguments: [
    ("DEFINE PARTITION WEB001 LIKE WEBT", "PARTITION WEB001 defined"),
    ("DEF PART WEB001 THRU WEB200 LIKE SPIN1", "PARTITIONS WEB001 THRU WEB200 defined"),
    ("DEFINE PARTITION PLAIN", "PARTITION PLAIN defined"),
    ("DELETE PARTITION SPIN1", "PARTITION SPIN1 deleted"),
    ("DEL PART SPIN1 THRU SPIN2", "PARTITIONS SPIN1 THRU SPIN2 deleted"),
    ("DELETE PARTITION SPIN*", "PARTITION SPIN1 deleted\nPARTITION SPIN2 deleted"),
    ("DELETE PARTITION X*", "HCPDEL8840E No partition matches X*"),
    ("DEFINE PARTITION SPIN1", "HCPDFN8972E SPIN1 is defined already"),
    (
      "DEFINE PARTITION X LIKE NOBODY",
      "HCPDFN8975E NOBODY is neither a partition nor a PROFILE of the directory; PROFILEs are WEBT"
    ),
    ("DEFINE PARTITION SYSTEM", "HCPDFN8970E SYSTEM cannot be a partition's name"),
    ("DEFINE PARTITION W1 THRU X2", "HCPDFN8971E W1 THRU X2 is no numbered range"),
    ("DEFINE PARTITION", "HCPDFN020E Userid missing or invalid"),
    ("DEFINE PARTITION X LIKE", "HCPDFN020E Userid missing or invalid"),
    (
      "DEFINE PARTITION X Y",
      "HCPDFN003E Invalid option - command contains extra option(s) starting with Y"
    ),
    ("DELETE PARTITION NOBODY", "HCPDEL053E NOBODY not in CP directory"),
    ("DELETE SPIN1", "HCPDEL003E Invalid option - SPIN1"),
  ])
  func answers(command: String, answer: String) throws {
    #expect(try machine().answer(command) == answer)
  }

  @Test func whatIsActiveIsNotDeletedAndARangeStaysWhole() throws {
    let small = try machine()
    _ = small.answer("ACTIVATE SPIN2")
    #expect(
      small.answer("DELETE PARTITION SPIN1 THRU SPIN2")
        == "HCPDEL8978E SPIN2 is operating; DEACTIVATE or FORCE it first")
    #expect(small.manager.isActive("SPIN1") == false)
  }

  @Test func whatIsDefinedIsFoundEverywhere() throws {
    let small = try machine()
    _ = small.answer("DEFINE PARTITION WEB1 THRU WEB3 LIKE WEBT#ACTIVATE WEB*#SLEEP 0.05")
    #expect(small.control.partitionNames.suffix(3) == ["WEB1", "WEB2", "WEB3"])
    #expect(small.answer("QUERY WEB3").hasPrefix("WEB3     - DSC"))
    #expect(small.answer("QUERY NAMES").contains("WEB2     - DSC"))
    #expect(small.answer("QUERY LPAR WEB1").contains("WEB1"))
    #expect(small.answer("QUERY SHARE WEB1").contains("RELATIVE SHARE = 20"))
    #expect(small.answer("INDICATE USER WEB1").contains("WEB1"))
    let completion = Completion(control: small.control, classes: .all)
    let models = completion.candidates(for: "DEFINE PARTITION X LIKE WE")
    #expect(models == ["WEB1", "WEB2", "WEB3", "WEBT"])
    #expect(
      small.answer("DEACTIVATE WEB* FORCE#DELETE PARTITION WEB1 THRU WEB3#QUERY LPAR WEB1")
        .hasSuffix("WEB1 not in CP directory"))
  }

  @Test func aNameThatIsUsedAgainShowsNothingOfTheFormer() throws {
    let small = try machine()
    let other = small.control.logOn("MAINT")
    _ = small.answer("DEFINE PARTITION TALK2 LIKE TALK#ACTIVATE TALK2#SLEEP 0.2")
    small.control.collectEvents()
    #expect(small.control.hasWritten("TALKER", in: "TALK2"))
    other.connect(to: "TALK2")
    _ = small.answer("DEACTIVATE TALK2 FORCE#DELETE PARTITION TALK2#DEFINE PARTITION TALK2")
    small.control.collectEvents()
    #expect(!small.control.hasWritten("TALKER", in: "TALK2"))
    #expect(other.connection == nil)
  }

  @Test func aGuestOfADefinedPartitionGivesCommandsAsItself() throws {
    let small = try machine()
    _ = small.answer("DEFINE PARTITION TALK2 LIKE TALK#ACTIVATE TALK2#SET OBSERVER TALK2 *")
    _ = small.answer("WAIT TALK2 TEXT 'TALKER>'#DELETE PARTITION FAULTY")
    _ = small.answer("SEND TALK2 CP QUERY USERID#SLEEP 0.1")
    #expect(small.shown().contains("TALK2   : TALK2    AT SMALL"))
  }

  @Test func planShowsWhatComesAndWhatGoes() throws {
    let small = try machine()
    let before = small.manager.machineState
    let come = small.answer("PLAN DEFINE PARTITION WEB1 THRU WEB3 LIKE WEBT")
    #expect(come.contains("WEB1-WEB3 (3)  STATE"))
    let active = small.answer("PLAN DEFINE PARTITION WEB1 LIKE WEBT#PLAN DELETE PARTITION FAULTY")
    #expect(active.contains("FAULTY  STATE"))
    #expect(small.manager.machineState == before)
  }

  @Test func othersThanClassBAreNotGivenIt() throws {
    #expect(
      try machine(user: "MAINT").answer("DEFINE PARTITION X")
        == "HCPDFN003E Invalid option - PARTITION")
    #expect(
      try machine(user: "MAINT").answer("DELETE PARTITION X")
        == "HCPCMD001E Unknown CP command: DELETE")
  }

  @Test func aProfileIsListedAndTheJournalHasTheCommand() throws {
    let small = try machine()
    #expect(small.answer("QUERY PROFILES").hasSuffix("TEMPLATE     WEBT     PULSE"))
    _ = small.answer("DEFINE PARTITION WEB1 THRU WEB2 LIKE WEBT#DELETE PARTITION WEB1")
    #expect(
      small.manager.journal.map(\.action.commandText) == [
        "DEFINE PARTITION WEB1 THRU WEB2 LIKE WEBT", "DELETE PARTITION WEB1",
      ])
  }
}
