import TestSupport
import Testing

@testable import Definitions
@testable import Partitioning

/// Oracle: the firmware itself.
///
/// What the validator says fits is activated, and what it says does not is refused.
@Suite struct RunningValidationTests {
  private static func partition(
    _ number: Int, _ generator: inout RandomNumbers
  ) -> PartitionDefinition {
    let isDedicated = Int.random(in: 0..<4, using: &generator) == 0
    let types = Int.random(in: 0..<3, using: &generator) == 0 ? ProcessorType.allCases : [.cp]
    return PartitionDefinition(
      name: "P\(number)Z",
      processors: types.prefix(2).map {
        PartitionProcessors(
          type: $0, mode: isDedicated ? .dedicated : .shared,
          initial: Int.random(in: 1...3, using: &generator),
          reserved: Int.random(in: 0...1, using: &generator))
      },
      storage: PartitionStorage(
        initialByteCount: UInt64.random(in: 1...6, using: &generator) << 24,
        reservedByteCount: UInt64.random(in: 0...4, using: &generator) << 24,
        origin: Bool.random(using: &generator)
          ? UInt64.random(in: 0...20, using: &generator) << 24 : nil))
  }

  private static func system(_ generator: inout RandomNumbers) -> SystemDefinition {
    let partitions = (0..<8).map { partition($0, &generator) }
    return SystemDefinition(
      machine: MachineDefinition(
        processors: [
          ProcessorPoolDefinition(type: .cp, count: 6, megahertz: 10),
          ProcessorPoolDefinition(type: .ifl, count: 3, megahertz: 10),
        ], storageByteCount: 24 << 24, incrementByteCount: 16 << 20),
      partitions: partitions,
      imageProfiles: partitions.map { own in
        var other = partition(99, &generator)
        other.takeIdentity(of: own)
        return ImageProfile(name: "NIGHT", partition: own.name, definition: other)
      })
  }

  /// Activates profiles one by one; gives those that the firmware took.
  private func activate(
    _ order: [ProfileReference], on manager: PartitionManager
  ) -> [ProfileReference] {
    order.filter { reference in
      let action = ManagementAction.activate(
        reference.partition, profile: reference.profile, load: false)
      return (try? manager.perform(action)) != nil
    }
  }

  private func order(
    _ system: SystemDefinition, _ generator: inout RandomNumbers
  ) -> [ProfileReference] {
    system.partitions.shuffled(using: &generator).map { partition in
      ProfileReference(
        partition: partition.name,
        profile: Bool.random(using: &generator) ? partition.name : "NIGHT")
    }
  }

  @Test func theFirmwareTakesWhatFitsAndRefusesTheRest() throws {
    var generator = RandomNumbers(seed: 5)
    for _ in 0..<60 {
      let system = Self.system(&generator)
      let manager = try PartitionManager(system)
      let order = order(system, &generator)
      let validator = manager.validator(for: order, besideActive: false)
      #expect(activate(order, on: manager) == validator.fitting)
      // Then some go, and others come beside those that stay.
      for name in validator.fitting.map(\.partition) where Bool.random(using: &generator) {
        try manager.perform(.deactivate(name))
      }
      let rest = self.order(system, &generator)
      let beside = manager.validator(for: rest, besideActive: true)
      #expect(activate(rest, on: manager) == beside.fitting)
    }
  }

  @Test func changedProfilesAreJudgedAsTheyAreKept() throws {
    var generator = RandomNumbers(seed: 6)
    let system = Self.system(&generator)
    let manager = try PartitionManager(system)
    #expect(manager.profileDefinition == system)
    try manager.perform(.set(.polarity("P0Z", .vertical), .profile))
    #expect(manager.profileDefinition.partitions[0].polarity == .vertical)
  }
}
