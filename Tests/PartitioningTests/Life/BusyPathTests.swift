import Quantities
import Testing

@testable import Channels
@testable import Partitioning

/// CONFIG CHP OFFLINE and VARY OFFLINE CHPID of a path on which a request is under way.
///
/// Oracle: z/OS's times for CONFIG CHP (prsm.md 3.3: devices told after 15 seconds, a decision asked for after
/// 150), which are this machine's for VARY CHPID too, the masks' meanings (3.2), and counters of the guest program
/// that drives the disk.
@Suite("A path that is busy when it is to go off line")
struct BusyPathTests {
  /// A machine whose guest has a request under way at a disk that answers after so many seconds, and the path.
  private func machine(seconds: UInt64) throws -> (GuestMachine, UInt8) {
    let machine = try GuestMachine(
      processors: 2, inputOutput: true,
      [GuestMachine.partition("A", "IODRIVER", parameters: "50"), GuestMachine.partition("B")])
    try machine.manager.perform(.activate("A", load: false))
    try machine.manager.perform(.attachDevice("A", device: 0x200, as: 0x100))
    try machine.manager.perform(.load("A", image: nil, parameters: nil))
    try machine.manager.perform(.set(.missingInterruptTime(.all, seconds: nil)))
    machine.run(seconds: 0.1)
    try machine.manager.perform(
      .inject(.device(0x200, DeviceFault(delayNanoseconds: seconds * 1_000_000_000))))
    machine.run(seconds: 0.2)
    try machine.manager.perform(.inject(.device(0x200, nil)))
    let channels = machine.manager.channels
    let busy = [UInt8(0x10), 0x11].filter { channels.busyDevices(onPath: $0, of: 0) == [0x100] }
    return (machine, try #require(busy.first))
  }

  private func offline(_ path: UInt8, _ insistence: Insistence = .polite) -> ManagementAction {
    .configurePath("A", path: path, online: false, insistence: insistence)
  }

  private func isOnline(_ path: UInt8, _ machine: GuestMachine) -> Bool? {
    machine.manager.channels.paths(of: 0).first { $0.number == path }?.isOnline
  }

  private func tellings(_ machine: GuestMachine) -> [(UInt64, FirmwareEventKind)] {
    machine.manager.allEvents.compactMap { event in
      switch event.kind {
      case .pathBusy, .changeCompleted: (event.time, event.kind)
      default: nil
      }
    }
  }

  @Test("it is pending until the request has ended, told of after 15 seconds and again after 150")
  func waits() throws {
    let (machine, path) = try machine(seconds: 200)
    let asked = machine.manager.now
    guard case .pending(let changes) = try machine.manager.perform(offline(path)) else {
      Issue.record("not pending")
      return
    }
    #expect(changes.map(\.text) == ["CHP \(hexDigits(path, 2)) OFFLINE"])
    // Nothing begins there any more.
    #expect(isOnline(path, machine) == false)
    #expect(machine.manager.channels.busyDevices(onPath: path, of: 0) == [0x100])
    #expect(
      machine.refusal(offline(path)) == .changePending("A", try #require(changes.first)))
    machine.run(seconds: 201)
    let told = tellings(machine)
    let kinds: [FirmwareEventKind] = told.map(\.1)
    var completed = try #require(changes.first)
    completed.nextAsking = nil
    #expect(
      kinds == [
        .pathBusy(path: path, devices: [0x100], isLong: false),
        .pathBusy(path: path, devices: [0x100], isLong: true), .changeCompleted(completed),
      ])
    let times = told.map { ($0.0 - asked) / 1_000_000_000 }
    #expect(times.prefix(2) == [15, 150] && (199...201).contains(times.last ?? 0))
    #expect(isOnline(path, machine) == false)
    #expect(machine.counter(.retried, of: "A") == 0 && machine.counter(.errors, of: "A") == 0)
  }

  @Test("what ends at once is told at once; a path without requests goes at once")
  func atOnce() throws {
    let (machine, path) = try machine(seconds: 1)
    #expect(try machine.manager.perform(offline(path ^ 1)) == .done)
    try machine.manager.perform(
      .configurePath("A", path: path ^ 1, online: true, insistence: .polite))
    _ = try machine.manager.perform(offline(path))
    machine.run(seconds: 2)
    #expect(tellings(machine).count == 1)
    #expect(try machine.manager.partition("A").pending.isEmpty)
    #expect(isOnline(path, machine) == false)
  }

  @Test("CANCEL, ONLINE and a reset keep the path; FORCE moves the request to the other")
  func ends() throws {
    let ways: [(ManagementAction, Bool)] = [
      (.cancelPending("A", kind: .path), true), (.cancelPending("A", kind: nil), true),
      (.resetNormal("A", force: true), true),
    ]
    for (way, stays) in ways {
      let (machine, path) = try machine(seconds: 100)
      _ = try machine.manager.perform(offline(path))
      try machine.manager.perform(way)
      #expect(isOnline(path, machine) == stays)
      #expect(try machine.manager.partition("A").pending.isEmpty)
      machine.run(seconds: 20)
      #expect(tellings(machine).isEmpty)
    }
    let (machine, path) = try machine(seconds: 100)
    _ = try machine.manager.perform(offline(path))
    try machine.manager.perform(
      .configurePath("A", path: path, online: true, insistence: .polite))
    #expect(isOnline(path, machine) == true)
    _ = try machine.manager.perform(offline(path))
    try machine.manager.perform(offline(path, .force))
    #expect(isOnline(path, machine) == false)
    #expect(try machine.manager.partition("A").pending.isEmpty)
    machine.run(seconds: 101)
    #expect(machine.manager.subchannels(of: "A").first?.lastUsed == (path == 0x10 ? 0x40 : 0x80))
    #expect(machine.counter(.errors, of: "A") == 0)
  }

  // MARK: The whole machine

  private func vary(
    _ path: UInt8, online: Bool = false, _ insistence: Insistence = .polite
  ) -> ManagementAction {
    .varyPath(path, online: online, insistence: insistence)
  }

  @Test("what ends the last request ends the wait with it, before anything else is asked")
  func variedEndsAtOnce() throws {
    let (machine, path) = try machine(seconds: 100)
    _ = try machine.manager.perform(vary(path))
    #expect(machine.manager.machineView.pending.count == 1)
    try machine.manager.perform(.deactivate("A", force: true))
    #expect(machine.manager.machineView.pending.isEmpty)
    #expect(tellings(machine).count == 1)
  }

  @Test("VARY CHPID waits as CONFIG CHP does, and tells of each partition that is busy")
  func variedWaits() throws {
    let (machine, path) = try machine(seconds: 200)
    let manager = machine.manager
    let asked = manager.now
    guard case .pending(let changes) = try manager.perform(vary(path)) else {
      Issue.record("not pending")
      return
    }
    #expect(manager.machineView.pending == changes)
    // Nothing begins there any more, whoever asks; no partition's own setting is touched.
    #expect(isOnline(path, machine) == false)
    #expect(manager.channels.pathView(path)?.partitions == [0])
    #expect(machine.refusal(vary(path)) == .changePending("SYSTEM", try #require(changes.first)))
    #expect(
      machine.refusal(.configurePath("A", path: path, online: true, insistence: .polite))
        == .pathAlready("A", path: path, online: true))
    let items = manager.items(of: [], isGlobal: true).flatMap(\.items)
    #expect(items.contains { $0.name == "CHPIDS PENDING" && $0.text == hexDigits(path, 2) })
    machine.run(seconds: 201)
    var completed = try #require(changes.first)
    completed.nextAsking = nil
    let told = tellings(machine)
    #expect(
      told.map(\.1) == [
        .pathBusy(path: path, devices: [0x100], isLong: false),
        .pathBusy(path: path, devices: [0x100], isLong: true), .changeCompleted(completed),
      ])
    let times = told.map { ($0.0 - asked) / 1_000_000_000 }
    #expect(times.prefix(2) == [15, 150] && (199...201).contains(times.last ?? 0))
    #expect(manager.machineView.pending.isEmpty && manager.channels.closingPaths.isEmpty)
    #expect(manager.channels.offlinePaths == [path])
    #expect(machine.counter(.retried, of: "A") == 0 && machine.counter(.errors, of: "A") == 0)
  }

  @Test("VARY ONLINE keeps the path, FORCE moves the request, and what is saved goes on alike")
  func variedEnds() throws {
    let (machine, path) = try machine(seconds: 100)
    let manager = machine.manager
    _ = try manager.perform(vary(path))
    #expect(try manager.perform(vary(path, online: true)) == .done)
    #expect(isOnline(path, machine) == true && manager.machineView.pending.isEmpty)
    #expect(manager.channels.busyDevices(onPath: path, of: 0) == [0x100])
    // A wish of one partition and one for the whole machine end each by itself.
    _ = try manager.perform(offline(path))
    _ = try manager.perform(vary(path))
    try manager.perform(.cancelPending("A", kind: .path))
    #expect(manager.channels.busyDevices(onPath: path, of: 0) == [0x100])
    #expect(manager.machineState.firmware.pending.closing.count == 1)
    let rehearsal = manager.rehearsal()
    rehearsal.agreeToPending()
    #expect(rehearsal.machineView.pending.isEmpty && manager.machineView.pending.count == 1)
    #expect(try manager.perform(vary(path, .force)) == .done)
    #expect(manager.machineView.pending.isEmpty)
    machine.run(seconds: 101)
    #expect(machine.manager.subchannels(of: "A").first?.lastUsed == (path == 0x10 ? 0x40 : 0x80))
    #expect(machine.counter(.errors, of: "A") == 0)
  }

  @Test("a rehearsal has it done, and what is pending is kept and goes on alike")
  func rehearsed() throws {
    let (machine, path) = try machine(seconds: 100)
    let rehearsal = machine.manager.rehearsal()
    _ = try rehearsal.perform(offline(path))
    rehearsal.agreeToPending()
    #expect(try rehearsal.partition("A").pending.isEmpty)
    #expect(rehearsal.channels.paths(of: 0).first { $0.number == path }?.isOnline == false)
    #expect(isOnline(path, machine) == true)
  }
}
