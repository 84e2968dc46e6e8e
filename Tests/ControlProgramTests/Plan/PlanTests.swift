import Partitioning
import Testing

@testable import ControlProgram

/// A machine whose SPINs have weights 10, 20 and 30 of four shared processors.
private let plannedMachine: SystemDefinition = {
  var definition = SmallMachine.standard
  definition.partitions = [
    SmallMachine.guest("SPIN1", "SPIN", reserved: 2, weight: 10),
    SmallMachine.guest("SPIN2", "SPIN", weight: 20),
    SmallMachine.guest("SPIN3", "SPIN", storage: 64 << 20, weight: 30),
    SmallMachine.guest("SPIN4", "SPIN", weight: 30),
  ]
  return definition
}()

/// Everything that PLAN may not touch.
private struct Everything: Equatable {
  let digest: String
  let machine: MachineView
  let partitions: [PartitionView]
  let journal: [JournalEntry]
  let events: [String]

  init(_ small: SmallMachine) {
    small.control.collectEvents()
    digest = small.answer("QUERY DIGEST ALL STORAGE")
    machine = small.manager.machineView
    partitions = small.control.partitionNames.compactMap { small.manager.partitionView($0) }
    journal = small.manager.journal
    events = small.control.recentMessages
  }
}

struct PlanTests {
  private func started() throws -> SmallMachine {
    let small = try SmallMachine(definition: plannedMachine)
    _ = small.answer("XAUTOLOG SPIN1#XAUTOLOG SPIN2#XAUTOLOG SPIN3#SLEEP 0.1")
    _ = small.shown()
    return small
  }

  // Oracle: entitlement = weight / sum of weights x shared processors (PR/SM Planning Guide,
  // "Weights: use of processing weights"): 10/60 x 4 = 0.6667, 40/90 x 4 = 1.7778, and so on.
  @Test func aWeightMovesEverybodysEntitlement() throws {
    let small = try started()
    #expect(
      small.answer("PLAN SET WEIGHT SPIN1 40") == """
        WHAT     ITEM         BEFORE   AFTER   CHANGE
        SPIN1    WEIGHT CP        10      40      +30
                 ENTITLED CP  0.6667  1.7778  +1.1111
                 PER CPU CP   0.6667  1.7778  +1.1111
        SPIN2    ENTITLED CP  1.3333  0.8889  -0.4444
                 PER CPU CP   1.3333  0.8889  -0.4444
        SPIN3    ENTITLED CP  2.0000  1.3333  -0.6667
                 PER CPU CP   2.0000  1.3333  -0.6667
        POOL CP  WEIGHTS          60      90      +30
        """)
  }

  @Test(arguments: [
    "SET WEIGHT SPIN1 40", "SET WEIGHT SPIN1 0", "DEACTIVATE SPIN2 FORCE", "ACTIVATE SPIN4",
    "RESET CLEAR SPIN1 FORCE", "STOP SPIN*", "FOR SPIN1 CMD CONFIG CPU(1),ONLINE",
    "FOR SPIN3 CMD CONFIG STOR(32M),ONLINE", "VARY OFFLINE PROCESSOR 03", "SHUTDOWN", "FORCE SPIN1",
    "SET POLARITY SPIN1 VERTICAL", "SET RUNTIME 5", "SET SHARE SPIN1 ABSOLUTE 50%",
    "SAVE PROFILE SPIN1", "SET WEIGHT SPIN1 40 BOTH", "PLAN SET WEIGHT SPIN1 5", "SLEEP 1",
    "WAIT SPIN1 STATE LOGOFF", "CONNECT SPIN1", "NOTHING", "QUERY DIGEST",
    "LOAD SPIN1 TALKER FORCE",
    "MSG SPIN1 hello", "FOR SPIN1 CMD STORE 1000 FF", "SET OBSERVER SPIN1 *",
  ])
  func nothingIsChanged(command: String) throws {
    let small = try started()
    let before = Everything(small)
    _ = small.answer("PLAN \(command)")
    #expect(Everything(small) == before)
    _ = small.answer("SLEEP 0.1")
    let undisturbed = try started()
    _ = undisturbed.answer("SLEEP 0.1")
    #expect(Everything(small) == Everything(undisturbed))
  }

  // Oracle: the same command given in earnest.
  @Test(arguments: [
    "SET WEIGHT SPIN1 1000", "DEACTIVATE SPIN1", "ACTIVATE SPIN1", "RESET NORMAL SPIN4",
    "SET GROUP SPIN1 NOGROUP", "FOR SPIN1 CMD CONFIG CPU(7),ONLINE", "VARY OFF PROC 44",
    "SET SHARE FRED RELATIVE 10", "FROB", "SET CAP SPIN1 ABS 300",
    "FOR SPIN3 CMD CONFIG STOR(1G),ONLINE", "SET DEFCAP SPIN1 10", "SET PROFILE SPIN1 NONE",
  ])
  func refusesWhatWouldBeRefused(command: String) throws {
    let small = try started()
    let planned = small.console.execute("PLAN \(command)")
    let earnest = small.console.execute(command)
    #expect(earnest.returnCode != 0)
    #expect(planned.returnCode == earnest.returnCode)
    #expect(
      planned.lines == ["WOULD BE REFUSED: \(command)"] + earnest.lines.map { "  " + $0 }
        + ["Nothing would change"])
  }

  @Test func partitionsThatChangeAlikeAreOneRow() throws {
    let small = try started()
    #expect(
      small.answer("PLAN STOP SPIN*") == """
        WHAT             ITEM      BEFORE    AFTER  CHANGE
        SPIN1-SPIN3 (3)  STATE  OPERATING  STOPPED
        """)
  }

  @Test func timeIsNotPlanned() throws {
    let small = try started()
    let result = small.console.execute("PLAN SLEEP 1")
    #expect(result.lines == ["NOT PLANNED: SLEEP 1", "Nothing would change"])
    #expect(result.returnCode == 0)
  }

  @Test func aScriptIsJudgedCommandByCommand() throws {
    let small = try started()
    let rehearsal = Rehearsal(of: small.manager)
    Script(
      name: "change.cp",
      text: """
        * raises one and takes another down
        SET WEIGHT SPIN1 40#SLEEP 2
        DEACTIVATE SPIN2
        &ERROR &CONTINUE
        CONNECT SPIN1
        a line for the guest
        #CP STOP
        #CP DISCONN
        DEACTIVATE SPIN2 FORCE
        SET WEIGHT SPIN2 1001
        &EXIT 0
        SET WEIGHT SPIN3 0
        """
    ).plan(in: rehearsal, as: small.console.issuer)
    #expect(rehearsal.refusals.map(\.line) == [3, 10])
    #expect(rehearsal.omitted.map(\.command) == ["SLEEP 2", "CONNECT SPIN1", "DISCONN"])
    #expect(
      rehearsal.report.suffix(16).joined(separator: "\n") == """
        WHAT     ITEM                BEFORE          AFTER   CHANGE
        SPIN1    STATE            OPERATING        STOPPED
                 WEIGHT CP               10             40      +30
                 ENTITLED CP         0.6667         2.2857  +1.6190
                 PER CPU CP          0.6667         2.2857  +1.6190
        SPIN2    STATE            OPERATING  NOT-ACTIVATED
                 CPUS CP                  1              -
                 WEIGHT CP               20              -
                 ENTITLED CP         1.3333              -
                 PER CPU CP          1.3333              -
                 STORAGE                16M              -
        SPIN3    ENTITLED CP         2.0000         1.7143  -0.2857
                 PER CPU CP          2.0000         1.7143  -0.2857
        POOL CP  WEIGHTS                 60             70      +10
        MACHINE  FREE STORAGE          976M           992M
                 STORAGE AT 992M  SPIN2 16M       FREE 16M
        """)
    #expect(small.manager.journal.count == 3)
  }

  // Oracle: the same script run with guests, in MachineTests.
  @Test func afterAWaitGuestsHaveDoneWhatWasAsked() throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG TOUCHER#SLEEP 0.1")
    let rehearsal = Rehearsal(of: small.manager)
    Script(
      name: "storage.cp",
      text: """
        FOR TOUCHER CMD CONFIG STOR(32M),ONLINE
        FOR TOUCHER CMD CONFIG CPU(1),ONLINE
        WAIT TOUCHER PENDING
        FOR TOUCHER CMD CONFIG STOR(32M),OFFLINE
        WAIT TOUCHER PENDING
        SIGNAL SHUTDOWN TOUCHER
        WAIT TOUCHER STATE LOGOFF
        XAUTOLOG TOUCHER
        SLEEP 0.1
        FOR TOUCHER CMD CONFIG STOR(16M),ONLINE
        """
    ).plan(in: rehearsal, as: small.console.issuer)
    #expect(rehearsal.refusals == [])
    #expect(
      rehearsal.report.filter { $0.contains("PENDING") && !$0.contains("PLANNED") } == [
        "TOUCHER  PENDING                     -  STORAGE 16M ONLINE"
      ])
    #expect(small.answer("QUERY PENDING") == "No pending changes")
  }

  // Oracle: PR/SM Planning Guide, "Security parameter descriptions".
  @Test func withoutGlobalDataOnlyTheOwnIsShown() throws {
    var definition = plannedMachine
    definition.partitions[0].classes = "EG"
    let small = try SmallMachine(user: "SPIN1", definition: definition)
    let operatorConsole = small.control.logOn()
    _ = operatorConsole.execute("XAUTOLOG SPIN1#XAUTOLOG SPIN2")
    _ = operatorConsole.execute("SET SECURITY SPIN1 GLOBALPERF OFF#STOP SPIN1")
    #expect(small.answer("PLAN STOP") == "Nothing would change")
  }
}
