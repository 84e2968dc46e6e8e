import Testing

@testable import Partitioning

// Oracle: PR/SM Planning Guide, "Security parameter descriptions".

@Suite("Permissions of partitions")
struct PermissionTests {
  private func machine() throws -> GuestMachine {
    let machine = try GuestMachine(
      processors: 4, inputOutput: true,
      [GuestMachine.partition("A"), GuestMachine.partition("B")])
    try machine.activateAll()
    return machine
  }

  @Test("cross-partition authority is off at first and permits actions on others when on")
  func crossPartition() throws {
    let machine = try machine()
    let actions: [ManagementAction] = [
      .deactivate("B", force: true), .set(.weight("B", type: nil, weight: 5)),
      .varyProcessor(3, online: false), .set(.runningTime(nanoseconds: nil)),
    ]
    for action in actions {
      #expect(throws: ManagementError.notAuthorized("A", needs: .crossPartitionAuthority)) {
        try machine.manager.perform(action, by: .partition("A"))
      }
    }
    try machine.manager.perform(.set(.weight("A", type: nil, weight: 5)), by: .partition("A"))
    try machine.manager.perform(.set(.security("A", .crossPartitionAuthority, true)))
    for action in actions.reversed() {
      try machine.manager.perform(action, by: .partition("A"))
    }
    #expect(try machine.view("B").state == .notActivated)
  }

  @Test("without I/O configuration control a partition changes no path, not even its own")
  func inputOutput() throws {
    let machine = try machine()
    let own = ManagementAction.configurePath(
      "A", path: 0x10, online: false, insistence: .polite)
    try machine.manager.perform(.set(.security("A", .inputOutputControl, false)))
    #expect(throws: ManagementError.notAuthorized("A", needs: .inputOutputControl)) {
      try machine.manager.perform(own, by: .partition("A"))
    }
    try machine.manager.perform(own, by: .user("OPERATOR"))
  }

  /// A machine of partitions A, which is isolated, and B with one reconfigurable path.
  private func isolatingMachine() throws -> PartitionManager {
    var configuration = IOConfiguration()
    configuration.paths = [
      ChannelPathDefinition(
        number: 0x10, sharing: .reconfigurable, accessList: ["A"], candidateList: ["A", "B"])
    ]
    var isolated = GuestMachine.partition("A")
    isolated.security.isIsolated = true
    return try PartitionManager(
      SystemDefinition(
        machine: MachineDefinition(
          name: "TEST", processors: [ProcessorPoolDefinition(type: .cp, count: 4, megahertz: 5)],
          storageByteCount: 64 << 20, incrementByteCount: 1 << 20, pace: .fast),
        partitions: [isolated, GuestMachine.partition("B")], inputOutput: configuration))
  }

  @Test("isolation keeps a reconfigurable path that is off line until it is released")
  func isolation() throws {
    let manager = try isolatingMachine()
    for name in ["A", "B"] { try manager.perform(.activate(name, load: true)) }
    let take = ManagementAction.configurePath(
      "B", path: 0x10, online: true, insistence: .polite)
    #expect(throws: ManagementError.pathInUse("B", path: 0x10, by: "A")) {
      try manager.perform(take)
    }
    try manager.perform(.configurePath("A", path: 0x10, online: false, insistence: .force))
    #expect(throws: ManagementError.pathReserved("B", path: 0x10, for: "A")) {
      try manager.perform(take)
    }
    #expect(throws: ManagementError.pathNotReserved("B", path: 0x10)) {
      try manager.perform(.releasePath("B", path: 0x10))
    }
    try manager.perform(.releasePath("A", path: 0x10))
    try manager.perform(take)
  }

  @Test(
    "a path that isolation keeps is kept when the machine was lost, and not after its end in good order"
  )
  func isolationOutlives() throws {
    let manager = try isolatingMachine()
    try manager.perform(.activate("A", load: true))
    try manager.perform(.configurePath("A", path: 0x10, online: false, insistence: .force))
    try manager.perform(.deactivate("A", force: true))
    var kept = manager.runningConfiguration
    let take = ManagementAction.configurePath(
      "B", path: 0x10, online: true, insistence: .polite)

    let next = try isolatingMachine()
    _ = next.restore(kept)
    #expect(next.machineRecord == kept.machine)
    try next.perform(.activate("B", load: true))
    #expect(throws: ManagementError.pathReserved("B", path: 0x10, for: "A")) {
      try next.perform(take)
    }

    kept.machine.end()
    let later = try isolatingMachine()
    _ = later.restore(kept)
    try later.perform(.activate("B", load: true))
    try later.perform(take)
  }
}
