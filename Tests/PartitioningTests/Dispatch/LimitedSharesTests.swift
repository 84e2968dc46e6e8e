import GuestPrograms
import Testing

@testable import Partitioning

/// Whatever limits whom: what is left goes to those who want it, in proportion to their shares.
///
/// The oracle is `ProcessingShare.distribution`, the pure water-fill, which `PublishedExamplesTests`,
/// `DerivedVectorsTests` and `ShareLawsTests` hold to the published worked examples and laws.
struct LimitedSharesTests {
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func randomLimitsMatchTheOracle(seed: UInt64) {
    let random = LimitedPool(seed: seed)
    let pool = random.synthetic()
    pool.run(seconds: 1)
    let before = pool.usedNanoseconds
    pool.run(seconds: 10)
    let used = pool.used(seconds: 10, since: before)
    let expected = pool.oracle(random.demands)
    for index in expected.indices {
      #expect(
        abs(used[index] - expected[index]) <= random.tolerance(of: expected[index], seconds: 10),
        """
        \(seed).\(index): \(used[index]) for \(expected[index]); \(random.processors) CPs, \
        epoch \(random.epoch), running time \(random.runningTime ?? 0), \(random.claims[index]), \
        busy \(random.busy[index])
        """)
    }
  }

  @Test func whatACapLeavesGoesToThoseWhoWantIt() {
    // Entitled to 12 of 16 and capped at 8: the other eight are the other's, which has eight.
    let big = ShareClaim(
      ShareDefinition(.relative(300), absoluteCapHundredths: 800), logicalCount: 16)
    let small = ShareClaim(ShareDefinition(.relative(100)), logicalCount: 8)
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
