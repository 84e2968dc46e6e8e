import Quantities

/// An exact rational number in lowest terms; what processor shares are computed in.
///
/// Comparisons are exact for all values. Sums and products are reduced before they are formed, so
/// that only a result whose own lowest terms do not fit 128 bits is wrong, its terms the greatest that
/// do; shares, whose terms stay below 10^19, never come near.
package struct Fraction: Sendable, Hashable {
  /// The part above; carries the sign.
  package let numerator: Int128
  /// The part below; positive.
  package let denominator: Int128

  /// Creates a fraction in lowest terms; of nothing, nothing.
  package init(_ numerator: Int128, _ denominator: Int128 = 1) {
    guard denominator != 0 else {
      self.init(lowest: 0, 1)
      return
    }
    let divisor = max(
      1, Fraction.greatestCommonDivisor(numerator.magnitude, denominator.magnitude))
    guard divisor > 1 || denominator < 0 else {
      self.init(lowest: numerator, denominator)
      return
    }
    // Magnitudes: the least number has no opposite.
    let above = Int128(clamping: numerator.magnitude / divisor)
    let below = Int128(clamping: denominator.magnitude / divisor)
    self.init(lowest: (numerator < 0) == (denominator < 0) ? above : 0 &- above, below)
  }

  /// Takes terms that are in lowest terms already, the lower one positive.
  private init(lowest numerator: Int128, _ denominator: Int128) {
    self.numerator = numerator
    self.denominator = denominator
  }

  /// Creates a whole number.
  package init(_ whole: Int) { self.init(lowest: Int128(whole), 1) }

  /// Nothing.
  package static let zero = Fraction(lowest: 0, 1)

  /// The nearest floating-point number, for display only.
  package var approximation: Double {
    // Conversions of 64 bits are many times faster, and nearly all terms fit.
    if let short = Int64(exactly: numerator), let shorter = Int64(exactly: denominator) {
      return Double(short) / Double(shorter)
    }
    return Double(numerator) / Double(denominator)
  }

  /// The greatest whole number that is not greater.
  package var floor: Int128 {
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: max(1, denominator))
    return remainder < 0 ? quotient &- 1 : quotient
  }

  /// The least whole number that is not less.
  package var ceiling: Int128 {
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: max(1, denominator))
    return remainder > 0 ? quotient &+ 1 : quotient
  }

  /// The nearest whole number; a half goes up.
  package var rounded: Int128 {
    let whole = floor
    let rest = numerator &- whole &* denominator
    return rest >= denominator &- rest ? whole.addingClamped(1) : whole
  }

  /// With so many decimals, rounded half up.
  package func text(places: Int) -> String {
    let scaled = (self * Fraction(powerOfTen(places) as Int128)).rounded
    return fixedPointText(scaled, places: places, padded: true)
  }

  private static func greatestCommonDivisor(_ one: UInt128, _ other: UInt128) -> UInt128 {
    var (larger, smaller) = (one, other)
    while smaller != 0 {
      // Divisions of 64 bits are many times faster, and nearly all terms fit.
      if let short = UInt64(exactly: larger), let shorter = UInt64(exactly: smaller) {
        return UInt128(greatestCommonDivisor(short, shorter))
      }
      (larger, smaller) = (smaller, larger % smaller)
    }
    return max(larger, 1)
  }

  private static func greatestCommonDivisor(_ one: UInt64, _ other: UInt64) -> UInt64 {
    var (larger, smaller) = (one, other)
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return max(larger, 1)
  }
}

extension Fraction: Comparable {
  /// Orders by value.
  package static func < (one: Fraction, other: Fraction) -> Bool {
    if one.denominator == other.denominator { return one.numerator < other.numerator }
    let left = one.numerator.multipliedFullWidth(by: other.denominator)
    let right = other.numerator.multipliedFullWidth(by: one.denominator)
    return left.high == right.high ? left.low < right.low : left.high < right.high
  }
}

extension Fraction {
  /// The sum.
  package static func + (one: Fraction, other: Fraction) -> Fraction {
    if one.denominator == other.denominator {
      return Fraction(one.numerator.addingClamped(other.numerator), one.denominator)
    }
    let common = max(
      1, greatestCommonDivisor(one.denominator.magnitude, other.denominator.magnitude))
    let rest = Int128(clamping: other.denominator.magnitude / common)
    let ownRest = Int128(clamping: one.denominator.magnitude / common)
    return Fraction(
      one.numerator.multipliedClamped(by: rest)
        .addingClamped(other.numerator.multipliedClamped(by: ownRest)),
      one.denominator.multipliedClamped(by: rest))
  }

  /// The difference.
  package static func - (one: Fraction, other: Fraction) -> Fraction {
    one + Fraction(lowest: Int128(0).subtractingClamped(other.numerator), other.denominator)
  }

  /// The product.
  package static func * (one: Fraction, other: Fraction) -> Fraction {
    let left = Fraction(one.numerator, other.denominator)
    let right = Fraction(other.numerator, one.denominator)
    return Fraction(
      lowest: left.numerator.multipliedClamped(by: right.numerator),
      left.denominator.multipliedClamped(by: right.denominator))
  }

  /// The quotient; of a division by nothing, nothing.
  package static func / (one: Fraction, other: Fraction) -> Fraction {
    one * Fraction(other.denominator, other.numerator)
  }

  /// Adds to a sum.
  package static func += (sum: inout Fraction, term: Fraction) { sum = sum + term }

  /// Takes from a sum.
  package static func -= (sum: inout Fraction, term: Fraction) { sum = sum - term }
}

extension Fraction: Codable, CustomStringConvertible {
  /// The terms as written by hand: `12/5`, or `3` for a whole number.
  package var description: String {
    denominator == 1 ? String(numerator) : "\(numerator)/\(denominator)"
  }

  /// Reads the terms as written by hand; nil when the text is none or the lower term is not positive.
  package init?(_ text: String) {
    let terms = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = terms.first, let numerator = Int128(String(first)) else { return nil }
    guard let second = terms.dropFirst().first else {
      self.init(lowest: numerator, 1)
      return
    }
    guard let denominator = Int128(String(second)), denominator > 0 else { return nil }
    self.init(numerator, denominator)
  }

  /// Reads what `encode` wrote.
  ///
  /// Throws `DecodingError.dataCorrupted` for anything but two whole numbers.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Fraction(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is not a fraction such as 12/5")
    }
    self = value
  }

  /// Writes the exact value as text.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
