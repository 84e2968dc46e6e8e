/// Keys while a full screen stops or is held, byte by byte.
struct PauseKeys {
  /// A function key that has begun: ESC and what followed.
  private var sequence: [UInt8] = []

  /// Takes a byte.
  ///
  /// - Parameters:
  ///   - byte: What was typed.
  ///   - isLast: Whether nothing more is there.
  /// - Returns: The key; nil within a function key.
  mutating func take(_ byte: UInt8, isLast: Bool) -> PagedOutput.Key? {
    if !sequence.isEmpty || byte == 0x1B { return takeSequence(byte, isLast: isLast) }
    // More bytes behind one is pasted text, whose blanks are no keys.
    guard isLast else { return .other }
    switch byte {
    case 0x20, 0x0C: return .clear
    case 0x0D, 0x0A: return .enter
    case 0x71, 0x51, 0x03: return .skip
    default: return .other
    }
  }

  /// Alt-2 (PA2) and page down go on; what other function keys send is dropped.
  private mutating func takeSequence(_ byte: UInt8, isLast: Bool) -> PagedOutput.Key? {
    sequence.append(byte)
    let isIntroduced = sequence.count > 1 && (sequence[1] == 0x5B || sequence[1] == 0x4F)
    let isEnd =
      isIntroduced ? sequence.count > 2 && (0x40...0x7E).contains(byte) : sequence.count > 1
    guard isEnd || isLast || sequence.count > 16 else { return nil }
    defer { sequence = [] }
    return sequence == [0x1B, 0x32] || sequence == Array("\u{1B}[6~".utf8) ? .clear : nil
  }
}
