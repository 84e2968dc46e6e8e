import Quantities

/// What is typed at a guest's console: keys go to the guest, except Ctrl-] and lines that begin with
/// `#CP`, which are for the control program and are echoed here because the guest never sees them.
struct GuestKeys {
  /// What typed bytes came to.
  struct Result: Equatable {
    /// For the guest.
    var keys: [UInt8] = []
    /// To be shown at the terminal.
    var echo: [UInt8] = []
    /// Lines for the control program.
    var lines: [String] = []
    /// Whether Ctrl-] was typed: back to CP; nothing after it was taken.
    var leaves = false
  }

  private static let mark: [UInt8] = [0x23, 0x43, 0x50]
  /// Ctrl-].
  static let leaveKey: UInt8 = 0x1D

  private static let escape: UInt8 = 0x1B
  /// Bytes of the longest line for the control program.
  private static let lineLimit = 1024

  private var isAtLineStart = true
  /// Bytes so far of an escape sequence: a function key, or the terminal's answer to the guest.
  ///
  /// It is the guest's and is no part of a line.
  private var escapeCount = 0
  /// The beginning of a line that is, or may become, one for the control program.
  private var held: [UInt8] = []

  /// Takes typed bytes.
  mutating func take(_ bytes: [UInt8]) -> Result {
    var result = Result()
    for byte in bytes where !result.leaves { take(byte, &result) }
    return result
  }

  private mutating func take(_ byte: UInt8, _ result: inout Result) {
    if byte == GuestKeys.leaveKey {
      result.leaves = true
      release(&result)
      return
    }
    if held.isEmpty, takeEscape(byte) {
      result.keys.append(byte)
      return
    }
    let isEnd = byte == 0x0D || byte == 0x0A
    if held.count >= GuestKeys.mark.count {
      edit(byte, isEnd: isEnd, &result)
    } else if isAtLineStart, GuestKeys.upper(byte) == GuestKeys.mark.element(at: held.count) {
      held.append(byte)
      result.echo.append(byte)
    } else {
      release(&result)
      result.keys.append(byte)
      isAtLineStart = isEnd
    }
  }

  /// Whether a byte belongs to an escape sequence (ECMA-48): ESC, perhaps [ or O, up to a letter.
  private mutating func takeEscape(_ byte: UInt8) -> Bool {
    if byte == GuestKeys.escape {
      escapeCount = 1
      return true
    }
    guard escapeCount > 0 else { return false }
    let isIntroducer = escapeCount == 1 && (byte == 0x5B || byte == 0x4F)
    let isEnd = !isIntroducer && (0x40...0x7E).contains(byte)
    escapeCount = isEnd ? 0 : min(escapeCount, 2) &+ 1
    return true
  }

  /// A key in a line for the control program.
  private mutating func edit(_ byte: UInt8, isEnd: Bool, _ result: inout Result) {
    if isEnd {
      result.echo += [0x0D, 0x0A]
      result.lines.append(String(decoding: held, as: UTF8.self))
      held = []
    } else if byte == 0x7F || byte == 0x08 {
      // A character as a whole: what continues one in UTF-8 goes with its first byte.
      // Cannot trap: an empty line gives nil.
      while let last = held.popLast(), last & 0xC0 == 0x80 {}
      result.echo += [0x08, 0x20, 0x08]
    } else if byte >= 0x20, held.count < GuestKeys.lineLimit {
      held.append(byte)
      result.echo.append(byte)
    }
  }

  /// Lets go of a line's beginning that is for the guest after all; its echo is taken back, because
  /// the guest echoes it.
  private mutating func release(_ result: inout Result) {
    guard !held.isEmpty else { return }
    for _ in held { result.echo += [0x08, 0x20, 0x08] }
    result.keys += held
    held = []
  }

  private static func upper(_ byte: UInt8) -> UInt8 {
    (0x61...0x7A).contains(byte) ? byte &- 0x20 : byte
  }
}
