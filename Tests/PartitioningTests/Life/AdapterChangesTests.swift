import Channels
import GuestPrograms
import Quantities
import Testing

@testable import Partitioning

/// Network adapters that partitions are given and that are taken from them.
///
/// Oracle: Docs/Operations.md, "Networks": what it says of places, numbers, grants and what a load finds.
@Suite("Network adapters that come and go")
struct AdapterChangesTests {
  private func machine() throws -> GuestMachine {
    var own = GuestMachine.partition("A", "PULSE", parameters: "1")
    own.networkAdapters = [NetworkAdapterDefinition(virtualDevice: 0x600, switchName: "NET")]
    let machine = try GuestMachine(
      processors: 3, inputOutput: true,
      [own, GuestMachine.partition("B", "PULSE", parameters: "1")])
    try machine.manager.perform(
      .network(.define("NET", defaultVLAN: nil, bytesPerSecond: nil, latencyNanoseconds: nil)))
    return machine
  }

  private func define(_ name: String, _ device: UInt16, on network: String? = nil)
    -> ManagementAction
  {
    .network(
      .defineAdapter(
        name, NetworkAdapterDefinition(virtualDevice: device, switchName: network)))
  }

  private func detach(_ name: String, _ device: UInt16) -> ManagementAction {
    .network(.detachAdapter(name, device: device))
  }

  /// The adapters of a partition, by the networks and by its definition in force, which say the same.
  private func adapters(_ machine: GuestMachine, _ name: String) throws -> [UInt16] {
    let number = try #require(machine.manager.number(of: name))
    let adapters = machine.manager.networks.adapters(of: number).map(\.device)
    #expect(adapters == (try machine.view(name).definition.networkAdapters.map(\.virtualDevice)))
    return adapters
  }

  @Test("what is refused, and that disks and adapters share numbers and places")
  func refusals() throws {
    let machine = try machine()
    #expect(machine.refusal(define("A", 0x700)) != nil)
    for name in ["A", "B"] { try machine.manager.perform(.activate(name, load: false)) }
    #expect(machine.refusal(define("A", 0x600)) == .adapterNumberTaken("A", 0x600))
    try machine.manager.perform(.attachDevice("A", device: 0x200, as: 0x100))
    #expect(machine.refusal(define("A", 0x100)) == .adapterNumberTaken("A", 0x100))
    #expect(
      machine.refusal(.detachDevice("A", device: 0x600))
        == .virtualDeviceNotFound("A", device: 0x600))
    #expect(
      machine.refusal(detach("A", 0x100)) == .adapterNotFound("A", 0x100, known: [0x600]))
    #expect(
      machine.refusal(define("B", 0x700, on: "NOWHERE"))
        == .switchNotFound("NOWHERE", known: ["NET"]))
    #expect(machine.refusal(define("B", 0x700, on: "NET")) == .notGranted("B", network: "NET"))
    for number in UInt16(0x701)...0x706 { try machine.manager.perform(define("A", number)) }
    #expect(
      machine.refusal(define("A", 0x707)) == .noPlaceForAdapter("A", 0x707, limit: 8))
    try machine.manager.perform(.detachDevice("A", device: 0x100))
    try machine.manager.perform(define("A", 0x100))
    #expect(
      machine.refusal(.attachDevice("A", device: 0x200, as: 0x100))
        == .deviceNumberTaken("A", device: 0x200, as: 0x100))
    #expect(
      machine.refusal(.attachDevice("A", device: 0x200, as: 0x101))
        == .deviceNotAttachable("A", device: 0x200, .noPlace(limit: 8)))
    // Each has an address of its own, also one that takes the place of another.
    try machine.manager.perform(detach("A", 0x703))
    try machine.manager.perform(define("A", 0x777))
    let addresses = machine.manager.networks.adapters(of: 0).map(\.address)
    #expect(addresses.count == 8 && Set(addresses).count == 8)
    // In a rehearsal the same holds of a partition that is activated there.
    let rehearsal = machine.manager.rehearsal()
    try rehearsal.perform(.deactivate("A", force: true))
    try rehearsal.perform(.activate("A", load: false))
    try rehearsal.perform(define("A", 0x700))
    #expect(try adapters(machine, "A").count == 8)
  }

  @Test("what is defined goes with the deactivation, what was detached comes again with it")
  func life() throws {
    let machine = try machine()
    try machine.manager.perform(.activate("A", load: true))
    guard case .pending(let changes) = try machine.manager.perform(define("A", 0x700)) else {
      Issue.record("not pending")
      return
    }
    #expect(changes.map(\.text) == ["NIC 0700 DEFINE"])
    #expect(changes.map(\.waitsForLoad) == [true])
    #expect(
      machine.refusal(define("A", 0x700)) == .adapterNumberTaken("A", 0x700))
    try machine.manager.perform(.load("A", image: nil, parameters: nil, force: true))
    #expect(try machine.view("A").pending == [])
    // No driver of the program has set it up: it goes at once, and is connected to nothing.
    try machine.manager.perform(detach("A", 0x600))
    #expect(try adapters(machine, "A") == [0x700])
    #expect(machine.manager.networks.adapters.allSatisfy { $0.switchName == nil })
    machine.run(seconds: 0.1)
    try machine.manager.perform(.deactivate("A", force: true))
    #expect(machine.manager.networks.adapters.isEmpty)
    try machine.manager.perform(.activate("A", load: false))
    #expect(try adapters(machine, "A") == [0x600])
    #expect(machine.manager.networks.adapters.map(\.switchName) == ["NET"])
  }

  @Test("RECOVER gives what the lost partition had, and takes what it had given back")
  func recovered() throws {
    let machine = try machine()
    try machine.manager.perform(.activate("A", load: true))
    try machine.manager.perform(define("A", 0x700))
    try machine.manager.perform(detach("A", 0x600))
    let next = try self.machine()
    #expect(next.manager.restore(machine.manager.runningConfiguration).lost == ["A"])
    try next.manager.perform(.recover("A"))
    #expect(try adapters(next, "A") == [0x700])
  }

  @Test("a machine that is saved with them goes on as it would have")
  func states() throws {
    let machine = try machine()
    try machine.manager.perform(.activate("A", load: true))
    try machine.manager.perform(define("A", 0x700))
    machine.run(seconds: 0.05)
    let checkpoint = machine.manager.checkpoint()
    let other = try self.machine()
    try other.manager.restore(checkpoint)
    for one in [machine, other] {
      try one.manager.perform(detach("A", 0x600))
      try one.manager.perform(.load("A", image: nil, parameters: nil, force: true))
      one.run(seconds: 0.05)
    }
    #expect(machine.manager.machineView.digest == other.manager.machineView.digest)
    #expect(machine.manager.checkpoint() == other.manager.checkpoint())
  }
}
