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
}
