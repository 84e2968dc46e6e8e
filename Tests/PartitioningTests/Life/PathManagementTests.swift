import Foundation
import Quantities
import Testing

@testable import Channels
@testable import Partitioning

/// Paths that the machine gives to control units (dynamic channel path management).
///
/// Oracle: prsm.md 3.5 (managed paths belong to an IOCLUSTER and move between control units), and arithmetic by hand:
/// a block of 4 KiB moves for 62 ms, so that two disks behind one path wait for each other, and behind two do not.
@Suite("Managed paths")
struct PathManagementTests {
  private static let names = ["A", "B", "C", "D"]
  private static let interval = Reconfiguration.managementInterval

  /// Control unit 6100 has path 40 and may have two more, 6200 has 43 and may have one; 41 and 42 are managed.
  ///
  /// A and B have disks of the first, C and D of the other.
  private static func configuration(managed: [UInt8] = [0x41, 0x42]) -> IOConfiguration {
    var paths = ([0x40, 0x43] + managed).sorted().map {
      ChannelPathDefinition(
        number: $0, switchNumber: 1, accessList: names, candidateList: names,
        bytesPerSecond: 64 << 10)
    }
    paths.changeEach { if managed.contains($0.number) { $0.cluster = "PLEX" } }
    var units = [(UInt16(0x6100), UInt8(0x40), 2), (0x6200, 0x43, 1)].map { number, path, count in
      var unit = ControlUnitDefinition(number: number, paths: [PathReference(number: path)])
      unit.managedCounts = [ManagedPathCount(subsystem: 0, count: count)]
      return unit
    }
    if managed.isEmpty { units.changeEach { $0.managedCounts = [] } }
    return IOConfiguration(
      images: zip(names, 1...).map {
        ImageDefinition(partition: $0, subsystem: 0, image: UInt8($1))
      }, paths: paths, controlUnits: units,
      devices: (0..<4).map {
        DeviceDefinition(
          number: 0x200 + $0, controlUnits: [$0 < 2 ? 0x6100 : 0x6200],
          media: .scratch(byteCount: 1 << 20))
      })
  }

  private func machine(
    threads: Int = 1, _ configuration: IOConfiguration = configuration()
  ) throws -> GuestMachine {
    var definition = try GuestMachine(
      processors: 4,
      zip(Self.names, UInt16(0x200)...).map { name, device in
        var partition = GuestMachine.partition(name, "IODRIVER", parameters: "1")
        partition.devices = [DeviceAssignment(virtualDevice: 0x100, realDevice: device)]
        return partition
      }
    ).manager.definition
    definition.inputOutput = configuration
    return GuestMachine(
      manager: try PartitionManager(definition, options: ManagerOptions(threads: threads)))
  }

  private func load(_ names: [String], _ machine: GuestMachine) throws {
    for name in names { try machine.manager.perform(.activate(name, load: true)) }
  }

  private func run(_ machine: GuestMachine, to time: SimulatedTime) {
    machine.manager.runEpochs(until: time) { false }
  }

  private func moves(
    _ machine: GuestMachine
  ) -> [(time: UInt64, path: UInt8, unit: UInt16, from: UInt16?)] {
    machine.manager.allEvents.compactMap { event in
      guard case .pathMoved(let move, let former) = event.kind else { return nil }
      return (event.time, move.path.number, move.unit, former)
    }
  }

  @Test("the control unit whose requests wait gets a path at the interval, and they wait no more")
  func isGiven() throws {
    let machine = try machine()
    try load(["A", "B"], machine)
    run(machine, to: Self.interval - 100_000)
    #expect(moves(machine).isEmpty)
    let before = try machine.view("A").requestCount
    run(machine, to: 2 * Self.interval - 100_000)
    let told = moves(machine)
    #expect(told.map(\.time) == [Self.interval])
    #expect(told.map(\.path) == [0x41] && told.map(\.unit) == [0x6100])
    #expect(told.first?.from == nil)
    // PIM and PAM of those who have it follow, and of nobody else.
    for name in ["A", "B"] {
      let view = try #require(machine.manager.subchannels(of: name).first)
      #expect(view.paths == [0x40, 0x41])
      #expect([view.installed, view.available, view.usable] == [0xC0, 0xC0, 0xC0])
    }
    #expect(machine.manager.channels.subchannels(of: 2).map(\.paths) == [[0x43]])
    let after = try machine.view("A").requestCount - before
    #expect(after > before * 3 / 2)
    #expect(machine.counter(.errors, of: "A") == 0 && machine.counter(.errors, of: "B") == 0)
    // Two paths are enough for two disks.
    run(machine, to: 4 * Self.interval)
    #expect(moves(machine).count == 1)
    let change = try #require(machine.manager.allChanges.last)
    #expect(change.author == .firmware)
    #expect(change.differences.map(\.name) == ["CNTLUNIT 6100"])
  }

  @Test("one that is idle gives its own to one that waits, but never a path that it names")
  func isTaken() throws {
    let machine = try machine(Self.configuration(managed: [0x41]))
    try load(Self.names, machine)
    for name in ["C", "D"] { try machine.manager.perform(.stop(name, processor: nil)) }
    run(machine, to: Self.interval + 100_000)
    #expect(moves(machine).map(\.unit) == [0x6100])
    // Both wait: nobody gives while something moves there.
    for name in ["C", "D"] { try machine.manager.perform(.start(name, processor: nil)) }
    run(machine, to: 3 * Self.interval + 100_000)
    #expect(moves(machine).count == 1)
    for name in ["A", "B"] { try machine.manager.perform(.stop(name, processor: nil)) }
    run(machine, to: 5 * Self.interval + 100_000)
    let last = try #require(moves(machine).last)
    #expect(last.path == 0x41 && last.unit == 0x6200 && last.from == 0x6100)
    #expect(last.time == 5 * Self.interval)
    #expect(machine.manager.channels.subchannels(of: 0).map(\.paths) == [[0x40]])
    for name in ["A", "B"] { try machine.manager.perform(.start(name, processor: nil)) }
    run(machine, to: 8 * Self.interval)
    for name in Self.names { #expect(machine.counter(.errors, of: name) == 0) }
    #expect(moves(machine).count == 2)
  }

  @Test("what a disk did that was taken away does not make the others of its control unit idle")
  func isNotIdle() throws {
    let machine = try machine(Self.configuration(managed: [0x41]))
    try machine.manager.perform(
      .moveManagedPath(ManagedPath(path: PathReference(number: 0x41), unit: 0x6200)))
    try load(Self.names, machine)
    run(machine, to: 4 * Self.interval + 100_000)
    #expect(moves(machine).map(\.unit) == [0x6200])
    try machine.manager.perform(.detachDevice("D", device: 0x100, force: true))
    run(machine, to: 6 * Self.interval + 100_000)
    #expect(moves(machine).map(\.unit) == [0x6200])
  }

  @Test("switched off it forgets what it has seen, at once")
  func forgets() throws {
    let machine = try machine()
    try load(["A", "B"], machine)
    run(machine, to: Self.interval / 2)
    let reconfiguration = machine.manager.firmware.reconfiguration
    #expect(reconfiguration.state.pathManagement.nextLook == Self.interval)
    try machine.manager.perform(.set(.pathManagement(false)))
    #expect(reconfiguration.state.pathManagement == PathManagement())
  }

  @Test("not while it is switched off, not one that is off line, fails, or is of no use there")
  func isNot() throws {
    let reasons: [(ManagementAction, ManagementAction?)] = [
      (.set(.pathManagement(false)), .set(.pathManagement(true))),
      (
        .varyPath(0x41, online: false, insistence: .force),
        .varyPath(0x41, online: true, insistence: .polite)
      ),
      (.inject(.path(0x41, fails: true)), .inject(.path(0x41, fails: false))),
    ]
    for (reason, end) in reasons {
      let machine = try machine(Self.configuration(managed: [0x41]))
      try load(["A", "B"], machine)
      try machine.manager.perform(reason)
      run(machine, to: 2 * Self.interval + 100_000)
      #expect(moves(machine).isEmpty, "\(reason)")
      if let end { try machine.manager.perform(end) }
      run(machine, to: 4 * Self.interval + 100_000)
      #expect(moves(machine).map(\.path) == [0x41], "\(reason)")
    }
    let machine = try machine(Self.configuration(managed: [0x41]))
    try load(["A", "B"], machine)
    for name in ["A", "B"] {
      try machine.manager.perform(
        .configurePath(name, path: 0x41, online: false, insistence: .force))
    }
    run(machine, to: 2 * Self.interval + 100_000)
    #expect(moves(machine).isEmpty)
  }

  @Test("what cannot be is refused: a path that is not managed, too many, an unknown control unit")
  func refusals() throws {
    let machine = try machine()
    func give(_ path: UInt8, _ unit: UInt16) -> ManagementAction {
      .moveManagedPath(ManagedPath(path: PathReference(number: path), unit: unit))
    }
    for (path, unit) in [(UInt8(0x40), UInt16(0x6200)), (0x99, 0x6100), (0x41, 0x6300)] {
      #expect(machine.refusal(give(path, unit)) == .pathNotManaged(path, unit: unit))
    }
    try machine.manager.perform(give(0x41, 0x6200))
    #expect(machine.refusal(give(0x42, 0x6200)) == .pathNotManaged(0x42, unit: 0x6200))
    try machine.manager.perform(give(0x41, 0x6100))
    #expect(
      machine.manager.decks.managed == [
        ManagedPath(path: PathReference(number: 0x41), unit: 0x6100)
      ])
    // A device has eight paths at most, whatever a control unit may have.
    var full = Self.configuration()
    full.controlUnits[0].paths += (0x50..<0x57).map { PathReference(number: $0) }
    #expect(full.possible(machine.manager.decks.managed).isEmpty)
  }

  @Test("another I/O configuration keeps it where it can be, and a checkpoint goes on alike")
  func goesOn() throws {
    var digests: Set<UInt64> = []
    for threads in 1...2 {
      let machine = try machine(threads: threads)
      try load(Self.names, machine)
      run(machine, to: Self.interval + 100_000)
      let moved = machine.manager.decks.managed
      #expect(moved.count == 1)
      var next = Self.configuration()
      next.devices.append(
        DeviceDefinition(
          number: 0x300, controlUnits: [0x6100], media: .scratch(byteCount: 1 << 20)))
      try machine.manager.perform(
        .activateDeck(.activate(IODeck(name: "NEXT", configuration: next))))
      #expect(machine.manager.decks.managed == moved)
      let checkpoint = machine.manager.checkpoint()
      let data = try JSONEncoder().encode(StateEnvelope(checkpoint.machine))
      let state = try JSONDecoder().decode(StateEnvelope<MachineState>.self, from: data).state
      let copy = try self.machine()
      try copy.manager.restore(MachineCheckpoint(machine: state, guests: checkpoint.guests))
      #expect(copy.manager.definition == machine.manager.definition)
      for machine in [machine, copy] {
        run(machine, to: 2 * Self.interval + 100_000)
        #expect(machine.manager.decks.managed.count == 2)
        digests.insert(machine.manager.machineView.digest)
      }
      // What is nowhere is no state of this machine.
      var wrong = state
      wrong.decks.managed.append(ManagedPath(path: PathReference(number: 0x40), unit: 0x6100))
      #expect(throws: StateRefusal.self) { try self.machine().manager.restore(wrong) }
      // A configuration without ** takes it away, when it is off line or with FORCE.
      let without = ManagementAction.activateDeck(
        .activate(IODeck(name: "NONE", configuration: Self.configuration(managed: []))))
      #expect(machine.refusal(without) != nil)
      #expect(machine.manager.machineRecord.decks?.book.managed == [])
    }
    #expect(digests.count == 1)
  }

  /// Oracle: the same machine without managed paths' statements.
  @Test("a machine without managed paths has the very same history as before there were any")
  func withoutPool() throws {
    let machine = try machine(Self.configuration(managed: []))
    try load(["A", "B"], machine)
    run(machine, to: 2 * Self.interval)
    #expect(machine.manager.firmware.reconfiguration.state.pathManagement == PathManagement())
    #expect(machine.manager.firmware.reconfiguration.nextManagement == nil)
    #expect(moves(machine).isEmpty)
  }
}
