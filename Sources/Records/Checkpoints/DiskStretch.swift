import Foundation
import Quantities

// A stretch is the time between two points of a disk, a file of its own: what the disk has at one of the two
// where it has something else at the other. It is written piece by piece, each with a checksum and on the
// host's disk before what it keeps is overwritten, so that only the last can be torn.

/// One piece of a stretch: bytes of a disk that lie together.
struct DiskPiece: Equatable, Sendable {
  /// Where on the disk it begins.
  var offset: UInt64
  var byteCount: Int
  /// Where in the file its bytes begin.
  var place: UInt64
  fileprivate var checksum: UInt64

  /// Where on the disk it ends.
  var end: UInt64 { offset.addingClamped(UInt64(clamping: byteCount)) }
}

/// The file of a stretch.
final class DiskStretch {
  /// Words in front of the file, and in front of each piece.
  private static let headWordCount = 4
  private static let headByteCount = 32
  /// Bytes of a file without pieces.
  static let emptyByteCount: UInt64 = 32
  private static let fileKind: UInt64 = 0x3148_4354_5244_4E45
  private static let pieceKind: UInt64 = 0x3145_4345_4950_4E45
  /// Most bytes in a piece: those of the longest request and what rounds it up to blocks.
  static let pieceByteLimit = 8 << 20

  /// Where it is.
  let path: String
  /// The point whose contents it has.
  let point: Int
  /// Its pieces, in the order in which they were kept; no two overlap.
  private(set) var pieces: [DiskPiece] = []
  /// Bytes of the file up to the end of the last piece.
  private(set) var byteCount: UInt64
  private let descriptor: Int32

  /// Bytes that a piece takes.
  static func byteCount(ofPiece count: Int) -> UInt64 {
    UInt64(clamping: count.addingClamped(headByteCount))
  }

  /// Makes a file without pieces.
  init(making path: String, point: Int) throws(CheckpointError) {
    self.path = path
    self.point = point
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .host(file: path, number: errno) }
    byteCount = 0
    try write(Self.head(Self.fileKind, UInt64(clamping: point), 0), at: 0)
    byteCount = UInt64(Self.headByteCount)
  }

  /// Opens a file; a torn piece at its end is none.
  ///
  /// - Throws: `CheckpointError.damaged` when there is more behind what is no piece.
  init(reading path: String, isWritable: Bool = false) throws(CheckpointError) {
    self.path = path
    descriptor = open(path, (isWritable ? O_RDWR : O_RDONLY) | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw errno == ENOENT
        ? Self.damage(path, "it is not there") : .host(file: path, number: errno)
    }
    byteCount = 0
    var head = [UInt64](repeating: 0, count: Self.headWordCount)
    guard Self.read(descriptor, into: &head, at: 0) == Self.headByteCount,
      head == Self.head(Self.fileKind, head.element(at: 1) ?? 0, 0)
    else {
      close(descriptor)
      throw Self.damage(path, "it is no stretch of a disk")
    }
    point = Int(clamping: head.element(at: 1) ?? 0)
    byteCount = UInt64(Self.headByteCount)
    try extend()
    if isWritable, ftruncate(descriptor, off_t(clamping: byteCount)) != 0 {
      throw .host(file: path, number: errno)
    }
  }

  deinit { close(descriptor) }

  private static func damage(_ path: String, _ reason: String) -> CheckpointError {
    .damaged(
      folder: (path as NSString).deletingLastPathComponent,
      section: (path as NSString).lastPathComponent, reason: reason)
  }

  // MARK: Pieces

  /// Adds a piece; it is on the host's disk after `sync`.
  func append(_ bytes: UnsafeRawBufferPointer, from offset: UInt64) throws(CheckpointError) {
    let place = byteCount.addingClamped(UInt64(Self.headByteCount))
    let sum = Self.sum(of: bytes, from: offset)
    let head = Self.head(Self.pieceKind, offset, UInt64(clamping: bytes.count), sum)
    try write(head, at: byteCount)
    try write(bytes, at: place)
    pieces.append(
      DiskPiece(offset: offset, byteCount: bytes.count, place: place, checksum: sum))
    byteCount = place.addingClamped(UInt64(clamping: bytes.count))
  }

  /// Has the host put its pieces on the disk.
  func sync() throws(CheckpointError) {
    guard fdatasync(descriptor) == 0 else { throw .host(file: path, number: errno) }
  }

  /// Finds the pieces that were added since; whoever writes it may be another process.
  func extend() throws(CheckpointError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .host(file: path, number: errno) }
    let size = UInt64(clamping: status.st_size)
    while let piece = try nextPiece(size) {
      pieces.append(piece)
      byteCount = piece.place.addingClamped(UInt64(clamping: piece.byteCount))
    }
  }

  private func nextPiece(_ size: UInt64) throws(CheckpointError) -> DiskPiece? {
    var head = [UInt64](repeating: 0, count: Self.headWordCount)
    guard Self.read(descriptor, into: &head, at: byteCount) == Self.headByteCount else {
      return nil
    }
    let piece = DiskPiece(
      offset: head.element(at: 1) ?? 0, byteCount: Int(clamping: head.element(at: 2) ?? 0),
      place: byteCount.addingClamped(UInt64(Self.headByteCount)),
      checksum: head.last ?? 0)
    let end = piece.place.addingClamped(UInt64(clamping: piece.byteCount))
    guard head.first == Self.pieceKind, piece.byteCount <= Self.pieceByteLimit else {
      // A host that lost its power may leave zeros where nothing was written yet.
      if head.allSatisfy({ $0 == 0 }) { return nil }
      throw Self.damage(path, "at \(byteCount) there is no piece")
    }
    guard end <= size else { return nil }
    // Only the last can be torn; the others are verified when they are used.
    if end == size { return (try? bytes(of: piece)) == nil ? nil : piece }
    return piece
  }

  /// The bytes of a piece.
  ///
  /// - Throws: `CheckpointError.damaged` when they are not what was written.
  func bytes(of piece: DiskPiece) throws(CheckpointError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, min(piece.byteCount, Self.pieceByteLimit)))
    guard Self.read(descriptor, into: &bytes, at: piece.place) == bytes.count else {
      throw Self.damage(path, "bytes are missing")
    }
    guard bytes.withUnsafeBytes({ Self.sum(of: $0, from: piece.offset) }) == piece.checksum else {
      throw Self.damage(path, "the checksum at \(piece.place) is another")
    }
    return bytes
  }

  /// Throws unless all pieces are what was written, and lie on a disk of so many bytes.
  func verify(on diskByteCount: UInt64) throws(CheckpointError) {
    for piece in pieces {
      guard piece.end <= diskByteCount else { throw Self.damage(path, "it is of a larger disk") }
      _ = try bytes(of: piece)
    }
  }

  // MARK: The file

  private static func head(
    _ kind: UInt64, _ first: UInt64, _ second: UInt64, _ checksum: UInt64 = 0
  ) -> [UInt64] {
    [kind, first, second, checksum]
  }

  /// The checksum of a piece: of its bytes and where they belong.
  private static func sum(of bytes: UnsafeRawBufferPointer, from offset: UInt64) -> UInt64 {
    var sum = Checksum()
    withUnsafeBytes(of: (offset, UInt64(clamping: bytes.count))) { sum.take($0) }
    sum.take(bytes)
    return sum.value
  }

  private func write(_ words: [UInt64], at place: UInt64) throws(CheckpointError) {
    // Cannot trap: a few words.
    if let number = words.withUnsafeBytes({ HostFile.write($0, to: descriptor, at: place) }) {
      throw .host(file: path, number: number)
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at place: UInt64) throws(CheckpointError) {
    if let number = HostFile.write(bytes, to: descriptor, at: place) {
      throw .host(file: path, number: number)
    }
  }

  /// Reads as much as there is, up to so many elements; how many bytes that were.
  private static func read<Element>(
    _ descriptor: Int32, into elements: inout [Element], at place: UInt64
  ) -> Int {
    elements.withUnsafeMutableBytes { HostFile.read(descriptor, into: $0, at: place) }
  }
}
