import Testing

@testable import Definitions
@testable import Partitioning

/// Decks as people have them: who shares a path, and what is read although nothing here comes of it.
///
/// Oracle: IOCP User's Guide, CHPID statement and ICP315I: a path is shared by SHARED, by NOTPART, when
/// spanned, or with more than one partition in its access list.
struct DeckSharingTests {
  private static let directory =
    "PROFILE P\n  STORAGE INITIAL 16M\n"
    + ["LP1", "LP2", "LP3"].map { "PARTITION \($0)\n  INCLUDE P\n" }.joined()

  private func read(_ deck: String) throws -> (definition: SystemDefinition?, messages: [String]) {
    let folder = try DefinitionFolder([
      "machine.config": WrongFolder.machine, "a.direct": Self.directory, "a.iocp": deck,
    ])
    let (definition, findings) = folder.read()
    return (definition, findings.map(\.description))
  }

  @Test(arguments: [
    ("PART=LP1", PathSharing.dedicated, ["LP1"], ["LP1"]),
    ("PART=(LP1)", .dedicated, ["LP1"], ["LP1"]),
    ("PART=(LP1,LP2)", .shared, ["LP1", "LP2"], ["LP1", "LP2", "LP3"]),
    ("PART=(LP1,LP2),SHARED", .shared, ["LP1", "LP2"], ["LP1", "LP2", "LP3"]),
    ("PART=((LP1,LP2),(=))", .shared, ["LP1", "LP2"], ["LP1", "LP2"]),
    ("PART=((LP1,LP2),(LP3))", .shared, ["LP1", "LP2"], ["LP1", "LP2", "LP3"]),
    ("PART=(LP1,REC)", .reconfigurable, ["LP1"], ["LP1", "LP2", "LP3"]),
    ("PART=((LP1),(LP3),REC)", .reconfigurable, ["LP1"], ["LP1", "LP3"]),
    ("PART=(LP1,(LP3),REC)", .reconfigurable, ["LP1"], ["LP1", "LP3"]),
    ("NOTPART=((LP3),(LP2))", .shared, ["LP1", "LP2"], ["LP1", "LP2", "LP3"]),
    ("NOTPART=(LP2,LP3)", .shared, ["LP1"], ["LP1", "LP2", "LP3"]),
    ("NOTPART=((LP2,LP3),(LP3))", .shared, ["LP1"], ["LP1", "LP2"]),
    ("SHARED", .shared, ["LP1", "LP2", "LP3"], ["LP1", "LP2", "LP3"]),
  ])
  func whoHasAPath(
    row: (operands: String, sharing: PathSharing, access: [String], candidates: [String])
  ) throws {
    let deck = try read(
      "       RESOURCE PARTITION=(LP1,LP2,LP3)\n"
        + "       CHPID  PATH=10,PCHID=100,TYPE=FC,\(row.operands)\n")
    #expect(deck.messages == [])
    let path = try #require(deck.definition?.inputOutput.paths.first)
    #expect(path.sharing == row.sharing)
    #expect(path.accessList == row.access)
    #expect(path.candidateList.sorted() == row.candidates)
  }

  @Test func whatIsNotServedIsSaidOnce() throws {
    let deck = try read(
      "       RESOURCE PARTITION=((CSS(0),LP1,LP2,LP3))\n"
        + "       CHPID  PATH=(CSS(0),10),SHARED,TYPE=FC,MIXTYPE\n"
        + "       CHPID  PATH=(CSS(0),11),SHARED,TYPE=OSD,PNETID=NET1\n"
        + "       CHPID  PATH=(CSS(0),12),SHARED,TYPE=OSD,PNETID=NET2\n"
        + "       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10,**)),UNIT=2107\n"
        + "       FUNCTION FID=001,PCHID=11C,TYPE=ROCE,PART=(LP1)\n"
        + "       FUNCTION FID=002,PCHID=11C,TYPE=ROCE,PART=(LP2)\n"
        + "       UUID   PART=LP1\n")
    let known = ["MIXTYPE", "TYPE=OSD", "PNETID", "**", "FUNCTION", "UUID"]
    #expect(deck.messages.count == known.count)
    for word in known {
      #expect(
        deck.messages.count { $0.contains("HCPDEF088W") && $0.contains(word) } == 1, "\(word)")
    }
    #expect(deck.definition?.inputOutput.controlUnits.first?.paths.map(\.number) == [0x10])
  }

  @Test func typesThatIOCPKnowsAreRead() throws {
    for type in DeckReader.pathTypes {
      let deck = try read(
        "       RESOURCE PARTITION=((CSS(0),LP1,LP2,LP3))\n"
          + "       CHPID  PATH=(CSS(0),10),SHARED,TYPE=\(type)\n")
      #expect(deck.definition?.inputOutput.paths.map(\.type) == [type], "\(deck.messages)")
    }
  }

  @Test(arguments: [false, true])
  func oneNumberInSeveralSubchannelSets(isBaseFirst: Bool) throws {
    let base = "       IODEVICE ADDRESS=(6100,16),CUNUMBR=(6100),UNIT=3390B\n"
    let alias =
      "       IODEVICE ADDRESS=(6100,16),UNITADD=10,CUNUMBR=(6100),\n"
      + "               SCHSET=1,UNIT=3390A\n"
    let deck = try read(
      "       RESOURCE PARTITION=((CSS(0),LP1,LP2,LP3))\n"
        + "       CHPID  PATH=(CSS(0),40),SHARED,TYPE=FC\n"
        + "       CNTLUNIT CUNUMBR=6100,PATH=((CSS(0),40)),UNITADD=((00,32)),\n"
        + "               UNIT=2107\n" + (isBaseFirst ? base + alias : alias + base))
    #expect(deck.messages.filter { !$0.contains("HCPDEF085W") }.count == 1)
    #expect(deck.messages.contains { $0.contains("HCPDEF089W") })
    let devices = try #require(deck.definition?.inputOutput.devices)
    #expect(devices.map(\.number) == Array(0x6100...0x610F))
    #expect(devices.allSatisfy { $0.type == "3390B" })
  }

  @Test func moreThanTheHostHasIsWarnedAbout() throws {
    let definition = try #require(read("       RESOURCE PARTITION=(LP1,LP2,LP3)\n").definition)
    let limit = definition.machine.hostStorageByteCount
    #expect(definition.findings(onHostWith: limit).isEmpty)
    #expect(definition.findings(onHostWith: limit - 1).map(\.id) == ["HCPDEF116W"])
  }
}
