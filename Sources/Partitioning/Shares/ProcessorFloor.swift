// Short processors: too many logical processors, each with a sliver of a physical one, make every one
// of them slow. A partition's share per logical processor is what its single threads feel.

/// The least part of a physical processor that a logical one should be entitled to.
package struct ProcessorFloor: Sendable, Equatable {
  /// Processors.
  package let share: Fraction

  /// Creates a floor of so many processors; one of nothing, or less, feeds one logical processor.
  package init(_ share: Fraction) { self.share = share }

  /// What is warned about with PR/SM: half a processor, the least that a vertical-medium carries.
  package static let short = ProcessorFloor(Fraction(1, 2))

  /// Whether an entitlement in processors is spread over more logical processors than it can feed.
  package func isPassed(entitlement: Fraction, logicalCount: Int) -> Bool {
    logicalCount > 1 && entitlement < share * Fraction(logicalCount)
  }

  /// The most logical processors that an entitlement in processors feeds; one is always allowed.
  package func logicalCount(entitlement: Fraction) -> Int {
    max(1, Int(clamping: (entitlement / share).floor))
  }
}
