import Testing

@testable import Partitioning

@Suite("Rehearsal: actions judged without being done")
struct RehearsalTests {
  @Test("what a rehearsal does shows in it and nowhere else")
  func isolation() throws {
    let machine = try GuestMachine(
      processors: 4, inputOutput: true,
      [
        GuestMachine.partition("A", reserved: 1, megabytes: 2, reservedMegabytes: 4),
        GuestMachine.partition("B", mode: .dedicated), GuestMachine.partition("C"),
      ])
    try machine.manager.perform(.activate("A", load: true))
    try machine.manager.perform(.activate("B", load: true))
    machine.run(seconds: 0.1)
    let digest = machine.manager.storageDigest(of: nil)
    let before = machine.manager.runningConfiguration
    let view = machine.manager.machineView
    let rehearsal = machine.manager.rehearsal()
    #expect(rehearsal.runningConfiguration == before)
    #expect(rehearsal.machineView.pools == view.pools)
    for action: ManagementAction in [
      .set(.weight("A", type: nil, weight: 300)), .activate("C", load: true),
      .configureStorage("A", byteCount: 2 << 20, online: true, insistence: .force, within: nil),
      .configureProcessor("A", processor: 1, online: true, insistence: .force, within: nil),
      .configurePath("A", path: 0x10, online: false, insistence: .force),
      .varyProcessor(0, online: false), .deactivate("B", force: true),
    ] {
      try rehearsal.perform(action)
    }
    #expect(rehearsal.partitionView("A")?.shares[0].entitlement == 9.0 / 4)
    #expect(rehearsal.partitionView("A")?.storageByteCount == 4 << 20)
    #expect(rehearsal.partitionView("B")?.state == .notActivated)
    #expect(machine.manager.runningConfiguration == before)
    #expect(machine.manager.storageDigest(of: nil) == digest)
    #expect(machine.manager.journal.count == 2)
    // The guests go on as if nothing had been tried.
    machine.run(seconds: 0.1)
    #expect(try machine.view("A").state == .operating)
  }

  /// What outlives a machine, but for the pages that a guest has written, which a rehearsal has no guest for.
  private static func kept(_ manager: PartitionManager) -> RunningConfiguration {
    var kept = manager.runningConfiguration
    for place in kept.partitions.indices { kept.partitions[place].state.countedPages = 0 }
    return kept
  }

  @Test("a rehearsal refuses what the machine refuses, action by action", arguments: 1...20)
  func agreement(seed: UInt64) throws {
    let machine = try GuestMachine(
      processors: 3,
      (0..<4).map {
        GuestMachine.partition(
          "G\($0)", ["SPIN", "PULSE", "TOUCHER", "TALKER"][$0], reserved: 1,
          mode: $0 == 3 ? .dedicated : .shared, megabytes: 40, reservedMegabytes: 60)
      })
    var numbers = SeededGenerator(seed: seed)
    for _ in 0..<60 {
      let action = RehearsalTests.action(&numbers)
      let rehearsal = machine.manager.rehearsal()
      var expected: ManagementError?
      do throws(ManagementError) { try rehearsal.perform(action) } catch { expected = error }
      var found: ManagementError?
      do throws(ManagementError) { try machine.manager.perform(action) } catch { found = error }
      #expect(found == expected, "\(action)")
      #expect(
        RehearsalTests.kept(machine.manager) == RehearsalTests.kept(rehearsal), "\(action)")
      machine.run(seconds: 0.003)
    }
  }

  @Test("a guest that was just loaded hears nothing, in a batch as alone")
  func batchOfLoadAndSignal() throws {
    let machine = try GuestMachine(
      processors: 2, [GuestMachine.partition("A", "TOUCHER", megabytes: 40)])
    try machine.activateAll()
    machine.run(seconds: 0.2)
    #expect(try machine.view("A").listensToNotices)
    var before = machine.manager.machineState
    #expect(throws: ManagementError.inBatch(position: 1, .shutdownSignalNotEnabled("A"))) {
      try machine.manager.perform(
        .batch([
          .load("A", image: nil, parameters: nil, force: true),
          .signalShutdown("A", within: 1, thenForce: false),
        ]))
    }
    var after = machine.manager.machineState
    (before.firmware.journal, after.firmware.journal) = (JournalState(), JournalState())
    #expect(after == before)
  }

  private static func action(_ numbers: inout SeededGenerator) -> ManagementAction {
    let name = "G\(Int.random(in: 0...3, using: &numbers))"
    let flag = Bool.random(using: &numbers)
    switch Int.random(in: 0...13, using: &numbers) {
    case 0, 1: return .activate(name, load: flag)
    case 2: return .deactivate(name, force: flag)
    case 3: return .set(.weight(name, type: nil, weight: Int.random(in: 0...1100, using: &numbers)))
    case 4: return .set(.cap(name, type: nil, .ownShare(flag)))
    case 5, 6:
      return .configureProcessor(
        name, processor: Int.random(in: 0...2, using: &numbers), online: flag,
        insistence: Bool.random(using: &numbers) ? .polite : .force, within: 1)
    case 7, 8:
      return .configureStorage(
        name, byteCount: UInt64(Int.random(in: 0...70, using: &numbers)) << 20, online: flag,
        insistence: Bool.random(using: &numbers) ? .polite : .force, within: 1)
    case 9: return .varyProcessor(Int.random(in: 0...3, using: &numbers), online: flag)
    case 10: return flag ? .resetNormal(name) : .resetClear(name, force: true)
    case 11: return flag ? .stop(name, processor: nil) : .start(name, processor: nil)
    case 12: return .cancelPending(name, kind: nil)
    default: return .signalShutdown(name, within: 1, thenForce: flag)
    }
  }
}
