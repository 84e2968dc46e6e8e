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

  // The dispatcher is another one before the guest goes on: an epoch is being settled.
  @Test("a guest's command defines and deletes partitions", arguments: [1, 2])
  func byAGuest(threads: Int) throws {
    var talker = GuestMachine.partition("TALK", "TALKER", parameters: "CP GO")
    talker.security.crossPartitionAuthority = true
    let machine = try machine(threads: threads, [talker])
    let manager = machine.manager
    let interpreter = StandInInterpreter { [unowned manager] partition, _ in
      do throws(ManagementError) {
        try manager.perform(.definePartition("NEW1", through: "NEW9", like: "MODEL"), by: .firmware)
        try manager.perform(.deletePartition("MODEL"), by: .partition("TALK"))
        try manager.perform(.activate("NEW9", load: true), by: .partition(partition))
        return GuestCommandAnswer(reply: "DONE", returnCode: 0)
      } catch {
        return GuestCommandAnswer(reply: "\(error)", returnCode: 1)
      }
    }
    for name in ["LONER", "SHARER", "TALK"] { try manager.perform(.activate(name, load: true)) }
    machine.run(seconds: 0.3, answeredBy: interpreter)
    let answers = manager.allEvents.compactMap { event in
      if case .console(let bytes) = event.kind {
        String(decoding: bytes, as: UTF8.self)
      } else {
        ""
      }
    }
    #expect(answers.joined().contains("DONE"))
    #expect(manager.partitionNames.suffix(2) == ["NEW8", "NEW9"])
    #expect(manager.isActive("MODEL") == nil)
    #expect(try machine.view("NEW9").instructionCount > 0)
    #expect(try machine.view("LONER").instructionCount > 0)
    try manager.judge(manager.machineState)
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
    #expect(after.firmware.storage.ledger == before.firmware.storage.ledger)
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

  /// Oracle: the state before its first activation.
  @Test("one of the folder that comes back is as it was at first, its channel paths too")
  func comesBack() throws {
    var driver = GuestMachine.partition("DRIVER", "IODRIVER", parameters: "1")
    driver.devices = [DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200)]
    let machine = try GuestMachine(
      processors: 2, inputOutput: true, [driver, GuestMachine.partition("OTHER")])
    let manager = machine.manager
    let (before, channels) = (manager.machineState, manager.channels.activity)
    try manager.perform(.activate("DRIVER", load: true))
    machine.run(seconds: 0.1)
    try manager.perform(.configurePath("DRIVER", path: 0x10, online: false, insistence: .force))
    machine.run(seconds: 0.1)
    #expect(try machine.view("DRIVER").requestCount > 0)
    try manager.perform(.deactivate("DRIVER", force: true))
    try manager.perform(.deletePartition("DRIVER"))
    try manager.perform(.definePartition("DRIVER"))
    let after = manager.machineState
    #expect(after.partitions == before.partitions)
    // But for when they began, which is now.
    var subchannels = manager.channels.activity.subchannels
    #expect(subchannels.map(\.began) == subchannels.map { $0.partition < 0 ? 0 : manager.now })
    for number in subchannels.indices { subchannels[number].began = 0 }
    #expect(subchannels == channels.subchannels)
    #expect(manager.channels.activity.wasActivated == channels.wasActivated)
    #expect(
      manager.channels.activity.paths.map(\.configured) == channels.paths.map(\.configured))
    try manager.perform(.activate("DRIVER", load: true))
    #expect(try machine.view("DRIVER").paths.map(\.isOnline) == [true, true])
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
    #expect(throws: ManagementError.notAuthorized("MODEL", needs: .crossPartitionAuthority)) {
      try machine.manager.perform(.deletePartition("MODEL"), by: .partition("MODEL"))
    }
    try machine.manager.perform(.set(.security("LONER", .crossPartitionAuthority, true), .profile))
    try machine.manager.perform(.definePartition("WEB"), by: .partition("LONER"))
    #expect(machine.manager.isActive("WEB") == false)
  }
}
