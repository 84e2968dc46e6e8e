import Quantities
import Testing

@testable import Channels

// Partitions that have parts of one disk. Oracle: what is written by block number to the whole disk and to each
// part, and CP's promise that a minidisk is a disk of its own.

@Suite("Parts of a disk")
struct MinidiskExtentTests {
  /// A disk of 2,048 blocks; partition 0 has 100 of them from 1,000 on, partition 1 the 100 after those and all
  /// to the end, which begins in the middle of a chunk.
  private static let first = BlockExtent(first: 1000, count: 100)
  private static let second = BlockExtent(first: 1100, count: 948)

  private func subsystem() throws -> ChannelSubsystem {
    let channels = try ChannelSubsystem(
      ChannelConfiguration(
        partitionCount: 3,
        paths: [ChannelConfiguration.Path(number: 0x10, accessPartitions: [0, 1, 2])],
        devices: [
          ChannelConfiguration.Device(
            number: 0x200, paths: [0], medium: .scratch(byteCount: 1 << 20))
        ]))
    for partition in 0..<3 { channels.activate(partition, at: 0) }
    channels.attach(given(Self.first), to: 0)
    channels.attach(given(Self.second), to: 1)
    channels.attach(given(nil), to: 2)
    return channels
  }

  private func given(_ extent: BlockExtent?) -> GivenDevice {
    GivenDevice(device: 0x200, virtualDevice: 0x100, isReadOnly: false, extent: extent)
  }

  private func request(
    _ partition: Int, _ kind: ChannelRequestKind, _ block: UInt64, _ bytes: Int,
    fill: UInt8 = 0
  ) -> ChannelRequest {
    ChannelRequest(
      partition: partition, device: 0x100, kind: kind, firstBlock: block,
      data: kind == .write ? [UInt8](repeating: fill, count: bytes) : [], byteCount: bytes, tag: 1,
      issued: 0)
  }

  private func perform(
    _ channels: ChannelSubsystem, _ request: ChannelRequest
  ) throws -> ChannelCompletion {
    channels.start(request)
    return try #require(channels.takeCompletions(upTo: channels.clock + 1_000_000_000).first)
  }

  private func contents(_ channels: ChannelSubsystem) throws -> [UInt8] {
    try perform(channels, request(2, .read, 0, 1 << 20)).data
  }

  @Test("begin at their own block 0, and what is written lies where they lie")
  func places() throws {
    let channels = try subsystem()
    #expect(try perform(channels, request(0, .write, 0, 512, fill: 1)).status == .ok)
    #expect(try perform(channels, request(0, .write, 99, 512, fill: 2)).status == .ok)
    #expect(try perform(channels, request(1, .write, 0, 512, fill: 3)).status == .ok)
    #expect(try perform(channels, request(1, .write, 947, 512, fill: 4)).status == .ok)
    let all = try contents(channels)
    let marks = [1000: 1, 1099: 2, 1100: 3, 2047: 4]
    for block in 0..<2048 {
      #expect(Set(all[block * 512..<(block + 1) * 512]) == [UInt8(marks[block] ?? 0)])
    }
    #expect(
      try perform(channels, request(0, .read, 99, 512)).data == [UInt8](repeating: 2, count: 512))
    #expect(channels.subchannels(of: 0).map(\.blockCount) == [100])
    #expect(channels.subchannels(of: 1).map(\.blockCount) == [948])
  }

  @Test(
    "refuse what goes past their end or around the last number, and the neighbour's blocks stay",
    arguments: [ChannelRequestKind.read, .write, .discard, .writeZeroes])
  func ends(kind: ChannelRequestKind) throws {
    let channels = try subsystem()
    let full = [UInt8](repeating: 7, count: 1 << 20)
    channels.start(
      ChannelRequest(
        partition: 2, device: 0x100, kind: .write, firstBlock: 0, data: full,
        byteCount: full.count, tag: 1, issued: 0))
    #expect(channels.takeCompletions(upTo: 1_000_000_000).map(\.status) == [.ok])
    let beyond: [(UInt64, Int)] = [
      (100, 512), (99, 1024), (0, 101 * 512), (1000, 512), (.max, 512), (.max - 999, 512),
      (.max - 1000, 2 * 512), (UInt64.max / 512, 512), (UInt64.max / 512 + 1, 512),
      (UInt64(bitPattern: -1000), 512), (UInt64(bitPattern: -1), 1024), (1 << 55, 512),
    ]
    for (block, bytes) in beyond {
      let end = try perform(channels, request(0, kind, block, bytes, fill: 9))
      #expect(end.status == .ioError && end.data.isEmpty, "\(block) \(bytes)")
    }
    #expect(try contents(channels) == full)
    #expect(try perform(channels, request(0, kind, 0, 100 * 512, fill: 9)).status == .ok)
    let all = try contents(channels)
    #expect(all[..<(1000 * 512)].allSatisfy { $0 == 7 })
    #expect(all[(1100 * 512)...].allSatisfy { $0 == 7 })
  }

  @Test("reserve the memory of the chunks that they touch")
  func memory() throws {
    let chunk = UInt64(DiskDevice.chunkByteCount)
    let disk = try DiskDevice(
      .scratch(byteCount: 1 << 20), device: 0x200,
      memory: DiskMemory(partitionCount: 1, byteLimit: 1 << 30))
    #expect(disk.memoryByteCount() == 16 * chunk)
    // Blocks 1,000 to 1,099 are in chunks 7 and 8 of 128 blocks.
    #expect(disk.memoryByteCount(of: Self.first) == 2 * chunk)
    #expect(disk.memoryByteCount(of: Self.second) == 8 * chunk)
    #expect(disk.memoryByteCount(of: BlockExtent(first: .max, count: .max)) == 0)
  }

  @Test("are of the state, and a state with one that is not on the disk is refused")
  func state() throws {
    let channels = try subsystem()
    var saved = channels.saveState()
    let other = try subsystem()
    for partition in 0..<2 { other.detach(0x100, from: partition, at: 0) }
    try other.restoreState(saved)
    #expect(other.subchannels(of: 0).map(\.extent) == [Self.first])
    for wrong in [(UInt64(2000), UInt64(100)), (.max, 1), (0, 0), (1, .max), (2048, 1)] {
      saved.activity.subchannels[0].extent = BlockExtent(first: wrong.0, count: wrong.1)
      #expect(throws: StateRefusal.self) { try other.restoreState(saved) }
    }
    #expect(other.subchannels(of: 0).map(\.extent) == [Self.first])
  }

  @Test("overlap when they have a block in common")
  func overlap() {
    let extent = BlockExtent(first: 10, count: 10)
    for (first, count, overlaps) in [
      (UInt64(0), UInt64(10), false), (0, 11, true), (19, 1, true), (20, 5, false),
      (12, 2, true), (0, .max, true), (.max, .max, false),
    ] {
      let other = BlockExtent(first: first, count: count)
      #expect(BlockExtent.overlap(extent, other) == overlaps)
      #expect(BlockExtent.overlap(other, extent) == overlaps)
    }
    #expect(BlockExtent.overlap(nil, extent) && BlockExtent.overlap(extent, nil))
  }
}
