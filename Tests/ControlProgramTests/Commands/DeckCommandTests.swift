import Definitions
import Foundation
import Quantities
import Testing

@testable import ControlProgram
@testable import Partitioning

/// ACTIVATE IODF as an operator gives it, with decks in a folder.
///
/// Oracle: z/OS MVS System Commands, ACTIVATE (operands and what they do), with this machine's messages.
@Suite("ACTIVATE IODF and QUERY IODF")
struct DeckCommandTests {
  private static let deck = """
           RESOURCE PARTITION=((CSS(0),(LP1,1),(LP2,2)))
           CHPID PATH=(CSS(0),10),SHARED,PCHID=110,TYPE=FC
           CHPID PATH=(CSS(0),11),SHARED,PCHID=111,TYPE=FC
           CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10,11)),                    *
                   UNITADD=((00,16)),UNIT=2107
           IODEVICE ADDRESS=(0200,4),CUNUMBR=(0200),UNIT=3390

    """
  /// Path 12 in place of 11, a second control unit with two disks, and a disk less.
  private static let next =
    deck.replacing("11),SHARED,PCHID=111", with: "12),SHARED,PCHID=112")
    .replacing("10,11", with: "10,12").replacing("(0200,4)", with: "(0200,3)") + """
             CNTLUNIT CUNUMBR=0300,PATH=((CSS(0),12)),                       *
                     UNITADD=((00,16)),UNIT=2107
             IODEVICE ADDRESS=(0300,2),CUNUMBR=(0300),UNIT=3390

      """

  private static func files() -> [String: String] {
    func partition(_ name: String, _ device: String) -> String {
      """
      PARTITION \(name)
        PROCESSOR CP SHARED INITIAL 1 WEIGHT 10
        STORAGE INITIAL 16M
        DEDICATE 0100 \(device)

      """
    }
    return [
      "machine.config": "MACHINE T\nPROCESSOR CP 2 MHZ 5\nSTORAGE 1G INCREMENT 16M\n",
      "t.direct": partition("LP1", "0200") + partition("LP2", "0201"),
      "t.iocp": deck, "t.media": "DEVICE 0200-0203 SCRATCH 1M\n",
      "next.iodf": next,
      "NEXT.iomedia": "DEVICE 0200-0202 SCRATCH 1M\nDEVICE 0300-0301 SCRATCH 2M\n",
      "same.iodf": deck,
      "bad.iodf": deck.replacing("CUNUMBR=(0200)", with: "CUNUMBR=(0999)"),
      "lists.iodf": deck.replacing("SHARED,PCHID=111", with: "PART=(LP2),PCHID=111"),
    ]
  }

  private func machine(_ body: (SmallMachine) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "endicott-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    for (name, text) in Self.files() {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    let (definition, findings) = SystemDefinition.read(folder: folder)
    let machine = try SmallMachine(
      definition: try #require(definition, "\(findings.map(\.description))"))
    for name in ["LP1", "LP2"] { _ = machine.answer("ACTIVATE \(name) NOLOAD") }
    try body(machine)
  }

  private static let chpid11 =
    "CHPID 0.11 is deleted and is on line to LP1 LP2; CONFIG CHP(11),OFFLINE or FORCE"

  @Test func whatIsAskedAndAnswered() throws {
    let exchanges = [
      Exchange("QUERY IODF", "IODF FOLDER  CHPIDS 2  CNTLUNITS 1  IODEVICES 4"),
      Exchange("ACTIVATE RECOVER=SOURCE", "HCPACT8931E No IODF was activated"),
      Exchange("ACTIVATE IODF=", "HCPACT002E Invalid operand - IODF="),
      Exchange("ACTIVATE IODF=../NEXT", "HCPACT002E Invalid operand - IODF=../NEXT"),
      Exchange("ACTIVATE RECOVER=BOTH", "HCPACT002E Invalid operand - RECOVER=BOTH"),
      Exchange("ACTIVATE IODF=NEXT,QUICK", "HCPACT003E Invalid option - QUICK"),
      Exchange(
        "ACTIVATE IODF=NEXT,RECOVER=SOURCE",
        "HCPACT013E Conflicting option - RECOVER=SOURCE"),
      Exchange("ACTIVATE IODF=NEXT,TEST,FORCE", "HCPACT013E Conflicting option - FORCE"),
      Exchange(
        "ACTIVATE IODF=NONE",
        """
        none.iodf: HCPDEF057E none.iodf does not exist; name a file in the machine's folder
        HCPACT8932E IODF NONE has 1 error(s); nothing is changed
        """),
      Exchange(
        "ACTIVATE IODF=NEXT",
        "HCPACT8930E IODF NEXT is not activated: \(Self.chpid11)"),
      Exchange("FOR LP1 CMD ACTIVATE IODF=NEXT", "HCPCMD001E Unknown CP command: ACTIVATE"),
      Exchange(
        "ACTIVATE IODF=NEXT,FORCE",
        """
        ADDED   CHPID 0.12
        CHANGED CNTLUNIT 0200
        ADDED   CNTLUNIT 0300
        ADDED   IODEVICE 0300-IODEVICE 0301 (2)
        DELETED CHPID 0.11
        DELETED IODEVICE 0203
        IODF NEXT is activated
        """),
      Exchange(
        "QUERY IODF",
        """
        IODF NEXT  CHPIDS 2  CNTLUNITS 2  IODEVICES 5
        RECOVER SOURCE FOLDER  TARGET NEXT
        """),
      Exchange("FOR LP1 CMD CONFIG CHP(12),ONLINE", "CHP 12 ONLINE"),
      Exchange("ATTACH 0300 LP1 0101", "DASD 0300 ATTACHED TO LP1 0101"),
      Exchange(
        "ACTIVATE RECOVER=SOURCE,FORCE",
        "HCPACT8930E IODF FOLDER is not activated: device 0300 is deleted and LP1 has it as 0101; "
          + "DETACH it"),
      Exchange("DETACH 0300 FROM LP1", "DASD 0300 DETACHED LP1 0101"),
      Exchange("ACTIVATE IODF=NEXT", "IODF NEXT is activated"),
    ]
    try machine { machine in
      for exchange in exchanges {
        #expect(machine.answer(exchange.command) == exchange.answer, "\(exchange.command)")
      }
    }
  }

  @Test("a wrong deck is told with the line, and nothing is changed")
  func wrongDeck() throws {
    try machine { machine in
      let before = machine.manager.machineState
      let answer = machine.answer("ACTIVATE IODF=BAD")
      #expect(answer.contains("bad.iodf:6:"))
      #expect(answer.hasSuffix("HCPACT8932E IODF BAD has 3 error(s); nothing is changed"))
      #expect(machine.manager.machineState == before)
    }
  }

  @Test("every reason stands in a line of its own when there are several")
  func reasons() throws {
    try machine { machine in
      #expect(machine.answer("ATTACH 0203 LP2 0103") == "DASD 0203 ATTACHED TO LP2 0103")
      let answer = machine.answer("ACTIVATE IODF=NEXT,TEST")
      #expect(
        answer == """
          \(Self.chpid11)
          device 0203 is deleted and LP2 has it as 0103; DETACH it
          HCPACT8930E IODF NEXT is not activated: \(Self.chpid11) (and 1 more)
          """)
    }
  }

  /// Oracle: the table of PLAN against the same table from the machine before and after.
  @Test("PLAN and TEST show what comes, and change nothing", arguments: ["NEXT,FORCE", "SAME"])
  func plan(deck: String) throws {
    try machine { machine in
      let system = machine.manager
      _ = machine.answer("FOR LP1 CMD CONFIG CHP(11),OFFLINE")
      _ = machine.answer("FOR LP2 CMD CONFIG CHP(11),OFFLINE")
      let state = system.machineState
      let test = machine.answer("ACTIVATE IODF=\(deck.prefix(4)),TEST")
      let planned = machine.answer("PLAN ACTIVATE IODF=\(deck)")
      #expect(system.machineState == state)
      let before = system.items(of: system.partitionNames)
      _ = machine.answer("ACTIVATE IODF=\(deck)")
      let come = PlanDifference(before: before, after: system.items(of: system.partitionNames))
      #expect(planned == come.lines.joined(separator: "\n"))
      #expect(planned.contains("IODF"))
      #expect(planned.contains("CHPID 0.12") == (deck != "SAME"))
      #expect(test.contains("CHPID 0.12") == (deck != "SAME"))
      #expect(test.hasSuffix("IODF \(deck.prefix(4)) can be activated"))
    }
  }

  @Test("RECOVER goes both ways")
  func recover() throws {
    try machine { machine in
      _ = machine.answer("ACTIVATE IODF=NEXT,FORCE")
      #expect(machine.answer("ACTIVATE RECOVER=SOURCE").hasSuffix("IODF FOLDER is activated"))
      #expect(machine.answer("QUERY IODF").hasPrefix("IODF FOLDER"))
      #expect(
        machine.answer("ACTIVATE RECOVER=TARGET,TEST").hasSuffix("IODF NEXT can be activated"))
      #expect(
        machine.answer("ACTIVATE RECOVER=TARGET,FORCE").hasSuffix("IODF NEXT is activated"))
      #expect(machine.answer("QUERY IODF").hasPrefix("IODF NEXT"))
    }
  }
}
