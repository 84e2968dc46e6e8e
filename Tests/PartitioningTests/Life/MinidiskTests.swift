import Channels
import Quantities
import Testing

@testable import Partitioning

/// Minidisks that partitions share.
///
/// Oracle: z/VM CP Commands and Utilities Reference, LINK: the table of modes and who has it already, written
/// out here; and for what is shared, the blocks of the one disk.
@Suite("Minidisks and links")
struct MinidiskTests {
  private static let names = ["A", "B", "C", "D"]

  /// A volume of 2,048 blocks, of which A has two minidisks, 191 and 192, and B one that begins in 192.
  private func machine(
    _ change: (inout SystemDefinition) -> Void = { _ in }
  ) throws -> GuestMachine {
    var definition = SystemDefinition(
      machine: MachineDefinition(
        name: "TEST", processors: [ProcessorPoolDefinition(type: .cp, count: 4, megahertz: 5)],
        storageByteCount: 256 << 20, incrementByteCount: 1 << 20, pace: .fast),
      partitions: Self.names.map { GuestMachine.partition($0, "IODRIVER", parameters: "1") },
      inputOutput: IOConfiguration(
        paths: [
          ChannelPathDefinition(number: 0x10, accessList: Self.names, candidateList: Self.names)
        ],
        controlUnits: [ControlUnitDefinition(number: 0x200, paths: [PathReference(number: 0x10)])],
        devices: (0..<2).map {
          DeviceDefinition(
            number: 0x200 + $0, controlUnits: [0x200], media: .scratch(byteCount: 1 << 20))
        }))
    definition.inputOutput.devices[0].volume = "VOL1"
    definition.partitions[0].minidisks = [
      Self.minidisk(0x191, from: 0, 1024), Self.minidisk(0x192, from: 1024, 512),
    ]
    definition.partitions[1].minidisks = [Self.minidisk(0x191, from: 1500, 100)]
    change(&definition)
    return GuestMachine(manager: try PartitionManager(definition))
  }

  private static func minidisk(
    _ number: UInt16, from start: UInt64, _ count: UInt64?, _ mode: LinkMode = .write
  ) -> MinidiskDefinition {
    MinidiskDefinition(
      virtualDevice: number, type: "FB-512",
      place: MinidiskPlace(volume: .label("VOL1"), start: start, count: count), mode: mode)
  }

  private func link(
    _ name: String, _ mode: LinkMode, to device: UInt16 = 0x191, of owner: String = "A",
    as number: UInt16 = 0x191
  ) -> ManagementAction {
    .link(name, owner: owner, device: device, as: number, mode: mode)
  }

  private func access(_ machine: GuestMachine, _ name: String) throws -> [String] {
    let view = try machine.view(name)
    #expect(
      view.devices.map(\.isReadOnly) == view.definition.links.map(\.isReadOnly))
    return view.devices.map { "\(hexDigits($0.virtualDevice, 3)) \($0.isReadOnly ? "R/O" : "R/W")" }
  }

  // MARK: The table

  /// What a mode gives when nobody has a link, when one has it R/O, R/W, and when there are both.
  private static let table: [(LinkMode, [String])] = [
    (.read, ["R/O", "R/O", "none", "none"]), (.readAlways, ["R/O", "R/O", "R/O", "R/O"]),
    (.write, ["R/W", "none", "none", "none"]), (.writeOrRead, ["R/W", "R/O", "R/O", "R/O"]),
    (.multiple, ["R/W", "R/W", "none", "none"]),
    (.multipleOrRead, ["R/W", "R/W", "R/O", "R/O"]),
    (.multipleWrite, ["R/W", "R/W", "R/W", "R/W"]),
  ]

  @Test("a mode gives what CP's table says", arguments: LinkMode.allCases)
  func modes(mode: LinkMode) throws {
    let row = try #require(Self.table.first { $0.0 == mode }).1
    let others: [[LinkMode]] = [[], [.readAlways], [.write], [.write, .readAlways]]
    for (expected, others) in zip(row, others) {
      let machine = try machine()
      for name in Self.names { try machine.manager.perform(.activate(name, load: false)) }
      for (name, other) in zip(["B", "C"], others) {
        try machine.manager.perform(link(name, other))
      }
      if expected == "none" {
        let readers = zip(["B", "C"], others).filter { $1 == .readAlways }.map(\.0)
        let writers = zip(["B", "C"], others).filter { $1 == .write }.map(\.0)
        #expect(
          machine.refusal(link("D", mode))
            == .linkRefused("A", device: 0x191, .inUse(readers: readers, writers: writers)))
      } else {
        try machine.manager.perform(link("D", mode))
        #expect(try access(machine, "D") == ["191 \(expected)"])
      }
    }
  }

  // MARK: Activation

  private func withStatements(_ definition: inout SystemDefinition) {
    for index in definition.partitions.indices {
      definition.partitions[index].links =
        definition.partitions[index].minidisks.map { MinidiskLink(to: $0) }
    }
    definition.partitions[2].links = [
      MinidiskLink(virtualDevice: 0x191, owner: "A", ownerDevice: 0x191, mode: .multipleOrRead),
      MinidiskLink(virtualDevice: 0x291, owner: "A", ownerDevice: 0x192, mode: .write),
      MinidiskLink(virtualDevice: 0x391, owner: "B", ownerDevice: 0x999),
    ]
  }

  @Test("a partition has its minidisks and links from its activation on, as far as they are given")
  func activation() throws {
    let machine = try machine(withStatements)
    var position = ReaderPosition()
    try machine.manager.perform(.activate("A", load: true))
    #expect(try access(machine, "A") == ["191 R/W", "192 R/W"])
    #expect(try machine.view("A").devices.map(\.blockCount) == [1024, 512])
    // B's begins in A's second: it is for writing alone.
    try machine.manager.perform(.activate("B", load: false))
    #expect(try access(machine, "B") == [])
    try machine.manager.perform(.activate("C", load: false))
    #expect(try access(machine, "C") == ["191 R/O"])
    let kinds = machine.manager.events(since: &position).elements.map(\.kind)
    #expect(
      kinds.contains(
        .linkNotGiven(
          0x191, .linkRefused("B", device: 0x191, .inUse(readers: [], writers: ["A"])))))
    #expect(kinds.contains(.linkReadOnly(0x191)))
    #expect(
      kinds.contains(
        .linkNotGiven(
          0x291, .linkRefused("A", device: 0x192, .inUse(readers: [], writers: ["A"])))))
    #expect(kinds.contains(.linkNotGiven(0x391, .linkRefused("B", device: 0x999, .notInDirectory))))
    // A's program writes and reads its first, and nobody's blocks besides.
    machine.run(seconds: 0.3)
    #expect(try machine.view("A").requestCount > 0)
    #expect(machine.counter(.errors, of: "A") == 0)
    // An owner that is not active has its minidisks still, and others can have them.
    try machine.manager.perform(.deactivate("A", force: true))
    try machine.manager.perform(.activate("D", load: false))
    try machine.manager.perform(link("D", .write, to: 0x192))
    #expect(try access(machine, "D") == ["191 R/W"])
    // What is given goes with the partition; what is defined comes again.
    try machine.manager.perform(.deactivate("C"))
    try machine.manager.perform(.activate("C", load: false))
    #expect(try access(machine, "C") == ["191 R/W"])
  }

  // MARK: Refusals

  @Test("what cannot be linked is refused, and nothing is changed")
  func refusals() throws {
    let machine = try machine {
      $0.partitions[3].minidisks = [
        Self.minidisk(0x191, from: 2000, 49), Self.minidisk(0x192, from: .max, 1),
        Self.minidisk(0x193, from: 2048, nil), Self.minidisk(0x194, from: 2047, nil),
        MinidiskDefinition(
          virtualDevice: 0x195, type: "3390",
          place: MinidiskPlace(volume: .label("NONE"), start: 0, count: 1)),
        MinidiskDefinition(
          virtualDevice: 0x196, type: "3390",
          place: MinidiskPlace(volume: .label("VOL1"), start: 1, count: 1)),
        MinidiskDefinition(
          virtualDevice: 0x197, type: "FB-512", place: MinidiskPlace(volume: .device(0x201))),
      ]
    }
    let manager = machine.manager
    #expect(machine.refusal(link("B", .readAlways)) != nil)
    for name in Self.names { try manager.perform(.activate(name, load: false)) }
    func refused(_ device: UInt16, of owner: String = "D") -> ManagementError? {
      machine.refusal(link("B", .write, to: device, of: owner))
    }
    func refusal(_ device: UInt16, _ obstacle: LinkObstacle, of owner: String = "D")
      -> ManagementError
    { .linkRefused(owner, device: device, obstacle) }
    #expect(refused(0x191, of: "NOBODY") == .partitionNotFound("NOBODY"))
    #expect(refused(0x999) == refusal(0x999, .notInDirectory))
    for number: UInt16 in [0x191, 0x192, 0x193, 0x196] {
      #expect(refused(number) == refusal(number, .beyondVolume(.label("VOL1"))))
    }
    #expect(refused(0x195) == refusal(0x195, .notMounted(.label("NONE"))))
    // The last block, to the end; and a device as a whole.
    try manager.perform(link("B", .write, to: 0x194, of: "D"))
    try manager.perform(link("B", .write, to: 0x197, of: "D", as: 0x197))
    #expect(try machine.view("B").devices.map(\.blockCount) == [1, 2048])
    #expect(
      machine.refusal(link("B", .readAlways))
        == refusal(0x191, .numberTaken(0x191), of: "A"))
    // A volume with minidisks in use is given to nobody, and one that somebody has has none.
    #expect(
      machine.refusal(.attachDevice("C", device: 0x200, as: 0x300, isReadOnly: true))
        == .deviceInUse(0x200, by: "B", as: 0x191))
    try manager.perform(.detachDevice("B", device: 0x191))
    try manager.perform(.attachDevice("C", device: 0x200, as: 0x300, isReadOnly: true))
    #expect(
      machine.refusal(link("B", .readAlways))
        == refusal(0x191, .notMounted(.label("VOL1")), of: "A"))
    try manager.perform(.detachDevice("C", device: 0x300))
    for number in UInt16(0x300)..<0x307 {
      try manager.perform(link("B", .readAlways, as: number))
    }
    #expect(
      machine.refusal(link("B", .readAlways, as: 0x307))
        == refusal(0x191, .noPlace(limit: 8), of: "A"))
    try manager.perform(.detachDevice("B", device: 0x197))
    try manager.perform(.varyDevice(0x201, online: false))
    #expect(refused(0x197) == refusal(0x197, .notMounted(.device(0x201))))
  }

  // MARK: What outlives

  @Test("links are kept in profiles, in the machine's state and when it is lost")
  func kept() throws {
    let machine = try machine(withStatements)
    let manager = machine.manager
    try manager.perform(.activate("A", load: false))
    try manager.perform(.activate("D", load: false))
    try manager.perform(link("D", .multipleOrRead))
    try manager.perform(.detachDevice("A", device: 0x192))
    let saved = manager.machineState
    let other = try self.machine(withStatements)
    try other.manager.restore(saved)
    #expect(try access(other, "A") == ["191 R/W"])
    #expect(try access(other, "D") == ["191 R/O"])
    #expect(other.manager.machineState.channels == saved.channels)
    #expect(other.manager.machineState.partitions == saved.partitions)
    // The same links with other access than the channel subsystem has are no state of a machine.
    var wrong = saved
    wrong.partitions[3].definition.links[0].isReadOnly = false
    #expect(throws: StateRefusal.self) { try other.manager.restore(wrong) }
    wrong = saved
    wrong.partitions[3].definition.links = []
    #expect(throws: StateRefusal.self) { try other.manager.restore(wrong) }
    // Lost: who read does not write because he is back first, and the writer has his disk again.
    let next = try self.machine(withStatements)
    #expect(next.manager.restore(manager.runningConfiguration).lost == ["A", "D"])
    try next.manager.perform(.recover("D"))
    #expect(try access(next, "D") == ["191 R/O"])
    try next.manager.perform(.recover("A"))
    #expect(try access(next, "A") == ["191 R/W"])
    // Profiles have what is saved into them.
    try manager.perform(.saveProfile("D"))
    try manager.perform(.deactivate("D"))
    try manager.perform(.activate("D", load: false))
    #expect(try access(machine, "D") == ["191 R/O"])
    // A copy has neither paths nor minidisks.
    try manager.perform(.definePartition("E", like: "A"))
    #expect(try machine.view("E").definition.minidisks == [])
    #expect(try machine.view("E").definition.links == [])
  }

  @Test("a link is of the machine's history")
  func history() throws {
    let digests = try [false, true].map { isLinked in
      let machine = try machine()
      try machine.manager.perform(.activate("B", load: false))
      if isLinked { try machine.manager.perform(link("B", .readAlways)) }
      machine.run(seconds: 0.1)
      return machine.manager.machineView.digest
    }
    #expect(digests[0] != digests[1])
  }
}
