import Testing

@testable import Definitions
@testable import Partitioning

/// Oracle: IOCP User's Guide, CHPID (CHPARM, IOCLUSTER) and CNTLUNIT (PATH with **), as prsm.md 3.1 has them.
@Suite("Managed paths in a deck")
struct DeckManagedPathTests {
  private static let resource = "       RESOURCE PARTITION=((CSS(0),LP1,LP2))\n"
  private static let named = "       CHPID  PATH=(CSS(0),40),SHARED,TYPE=FC,SWITCH=01\n"

  private func read(_ text: String) -> (deck: ParsedDeck, messages: [String]) {
    let log = FindingLog()
    let file = DefinitionFile(name: "a.iocp", text: Self.resource + Self.named + text)
    let deck = DeckReader.read([file], log: log)
    return (deck, log.findings.map(\.description))
  }

  private func path(_ operands: String) -> String {
    "       CHPID  PATH=(CSS(0),41),\n               \(operands)\n"
  }

  private func unit(_ paths: String) -> String {
    "       CNTLUNIT CUNUMBR=6100,UNIT=2107,\n               PATH=((CSS(0),\(paths)))\n"
  }

  private let managed = "SHARED,TYPE=FC,SWITCH=01,CHPARM=01,IOCLUSTER=PLEX1"

  @Test func thePoolAndWhoMayHaveSomeOfIt() throws {
    let (deck, messages) = read(path(managed) + unit("40,**,**"))
    #expect(messages == [])
    #expect(deck.configuration.managedPaths.map(\.number) == [0x41])
    #expect(deck.configuration.managedPaths.map(\.cluster) == ["PLEX1"])
    #expect(deck.configuration.controlUnits[0].paths == [PathReference(number: 0x40)])
    #expect(
      deck.configuration.controlUnits[0].managedCounts == [
        ManagedPathCount(subsystem: 0, count: 2)
      ])
  }

  @Test(
    "what is wrong with one is said",
    arguments: [
      ("SHARED,TYPE=CTC,SWITCH=01,CHPARM=01,IOCLUSTER=P", "its type is CTC"),
      ("PART=LP1,TYPE=FC,SWITCH=01,CHPARM=01,IOCLUSTER=P", "it is not shared"),
      ("SHARED,TYPE=CNC,CHPARM=01,IOCLUSTER=P", "it names no SWITCH"),
      ("SHARED,TYPE=FC,SWITCH=01,CHPARM=01", "it names no IOCLUSTER"),
    ])
  func notManageable(operands: String, reason: String) {
    let (deck, messages) = read(path(operands))
    #expect(messages.count == 1)
    #expect(
      messages.first?.contains("HCPDEF098E CHPID 41 in CSS 0 cannot be managed: \(reason)")
        ?? false,
      "\(messages)")
    #expect(deck.configuration.managedPaths.isEmpty)
  }

  @Test(
    "other paths' CHPARM says other things, and IOCLUSTER without it nothing",
    arguments: [
      "SHARED,TYPE=OSD,CHPARM=01", "SHARED,TYPE=FC,CHPARM=02", "SHARED,TYPE=FC,IOCLUSTER=P",
    ])
  func notManaged(operands: String) {
    let (deck, messages) = read(path(operands))
    #expect(!messages.contains { $0.contains("098E") })
    #expect(deck.configuration.managedPaths.isEmpty)
  }

  @Test("a control unit names none that is managed, one of its own, and no more than eight")
  func units() {
    #expect(
      read(path(managed) + unit("40,41")).messages.first?
        .contains("HCPDEF099E CHPID 41 in CSS 0 is managed") ?? false)
    for (paths, counts) in [
      ("**", "1 managed paths beside 0"),
      ("40,**,**,**,**,**,**,**,**", "8 managed paths beside 1"),
    ] {
      let messages = read(path(managed) + unit(paths)).messages
      #expect(messages.first?.contains("ICP144I \(counts)") ?? false, "\(messages)")
    }
    #expect(
      read(path(managed) + unit("40,**,**,**,**,**,**,**")).messages == [])
  }
}
