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
    let count = Self.pieceByteCount
    room = UnsafeMutableRawBufferPointer(start: malloc(count), count: count)
    guard room.baseAddress != nil else { throw .noMemory(for: name) }
  }

  deinit {
    if descriptor != STDIN_FILENO { close(descriptor) }
    free(room.baseAddress)
  }

  /// Reads more behind a line that is not complete yet.
  ///
  /// - Returns: False at the end of the file.
  func fill() throws(HostFailure) -> Bool {
    if start > 0 {
      if let rest { room.copyMemory(from: rest) }
      end &-= start
      start = 0
    }
    if end == room.count {
      guard end < LineInput.lineLimit else {
        throw HostFailure(subject: name, reason: "a line is longer than 256 MiB")
      }
      try enlarge()
    }
    while true {
      let count = read(descriptor, room.baseAddress.map { $0 + end }, room.count &- end)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw HostFailure(subject: name, reason: systemReason()) }
      end &+= count
      return count > 0
    }
  }

  private func enlarge() throws(HostFailure) {
    let count = room.count.multipliedClamped(by: 2)
    guard let larger = realloc(room.baseAddress, count) else {
      throw .noMemory(for: "a line of \(name)")
    }
    room = UnsafeMutableRawBufferPointer(start: larger, count: count)
  }

  /// The next complete line without its newline, valid until `fill`; nil when more must be read.
  func nextLine() -> UnsafeRawBufferPointer? {
    guard start < end, let base = room.baseAddress,
      let newline = memchr(base + start, 0x0A, end &- start)
    else { return nil }
    let length = newline - (base + start)
    defer { start = start &+ length &+ 1 }
    return UnsafeRawBufferPointer(start: base + start, count: length)
  }

  /// What follows the last newline, if anything does.
  func lastLine() -> UnsafeRawBufferPointer? {
    defer { start = end }
    return rest
  }

  /// What was read and not given out yet; nil when there is nothing.
  private var rest: UnsafeRawBufferPointer? {
    guard start < end, let base = room.baseAddress else { return nil }
    return UnsafeRawBufferPointer(start: base + start, count: end &- start)
  }
}
