import Channels
import Testing

@testable import Partitioning

/// What a partition's computer is made of, and when.
///
/// Oracle: the definition; the order in `PartitionUnit`, with a unit's refusal as the witness.
@Suite("A partition's computer") struct PartitionComputerTests {
  private static func manager(seed: UInt64? = nil) throws -> PartitionManager {
    var definition = PartitionManagerTests.definition()
    definition.partitions[0].devices = [DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200)]
    for number in [0, 1] { definition.partitions[number].options = [.entropy] }
    return try PartitionManager(definition, options: ManagerOptions(seed: seed))
  }

  @Test("has random numbers by OPTION RNG, of its own and of the machine's seed")
  func entropy() throws {
    func seeds(_ manager: PartitionManager) throws -> [UInt64?] {
      try ["A", "B", "DED"].map {
        manager.firmware.life.configuration(of: try manager.partition($0)).entropySeed
      }
    }
    let found = try seeds(try Self.manager())
    #expect(found[0] != nil && found[1] != nil && found[0] != found[1] && found[2] == nil)
    #expect(try seeds(try Self.manager()) == found)
    let other = try seeds(try Self.manager(seed: 77))
    #expect(other[0] != found[0] && other[2] == nil)
  }

  @Test("is there when all its resources are, with the disks of its channel subsystem")
  func isBuiltLast() throws {
    let manager = try Self.manager()
    try manager.perform(.activate("A", load: false))
    let partition = try manager.partition("A")
    let computer = try #require(partition.computer)
    #expect(computer.configuration.blockDevices.map(\.deviceNumber) == [0x100])
    #expect(computer.configuration.initialStorage == 4 << 20)
    #expect(computer.configuration.initialProcessors == 2)
    #expect(manager.engine.guests[partition.number].hardware === computer)
    try manager.perform(.deactivate("A", force: true))
    #expect(partition.computer == nil)
    #expect(manager.engine.guests[partition.number].hardware == nil)
    // A unit that refuses leaves no computer, and what was attached before it is given back.
    let huge = try manager.partition("HUGE")
    let free = manager.ledger.freeByteCount
    #expect(throws: ManagementError.self) { try manager.perform(.activate("HUGE", load: false)) }
    #expect(huge.computer == nil && huge.status == .notActivated)
    #expect(huge.isOnline.allSatisfy { !$0 } && manager.ledger.freeByteCount == free)
  }
}
