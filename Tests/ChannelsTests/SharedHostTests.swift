import Testing

@testable import Channels

/// What partitions that share paths and the host's memory can do to each other.
///
/// Oracle: `Docs/Definitions.md`, "*.media": a path moves data of several devices at once while their
/// rates come to no more than its own; a partition's disks end at its own part. Times by hand.
@Suite struct SharedHostTests {
  /// Devices of 1 MB a millisecond on one path; partition 0 has 0x200, partition 1 has 0x201, and so on.
  private func subsystem(
    partitions: Int = 2, pathRate: UInt64, diskByteLimit: UInt64 = 1 << 30
  ) throws -> ChannelSubsystem {
    let devices = (0..<partitions).map {
      ChannelConfiguration.Device(
        number: 0x200 + UInt16($0), paths: [0], medium: .scratch(byteCount: 4 << 20),
        bytesPerSecond: 1_000_000_000, latencyNanoseconds: 0)
    }
    let subsystem = try ChannelSubsystem(
      ChannelConfiguration(
        partitionCount: partitions,
        paths: [
          ChannelConfiguration.Path(
            number: 0x10, accessPartitions: Array(0..<partitions), bytesPerSecond: pathRate,
            latencyNanoseconds: 0)
        ],
        devices: devices,
        assignments: (0..<partitions).map {
          ChannelConfiguration.Assignment(
            partition: $0, virtualDevice: 0x200 + UInt16($0), device: $0)
        }, diskByteLimit: diskByteLimit))
    for partition in 0..<partitions { subsystem.activate(partition) }
    return subsystem
  }

  @Test(
    arguments: [
      (1_000_000_000, [512_000, 1_024_000, 1_536_000, 2_048_000]),
      (2_000_000_000, [512_000, 512_000, 1_024_000, 1_024_000]),
      (2_999_999_999, [512_000, 512_000, 1_024_000, 1_024_000]),
      (4_000_000_000, [512_000, 512_000, 512_000, 512_000]),
    ] as [(UInt64, [SimulatedTime])])
  func aPathMovesAsMuchAtOnceAsItsRateAllows(rate: UInt64, ends: [SimulatedTime]) throws {
    let channels = try subsystem(partitions: 4, pathRate: rate)
    for partition in 0..<4 {
      channels.start(
        read(partition, 0x200 + UInt16(partition), bytes: 512_000, tag: UInt64(partition)))
    }
    let ended = channels.takeCompletions(upTo: 10_000_000)
    #expect(ended.map(\.at) == ends)
    #expect(ended.map(\.tag) == [0, 1, 2, 3])
    // Busy is the part of what it could move: 2,048,000 bytes at its rate.
    let busy = try #require(channels.pathView(0x10)).measurement.busyNanoseconds
    let expected = 2_048_000 * 1_000_000_000 / rate
    #expect(busy <= expected && busy + 4 >= expected)
  }

  @Test func whatOneFillsFailsNoOther() throws {
    let chunk = UInt64(DiskDevice.chunkByteCount)
    let channels = try subsystem(pathRate: 1_000_000_000, diskByteLimit: 3 * chunk)
    let data = [UInt8](repeating: 7, count: 512)
    func write(_ partition: Int, chunk: UInt64, tag: UInt64) -> [ChannelStatus] {
      channels.start(
        ChannelRequest(
          partition: partition, device: 0x200 + UInt16(partition), kind: .write,
          firstBlock: chunk * 128, data: data, byteCount: 512, tag: tag, issued: channels.clock))
      return channels.takeCompletions(upTo: channels.clock + 1_000_000).map(\.status)
    }
    for index in 0..<8 {
      #expect(write(0, chunk: UInt64(index), tag: 1) == [index < 3 ? .ok : .ioError])
    }
    #expect(channels.diskByteCount(of: 0) == 3 * chunk && channels.diskByteCount(of: 1) == 0)
    for index in 0..<3 { #expect(write(1, chunk: UInt64(index), tag: 2) == [.ok]) }
    #expect(channels.diskByteCount() == 6 * chunk)
    // What is there can be written again, and is never more than what was kept for it.
    #expect(write(0, chunk: 2, tag: 3) == [.ok])
    #expect(channels.diskReserve == 6 * chunk)
  }

  @Test func whatRequestsCarryIsCounted() throws {
    let channels = try subsystem(pathRate: 1_000_000_000)
    channels.start(read(0, 0x200, bytes: 4096, tag: 1))
    channels.start(write(1, 0x201, block: 0, [UInt8](repeating: 1, count: 1024), tag: 2))
    #expect(channels.requestByteCount == 5120)
    // A request that is refused, and one of a device that is not there, hold nothing.
    channels.start(read(0, 0x200, block: .max, bytes: 4096, tag: 3))
    channels.start(read(0, 0x200, bytes: Int.max, tag: 4))
    channels.start(write(0, 0x999, block: 0, [UInt8](repeating: 1, count: 1024), tag: 5))
    #expect(channels.requestByteCount == 5120)
    channels.reset(1)
    #expect(channels.requestByteCount == 4096)
    let ended = channels.takeCompletions(upTo: 10_000_000)
    #expect(ended.count == 4 && ended.count { $0.status == .ok } == 1)
    #expect(channels.requestByteCount == 0)
  }

  @Test(
    arguments: [
      (UInt64.max, 512), (1 << 55, 512), (8191, 1024), (0, -512), (0, Int.max), (0, 511),
      (0, (4 << 20) + 512),
    ] as [(UInt64, Int)])
  func requestsOfImpossibleNumbersAreRefused(block: UInt64, bytes: Int) throws {
    let channels = try subsystem(pathRate: 1_000_000_000)
    channels.start(read(0, 0x200, block: block, bytes: bytes, tag: 1))
    #expect(channels.takeCompletions(upTo: 1).map(\.status) == [.ioError])
  }
}
