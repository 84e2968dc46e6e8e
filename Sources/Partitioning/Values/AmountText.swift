/// Amounts as definitions and messages write them.
package enum AmountText {
  /// A size in the largest unit that divides it.
  package static func size(_ bytes: UInt64) -> String {
    for (shift, unit) in [(UInt64(40), "T"), (30, "G"), (20, "M"), (10, "K")]
    where bytes >= 1 << shift && bytes % (1 << shift) == 0 {
      return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
  }

  /// A duration in the largest unit that divides it.
  package static func duration(_ nanoseconds: UInt64) -> String {
    for (factor, unit) in [(UInt64(1_000_000_000), "S"), (1_000_000, "MS"), (1000, "US")]
    where nanoseconds >= factor && nanoseconds % factor == 0 {
      return "\(nanoseconds / factor)\(unit)"
    }
    return "\(nanoseconds)NS"
  }

  /// Hundredths as a number with two decimals.
  package static func decimal(_ hundredths: Int) -> String {
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }
}
