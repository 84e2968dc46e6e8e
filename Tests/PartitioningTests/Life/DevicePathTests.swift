import Quantities
import Testing

@testable import Channels
@testable import Partitioning

/// VARY PATH, and what each act says in which mask.
///
/// Oracle: prsm.md 3.2 and 3.3 (the meanings of PIM, PAM, POM and LPM; z/OS's rules for the last path, IEE376I).
@Suite("Paths to one device of a partition")
struct DevicePathTests {
  private func machine(loaded: Bool) throws -> GuestMachine {
    let machine = try GuestMachine(
      processors: 2, inputOutput: true,
      [GuestMachine.partition("A", "IODRIVER", parameters: "1"), GuestMachine.partition("B")])
    try machine.manager.perform(.activate("A", load: false))
    try machine.manager.perform(.attachDevice("A", device: 0x200, as: 0x100))
    if loaded { try machine.manager.perform(.load("A", image: nil, parameters: nil)) }
    machine.run(seconds: 0.1)
    return machine
  }

  private func vary(
    _ path: UInt8, online: Bool, _ insistence: Insistence = .polite
  ) -> ManagementAction {
    .varyDevicePath("A", device: 0x100, path: path, online: online, insistence: insistence)
  }

  private func masks(_ machine: GuestMachine) throws -> [UInt8] {
    let view = try #require(machine.manager.subchannels(of: "A").first)
    return [view.installed, view.available, view.operational, view.logical]
  }

  /// An act on path 10, what undoes it, and PIM, PAM, POM and LPM between.
  struct Act: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var act: ManagementAction
    var back: ManagementAction
    var masks: [UInt8]
  }

  private static let acts = [
    Act(
      testDescription: "CONFIG CHP",
      act: .configurePath("A", path: 0x10, online: false, insistence: .polite),
      back: .configurePath("A", path: 0x10, online: true, insistence: .polite),
      masks: [0xC0, 0x40, 0xC0, 0xC0]),
    Act(
      testDescription: "VARY CHPID", act: .varyPath(0x10, online: false, insistence: .polite),
      back: .varyPath(0x10, online: true, insistence: .polite), masks: [0xC0, 0x40, 0xC0, 0xC0]),
    Act(
      testDescription: "INJECT CHPID", act: .inject(.path(0x10, fails: true)),
      back: .inject(.path(0x10, fails: false)), masks: [0xC0, 0xC0, 0x40, 0xC0]),
    Act(
      testDescription: "VARY PATH",
      act: .varyDevicePath("A", device: 0x100, path: 0x10, online: false),
      back: .varyDevicePath("A", device: 0x100, path: 0x10, online: true),
      masks: [0xC0, 0xC0, 0xC0, 0x40]),
  ]

  @Test(
    "each act clears its bit in its own mask, and the requests take the other path", arguments: acts
  )
  func eachMask(act: Act) throws {
    let machine = try machine(loaded: true)
    #expect(try masks(machine) == [0xC0, 0xC0, 0xC0, 0xC0])
    try machine.manager.perform(act.act)
    #expect(try masks(machine) == act.masks)
    #expect(machine.manager.subchannels(of: "A").first?.usable == 0x40)
    let before = try #require(machine.manager.channels.pathView(0x10)).measurement.requestCount
    let count = try machine.view("A").requestCount
    machine.run(seconds: 0.1)
    #expect(try machine.view("A").requestCount > count)
    #expect(machine.manager.channels.pathView(0x10)?.measurement.requestCount == before)
    #expect(machine.manager.subchannels(of: "A").first?.lastUsed == 0x40)
    try machine.manager.perform(act.back)
    #expect(try masks(machine) == [0xC0, 0xC0, 0xC0, 0xC0])
    machine.run(seconds: 0.1)
    #expect(machine.counter(.errors, of: "A") == 0)
  }

  @Test("the last path to a device in use goes by FORCE only; requests wait and go on")
  func lastPath() throws {
    let machine = try machine(loaded: true)
    let manager = machine.manager
    try manager.perform(vary(0x10, online: false))
    #expect(
      machine.refusal(vary(0x11, online: false))
        == .lastPath("A", path: 0x11, devices: [0x100]))
    #expect(
      machine.refusal(vary(0x11, online: false, .unconditional))
        == .deviceInGuestUse("A", device: 0x100))
    try manager.perform(vary(0x11, online: false, .force))
    #expect(manager.allEvents.last?.kind == .requestsWait(device: 0x100))
    machine.run(seconds: 0.1)
    let waiting = try machine.view("A").requestCount
    machine.run(seconds: 0.1)
    #expect(try machine.view("A").requestCount == waiting)
    try manager.perform(vary(0x11, online: true))
    machine.run(seconds: 0.1)
    #expect(try machine.view("A").requestCount > waiting)
    #expect(machine.counter(.errors, of: "A") == 0)
  }

  @Test("of a device that nobody uses the last path goes by UNCOND; a reset makes the mask whole")
  func unused() throws {
    let machine = try machine(loaded: false)
    try machine.manager.perform(vary(0x10, online: false))
    try machine.manager.perform(vary(0x11, online: false, .unconditional))
    #expect(try masks(machine) == [0xC0, 0xC0, 0xC0, 0x00])
    try machine.manager.perform(.resetNormal("A"))
    #expect(try masks(machine) == [0xC0, 0xC0, 0xC0, 0xC0])
  }

  @Test("what there is not, and what is so, is refused, and the log tells the rest")
  func refusals() throws {
    let machine = try machine(loaded: false)
    let manager = machine.manager
    #expect(
      machine.refusal(vary(0x10, online: true))
        == .devicePathAlready("A", path: 0x10, device: 0x100, online: true))
    #expect(
      machine.refusal(vary(0x77, online: false))
        == .pathNotToDevice("A", path: 0x77, device: 0x100))
    #expect(
      machine.refusal(.varyDevicePath("A", device: 0x999, path: 0x10, online: false))
        == .virtualDeviceNotFound("A", device: 0x999))
    #expect(
      machine.refusal(.varyDevicePath("B", device: 0x100, path: 0x10, online: false))
        == .wrongState("B", is: .notActivated, needs: [.notOperating, .operating, .exceptions]))
    let rehearsal = manager.rehearsal()
    try manager.perform(vary(0x10, online: false))
    let change = try #require(manager.allChanges.last?.differences.first)
    #expect(change == ValueDifference(name: "PATHS OFFLINE TO 0100", before: "NONE", after: "10"))
    try rehearsal.perform(vary(0x10, online: false))
    #expect(rehearsal.items(of: ["A"]) == manager.items(of: ["A"]))
  }
}
