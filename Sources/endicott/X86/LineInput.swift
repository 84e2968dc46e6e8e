import Foundation
import Quantities

/// The lines of a file or of standard input, as bytes, a piece at a time.
final class LineInput {
  private static let pieceByteCount = 1 << 20
  /// Bytes that a line can have.
  private static let lineLimit = 256 << 20
  private let name: String
  private let descriptor: Int32
  private var room: UnsafeMutableRawBufferPointer
  /// Where the next line starts, and where what was read ends.
  private var start = 0
  private var end = 0

  /// Opens a file; `-` is standard input.
  ///
  /// - Throws: `HostFailure` with the system's reason.
  init(_ path: String) throws(HostFailure) {
    name = path == "-" ? "standard input" : path
    descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw HostFailure(subject: path, reason: systemReason()) }
    room = .allocate(byteCount: Self.pieceByteCount, alignment: 16)
  }

  deinit {
    if descriptor != STDIN_FILENO { close(descriptor) }
    room.deallocate()
  }

  /// Reads more behind a line that is not complete yet.
  ///
  /// - Returns: False at the end of the file.
  func fill() throws(HostFailure) -> Bool {
    if start > 0 {
      room.copyMemory(from: UnsafeRawBufferPointer(rebasing: room[start..<end]))
      end -= start
      start = 0
    }
    if end == room.count {
      guard end < LineInput.lineLimit else {
        throw HostFailure(subject: name, reason: "a line is longer than 256 MiB")
      }
      enlarge()
    }
    while true {
      let count = read(descriptor, room.baseAddress.map { $0 + end }, room.count - end)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw HostFailure(subject: name, reason: systemReason()) }
      end += count
      return count > 0
    }
  }

  private func enlarge() {
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: room.count * 2, alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(room))
    room.deallocate()
    room = larger
  }

  /// The next complete line without its newline, valid until `fill`; nil when more must be read.
  func nextLine() -> UnsafeRawBufferPointer? {
    guard start < end, let base = room.baseAddress,
      let newline = memchr(base + start, 0x0A, end - start)
    else { return nil }
    let length = newline - (base + start)
    defer { start += length + 1 }
    return UnsafeRawBufferPointer(start: base + start, count: length)
  }

  /// What follows the last newline, if anything does.
  func lastLine() -> UnsafeRawBufferPointer? {
    guard start < end else { return nil }
    defer { start = end }
    return UnsafeRawBufferPointer(rebasing: room[start..<end])
  }
}
