import Foundation
import Quantities
import Testing

@testable import Channels
@testable import Partitioning

/// Partitions come and go while the machine runs, and the others notice nothing.
@Suite("Partitions that come and go")
struct ProvisioningTests {
  /// A neighbour that nobody disturbs, on a processor of its own, another that shares, and a model.
  private static let folder = [
    GuestMachine.partition("LONER", "SPIN", mode: .dedicated),
    GuestMachine.partition("MODEL", "PULSE", weight: 50),
    GuestMachine.partition("SHARER", "PULSE", processors: 2, polarity: .vertical),
  ]

  private func machine(threads: Int = 1, _ more: [PartitionDefinition] = []) throws -> GuestMachine
  {
    try GuestMachine(
      processors: 4, threads: threads,
      groups: [GroupDefinition(name: "G", absoluteCaps: [GroupCap(type: .cp, hundredths: 150)])],
      capacityUnits: 100,
      ProvisioningTests.folder + more)
  }

  private func digest(_ name: String, _ machine: GuestMachine) throws -> UInt64 {
    try machine.view(name).digest
  }

  // MARK: The same as from the start

  /// Oracle: a machine whose folder defines them after its own, and that never activates them.
  @Test("what comes and is never active is as if it had always been there", arguments: [1, 2])
  func asFromTheStart(threads: Int) throws {
    let copies = (1...3).map { number in
      var copy = ProvisioningTests.folder[1]
      copy.name = "WEB\(number)"
      return copy
    }
    let from = try machine(threads: threads, copies)
    let later = try machine(threads: threads)
    for machine in [from, later] {
      for name in ["LONER", "MODEL", "SHARER"] {
        try machine.manager.perform(.activate(name, load: true))
      }
      machine.run(seconds: 0.2)
    }
    try later.manager.perform(.definePartition("WEB1", through: "WEB3", like: "MODEL"))
    #expect(later.manager.partitionNames == from.manager.partitionNames)
    #expect(later.manager.engine.state.dispatcher == from.manager.engine.state.dispatcher)
    for machine in [from, later] { machine.run(seconds: 0.3) }
    #expect(later.manager.engine.state.dispatcher == from.manager.engine.state.dispatcher)
    for name in ["LONER", "MODEL", "SHARER"] {
      #expect(try digest(name, later) == digest(name, from))
    }
    // Active, they are dispatched alike.
    for machine in [from, later] {
      for copy in copies { try machine.manager.perform(.activate(copy.name, load: true)) }
      machine.run(seconds: 0.3)
    }
    #expect(later.manager.engine.state.dispatcher == from.manager.engine.state.dispatcher)
    #expect(try digest("SHARER", later) == digest("SHARER", from))
  }

  /// Oracle: the same machine without any of it.
  @Test("those in the midst of a running machine go on as without it", arguments: 1...6)
  func othersGoOn(seed: UInt64) throws {
    var numbers = SeededGenerator(seed: seed)
    let group = GuestMachine.partition(
      "TEAM", "SPIN", processors: 2, weight: 30, group: "G", polarity: .vertical)
    let (changed, still) = (try machine([group]), try machine([group]))
    for machine in [changed, still] {
      for name in ["SHARER", "LONER", "TEAM"] {
        try machine.manager.perform(.activate(name, load: true))
      }
    }
    var defined: [String] = []
    for step in 0..<40 {
      if defined.isEmpty || Bool.random(using: &numbers) {
        let first = "P\(String(step * 10).zeroPadded(to: 4))"
        let last = "P\(String(step * 10 + 3).zeroPadded(to: 4))"
        try changed.manager.perform(.definePartition(first, through: last, like: "TEAM"))
        defined += (0...3).map { "P\(String(step * 10 + $0).zeroPadded(to: 4))" }
      } else {
        let name = defined.remove(at: Int.random(in: 0..<defined.count, using: &numbers))
        try changed.manager.perform(.deletePartition(name))
      }
      if step == 20 { try changed.manager.perform(.deletePartition("MODEL")) }
      try changed.manager.judge(changed.manager.machineState)
      for machine in [changed, still] { machine.run(seconds: 0.013) }
      for name in ["LONER", "SHARER", "TEAM"] {
        #expect(try digest(name, changed) == digest(name, still), "\(name) at step \(step)")
      }
    }
    try changed.manager.perform(.definePartition("MODEL"))
    for name in defined { try changed.manager.perform(.deletePartition(name)) }
    #expect(changed.manager.partitionNames == still.manager.partitionNames)
    #expect(changed.manager.definition == still.manager.definition)
    #expect(changed.manager.engine.state.dispatcher == still.manager.engine.state.dispatcher)
  }

  // MARK: Nothing stays

  /// Oracle: the state before, and for the neighbour a run of the same length without them.
  @Test("a thousand, defined, activated and deleted ten times, leave nothing", arguments: [1, 2])
  func leaveNothing(threads: Int) throws {
    let (machine, alone) = (try thousands(threads: threads), try thousands(threads: threads))
    for machine in [machine, alone] {
      try machine.manager.perform(.activate("LONER", load: true))
      machine.run(seconds: 0.01)
    }
    let (before, hostStorage) = (machine.manager.machineState, machine.manager.hostStorageUsed)
    for _ in 0..<10 {
      try machine.manager.perform(.definePartition("W0001", through: "W1000", like: "MODEL"))
      for number in 1...1000 {
        let name = "W\(String(number).zeroPadded(to: 4))"
        try machine.manager.perform(.activate(name, load: true))
      }
      machine.run(seconds: 0.002)
      #expect(machine.manager.partitions.count { $0.isActive } == 1001)
      for number in 1...1000 {
        let name = "W\(String(number).zeroPadded(to: 4))"
        try machine.manager.perform(.deactivate(name, force: true))
      }
      try machine.manager.perform(.deletePartition("W0001", through: "W1000"))
      alone.run(seconds: 0.002)
      #expect(try digest("LONER", machine) == digest("LONER", alone))
    }
    let after = machine.manager.machineState
    #expect(after.firmware.ledger == before.firmware.ledger)
    #expect(machine.manager.hostStorageUsed >= hostStorage)
    #expect(after.partitions.map(\.definition) == before.partitions.map(\.definition))
    #expect(after.partitions == alone.manager.machineState.partitions)
    #expect(after.channels == alone.manager.machineState.channels)
    #expect(after.epochs.guestDigests == alone.manager.machineState.epochs.guestDigests)
    #expect(
      after.epochs.dispatcher.logicals == alone.manager.machineState.epochs.dispatcher.logicals)
    #expect(after.epochs.dispatcher.timers == alone.manager.machineState.epochs.dispatcher.timers)
    #expect(
      after.epochs.dispatcher.frontiers == alone.manager.machineState.epochs.dispatcher.frontiers)
    #expect(machine.manager.engine.guests.count == alone.manager.engine.guests.count)
    try machine.manager.judge(after)
  }

  private func thousands(threads: Int) throws -> GuestMachine {
    try GuestMachine(
      processors: 4, threads: threads, storageMegabytes: 4096,
      [
        GuestMachine.partition("LONER", "SPIN", mode: .dedicated),
        GuestMachine.partition("MODEL", "PULSE"),
      ])
  }

  @Test("a number and a name that are used again are somebody else's")
  func usedAgain() throws {
    let machine = try machine()
    try machine.manager.perform(.definePartition("WEB", like: "MODEL"))
    try machine.manager.perform(.set(.definedCapacity("WEB", units: 10), .profile))
    try machine.manager.perform(.activate("WEB", load: true))
    machine.run(seconds: 1.2)
    let used = try machine.view("WEB").shares[0].usedNanoseconds
    #expect(used > 0)
    try machine.manager.perform(.deactivate("WEB", force: true))
    let before = machine.manager.measurement()
    try machine.manager.perform(.deletePartition("WEB"))
    try machine.manager.perform(.definePartition("WEB", like: "MODEL"))
    let view = try machine.view("WEB")
    #expect(view.number == 3)
    #expect(view.shares[0].usedNanoseconds == 0 && view.shares[0].recentUsed == 0)
    #expect(view.definition.definedCapacity == nil)
    try machine.manager.perform(.activate("WEB", load: true))
    machine.run(seconds: 0.1)
    // What the former one had is nobody's, and what this one had is its own.
    let after = machine.manager.measurement()
    let report = try PartitionDataReport(from: before, to: after)
    let row = try #require(report.pools.first?.rows.first { $0.name == "WEB" })
    let own = try #require(after.partitions.first { $0.name == "WEB" }?.logicals.first)
    #expect(row.spent == own.counters)
  }

  // MARK: What is refused

  @Test("whatever is wrong, it is refused and nothing is changed")
  func refusals() throws {
    var withDisk = GuestMachine.partition("DISK")
    withDisk.devices = [DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200)]
    let machine = try GuestMachine(
      processors: 4, inputOutput: true,
      [
        GuestMachine.partition("A", reserved: 1), withDisk,
      ])
    try machine.manager.perform(.activate("A", load: false))
    try machine.manager.perform(.definePartition("C", like: "A"))
    let state = machine.manager.machineState.partitions
    let wrong: [(ManagementAction, ManagementError)] = [
      (.definePartition("A"), .partitionDefined("A")),
      (.definePartition("C", through: "C"), .partitionRange("C", "C")),
      (.definePartition("X1", through: "Y2"), .partitionRange("X1", "Y2")),
      (.definePartition("X2", through: "X1"), .partitionRange("X2", "X1")),
      (.definePartition("SYSTEM"), .partitionName("SYSTEM")),
      (.definePartition("OPERATOR"), .partitionName("OPERATOR")),
      (.definePartition("a"), .partitionName("a")),
      (.definePartition("X00001", through: "X10000", like: "A"), .partitionLimit(10_000)),
      (.definePartition("X", like: "NOBODY"), .templateNotFound("NOBODY", known: [])),
      (.definePartition("X", like: "DISK"), .notShareable("DISK", devices: [0x100])),
      (.deletePartition("NOBODY"), .partitionNotFound("NOBODY")),
      (.deletePartition("A"), .partitionActive("A", is: .notOperating)),
    ]
    for (action, refusal) in wrong {
      #expect(throws: refusal) { try machine.manager.perform(action) }
    }
    #expect(machine.manager.machineState.partitions == state)
    try machine.manager.perform(.deletePartition("DISK"))
    #expect(throws: ManagementError.partitionOfFolder("DISK")) {
      try machine.manager.perform(.definePartition("DISK", like: "A"))
    }
    try machine.manager.perform(.definePartition("DISK"))
    #expect(try machine.view("DISK").devices.map(\.virtualDevice) == [0x100])
  }

  @Test("several at once are done or none is, and PLAN's rehearsal shows it")
  func together() throws {
    let machine = try machine()
    let state = machine.manager.machineState.partitions
    #expect(
      throws: ManagementError.inBatch(position: 2, .partitionDefined("WEB1"))
    ) {
      try machine.manager.perform(
        .batch([
          .definePartition("WEB1", through: "WEB9", like: "MODEL"),
          .activate("WEB3", load: true), .definePartition("WEB1"),
        ]))
    }
    #expect(machine.manager.machineState.partitions == state)
    let rehearsal = machine.manager.rehearsal()
    try rehearsal.perform(.definePartition("WEB1", through: "WEB9", like: "MODEL"))
    try rehearsal.perform(.activate("WEB9", load: true))
    #expect(rehearsal.isActive("WEB9") == true)
    #expect(machine.manager.isActive("WEB9") == nil)
    try machine.manager.perform(
      .batch([
        .definePartition("WEB1", through: "WEB9", like: "MODEL"), .activate("WEB3", load: true),
        .deletePartition("WEB4", through: "WEB9"),
      ]))
    #expect(machine.manager.partitionNames.suffix(3) == ["WEB1", "WEB2", "WEB3"])
    let change = try #require(machine.manager.allChanges.last)
    #expect(
      change.differences.filter { $0.name == "DEFINED" }.map(\.partition)
        == ["WEB1", "WEB2", "WEB3"])
  }

  @Test("a partition needs cross-partition authority for it, and a user class B")
  func rights() throws {
    let machine = try machine()
    #expect(throws: ManagementError.notAuthorized("LONER", needs: .crossPartitionAuthority)) {
      try machine.manager.perform(.definePartition("WEB"), by: .partition("LONER"))
    }
    #expect(throws: ManagementError.classNeeded("GUEST", needs: PrivilegeClasses(letters: "B"))) {
      try machine.manager.perform(
        .definePartition("WEB"), by: .user("GUEST", classes: .general))
    }
    try machine.manager.perform(.set(.security("LONER", .crossPartitionAuthority, true), .profile))
    try machine.manager.perform(.definePartition("WEB"), by: .partition("LONER"))
    #expect(machine.manager.isActive("WEB") == false)
  }

  // MARK: Over the end of the machine

  /// Oracle: the machine that was not interrupted.
  @Test("a checkpoint has more and fewer partitions than the folder")
  func checkpoint() throws {
    let first = try machine()
    try first.manager.perform(.activate("LONER", load: true))
    try first.manager.perform(.deletePartition("MODEL"))
    try first.manager.perform(.definePartition("WEB1", through: "WEB4", like: "SHARER"))
    try first.manager.perform(.deletePartition("WEB2"))
    try first.manager.perform(.activate("WEB4", load: true))
    first.run(seconds: 0.2)
    let checkpoint = first.manager.checkpoint()
    let data = try JSONEncoder().encode(StateEnvelope(checkpoint.machine))
    let read = try JSONDecoder().decode(StateEnvelope<MachineState>.self, from: data).state
    let second = try machine()
    try second.manager.restore(MachineCheckpoint(machine: read, guests: checkpoint.guests))
    #expect(second.manager.partitionNames == ["LONER", "SHARER", "WEB1", "WEB3", "WEB4"])
    #expect(second.manager.checkpoint() == checkpoint)
    for machine in [first, second] { machine.run(seconds: 0.2) }
    #expect(second.manager.machineView.digest == first.manager.machineView.digest)
    #expect(try digest("WEB4", second) == digest("WEB4", first))
  }

  @Test("a state's partitions that this machine cannot have are refused")
  func wrongStates() throws {
    let machine = try machine()
    try machine.manager.perform(.definePartition("WEB1", through: "WEB2", like: "MODEL"))
    let state = machine.manager.machineState
    let changes: [(inout MachineState) -> Void] = [
      { $0.partitions[3].definedAs?.number = 1 }, { $0.partitions[3].definedAs?.number = 4 },
      { $0.partitions[4].definedAs?.number = .max }, { $0.partitions[3].definedAs = nil },
      { $0.partitions[3].definedAs?.definition.name = "LONER" },
      { $0.partitions[3].definedAs?.definition.processors[0].reserved = .max },
      { $0.partitions[3].definedAs?.definition.storage.initialByteCount = 1 },
      { $0.partitions.removeLast() }, { $0.partitions.swapAt(3, 4) },
      { $0.partitions[0].definedAs = $0.partitions[3].definedAs },
    ]
    let other = try self.machine()
    let fresh = other.manager.machineState
    for (number, change) in changes.enumerated() {
      var changed = state
      change(&changed)
      #expect(throws: StateRefusal.self, "change \(number)") {
        try other.manager.restore(changed)
      }
    }
    #expect(other.manager.machineState == fresh)
  }

  @Test("after a loss what was defined is defined again, and what was deleted is not")
  func restart() throws {
    let first = try machine()
    try first.manager.perform(.definePartition("WEB1", through: "WEB3", like: "MODEL"))
    try first.manager.perform(.deletePartition("WEB1"))
    try first.manager.perform(.deletePartition("SHARER"))
    try first.manager.perform(.set(.weight("WEB2", type: nil, weight: 7), .profile))
    try first.manager.perform(.activate("WEB3", load: true))
    first.run(seconds: 0.05)
    let kept = first.manager.runningConfiguration
    let data = try JSONEncoder().encode(kept)
    let read = try JSONDecoder().decode(RunningConfiguration.self, from: data)
    #expect(read == kept)

    let second = try machine()
    let report = second.manager.restore(read)
    #expect(second.manager.partitionNames == ["LONER", "MODEL", "WEB2", "WEB3"])
    #expect(report.lost == ["WEB3"] && report.keptProfiles == ["WEB2"])
    #expect(report.undefined.isEmpty && report.changedDefinitions.isEmpty)
    try second.manager.perform(.recover("WEB3"))
    #expect(try second.view("WEB3").state == .operating)
    try second.manager.perform(.activate("WEB2", load: false))
    #expect(try second.view("WEB2").shares[0].weight == 7)
    try second.manager.perform(.definePartition("SHARER"))
    #expect(second.manager.number(of: "SHARER") == 2)
    #expect(second.manager.runningConfiguration.machine.deleted == nil)
  }

  // MARK: Like a PROFILE

  @Test("a PROFILE of the directory is what it says, an ORIGIN apart, with all that a copy takes")
  func templates() throws {
    var template = GuestMachine.partition("WEBT", "PULSE", reserved: 1, weight: 33)
    template.storage.origin = 8 << 20
    let small = PartitionDefinition(
      name: "SMALL", processors: [PartitionProcessors(type: .ifl)])
    var definition = try machine().manager.definition
    definition.templates = [template, small]
    definition.imageProfiles = [
      ImageProfile(name: "NIGHT", partition: "MODEL", definition: definition.partitions[1])
    ]
    let manager = try PartitionManager(definition)
    try manager.perform(.definePartition("WEB1", through: "WEB2", like: "WEBT"))
    var expected = template
    expected.name = "WEB2"
    expected.storage.origin = nil
    #expect(manager.partitionView("WEB2")?.definition == expected)
    #expect(
      throws: ManagementError.insufficientProcessors("X", .ifl, needed: 1, available: 0)
    ) { try manager.perform(.definePartition("X", like: "SMALL")) }
    try manager.perform(.definePartition("COPY", like: "MODEL"))
    #expect(manager.partitionView("COPY")?.profiles.map(\.name) == ["COPY", "NIGHT"])
    #expect(manager.definition.profile("NIGHT", of: "COPY")?.name == "COPY")
    try manager.perform(.definePartition("PLAIN"))
    #expect(manager.partitionView("PLAIN")?.definition == PartitionDefinition(name: "PLAIN"))
  }
}
