import Testing

@testable import Definitions
@testable import Partitioning

/// What a real machine would round of a profile's storage.
struct StorageGranularityAdviceTests {
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
