import Quantities

// What operands may say: names, patterns, sizes, hexadecimal numbers, ranges, shares, times.

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

/// A storage size `nK`, `nM`, `nG`, `nT` in bytes (powers of 1024); nil when it is none or too big.
package func storageSize(_ word: some StringProtocol) -> UInt64? {
  var bytes = decimal(word.dropLast())
  for unit: Character in ["K", "M", "G", "T", "P"] {
    bytes = bytes?.multiplied(by: 1024)
    if word.last == unit { return bytes }
  }
  return nil
}

/// An unsigned decimal number of digits only; nil when it is none or too big.
package func decimal(_ word: some StringProtocol) -> UInt64? {
  guard !word.isEmpty, word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
  return UInt64(word)
}

/// An unsigned hexadecimal number of at most 16 digits.
package func hexadecimal(_ word: some StringProtocol) -> UInt64? {
  let isHex = word.utf8.allSatisfy {
    (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
  }
  guard isHex, !word.isEmpty, word.utf8.count <= 16 else { return nil }
  return UInt64(word, radix: 16)
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

/// A decimal number with at most `places` digits after the point, in units of the last place.
///
/// `hundredths("1.5") == 150` with two places; nil when it is no such number.
package func fixedPoint(_ word: some StringProtocol, places: Int) -> Int? {
  let parts = word.split(separator: ".", omittingEmptySubsequences: false)
  guard (1...2).contains(parts.count), let whole = parts.first.flatMap({ decimal($0) }),
    whole < 1_000_000_000
  else { return nil }
  let scaled = Int(clamping: whole).multiplied(by: powerOfTen(places))
  guard parts.count == 2, let digits = parts.last else { return scaled }
  let missing = places.subtractingClamped(digits.count)
  guard missing >= 0, let fraction = decimal(digits),
    let value = Int(exactly: fraction)?.multiplied(by: powerOfTen(missing))
  else { return nil }
  return scaled?.adding(value)
}

/// A percentage with or without its sign and with one decimal, in tenths of a percent.
package func percentageTenths(_ word: some StringProtocol) -> Int? {
  fixedPoint(word.hasSuffix("%") ? word.dropLast() : word.dropLast(0), places: 1)
}
