import Quantities

/// How much of a physical processor one logical processor is for; raw values are SMF's code.
///
/// Source: SMF type 70 subtype 1, SMF70POF.
package enum LogicalPolarity: UInt8, Sendable, Codable, CaseIterable {
  /// The same part of the entitlement as every other of its partition.
  case horizontal = 0
  /// None: it runs on what others leave.
  case verticalLow = 1
  /// A part of one.
  case verticalMedium = 2
  /// A whole one.
  case verticalHigh = 3
}

/// How an entitlement lies on logical processors with vertical polarity: what HiperDispatch would see.
///
/// High ones come first in number, then medium, then low. Source: PR/SM's 0.5 rule as published in
/// worked examples: no medium below half a processor when a whole one is there. Whatever the
/// entitlement below the number of logical processors, the highs and mediums of the rule fit them.
package struct VerticalPolarity: Sendable, Equatable, Codable {
  /// Logical processors that carry one whole processor each.
  package var high: Int
  /// Logical processors that share the remainder evenly.
  package var medium: Int
  /// Part of a processor that each medium carries; zero when there is none.
  package var mediumShare: Fraction
  /// Logical processors that run on what others leave.
  package var low: Int
  /// Entitlement that has no logical processor to use it, in processors.
  package var stranded: Fraction

  /// Divides an entitlement among on-line logical processors.
  ///
  /// - Parameters:
  ///   - entitlement: Processors, not negative.
  ///   - logicalCount: On-line logical processors.
  ///   - alwaysOneMedium: An entitlement of whole processors keeps one medium that carries a whole
  ///     one, instead of highs only; the published accounts differ in that.
  package init(entitlement: Fraction, logicalCount: Int, alwaysOneMedium: Bool = false) {
    let usable = min(entitlement, Fraction(logicalCount))
    let whole = Int(clamping: usable.floor)
    let rest = usable - Fraction(whole)
    stranded = entitlement - usable
    if rest == .zero {
      medium = alwaysOneMedium && whole > 0 ? 1 : 0
      high = whole.subtractingClamped(medium)
      mediumShare = Fraction(medium)
    } else if whole == 0 || rest >= Fraction(1, 2) {
      (high, medium, mediumShare) = (whole, 1, rest)
    } else {
      (high, medium, mediumShare) = (
        whole.subtractingClamped(1), 2, (rest + Fraction(1)) / Fraction(2)
      )
    }
    low = logicalCount.subtractingClamped(high).subtractingClamped(medium)
  }

  /// Logical processors that are entitled to something: high and medium.
  package var entitled: Int { high.addingClamped(medium) }

  /// The polarity of a logical processor by its place among those on line, 0 the first.
  package func polarity(of place: Int) -> LogicalPolarity {
    if place < high { return .verticalHigh }
    return place < entitled ? .verticalMedium : .verticalLow
  }

  /// Part of a processor that a logical processor carries, by its place among those on line.
  package func share(of place: Int) -> Fraction {
    switch polarity(of: place) {
    case .verticalHigh: Fraction(1)
    case .verticalMedium: mediumShare
    case .verticalLow, .horizontal: .zero
    }
  }

  /// The weight that a logical processor carries, by its place among those on line.
  ///
  /// A high one's is the engine weight, one processor's worth of weight (`engineWeight`); together
  /// they come to the partition's weight unless some is stranded. SMF70POW is this times 4,096.
  package func weight(of place: Int, engineWeight: Fraction) -> Fraction {
    share(of: place) * engineWeight
  }
}

extension ProcessingShare {
  /// One processor's worth of weight: the sum of the active sharing partitions' weights over the
  /// pool's shared processors, at least one.
  package static func engineWeight(weights: Int, sharedProcessors: Int) -> Fraction {
    Fraction(Int128(weights), Int128(max(sharedProcessors, 1)))
  }
}
