import Testing

@testable import Definitions
@testable import Partitioning

/// What a machine has no room for, and who can have no I/O.
///
/// Oracle: prsm.md 3.1; IOCP User's Guide, machine limits, and its messages ICP192I, ICP204I, ICP231I, ICP235I,
/// ICP238I, ICP244I, ICP248I and ICP353I.
@Suite("Limits of a deck")
struct DeckLimitsTests {
  private static let resource = "       RESOURCE PARTITION=((CSS(0),LP1,LP2),(CSS(1),LP3))\n"

  private func read(_ text: String, resource: String = resource) -> (
    deck: ParsedDeck, messages: [String]
  ) {
    let log = FindingLog()
    let deck = DeckReader.read([DefinitionFile(name: "a.iocp", text: resource + text)], log: log)
    return (deck, log.findings.map { "\($0.id) \($0.text); \($0.remedy)" })
  }

  private func path(_ number: Int, _ type: String, _ operands: String = "SHARED") -> String {
    "       CHPID  PATH=(CSS(0),\(hex(number, 2))),TYPE=\(type),\(operands)\n"
  }

  private func unit(_ number: Int, _ paths: String = "CSS(0),10", _ operands: String = "")
    -> String
  {
    "       CNTLUNIT CUNUMBR=\(hex(number, 4)),PATH=((\(paths))),\n"
      + "               UNIT=2107\(operands)\n"
  }

  private func hex(_ number: Int, _ digits: Int) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  // MARK: Numbers

  @Test(
    "a path reaches so many unit addresses",
    arguments: [("CNC", 4, 1024), ("CTC", 2, 512), ("FC", 64, 16_384), ("FCV", 64, 16_384)])
  func unitAddresses(row: (type: String, units: Int, limit: Int)) {
    let units = (0..<row.units).map { unit(0x200 + $0) }.joined()
    #expect(read(path(0x10, row.type) + units).messages == [])
    let more = read(path(0x10, row.type) + units + unit(0x900, "CSS(0),10", ",UNITADD=((00,1))"))
    #expect(
      more.messages == [
        "ICP238I CHPID 10 reaches \(row.limit + 1) unit addresses, the limit is \(row.limit); attach the control unit to another path"
      ])
  }

  @Test(
    "a path leads to so many control units",
    arguments: [("FC", 256), ("CNC", 120), ("CBY", 48), ("FCP", 1)])
  func unitsOfAPath(row: (type: String, limit: Int)) {
    let units = (0..<row.limit).map { unit(0x200 + $0, "CSS(0),10", ",UNITADD=((00,1))") }
    #expect(read(path(0x10, row.type) + units.joined()).messages == [])
    let more = read(
      path(0x10, row.type) + units.joined() + unit(0x900, "CSS(0),10", ",UNITADD=((00,1))"))
    #expect(
      more.messages == [
        "ICP235I CHPID 10 in CSS 0 leads to \(row.limit + 1) control units, the limit of TYPE=\(row.type) is \(row.limit); attach the control unit to another path"
      ])
  }

  @Test("so many paths of a type, of which a spanned one counts once") func pathsOfAType() {
    let paths = (0..<31).map { path($0, "IQD") }.joined()
    let spanned = "       CHPID  PATH=(CSS(0,1),80),TYPE=IQD,SHARED\n"
    let few = read(paths + spanned).messages
    #expect(!few.contains { $0.hasPrefix("ICP") }, "\(few)")
    let more = read(paths + spanned + path(0x90, "IQD") + path(0x91, "IQD")).messages
    #expect(
      more.filter { $0.hasPrefix("ICP") } == [
        "ICP204I there are more than 32 paths of TYPE=IQD; define 32 at most; a spanned one counts once"
      ])
  }

  @Test("8192 control units in all, and 4096 groups of them in a channel subsystem") func inAll() {
    // Paths of two channel subsystems, 240 control units on each, none with devices.
    func deck(_ count: Int) -> String {
      let paths = (0..<count / 240 + 1).map {
        "       CHPID  PATH=(CSS(\($0 & 1)),\(hex($0 / 2, 2))),TYPE=FC,SHARED\n"
      }
      let units = (0..<count).map { number in
        let path = number / 240
        return unit(
          number + 1, "CSS(\(path & 1)),\(hex(path / 2, 2))", ",UNITADD=((00,1))")
      }
      return paths.joined() + units.joined()
    }
    #expect(
      read(deck(8193)).messages == [
        "ICP231I there are 8193 control units, and a machine can have 8192: 2001 is the first too many; remove control units"
      ])
  }

  @Test("control units with a device in common are one group") func groups() throws {
    func configuration(_ count: Int, pairs: Int) -> IOConfiguration {
      var configuration = IOConfiguration()
      configuration.paths = [
        ChannelPathDefinition(
          subsystem: 0, number: 0x10, type: "FC", sharing: .shared, accessList: [],
          candidateList: [])
      ]
      for number in 0..<UInt16(count) {
        configuration.controlUnits.append(
          ControlUnitDefinition(number: number, paths: [PathReference(number: 0x10)]))
        let own = Int(number) < pairs * 2 ? [number & ~1, number | 1] : [number]
        configuration.devices.append(
          DeviceDefinition(number: number, controlUnits: own, type: "3390"))
      }
      return configuration
    }
    #expect(configuration(10, pairs: 0).headerCount(inSubsystem: 0) == 10)
    #expect(configuration(10, pairs: 3).headerCount(inSubsystem: 0) == 7)
    #expect(configuration(10, pairs: 0).headerCount(inSubsystem: 1) == 0)
    // A chain of pairs is one group, whichever pair comes first.
    for order in [[0, 1, 2, 3], [3, 0, 2, 1], [2, 3, 1, 0]] {
      var chain = configuration(5, pairs: 0)
      chain.devices = order.map {
        DeviceDefinition(
          number: UInt16($0), controlUnits: [UInt16($0), UInt16($0 + 1)], type: "3390")
      }
      #expect(chain.headerCount(inSubsystem: 0) == 1)
    }
    var deck = (0..<17).map { path($0, "FC") }.joined()
    for number in 0..<4097 {
      deck += unit(number, "CSS(0),\(hex(number / 250, 2))", ",UNITADD=((00,1))")
      deck +=
        "       IODEVICE ADDRESS=\(hex(number, 4)),CUNUMBR=(\(hex(number, 4))),\n"
        + "               UNITADD=00,UNIT=3390\n"
    }
    #expect(
      read(deck).messages == [
        "ICP353I CSS 0 has 4097 groups of control units without a device in common, and can have 4096; remove control units, or have more of them share devices"
      ])
  }

  // MARK: Places

  @Test(
    "two control units are not in one place",
    arguments: [
      (",LINK=((CSS(0),21))", "ICP244I", ", LINK 21"),
      (",LINK=((CSS(0),21)),CUADD=3", "ICP244I", ", LINK 21, CUADD 03"),
      (",CUADD=03", "ICP248I", ", CUADD 03"),
      (",LINK=((CSS(0),**)),CUADD=3", "ICP248I", ", CUADD 03"),
    ])
  func onePlace(row: (operands: String, id: String, place: String)) {
    let one = unit(0x200, "CSS(0),10", row.operands)
    let messages = read(path(0x10, "FC") + one + unit(0x201, "CSS(0),10", row.operands)).messages
    #expect(messages.count == 1)
    #expect(
      messages.first?.hasPrefix(
        "\(row.id) control unit 0201 is where 0200 is: CHPID 10 in CSS 0\(row.place); give ")
        ?? false, "\(messages)")
  }

  @Test(
    "what differs in one of path, link and logical address is elsewhere",
    arguments: [
      (
        "CSS(0),10,11", ",LINK=((CSS(0),21,22)),CUADD=1", "CSS(0),10,11",
        ",LINK=((CSS(0),22,21)),CUADD=1"
      ),
      (
        "CSS(0),10,11", ",LINK=((CSS(0),21,21)),CUADD=1", "CSS(0),10,11",
        ",LINK=((CSS(0),21,21)),CUADD=2"
      ),
      ("CSS(0),10", ",LINK=((CSS(0),21))", "CSS(0),11", ",LINK=((CSS(0),21))"),
      ("CSS(0),10", ",LINK=((CSS(0),21))", "CSS(1),10", ",LINK=((CSS(1),21))"),
      ("CSS(0),10", ",CUADD=0", "CSS(0),10", ""),
      ("CSS(0),10", "", "CSS(0),10", ""),
    ])
  func otherPlaces(row: (paths: String, operands: String, otherPaths: String, others: String)) {
    let paths =
      path(0x10, "FC") + path(0x11, "FC") + "       CHPID  PATH=(CSS(1),10),TYPE=FC,SHARED\n"
    let messages = read(
      paths + unit(0x200, row.paths, row.operands) + unit(0x201, row.otherPaths, row.others)
    ).messages
    #expect(messages == [])
  }

  @Test("a logical address is a hexadecimal number") func logicalAddress() {
    #expect(
      read(path(0x10, "FC") + unit(0x200, "CSS(0),10", ",CUADD=1G")).messages == [
        "HCPDEF016E CUADD cannot be 1G; write 1-2 hexadecimal digits"
      ])
  }

  // MARK: The machine's own partition

  private let own =
    "ICP192I partition MCS_1 is the machine's own and can have no I/O; remove it; in NOTPART of a path it stands in both lists, or in none"
  private let ownResource = "       RESOURCE PARTITION=((CSS(0),LP1,LP2,(MCS_1,F)))\n"

  @Test(
    "has no I/O",
    arguments: [
      "       CHPID  PATH=(CSS(0),10),TYPE=FC,PART=((LP1,MCS_1),(=))\n",
      "       CHPID  PATH=(CSS(0),10),TYPE=FC,PARTITION=((LP1),(MCS_1),REC)\n",
      "       CHPID  PATH=(CSS(0),10),TYPE=FC,NOTPART=(CSS(0),(MCS_1))\n",
      "       FUNCTION FID=001,PCHID=11C,TYPE=ROCE,PART=((MCS_1))\n",
      "       CHPID  PATH=(CSS(0),10),TYPE=FC,SHARED\n"
        + "       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),UNIT=2107\n"
        + "       IODEVICE ADDRESS=0200,CUNUMBR=(0200),UNIT=3390,PART=MCS_1\n",
    ])
  func noResource(deck: String) {
    let messages = read(deck, resource: ownResource).messages
    #expect(messages.filter { $0.hasPrefix("ICP192I") } == [own], "\(messages)")
  }

  @Test("may be in RESOURCE, and is left out of what is shared") func inResource() throws {
    let (deck, messages) = read(
      "       CHPID  PATH=(CSS(0),10),TYPE=FC,SHARED\n"
        + "       CHPID  PATH=(CSS(0),11),TYPE=FC,NOTPART=((MCS_1),(MCS_1))\n"
        + "       CHPID  PATH=(CSS(0),12),TYPE=FC,NOTPART=((LP1),(MCS_1))\n"
        + "       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),UNIT=2107\n"
        + "       IODEVICE ADDRESS=0200,CUNUMBR=(0200),UNIT=3390,NOTPART=MCS_1\n",
      resource: ownResource)
    #expect(messages == [])
    #expect(deck.configuration.images.map(\.partition) == ["LP1", "LP2", "*"])
    #expect(deck.configuration.images.map(\.image) == [1, 2, 15])
    #expect(
      deck.configuration.paths.map(\.candidateList) == Array(repeating: ["LP1", "LP2"], count: 3))
    let twice = read(
      "", resource: "       RESOURCE PARTITION=((CSS(0),LP1,(MCS_1,E),(MCS_1,F)))\n"
    ).messages
    #expect(twice.first?.hasPrefix("ICP156I") ?? false, "\(twice)")
  }
}
