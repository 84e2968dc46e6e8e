import Testing

@testable import Partitioning

// Oracle: z/VM CP, SHUTDOWN WITHIN and FORCE: users that are enabled for the signal have the time, the others
// go with the last of them.

@Suite("The end of guests and of the machine is the firmware's")
struct MachineEndTests {
  private func machine() throws -> GuestMachine {
    let machine = try GuestMachine(
      processors: 4, [GuestMachine.partition("HEARS"), GuestMachine.partition("DEAF", "TALKER")])
    try machine.activateAll()
    return machine
  }

  private func ends(_ machine: GuestMachine) -> [FirmwareEvent] {
    machine.manager.allEvents.filter { $0.kind == .machineShutDown }
  }

  @Test("at once: one action, one entry, one change")
  func atOnce() throws {
    let machine = try machine()
    let entries = machine.manager.journal.count
    try machine.manager.perform(.shutDown(within: nil))
    #expect(machine.manager.machineView.activeCount == 0)
    #expect(machine.manager.journal.count == entries + 1)
    #expect(machine.manager.allChanges.last?.partitions == ["HEARS", "DEAF"])
    #expect(machine.manager.allEvents.last?.kind == .machineShutDown)
  }

  @Test("with time: what is still active at the end of it is taken down then")
  func within() throws {
    let machine = try machine()
    // SPIN and TALKER listen once they run.
    machine.run(seconds: 0.05)
    guard case .each(let outcomes) = try machine.manager.perform(.shutDown(within: 2)) else {
      Issue.record("no outcomes")
      return
    }
    #expect(outcomes == ["HEARS", "DEAF"].map { PartitionOutcome(partition: $0) })
    #expect(ends(machine).isEmpty)
    machine.run(seconds: 2.1)
    let end = try #require(ends(machine).first)
    #expect(end.time <= 2_050_000_000)
    #expect(machine.manager.machineView.activeCount == 0)
    machine.run(seconds: 5)
    #expect(ends(machine).count == 1)
    // Nobody who listens is asked: there is nothing to wait for.
    let idle = try self.machine()
    try idle.manager.perform(.shutDown(within: 2))
    idle.run(seconds: 0.001)
    #expect(ends(idle).map(\.time) == [0])
  }

  @Test("FORCE takes what listens to no signal down at once")
  func force() throws {
    let machine = try machine()
    #expect(throws: ManagementError.shutdownSignalNotEnabled("DEAF")) {
      try machine.manager.perform(.signalShutdown("DEAF", within: 9, thenForce: false))
    }
    #expect(
      try machine.manager.perform(.signalShutdown("DEAF", within: 9, thenForce: true)) == .done)
    #expect(try machine.view("DEAF").state == .notActivated)
  }

  @Test("a rehearsal ends as the machine does")
  func rehearsal() throws {
    let machine = try machine()
    let rehearsal = machine.manager.rehearsal()
    try rehearsal.perform(.shutDown(within: nil))
    #expect(rehearsal.machineView.activeCount == 0)
    #expect(machine.manager.machineView.activeCount == 2)
  }
}
