import Foundation
import Quantities

/// Standard input as the other end of a guest's serial line.
///
/// What is not a terminal is read only when the guest listens, a line at a time, so that a file of
/// commands is not swallowed while the guest still starts.
struct BootInput {
  /// What there was to take.
  enum Taken: Equatable {
    case bytes([UInt8])
    case leave
    case signal(Int32)
  }

  /// Whether more can come.
  private(set) var isOpen = true
  private let terminal: RawTerminal?
  private var keys = EscapeKeys()
  private let signals: SignalPipe

  /// Whether a person types.
  var isTerminal: Bool { terminal != nil }

  /// Takes over standard input and the signals that end the process.
  ///
  /// - Throws: `HostFailure` when the process may open nothing more.
  init() throws(HostFailure) {
    signals = try SignalPipe([SIGTERM, SIGINT, SIGHUP])
    terminal = RawTerminal()
  }

  /// Gives the terminal back.
  func close() { terminal?.restore() }

  /// Takes what is there.
  ///
  /// - Parameters:
  ///   - isWanted: Whether the guest listens.
  ///   - nanoseconds: How long to wait for something; nil for as long as it takes.
  /// - Returns: Bytes, none when the time is over; or what ends the run.
  mutating func take(isWanted: Bool, waitingAtMost nanoseconds: UInt64?) -> Taken {
    let reads = isOpen && (isTerminal || isWanted)
    var descriptors = [
      pollfd(fd: signals.readEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: reads ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
    ]
    // Rounded up: an early end would only be followed by another wait.
    let limit =
      nanoseconds.map { Int32(clamping: min($0.addingClamped(999_999) / 1_000_000, 60_000)) } ?? -1
    guard poll(&descriptors, 2, limit) > 0 else { return .bytes([]) }
    if let number = signals.take().first { return .signal(number) }
    guard descriptors.last?.revents != 0 else { return .bytes([]) }
    guard isTerminal else { return .bytes(readLine()) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(STDIN_FILENO, &buffer, buffer.count)
    if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { isOpen = false }
    guard count > 0 else { return .bytes([]) }
    let (forGuest, request) = keys.take(Array(buffer.prefix(count)))
    return request == .leave ? .leave : .bytes(forGuest)
  }

  /// Reads to the end of a line, or as much as a guest's receive buffer of 16 bytes takes.
  private mutating func readLine() -> [UInt8] {
    var line: [UInt8] = []
    while line.count < 16, line.last != 0x0A {
      var byte: UInt8 = 0
      let count = read(STDIN_FILENO, &byte, 1)
      if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { isOpen = false }
      guard count > 0 else { break }
      line.append(byte)
    }
    return line
  }
}
