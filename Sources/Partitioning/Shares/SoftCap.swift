// Soft capping at a defined capacity: the average of four hours may not pass it. Source: z/OS MVS
// Planning: Workload Management, "Defined capacity". What a partition uses at one moment may.

import Quantities

/// What holds a partition at its defined capacity while its average is above it.
package enum SoftCap: Sendable, Equatable, Codable {
  /// Its average is not above it, or it cannot use more.
  case none
  /// Capped at its weight all the time: the weight's share is the defined capacity.
  case weight
  /// Capped at its weight for a part of the time, 0-1: the weight's share is less.
  case pattern(capped: Fraction)
  /// Capped at the share its weight has when this much weight is added to the pool's sum: the weight's
  /// share is more.
  case phantomWeight(Fraction)

  /// Judges a partition at the end of a sample's interval.
  ///
  /// Capping begins when the average is above the defined capacity and ends when it is below it.
  ///
  /// - Parameters:
  ///   - partition: Its capacities, in MSU.
  ///   - average: Its rolling average in MSU.
  ///   - isCapped: Whether it is capped now; it stays so while both are equal.
  package init(_ partition: SoftCapClaim, average: Fraction, isCapped: Bool) {
    let capacity = Fraction(partition.definedCapacity)
    guard average > capacity || isCapped && average == capacity else {
      self = .none
      return
    }
    let share = partition.shareCapacity
    if share == capacity {
      self = .weight
    } else if share > capacity {
      self = .phantomWeight(
        Fraction(partition.weight) * partition.poolCapacity / capacity
          - Fraction(partition.weightSum))
    } else if partition.uncappedUse <= capacity {
      self = .none
    } else {
      self = .pattern(
        capped: (partition.uncappedUse - capacity) / (partition.uncappedUse - share))
    }
  }

  /// Whether a partition is capped in a step of its pattern.
  ///
  /// Capped steps are spread evenly; of the first n, the part of the pattern is capped, rounded down.
  ///
  /// - Parameter step: Counts from 0 when the cap is judged; steps are of equal length.
  /// - Returns: Whether the cap holds during that step.
  package func isCapped(inStep step: Int) -> Bool {
    switch self {
    case .none: false
    case .weight, .phantomWeight: true
    case .pattern(let capped):
      (Fraction(step.addingClamped(1)) * capped).floor > (Fraction(step) * capped).floor
    }
  }

  /// What a capped step holds the partition at, in MSU: its share of the pool, a phantom weight
  /// counted in; nil without a cap.
  package func level(_ partition: SoftCapClaim) -> Fraction? {
    switch self {
    case .none: nil
    case .weight, .pattern: partition.shareCapacity
    case .phantomWeight(let weight):
      Fraction(partition.weight) * partition.poolCapacity
        / (Fraction(partition.weightSum) + weight)
    }
  }
}

/// What soft capping of a partition depends on beside its rolling average.
package struct SoftCapClaim: Sendable, Equatable {
  /// Its weight.
  package var weight: Int
  /// Sum of the weights of the active partitions that share the pool, its own included.
  package var weightSum: Int
  /// MSU of the pool's shared processors.
  package var poolCapacity: Fraction
  /// Its defined capacity in MSU, at least 1.
  package var definedCapacity: Int
  /// What it uses while it is not capped, in MSU.
  package var uncappedUse: Fraction

  /// Creates a claim.
  package init(
    weight: Int, weightSum: Int, poolCapacity: Fraction, definedCapacity: Int,
    uncappedUse: Fraction
  ) {
    self.weight = weight
    self.weightSum = weightSum
    self.poolCapacity = poolCapacity
    self.definedCapacity = definedCapacity
    self.uncappedUse = uncappedUse
  }

  /// MSU of its weight's share.
  package var shareCapacity: Fraction {
    poolCapacity * Fraction(Int128(weight), Int128(max(weightSum, 1)))
  }
}
