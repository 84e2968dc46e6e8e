// Numbers as people and files write them: the one text of each, and which texts are one. What is read is
// nothing but digits, so that signs, prefixes and blanks are refused, and what does not fit is nil.

/// A number with leading zeros.
package func digits(_ value: some BinaryInteger, _ width: Int) -> String {
  String(value).zeroPadded(to: width)
}

/// A number in hexadecimal capitals with leading zeros.
package func hexDigits(_ value: some BinaryInteger, _ width: Int = 1) -> String {
  String(value, radix: 16, uppercase: true).zeroPadded(to: width)
}

/// A fixed-point number of `places` decimals as text; zeros at the end go unless `padded`.
package func fixedPointText(
  _ value: some FixedWidthInteger, places: Int, padded: Bool = false
) -> String {
  // The sign apart, so that the least number of all has a text too.
  let all = String(value.magnitude).zeroPadded(to: max(0, places).addingClamped(1))
  var part = all.suffix(max(0, places))
  if !padded { while part.last == "0" { part = part.dropLast() } }
  let whole = (value < 0 ? "-" : "") + all.dropLast(max(0, places))
  return part.isEmpty ? whole : whole + "." + part
}

/// Hundredths as a number with two decimals.
package func hundredthsText(_ value: Int) -> String {
  fixedPointText(value, places: 2, padded: true)
}

/// A measured number times `scale` as a whole one; 0 for what is no number.
package func rounded(_ value: Double, by scale: Double = 1) -> Int {
  let scaled = (value * scale).rounded()
  return Int(exactly: scaled) ?? (scaled > 0 ? .max : 0)
}

/// The units of sizes, powers of 1024 in their order.
private let sizeUnits: [Character] = ["K", "M", "G", "T", "P", "E"]

/// A size in the largest unit that divides it: `512M`, `0`.
package func sizeText(_ byteCount: UInt64) -> String {
  if byteCount == 0 { return "0" }
  var value = byteCount
  var text = "\(value)"
  for unit in sizeUnits where value % 1024 == 0 {
    value /= 1024
    text = "\(value)\(unit)"
  }
  return text
}

/// A time in milliseconds with as many decimals as it has, up to six: `12.5 MS`.
package func millisecondsText(_ nanoseconds: UInt64) -> String {
  fixedPointText(Int(clamping: nanoseconds), places: 6) + " MS"
}

/// A duration in the largest unit that divides it: `100US`.
package func durationText(_ nanoseconds: UInt64) -> String {
  for (unit, factor) in durationUnits.reversed()
  where nanoseconds >= factor && nanoseconds % max(1, factor) == 0 {
    return "\(nanoseconds / max(1, factor))\(unit)"
  }
  return "\(nanoseconds)NS"
}

private let durationUnits: [(String, UInt64)] = [
  ("NS", 1), ("US", 1000), ("MS", 1_000_000), ("S", 1_000_000_000),
]

/// An unsigned decimal number.
package func decimal<Number: FixedWidthInteger>(
  _ word: some StringProtocol, as type: Number.Type = UInt64.self
) -> Number? {
  guard !word.isEmpty, word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
  return Number(word)
}

/// An unsigned hexadecimal number of at most so many digits.
package func hexadecimal<Number: FixedWidthInteger>(
  _ word: some StringProtocol, digits: Int = 16, as type: Number.Type = UInt64.self
) -> Number? {
  let isHex = word.utf8.allSatisfy {
    (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
  }
  guard isHex, !word.isEmpty, word.utf8.count <= digits else { return nil }
  return Number(word, radix: 16)
}

/// A decimal number with at most `places` digits after the point, in units of the last place.
///
/// `fixedPoint("1.5", places: 2) == 150`; nil when it is no such number.
package func fixedPoint(_ word: some StringProtocol, places: Int) -> Int? {
  let parts = word.split(separator: ".", omittingEmptySubsequences: false)
  guard (1...2).contains(parts.count),
    let whole = parts.first.flatMap({ decimal($0, as: Int.self) }),
    let scaled = whole.multiplied(by: powerOfTen(places))
  else { return nil }
  guard parts.count == 2, let digits = parts.last else { return scaled }
  let missing = places.subtractingClamped(digits.utf8.count)
  guard missing >= 0, let fraction = decimal(digits, as: Int.self) else { return nil }
  return fraction.multiplied(by: powerOfTen(missing)).flatMap { scaled.adding($0) }
}

/// A percentage with or without its sign, in units of the last place.
package func percentage(_ word: some StringProtocol, places: Int) -> Int? {
  fixedPoint(word.hasSuffix("%") ? word.dropLast() : word.dropLast(0), places: places)
}

/// A size such as `64M`, in upper case; without a unit, bytes.
package func byteCount(_ word: some StringProtocol) -> UInt64? {
  let exponent = word.last.flatMap { sizeUnits.firstIndex(of: $0) }
  let count: UInt64? = decimal(exponent == nil ? word.dropLast(0) : word.dropLast())
  let unit: UInt64 = 1 << (10 &* UInt64(clamping: exponent.map { $0 &+ 1 } ?? 0))
  return count?.multiplied(by: unit)
}

/// A duration such as `100US`, in upper case, as nanoseconds.
package func nanoseconds(_ word: some StringProtocol) -> UInt64? {
  // The unit S is the end of the others too.
  for (unit, factor) in durationUnits where word.hasSuffix(unit) {
    return decimal(word.dropLast(unit.count)).flatMap { $0.multiplied(by: factor) }
  }
  return nil
}
