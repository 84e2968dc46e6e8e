import GuestPrograms
import Quantities
import Testing

@testable import Channels
@testable import Partitioning

/// Faults on purpose, as the firmware judges them and a guest meets them; and priorities as settings.
///
/// Oracle: the actions' own words for what is refused, and counters of the guest program that drives a disk.
@Suite("Faults on purpose and priorities in the firmware")
struct FaultsTests {
  private func machine() throws -> GuestMachine {
    let machine = try GuestMachine(
      processors: 2, inputOutput: true,
      [
        GuestMachine.partition("A", "IODRIVER", parameters: "1"),
        GuestMachine.partition("B", "SPIN"),
      ])
    try machine.manager.perform(.activate("A", load: false))
    try machine.manager.perform(.attachDevice("A", device: 0x200, as: 0x100))
    try machine.manager.perform(.load("A", image: nil, parameters: nil))
    machine.run(seconds: 0.1)
    #expect(machine.counter(.errors, of: "A") == 0)
    return machine
  }

  @Test("a path that fails tells who is without one, and nothing is lost when it works again")
  func path() throws {
    let machine = try machine()
    let manager = machine.manager
    #expect(machine.refusal(.inject(.path(0x99, fails: true))) == .pathNotFound(0x99))
    #expect(
      machine.refusal(.inject(.path(0x10, fails: false)))
        == .pathFaultAlready(0x10, fails: false))
    try manager.perform(.inject(.path(0x10, fails: true)))
    #expect(manager.allEvents.last?.kind != .requestsWait(device: 0x100))
    #expect(
      machine.refusal(.inject(.path(0x10, fails: true))) == .pathFaultAlready(0x10, fails: true))
    try manager.perform(.inject(.path(0x11, fails: true)))
    #expect(manager.allEvents.last?.kind == .requestsWait(device: 0x100))
    machine.run(seconds: 0.1)
    let waiting = try machine.view("A").requestCount
    machine.run(seconds: 0.1)
    #expect(try machine.view("A").requestCount == waiting)
    #expect(manager.faultsOnPurpose.paths == [0x10, 0x11])
    try manager.perform(.inject(.path(0x11, fails: false)))
    machine.run(seconds: 0.1)
    #expect(try machine.view("A").requestCount > waiting)
    #expect(machine.counter(.errors, of: "A") == 0)
  }

  @Test("a disk's errors reach the guest, which loses nothing, and end with OFF")
  func device() throws {
    let machine = try machine()
    let manager = machine.manager
    #expect(
      machine.refusal(.inject(.device(0x999, DeviceFault(isFull: true))))
        == .deviceNotFound(0x999))
    #expect(machine.refusal(.inject(.device(0x200, nil))) == .deviceFaultAbsent(0x200))
    for fault in [
      DeviceFault(), DeviceFault(errorPercent: 101), DeviceFault(delayNanoseconds: .max),
    ] {
      #expect(
        machine.refusal(.inject(.device(0x200, fault))) == .faultOutOfRange(0x200, fault))
    }
    #expect(machine.counter(.retried, of: "A") == 0)
    try manager.perform(.inject(.device(0x200, DeviceFault(errorPercent: 30))))
    machine.run(seconds: 0.5)
    let retried = machine.counter(.retried, of: "A")
    #expect(retried > 0)
    try manager.perform(.inject(.device(0x200, nil)))
    machine.run(seconds: 0.5)
    // An error of before may have been on its way to the guest, which reads back all that it wrote.
    #expect(machine.counter(.retried, of: "A") <= retried + 1)
    #expect(machine.counter(.errors, of: "A") == 0)
    #expect(manager.faultsOnPurpose == FaultsView(paths: [], devices: []))
  }

  @Test("several are injected together or none, and a rehearsal changes nothing")
  func together() throws {
    let machine = try machine()
    let full = ManagementAction.inject(.device(0x200, DeviceFault(isFull: true)))
    let batch = ManagementAction.batch([full, .inject(.path(0x99, fails: true))])
    #expect(machine.refusal(batch) == .pathNotFound(0x99))
    #expect(machine.manager.faultsOnPurpose.devices == [])
    #expect(machine.refusal(.batch([full, .inject(.path(0x10, fails: true))])) == nil)
    #expect(machine.manager.faultsOnPurpose.devices.map(\.number) == [0x200])
    let items = machine.manager.firmware.journal.condition(of: nil).machineItems
    #expect(items.contains(MachineItem("CHPIDS FAILED", "10", for: .all)))
    #expect(items.contains(MachineItem("FAULT DASD 0200", "FULL", for: .all)))
  }

  @Test("priorities are judged, counted from the instant, and kept in profiles where it is asked")
  func priorities() throws {
    let machine = try machine()
    let manager = machine.manager
    for wrong in [-1, 16] {
      #expect(machine.refusal(.set(.ioPriority("A", wrong))) == .ioPriorityOutOfRange(wrong))
    }
    let partition = try manager.partition("A")
    let channels = manager.hardware.channels
    try manager.perform(.set(.ioPriority("A", 3), .both))
    #expect(channels.settings?.priority(of: partition.number) == nil)
    try manager.perform(.set(.ioPriorityQueuing(true)))
    #expect(channels.settings?.priority(of: partition.number) == 3)
    #expect(partition.profile.ioPriority == 3)
    #expect(manager.machineRecord.settings.running.ioPriorityQueuing)
    #expect(!manager.machineRecord.settings.profile.ioPriorityQueuing)
    try manager.perform(.set(.ioPriority("A", 0)))
    #expect(channels.settings?.priority(of: partition.number) == 0)
    #expect(partition.profile.statements.compactMap(\.line).contains("IOPRIORITY 3"))
  }
}
