/// An exact rational number in lowest terms; what processor shares are computed in.
///
/// Numerators and denominators of shares stay below 10^19, so products fit 128 bits; arithmetic
/// that would not fit traps.
package struct Fraction: Sendable, Hashable {
  /// The part above; carries the sign.
  package let numerator: Int128
  /// The part below; positive.
  package let denominator: Int128

  /// Creates a fraction in lowest terms.
  ///
  /// Traps if the denominator is zero.
  package init(_ numerator: Int128, _ denominator: Int128 = 1) {
    precondition(denominator != 0, "a fraction's denominator is not zero")
    let divisor = Fraction.greatestCommonDivisor(numerator.magnitude, denominator.magnitude)
    let sign: Int128 = denominator < 0 ? -1 : 1
    self.numerator = sign * numerator / Int128(divisor)
    self.denominator = sign * denominator / Int128(divisor)
  }

  /// Nothing.
  package static let zero = Fraction(0)

  /// The nearest floating-point number, for display only.
  package var approximation: Double { Double(numerator) / Double(denominator) }

  private static func greatestCommonDivisor(_ one: UInt128, _ other: UInt128) -> UInt128 {
    var (larger, smaller) = (one, other)
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return max(larger, 1)
  }
}

extension Fraction: Comparable {
  /// Orders by value.
  package static func < (one: Fraction, other: Fraction) -> Bool {
    one.numerator * other.denominator < other.numerator * one.denominator
  }
}

extension Fraction {
  /// The sum.
  package static func + (one: Fraction, other: Fraction) -> Fraction {
    if one.denominator == other.denominator {
      return Fraction(one.numerator + other.numerator, one.denominator)
    }
    return Fraction(
      one.numerator * other.denominator + other.numerator * one.denominator,
      one.denominator * other.denominator)
  }

  /// The difference.
  package static func - (one: Fraction, other: Fraction) -> Fraction {
    one + Fraction(-other.numerator, other.denominator)
  }

  /// The product.
  package static func * (one: Fraction, other: Fraction) -> Fraction {
    let left = Fraction(one.numerator, other.denominator)
    let right = Fraction(other.numerator, one.denominator)
    return Fraction(left.numerator * right.numerator, left.denominator * right.denominator)
  }

  /// The quotient.
  ///
  /// Traps if the divisor is zero.
  package static func / (one: Fraction, other: Fraction) -> Fraction {
    one * Fraction(other.denominator, other.numerator)
  }
}
