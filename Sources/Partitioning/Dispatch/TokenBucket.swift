import Channels

/// A long-run limit on processor time: credit grows with simulated time at the capped rate and every
/// nanosecond used is taken from it.
///
/// Exact: credit is kept in nanoseconds times the rate's denominator. It never exceeds what 30 ms
/// bring, so that no interval of a second can pass the cap by more than 3 % (the published bound of
/// absolute capping is 3.1 %), and use never passes the cap in the long run. Who has used up his
/// credit waits until 5 ms worth have come together, so that a cap does not cost a switch an epoch.
struct TokenBucket {
  /// Nanoseconds of credit in a nanosecond: numerator over denominator.
  private(set) var rate: Fraction
  private var credit: Int128
  private var updated: SimulatedTime

  static let depth: Int128 = 30_000_000
  static let resumption: Int128 = 5_000_000

  /// Creates a bucket with a resumption's worth of credit.
  init(rate: Fraction, at time: SimulatedTime) {
    self.rate = rate
    credit = rate.numerator * TokenBucket.resumption
    updated = time
  }

  /// Changes the rate; credit keeps its worth in nanoseconds, debts included.
  mutating func setRate(_ new: Fraction, at time: SimulatedTime) {
    guard new != rate else { return }
    refill(at: time)
    let old = rate
    rate = new
    credit = min(credit * new.denominator / old.denominator, new.numerator * TokenBucket.depth)
  }

  /// Takes what was used until `time`.
  mutating func debit(_ nanoseconds: UInt64, at time: SimulatedTime) {
    refill(at: time)
    credit -= Int128(nanoseconds) * rate.denominator
  }

  /// Whether there is nothing left.
  var isEmpty: Bool { credit <= 0 }

  /// When a resumption's worth of credit will have come together, no earlier than the last debit.
  var resumes: SimulatedTime {
    let missing = rate.numerator * TokenBucket.resumption - credit
    guard missing > 0 else { return updated }
    return updated &+ UInt64((missing + rate.numerator - 1) / rate.numerator)
  }

  private mutating func refill(at time: SimulatedTime) {
    guard time > updated else { return }
    credit += Int128(time - updated) * rate.numerator
    credit = min(credit, rate.numerator * TokenBucket.depth)
    updated = time
  }
}
