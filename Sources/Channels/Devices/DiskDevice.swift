import Foundation
import Quantities

/// Host memory that the machine's disks take, counted for the partition that first wrote to it.
///
/// Each partition has the same limit: what one of them fills takes nothing from another.
final class DiskMemory {
  /// Most bytes that chunks may take for each partition.
  let byteLimit: UInt64
  /// Bytes that chunks take, by partition.
  private var byteCounts: [UInt64]
  /// Bytes that chunks take together.
  private(set) var byteCount: UInt64 = 0

  init(partitionCount: Int, byteLimit: UInt64) {
    byteCounts = [UInt64](repeating: 0, count: max(0, partitionCount))
    self.byteLimit = byteLimit
  }

  /// Takes a chunk's bytes for a partition; false when its limit is reached.
  func take(_ bytes: UInt64, for partition: Int) -> Bool {
    guard let sum = byteCounts.element(at: partition)?.adding(bytes), sum <= byteLimit else {
      return false
    }
    set(partition, sum)
    return true
  }

  /// Gives a partition's bytes back.
  func give(_ bytes: UInt64, of partition: Int) {
    guard let sum = byteCounts.element(at: partition)?.subtractingClamped(bytes) else { return }
    set(partition, sum)
  }

  /// Counts what a restored disk holds for a partition, whatever its limit is now.
  func keep(_ bytes: UInt64, for partition: Int) {
    guard let sum = byteCounts.element(at: partition)?.addingClamped(bytes) else { return }
    set(partition, sum)
  }

  /// Bytes that chunks take for a partition.
  func byteCount(of partition: Int) -> UInt64 { byteCounts.element(at: partition) ?? 0 }

  private func set(_ partition: Int, _ bytes: UInt64) {
    guard let before = byteCounts.element(at: partition) else { return }
    byteCount = byteCount.subtractingClamped(before).addingClamped(bytes)
    byteCounts.replaceSubrange(partition..<partition.addingClamped(1), with: CollectionOfOne(bytes))
  }
}

/// The blocks of one device: sparse in memory, or a raw file with changed chunks in memory over it.
///
/// Touched by the owner of the channel subsystem only.
final class DiskDevice {
  /// Bytes in a chunk, the unit in which memory is taken.
  static let chunkByteCount = 64 << 10

  /// Bytes on the device.
  let byteCount: UInt64
  /// Grows with every write, so that histories that wrote differently differ.
  private(set) var writeDigest: UInt64 = 0
  private let descriptor: Int32
  private let isWritable: Bool
  private let memory: DiskMemory
  private var chunks: [UInt64: Contents] = [:]

  /// The bytes of a chunk, and the partition that they are counted for.
  private struct Contents {
    var bytes: [UInt8]
    var partition: Int
  }

  /// Opens what a device's medium says.
  init(
    _ medium: ChannelConfiguration.Medium, device: UInt16, memory: DiskMemory
  ) throws(ChannelError) {
    self.memory = memory
    switch medium {
    case .none:
      (byteCount, descriptor, isWritable) = (0, -1, false)
    case .scratch(let count):
      (byteCount, descriptor, isWritable) = (count, -1, false)
    case .file(let path, let writable):
      let descriptor = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK)
      var status = stat()
      guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
        let reason = String(cString: strerror(errno))
        if descriptor >= 0 { close(descriptor) }
        throw .fileUnusable(device: device, path: path, reason: reason)
      }
      guard status.st_mode & S_IFMT == S_IFREG else {
        close(descriptor)
        throw .fileUnusable(device: device, path: path, reason: "not a regular file")
      }
      byteCount =
        UInt64(status.st_size) / ChannelDefaults.blockByteCount
        * ChannelDefaults.blockByteCount
      self.descriptor = descriptor
      isWritable = writable
    }
  }

  /// Most host memory that its chunks can take, in bytes.
  var memoryByteCount: UInt64 {
    let size = UInt64(Self.chunkByteCount)
    return isWritable ? 0 : byteCount.addingClamped(size &- 1) / size &* size
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether a range of bytes lies on the device.
  func contains(_ offset: UInt64, _ count: Int) -> Bool {
    offset <= byteCount && UInt64(count) <= byteCount - offset
  }

  /// Reads bytes into data that is as long as the range; false when the file cannot be read.
  func read(_ offset: UInt64, into data: inout [UInt8]) -> Bool {
    forEachPiece(offset, data.count) { chunk, start, range in
      if let held = chunks[chunk] {
        data.replaceSubrange(range, with: held.bytes[start..<start + range.count])
        return true
      }
      guard descriptor >= 0 else { return true }
      return data.withUnsafeMutableBytes { bytes in
        readFile(chunk, start, UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
      }
    }
  }

  /// Writes bytes for a partition; false when its limit of memory is reached or the file cannot be
  /// written.
  func write(_ offset: UInt64, from data: [UInt8], for partition: Int) -> Bool {
    digest(offset, data)
    if isWritable {
      return data.withUnsafeBytes { bytes in
        var done = 0
        while done < bytes.count {
          let count = pwrite(
            descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done,
            off_t(offset) + off_t(done))
          guard count > 0 else { return false }
          done += count
        }
        return true
      }
    }
    return forEachPiece(offset, data.count) { chunk, start, range in
      if chunks[chunk] == nil {
        guard memory.take(UInt64(Self.chunkByteCount), for: partition) else { return false }
        var fresh = [UInt8](repeating: 0, count: Self.chunkByteCount)
        if descriptor >= 0 {
          let base = chunk * UInt64(Self.chunkByteCount)
          let count = Int(min(UInt64(Self.chunkByteCount), byteCount - base))
          guard
            fresh.withUnsafeMutableBytes({
              readFile(chunk, 0, UnsafeMutableRawBufferPointer(rebasing: $0[..<count]))
            })
          else {
            memory.give(UInt64(Self.chunkByteCount), of: partition)
            return false
          }
        }
        chunks[chunk] = Contents(bytes: fresh, partition: partition)
      }
      chunks[chunk]?.bytes.replaceSubrange(start..<start + range.count, with: data[range])
      return true
    }
  }

  /// Makes writes durable; false when the host refuses.
  func flush() -> Bool { !isWritable || fdatasync(descriptor) == 0 }

  // MARK: - State

  /// One changed chunk.
  struct Chunk: Equatable, Sendable, Codable {
    var index: UInt64
    /// The partition that it is counted for.
    var partition: Int
    var bytes: [UInt8]
  }

  /// The changed chunks, ascending.
  var changedChunks: [Chunk] {
    chunks.sorted { $0.key < $1.key }.map {
      Chunk(index: $0.key, partition: $0.value.partition, bytes: $0.value.bytes)
    }
  }

  /// Puts changed chunks back.
  func restore(_ changed: [Chunk], writeDigest: UInt64) {
    let size = UInt64(Self.chunkByteCount)
    for held in chunks.values { memory.give(size, of: held.partition) }
    chunks = Dictionary(
      changed.map { ($0.index, Contents(bytes: $0.bytes, partition: $0.partition)) },
      uniquingKeysWith: { _, last in last })
    for held in chunks.values { memory.keep(size, for: held.partition) }
    self.writeDigest = writeDigest
  }

  // MARK: - Pieces

  /// Calls the body for each part of the range that lies in one chunk, until it says false.
  private func forEachPiece(
    _ offset: UInt64, _ count: Int, _ body: (_ chunk: UInt64, _ start: Int, Range<Int>) -> Bool
  ) -> Bool {
    let size = UInt64(Self.chunkByteCount)
    var done = 0
    while done < count {
      let at = offset + UInt64(done)
      let start = Int(at % size)
      let length = min(count - done, Self.chunkByteCount - start)
      guard body(at / size, start, done..<done + length) else { return false }
      done += length
    }
    return true
  }

  private func readFile(
    _ chunk: UInt64, _ start: Int, _ buffer: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let base = off_t(chunk) * off_t(Self.chunkByteCount) + off_t(start)
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done,
        base + off_t(done))
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  private func digest(_ offset: UInt64, _ data: [UInt8]) {
    var value = writeDigest ^ offset &* 0x9E37_79B9_7F4A_7C15
    data.withUnsafeBytes { bytes in
      for index in stride(from: 0, to: bytes.count - 7, by: 8) {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        value = (value ^ word) &* 0xBF58_476D_1CE4_E5B9
        value ^= value >> 29
      }
    }
    writeDigest = value
  }
}
