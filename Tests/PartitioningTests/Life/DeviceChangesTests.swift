import Foundation
import GuestPrograms
import Quantities
import Testing

@testable import Channels
@testable import Partitioning

/// Devices that partitions are given and that are taken from them.
///
/// Oracle: the rules of PR/SM and CP as the
/// design has them: one writer or readers only, all or nothing, and nothing without a word.
@Suite("Devices that come and go")
struct DeviceChangesTests {
  private func machine() throws -> GuestMachine {
    try GuestMachine(
      processors: 3, inputOutput: true,
      [
        GuestMachine.partition("A", "IODRIVER", parameters: "1"),
        GuestMachine.partition("B", "SPIN"), GuestMachine.partition("C", "PULSE", parameters: "1"),
      ])
  }

  private let driver = IPLDefinition.program(name: "IODRIVER", parameters: "1")

  private func attach(
    _ name: String, _ virtual: UInt16 = 0x100, readOnly: Bool = false
  ) -> ManagementAction {
    .attachDevice(name, device: 0x200, as: virtual, isReadOnly: readOnly)
  }

  private func devices(_ machine: GuestMachine, _ name: String) throws -> [UInt16] {
    let view = try machine.view(name)
    #expect(view.devices.map(\.virtualDevice) == view.definition.devices.map(\.virtualDevice))
    return view.devices.map(\.virtualDevice)
  }

  @Test("a program finds a disk at its next load, keeps it until FORCE, and its requests end then")
  func program() throws {
    let machine = try machine()
    try machine.manager.perform(.activate("A", load: false))
    // Nothing runs there that could be told.
    #expect(try machine.manager.perform(attach("A")) == .done)
    try machine.manager.perform(.load("A", image: nil, parameters: nil))
    machine.run(seconds: 0.2)
    #expect(try machine.view("A").requestCount > 0)
    #expect(machine.counter(.errors, of: "A") == 0)
    #expect(
      machine.refusal(.detachDevice("A", device: 0x100))
        == .deviceInGuestUse("A", device: 0x100))
    #expect(try machine.manager.perform(.detachDevice("A", device: 0x100, force: true)) == .done)
    #expect(try devices(machine, "A") == [])
    machine.run(seconds: 1.2)
    #expect(machine.counter(.retried, of: "A") > 0)
    // One that runs finds it at its next load: until then that is pending, and can be had back.
    try machine.manager.perform(.activate("C", load: true))
    machine.run(seconds: 0.1)
    guard case .pending(let changes) = try machine.manager.perform(attach("C", 0x300)) else {
      Issue.record("not pending")
      return
    }
    #expect(changes.map(\.waitsForLoad) == [true])
    #expect(changes.map(\.text) == ["DASD 0300 ATTACH"])
    machine.run(seconds: 100)
    #expect(try machine.view("C").pending == changes)
    #expect(try machine.manager.perform(.detachDevice("C", device: 0x300)) == .done)
    #expect(try machine.view("C").pending == [])
    #expect(try devices(machine, "C") == [])
    try machine.manager.perform(attach("C", 0x300))
    try machine.manager.perform(.load("C", image: driver, parameters: nil, force: true))
    #expect(try machine.view("C").pending == [])
    machine.run(seconds: 0.2)
    #expect(try machine.view("C").requestCount > 0)
    try machine.manager.perform(.deactivate("C", force: true))
    #expect(machine.manager.deviceViews.map(\.users) == [[]])
  }

  @Test("one writes, or several read")
  func writers() throws {
    let machine = try machine()
    #expect(machine.refusal(attach("A")) != nil)
    for name in ["A", "B", "C"] { try machine.manager.perform(.activate(name, load: false)) }
    try machine.manager.perform(attach("A"))
    let taken = ManagementError.deviceInUse(0x200, by: "A", as: 0x100)
    #expect(machine.refusal(attach("B")) == taken)
    #expect(machine.refusal(attach("B", readOnly: true)) == taken)
    #expect(machine.refusal(attach("A", 0x101)) == taken)
    try machine.manager.perform(.detachDevice("A", device: 0x100))
    try machine.manager.perform(attach("A", readOnly: true))
    try machine.manager.perform(attach("B", readOnly: true))
    #expect(machine.refusal(attach("C")) == taken)
    #expect(
      machine.manager.deviceViews.flatMap(\.users).map(\.partition) == ["A", "B"])
    #expect(
      machine.refusal(.detachDevice("C", device: 0x100))
        == .virtualDeviceNotFound("C", device: 0x100))
  }

  @Test("what is off line nobody is given, and what is attached stays on line")
  func offline() throws {
    let machine = try machine()
    let manager = machine.manager
    try manager.perform(.activate("A", load: false))
    try manager.perform(.varyDevice(0x200, online: false))
    #expect(machine.refusal(attach("A")) == .deviceOffline(0x200))
    #expect(
      machine.refusal(.varyDevice(0x200, online: false))
        == .deviceAlready(0x200, online: false))
    #expect(machine.refusal(.varyDevice(0x201, online: false)) == .deviceNotFound(0x201))
    // It is kept for the next machine.
    let next = try self.machine().manager
    #expect(next.restore(manager.runningConfiguration).offlineDevices == [0x200])
    try manager.perform(.varyDevice(0x200, online: true))
    try manager.perform(attach("A"))
    #expect(
      machine.refusal(.varyDevice(0x200, online: false))
        == .deviceInUse(0x200, by: "A", as: 0x100))
    // Both or none.
    #expect(
      machine.refusal(.batch([.detachDevice("A", device: 0x100), attach("B")]))
        == .wrongState("B", is: .notActivated, needs: [.notOperating, .operating, .exceptions]))
    #expect(try devices(machine, "A") == [0x100])
  }

  @Test("RECOVER gives what the lost partition had")
  func recovered() throws {
    let machine = try machine()
    try machine.manager.perform(.activate("A", load: true))
    try machine.manager.perform(attach("A", 0x120, readOnly: true))
    let next = try self.machine()
    #expect(next.manager.restore(machine.manager.runningConfiguration).lost == ["A"])
    try next.manager.perform(.recover("A"))
    #expect(try devices(next, "A") == [0x120])
    #expect(try next.view("A").definition.devices.map(\.isReadOnly) == [true])
    #expect(try next.view("A").pending == [])
  }

  @Test("a state in the middle goes on as it would have, and none with foreign devices is taken")
  func states() throws {
    let machine = try machine()
    for name in ["A", "C"] { try machine.manager.perform(.activate(name, load: true)) }
    machine.run(seconds: 0.1)
    try machine.manager.perform(attach("A"))
    try machine.manager.perform(.load("A", image: nil, parameters: nil, force: true))
    machine.run(seconds: 0.1)
    try machine.manager.perform(.detachDevice("A", device: 0x100, force: true))
    try machine.manager.perform(attach("C", 0x300))
    let checkpoint = machine.manager.checkpoint()
    let other = try self.machine()
    try other.manager.restore(checkpoint)
    for one in [machine, other] {
      try one.manager.perform(.load("C", image: driver, parameters: nil, force: true))
      one.run(seconds: 0.2)
    }
    #expect(machine.manager.machineView.digest == other.manager.machineView.digest)
    #expect(machine.manager.storageDigest(of: "A") == other.manager.storageDigest(of: "A"))
    #expect(machine.manager.checkpoint() == other.manager.checkpoint())
    var foreign = checkpoint
    foreign.machine.partitions[0].definition.devices = [
      DeviceAssignment(virtualDevice: 0x300, realDevice: 0x200)
    ]
    #expect(throws: StateRefusal.self) { try self.machine().manager.restore(foreign) }
    // Two who write one device.
    foreign = checkpoint
    let own = foreign.machine.partitions[2].definition.devices
    foreign.machine.partitions[0].definition.devices = own
    var channels = try #require(foreign.machine.channels.activity.subchannels.first)
    channels.partition = 0
    foreign.machine.channels.activity.subchannels.elements.insert(channels, at: 0)
    #expect(throws: StateRefusal.self) { try self.machine().manager.restore(foreign) }
  }

  @Test("a partition without channel paths has no devices, one without a place no more")
  func places() throws {
    let machine = try machine()
    try machine.manager.perform(.definePartition("NEW1"))
    try machine.manager.perform(.activate("NEW1", load: false))
    #expect(
      machine.refusal(attach("NEW1"))
        == .deviceNotAttachable("NEW1", device: 0x200, .unreachable))
    try machine.manager.perform(.activate("A", load: false))
    #expect(
      machine.refusal(.attachDevice("A", device: 0x1FF, as: 0x100)) == .deviceNotFound(0x1FF))
  }
}
