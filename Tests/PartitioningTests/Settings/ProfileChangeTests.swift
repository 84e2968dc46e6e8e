import Testing

@testable import Partitioning

// Oracle: PR/SM Planning Guide, "Weights: capping": Save to profiles has no live effect, Change running
// system is live only, Save and change is both.

@Suite("Running values and profiles")
struct ProfileChangeTests {
  private func machine() throws -> GuestMachine {
    try GuestMachine(
      processors: 4, [GuestMachine.partition("A"), GuestMachine.partition("B", weight: 300)])
  }

  @Test("a running change is gone with the next activation")
  func running() throws {
    let machine = try machine()
    try machine.activateAll()
    try machine.manager.perform(.set(.weight("A", type: nil, weight: 500)))
    #expect(try machine.view("A").shares[0].setting.weight == 500)
    try machine.manager.perform(.deactivate("A", force: true))
    try machine.manager.perform(.activate("A", load: false))
    #expect(try machine.view("A").shares[0].setting.weight == 100)
  }

  @Test("a change of the profile waits for the next activation")
  func profile() throws {
    let machine = try machine()
    try machine.activateAll()
    try machine.manager.perform(.set(.weight("A", type: nil, weight: 500), .profile))
    #expect(try machine.view("A").shares[0].setting.weight == 100)
    #expect(try machine.view("A").shares[0].entitlement == 1)
    try machine.manager.perform(.activate("A", load: false, force: true))
    #expect(try machine.view("A").shares[0].setting.weight == 500)
    #expect(try machine.view("A").shares[0].entitlement == 2.5)
  }

  @Test("save and change does both, and SAVE writes what runs")
  func both() throws {
    let machine = try machine()
    try machine.activateAll()
    try machine.manager.perform(.set(.cap("A", type: nil, .absolute(hundredths: 50)), .both))
    #expect(
      machine.manager.record(of: "A")?.definition.processors[0].share.absoluteCapHundredths == 50)
    #expect(
      machine.manager.record(of: "A")?.profiles[0].definition.processors[0].share
        .absoluteCapHundredths
        == 50)
    try machine.manager.perform(.set(.weight("A", type: nil, weight: 7)))
    try machine.manager.perform(.saveProfile("A"))
    #expect(machine.manager.record(of: "A")?.profiles[0].definition.processors[0].share.weight == 7)
  }

  @Test("a refused profile change changes neither")
  func allOrNothing() throws {
    let machine = try machine()
    try machine.activateAll()
    try machine.manager.perform(
      .set(.weightRange("A", type: nil, minimum: 50, maximum: 200), .profile))
    let before = machine.manager.runningConfiguration
    #expect(throws: ManagementError.weightOutOfRange(300, allowed: 50...200)) {
      try machine.manager.perform(.set(.weight("A", type: nil, weight: 300), .both))
    }
    #expect(machine.manager.runningConfiguration == before)
    let initial = Setting.initialShare("A", type: nil)
    #expect(throws: ManagementError.notInProfile(.set(initial))) {
      try machine.manager.perform(.set(initial, .profile))
    }
  }

  @Test(
    "limits of settings",
    arguments: [
      (
        ManagementAction.set(.weightRange("A", type: nil, minimum: 101, maximum: nil)),
        ManagementError.weightRange(minimum: 101, weight: 100, maximum: 999)
      ),
      (
        .set(.weightRange("A", type: nil, minimum: nil, maximum: 1000)),
        .weightRange(minimum: 1, weight: 100, maximum: 1000)
      ),
      (.set(.runningTime(nanoseconds: 999_999)), .runningTimeOutOfRange(999_999)),
      (.set(.runningTime(nanoseconds: 100_000_001)), .runningTimeOutOfRange(100_000_001)),
      (.set(.group("A", type: nil, group: "NONE")), .groupNotFound("NONE", known: [])),
      (.set(.definedCapacity("A", units: 10)), .capacityUnknown(.cp)),
      (.set(.definedCapacity("A", units: 0)), .capacityOutOfRange(0)),
      (.set(.cap("A", type: nil, .absolute(hundredths: 25_501))), .capOutOfRange(25_501)),
      (.set(.weight("A", type: .ifl, weight: 5)), .noSharedProcessors("A", .ifl)),
    ])
  func limits(_ action: ManagementAction, _ error: ManagementError) throws {
    let machine = try machine()
    try machine.activateAll()
    let digest = machine.manager.storageDigest(of: nil)
    let before = machine.manager.runningConfiguration
    #expect(throws: error) { try machine.manager.perform(action) }
    #expect(machine.manager.runningConfiguration == before)
    #expect(machine.manager.storageDigest(of: nil) == digest)
    #expect(machine.manager.allChanges.last?.refusal == error)
  }

  @Test("a share of one type leaves the other types' shares as they were said")
  func sharePerType() throws {
    var definition = GuestMachine.partition("A")
    definition.processors[0].share = ShareDefinition(.absolute(hundredthsOfPercent: 2000))
    definition.processors.append(
      PartitionProcessors(type: .ifl, share: definition.processors[0].share))
    let context = SettingContext(groups: [], ratedTypes: [], devices: [], profile: nil)
    let changed = try definition.applying(
      [.share("A", type: .ifl, amount: .relative(50), limit: .hard(nil))], in: context)
    #expect(changed.processors[0].share.amount == .absolute(hundredthsOfPercent: 2000))
    #expect(changed.processors[1].share.amount == .relative(50))
    #expect(changed.processors[1].share.limit == .hard(nil))
    #expect(changed.processors[0].share.limit == .none)
  }

  @Test("every value that a pool is divided by takes effect, and a permission divides nothing anew")
  func effects() throws {
    let machine = try machine()
    try machine.activateAll()
    func standing() throws -> [Double] {
      try ["A", "B"].map { try machine.view($0).shares[0].entitlement }
    }
    #expect(try standing() == [1, 3])
    try machine.manager.perform(.set(.security("A", .isolation, true)))
    #expect(try standing() == [1, 3])
    try machine.manager.perform(
      .set(.share("A", type: nil, amount: .absolute(hundredthsOfPercent: 5000), limit: nil)))
    #expect(try standing() == [2, 2])
    try machine.manager.perform(.set(.polarity("A", .vertical)))
    #expect(try machine.view("A").processors[0].polarity == .verticalHigh)
    try machine.manager.perform(.set(.cap("B", type: nil, .absolute(hundredths: 25))))
    #expect(try machine.view("B").shares[0].limits?.effective.processors == Fraction(1, 4))
  }
}
