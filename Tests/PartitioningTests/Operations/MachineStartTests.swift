import Testing

@testable import Partitioning

/// Oracle: `Docs/Definitions.md`, ACTIVATE and START, and `Docs/Operations.md`: what was lost is recovered before
/// START AUTO acts, and what cannot be is not started from its profile.
@Suite("What comes up with the machine")
struct MachineStartTests {
  private func machine() throws -> PartitionManager {
    var partitions = ["A", "B", "C", "D", "E"].map { GuestMachine.partition($0) }
    partitions[0].start = StartDefinition(after: ["B"])
    for index in 1...2 { partitions[index].start = StartDefinition() }
    var machine = MachineDefinition(
      name: "TEST", processors: [ProcessorPoolDefinition(type: .cp, count: 2, megahertz: 5)],
      storageByteCount: 64 << 20, incrementByteCount: 1 << 20, pace: .fast)
    machine.activationOrder = ["D"]
    return try PartitionManager(SystemDefinition(machine: machine, partitions: partitions))
  }

  private static let cold: [ManagementAction] = [
    .logOn("D", load: false), .logOn("B", load: true), .logOn("A", load: true),
    .logOn("C", load: true),
  ]

  @Test("ACTIVATE's come first, then those with START AUTO, each after those that it names")
  func order() throws {
    let manager = try machine()
    #expect(manager.startActions == Self.cold)
    for action in Self.cold { try manager.perform(action, by: .firmware) }
    // What a partition without COMMAND statements is brought up by is an activation.
    #expect(manager.journal.map(\.action.partition) == ["D", "B", "A", "C"])
    let states = manager.partitionNames.map { manager.partitionView($0)?.state }
    #expect(states == [.operating, .operating, .operating, .notOperating, .notActivated])
  }

  @Test("what was lost is recovered first, and is not started beside that")
  func lost() throws {
    let first = try machine()
    for name in ["C", "E"] { try first.perform(.activate(name, load: true)) }
    let second = try machine()
    _ = second.restore(first.runningConfiguration)
    let actions = second.startActions
    #expect(actions == [.recover("C"), .recover("E")] + Self.cold.dropLast())
    for action in actions { try second.perform(action, by: .firmware) }
    let states = second.partitionNames.map { second.partitionView($0)?.state }
    #expect(states == [.operating, .operating, .operating, .notOperating, .operating])
  }
}
