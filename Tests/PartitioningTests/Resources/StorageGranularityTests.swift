import Testing

@testable import Partitioning

/// The table of the PR/SM Planning Guide, "Characteristics: central storage".
struct StorageGranularityTests {
  @Test(arguments: [
    (1, 1), (512, 1), (513, 2), (1024, 2), (2048, 4), (4096, 8), (8192, 16), (16_384, 32),
    (32_768, 64), (65_536, 128),
  ])
  func unit(row: (gibibytes: UInt64, unit: UInt64)) {
    for (initial, reserved) in [(row.gibibytes, 0), (0, row.gibibytes)] {
      #expect(
        StorageGranularity.unit(initial: initial << 30, reserved: reserved << 30) == row.unit << 30)
    }
  }

  @Test func tableEnds() {
    #expect(StorageGranularity.unit(initial: 65_537 << 30, reserved: 0) == nil)
    #expect(!StorageGranularity.fits(initial: 65_537 << 30, reserved: 0))
  }

  @Test(arguments: [
    (1280, 2848, []),
    (
      1280, 2849,
      [
        "HCPDEF126I BIG: a real machine gives 1280G initial and 2849G reserved storage in units of "
          + "8G, of which they are no multiples; round both to 8G if the profile is to be carried over"
      ]
    ),
    (1, 511, []),
  ])
  func profilesThatCannotBeCarriedOver(row: (initial: UInt64, reserved: UInt64, said: [String])) {
    let big = PartitionDefinition(
      name: "BIG",
      storage: PartitionStorage(
        initialByteCount: row.initial << 30, reservedByteCount: row.reserved << 30))
    let system = SystemDefinition(
      machine: MachineDefinition(
        processors: [ProcessorPoolDefinition(type: .cp, count: 2, megahertz: 10)],
        storageByteCount: 8 << 40, incrementByteCount: 1 << 30, hostStorageByteCount: 8 << 40),
      partitions: [big])
    let findings = ActivationValidator(system, order: system.activationList).findings
    #expect(findings.map(\.description) == row.said)
  }
}
