import Channels
import Quantities

/// A long-run limit on processor time: credit grows with simulated time at the capped rate and every
/// nanosecond used is taken from it.
///
/// Exact: credit is kept in nanoseconds times the rate's denominator. It never exceeds what 30 ms
/// bring, so that no interval of a second can pass the cap by more than 3 % (the published bound of
/// absolute capping is 3.1 %), and use never passes the cap in the long run. Who has used up his
/// credit waits until 5 ms worth have come together, so that a cap does not cost a switch an epoch; less
/// is enough for a processor that would stay idle.
///
/// Who is limited so and wants more has no more places at once than the rate's whole part while others
/// want them, and one more from when 20 ms worth have come together until 15 ms of a processor are
/// gone. It comes by its rate without taking in a burst what those get who can never use more than
/// they have.
///
/// No term of a rate has more than 59 bits (`kept`) and no time more than 64, so that 128 bits hold every
/// product here but that of a debt of centuries with another rate.
struct TokenBucket: Equatable, Sendable, Codable {
  /// Nanoseconds of credit in a nanosecond: numerator over denominator.
  private(set) var rate: Fraction
  private var whole: Int128
  private let band: Int128
  private var credit: Int128
  private var updated: SimulatedTime
  /// Enough has come together for one more place than the rate's whole part.
  private(set) var grantsExtra = true
  /// It has run short and has not lost much credit since: the limit is what decides.
  private(set) var isBinding = false
  /// Credit lost because there was no room for it, since it ran short.
  private var lost: Int128 = 0

  static let depth: Int128 = 30_000_000
  static let resumption: Int128 = 5_000_000
  static let plenty: Int128 = 20_000_000
  static let widestBand: Int128 = 15_000_000
  static let narrowBand: Int128 = 3_000_000
  /// What brings so many nanoseconds may be lost before the limit no longer decides: a time slice of
  /// somebody else may last as long.
  static let tolerableLoss: Int128 = 100_000_000

  /// Creates a bucket with as much credit as grants one more place.
  ///
  /// - Parameters:
  ///   - rate: Processors.
  ///   - time: Now.
  ///   - band: Nanoseconds of a processor that one more place may take at a time.
  init(rate: Fraction, at time: SimulatedTime, band: Int128 = TokenBucket.widestBand) {
    let rate = TokenBucket.kept(rate)
    self.rate = rate
    self.band = band
    whole = rate.floor
    credit = rate.numerator &* TokenBucket.plenty
    updated = time
  }

  /// A rate as it is kept: one with long terms, as averages of capacity have them, less than a part in
  /// 2^46 lower; one of more processors than there can be, as of so many.
  private static func kept(_ rate: Fraction) -> Fraction {
    let rate = max(.zero, min(rate, Fraction(1 << 10)))
    let excess = 80 &- rate.denominator.leadingZeroBitCount
    guard excess > 0 else { return rate }
    return Fraction(rate.numerator >> excess, rate.denominator >> excess &+ 1)
  }

  /// Whether who has so many places may take one more while others want it.
  func permits(oneBeside places: Int) -> Bool {
    Int128(places) < whole &+ (grantsExtra ? 1 : 0)
  }

  /// Changes the rate; credit keeps its worth in nanoseconds, debts included.
  mutating func setRate(_ new: Fraction, at time: SimulatedTime) {
    let new = TokenBucket.kept(new)
    guard new != rate else { return }
    refill(at: time)
    let old = rate
    rate = new
    whole = new.floor
    credit = min(
      credit.multipliedClamped(by: new.denominator) / max(1, old.denominator),
      new.numerator &* TokenBucket.depth)
    note()
  }

  /// Takes what was used until `time`.
  ///
  /// - Parameters:
  ///   - nanoseconds: How much.
  ///   - time: Until when.
  ///   - owes: Whether more than there is stays owed; not for time that nobody else wanted.
  mutating func debit(_ nanoseconds: UInt64, at time: SimulatedTime, owes: Bool = true) {
    refill(at: time)
    credit &-= Int128(nanoseconds) &* rate.denominator
    if !owes { credit = max(credit, 0) }
    note()
  }

  /// Whether there is nothing left.
  var isEmpty: Bool { credit <= 0 }

  /// Whether there is enough for a processor over so many nanoseconds.
  func suffices(for nanoseconds: UInt64) -> Bool {
    credit >= Int128(nanoseconds) &* rate.denominator
  }

  /// When a resumption's worth of credit will have come together, no earlier than the last debit.
  var resumes: SimulatedTime { time(of: TokenBucket.resumption) }

  /// When enough will have come together for one more place, no earlier than the last debit.
  var extraResumes: SimulatedTime { time(of: TokenBucket.plenty) }

  private func time(of worth: Int128) -> SimulatedTime {
    let missing = rate.numerator &* worth &- credit
    guard missing > 0 else { return updated }
    guard rate.numerator > 0 else { return .max }
    // A logical processor's part of a least weight may need longer than there is time.
    return updated.addingClamped(
      UInt64(clamping: (missing &- 1) / rate.numerator &+ 1))
  }

  private mutating func note() {
    let enough = rate.numerator &* TokenBucket.plenty
    if credit >= enough {
      grantsExtra = true
      if lost >= rate.numerator &* TokenBucket.tolerableLoss { isBinding = false }
    } else if credit <= enough &- min(rate.numerator, rate.denominator) &* band {
      grantsExtra = false
      isBinding = true
      lost = 0
    }
  }

  private mutating func refill(at time: SimulatedTime) {
    guard time > updated else { return }
    credit &+= Int128(time &- updated) &* rate.numerator
    let most = rate.numerator &* TokenBucket.depth
    if credit > most {
      lost &+= credit &- most
      credit = most
    }
    updated = time
    note()
  }
}
