import Quantities

// What operands may say beside numbers: names, patterns, ranges, percentages.

/// Whether an upper-case word has the form of a userid: 1 to 8 of A-Z 0-9 @ # $.
package func isUserid(_ word: some StringProtocol) -> Bool {
  (1...8).contains(word.utf8.count)
    && word.utf8.allSatisfy { byte in
      (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
        || byte == 0x40 || byte == 0x23 || byte == 0x24
    }
}

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

/// A percentage with or without its sign and with one decimal, in tenths of a percent.
package func percentageTenths(_ word: some StringProtocol) -> Int? {
  fixedPoint(word.hasSuffix("%") ? word.dropLast() : word.dropLast(0), places: 1)
}
