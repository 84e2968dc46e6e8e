import Foundation
import Quantities

extension ContiguousBytes {
  /// As `withUnsafeBytes`, with the error's own type.
  func visitBytes<Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    // Cannot trap: all bytes.
    let outcome: Result<Void, Failure> = withUnsafeBytes { bytes in
      Result { () throws(Failure) in try body(bytes) }
    }
    try outcome.get()
  }
}

/// A file of a checkpoint that is being written.
final class CheckpointFile {
  /// Where it is.
  let path: String
  /// Bytes written.
  private(set) var byteCount = 0
  private var descriptor: Int32

  /// Makes the file.
  init(writing path: String) throws(CheckpointError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .host(file: path, number: errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    if let number = HostFile.write(bytes, to: descriptor) {
      throw .host(file: path, number: number)
    }
    byteCount.addClamped(bytes.count)
  }

  /// Has the host put it on the disk, and closes it.
  func finish() throws(CheckpointError) {
    let isKept = fsync(descriptor) == 0
    let number = errno
    let outcome = close(descriptor)
    descriptor = -1
    guard isKept else { throw .host(file: path, number: number) }
    guard outcome == 0 else { throw .host(file: path, number: errno) }
  }

  /// Puts a value into a file as JSON; at each instant the old or the new one is there.
  static func replace(_ path: String, by value: some Encodable) throws(CheckpointError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    unlink(path + ".new")
    let file = try CheckpointFile(writing: path + ".new")
    guard let text = try? encoder.encode(value) else { throw .host(file: path, number: EIO) }
    try text.visitBytes { bytes throws(CheckpointError) in try file.write(bytes) }
    try file.finish()
    guard rename(path + ".new", path) == 0 else { throw .host(file: path, number: errno) }
    try keepNames(of: (path as NSString).deletingLastPathComponent)
  }

  /// Has the host put a folder's names on the disk.
  static func keepNames(of folder: String) throws(CheckpointError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .host(file: folder, number: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw .host(file: folder, number: errno)
    }
  }
}

/// What tells one contents of a file from the next, as the host knows it.
struct FileVersion: Codable, Equatable, Sendable {
  private var inode: UInt64
  private var seconds: Int
  private var nanoseconds: Int
  /// Bytes of the file.
  var byteCount: UInt64

  /// A file's; nil when it cannot be looked at.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    inode = UInt64(clamping: status.st_ino)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
    byteCount = UInt64(clamping: status.st_size)
  }

  /// That of this program.
  static let ofProgram = FileVersion("/proc/self/exe")
}
