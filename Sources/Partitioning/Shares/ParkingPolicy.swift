// Parking: which logical processors with vertical polarity run. High and medium ones always do. Low
// ones run when their partition wants more than it is guaranteed and the others leave something, and
// only while time taken from the partition shows that there is room.
import Quantities

//
// Sources: SMF type 99 subtype 12 (target capacity); Linux, arch/s390/kernel/hiperdispatch.c
// (interval, average, threshold, delay after a change). The lower threshold of unparking is a choice:
// with one threshold for both, steal that scatters around it changes every third decision.

/// Decides at regular intervals how many logical processors of a partition run.
package struct ParkingPolicy: Sendable, Equatable, Codable {
  /// Time between two decisions in nanoseconds.
  package static let interval: UInt64 = 250_000_000
  /// Smoothed steal in percent from which low ones are parked.
  package static let stealThreshold: UInt64 = 30
  /// Smoothed steal in percent below which parked ones may run again.
  package static let returnThreshold: UInt64 = 20
  /// Weight of what was in the average of steal: 15 parts of 16.
  package static let averageWeight: UInt64 = 16
  /// Intervals without a decision after a change.
  package static let settlingIntervals = 4

  /// Smoothed steal of the medium and low logical processors, in percent rounded down.
  package private(set) var averageSteal: UInt64 = 0
  /// Low logical processors that run.
  package private(set) var unparkedLow = 0
  /// How often that changed.
  package private(set) var adjustments: UInt64 = 0
  private var settling = ParkingPolicy.settlingIntervals

  /// Creates a policy with all low ones parked.
  package init() {}

  /// Takes an interval in and decides.
  ///
  /// - Parameters:
  ///   - polarity: How the entitlement lies now.
  ///   - target: Processors the partition may count on, from `targetCapacity`.
  ///   - steal: Percent of the interval that its medium and low ones that run were ready without a
  ///     physical processor.
  ///   - isAtCap: Held by a cap, so that no more logical processors would help.
  /// - Returns: How many logical processors run: entitled ones and unparked low ones.
  package mutating func decide(
    _ polarity: VerticalPolarity, target: Fraction, steal: UInt64, isAtCap: Bool
  ) -> Int {
    unparkedLow = min(unparkedLow, polarity.low)
    if settling > 1 {
      settling.subtractClamped(1)
      return polarity.entitled.addingClamped(unparkedLow)
    }
    averageSteal =
      averageSteal.multipliedClamped(by: Self.averageWeight &- 1).addingClamped(steal)
      / Self.averageWeight
    let threshold = unparkedLow > 0 ? Self.stealThreshold : Self.returnThreshold
    let isRoom = averageSteal < threshold && !isAtCap
    let wanted = isRoom ? Self.unparkedLow(polarity, target: target) : 0
    if wanted != unparkedLow {
      unparkedLow = wanted
      adjustments &+= 1
      settling = Self.settlingIntervals
    }
    return polarity.entitled.addingClamped(unparkedLow)
  }

  /// Processors that a partition may count on: what it is guaranteed and its part, by weight, of what
  /// the others leave.
  ///
  /// - Parameters:
  ///   - guaranteed: Its entitlement in processors.
  ///   - unused: Processors that nobody uses.
  ///   - weight: Its weight.
  ///   - competingWeights: Sum of the weights of all that want more than they are guaranteed, its own
  ///     included.
  /// - Returns: Processors; its entitlement when it wants no more than that.
  package static func targetCapacity(
    guaranteed: Fraction, unused: Fraction, weight: Int, competingWeights: Int
  ) -> Fraction {
    guard competingWeights > 0, unused > .zero else { return guaranteed }
    return guaranteed + unused * Fraction(Int128(weight), Int128(competingWeights))
  }

  /// Low logical processors that a target capacity needs beside the entitled ones.
  static func unparkedLow(_ polarity: VerticalPolarity, target: Fraction) -> Int {
    min(polarity.low, max(0, Int(clamping: target.ceiling).subtractingClamped(polarity.entitled)))
  }
}
