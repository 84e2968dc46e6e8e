import Foundation
import Quantities
import Testing

@testable import Channels
@testable import Partitioning

/// What a machine is, as a value: complete, and put back as it was.
@Suite("State as a value")
struct MachineStateTests {
  /// A machine with something of everything: two pools' worth of limits, pending changes, disks.
  private func machine() throws -> GuestMachine {
    try GuestMachine(
      processors: 4, inputOutput: true,
      groups: [GroupDefinition(name: "G", absoluteCaps: [GroupCap(type: .cp, hundredths: 150)])],
      capacityUnits: 100,
      [
        GuestMachine.partition("A", "SPIN", processors: 2, reserved: 1, group: "G"),
        GuestMachine.partition("B", "PULSE", cap: 50),
        GuestMachine.partition("C", "TOUCHER", reserved: 1, megabytes: 4, reservedMegabytes: 8),
        GuestMachine.partition("D", "SPIN", mode: .dedicated),
        GuestMachine.partition("E", "TALKER", processors: 3, polarity: .vertical),
        GuestMachine.partition("F", "SPIN", processors: 3, group: "G", polarity: .vertical),
      ])
  }

  private func busyMachine() throws -> GuestMachine {
    let machine = try machine()
    try machine.activateAll()
    try machine.manager.perform(.set(.definedCapacity("B", units: 10)))
    machine.run(seconds: 0.3)
    _ = try machine.manager.perform(
      .configureStorage("C", byteCount: 2 << 20, online: true, insistence: .polite, within: 60))
    return machine
  }

  @Test("every property of the firmware's objects is state, wiring or a cache")
  func roles() throws {
    let manager = try busyMachine().manager
    #expect(manager.misplacedProperties == [])
    #expect(manager.firmware.objects.flatMap(\.misplacedProperties) == [])
    #expect(manager.partitions.flatMap(\.misplacedProperties) == [])
    #expect(manager.engine.misplacedProperties == [])
    #expect(manager.engine.dispatcher.misplacedProperties == [])
    #expect(manager.channels.misplacedProperties == [])
    #expect(manager.pacer.misplacedProperties == [])
  }

  @Test("a state is written, read and put into a machine that was just built")
  func roundTrip() throws {
    let machine = try busyMachine()
    let state = machine.manager.machineState
    let data = try JSONEncoder().encode(StateEnvelope(state))
    let read = try JSONDecoder().decode(StateEnvelope<MachineState>.self, from: data).state
    #expect(read == state)
    let other = try self.machine()
    try other.manager.restore(read)
    #expect(other.manager.machineState == state)
    #expect(other.manager.now == machine.manager.now)
    #expect(other.manager.runningConfiguration == machine.manager.runningConfiguration)
    #expect(other.manager.machineView.digest == machine.manager.machineView.digest)
  }

  // Oracle: the parts themselves, found by Mirror; each differs from that of a machine just built.
  @Test("every part of the firmware's state is written, read, and put into the object whose it is")
  func parts() throws {
    let machine = try busyMachine()
    var state = machine.manager.machineState.firmware
    state.origin.seed &+= 1
    state.settings.running.waitCompletion.toggle()
    state.restarts.held = [1]
    state.life.bytesRead = 7
    state.reconfiguration.reservations = [0x10: 2]
    state.shutdown.end = MachineEnd(deadline: 5, asked: [0])
    state.guestCommands.commandingPartition = 3
    state.passage.load.sample(machine.manager.engine.dispatcher, at: 2_000_000_000)
    let other = try self.machine().manager
    let parts = Mirror(reflecting: state).children
    for (part, fresh) in zip(parts, Mirror(reflecting: other.firmware.state).children) {
      let name = try #require(part.label)
      #expect("\(part.value)" != "\(fresh.value)", "\(name)")
    }
    let data = try JSONEncoder().encode(state)
    #expect(try JSONDecoder().decode(FirmwareState.self, from: data) == state)
    other.firmware.state = state
    #expect(other.firmware.state == state)
    #expect(other.firmware.objects.count == parts.count)
  }

  @Test("a rehearsal has the whole state, what was said apart")
  func rehearsal() throws {
    let machine = try busyMachine()
    _ = machine.manager.machineView
    var state = machine.manager.machineState
    state.firmware.journal = JournalState()
    #expect(machine.manager.rehearsal().machineState == state)
  }

  @Test("a state that no machine of the definition has is refused, and nothing is changed")
  func refusals() throws {
    let machine = try busyMachine()
    let state = machine.manager.machineState
    let other = try self.machine().manager
    let fresh = other.machineState
    let changes: [(inout MachineState) -> Void] = [
      { $0.partitions.removeLast() }, { $0.partitions.swapAt(0, 4) },
      { $0.partitions[0].isOnline.elements = [] },
      { $0.partitions[0].definition.processors[0].initial = .max },
      { $0.partitions[0].increments[0] = .max }, { $0.partitions[0].increments.elements = [] },
      { $0.partitions[0].offered = [99] }, { $0.partitions[0].initialCount = -1 },
      { $0.partitions[0].status = .notActivated },
      { $0.firmware.pending.waiting = [99] }, { $0.firmware.restarts.held = [-1] },
      { $0.firmware.entitlements.hasStaleShares = [] },
      { $0.firmware.settings.running.groups = [] },
      { $0.firmware.storage.ledger = fresh.firmware.storage.ledger },
      { $0.epochs.guestDigests = [] }, { $0.epochs.progress.now &+= 1 },
      { $0.channels.activity.paths.elements = [] },
    ]
    for (number, change) in changes.enumerated() {
      var changed = state
      change(&changed)
      #expect(throws: StateRefusal.self, "change \(number)") { try other.restore(changed) }
    }
    #expect(other.machineState == fresh)
  }

  @Test("what was stored into a partition is cleared when it is loaded")
  func storeBeforeLoad() throws {
    let machine = try machine()
    try machine.manager.perform(.activate("A", load: false))
    try machine.manager.perform(.storeStorage("A", address: 0x1F_0000, bytes: [1, 2, 3]))
    try machine.manager.perform(.load("A", image: nil, parameters: nil, clear: true))
    #expect(machine.manager.storage(of: "A", at: 0x1F_0000, count: 3) == [0, 0, 0])
  }
}
