import Foundation
import Testing

@testable import Channels

// Blocks that nobody needs, and blocks that are to read as zeroes. Oracle: VIRTIO 1.2, "Device Operation" of the
// block device, for what may be read afterwards; times by hand.

@Suite("Blocks that are discarded or written with zeroes")
struct EmptiedBlockTests {
  private static let chunk = DiskDevice.chunkByteCount
  private static let chunkBlocks = UInt64(chunk / 512)

  private func empty(
    _ kind: ChannelRequestKind, block: UInt64, bytes: Int, tag: UInt64, at time: UInt64
  ) -> ChannelRequest {
    ChannelRequest(
      partition: 0, device: 0x100, kind: kind, firstBlock: block, byteCount: bytes, tag: tag,
      issued: time)
  }

  @Test(
    "give the memory of whole chunks back, and read as zeroes",
    arguments: [ChannelRequestKind.discard, .writeZeroes])
  func memory(kind: ChannelRequestKind) throws {
    let channels = try subsystem()
    let ones = [UInt8](repeating: 1, count: 3 * Self.chunk)
    channels.start(write(0, 0x100, block: 0, ones, tag: 1))
    // Half of the first chunk, the second, half of the third.
    channels.start(
      empty(kind, block: Self.chunkBlocks / 2, bytes: 2 * Self.chunk, tag: 2, at: 1))
    channels.start(read(0, 0x100, block: 0, bytes: 3 * Self.chunk, tag: 3, at: 2))
    let ended = channels.takeCompletions(upTo: 10_000_000)
    #expect(ended.map(\.status) == [.ok, .ok, .ok])
    #expect(channels.hardware.diskMemory.byteCount(of: 0) == 2 * UInt64(Self.chunk))
    let kept = kind == .discard ? Self.chunk : Self.chunk / 2
    let data = ended[2].data
    #expect(data.prefix(kept).allSatisfy { $0 == 1 } && data.suffix(kept).allSatisfy { $0 == 1 })
    #expect(data[kept..<(3 * Self.chunk - kept)].allSatisfy { $0 == 0 })
  }

  /// 512,000,000 bytes a second, 10 us at the device and 1 us at the path; 65,536 bytes take 128 us.
  @Test(
    "take the device's time and nothing of the path's but its latency",
    arguments: [(ChannelRequestKind.discard, UInt64(11_000)), (.writeZeroes, 139_000)])
  func times(kind: ChannelRequestKind, end: UInt64) throws {
    let channels = try subsystem()
    channels.start(empty(kind, block: 0, bytes: Self.chunk, tag: 1, at: 0))
    #expect(channels.takeCompletions(upTo: 1_000_000).map(\.at) == [end])
    #expect(channels.activity.paths[0].measurement.byteCount == 0)
  }

  @Test(
    "of a file come back as they were, or stay, or are zeroes",
    arguments: [ChannelRequestKind.discard, .writeZeroes], [false, true])
  func file(kind: ChannelRequestKind, isWritable: Bool) throws {
    let path = NSTemporaryDirectory() + "endicott-\(UUID().uuidString).img"
    try Data(repeating: 0x41, count: 2 * Self.chunk).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let channels = try subsystem(file: path, isWritable: isWritable)
    let written = [UInt8](repeating: 0x42, count: Self.chunk)
    channels.start(write(0, 0x100, block: 0, written, tag: 1))
    channels.start(empty(kind, block: 0, bytes: Self.chunk, tag: 2, at: 1))
    channels.start(read(0, 0x100, bytes: 2 * Self.chunk, tag: 3, at: 2))
    let ended = channels.takeCompletions(upTo: 1_000_000_000)
    #expect(ended.map(\.status) == [.ok, .ok, .ok])
    let first: UInt8 = kind == .writeZeroes ? 0 : isWritable ? 0x42 : 0x41
    #expect(ended[2].data.prefix(Self.chunk).allSatisfy { $0 == first })
    #expect(ended[2].data.suffix(Self.chunk).allSatisfy { $0 == 0x41 })
    let file = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(file.count == 2 * Self.chunk && file[0] == (isWritable ? first : 0x41))
  }

  @Test(
    "are refused outside the disk, in parts of blocks, beyond a request's size, to who only reads")
  func refusals() throws {
    let channels = try subsystem()
    for (block, bytes) in [
      (UInt64(2047), 1024), (0, 100), (0, 0), (0, ChannelDefaults.requestByteLimit + 512),
      (.max, 512),
    ] {
      for kind in [ChannelRequestKind.discard, .writeZeroes] {
        channels.start(empty(kind, block: block, bytes: bytes, tag: 1, at: 0))
        #expect(channels.takeCompletions(upTo: 1_000_000).map(\.status) == [.ioError], "\(block)")
        let request = empty(kind, block: 0, bytes: 512, tag: 1, at: 0)
        let disk = channels.hardware.disks[0]
        #expect(request.refusal(by: disk, isReadOnly: true) == .ioError)
        #expect(request.refusal(by: disk, isReadOnly: false) == nil)
      }
    }
  }

  @Test("differ in the history from a disk of which nothing was taken") func history() throws {
    let digests = try [nil, ChannelRequestKind.discard, .writeZeroes].map { kind in
      let channels = try subsystem()
      channels.start(write(0, 0x100, block: 0, [UInt8](repeating: 1, count: Self.chunk), tag: 1))
      if let kind { channels.start(empty(kind, block: 0, bytes: Self.chunk, tag: 2, at: 1)) }
      _ = channels.takeCompletions(upTo: 10_000_000)
      return channels.hardware.disks[0].writeDigest
    }
    #expect(digests[1] == digests[2] && digests[0] != digests[1])
  }
}
