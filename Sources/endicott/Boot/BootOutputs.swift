import Foundation
import Quantities

/// Where the guest's serial line and its firmware's debug console go, and the text awaited on them.
struct BootOutputs {
  /// One stream of bytes to a file descriptor; nil drops them.
  private struct Stream {
    var descriptor: Int32?
    /// The last bytes written, one less than the awaited text has.
    var tail: [UInt8] = []
  }

  private var serial = Stream(descriptor: STDOUT_FILENO)
  private var debug: Stream
  private let awaited: [UInt8]
  /// What the guest changed at the terminal, if standard output is one.
  private var screen = isatty(STDOUT_FILENO) == 1 ? GuestScreen() : nil
  /// Whether the awaited text has been written.
  private(set) var hasSeenText = false

  /// Opens what has to be opened.
  ///
  /// - Parameters:
  ///   - debugConsole: Where the debug console goes: a file, `-` for standard output, nil for nowhere.
  ///   - awaited: The text that ends the run, nil when none does.
  /// - Throws: `HostFailure` when the file cannot be written.
  init(debugConsole: String?, awaited: String?) throws(HostFailure) {
    // Cannot trap: a string's own bytes.
    self.awaited = Array((awaited ?? "").utf8)
    switch debugConsole {
    case nil: debug = Stream(descriptor: nil)
    case "-": debug = Stream(descriptor: STDOUT_FILENO)
    case .some(let path):
      let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw HostFailure(subject: path, reason: systemReason()) }
      debug = Stream(descriptor: descriptor)
    }
  }

  /// Writes what the guest sent; false when it cannot be written.
  mutating func writeSerial(_ bytes: [UInt8]) -> Bool { write(bytes, to: \.serial) }

  /// Writes what firmware wrote to the debug console; false when it cannot be written.
  mutating func writeDebug(_ bytes: [UInt8]) -> Bool { write(bytes, to: \.debug) }

  /// Gives the terminal back as it was before the guest wrote to it.
  mutating func close() {
    guard let restoration = screen?.restoration, !restoration.isEmpty else { return }
    screen = nil
    _ = writeAll(restoration, to: STDOUT_FILENO)
  }

  private mutating func write(
    _ bytes: [UInt8], to stream: WritableKeyPath<BootOutputs, Stream>
  ) -> Bool {
    if !awaited.isEmpty, !hasSeenText {
      let text = self[keyPath: stream].tail + bytes
      hasSeenText = text.indices.contains { text[$0...].starts(with: awaited) }
      self[keyPath: stream].tail = Array(text.suffix(max(0, awaited.count &- 1)))
    }
    if self[keyPath: stream].descriptor == STDOUT_FILENO { screen?.note(bytes) }
    return self[keyPath: stream].descriptor.map { writeAll(bytes, to: $0) == 0 } ?? true
  }
}
