import Testing

@testable import Definitions
@testable import Partitioning

/// Oracle: the statements that `Docs/Definitions.md` describes, and PR/SM's profiles, whose items
/// they say.
@Suite struct ProfileDefinitionTests {
  private func read(
    _ directory: String, machine: String = ""
  ) throws -> (definition: SystemDefinition, findings: [Finding]) {
    let folder = try DefinitionFolder([
      "machine.config": WrongFolder.rated + machine, "a.direct": directory,
    ])
    let (definition, findings) = folder.read()
    return (try #require(definition), findings)
  }

  @Test func resetProfile() throws {
    let (definition, findings) = try read(
      "PARTITION ONE\n  STORAGE INITIAL 16M\nPARTITION TWO\n  STORAGE INITIAL 16M\n",
      machine: "RUNNINGTIME 12 MS\nWAITCOMPLETION YES\nACTIVATE TWO ONE\n")
    #expect(findings.isEmpty)
    #expect(definition.machine.processors.map(\.capacityUnits) == [50, nil])
    #expect(definition.machine.runningTime == 12_000_000)
    #expect(definition.machine.waitCompletion)
    #expect(definition.machine.activationOrder == ["TWO", "ONE"])
    #expect(definition.automaticStartOrder() == [1, 0])
  }

  @Test func aProfileIsATemplateUnlessItIsNoPartitionByItself() throws {
    let (definition, findings) = try read(
      """
      PROFILE WEBT
        PROCESSOR CP INITIAL 1 WEIGHT 33
        STORAGE INITIAL 16M
        START AUTO
      PROFILE PART
        PROCESSOR CP INITIAL 0 RESERVED 1
      PARTITION ONE
        INCLUDE WEBT
      """)
    #expect(findings.isEmpty)
    var expected = try #require(definition.partitions.first)
    expected.name = "WEBT"
    #expect(definition.templates == [expected])
  }

  @Test(
    arguments: [("DYNAMIC", nil), ("100", 100_000_000), ("1MS", 1_000_000)] as [(String, UInt64?)])
  func runningTime(text: String, nanoseconds: UInt64?) throws {
    let (definition, _) = try read(WrongFolder.one, machine: "RUNNINGTIME \(text)\n")
    #expect(definition.machine.runningTime == nanoseconds)
  }

  @Test func partitionSaysPolarityCapacityAndSwitches() throws {
    let (definition, findings) = try read(
      """
      PARTITION ONE
        PROCESSOR CP INITIAL 2 WEIGHT 10 MINWEIGHT 5 MAXWEIGHT 20 ABSCAP 0.00
        STORAGE INITIAL 16M
        POLARITY VERTICAL
        DEFINEDCAP 120
        SECURITY NOGLOBAL CROSS ISO
      """)
    #expect(findings.isEmpty)
    let partition = try #require(definition.partitions.first)
    #expect(partition.polarity == .vertical)
    #expect(partition.definedCapacity == 120)
    #expect(partition.processors[0].share.absoluteCapHundredths == nil)
    #expect(
      partition.security
        == SecuritySwitches(
          globalPerformanceData: false, inputOutputControl: true, crossPartitionAuthority: true,
          isIsolated: true))
  }

  // Oracle: z/VM CP Planning and Administration, CONSOLE directory statement.
  @Test(
    arguments: [
      ("CONSOLE 0009 3215 T OPERATOR", ConsoleWatcher("OPERATOR", .secondaryUser)),
      ("CONSOLE 0009 3215 OPERATOR OBSERVER", ConsoleWatcher("OPERATOR", .observer)),
      ("CONSOLE 0009 3215 T", nil), ("OBSERVER ONE", ConsoleWatcher("ONE", .observer)),
      ("SECUSER OPERATOR", ConsoleWatcher("OPERATOR", .secondaryUser)),
    ] as [(String, ConsoleWatcher?)])
  func entryNamesWhoWatchesTheConsole(statement: String, watcher: ConsoleWatcher?) throws {
    let (definition, findings) = try read("\(WrongFolder.one)  \(statement)\n")
    #expect(findings.isEmpty)
    #expect(definition.partitions.first?.consoleWatcher == watcher)
  }

  @Test func switchesAreAsInPRSMUnlessSaid() throws {
    let partition = try #require(try read(WrongFolder.one).definition.partitions.first)
    #expect(partition.security.globalPerformanceData && partition.security.inputOutputControl)
    #expect(!partition.security.crossPartitionAuthority && !partition.security.isIsolated)
  }

  @Test func entryUndoesWhatItsProfileSays() throws {
    let (definition, findings) = try read(
      """
      PROFILE P
        PROCESSOR CP CAPPED ABSCAP 2.00
        STORAGE INITIAL 16M
        SECURITY ISOLATED NOIOCONFIG
        DEFINEDCAP 10
        SHARE TYPE CP RELATIVE 40
      PARTITION ONE
        INCLUDE P
        PROCESSOR CP WEIGHT 7 UNCAPPED ABSCAP 0
        SECURITY NOISOLATED
        DEFINEDCAP 0
      PARTITION TWO
        INCLUDE P
        PROCESSOR CP DEDICATED
        DEFINEDCAP 0
      """)
    #expect(findings.isEmpty)
    let one = definition.partitions[0]
    #expect(
      one.processors == [PartitionProcessors(type: .cp, share: ShareDefinition(.relative(7)))])
    #expect(!one.security.isIsolated && !one.security.inputOutputControl)
    #expect(one.definedCapacity == nil)
    #expect(
      definition.partitions[1].processors == [PartitionProcessors(type: .cp, mode: .dedicated)])
  }

  @Test func sharesByType() throws {
    let (definition, findings) = try read(
      """
      PARTITION ONE
        SHARE RELATIVE 300
        SHARE TYPE IFL ABSOLUTE 50% LIMITHARD
        PROCESSOR CP
        PROCESSOR IFL
        STORAGE INITIAL 16M
      """)
    #expect(findings.isEmpty)
    let one = definition.partitions[0]
    #expect(
      one.processors == [
        PartitionProcessors(type: .cp, share: ShareDefinition(.relative(300))),
        PartitionProcessors(
          type: .ifl,
          share: ShareDefinition(.absolute(hundredthsOfPercent: 5000), limit: .hard(nil))),
      ])
  }

  @Test func imageProfilesAreWholePartitions() throws {
    let (definition, findings) = try read(
      """
      PROFILE BIG
        PROCESSOR CP INITIAL 3 RESERVED 1 WEIGHT 500
        CONSOLE 0010
      IMAGE NIGHT FOR ONE1 THRU ONE2
        INCLUDE BIG
        STORAGE INITIAL 32M
        POLARITY VERTICAL
      PARTITION ONE1 THRU ONE2
        STORAGE INITIAL 16M
        CONSOLE 0009
        CLASS BG
        COMMAND QUERY TIME
      """)
    #expect(findings.isEmpty)
    #expect(definition.imageProfiles.map(\.partition) == ["ONE1", "ONE2"])
    #expect(
      definition.profile("NIGHT", of: "ONE2")
        == PartitionDefinition(
          name: "ONE2",
          processors: [
            PartitionProcessors(
              type: .cp, initial: 3, reserved: 1, share: ShareDefinition(.relative(500)))
          ],
          storage: PartitionStorage(initialByteCount: 32 << 20), console: 9, classes: "BG",
          commands: ["QUERY TIME"], polarity: .vertical))
    #expect(definition.profile("ONE1", of: "ONE1") == definition.partitions[0])
    #expect(definition.profile("NOON", of: "ONE1") == nil)
  }

  @Test func loadAndGroupProfiles() throws {
    let (definition, findings) = try read(
      """
      GROUP POOL ABSCAP CP 2.50 MSU 150
      GROUP POOL ABSCAP IFL 1.00
      PARTITION ONE
        PROCESSOR CP GROUP POOL
        PROCESSOR IFL GROUP POOL
        STORAGE INITIAL 16M
      LOADPROFILE RESCUE
        IPL PROGRAM PULSE PARM '5'
      """)
    #expect(findings.isEmpty)
    #expect(
      definition.groups == [
        GroupDefinition(
          name: "POOL",
          absoluteCaps: [
            GroupCap(type: .cp, hundredths: 250), GroupCap(type: .ifl, hundredths: 100),
          ], capacityUnits: 150)
      ])
    #expect(
      definition.loadProfiles == [
        LoadProfile(name: "RESCUE", ipl: .program(name: "PULSE", parameters: "5"))
      ])
  }

  @Test func activationOrderKeepsToStartAfter() throws {
    let (definition, findings) = try read(
      """
      PARTITION ONE
        STORAGE INITIAL 16M
        START AUTO
      PARTITION TWO
        STORAGE INITIAL 16M
      PARTITION THREE
        STORAGE INITIAL 16M
        START AUTO AFTER ONE
      PARTITION FOUR
        STORAGE INITIAL 16M
        START AUTO
      """, machine: "ACTIVATE FOUR THREE TWO\n")
    #expect(findings.isEmpty)
    #expect(definition.automaticStartOrder() == [3, 0, 2, 1])
  }
}
