import Quantities

// What operands may say beside names and numbers: patterns, sizes with their unit, ranges.

/// Whether a name fits a pattern in which each `*` stands for any characters.
package func matches(_ name: String, pattern: String) -> Bool {
  let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
  guard let first = parts.first, let last = parts.last, parts.count > 1 else {
    return name == pattern
  }
  guard name.hasPrefix(first) else { return false }
  var rest = name.dropFirst(first.count)
  for part in parts.dropFirst().dropLast() where !part.isEmpty {
    let pieces = rest.split(separator: part, maxSplits: 1, omittingEmptySubsequences: false)
    guard pieces.count == 2, let after = pieces.last else { return false }
    rest = after
  }
  return rest.count >= last.count && rest.hasSuffix(last)
}

/// A storage size with its unit, which CP asks for; nil when it is none or too big.
package func storageSize(_ word: some StringProtocol) -> UInt64? {
  word.last?.isNumber == true ? nil : byteCount(word)
}

/// A range `nn` or `nn-nn` of hexadecimal numbers below a limit; nil when it is none.
package func hexadecimalRange(
  _ word: some StringProtocol, below limit: UInt64
) -> ClosedRange<Int>? {
  let ends = word.split(separator: "-", omittingEmptySubsequences: false)
  guard (1...2).contains(ends.count), let first = ends.first.flatMap({ hexadecimal($0) }),
    let last = ends.last.flatMap({ hexadecimal($0) }), first <= last, last < limit
  else { return nil }
  return ClosedRange(uncheckedBounds: (Int(clamping: first), Int(clamping: last)))
}
