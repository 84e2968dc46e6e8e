import Foundation

/// Host memory that the machine's disks share.
final class DiskMemory {
  /// Most bytes that chunks may take.
  let byteLimit: UInt64
  /// Bytes that chunks take.
  private(set) var byteCount: UInt64 = 0

  init(byteLimit: UInt64) { self.byteLimit = byteLimit }

  /// Takes one chunk's bytes; false when the limit is reached.
  func take(_ bytes: UInt64) -> Bool {
    guard byteCount + bytes <= byteLimit else { return false }
    byteCount += bytes
    return true
  }

  /// Gives bytes back.
  func give(_ bytes: UInt64) { byteCount -= bytes }
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
  private var chunks: [UInt64: [UInt8]] = [:]

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

  deinit {
    if descriptor >= 0 { close(descriptor) }
    memory.give(UInt64(chunks.count * Self.chunkByteCount))
  }

  /// Whether a range of bytes lies on the device.
  func contains(_ offset: UInt64, _ count: Int) -> Bool {
    offset <= byteCount && UInt64(count) <= byteCount - offset
  }

  /// Reads bytes into data that is as long as the range; false when the file cannot be read.
  func read(_ offset: UInt64, into data: inout [UInt8]) -> Bool {
    forEachPiece(offset, data.count) { chunk, start, range in
      if let held = chunks[chunk] {
        data.replaceSubrange(range, with: held[start..<start + range.count])
        return true
      }
      guard descriptor >= 0 else { return true }
      return data.withUnsafeMutableBytes { bytes in
        readFile(chunk, start, UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
      }
    }
  }

  /// Writes bytes; false when memory's limit is reached or the file cannot be written.
  func write(_ offset: UInt64, from data: [UInt8]) -> Bool {
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
        guard memory.take(UInt64(Self.chunkByteCount)) else { return false }
        var fresh = [UInt8](repeating: 0, count: Self.chunkByteCount)
        if descriptor >= 0 {
          let base = chunk * UInt64(Self.chunkByteCount)
          let count = Int(min(UInt64(Self.chunkByteCount), byteCount - base))
          guard
            fresh.withUnsafeMutableBytes({
              readFile(chunk, 0, UnsafeMutableRawBufferPointer(rebasing: $0[..<count]))
            })
          else {
            memory.give(UInt64(Self.chunkByteCount))
            return false
          }
        }
        chunks[chunk] = fresh
      }
      chunks[chunk]?.replaceSubrange(start..<start + range.count, with: data[range])
      return true
    }
  }

  /// Makes writes durable; false when the host refuses.
  func flush() -> Bool { !isWritable || fdatasync(descriptor) == 0 }

  // MARK: - State

  /// One changed chunk.
  struct Chunk: Equatable, Sendable, Codable {
    var index: UInt64
    var bytes: [UInt8]
  }

  /// The changed chunks, ascending.
  var changedChunks: [Chunk] {
    chunks.keys.sorted().map { Chunk(index: $0, bytes: chunks[$0] ?? []) }
  }

  /// Puts changed chunks back.
  func restore(_ changed: [Chunk], writeDigest: UInt64) {
    memory.give(UInt64(chunks.count * Self.chunkByteCount))
    chunks = Dictionary(changed.map { ($0.index, $0.bytes) }, uniquingKeysWith: { _, last in last })
    _ = memory.take(UInt64(chunks.count * Self.chunkByteCount))
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
