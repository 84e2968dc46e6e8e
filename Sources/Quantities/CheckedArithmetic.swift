// Arithmetic on numbers that come from outside: of a guest, an operator, a file or the host. A bare `+`
// that overflows ends every partition at once; these say nil, or stop at the nearest value that there is.

extension FixedWidthInteger {
  /// The sum, nil where it does not fit.
  @inlinable
  package func adding(_ other: Self) -> Self? {
    let (value, overflow) = addingReportingOverflow(other)
    return overflow ? nil : value
  }

  /// The difference, nil where it does not fit.
  @inlinable
  package func subtracting(_ other: Self) -> Self? {
    let (value, overflow) = subtractingReportingOverflow(other)
    return overflow ? nil : value
  }

  /// The product, nil where it does not fit.
  @inlinable
  package func multiplied(by other: Self) -> Self? {
    let (value, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : value
  }

  /// The quotient, nil where there is none.
  @inlinable
  package func divided(by other: Self) -> Self? {
    let (value, overflow) = dividedReportingOverflow(by: other)
    return overflow ? nil : value
  }

  /// The sum, or the greatest or least value there is where it does not fit.
  @inlinable
  package func addingClamped(_ other: Self) -> Self {
    let (value, overflow) = addingReportingOverflow(other)
    guard overflow else { return value }
    return other < 0 ? .min : .max
  }

  /// The difference, or the greatest or least value there is where it does not fit.
  @inlinable
  package func subtractingClamped(_ other: Self) -> Self {
    let (value, overflow) = subtractingReportingOverflow(other)
    guard overflow else { return value }
    return other < 0 ? .max : .min
  }

  /// The product, or the greatest or least value there is where it does not fit.
  @inlinable
  package func multipliedClamped(by other: Self) -> Self {
    let (value, overflow) = multipliedReportingOverflow(by: other)
    guard overflow else { return value }
    return (self < 0) == (other < 0) ? .max : .min
  }
}

extension FixedWidthInteger {
  /// Adds, and stops at the greatest or least value there is.
  @inlinable
  package mutating func addClamped(_ other: Self) { self = addingClamped(other) }

  /// Subtracts, and stops at the greatest or least value there is.
  @inlinable
  package mutating func subtractClamped(_ other: Self) { self = subtractingClamped(other) }
}

extension UInt64 {
  /// The part `numerator / denominator` of it, rounded down; the greatest value there is where it does not
  /// fit, and for no denominator.
  @inlinable
  package func scaledClamped(by numerator: UInt64, over denominator: UInt64) -> UInt64 {
    let product = multipliedFullWidth(by: numerator)
    guard product.high < denominator else { return .max }
    return denominator.dividingFullWidth(product).quotient
  }
}

/// Ten to a power, or the greatest value there is where it does not fit; 1 for powers below 1.
package func powerOfTen<Number: FixedWidthInteger>(_ exponent: Int) -> Number {
  repeatElement(10, count: max(0, exponent)).reduce(1) { $0.multipliedClamped(by: $1) }
}
