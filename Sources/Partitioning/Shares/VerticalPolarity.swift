/// How an entitlement divides among logical processors with vertical polarity: what HiperDispatch
/// would see.
///
/// The dispatcher itself is horizontal; this is the what-if arithmetic.
///
/// Source: PR/SM's 0.5 rule as published in worked examples (no medium below half a processor when
/// a whole one is there).
package struct VerticalPolarity: Sendable, Equatable {
  /// Logical processors that carry one whole processor each.
  package var high: Int
  /// Logical processors that share the remainder evenly.
  package var medium: Int
  /// Part of a processor that each medium carries; zero when there is none.
  package var mediumShare: Fraction
  /// Logical processors that run on what others leave.
  package var low: Int
  /// Entitlement that has no logical processor to use it.
  package var stranded: Fraction

  /// Divides an entitlement in processors among on-line logical processors.
  package init(entitlement: Fraction, logicalCount: Int) {
    let whole = Int(entitlement.numerator / entitlement.denominator)
    let rest = entitlement - Fraction(Int128(whole))
    stranded = .zero
    if entitlement >= Fraction(Int128(logicalCount)) {
      (high, medium, mediumShare) = (logicalCount, 0, .zero)
      stranded = entitlement - Fraction(Int128(logicalCount))
    } else if rest == .zero {
      (high, medium, mediumShare) = (whole, 0, .zero)
    } else if whole == 0 || rest >= Fraction(1, 2) {
      (high, medium, mediumShare) = (whole, 1, rest)
    } else {
      (high, medium, mediumShare) = (whole - 1, 2, (rest + Fraction(1)) / Fraction(2))
    }
    low = logicalCount - high - medium
  }
}
