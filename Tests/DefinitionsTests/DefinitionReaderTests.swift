import Channels
import Foundation
import Testing

@testable import Definitions
@testable import Partitioning

/// Oracle: the examples of the forms that `Docs/Definitions.md` describes, read item by item.
@Suite struct DefinitionReaderTests {
  private static let machine = """
    MACHINE     DEMO                             /* 1-8 characters */
    PROCESSOR   CP  16 MHZ 10                    /* physical processors */
    PROCESSOR   IFL  2 MHZ 100
    STORAGE     64G INCREMENT 64M                /* installed storage */
    HOSTSTORAGE 8G
    EPOCH       100US
    PACE        REAL
    TOD         2026-01-01T00:00:00Z
    TIMEZONE    UTC
    SEED        1
    USER        OPERATOR CLASS ABCDEFG
    PROFILE     profile.cp                       /* script */
    """
  private static let deck = """
           ID     MSG1='DEMO MACHINE'
           RESOURCE PARTITION=((CSS(0),(LINUX1,1),(LINUX2,2)))
           CHPID  PATH=(CSS(0),10),SHARED,PARTITION=((LINUX1,LINUX2),(=)),PCHID=110,TYPE=FC
           CHPID  PATH=(CSS(0),11),SHARED,PCHID=111,TYPE=FC
           CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10,11)),UNITADD=((00,064)),UNIT=2107
           IODEVICE ADDRESS=(0200,064),CUNUMBR=(0200),UNIT=3390
    """
  private static let media = """
    CHPID  10 RATE 800MB LATENCY 200US
    DEVICE 0200 FILE linux1.img  RATE 200MB LATENCY 500US
    DEVICE 0201-020F SCRATCH 1G
    """
  private static let directory = """
    PROFILE LINUX
      PROCESSOR IFL SHARED INITIAL 2 RESERVED 2 WEIGHT 100
      STORAGE   INITIAL 256M RESERVED 768M
      CONSOLE   0009
      IPL       KERNEL vmlinuz INITRD initrd.gz PARM 'console=ttyS0 quiet'

    PARTITION LINUX1
      INCLUDE   LINUX
      PROCESSOR IFL WEIGHT 300 ABSCAP 1.50         /* overrides only what it names */
      DEDICATE  0100 0200                          /* virtual device 0100 is device 0200 */
      NICDEF    0600 TYPE QDIO LAN SYSTEM VSW1
      START     AUTO

    PARTITION LINUX2
      INCLUDE   LINUX

    PARTITION SPIN001 THRU SPIN008                 /* a numbered range from one entry */
      PROCESSOR CP SHARED INITIAL 1 WEIGHT 10
      STORAGE   INITIAL 64M
      IPL       PROGRAM SPIN
    """

  private func folder() throws -> DefinitionFolder {
    let folder = try DefinitionFolder([
      "machine.config": Self.machine, "demo.direct": Self.directory, "demo.iocp": Self.deck,
      "demo.media": Self.media, "profile.cp": "* nothing\n",
    ])
    for name in ["vmlinuz", "initrd.gz", "linux1.img"] {
      try folder.add(name, Data(repeating: 0, count: 1024))
    }
    return folder
  }

  @Test func examplesAreReadWithoutError() throws {
    let (definition, findings) = try folder().read()
    #expect(definition != nil)
    #expect(
      findings.map { "\($0.file):\($0.line) \($0.id)" } == [
        "demo.direct:11 HCPDEF048W", "demo.iocp:3 HCPDEF087W", "demo.iocp:5 HCPDEF087W",
      ])
  }

  @Test func machineIsWhatItsFileSays() throws {
    let definition = try #require(try folder().read().definition)
    #expect(
      definition.machine
        == MachineDefinition(
          name: "DEMO",
          processors: [
            ProcessorPoolDefinition(type: .cp, count: 16, megahertz: 10),
            ProcessorPoolDefinition(type: .ifl, count: 2, megahertz: 100),
          ],
          storageByteCount: 64 << 30, incrementByteCount: 64 << 20,
          hostStorageByteCount: 8 << 30, epochNanoseconds: 100_000, pace: .real,
          timeOfDay: .fixed(1_767_225_600), timeZone: "UTC", seed: 1,
          users: [UserDefinition(name: "OPERATOR", classes: "ABCDEFG")],
          profileScript: "profile.cp"))
  }

  @Test func profileIsOverriddenItemByItem() throws {
    let definition = try #require(try folder().read().definition)
    var expected = PartitionDefinition(
      name: "LINUX1",
      processors: [
        PartitionProcessors(
          type: .ifl, initial: 2, reserved: 2,
          share: ShareDefinition(.relative(300), absoluteCapHundredths: 150))
      ],
      storage: PartitionStorage(initialByteCount: 256 << 20, reservedByteCount: 768 << 20),
      console: 9,
      ipl: .kernel(
        file: "vmlinuz", initialRamdisk: "initrd.gz", parameters: "console=ttyS0 quiet"),
      devices: [DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200)],
      start: StartDefinition())
    expected.networkAdapters = [
      NetworkAdapterDefinition(virtualDevice: 0x600, switchName: "VSW1")
    ]
    #expect(definition.partitions[0] == expected)
    #expect(definition.partitions[1].processors[0].share.weight == 100)
    #expect(definition.partitions[1].start == nil)
  }

  @Test func rangeGivesOnePartitionANumber() throws {
    let definition = try #require(try folder().read().definition)
    #expect(
      definition.partitions.dropFirst(2).map(\.name) == (1...8).map { "SPIN00\($0)" })
    #expect(definition.partitions[9].ipl == .program(name: "SPIN", parameters: ""))
  }

  @Test func deckAndMediaGiveTheConfiguration() throws {
    let definition = try #require(try folder().read().definition)
    let configuration = definition.inputOutput
    #expect(configuration.description == "DEMO MACHINE")
    #expect(
      configuration.images == [
        ImageDefinition(partition: "LINUX1", subsystem: 0, image: 1),
        ImageDefinition(partition: "LINUX2", subsystem: 0, image: 2),
      ])
    #expect(
      configuration.paths == [
        ChannelPathDefinition(
          number: 0x10, physicalChannel: 0x110, accessList: ["LINUX1", "LINUX2"],
          candidateList: ["LINUX1", "LINUX2"], bytesPerSecond: 800 << 20,
          latencyNanoseconds: 200_000),
        ChannelPathDefinition(
          number: 0x11, physicalChannel: 0x111, accessList: ["LINUX1", "LINUX2"],
          candidateList: ["LINUX1", "LINUX2"]),
      ])
    #expect(configuration.devices.map(\.number) == Array(0x200...0x23F))
    #expect(configuration.devices[0].media == .file(path: "linux1.img", writable: false))
    #expect(configuration.devices[0].latencyNanoseconds == 500_000)
    #expect(configuration.devices[15].media == .scratch(byteCount: 1 << 30))
    #expect(configuration.devices[16].media == .none)
  }

  @Test func channelConfigurationHasNumbersForNames() throws {
    let definition = try #require(try folder().read().definition)
    let channels = definition.channelConfiguration()
    #expect(channels.partitionCount == 10)
    #expect(channels.paths.map(\.accessPartitions) == [[0, 1], [0, 1]])
    #expect(channels.devices[0].paths == [0, 1])
    #expect(
      channels.devices[0].medium
        == .file(path: definition.folder + "/linux1.img", writable: false))
    #expect(
      channels.assignments == [
        ChannelConfiguration.Assignment(partition: 0, virtualDevice: 0x100, device: 0)
      ])
  }

  @Test func cardsContinueAfterAMarkInColumn72() throws {
    let first = "       CHPID  PATH=(CSS(0),10),SHARED,"
    let mark = first.padding(toLength: 71, withPad: " ", startingAt: 0) + "X"
    let file = DefinitionFile(
      name: "d.iocp", text: "\(mark)00000010\n               TYPE=FC   remark\n* comment\n")
    let log = FindingLog()
    let statements = DefinitionScanner.deck(of: file, operations: DeckReader.operations, log: log)
    #expect(log.findings.isEmpty)
    #expect(statements.map(\.operation.folded) == ["CHPID"])
    #expect(statements[0].operands.map(\.key.folded) == ["PATH", "SHARED", "TYPE"])
    #expect(statements[0].operands[2].key.place == Place(file: "d.iocp", line: 2, column: 16))
  }

  @Test func commentsQuotesAndCommandsKeepTheirColumns() {
    let text = """
        * a comment
      /* two
         lines */ PARTITION x /* here */ THRU y
        IPL PROGRAM PULSE PARM 'it''s  /* no comment */'
        COMMAND MSG OPERATOR I'm up /* but this is */
      """
    let log = FindingLog()
    let statements = DefinitionScanner.statements(
      of: DefinitionFile(name: "d", text: text), log: log)
    #expect(log.findings.isEmpty)
    #expect(
      statements.map { ([$0.verb] + $0.operands).map(\.text) }.dropLast() == [
        ["PARTITION", "x", "THRU", "y"],
        ["IPL", "PROGRAM", "PULSE", "PARM", "it's  /* no comment */"],
      ])
    #expect(statements[0].verb.place.column == 13)
    #expect(statements[0].operands.map(\.place.column) == [23, 36, 41])
    #expect(statements[2].remainder == "MSG OPERATOR I'm up")
  }
}
