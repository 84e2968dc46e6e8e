import Testing

@testable import Partitioning

// Oracle: what the same actions do one by one.

@Suite("A batch over several partitions is one action")
struct BatchOfPartitionsTests {
  private func machine() throws -> GuestMachine {
    let machine = try GuestMachine(
      processors: 4, inputOutput: true,
      [
        GuestMachine.partition("A", reserved: 1, reservedMegabytes: 4),
        GuestMachine.partition("B"), GuestMachine.partition("C", "TALKER"),
      ])
    try machine.activateAll()
    machine.run(seconds: 0.01)
    return machine
  }

  @Test("all of it is done, with one entry and one change that has every difference")
  func done() throws {
    let machine = try machine()
    let entries = machine.manager.journal.count
    let actions: [ManagementAction] = [
      .set(.weight("A", type: nil, weight: 50)), .set(.polarity("B", .vertical), .both),
      .deactivate("C", force: true), .set(.runningTime(nanoseconds: 5_000_000)),
    ]
    try machine.manager.perform(.batch(actions))
    #expect(machine.manager.journal.count == entries + 1)
    #expect(machine.manager.journal.last?.action == .batch(actions))
    let change = try #require(machine.manager.allChanges.last)
    #expect(change.partition == nil)
    #expect(change.partitions == ["A", "B", "C"])
    let apart = try self.machine()
    for action in actions { try apart.manager.perform(action) }
    #expect(machine.manager.runningConfiguration == apart.manager.runningConfiguration)
    let told = apart.manager.allChanges.suffix(actions.count).flatMap { change in
      change.differences.map { difference in
        var difference = difference
        difference.partition = change.partition
        return difference
      }
    }
    #expect(told.count > 6)
    #expect(change.differences == told)
  }

  /// The host's addresses are 128 TiB: of these partitions eight have room.
  ///
  /// Oracle: the host, which refuses one of them when they are activated one by one.
  @Test("nothing is done when the host has no memory for one of its partitions")
  func noHostMemory() throws {
    let names = (0..<9).map { "P\($0)" }
    func machine() throws -> GuestMachine {
      try GuestMachine(
        processors: 1, storageMegabytes: 16 << 20, incrementMegabytes: 1024,
        names.map {
          GuestMachine.partition($0, megabytes: 1024, reservedMegabytes: 15 << 20)
        })
    }
    let apart = try machine()
    let refused = names.firstIndex { name in
      (try? apart.manager.perform(.activate(name, load: false))) == nil
    }
    let position = try #require(refused)
    let together = try machine()
    for name in names.prefix(position) {
      try apart.manager.perform(.deactivate(name, force: true))
    }
    let before = together.manager.machineState
    let refusal = #expect(throws: ManagementError.self) {
      try together.manager.perform(.batch(names.map { .activate($0, load: false) }))
    }
    // Which of them has no room depends on what other tests hold of the host's addresses meanwhile.
    guard case .inBatch(let first, let error)? = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
    #expect(first > 0 && error == .hostMemory(names[first]))
    var after = together.manager.machineState
    after.firmware.journal = before.firmware.journal
    #expect(after == before)
    let few = names.prefix(3)
    try together.manager.perform(.batch(few.map { .activate($0, load: true) }))
    #expect(few.allSatisfy { together.manager.isActive($0) == true })
  }

  /// Actions of which the third cannot be done.
  private static let refused: [([ManagementAction], ManagementError)] = [
    (
      [
        .set(.weight("A", type: nil, weight: 50)), .deactivate("B", force: true),
        .deactivate("C"), .varyProcessor(3, online: false),
      ], .forceNeeded("C", is: .operating)
    ),
    (
      [
        .deactivate("A", force: true), .storeStorage("B", address: 0x2000, bytes: [1]),
        .storeStorage("B", address: 1 << 40, bytes: [1]),
      ], .notStorage("B", address: 1 << 40, byteCount: 1)
    ),
    (
      [
        .storeRegister("A", processor: 0, register: "RAX", value: 1), .stop("B", processor: nil),
        .storeRegister("C", processor: 0, register: "R99", value: 1),
      ], .registerNotFound("R99")
    ),
    (
      // A guest that was just loaded listens to nothing.
      [
        .configureProcessor("A", processor: 1, online: true, insistence: .force, within: nil),
        .load("A", image: nil, parameters: nil, force: true),
        .configureProcessor("A", processor: 1, online: false, insistence: .polite, within: nil),
      ], .guestNotListening("A")
    ),
    (
      [
        .deactivate("B", force: true), .deactivate("A", force: true),
        .load(
          "C", image: .kernel(file: "/etc/passwd", initialRamdisk: nil, parameters: ""),
          parameters: nil, force: true),
      ], .loadImage("C", path: "/etc/passwd", reason: "")
    ),
    (
      [
        .deactivate("A", force: true), .activate("A", load: false),
        .set(.weight("B", type: nil, weight: 0)),
      ], .weightOutOfRange(0, allowed: 1...999)
    ),
  ]

  @Test("a refusal of the third leaves nothing changed and names it", arguments: 0..<6)
  func refused(row: Int) throws {
    let (actions, expected) = Self.refused[row]
    let machine = try machine()
    let before = machine.manager.runningConfiguration
    let digest = machine.manager.storageDigest(of: nil)
    let changes = machine.manager.allChanges.count
    do throws(ManagementError) {
      try machine.manager.perform(.batch(actions))
      Issue.record("performed")
    } catch {
      guard case .inBatch(position: 2, let cause) = error else {
        Issue.record("\(error)")
        return
      }
      // Why an image is none is said in the loader's words.
      if case .loadImage("C", "/etc/passwd", _) = cause {
      } else {
        #expect(cause == expected)
      }
    }
    #expect(machine.manager.runningConfiguration == before)
    #expect(machine.manager.storageDigest(of: nil) == digest)
    #expect(machine.manager.allChanges.count == changes + 1)
  }

  @Test("settings in both places that follow each other are judged as they are together")
  func together() throws {
    let machine = try machine()
    try machine.manager.perform(
      .batch([
        .set(.weightRange("A", type: nil, minimum: 400, maximum: 600), .both),
        .set(.weight("A", type: nil, weight: 500), .both),
        .set(.weight("B", type: nil, weight: 7)),
      ]))
    let own = try #require(machine.manager.record(of: "A"))
    #expect(own.definition.processors[0].share.weight == 500)
    #expect(own.profiles[0].definition.processors[0].share.weight == 500)
    #expect(try machine.view("B").shares[0].setting.amount == .relative(7))
  }
}

@Suite("A change of weights keeps what it does not say")
struct WeightChangeTests {
  @Test("in each place by what that has")
  func scopes() throws {
    let machine = try GuestMachine(processors: 2, [GuestMachine.partition("A")])
    try machine.activateAll()
    try machine.manager.perform(
      .set(.weightChange("A", type: nil, WeightChange(maximum: .weight(500))), .profile))
    try machine.manager.perform(
      .set(.weightChange("A", type: nil, WeightChange(weight: 90, minimum: .weight(7))), .both))
    let own = try #require(machine.manager.record(of: "A"))
    #expect(own.definition.processors[0].maximumWeight == nil)
    #expect(own.profiles[0].definition.processors[0].maximumWeight == 500)
    #expect(
      [own.definition, own.profiles[0].definition].allSatisfy {
        $0.processors[0].minimumWeight == 7
      })
    #expect(
      machine.manager.journal.last?.action
        == .batch([
          .set(.weight("A", type: .cp, weight: 90)),
          .set(.weightRange("A", type: .cp, minimum: 7, maximum: nil)),
          .set(.weight("A", type: .cp, weight: 90), .profile),
          .set(.weightRange("A", type: .cp, minimum: 7, maximum: 500), .profile),
        ]))
    try machine.manager.perform(
      .set(.weightChange("A", type: .cp, WeightChange(minimum: WeightChange.Limit.none)), .both))
    #expect(machine.manager.record(of: "A")?.definition.processors[0].minimumWeight == nil)
    #expect(throws: ManagementError.noSharedProcessors("A", .ifl)) {
      try machine.manager.perform(
        .set(.weightChange("A", type: .ifl, WeightChange(weight: 5))))
    }
  }
}
