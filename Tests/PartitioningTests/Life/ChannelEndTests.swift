import Channels
import GuestPrograms
import Quantities
import Testing

@testable import Partitioning

/// Ends of channels between partitions, and what RECOVER connects again.
///
/// Oracle: Docs/Operations.md, "Networks": who may couple what, and what becomes of the other end.
@Suite("Channels of partitions that come and go") struct ChannelEndTests {
  private func machine() throws -> GuestMachine {
    let partitions = ["A", "B", "C"].map { name in
      var own = GuestMachine.partition(name, "PULSE", parameters: "1")
      own.networkAdapters = [
        NetworkAdapterDefinition(virtualDevice: 0x500, kind: .channel(user: nil)),
        NetworkAdapterDefinition(
          virtualDevice: 0x501, kind: .channel(user: name == "C" ? "B" : nil)),
        NetworkAdapterDefinition(virtualDevice: 0x600, switchName: "NET"),
      ]
      return own
    }
    let machine = try GuestMachine(processors: 3, inputOutput: true, partitions)
    try machine.manager.perform(
      .network(.define("NET", defaultVLAN: nil, bytesPerSecond: nil, latencyNanoseconds: nil)))
    for name in ["A", "B", "C"] { try machine.manager.perform(.activate(name, load: true)) }
    return machine
  }

  private func couple(
    _ name: String, _ device: UInt16, to other: String, _ otherDevice: UInt16
  ) -> ManagementAction {
    .network(.couple(name, device: device, to: other, otherDevice: otherDevice))
  }

  /// What each adapter is connected to: `A 0500: B 0501`.
  private func couplings(_ machine: GuestMachine) throws -> [String] {
    try ["A", "B", "C"].flatMap { name in
      try #require(machine.manager.record(of: name)).couplings?.compactMap { coupling in
        coupling.target.map { "\(name) \(hexDigits(coupling.device, 4)): \($0.text)" }
      } ?? []
    }
  }

  /// What partitions were told of what others did to their ends: whose, which, by whom, and which of his.
  private func told(_ machine: GuestMachine) -> [String] {
    var position = ReaderPosition()
    return machine.manager.events(since: &position).elements.compactMap { event -> String? in
      switch event.kind {
      case .channelCoupled(let device, let other, let end):
        "\(event.partition ?? "") \(device) + \(other) \(end)"
      case .channelDropped(let device, let other, let end):
        "\(event.partition ?? "") \(device) - \(other) \(end)"
      default: nil
      }
    }
  }

  @Test("what is refused") func refusals() throws {
    let machine = try machine()
    for (action, refusal) in [
      (couple("A", 0x502, to: "B", 0x500), .channelEndNotFound("A", 0x502)),
      (couple("A", 0x600, to: "B", 0x500), .channelEndNotFound("A", 0x600)),
      (couple("A", 0x500, to: "B", 0x502), .channelEndNotFound("B", 0x502)),
      (couple("A", 0x500, to: "B", 0x600), .channelEndNotFound("B", 0x600)),
      (couple("A", 0x500, to: "C", 0x501), .channelEndReserved(0x500, of: "C", 0x501)),
      (couple("C", 0x501, to: "A", 0x500), .channelEndReserved(0x501, of: "A", 0x500)),
      (couple("A", 0x500, to: "A", 0x500), .channelEndBusy(0x500, of: "A", 0x500)),
      (
        .network(.connect("A", device: 0x500, to: "NET")),
        .adapterNotFound("A", 0x500, known: [0x600])
      ),
      (.network(.disconnect("A", device: 0x500)), .adapterNotConnected("A", 0x500)),
      (
        .network(.detachAdapter("A", device: 0x500)),
        .adapterNotFound("A", 0x500, known: [0x600])
      ),
    ] as [(ManagementAction, ManagementError)] {
      #expect(machine.refusal(action) == refusal)
    }
    try machine.manager.perform(couple("A", 0x500, to: "B", 0x500))
    #expect(
      machine.refusal(couple("C", 0x500, to: "A", 0x500))
        == .channelEndBusy(0x500, of: "A", 0x500))
    try machine.manager.perform(.deactivate("B", force: true))
    #expect(machine.refusal(couple("A", 0x500, to: "B", 0x500)) != nil)
    #expect(machine.refusal(couple("A", 0x500, to: "X", 0x500)) != nil)
  }

  @Test("one that is coupled anew leaves its partner; two of one partition can be coupled")
  func coupled() throws {
    let machine = try machine()
    try machine.manager.perform(couple("A", 0x500, to: "B", 0x501))
    try machine.manager.perform(couple("B", 0x501, to: "A", 0x500))
    let net = ["A", "B", "C"].map { "\($0) 0600: SYSTEM NET" }
    #expect(try couplings(machine) == ["A 0500: B 0501", net[0], "B 0501: A 0500", net[1], net[2]])
    try machine.manager.perform(couple("A", 0x500, to: "C", 0x500))
    #expect(try couplings(machine) == ["A 0500: C 0500", net[0], net[1], "C 0500: A 0500", net[2]])
    try machine.manager.perform(couple("A", 0x500, to: "A", 0x501))
    #expect(try couplings(machine) == ["A 0500: A 0501", "A 0501: A 0500"] + net)
    try machine.manager.perform(.network(.disconnect("A", device: 0x501)))
    #expect(try couplings(machine) == net)
    try machine.manager.perform(couple("C", 0x501, to: "B", 0x500))
    #expect(
      told(machine) == [
        "B 1281 + A 1280", "A 1280 - B 1281", "A 1280 + B 1281", "B 1281 - A 1280",
        "C 1280 + A 1280", "C 1280 - A 1280", "B 1280 + C 1281",
      ])
  }

  @Test("a partition that goes, and an end that goes, leave the other end free") func life() throws
  {
    let machine = try machine()
    try machine.manager.perform(couple("A", 0x500, to: "B", 0x500))
    try machine.manager.perform(couple("A", 0x501, to: "C", 0x500))
    try machine.manager.perform(.load("A", image: nil, parameters: nil, force: true))
    #expect(try couplings(machine).contains("A 0500: B 0500"))
    try machine.manager.perform(.detachDevice("B", device: 0x500))
    #expect(try couplings(machine).contains { $0.hasPrefix("A 0500") } == false)
    try machine.manager.perform(.deactivate("A", force: true))
    #expect(try couplings(machine) == ["B 0600: SYSTEM NET", "C 0600: SYSTEM NET"])
    #expect(
      told(machine) == [
        "B 1280 + A 1280", "C 1280 + A 1281", "A 1280 - B 1280", "C 1280 - A 1281",
      ])
    // The definition's come again, coupled to nothing.
    try machine.manager.perform(.deactivate("B", force: true))
    try machine.manager.perform(.activate("B", load: false))
    #expect(machine.manager.networks.adapters(of: 1).map(\.device) == [0x500, 0x501, 0x600])
    // In a rehearsal the same holds, and nothing of it here.
    let rehearsal = machine.manager.rehearsal()
    try rehearsal.perform(couple("B", 0x500, to: "C", 0x500))
    #expect(try couplings(machine) == ["B 0600: SYSTEM NET", "C 0600: SYSTEM NET"])
  }

  @Test("RECOVER connects what was connected, to switches and to each other, and nothing else")
  func recovered() throws {
    let machine = try machine()
    try machine.manager.perform(couple("A", 0x500, to: "B", 0x501))
    try machine.manager.perform(.network(.disconnect("B", device: 0x600)))
    try machine.manager.perform(
      .network(
        .defineAdapter("C", NetworkAdapterDefinition(virtualDevice: 0x700), within: nil)))
    try machine.manager.perform(.load("C", image: nil, parameters: nil, force: true))
    try machine.manager.perform(
      .network(.grant("NET", partition: "C", vlan: .trunk([5], native: 6))))
    try machine.manager.perform(.network(.connect("C", device: 0x700, to: "NET")))
    let before = try couplings(machine)
    #expect(before.count == 5)
    let next = try self.machine()
    for name in ["A", "B", "C"] { try next.manager.perform(.deactivate(name, force: true)) }
    let lost = next.manager.restore(machine.manager.runningConfiguration).lost
    #expect(lost == ["A", "B", "C"])
    try next.manager.perform(
      .network(.grant("NET", partition: "C", vlan: .trunk([5], native: 6))))
    for name in ["C", "A", "B"] { try next.manager.perform(.recover(name)) }
    // What NICDEF connects is in the GRANT's VLANs, since that is there first now.
    let trunk = " VLAN 5 PORTTYPE TRUNK NATIVE 6"
    #expect(
      try couplings(next) == before.map { $0 == "C 0600: SYSTEM NET" ? $0 + trunk : $0 })
    // Where the switch is not there any more, or nothing lets it connect, that is said.
    for (change, connected) in [
      (.network(.remove("NET")), []),
      (.set(.weight("C", type: nil, weight: 90), .profile), [0x600]),
    ] as [(ManagementAction, [UInt16])] {
      let last = try self.machine()
      for name in ["A", "B", "C"] { try last.manager.perform(.deactivate(name, force: true)) }
      _ = last.manager.restore(machine.manager.runningConfiguration)
      try last.manager.perform(change)
      try last.manager.perform(.recover("C"))
      #expect(
        try couplings(last) == connected.map { "C \(hexDigits($0, 4)): SYSTEM NET" })
      var position = ReaderPosition()
      let said = last.manager.events(since: &position).elements.count {
        $0.kind == .adapterNotConnected(0x700, to: "NET")
      }
      #expect(said == 1)
    }
  }

  @Test("RECOVER has an adapter in the VLANs that it is given now; REVOKE ends what NICDEF began")
  func rights() throws {
    let machine = try machine()
    try machine.manager.perform(
      .network(.defineAdapter("C", NetworkAdapterDefinition(virtualDevice: 0x700), within: nil)))
    try machine.manager.perform(.load("C", image: nil, parameters: nil, force: true))
    let grant = { NetworkChange.grant("NET", partition: "C", vlan: .access($0)) }
    try machine.manager.perform(.network(grant(5)))
    try machine.manager.perform(.network(.connect("C", device: 0x700, to: "NET")))
    #expect(try couplings(machine).last == "C 0700: SYSTEM NET VLAN 5")
    let next = try self.machine()
    for name in ["A", "B", "C"] { try next.manager.perform(.deactivate(name, force: true)) }
    _ = next.manager.restore(machine.manager.runningConfiguration)
    try next.manager.perform(.network(grant(7)))
    try next.manager.perform(.recover("C"))
    #expect(try couplings(next).last == "C 0700: SYSTEM NET VLAN 7")
    let revoke = { ManagementAction.network(.revoke("NET", partition: $0)) }
    #expect(next.refusal(revoke("A")) == .notGranted("A", network: "NET"))
    try next.manager.perform(.activate("A", load: true))
    #expect(try couplings(next).contains("A 0600: SYSTEM NET"))
    for name in ["A", "C"] {
      try next.manager.perform(revoke(name))
      #expect(next.refusal(revoke(name)) == .notGranted(name, network: "NET"))
    }
    #expect(try couplings(next) == [])
  }

  @Test("a machine that is saved with a channel goes on as it would have") func states() throws {
    let machine = try machine()
    try machine.manager.perform(couple("A", 0x500, to: "B", 0x501))
    machine.run(seconds: 0.05)
    let checkpoint = machine.manager.checkpoint()
    let other = try self.machine()
    for name in ["A", "B", "C"] { try other.manager.perform(.deactivate(name, force: true)) }
    let fresh = try GuestMachine(
      processors: 3, inputOutput: true, other.manager.definition.partitions)
    try fresh.manager.restore(checkpoint)
    for one in [machine, fresh] {
      try one.manager.perform(couple("C", 0x501, to: "B", 0x500))
      try one.manager.perform(couple("A", 0x500, to: "A", 0x501))
      one.run(seconds: 0.05)
    }
    #expect(machine.manager.machineView.digest == fresh.manager.machineView.digest)
    #expect(try couplings(machine) == couplings(fresh))
  }

  @Test("COUPLE gives what NICDEF names the same VLANs as its activation does") func vlans() throws
  {
    let machine = try machine()
    func vlan() -> PortVLAN? { machine.manager.networks.adapter(0x600, of: 0)?.vlan }
    func coupledAnew() throws -> PortVLAN? {
      try machine.manager.perform(.network(.disconnect("A", device: 0x600)))
      try machine.manager.perform(.network(.connect("A", device: 0x600, to: "NET")))
      return vlan()
    }
    let ordinary = vlan()
    #expect(try coupledAnew() == ordinary)
    try machine.manager.perform(
      .network(.grant("NET", partition: "A", vlan: .trunk([5], native: 6))))
    #expect(try coupledAnew() == .trunk([5], native: 6) && ordinary != vlan())
    try machine.manager.perform(.deactivate("A", force: true))
    try machine.manager.perform(.activate("A", load: false))
    #expect(vlan() == .trunk([5], native: 6))
  }
}
