import Testing

@testable import Channels

/// The preferred path, by the example of the IOCP User's Guide, "Using the preferred path".
struct PathSelectionTests {
  private let rotation: [UInt8] = [0x01, 0x02, 0x07, 0x04]

  private func preferred(_ owned: Set<UInt8>) -> UInt8? {
    PathSelection.preferredPath(named: 0x02, rotation: rotation, owns: owned.contains)
  }

  @Test func w17PreferredPathAndRotation() {
    #expect(preferred([0x01, 0x02]) == 0x02)
    #expect(preferred([0x04, 0x07]) == 0x07)
  }

  @Test func rotationGoesOnAtItsBeginning() {
    #expect(preferred([0x01]) == 0x01)
    #expect(preferred([0x01, 0x04]) == 0x04)
    #expect(preferred([]) == nil)
  }

  @Test func eachPartitionStartsOnItsOwnPreferredPath() throws {
    let paths = rotation.map {
      ChannelConfiguration.Path(
        number: $0, isShared: false, accessPartitions: [$0 < 0x03 ? 0 : 1])
    }
    let channels = try ChannelSubsystem(
      ChannelConfiguration(
        partitionCount: 2, paths: paths,
        devices: [
          ChannelConfiguration.Device(
            number: 0x200, paths: [0, 1, 2, 3], preferredPath: 1,
            medium: .scratch(byteCount: 1 << 20))
        ],
        assignments: [0, 1].map {
          ChannelConfiguration.Assignment(partition: $0, virtualDevice: 0x100, device: 0)
        }))
    for partition in 0...1 {
      channels.activate(partition)
      channels.start(read(partition, 0x100, tag: 1))
    }
    _ = channels.takeCompletions(upTo: 1_000_000_000)
    #expect(channels.pathViews().map(\.measurement.requestCount) == [0, 1, 1, 0])
  }
}
