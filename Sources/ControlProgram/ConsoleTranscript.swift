import Partitioning
import Quantities

/// What one guest wrote: the line that is not complete yet, and the text that no WAIT consumed.
struct ConsoleTranscript {
  /// Bytes kept for WAIT; older ones are dropped by halves.
  private static let unreadLimit = 65_536
  /// A longer line is shown in pieces.
  private static let lineLimit = 1024

  /// Lines that a console sees when it is connected: it leaves room on a screen of 24.
  private static let recentLimit = 18
  private static let recentByteLimit = 4096

  private var partial: [UInt8] = []
  /// The last bytes; half of them at least once there were as many.
  private var recent: [UInt8] = []
  private var unread: [UInt8] = []
  /// The text last looked for, and how far it is known not to begin.
  private var sought: [UInt8] = []
  private var searched = 0

  /// Adds bytes; the lines they complete, stripped of what could forge or drive a terminal.
  mutating func append(_ bytes: [UInt8]) -> [String] {
    recent += bytes
    if recent.count > 2 * Self.recentByteLimit {
      recent.removeFirst(recent.count - Self.recentByteLimit)
    }
    unread += bytes
    if unread.count > Self.unreadLimit {
      let excess = unread.count.subtractingClamped(Self.unreadLimit / 2)
      unread = unread.suffix(Self.unreadLimit / 2)
      searched = max(0, searched.subtractingClamped(excess))
    }
    var lines: [String] = []
    for byte in bytes {
      if byte == 0x0A || partial.count >= Self.lineLimit {
        lines.append(ConsoleText.stripped(partial))
        partial.removeAll(keepingCapacity: true)
      }
      if byte != 0x0A { partial.append(byte) }
    }
    return lines
  }

  /// The last lines, the incomplete one too, fit to be shown again: a guest's control sequences
  /// would ask the terminal for answers, and those would be typed at the guest.
  var recentText: [UInt8] {
    var lines = recent.suffix(Self.recentByteLimit)
      .split(separator: 0x0A, omittingEmptySubsequences: false)
    if recent.count > Self.recentByteLimit, lines.count > 1 { lines.removeFirst() }
    let shown = lines.suffix(Self.recentLimit).map { ConsoleText.plain(Array($0)) }
    return Array(shown.joined(separator: "\r\n").utf8)
  }

  /// Whether a text is in what was not consumed; only what came since the last call is searched.
  mutating func contains(_ text: [UInt8]) -> Bool {
    if text != sought {
      sought = text
      searched = 0
    }
    if let found = firstIndex(of: text, from: searched) {
      searched = found
      return true
    }
    searched = max(searched, unread.count.subtractingClamped(text.count).addingClamped(1))
    return false
  }

  /// Consumes everything up to the end of a text.
  mutating func consume(through text: [UInt8]) {
    guard let found = firstIndex(of: text, from: 0) else { return }
    unread = Array(unread.dropFirst(max(0, found.addingClamped(text.count))))
    searched = 0
  }

  private func firstIndex(of text: [UInt8], from start: Int) -> Int? {
    guard let first = text.first, unread.count >= text.count else { return nil }
    let last = unread.count.subtractingClamped(text.count)
    for index in stride(from: max(start, 0), through: last, by: 1)
    where unread.element(at: index) == first && unread.dropFirst(index).starts(with: text) {
      return index
    }
    return nil
  }
}
