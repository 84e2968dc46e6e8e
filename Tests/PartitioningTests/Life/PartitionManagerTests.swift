import Channels
import Testing

@testable import Partitioning

/// Actions are all or nothing, and nothing is ever lost; the oracle is the ledger's sum and the
/// state before a refused action.
///
/// No guest runs here.
struct PartitionManagerTests {
  static func definition() -> SystemDefinition {
    let machine = MachineDefinition(
      name: "TEST",
      processors: [
        ProcessorPoolDefinition(type: .cp, count: 4, megahertz: 10),
        ProcessorPoolDefinition(type: .ifl, count: 1, megahertz: 100),
      ],
      storageByteCount: 32 << 20, incrementByteCount: 1 << 20, pace: .fast)
    func shared(_ name: String, _ initial: Int, _ reserved: Int, _ weight: Int)
      -> PartitionDefinition
    {
      PartitionDefinition(
        name: name,
        processors: [
          PartitionProcessors(
            type: .cp, initial: initial, reserved: reserved,
            share: ShareDefinition(.relative(weight)))
        ],
        storage: PartitionStorage(initialByteCount: 4 << 20, reservedByteCount: 4 << 20))
    }
    var dedicated = shared("DED", 2, 0, 1)
    dedicated.processors[0].mode = .dedicated
    return SystemDefinition(
      machine: machine,
      partitions: [
        shared("A", 2, 2, 300), shared("B", 1, 1, 100), dedicated, shared("BIG", 5, 0, 10),
        PartitionDefinition(
          name: "HUGE", storage: PartitionStorage(initialByteCount: 64 << 20)),
      ],
      inputOutput: IOConfiguration(
        paths: [
          ChannelPathDefinition(number: 0x10, accessList: ["A"], candidateList: ["A", "B"]),
          ChannelPathDefinition(
            number: 0x11, sharing: .reconfigurable, accessList: ["A"], candidateList: ["A", "B"]),
        ],
        controlUnits: [
          ControlUnitDefinition(
            number: 0x200, paths: [PathReference(number: 0x10), PathReference(number: 0x11)])
        ],
        devices: [
          DeviceDefinition(
            number: 0x200, controlUnits: [0x200], media: .scratch(byteCount: 1 << 20))
        ]))
  }

  private func manager() throws -> PartitionManager {
    var definition = Self.definition()
    definition.partitions[0].devices = [DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200)]
    return try PartitionManager(definition)
  }

  private func expectRefused(
    _ manager: PartitionManager, _ action: ManagementAction, _ error: ManagementError,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let partitions = manager.partitionNames.map { manager.partitionView($0) }
    let machine = manager.machineView
    #expect(throws: error, sourceLocation: sourceLocation) { try manager.perform(action) }
    #expect(
      manager.partitionNames.map { manager.partitionView($0) } == partitions,
      "a refused action changes no partition", sourceLocation: sourceLocation)
    #expect(manager.machineView == machine, sourceLocation: sourceLocation)
    #expect(manager.journal.last?.refusal == error, sourceLocation: sourceLocation)
  }

  @Test func activationGivesAndDeactivationReturns() throws {
    let manager = try manager()
    try manager.perform(.activate("A", load: false))
    let view = try #require(manager.partitionView("A"))
    #expect(view.state == .notOperating)
    #expect(view.storageByteCount == 4 << 20)
    #expect(view.reservedByteCount == 4 << 20)
    #expect(view.processors.map(\.state) == [.waiting, .waiting, .reserved, .reserved])
    #expect(view.shares[0].entitlement == 4)
    #expect(view.paths.map(\.isOnline) == [true, true])
    #expect(view.devices.map(\.blockCount) == [2048])
    #expect(manager.ledger.freeByteCount == 28 << 20)
    try manager.perform(.deactivate("A", force: true))
    #expect(manager.partitionView("A")?.state == .notActivated)
    #expect(manager.ledger.freeByteCount == 32 << 20)
    #expect(manager.machineView.activeCount == 0)
  }

  @Test func wrongStatesAndNames() throws {
    let manager = try manager()
    expectRefused(manager, .activate("NOBODY", load: false), .partitionNotFound("NOBODY"))
    expectRefused(
      manager, .deactivate("A", force: true),
      .wrongState("A", is: .notActivated, needs: PartitionStatus.active))
    try manager.perform(.activate("A", load: false))
    expectRefused(
      manager, .activate("A", load: false),
      .wrongState("A", is: .notOperating, needs: [.notActivated]))
    expectRefused(manager, .load("A", image: nil, parameters: nil), .nothingToLoad("A"))
    expectRefused(
      manager, .load("A", image: .program(name: "NONE", parameters: ""), parameters: nil),
      .programNotFound("A", program: "NONE", known: PartitionManager.programNames))
    expectRefused(
      manager,
      .load(
        "A", image: .kernel(file: "/no/such/kernel", initialRamdisk: nil, parameters: ""),
        parameters: nil),
      .loadFile("A", path: "/no/such/kernel", reason: "there is no such file"))
  }

  @Test func storageThatDoesNotExist() throws {
    let manager = try manager()
    expectRefused(
      manager, .activate("HUGE", load: false),
      .insufficientStorage("HUGE", needed: 64 << 20, free: 32 << 20))
    try manager.perform(.activate("A", load: false))
    expectRefused(
      manager,
      .configureStorage(
        "A", byteCount: 5 << 20, online: true, insistence: .polite, within: nil),
      .storageLimit("A", requested: 9 << 20, limit: 8 << 20))
    expectRefused(
      manager,
      .configureStorage("A", byteCount: 1000, online: true, insistence: .polite, within: nil),
      .notMultipleOfIncrement(1000, increment: 1 << 20))
    expectRefused(
      manager,
      .configureStorage(
        "A", byteCount: 4 << 20, online: false, insistence: .force, within: nil),
      .storageNotRemovable("A", requested: 4 << 20, removable: 3 << 20))
  }

  @Test func storageComesAndGoes() throws {
    let manager = try manager()
    try manager.perform(.activate("A", load: false))
    for _ in 0..<1000 {
      try manager.perform(
        .configureStorage("A", byteCount: 3 << 20, online: true, insistence: .polite, within: nil))
      try manager.perform(
        .storeStorage("A", address: 6 << 20, bytes: [1, 2, 3]))
      try manager.perform(
        .configureStorage(
          "A", byteCount: 3 << 20, online: false, insistence: .polite, within: nil))
      #expect(manager.ledger.isBalanced)
    }
    #expect(manager.storage(of: "A", at: 6 << 20, count: 3) == nil)
    try manager.perform(
      .configureStorage("A", byteCount: 3 << 20, online: true, insistence: .polite, within: nil))
    #expect(manager.storage(of: "A", at: 6 << 20, count: 3) == [0, 0, 0])
    #expect(manager.partitionView("A")?.storageRanges == [0..<7 << 20])
    try manager.perform(.resetClear("A", force: true))
    #expect(manager.partitionView("A")?.storageByteCount == 4 << 20)
    #expect(manager.ledger.freeByteCount == 28 << 20)
  }

  @Test func defineStorageResets() throws {
    let manager = try manager()
    try manager.perform(.activate("A", load: false))
    try manager.perform(.storeStorage("A", address: 0x1000, bytes: [7]))
    try manager.perform(.defineStorage("A", byteCount: 8 << 20))
    #expect(manager.storage(of: "A", at: 0x1000, count: 1) == [0])
    #expect(manager.partitionView("A")?.storageByteCount == 8 << 20)
    try manager.perform(.defineStorage("A", byteCount: 2 << 20))
    #expect(manager.ledger.freeByteCount == 30 << 20)
  }

  @Test func processorsBeyondWhatThereIs() throws {
    let manager = try manager()
    expectRefused(
      manager, .activate("BIG", load: false),
      .insufficientProcessors("BIG", .cp, needed: 5, available: 4))
    try manager.perform(.activate("A", load: false))
    try manager.perform(.activate("DED", load: false))
    #expect(manager.machineView.pools[0].dedicated == 2)
    #expect(manager.partitionView("A")?.shares[0].entitlement == 2)
    func online(_ number: Int) -> ManagementAction {
      .configureProcessor(
        "A", processor: number, online: true, insistence: .polite, within: nil)
    }
    expectRefused(manager, online(4), .processorNotDefined("A", processor: 4, defined: 4))
    expectRefused(manager, online(1), .processorOnline("A", processor: 1))
    expectRefused(
      manager, online(2), .insufficientProcessors("A", .cp, needed: 3, available: 2))
    expectRefused(
      manager, .varyProcessor(0, online: false), .physicalProcessorNeeded(0, by: "A"))
    expectRefused(
      manager, .varyProcessor(3, online: false), .physicalProcessorNeeded(3, by: "DED"))
    try manager.perform(.deactivate("DED", force: true))
    try manager.perform(online(2))
    #expect(manager.partitionView("A")?.shares[0].online == 3)
    try manager.perform(
      .configureProcessor("A", processor: 2, online: false, insistence: .polite, within: nil))
    expectRefused(
      manager,
      .configureProcessor("A", processor: 0, online: false, insistence: .force, within: nil),
      .lastProcessor("A", processor: 0))
    try manager.perform(.varyProcessor(3, online: false))
    #expect(manager.partitionView("A")?.shares[0].entitlement == 3)
  }

  @Test func weightsAndCaps() throws {
    let manager = try manager()
    try manager.perform(.activate("A", load: false))
    try manager.perform(.activate("B", load: false))
    #expect(manager.partitionView("A")?.shares[0].entitlement == 3)
    for weight in [0, 1000, -1] {
      expectRefused(
        manager, .set(.weight("A", type: nil, weight: weight)),
        .weightOutOfRange(weight, allowed: 1...999))
    }
    try manager.perform(.set(.weight("A", type: .cp, weight: 100)))
    #expect(manager.partitionView("A")?.shares[0].entitlement == 2)
    expectRefused(
      manager, .set(.share("A", type: nil, amount: .relative(10_001), limit: nil)),
      .shareOutOfRange(.relative(10_001)))
    expectRefused(
      manager, .set(.cap("A", type: nil, .absolute(hundredths: 0))), .capOutOfRange(0))
    expectRefused(
      manager, .set(.weight("DED", type: nil, weight: 5)), .noSharedProcessors("DED", nil))
    expectRefused(
      manager, .set(.weight("A", type: .ifl, weight: 5)), .noSharedProcessors("A", .ifl))
    try manager.perform(.set(.cap("A", type: nil, .ownShare(true))))
    #expect(manager.partitionView("A")?.shares[0].setting.isCapped == true)
    try manager.perform(.set(.initialShare("A", type: nil)))
    #expect(manager.partitionView("A")?.shares[0].entitlement == 3)
  }

  @Test func channelPaths() throws {
    let manager = try manager()
    func path(_ name: String, _ number: UInt8, _ online: Bool, _ insistence: Insistence = .polite)
      -> ManagementAction
    { .configurePath(name, path: number, online: online, insistence: insistence) }
    try manager.perform(.activate("A", load: false))
    try manager.perform(.activate("B", load: false))
    expectRefused(manager, path("A", 0x99, false), .pathNotFound(0x99))
    expectRefused(manager, path("A", 0x10, true), .pathAlready("A", path: 0x10, online: true))
    expectRefused(manager, path("B", 0x11, true), .pathInUse("B", path: 0x11, by: "A"))
    try manager.perform(path("A", 0x11, false))
    expectRefused(
      manager, path("A", 0x10, false), .lastPath("A", path: 0x10, devices: [0x100]))
    try manager.perform(path("B", 0x11, true))
    try manager.perform(path("A", 0x10, false, .unconditional))
    #expect(manager.allEvents.last?.kind == .requestsWait(device: 0x100))
    #expect(manager.partitionView("A")?.paths.map(\.isOnline) == [false, false])
    expectRefused(
      manager, .varyPath(0x10, online: true, insistence: .polite),
      .pathAlready(nil, path: 0x10, online: true))
  }

  @Test func nothingPendsWithoutAGuest() throws {
    let manager = try manager()
    try manager.perform(.activate("A", load: false))
    expectRefused(manager, .cancelPending("A", kind: nil), .noPendingChange("A"))
    expectRefused(
      manager, .signalShutdown("A", within: 10, thenForce: false), .shutdownSignalNotEnabled("A"))
  }

  @Test func everyStateLeadsWhereTheTableSays() {
    for state in PartitionStatus.allCases {
      #expect(state.permits(.notActivated) == (state != .notActivated))
    }
    #expect(!PartitionStatus.notActivated.permits(.operating))
    #expect(!PartitionStatus.notOperating.permits(.exceptions))
  }

  @Test func idleTimeIsOnTheGrid() throws {
    let manager = try manager()
    try manager.perform(.activate("A", load: false))
    manager.runEpochs(until: 12_345_678)
    #expect(manager.now == 12_400_000)
    #expect(manager.machineView.epochCount == 0)
  }
}
