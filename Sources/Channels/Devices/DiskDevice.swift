import Foundation
import Quantities

/// What was written to a disk; of one that writes through to its file, no chunks.
struct DiskState: Equatable, Sendable, Codable {
  /// The changed chunks, ascending.
  var chunks: [DiskDevice.Chunk]
  /// Grows with every write, so that histories that wrote differently differ.
  var writeDigest: UInt64
}

extension DiskDevice: StateHolder {
  static var roles: PropertyRoles {
    PropertyRoles(
      state: ["writeDigest", "chunks"],
      wiring: [
        "byteCount", "descriptor", "hold", "isWritable", "isSpared", "memory", "keeper", "former",
      ])
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
  /// Keeps its file from other programs; nil when it has none, or its machine is only looked at.
  private let hold: FileHold?
  private let isWritable: Bool
  /// Whether its file is writable and is not written to, because its machine is only looked at.
  private let isSpared: Bool
  private let memory: DiskMemory
  /// Keeps what the file has before it is overwritten.
  var keeper: (any OverwriteKeeper)?
  /// What stands in the place of what the file has.
  var former: (any FormerContents)?
  private var chunks: [UInt64: Contents] = [:]

  /// The bytes of a chunk, and the partition that they are counted for.
  private struct Contents {
    var bytes: [UInt8]
    var partition: Int
  }

  /// A device without blocks.
  init(withoutBlocks memory: DiskMemory) {
    self.memory = memory
    (byteCount, descriptor, hold, isWritable, isSpared) = (0, -1, nil, false, false)
  }

  /// Opens what a device's medium says.
  ///
  /// `spare` counts the memory of a writable file's changes when they stay in memory; it is nil when they go
  /// into the file.
  init(
    _ medium: ChannelConfiguration.Medium, device: UInt16, memory: DiskMemory,
    sparingFilesIn spare: DiskMemory? = nil
  ) throws(ChannelError) {
    switch medium {
    case .none:
      self.memory = memory
      (byteCount, descriptor, hold, isWritable, isSpared) = (0, -1, nil, false, false)
    case .scratch(let count):
      self.memory = memory
      (byteCount, descriptor, hold, isWritable, isSpared) = (count, -1, nil, false, false)
    case .file(let path, let isWritten):
      isSpared = isWritten && spare != nil
      let writable = isWritten && !isSpared
      self.memory = isSpared ? spare ?? memory : memory
      let descriptor = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK)
      var status = stat()
      guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
        let reason = systemReason()
        if descriptor >= 0 { close(descriptor) }
        throw .fileUnusable(device: device, path: path, reason: reason)
      }
      guard status.st_mode & S_IFMT == S_IFREG else {
        close(descriptor)
        throw .fileUnusable(device: device, path: path, reason: "not a regular file")
      }
      do throws(FileHoldRefusal) {
        // Who only looks at a machine works beside it.
        hold = spare == nil ? try FileHold(of: descriptor, writing: writable) : nil
      } catch {
        close(descriptor)
        throw .fileUnusable(device: device, path: path, reason: error.reason)
      }
      byteCount =
        UInt64(clamping: status.st_size) / ChannelDefaults.blockByteCount
        &* ChannelDefaults.blockByteCount
      self.descriptor = descriptor
      isWritable = writable
    }
  }

  /// Blocks on the device.
  var blockCount: UInt64 { byteCount / ChannelDefaults.blockByteCount }

  /// Most host memory that its chunks can take, or those of a part of it, in bytes.
  func memoryByteCount(of extent: BlockExtent? = nil) -> UInt64 {
    guard !isWritable, !isSpared else { return 0 }
    let size = UInt64(Self.chunkByteCount)
    let block = ChannelDefaults.blockByteCount
    let first = (extent?.first ?? 0).multipliedClamped(by: block) / size
    let end = extent.map { $0.first.addingClamped($0.count).multipliedClamped(by: block) }
    let last = min(byteCount, end ?? byteCount).addingClamped(size &- 1) / size
    return last.subtractingClamped(first).multipliedClamped(by: size)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Host memory that its chunks take for other partitions than these, in bytes.
  func heldByteCount(besides partitions: [Int]) -> UInt64 {
    let count = chunks.values.count { !partitions.contains($0.partition) }
    return UInt64(clamping: count).multipliedClamped(by: UInt64(Self.chunkByteCount))
  }

  /// Why its file is not what it was when it was opened; nil when it is, or when it has none.
  var fault: String? {
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return systemReason() }
    if status.st_nlink == 0 { return "it was deleted" }
    return UInt64(clamping: status.st_size) < byteCount ? "it is shorter than it was" : nil
  }

  /// Whether a range of bytes lies on the device.
  func contains(_ offset: UInt64, _ count: Int) -> Bool {
    offset <= byteCount && count >= 0 && UInt64(clamping: count) <= byteCount &- offset
  }

  /// Reads bytes into data that is as long as the range; false when the file cannot be read.
  func read(_ offset: UInt64, into data: inout [UInt8]) -> Bool {
    data.withUnsafeMutableBytes { bytes in
      forEachPiece(offset, bytes.count) { piece in
        let part = bytes.part(from: piece.place, piece.byteCount)
        guard let held = chunks[piece.chunk] else {
          return descriptor < 0 || readFile(from: piece.offset, into: part)
        }
        held.bytes.withUnsafeBytes {
          part.copyMemory(from: $0.part(from: piece.start, piece.byteCount))
        }
        return true
      }
    }
  }

  /// Writes bytes for a partition; false when its limit of memory is reached or the file cannot be
  /// written.
  func write(_ offset: UInt64, from data: [UInt8], for partition: Int) -> Bool {
    digest(offset, data)
    return data.withUnsafeBytes { bytes in
      if isWritable {
        guard keeper?.keep(offset, bytes.count) ?? true else { return false }
        return transfer(bytes.count) { done in
          pwrite(
            descriptor, bytes.baseAddress?.advanced(by: done), bytes.count &- done,
            off_t(clamping: offset.addingClamped(UInt64(clamping: done))))
        }
      }
      return forEachPiece(offset, bytes.count) { piece in
        guard chunks[piece.chunk] != nil || take(piece.chunk, for: partition) else { return false }
        chunks[piece.chunk]?.bytes.withUnsafeMutableBytes {
          $0.part(from: piece.start, piece.byteCount)
            .copyMemory(from: bytes.part(from: piece.place, piece.byteCount))
        }
        return true
      }
    }
  }

  /// Has blocks read as zeroes.
  ///
  /// What lies in memory for whole chunks is given back.
  ///
  /// - Returns: False when the partition's limit of memory is reached or the file cannot be written.
  func clear(_ offset: UInt64, _ count: Int, for partition: Int) -> Bool {
    digest(offset, emptied: count)
    guard descriptor >= 0 else {
      return forEachPiece(offset, count) { piece in
        if isWhole(piece) { forget(piece.chunk) }
        chunks[piece.chunk]?.bytes.withUnsafeMutableBytes {
          let part = $0.part(from: piece.start, piece.byteCount)
          part.initializeMemory(as: UInt8.self, repeating: 0)
        }
        return true
      }
    }
    let zeroes = [UInt8](repeating: 0, count: Self.chunkByteCount)
    return forEachPiece(offset, count) { piece in
      write(piece.offset, from: Array(zeroes.prefix(max(0, piece.byteCount))), for: partition)
    }
  }

  /// Takes note that nobody needs blocks.
  ///
  /// What lies in memory for whole chunks is given back, and they are as the medium had them at first; those
  /// of a writable file stay.
  func discard(_ offset: UInt64, _ count: Int) {
    guard !isWritable, !isSpared else { return }
    digest(offset, emptied: count)
    _ = forEachPiece(offset, count) { piece in
      if isWhole(piece) { forget(piece.chunk) }
      return true
    }
  }

  private func isWhole(_ piece: Piece) -> Bool {
    let end = piece.offset.addingClamped(UInt64(clamping: piece.byteCount))
    return piece.start == 0 && (piece.byteCount == Self.chunkByteCount || end == byteCount)
  }

  /// Gives a chunk's memory back.
  private func forget(_ chunk: UInt64) {
    guard let held = chunks.removeValue(forKey: chunk) else { return }
    memory.give(UInt64(Self.chunkByteCount), of: held.partition)
  }

  /// Takes a chunk into memory, with what the file has there; false when there is no room for it.
  private func take(_ chunk: UInt64, for partition: Int) -> Bool {
    let size = UInt64(Self.chunkByteCount)
    guard memory.take(size, for: partition) else { return false }
    var bytes = [UInt8](repeating: 0, count: Self.chunkByteCount)
    if descriptor >= 0 {
      let offset = chunk.multipliedClamped(by: size)
      let held = Int(clamping: min(size, byteCount.subtractingClamped(offset)))
      let isRead = bytes.withUnsafeMutableBytes {
        readFile(from: offset, into: $0.part(from: 0, held))
      }
      guard isRead else {
        memory.give(size, of: partition)
        return false
      }
    }
    chunks[chunk] = Contents(bytes: bytes, partition: partition)
    return true
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

  /// What was written to it.
  var state: DiskState {
    DiskState(
      chunks: chunks.sorted { $0.key < $1.key }.map {
        Chunk(index: $0.key, partition: $0.value.partition, bytes: $0.value.bytes)
      }, writeDigest: writeDigest)
  }

  /// Puts back what was written to it.
  func restore(_ state: DiskState) {
    let size = UInt64(Self.chunkByteCount)
    for held in chunks.values { memory.give(size, of: held.partition) }
    chunks = Dictionary(
      state.chunks.map { ($0.index, Contents(bytes: $0.bytes, partition: $0.partition)) },
      uniquingKeysWith: { _, last in last })
    for held in chunks.values { memory.keep(size, for: held.partition) }
    writeDigest = state.writeDigest
  }

  /// Forgets what was written to it, so that it takes no memory.
  func empty() { restore(DiskState(chunks: [], writeDigest: writeDigest)) }

  // MARK: - Pieces

  /// A part of a request that lies in one chunk.
  private struct Piece {
    /// The chunk.
    var chunk: UInt64
    /// Where in the chunk it begins.
    var start: Int
    /// Where on the device it begins.
    var offset: UInt64
    /// Where in the request's data it begins.
    var place: Int
    var byteCount: Int
  }

  /// Calls the body for each part of the range that lies in one chunk, until it says false.
  private func forEachPiece(_ offset: UInt64, _ count: Int, _ body: (Piece) -> Bool) -> Bool {
    let size = UInt64(Self.chunkByteCount)
    var done = 0
    while done < count {
      let at = offset.addingClamped(UInt64(clamping: done))
      let start = Int(truncatingIfNeeded: at % size)
      let piece = Piece(
        chunk: at / size, start: start, offset: at, place: done,
        byteCount: min(count &- done, Self.chunkByteCount &- start))
      guard body(piece) else { return false }
      done.addClamped(piece.byteCount)
    }
    return true
  }

  private func readFile(
    from offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let isRead = transfer(buffer.count) { done in
      pread(
        descriptor, buffer.baseAddress?.advanced(by: done), buffer.count &- done,
        off_t(clamping: offset.addingClamped(UInt64(clamping: done))))
    }
    // After the file: what is overwritten meanwhile is kept before.
    return isRead && (former?.replace(in: buffer, at: offset) ?? true)
  }

  /// Moves so many bytes to or from the file, as many at a time as the host takes.
  private func transfer(_ count: Int, _ step: (_ done: Int) -> Int) -> Bool {
    var done = 0
    while done < count {
      let moved = step(done)
      guard moved > 0 else { return false }
      done.addClamped(moved)
    }
    return true
  }

  private func digest(_ offset: UInt64, emptied count: Int) {
    digest(offset, withUnsafeBytes(of: UInt64(clamping: count).littleEndian) { Array($0) })
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

extension UnsafeRawBufferPointer {
  /// So many bytes from a place on; none where they are not all there.
  fileprivate func part(from place: Int, _ count: Int) -> UnsafeRawBufferPointer {
    guard place >= 0, count >= 0, place <= self.count, count <= self.count &- place else {
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return UnsafeRawBufferPointer(start: baseAddress?.advanced(by: place), count: count)
  }
}

extension UnsafeMutableRawBufferPointer {
  /// So many bytes from a place on; none where they are not all there.
  fileprivate func part(from place: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(mutating: UnsafeRawBufferPointer(self).part(from: place, count))
  }
}
