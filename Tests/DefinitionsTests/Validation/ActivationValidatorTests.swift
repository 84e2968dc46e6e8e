import Testing

@testable import Definitions
@testable import Partitioning

/// Oracles: PR/SM Planning Guide, activation limits of processors (maximum number of central
/// processors), allocation of storage (contiguous, top-down, at the origin), and its worked example
/// of weights (6 CPs, weights 300, 100 and 900); reference vectors D3 and D5 of the water-fill.
@Suite struct ActivationValidatorTests {
  private func partition(
    _ name: String, _ processors: [PartitionProcessors] = [PartitionProcessors(type: .cp)],
    storage: UInt64 = 1, origin: UInt64? = nil, reserved: UInt64 = 0
  ) -> PartitionDefinition {
    PartitionDefinition(
      name: name, processors: processors,
      storage: PartitionStorage(
        initialByteCount: storage << 24, reservedByteCount: reserved << 24,
        origin: origin.map { $0 << 24 }))
  }

  private func cp(
    _ initial: Int, weight: Int = 100, cap: Int? = nil, group: String? = nil
  ) -> [PartitionProcessors] {
    [
      PartitionProcessors(
        type: .cp, initial: initial,
        share: ShareDefinition(.relative(weight), absoluteCapHundredths: cap), group: group)
    ]
  }

  private func dedicated(_ initial: Int) -> [PartitionProcessors] {
    [PartitionProcessors(type: .cp, mode: .dedicated, initial: initial)]
  }

  private func system(
    _ partitions: [PartitionDefinition], cps: Int = 6, storage: UInt64 = 64
  ) -> SystemDefinition {
    SystemDefinition(
      machine: MachineDefinition(
        processors: [ProcessorPoolDefinition(type: .cp, count: cps, megahertz: 10)],
        storageByteCount: storage << 24, incrementByteCount: 16 << 20),
      partitions: partitions)
  }

  private func judge(_ system: SystemDefinition) -> ActivationValidator {
    ActivationValidator(system, order: system.activationList)
  }

  private func texts(_ system: SystemDefinition) -> [String] {
    judge(system).findings.map(\.description)
  }

  // MARK: - What cannot be active together

  @Test func dedicatedLeaveTheWidestSharingPartitionItsProcessors() {
    let fits = judge(system([partition("A", cp(3)), partition("B", dedicated(3))]))
    #expect(fits.allFit && fits.fitting.map(\.partition) == ["A", "B"])
    let wide = judge(system([partition("A", cp(4)), partition("B", dedicated(3))]))
    #expect(wide.fitting.map(\.partition) == ["A"])
    #expect(
      wide.findings.first?.description
        == "HCPDEF092W B cannot be active with those before it: it needs 3 CP processors, and of "
        + "6 installed 0 are dedicated, a sharing partition needs 4, which leaves 2; "
        + "give fewer processors, or install more")
  }

  @Test func sharingHaveNoMoreThanWhatIsNotDedicated() {
    #expect(judge(system([partition("A", dedicated(2)), partition("B", cp(4))])).allFit)
    #expect(!judge(system([partition("A", dedicated(2)), partition("B", cp(5))])).allFit)
  }

  @Test func sharedProcessorsMayBeOversubscribed() {
    let four = (1...4).map { partition("P\($0)Z", cp(4)) }
    #expect(judge(system(four)).fitting.count == 4)
  }

  @Test func whatDoesNotFitTakesNothingFromTheNext() {
    let validator = judge(
      system([
        partition("A", storage: 40), partition("B", storage: 30), partition("C", storage: 24),
      ]))
    #expect(validator.fitting.map(\.partition) == ["A", "C"])
    #expect(validator.findings.filter(\.isRefusal).map(\.reference?.partition) == ["B"])
  }

  @Test func theOrderDecidesWhoIsLeftOut() {
    let system = system([partition("A", storage: 40), partition("B", storage: 30)])
    let order = ["B", "A"].map { ProfileReference(partition: $0, profile: $0) }
    #expect(ActivationValidator(system, order: order).fitting.map(\.partition) == ["B"])
  }

  @Test func storageIsOnePiece() {
    let system = system([
      partition("LOW", storage: 16, origin: 24), partition("BIG", storage: 32),
    ])
    #expect(
      texts(system) == [
        "HCPDEF095W BIG cannot be active with those before it: it needs 512M in one piece, and of "
          + "768M free in 2 pieces the longest has 384M, at 0; pack those with an origin from the "
          + "bottom: give LOW ORIGIN 0 in place of 384M"
      ])
  }

  @Test func anOriginIsTakenByWhoeverLiesThere() {
    // Without an origin A lies at the top, where B wants to be.
    let system = system([partition("A", storage: 16), partition("B", storage: 8, origin: 50)])
    #expect(
      texts(system) == [
        "HCPDEF094W B cannot be active beside A: storage at ORIGIN 800M is taken; "
          + "choose another origin, or none"
      ])
  }

  @Test func reservedStorageIsNotKeptFree() {
    let system = system([
      partition("A", storage: 16, origin: 0, reserved: 16),
      partition("B", storage: 16, origin: 16, reserved: 32),
      partition("C", storage: 32, reserved: 32),
    ])
    #expect(judge(system).allFit)
  }

  @Test func whatTheMachineNeverHasIsAnError() {
    let system = system([
      partition("A", cp(7)), partition("B", [PartitionProcessors(type: .ifl)]),
      partition("C", storage: 65), partition("D", storage: 8, origin: 60),
      partition("E", storage: 0),
    ])
    let validator = judge(system)
    #expect(validator.fitting.isEmpty)
    #expect(
      validator.findings.map(\.id) == [
        "HCPDEF037E", "HCPDEF036E", "HCPDEF038E", "HCPDEF038E", "HCPDEF039E",
      ])
  }

  // MARK: - Which profile

  @Test func furtherProfilesAreJudgedInPlaceOfTheFirst() {
    var system = system([partition("A", dedicated(4)), partition("B", dedicated(2))])
    system.imageProfiles = [
      ImageProfile(name: "NIGHT", partition: "A", definition: partition("A", dedicated(5))),
      ImageProfile(name: "NIGHT", partition: "B", definition: partition("B", dedicated(2))),
    ]
    #expect(judge(system).allFit)
    #expect(
      system.profiles(named: "NIGHT") == [
        ProfileReference(partition: "A", profile: "NIGHT"),
        ProfileReference(partition: "B", profile: "NIGHT"),
      ])
    #expect(system.profiles(named: "A") == [ProfileReference(partition: "A", profile: "A")])
    #expect(system.profiles(named: "NOON").isEmpty)
    let night = ActivationValidator(system, order: system.profiles(named: "NIGHT"))
    #expect(night.fitting == [ProfileReference(partition: "A", profile: "NIGHT")])
    #expect(
      night.findings.first?.text.hasPrefix("B with profile NIGHT cannot be active") == true)
  }

  @Test func namesThatMeanNothingAndPartitionsTwice() {
    var system = system([partition("A")])
    system.imageProfiles = [
      ImageProfile(name: "NIGHT", partition: "A", definition: partition("A"))
    ]
    let order = ["A", "NOON", "NIGHT"].map { ProfileReference(partition: "A", profile: $0) }
    #expect(
      ActivationValidator(system, order: order).findings.map(\.description) == [
        "HCPDEF096W partition A has no image profile NOON; name A or NIGHT",
        "HCPDEF097W A is active already, with profile A; name it once, or deactivate it first",
      ])
  }

  @Test func whatIsActiveAlreadyCounts() {
    let system = system([partition("A", dedicated(4)), partition("B", cp(3), storage: 40)])
    var state = ActivationState(system, online: [.cp: 5])
    state.add(system.partitions[0], profile: "A", increments: [0, 30])
    let order = [ProfileReference(partition: "B", profile: "B")]
    #expect(
      ActivationValidator(system, order: order, beside: state).findings.map(\.id) == [
        "HCPDEF095W", "HCPDEF092W",
      ])
  }

  // MARK: - Advice

  @Test func entitlementWithoutLogicalProcessorsIsStranded() {
    let system = system([
      partition("ZVSE", cp(1, weight: 300)), partition("ZOSTEST", cp(6, weight: 100)),
      partition("ZVM", cp(2, weight: 900)),
    ])
    #expect(
      texts(system) == [
        "HCPDEF121I ZVSE: entitled to 1.38 CP processors with 1 logical, so that 0.38 goes to the "
          + "others; give INITIAL 2, or less weight",
        "HCPDEF122I ZOSTEST: entitled to 0.46 CP processors on 6 logical, 0.07 each, less than "
          + "0.50; INITIAL 1 makes each of them faster",
        "HCPDEF121I ZVM: entitled to 4.15 CP processors with 2 logical, so that 2.15 goes to the "
          + "others; give INITIAL 5, or less weight",
      ])
  }

  @Test func absoluteCapBelowTheEntitlement() {
    // D3: entitled to 6 of 10, capped at 3.5.
    let system = system(
      [
        partition("P", cp(6, weight: 600, cap: 350)), partition("Q", cp(4, weight: 250)),
        partition("R", cp(2, weight: 100)), partition("S", cp(1, weight: 50)),
      ], cps: 10)
    #expect(
      texts(system) == [
        "HCPDEF123I P: ABSCAP 3.50 is below the 6.00 CP processors that the weight entitles to, "
          + "which is not advised; raise the cap, or lower the weight"
      ])
  }

  @Test func groupCapBelowItsMembersEntitlements() {
    // D5: entitled to 2.4 and 0.8 of 8, capped at 2 together.
    var system = system(
      [
        partition("A", cp(3, weight: 300, group: "G")),
        partition("B", cp(1, weight: 100, group: "G")), partition("C", cp(8, weight: 600)),
      ], cps: 8)
    system.groups = [
      GroupDefinition(name: "G", absoluteCaps: [GroupCap(type: .cp, hundredths: 200)])
    ]
    #expect(
      texts(system) == [
        "HCPDEF124I group G: ABSCAP CP 2.00 is below the 3.20 processors that the weights of "
          + "A and B entitle to; raise the cap, or lower the weights"
      ])
  }

  @Test func manyLogicalProcessorsOnFewPhysicalOnes() {
    let seven = (1...7).map { partition("P\($0)Z") }
    #expect(
      texts(system(seven, cps: 2)) == [
        "HCPDEF120I 7 logical CP processors share 2 physical ones, 3.50 on each, more than 3; "
          + "expect overhead and waiting, or give fewer logical processors"
      ])
    #expect(texts(system(Array(seven.prefix(6)), cps: 2)).isEmpty)
  }

  @Test func partitionsThatAreAlikeShareALine() {
    let five = (1...5).map { partition("P\($0)Z", cp(2)) }
    #expect(
      texts(system(five, cps: 4)) == [
        "HCPDEF122I P1Z and 4 like it: entitled to 0.80 CP processors on 2 logical, 0.40 each, "
          + "less than 0.50; INITIAL 1 makes each of them faster"
      ])
  }

  @Test func storageBeyondWhatTheHostGives() {
    var system = system([partition("A", storage: 16), partition("B", storage: 16)])
    system.machine.hostStorageByteCount = 384 << 20
    #expect(
      texts(system) == [
        "HCPDEF125I 2 partitions have 512M of storage together, and HOSTSTORAGE lets them write "
          + "384M; give more HOSTSTORAGE, or expect those that write more to be stopped"
      ])
  }

  @Test func thousandsOfPartitionsAreJudgedTogether() {
    let many = (1...3000).map { partition("P\($0)Z") }
    let validator = judge(system(many, cps: 16, storage: 2000))
    #expect(validator.fitting.count == 2000)
    #expect(validator.findings.count(where: \.isRefusal) == 1000)
  }
}
