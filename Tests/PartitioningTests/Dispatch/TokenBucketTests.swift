import Channels
import Testing

@testable import Partitioning

/// Limits at the ends of what can be set: rates of any size with terms of any length, debts of any length.
///
/// The oracle is the rate itself: what is used and what is left come to rate times time.
struct TokenBucketTests {
  /// Rates as group capacity gives them: what others leave of a limit, by weight, over a processor's MSU.
  static let rates: [Fraction] = [
    Fraction(1, 2),
    (Fraction(15_001) - Fraction(123_456_789_011 * 999_999, 300_000_000_000)) / Fraction(-201_000),
    Fraction(7, 300_000_000_000) * Fraction(999_983, 999_979) * Fraction(997, 2971) + Fraction(1),
    Fraction(62) - Fraction(1, Int128(1) << 90),
    Fraction(Int128.max / 3, Int128.max / 2),
    Fraction(255),
    Fraction(1, 1_000_000_000_000),
    Fraction(Int128.max),
  ]

  @Test(arguments: 0..<8, 0..<8)
  func aRateThatFollowsAnotherBringsWhatItSays(before: Int, after: Int) {
    let (old, new) = (Self.rates[before], Self.rates[after])
    var bucket = TokenBucket(rate: old, at: 0)
    bucket.debit(40_000_000, at: 1_000_000)
    bucket.setRate(new, at: 2_000_000)
    // As many processors as there can be at most, and never more than asked for.
    #expect(bucket.rate <= new)
    let expected = min(new, Fraction(1024)).approximation
    #expect(abs(bucket.rate.approximation - expected) <= expected / 1e11)
    // Full again after seconds, it then owes more than it has, and waits for that and 5 ms more.
    let used = UInt64(2 * expected * 1e9) + 60_000_000
    bucket.debit(used, at: 5_000_000_000)
    #expect(bucket.isEmpty)
    let wait = (Double(used) - 25_000_000 * expected) / expected
    if wait < 1e18 {
      #expect(abs(Double(bucket.resumes - 5_000_000_000) - wait) <= wait / 1e9 + 2)
    } else {
      #expect(bucket.resumes == .max)
    }
  }

  @Test func aDebtLongerThanTimeNeverResumes() {
    // A least weight of 10,000 partitions and a long wait: 10^8 ns at 10^-12 processors.
    var bucket = TokenBucket(rate: Fraction(1, 1_000_000_000_000), at: 0)
    bucket.debit(100_000_000, at: 100_000_000)
    #expect(bucket.isEmpty)
    #expect(bucket.resumes == .max)
  }

  @Test func creditIsNoMoreThanItsDepthAfterAllTime() {
    for rate in Self.rates {
      var bucket = TokenBucket(rate: rate, at: 0)
      bucket.debit(0, at: .max)
      #expect(!bucket.isEmpty && bucket.grantsExtra)
      // 30 ms of the rate, and one nanosecond: nothing is left.
      let depth = UInt64((bucket.rate * Fraction(30_000_000)).floor) + 1
      bucket.debit(depth, at: .max)
      #expect(bucket.isEmpty)
      #expect(bucket.resumes == .max)
    }
  }
}
