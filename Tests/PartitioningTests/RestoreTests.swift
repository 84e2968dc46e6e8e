import Foundation
import Testing

@testable import Partitioning

@Suite("What outlives a machine")
struct RestoreTests {
  private static let partitions = [
    GuestMachine.partition("A", reserved: 1, megabytes: 2, reservedMegabytes: 4),
    GuestMachine.partition("B"), GuestMachine.partition("C"),
  ]

  private func machine() throws -> GuestMachine {
    try GuestMachine(processors: 4, RestoreTests.partitions)
  }

  @Test("profiles and varied processors are kept, guests are lost and can be recovered")
  func restore() throws {
    let first = try machine()
    try first.manager.perform(.set(.weight("B", type: nil, weight: 250), .profile))
    try first.manager.perform(.activate("A", load: true))
    try first.manager.perform(.set(.weight("A", type: nil, weight: 77)))
    try first.manager.perform(
      .configureProcessor("A", processor: 1, online: true, insistence: .force, within: nil))
    try first.manager.perform(
      .configureStorage("A", byteCount: 3 << 20, online: true, insistence: .force, within: nil))
    try first.manager.perform(.varyProcessor(3, online: false))
    first.run(seconds: 0.1)
    let kept = first.manager.runningConfiguration
    // As it is written and read.
    let data = try JSONEncoder().encode(kept)
    let read = try JSONDecoder().decode(RunningConfiguration.self, from: data)
    #expect(read == kept)

    let second = try machine()
    let report = second.manager.restore(read)
    #expect(report.lost == ["A"])
    #expect(report.keptProfiles == ["B"])
    #expect(report.offlineProcessors == [3])
    #expect(report.changedDefinitions.isEmpty && report.undefined.isEmpty)
    #expect(try second.view("A").state == .notActivated)
    #expect(second.manager.offlineProcessors == [3])
    #expect(throws: ManagementError.nothingToRecover("B")) {
      try second.manager.perform(.recover("B"))
    }
    try second.manager.perform(.recover("A"))
    let view = try second.view("A")
    #expect(view.state == .operating)
    #expect(view.shares[0].setting.weight == 77)
    #expect(view.shares[0].online == 2)
    #expect(view.storageByteCount == 5 << 20)
    #expect(throws: ManagementError.wrongState("A", is: .operating, needs: [.notActivated])) {
      try second.manager.perform(.recover("A"))
    }
    try second.manager.perform(.activate("B", load: false))
    #expect(try second.view("B").shares[0].setting.weight == 250)
  }

  @Test("storage that was given back, paths off line and a stop are as they were, over two losses")
  func takenAway() throws {
    func machine() throws -> GuestMachine {
      try GuestMachine(
        processors: 4, inputOutput: true,
        [
          GuestMachine.partition("A", megabytes: 6, reservedMegabytes: 4),
          GuestMachine.partition("B"),
        ])
    }
    let first = try machine()
    try first.activateAll()
    try first.manager.perform(
      .configureStorage("A", byteCount: 3 << 20, online: false, insistence: .force, within: nil))
    try first.manager.perform(.configurePath("A", path: 0x10, online: false, insistence: .force))
    try first.manager.perform(.stop("B", processor: nil))
    let kept = first.manager.runningConfiguration
    let storage = try first.view("A").storageByteCount
    #expect(storage == 3 << 20)

    let second = try machine()
    #expect(second.manager.restore(kept).lost == ["A", "B"])
    try second.manager.perform(.recover("B"))
    #expect(try second.view("B").isStopped)
    // Lost again before A was recovered: it still can be.
    let again = second.manager.runningConfiguration
    let third = try machine()
    #expect(third.manager.restore(again).lost == ["A", "B"])
    try third.manager.perform(.recover("A"))
    let view = try third.view("A")
    #expect(view.state == .operating)
    #expect(view.storageByteCount == storage)
    let numbers = third.manager.machineView.storageByteCount
    #expect(numbers == 256 << 20)
    #expect(throws: ManagementError.pathAlready("A", path: 0x10, online: false)) {
      try third.manager.perform(.configurePath("A", path: 0x10, online: false, insistence: .force))
    }
    third.run(seconds: 0.05)
    #expect(try third.view("A").usedNanoseconds > 0)
  }

  @Test("a logical processor that was stopped by itself is stopped again")
  func stoppedProcessor() throws {
    let first = try machine()
    try first.manager.perform(.activate("A", load: true))
    try first.manager.perform(
      .configureProcessor("A", processor: 1, online: true, insistence: .force, within: nil))
    try first.manager.perform(.stop("A", processor: 1))
    let second = try machine()
    #expect(second.manager.restore(first.manager.runningConfiguration).lost == ["A"])
    try second.manager.perform(.recover("A"))
    #expect(try second.view("A").processors.map(\.state).contains(.stopped))
    #expect(second.manager.record(of: "A")?.isProcessorStopped.elements == [false, true])
  }

  @Test("a definition file that changed since counts, and the record does not")
  func changedDefinition() throws {
    let first = try machine()
    try first.manager.perform(.set(.weight("A", type: nil, weight: 250), .profile))
    try first.manager.perform(.activate("A", load: true))
    var partitions = RestoreTests.partitions
    partitions[0].processors[0].share.amount = .relative(111)
    partitions.removeLast()
    let second = try GuestMachine(processors: 4, partitions)
    let report = second.manager.restore(first.manager.runningConfiguration)
    #expect(report.changedDefinitions == ["A"])
    #expect(report.undefined == ["C"])
    #expect(report.lost.isEmpty)
    #expect(try second.view("A").shares[0].setting.weight == 111)
  }

  /// What fuzzing found, and its relatives.
  ///
  /// Oracle: the form that the definition itself has.
  @Test("a kept row that no machine left is named, and the files count")
  func damagedRow() throws {
    let first = try machine()
    try first.activateAll()
    let kept = first.manager.runningConfiguration
    let changes: [(inout PartitionDefinition) -> Void] = [
      { $0.storage.initialByteCount = 1 << 63 },
      { $0.storage.reservedByteCount = .max },
      { $0.processors[0].initial = .max },
      { $0.processors[0].reserved = -1 },
      { $0.processors = [] },
    ]
    for change in changes {
      var damaged = kept
      change(&damaged.partitions[0].definition)
      let second = try machine()
      let report = second.manager.restore(damaged)
      #expect(report.damaged == ["A"] && report.lost == ["B", "C"])
      #expect(report.changedDefinitions.isEmpty)
      #expect(throws: ManagementError.nothingToRecover("A")) {
        try second.manager.perform(.recover("A"))
      }
      try second.manager.perform(.activate("A", load: true))
      #expect(try second.view("A").storageByteCount == 2 << 20)
    }
  }

  @Test("counts that no machine left are refused when the partition is recovered")
  func absurdCounts() throws {
    let first = try machine()
    try first.activateAll()
    let kept = first.manager.runningConfiguration
    let changes: [(inout PartitionRecord) -> Void] = [
      { $0.isOnline.elements = [] },
      { $0.isOnline.elements = [Bool](repeating: true, count: 999) },
      { $0.increments.elements = [Int?](repeating: .max, count: 1 << 16) },
      { $0.increments.elements = [] },
      { $0.initialCount = .max },
      { $0.offered = [.max, .min] },
    ]
    for change in changes {
      var damaged = kept
      change(&damaged.partitions[0])
      let second = try machine()
      _ = second.manager.restore(damaged)
      _ = try? second.manager.perform(.recover("A"))
      // Storage, granted and free, is what is installed, whatever became of it.
      let sum = second.manager.storageMap().reduce(0) { $0 + $1.range.count }
      #expect(UInt64(sum) == second.manager.definition.machine.storageByteCount)
      try second.manager.perform(.recover("B"))
    }
  }

  @Test(
    "a host's clock before 1970, or after what a machine can begin at, is taken as far as it goes",
    arguments: [(-1, 0), (.min, 0), (.max, TimeOfDay.latest), (1_767_225_600, 1_767_225_600)]
      as [(Int64, Int64)])
  func hostClock(clock: Int64, start: Int64) throws {
    var definition = try machine().manager.definition
    definition.machine.timeOfDay = .now
    let manager = try PartitionManager(definition, clock: { clock })
    #expect(manager.timeOfDayAtStart == start)
  }
}
