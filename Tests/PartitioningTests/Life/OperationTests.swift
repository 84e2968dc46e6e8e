import Testing

@testable import Partitioning

// Oracle: PR/SM Planning Guide and the HMC's operations as they are published: which verb is allowed
// from which state, and which needs force.

@Suite("Operations by state")
struct OperationTests {
  private func machine() throws -> GuestMachine {
    try GuestMachine(
      processors: 4,
      [
        GuestMachine.partition("A", megabytes: 2, reservedMegabytes: 4),
        GuestMachine.partition("B"),
      ])
  }

  /// Brings A into a state.
  private func bring(_ machine: GuestMachine, to state: PartitionStatus) throws {
    switch state {
    case .notActivated: break
    case .notOperating: try machine.manager.perform(.activate("A", load: false))
    case .operating: try machine.manager.perform(.activate("A", load: true))
    case .exceptions:
      try machine.manager.perform(.activate("A", load: false))
      try machine.manager.perform(
        .load("A", image: .program(name: "FAULTY", parameters: ""), parameters: "TRIPLE"))
      machine.run(seconds: 1) { machine.manager.partitionView("A")?.state == .exceptions }
    }
    #expect(try machine.view("A").state == state)
  }

  @Test(
    "what ends a running guest needs force, and only that",
    arguments: [
      ManagementAction.deactivate("A"), .resetNormal("A"), .resetClear("A"),
      .load("A", image: nil, parameters: nil),
    ], PartitionStatus.allCases)
  func force(_ action: ManagementAction, _ state: PartitionStatus) throws {
    let machine = try machine()
    try bring(machine, to: state)
    let digest = machine.manager.storageDigest(of: nil)
    switch state {
    case .notActivated:
      #expect(
        throws: ManagementError.wrongState("A", is: .notActivated, needs: PartitionStatus.active)
      ) { try machine.manager.perform(action) }
      #expect(machine.manager.storageDigest(of: nil) == digest)
    case .operating:
      #expect(throws: ManagementError.forceNeeded("A", is: .operating)) {
        try machine.manager.perform(action)
      }
      #expect(machine.manager.storageDigest(of: nil) == digest)
      #expect(try machine.view("A").state == .operating)
    default: try machine.manager.perform(action)
    }
  }

  @Test("activating an active partition with force takes it down and brings it up again")
  func activateWithForce() throws {
    let machine = try machine()
    try bring(machine, to: .operating)
    machine.run(seconds: 0.05)
    #expect(throws: ManagementError.wrongState("A", is: .operating, needs: [.notActivated])) {
      try machine.manager.perform(.activate("A", load: true))
    }
    let instructions = try machine.view("A").instructionCount
    #expect(instructions > 0)
    try machine.manager.perform(.activate("A", load: true, force: true))
    #expect(try machine.view("A").instructionCount == 0)
    #expect(try machine.view("A").state == .operating)
  }

  @Test("a forced activation that would be refused leaves the running guest alone")
  func refusedForce() throws {
    var big = GuestMachine.partition("A")
    big.storage.initialByteCount = 1 << 30
    let manager = try PartitionManager(
      SystemDefinition(
        machine: MachineDefinition(
          name: "TEST", processors: [ProcessorPoolDefinition(type: .cp, count: 2, megahertz: 5)],
          storageByteCount: 256 << 20, incrementByteCount: 1 << 20, pace: .fast),
        partitions: [GuestMachine.partition("A")],
        imageProfiles: [ImageProfile(name: "BIG", partition: "A", definition: big)]))
    try manager.perform(.activate("A", load: true))
    #expect(throws: ManagementError.self) {
      try manager.perform(.activate("A", profile: "BIG", load: true, force: true))
    }
    #expect(manager.partitionView("A")?.state == .operating)
    #expect(
      throws: ManagementError.profileNotFound("A", profile: "NIGHT", known: ["A", "BIG"])
    ) { try manager.perform(.setNextProfile("A", profile: "NIGHT")) }
  }

  @Test("load without clearing keeps what the image does not cover")
  func loadWithoutClearing() throws {
    let machine = try machine()
    try bring(machine, to: .notOperating)
    try machine.manager.perform(.storeStorage("A", address: 0x1F_0000, bytes: [1, 2, 3]))
    try machine.manager.perform(.load("A", image: nil, parameters: nil, clear: false))
    #expect(machine.manager.storage(of: "A", at: 0x1F_0000, count: 3) == [1, 2, 3])
    try machine.manager.perform(.load("A", image: nil, parameters: nil, force: true))
    #expect(machine.manager.storage(of: "A", at: 0x1F_0000, count: 3) == [0, 0, 0])
  }

  @Test("a load or reset with clearing takes storage element 1 off line")
  func clearingReturnsReserved() throws {
    for action in [
      ManagementAction.load("A", image: nil, parameters: nil, force: true),
      .resetClear("A", force: true),
    ] {
      let machine = try machine()
      try bring(machine, to: .operating)
      let free = machine.manager.ledger.freeCount
      try machine.manager.perform(
        .configureStorage("A", byteCount: 3 << 20, online: true, insistence: .force, within: nil))
      #expect(machine.manager.ledger.freeCount == free - 3)
      try machine.manager.perform(action)
      #expect(machine.manager.ledger.freeCount == free)
      #expect(try machine.view("A").storageByteCount == 2 << 20)
    }
  }

  @Test("a load with clearing shows the guest only the storage that it then has")
  func loadAfterAdding() throws {
    let machine = try GuestMachine(
      processors: 1, megahertz: 20,
      [GuestMachine.partition("A", "TOUCHER", megabytes: 2, reservedMegabytes: 4)])
    try machine.activateAll()
    machine.run(seconds: 0.1)
    try machine.manager.perform(
      .configureStorage("A", byteCount: 2 << 20, online: true, insistence: .polite, within: 5))
    machine.run(seconds: 2)
    #expect(try machine.view("A").storageByteCount == 4 << 20)
    var position = ReaderPosition()
    _ = machine.manager.events(since: &position)
    try machine.manager.perform(.load("A", image: nil, parameters: nil, force: true))
    #expect(try machine.view("A").storageByteCount == 2 << 20)
    machine.run(seconds: 2)
    #expect(try machine.view("A").state == .operating)
    #expect(machine.counter(.errors, of: "A") == 0)
    let kinds = machine.manager.events(since: &position).elements.map(\.kind)
    #expect(
      !kinds.contains {
        if case .unassigned = $0 { true } else { false }
      })
  }
}
