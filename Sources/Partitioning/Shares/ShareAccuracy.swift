/// How closely dispatching keeps to shares: the published contract, and the tolerance of its tests.
///
/// Source: PR/SM Planning Guide, "Weights: processing weight management" and "Absolute capping".
package enum ShareAccuracy {
  /// Greatest error, as a part of a partition's own share or else of the pool.
  package static let share = Fraction(36, 1000)
  /// How far an absolute cap may be passed for a short time, as a part of the cap.
  package static let cap = Fraction(31, 1000)
  /// Entitlement of a logical processor from which the error counts against the own share: capped.
  package static let cappedThreshold = Fraction(1, 10)
  /// The same when not capped.
  package static let uncappedThreshold = Fraction(1, 2)

  /// How far a partition's use may be from its share, in processors.
  ///
  /// - Parameters:
  ///   - entitlement: What it should get, in processors.
  ///   - perLogical: A logical processor's part of it.
  ///   - isCapped: Capped at its weight.
  ///   - sharedProcessors: Processors of the pool.
  /// - Returns: Processors, upward and downward.
  package static func tolerance(
    entitlement: Fraction, perLogical: Fraction, isCapped: Bool, sharedProcessors: Int
  ) -> Fraction {
    let isExact = perLogical >= (isCapped ? cappedThreshold : uncappedThreshold)
    return share * (isExact ? entitlement : Fraction(sharedProcessors))
  }
}
