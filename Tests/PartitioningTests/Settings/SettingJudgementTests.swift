import Testing

@testable import Partitioning

// Every way to a value, and several changes at once. Oracle: PR/SM Planning Guide, "Weights: capping" (a partition that is not active has no running values,
// Save to profiles alone concerns it), "Defined capacity" (not with initial capping of CP processors), and
// the ranges of weights, shares and caps in its field descriptions.

@Suite("One judgement for every way to a setting")
struct SettingJudgementTests {
  private static let settings: [[Setting]] = [
    [.weight("A", type: nil, weight: 50)],
    [.share("A", type: nil, amount: .relative(77), limit: .soft(nil))],
    [.share("A", type: .cp, amount: .absolute(hundredthsOfPercent: 1000), limit: nil)],
    [.initialShare("A", type: nil)],
    [.cap("A", type: nil, .ownShare(true))], [.cap("A", type: nil, .absolute(hundredths: 50))],
    [.weightRange("A", type: nil, minimum: 10, maximum: 300)],
    [.group("A", type: nil, group: "G")], [.definedCapacity("A", units: 5)],
    [.polarity("A", .vertical)], [.security("A", .isolation, true)],
    [
      .weight("A", type: nil, weight: 500),
      .weightRange("A", type: nil, minimum: 400, maximum: 600),
    ],
  ]

  private static func machine() throws -> GuestMachine {
    try GuestMachine(
      processors: 4, groups: [GroupDefinition(name: "G")], capacityUnits: 100,
      [GuestMachine.partition("A"), GuestMachine.partition("B", weight: 300)])
  }

  @Test("what is not active has a profile and no running values", arguments: settings)
  func inactive(_ settings: [Setting]) throws {
    let isInitial = settings == [.initialShare("A", type: nil)]
    for isActive in [false, true] {
      for scope in SettingScope.allCases {
        let action = ManagementAction.together(settings.map { .set($0, scope) })
        let machine = try Self.machine()
        if isActive { try machine.activateAll() }
        let before = machine.manager.runningConfiguration
        var refusal: ManagementError?
        do throws(ManagementError) { try machine.manager.perform(action) } catch { refusal = error }
        if scope != .running, isInitial {
          #expect(refusal == .notInProfile(.set(settings[0])))
        } else if scope == .profile {
          #expect(refusal == nil)
        } else {
          #expect(
            refusal?.cause
              == (isActive
                ? nil : .wrongState("A", is: .notActivated, needs: PartitionStatus.active)))
        }
        guard refusal == nil, !isInitial else {
          if refusal != nil { #expect(machine.manager.runningConfiguration == before) }
          continue
        }
        // What was answered is what runs, or what the next activation takes.
        let set = try #require(machine.manager.record(of: "A"))
        if isActive {
          #expect((set.definition != before.partitions[0].definition) == (scope != .profile))
        } else {
          try machine.activateAll()
        }
        let runs = try #require(machine.manager.record(of: "A")).definition
        if !isActive { #expect(runs == set.profiles[0].definition) }
        if !isActive { #expect(runs != before.partitions[0].definition) }
      }
    }
  }

  @Test("INITIAL leads nowhere that SET does not")
  func initial() throws {
    var capped = GuestMachine.partition("A", limit: .hard(nil))
    capped.processors[0].share.amount = .relative(100)
    let machine = try GuestMachine(processors: 4, capacityUnits: 100, [capped])
    try machine.activateAll()
    try machine.manager.perform(.set(.cap("A", type: nil, .ownShare(false))))
    try machine.manager.perform(.set(.definedCapacity("A", units: 50)))
    for action: ManagementAction in [
      .set(.cap("A", type: nil, .ownShare(true))), .set(.initialShare("A", type: nil)),
      .set(.share("A", type: nil, amount: nil, limit: .hard(nil))),
    ] {
      #expect(throws: ManagementError.cappingConflict("A")) {
        try machine.manager.perform(action)
      }
    }
    try machine.manager.perform(.set(.definedCapacity("A", units: nil)))
    try machine.manager.perform(
      .batch([
        .set(.weight("A", type: nil, weight: 500)),
        .set(.weightRange("A", type: nil, minimum: 400, maximum: 600)),
      ]))
    for action: ManagementAction in [
      .set(.weight("A", type: nil, weight: 100)), .set(.initialShare("A", type: nil)),
      .set(.share("A", type: nil, amount: .relative(100), limit: nil)),
    ] {
      #expect(throws: ManagementError.weightOutOfRange(100, allowed: 400...600)) {
        try machine.manager.perform(action)
      }
    }
  }

  @Test("SET PROFILE of what is not active decides what is shown and changed")
  func nextProfile() throws {
    let night = ImageProfile(
      name: "NIGHT", partition: "A", definition: GuestMachine.partition("A", weight: 7))
    let manager = try PartitionManager(
      SystemDefinition(
        machine: MachineDefinition(
          name: "TEST", processors: [ProcessorPoolDefinition(type: .cp, count: 2, megahertz: 5)],
          storageByteCount: 64 << 20, incrementByteCount: 1 << 20, pace: .fast),
        partitions: [GuestMachine.partition("A")], imageProfiles: [night]))
    try manager.perform(.setNextProfile("A", profile: "NIGHT"))
    try manager.perform(.set(.weight("A", type: nil, weight: 9), .profile))
    #expect(manager.partitionView("A")?.profileName == "NIGHT")
    try manager.perform(.activate("A", load: false))
    #expect(manager.partitionView("A")?.shares[0].setting.weight == 9)
    #expect(manager.record(of: "A")?.profiles[0].definition.processors[0].share.weight == 100)
  }

  /// The rules in words of their own, not `judge`'s.
  private static func isLawful(_ definition: PartitionDefinition) -> Bool {
    let isCapped = definition.processors.contains {
      $0.share.limit == .hard(nil)
    }
    if isCapped, definition.definedCapacity != nil { return false }
    return definition.processors.allSatisfy { processors in
      let least = processors.minimumWeight ?? 1
      let most = processors.maximumWeight ?? (processors.minimumWeight == nil ? 10_000 : 999)
      switch processors.share.amount {
      case .absolute(let part): return 1 <= least && least <= most && (10...10_000).contains(part)
      case .relative(let weight): return 1 <= least && least <= weight && weight <= most
      }
    }
  }

  @Test("no sequence of settings leads to what one of them would refuse", arguments: 1...40)
  func sequences(seed: UInt64) throws {
    let machine = try Self.machine()
    var numbers = SeededGenerator(seed: seed)
    func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &numbers) }
    func settings() -> [Setting] {
      switch draw(0...7) {
      case 0: [.weight("A", type: nil, weight: draw(0...1000))]
      case 1:
        [
          .share(
            "A", type: nil, amount: draw(0...1) == 0 ? .relative(draw(0...10_001)) : nil,
            limit: [nil, ShareLimit.none, .hard(nil), .soft(nil)][draw(0...3)])
        ]
      case 2: [.initialShare("A", type: nil)]
      case 3: [.cap("A", type: nil, .ownShare(draw(0...1) == 0))]
      case 4:
        [
          .weightRange(
            "A", type: nil, minimum: draw(0...2) == 0 ? nil : draw(0...600),
            maximum: draw(0...2) == 0 ? nil : draw(300...1000))
        ]
      case 5: [.definedCapacity("A", units: draw(0...2) == 0 ? nil : draw(1...100))]
      case 6:
        [
          .share(
            "A", type: nil, amount: .absolute(hundredthsOfPercent: draw(9...9000)), limit: nil)
        ]
      default:
        [
          .weightRange("A", type: nil, minimum: draw(1...500), maximum: draw(400...999)),
          .weight("A", type: nil, weight: draw(1...999)),
        ]
      }
    }
    func setting(_ scope: SettingScope) -> ManagementAction {
      .together(settings().map { .set($0, scope) })
    }
    var refusals = 0
    for _ in 0..<200 {
      let action: ManagementAction =
        switch draw(0...9) {
        case 0: setting(.profile)
        case 1: setting(.both)
        case 2: .saveProfile("A")
        case 3: .activate("A", load: false, force: true)
        case 4 where draw(0...3) == 0: .deactivate("A", force: true)
        default: setting(.running)
        }
      let before = machine.manager.runningConfiguration
      do throws(ManagementError) {
        try machine.manager.perform(action)
      } catch {
        refusals += 1
        #expect(machine.manager.runningConfiguration == before)
      }
      let now = machine.manager.runningConfiguration.partitions[0]
      #expect(Self.isLawful(now.definition), "\(action)")
      #expect(Self.isLawful(now.profiles[0].definition), "\(action)")
    }
    #expect((1..<200).contains(refusals))
  }

  @Test("what an older program kept and no setting leads to is not put back")
  func restored() throws {
    var kept = try Self.machine().manager.runningConfiguration
    kept.partitions[0].profiles[0].definition.processors[0].share.isCapped = true
    kept.partitions[0].profiles[0].definition.definedCapacity = 5
    kept.partitions[1].profiles[0].definition.processors[0].share.amount = .relative(301)
    kept.machine.settings.profile.runningTime = 1
    let machine = try Self.machine()
    let report = machine.manager.restore(kept)
    #expect(report.keptProfiles == ["B"])
    #expect(!report.keepsSettings)
    kept.machine.settings.profile.runningTime = nil
    kept.machine.settings.running.runningTime = 1
    #expect(try !Self.machine().manager.restore(kept).keepsSettings)
    #expect(machine.manager.settings.runningTime == nil)
    #expect(machine.manager.record(of: "A")?.definition.definedCapacity == nil)
    #expect(machine.manager.record(of: "B")?.definition.processors[0].share.weight == 301)
  }

  @Test("RECOVER brings back nothing that SET refuses")
  func recovered() throws {
    var kept = try Self.machine().manager.runningConfiguration
    kept.partitions[0].state.status = .operating
    kept.partitions[0].definition.processors[0].share.isCapped = true
    kept.partitions[0].definition.definedCapacity = 5
    let machine = try Self.machine()
    #expect(machine.manager.restore(kept).lost == ["A"])
    #expect(throws: ManagementError.cappingConflict("A")) {
      try machine.manager.perform(.recover("A"))
    }
    #expect(machine.manager.partitionView("A")?.isActive == false)
    #expect(machine.manager.partitionView("A")?.isRecoverable == true)
  }
}

@Suite("Several things in one command: all or nothing")
struct BatchTests {
  private func machine() throws -> GuestMachine {
    let machine = try GuestMachine(
      processors: 4,
      [
        GuestMachine.partition("A", processors: 3, reserved: 2), GuestMachine.partition("B"),
      ])
    try machine.activateAll()
    machine.run(seconds: 0.01)
    return machine
  }

  @Test(
    "what cannot be done as a whole is not begun",
    arguments: [
      (
        [
          ManagementAction.detachProcessor("A", processor: 1),
          .detachProcessor("A", processor: 9),
        ], ManagementError.processorNotDefined("A", processor: 9, defined: 5)
      ),
      (
        [.detachProcessor("A", processor: 1), .detachProcessor("A", processor: 1)],
        .processorNotOnline("A", processor: 1)
      ),
      (
        [.defineProcessor("A", processor: 3), .defineProcessor("A", processor: 2)],
        .processorOnline("A", processor: 2)
      ),
      (
        [.defineProcessor("A", processor: 3), .defineProcessor("A", processor: 4)],
        .insufficientProcessors("A", .cp, needed: 5, available: 4)
      ),
      (
        [.varyProcessor(3, online: false), .varyProcessor(2, online: false)],
        .physicalProcessorNeeded(2, by: "A")
      ),
      (
        [.set(.weight("A", type: nil, weight: 20)), .deactivate("NOBODY")],
        .partitionNotFound("NOBODY")
      ),
    ])
  func refused(_ actions: [ManagementAction], _ error: ManagementError) throws {
    let machine = try machine()
    let before = machine.manager.runningConfiguration
    let digest = machine.manager.storageDigest(of: nil)
    let entries = machine.manager.journal.count
    let changes = machine.manager.allChanges.count
    let refusal = ManagementError.inBatch(position: 1, error)
    #expect(throws: refusal) { try machine.manager.perform(.batch(actions)) }
    #expect(machine.manager.runningConfiguration == before)
    #expect(machine.manager.storageDigest(of: nil) == digest)
    #expect(machine.manager.journal.count == entries + 1)
    #expect(machine.manager.journal.last?.refusal == refusal)
    #expect(machine.manager.allChanges.count == changes + 1)
  }

  @Test("what can be done is done at once, with one entry in the journal")
  func done() throws {
    let machine = try machine()
    let entries = machine.manager.journal.count
    try machine.manager.perform(
      .batch([.detachProcessor("A", processor: 1), .detachProcessor("A", processor: 2)]))
    #expect(try machine.view("A").shares[0].online == 1)
    #expect(try machine.view("A").state == .notOperating)
    try machine.manager.perform(
      .batch([.varyProcessor(3, online: false), .varyProcessor(2, online: false)]))
    #expect(machine.manager.offlineProcessors == [2, 3])
    #expect(machine.manager.journal.count == entries + 2)
  }

  @Test("a partition's user needs the permission for each part")
  func authorized() throws {
    let machine = try machine()
    let refusal = ManagementError.notAuthorized("A", needs: .crossPartitionAuthority)
    #expect(throws: ManagementError.inBatch(position: 1, refusal)) {
      try machine.manager.perform(
        .batch([.set(.weight("A", type: nil, weight: 5)), .stop("B", processor: nil)]),
        by: .partition("A"))
    }
    #expect(try machine.view("A").shares[0].setting.weight == 100)
  }

  @Test(
    "a rehearsal has the running time that is set, and its processors count as the machine's do")
  func runningTime() throws {
    let machine = try machine()
    let rule = machine.manager.machineView.pools[0].runningTime
    for setting: UInt64? in [5_000_000, nil] {
      try machine.manager.perform(.set(.runningTime(nanoseconds: setting)))
      let rehearsal = machine.manager.rehearsal()
      let action = ManagementAction.defineStorage("B", byteCount: 2 << 20)
      try rehearsal.perform(action)
      try machine.manager.perform(action)
      #expect(
        rehearsal.machineView.pools[0].runningTime
          == machine.manager.machineView.pools[0].runningTime)
      #expect(machine.manager.machineView.pools[0].runningTime == setting ?? rule || setting == nil)
    }
  }
}
