import Foundation
import GuestPrograms
import Quantities
import TestSupport
import Testing

@testable import Channels
@testable import Partitioning

/// The I/O configuration changes while guests use it.
///
/// Oracle: z/OS HCD Planning and MVS commands (ACTIVATE), as prsm.md 3.4 has them, for what is refused; the same
/// machine that is left alone, and counters of the guest program that drives a disk, for what stays.
@Suite("Dynamic activation of an I/O configuration")
struct DeckActivationTests {
  private static let names = ["A", "B", "C"]

  /// Paths 10 and 11 to control unit 200 with four disks, for three partitions.
  private static let configuration = IOConfiguration(
    images: zip(names, 1...).map {
      ImageDefinition(partition: $0, subsystem: 0, image: UInt8($1))
    },
    paths: [0x10, 0x11].map { path($0) },
    controlUnits: [
      ControlUnitDefinition(
        number: 0x200, paths: [PathReference(number: 0x10), PathReference(number: 0x11)])
    ],
    devices: [0x200, 0x201, 0x202, 0x203].map { device($0, on: 0x200) })

  private static func path(_ number: UInt8, _ names: [String] = names) -> ChannelPathDefinition {
    ChannelPathDefinition(number: number, accessList: names, candidateList: names)
  }

  private static func device(_ number: UInt16, on unit: UInt16) -> DeviceDefinition {
    DeviceDefinition(
      number: number, controlUnits: [unit], media: .scratch(byteCount: 1 << 20))
  }

  private func machine(
    threads: Int = 1, _ change: (inout IOConfiguration) -> Void = { _ in }
  ) throws -> GuestMachine {
    func driver(_ name: String, _ device: UInt16) -> PartitionDefinition {
      var partition = GuestMachine.partition(name, "IODRIVER", parameters: "1")
      partition.devices = [DeviceAssignment(virtualDevice: 0x100, realDevice: device)]
      return partition
    }
    let plain = try GuestMachine(
      processors: 2,
      [driver("A", 0x200), driver("B", 0x201), GuestMachine.partition("C", "SPIN")])
    var definition = plain.manager.definition
    definition.inputOutput = Self.configuration
    change(&definition.inputOutput)
    return GuestMachine(
      manager: try PartitionManager(definition, options: ManagerOptions(threads: threads)))
  }

  private func running(threads: Int = 1) throws -> GuestMachine {
    let machine = try machine(threads: threads)
    try machine.activateAll()
    machine.run(seconds: 0.1)
    return machine
  }

  private func deck(_ name: String = "NEXT", _ change: (inout IOConfiguration) -> Void) -> IODeck {
    var configuration = Self.configuration
    change(&configuration)
    return IODeck(name: name, configuration: configuration)
  }

  private func activate(
    force: Bool = false, _ change: (inout IOConfiguration) -> Void
  ) -> ManagementAction {
    .activateDeck(.activate(deck("NEXT", change)), force: force)
  }

  /// One path, control unit and disk more, all before those that there are.
  private func wider(_ configuration: inout IOConfiguration) {
    configuration.paths.insert(Self.path(0x01), at: 0)
    configuration.controlUnits.insert(
      ControlUnitDefinition(number: 0x100, paths: [PathReference(number: 0x01)]), at: 0)
    configuration.devices.insert(Self.device(0x100, on: 0x100), at: 0)
  }

  private func digests(_ machine: GuestMachine) throws -> [UInt64] {
    try Self.names.map { name in
      machine.manager.engine.guests[try #require(machine.manager.number(of: name))].digest.value
    }
  }

  // MARK: What stays

  @Test("partitions whose devices stay have the very same history as without")
  func history() throws {
    let plain = try running()
    let changed = try running()
    try changed.manager.perform(activate(wider))
    for machine in [plain, changed] { machine.run(seconds: 0.2) }
    #expect(try digests(plain) == digests(changed))
    #expect(plain.manager.machineView.digest != changed.manager.machineView.digest)
    #expect(changed.counter(.errors, of: "A") == 0)
    for number in 0...2 {
      var (one, other): ([UInt64], [UInt64]) = ([], [])
      plain.manager.channels.forEachHistoryWord(of: number) { one.append($0) }
      changed.manager.channels.forEachHistoryWord(of: number) { other.append($0) }
      // A path that came is off line to each.
      #expect(one == other)
    }
  }

  @Test(
    "the history is the same for any number of threads, and in a machine that goes on from the middle"
  )
  func determinism() throws {
    var digests: Set<UInt64> = []
    for threads in 1...2 {
      let machine = try running(threads: threads)
      try machine.manager.perform(activate(wider))
      try machine.manager.perform(
        .configurePath("A", path: 0x01, online: true, insistence: .polite))
      try machine.manager.perform(.attachDevice("A", device: 0x100, as: 0x101))
      machine.run(seconds: 0.1)
      let checkpoint = machine.manager.checkpoint()
      let data = try JSONEncoder().encode(StateEnvelope(checkpoint.machine))
      let state = try JSONDecoder().decode(StateEnvelope<MachineState>.self, from: data).state
      let copy = try self.machine()
      try copy.manager.restore(MachineCheckpoint(machine: state, guests: checkpoint.guests))
      #expect(copy.manager.decks == machine.manager.decks)
      #expect(copy.manager.definition == machine.manager.definition)
      #expect(copy.manager.machineState.channels == machine.manager.machineState.channels)
      for machine in [machine, copy] {
        machine.run(seconds: 0.1)
        try machine.manager.perform(.detachDevice("A", device: 0x101, force: true))
        try machine.manager.perform(.activateDeck(.recover(.source), force: true))
        machine.run(seconds: 0.1)
        digests.insert(machine.manager.machineView.digest)
      }
    }
    #expect(digests.count == 1)
  }

  @Test("what comes can be had, by a path that is configured on line")
  func whatComes() throws {
    let machine = try running()
    let manager = machine.manager
    try manager.perform(activate(wider))
    #expect(manager.definition.inputOutput.paths.map(\.number) == [0x01, 0x10, 0x11])
    #expect(manager.machineView.paths.map(\.path) == [0x01, 0x10, 0x11])
    #expect(manager.machineView.paths.first?.partitions == [])
    try manager.perform(.configurePath("C", path: 0x01, online: true, insistence: .polite))
    try manager.perform(.attachDevice("C", device: 0x100, as: 0x100))
    try manager.perform(
      .load("C", image: .program(name: "IODRIVER", parameters: "1"), parameters: nil, force: true))
    machine.run(seconds: 0.1)
    #expect(try machine.view("C").requestCount > 0)
    #expect(machine.counter(.errors, of: "C") == 0)
    // An activation later takes what the lists say, as the first did.
    try manager.perform(.deactivate("B", force: true))
    try manager.perform(.activate("B", load: true))
    #expect(manager.channels.paths(of: 1).map(\.isOnline) == [false, true, true])
  }

  @Test(
    "a partition that had no path when it was activated has places for disks from its next activation on"
  )
  func places() throws {
    let machine = try machine()
    let manager = machine.manager
    try manager.perform(activate { $0.paths.changeEach { $0 = Self.path($0.number, ["A", "B"]) } })
    try manager.perform(.activate("C", load: true))
    try manager.perform(activate { _ in })
    try manager.perform(.configurePath("C", path: 0x10, online: true, insistence: .polite))
    let attach = ManagementAction.attachDevice("C", device: 0x202, as: 0x100)
    let refusal = ManagementError.deviceNotAttachable("C", device: 0x202, .noPlace(limit: 0))
    #expect(machine.refusal(attach) == refusal)
    #expect(throws: refusal) { try manager.rehearsal().perform(attach) }
    try manager.perform(.deactivate("C", force: true))
    try manager.perform(.activate("C", load: true))
    #expect(machine.refusal(attach) == nil)
  }

  // MARK: What is refused

  @Test("everything that stands against it is told, and nothing is changed")
  func everyReason() throws {
    let machine = try running()
    let manager = machine.manager
    let before = manager.machineState
    let asked = deck { configuration in
      configuration.images.removeLast()
      configuration.paths[0] = Self.path(0x10, ["B", "C"])
      configuration.paths.removeLast()
      configuration.devices[1].type = "9336"
      configuration.devices[2].media = .file(path: "new.img", writable: true)
    }
    for force in [false, true] {
      do {
        try manager.perform(.activateDeck(.activate(asked), force: force))
        Issue.record("it is performed")
      } catch {
        let paths: [DeckObstacle] = [
          .pathOnline(0x10, subsystem: 0, to: ["A"], .denied),
          .pathOnline(0x11, subsystem: 0, to: ["A", "B", "C"], .deleted),
        ]
        #expect(
          error
            == .deckRefused(
              "NEXT",
              [.partitionActive("C")] + (force ? [] : paths) + [
                .deviceInUse(0x201, by: "B", as: 0x100, .changed),
                .lastPath(device: 0x200, of: "A"),
                .file(0x202, path: "new.img", reason: "No such file or directory"),
              ]))
      }
      var after = manager.machineState
      after.firmware.journal = before.firmware.journal
      #expect(after == before)
    }
    #expect(manager.decks == DeckBook())
  }

  @Test("a device in use is not taken, with FORCE neither; one that nobody has goes")
  func devices() throws {
    let machine = try running()
    let cuts: [(DeckCut, (inout IOConfiguration) -> Void)] = [
      (.deleted, { $0.devices.removeFirst() }),
      (.changed, { $0.devices[0].media = .scratch(byteCount: 2 << 20) }),
      (.changed, { $0.devices[0].latencyNanoseconds += 1 }),
      (.denied, { $0.devices[0].candidateList = ["B"] }),
    ]
    for (cut, change) in cuts {
      for force in [false, true] {
        #expect(
          machine.refusal(activate(force: force, change))
            == .deckRefused("NEXT", [.deviceInUse(0x200, by: "A", as: 0x100, cut)]))
      }
    }
    try machine.manager.perform(activate { $0.devices.removeLast(2) })
    #expect(machine.manager.deviceViews.map(\.number) == [0x200, 0x201])
    try machine.manager.perform(.detachDevice("A", device: 0x100, force: true))
    try machine.manager.perform(activate { $0.devices.removeFirst() })
    #expect(machine.manager.deviceViews.map(\.number) == [0x201, 0x202, 0x203])
    // Its definition still names the device: it has it again when there is one again.
    try machine.manager.perform(.deactivate("A", force: true))
    try machine.manager.perform(.activate("A", load: false))
    #expect(machine.manager.channels.subchannels(of: 0).isEmpty)
    try machine.manager.perform(.deactivate("A", force: true))
    try machine.manager.perform(activate { _ in })
    try machine.manager.perform(.activate("A", load: false))
    #expect(machine.manager.channels.subchannels(of: 0).map(\.realDevice) == [0x200])
  }

  @Test("a path is taken off line first: by the operator, or by FORCE; the requests go by another")
  func paths() throws {
    let goes: (inout IOConfiguration) -> Void = {
      $0.paths.removeFirst()
      $0.controlUnits[0].paths.removeFirst()
    }
    let machine = try running()
    #expect(
      machine.refusal(activate(goes))
        == .deckRefused(
          "NEXT", [.pathOnline(0x10, subsystem: 0, to: ["A", "B", "C"], .deleted)]))
    for name in Self.names {
      try machine.manager.perform(
        .configurePath(name, path: 0x10, online: false, insistence: .polite))
    }
    try machine.manager.perform(activate(goes))
    let forced = try running()
    try forced.manager.perform(activate(force: true, goes))
    for machine in [machine, forced] {
      let count = try machine.view("A").requestCount
      machine.run(seconds: 0.1)
      #expect(try machine.view("A").requestCount > count)
      #expect(machine.counter(.errors, of: "A") == 0)
      #expect(machine.manager.channels.subchannels(of: 0).map(\.paths) == [[0x11]])
    }
  }

  /// Oracle: the guest program's own pattern in each block, and its counters.
  @Test("data on their way over a path that goes are moved again over another, and none is lost")
  func transfer() throws {
    // A request moves for a second.
    func slow(_ configuration: inout IOConfiguration) {
      configuration.paths.changeEach { $0.bytesPerSecond = 4096 }
    }
    let machine = try machine(slow)
    let manager = machine.manager
    try manager.perform(.activate("A", load: true))
    machine.run(seconds: 2.5)
    let path = try #require(
      [UInt8(0x10), 0x11].first { manager.channels.pathView($0)?.isBusy ?? false })
    _ = try manager.perform(
      .configurePath("A", path: path, online: false, insistence: .polite))
    func goes(_ configuration: inout IOConfiguration) {
      slow(&configuration)
      configuration.paths.removeAll { $0.number == path }
      configuration.controlUnits[0].paths.removeAll { $0.number == path }
    }
    // It goes off line, but what moves there is not over.
    #expect(
      machine.refusal(activate(goes))
        == .deckRefused("NEXT", [.pathOnline(path, subsystem: 0, to: ["A"], .deleted)]))
    let count = manager.channels.subchannels(of: 0).first?.measurement.requestCount
    try manager.perform(activate(force: true, goes))
    #expect(manager.channels.pathViews().map(\.isBusy) == [true])
    #expect(manager.channels.subchannels(of: 0).first?.measurement.requestCount == count)
    machine.run(seconds: 20)
    #expect(try manager.partition("A").pending.isEmpty)
    #expect(machine.counter(.errors, of: "A") == 0 && machine.counter(.retried, of: "A") == 0)
    let after = manager.channels.subchannels(of: 0).first?.measurement.requestCount ?? 0
    #expect(after >= (count ?? 0) + 15)
  }

  @Test("a path that leads to a device no more is in use there, unless it is off line to it")
  func ways() throws {
    let machine = try running()
    let goes: (inout IOConfiguration) -> Void = { $0.controlUnits[0].paths.removeFirst() }
    #expect(
      machine.refusal(activate(goes))
        == .deckRefused(
          "NEXT",
          [
            .wayInUse(path: 0x10, device: 0x100, of: "A"),
            .wayInUse(path: 0x10, device: 0x100, of: "B"),
          ]))
    try machine.manager.perform(activate(force: true, goes))
    machine.run(seconds: 0.1)
    #expect(machine.counter(.errors, of: "A") == 0)
    #expect(machine.manager.channels.paths(of: 0).map(\.isOnline) == [true, true])
    #expect(
      machine.refusal(activate(force: true) { $0.controlUnits[0].paths = [] })
        == .deckRefused(
          "NEXT", [.lastPath(device: 0x200, of: "A"), .lastPath(device: 0x201, of: "B")]))
  }

  @Test(
    "a path of another kind is off line to everybody first; lists alone need nothing of who gains")
  func kinds() throws {
    let machine = try running()
    #expect(
      machine.refusal(activate { $0.paths[1].sharing = .reconfigurable })
        == .deckRefused(
          "NEXT", [.pathOnline(0x11, subsystem: 0, to: ["A", "B", "C"], .changed)]))
    try machine.manager.perform(activate(force: true) { $0.paths[1].sharing = .reconfigurable })
    #expect(machine.manager.channels.pathView(0x11)?.partitions == [])
    try machine.manager.perform(.configurePath("B", path: 0x11, online: true, insistence: .polite))
    #expect(
      machine.refusal(.configurePath("A", path: 0x11, online: true, insistence: .polite))
        == .pathInUse("A", path: 0x11, by: "B"))
  }

  @Test("a file that is not there is named")
  func files() throws {
    let machine = try running()
    let action = activate { $0.devices[3].media = .file(path: "/nowhere/x.img", writable: false) }
    guard
      case .deckRefused("NEXT", let obstacles)? = machine.refusal(action),
      case .file(0x203, path: "/nowhere/x.img", let reason)? = obstacles.first
    else {
      Issue.record("it is performed")
      return
    }
    #expect(reason.contains("No such file"))
  }

  @Test("only who may change the I/O configuration may activate one")
  func rights() throws {
    let machine = try running()
    #expect(throws: ManagementError.classNeeded("X", needs: PrivilegeClasses(letters: "B"))) {
      try machine.manager.perform(
        activate(wider), by: .user("X", classes: PrivilegeClasses(letters: "CG")))
    }
    #expect(throws: ManagementError.notAuthorized("A", needs: .crossPartitionAuthority)) {
      try machine.manager.perform(activate(wider), by: .partition("A"))
    }
  }

  // MARK: Back and forth

  @Test("RECOVER goes back and on again, and says when there is nowhere to go")
  func recover() throws {
    let machine = try running()
    let manager = machine.manager
    #expect(machine.refusal(.activateDeck(.recover(.target))) == .noDeckActivated)
    try manager.perform(activate(wider))
    try manager.perform(.activateDeck(.recover(.source)))
    #expect(manager.definition.inputOutput == Self.configuration)
    #expect(manager.decks.running == nil)
    try manager.perform(.activateDeck(.recover(.target)))
    #expect(manager.decks.running?.name == "NEXT")
    try manager.perform(.configurePath("C", path: 0x01, online: true, insistence: .polite))
    try manager.perform(.attachDevice("C", device: 0x100, as: 0x100))
    #expect(
      machine.refusal(.activateDeck(.recover(.source), force: true))
        == .deckRefused(
          DeckBook.folderName, [.deviceInUse(0x100, by: "C", as: 0x100, .deleted)]))
    #expect(manager.decks.running?.name == "NEXT")
  }

  @Test("the event log has each object that came, changed and went, and the journal the deck")
  func log() throws {
    let manager = try machine().manager
    let action = activate { configuration in
      wider(&configuration)
      configuration.devices.removeLast()
      configuration.paths[1] = Self.path(0x10, ["A", "B"])
    }
    try manager.perform(action)
    let change = try #require(manager.allChanges.last)
    #expect(
      change.differences.map(\.name) == [
        "IODF", "CHPID 0.01", "CHPID 0.10", "CNTLUNIT 0100", "IODEVICE 0100", "IODEVICE 0203",
      ])
    #expect(change.differences.first?.after == "NEXT")
    #expect(change.differences.last?.after == "NONE")
    #expect(manager.journal.last?.action == action)
    let text = WrittenForm.text(action)
    #expect(
      try JSONDecoder().decode(ManagementAction.self, from: Data(text.utf8)) == action)
  }

  // MARK: What outlives the machine

  @Test("the configuration that ran runs again after a loss, unless the folder's deck is another")
  func outlives() throws {
    let manager = try running().manager
    try manager.perform(activate(wider))
    try manager.perform(.varyDevice(0x203, online: false))
    let data = try JSONEncoder().encode(manager.runningConfiguration)
    let kept = try JSONDecoder().decode(RunningConfiguration.self, from: data)
    #expect(kept == manager.runningConfiguration)
    let next = try machine().manager
    let report = next.restore(kept)
    #expect(report.deck == "NEXT")
    #expect(report.lostDeck == nil)
    #expect(report.offlineDevices == [0x203])
    #expect(next.decks == manager.decks)
    #expect(next.definition.inputOutput == manager.definition.inputOutput)
    #expect(next.machineRecord == manager.machineRecord)
    try next.perform(.recover("A"))
    var definition = try machine().manager.definition
    definition.inputOutput.devices.removeLast()
    let other = try PartitionManager(definition)
    #expect(other.restore(kept).lostDeck == "NEXT")
    #expect(other.decks == DeckBook())
    var ended = kept
    ended.machine.end()
    #expect(ended.machine.decks == nil)
  }

  @Test(
    "partitions that come, and those that are deleted and come again, find the configuration that runs"
  )
  func roster() throws {
    let manager = try machine().manager
    try manager.perform(activate(wider))
    try manager.perform(.definePartition("D"))
    #expect(manager.definition.inputOutput.paths.count == 3)
    try manager.perform(.deletePartition("B"))
    try manager.perform(
      activate {
        wider(&$0); $0.devices.removeLast()
      })
    try manager.perform(.definePartition("B"))
    try manager.perform(.activate("B", load: true))
    #expect(manager.channels.subchannels(of: 1).map(\.realDevice) == [0x201])
    #expect(manager.definition.inputOutput.devices.count == 4)
  }

  @Test("a rehearsal goes on with it alone")
  func rehearsal() throws {
    let machine = try running()
    let before = machine.manager.machineState
    let rehearsal = machine.manager.rehearsal()
    try rehearsal.perform(activate(wider))
    #expect(rehearsal.deviceViews.count == 5)
    #expect(rehearsal.rehearsal().decks == rehearsal.decks)
    #expect(machine.manager.machineState == before)
  }
}
