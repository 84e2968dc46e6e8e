import Testing

@testable import Partitioning

/// Worked examples of IBM's and others' documents on shares, caps and polarity, by number.
///
/// The oracle is the document that each names; all comparisons are exact but where it prints rounded.
struct PublishedExamplesTests {
  /// PR/SM Planning Guide, "Weights: use of processing weights".
  @Test func w1WeightsToShares() {
    let pool = SharePool(
      6, [.weight(300, logicals: 1), .weight(100, logicals: 6), .weight(900, logicals: 2)])
    #expect(pool.grants.map { $0.share.printed(1000) } == [231, 77, 692])
    #expect(
      pool.grants.map { ($0.entitlementPerLogical / Fraction(6)).printed(1000) }
        == [231, 13, 346])
    #expect(pool.grants.map { $0.entitlement.printed(1000) } == [1385, 462, 4154])
    #expect(pool.greedy == [1, 3, 2])
  }

  /// PR/SM Planning Guide, "Examples: example 1".
  @Test func w2AllCappedHorizontal() {
    let pool = SharePool(
      6,
      [
        .weight(500, logicals: 6, limit: .hard(nil)),
        .weight(480, logicals: 3, limit: .hard(nil)),
        .weight(20, logicals: 3, limit: .hard(nil)),
      ])
    let grants = pool.grants
    #expect(grants.map(\.capPerLogical) == [.hundredths(50), .hundredths(96), .hundredths(4)])
    let weights = zip(grants, pool.claims).map { grant, claim in
      grant.share * Fraction(1000) / Fraction(claim.logicalCount)
    }
    #expect(weights.map { $0.printed(10) } == [833, 1600, 67])
    let engine = ProcessingShare.engineWeight(weights: 1000, sharedProcessors: 6)
    #expect(engine.printed(10) == 1667)
    #expect(
      zip(weights, grants).allSatisfy { weight, grant in weight / engine == grant.capPerLogical })
    #expect(pool.greedy == [3, .hundredths(288), .hundredths(12)])
    let tolerance = ShareAccuracy.share
    #expect(
      grants.prefix(2).map {
        let utilization = $0.entitlement / Fraction(6)
        return [utilization - utilization * tolerance, utilization + utilization * tolerance]
          .map { $0.printed(1000) }
      } == [[482, 518], [463, 497]])
  }

  /// PR/SM Planning Guide, "Weights: enabling HiperDispatch".
  @Test func w3WeightToProcessors() {
    let pool = SharePool(8, [.weight(600, logicals: 8), .weight(400, logicals: 8)])
    #expect(pool.grants[0].entitlement == .hundredths(480))
    let one = pool.polarity(of: 0)
    #expect([one.high, one.medium, one.low] == [4, 1, 3])
    #expect(one.entitled == 5)
    #expect(one.mediumShare == .hundredths(80))
    let two = pool.polarity(of: 1)
    #expect([two.high, two.medium] == [2, 2])
    #expect(two.mediumShare == .hundredths(60))
  }

  /// Martin Packer, mainframeperformancetopics.com, 2020-01-13.
  @Test func w4PolarityIntegerAndFraction() {
    let pool = SharePool(
      10, [.weight(300, logicals: 4), .weight(270, logicals: 4), .weight(430, logicals: 10)])
    let engine = ProcessingShare.engineWeight(weights: 1000, sharedProcessors: 10)
    #expect(engine == 100)
    let whole = pool.polarity(of: 0)
    #expect([whole.high, whole.medium, whole.low] == [3, 0, 1])
    // Others' accounts keep a medium that carries a whole processor.
    let kept = VerticalPolarity(entitlement: 3, logicalCount: 4, alwaysOneMedium: true)
    #expect([kept.high, kept.medium, kept.low] == [2, 1, 1])
    #expect(kept.mediumShare == 1)
    let part = pool.polarity(of: 1)
    #expect([part.high, part.medium, part.low] == [2, 1, 1])
    #expect((0..<4).map { part.weight(of: $0, engineWeight: engine) } == [100, 100, 70, 0])
    #expect(
      (0..<4).map(part.polarity(of:))
        == [.verticalHigh, .verticalHigh, .verticalMedium, .verticalLow])
    #expect((0..<4).map { part.polarity(of: $0).rawValue } == [3, 3, 2, 1])
  }

  /// mainframe-tips-and-tricks.blogspot.com, 2021-04.
  @Test func w5HalfProcessorRuleHighSide() {
    let pool = SharePool(32, [.weight(280, logicals: 12), .weight(720, logicals: 32)])
    #expect(pool.grants[0].entitlement == .hundredths(896))
    let polarity = pool.polarity(of: 0)
    #expect([polarity.high, polarity.medium, polarity.low] == [8, 1, 3])
    #expect(polarity.mediumShare == .hundredths(96))
  }

  /// z/OS MVS Planning: Workload Management, "HiperDispatch".
  @Test func w6HorizontalAgainstVertical() {
    let pool = SharePool(4, [.weight(500, logicals: 4), .weight(500, logicals: 4)])
    #expect(pool.grants[0].entitlement == 2)
    #expect(pool.grants[0].entitlementPerLogical == .hundredths(50))
    let vertical = pool.polarity(of: 0)
    #expect([vertical.high, vertical.medium, vertical.low] == [2, 0, 2])
    #expect((0..<4).map(vertical.share(of:)) == [1, 1, 0, 0])
  }

  /// Martin Packer, mainframeperformancetopics.com, 2020-01-13.
  @Test func w7HorizontalSplit() {
    let pool = SharePool(10, [.weight(120, logicals: 2), .weight(880, logicals: 10)])
    #expect(pool.grants[0].entitlement == .hundredths(120))
    #expect(pool.grants[0].entitlementPerLogical == .hundredths(60))
  }

  /// IBM Power HMC help, "Add or remove processors: weight".
  @Test func w8UncappedDistribution() {
    let parts = ProcessingShare.allocation(
      of: .hundredths(275),
      among: [
        ProcessorDemand(share: 200, limit: 2, guaranteed: 1),
        ProcessorDemand(share: 100, limit: 2, guaranteed: 1),
      ])
    #expect(parts.map { $0 - 1 } == [.hundredths(50), .hundredths(25)])
  }

  /// Whether a limit lets so much be used of every period, evenly, for as long as one likes.
  private func allows(
    _ microseconds: UInt64, ofEach period: UInt64, rate: Fraction
  ) -> Bool {
    var bucket = TokenBucket(rate: rate, at: 0)
    // A hundredth beyond the rate uses up in so long whatever credit there may be; a step is a
    // thousandth of the period.
    let steps = UInt64(TokenBucket.depth) * 100 / period + 1
    for step in 1...steps {
      bucket.debit(microseconds, at: step * period)
      if bucket.isEmpty { return false }
    }
    return true
  }

  /// bigblueblog.xyz, 2023-08-31, shared processors: hundredths of a processor, time in a window of
  /// 10 ms; 1.5 processors may be 7.5 ms on each of two.
  @Test(arguments: [(100, 10_000), (150, 15_000), (75, 7_500)] as [(Int, UInt64)])
  func w9DispatchWindow(row: (hundredths: Int, microseconds: UInt64)) {
    let rate = Fraction.hundredths(row.hundredths)
    #expect(allows(row.microseconds, ofEach: 10_000, rate: rate))
    #expect(!allows(row.microseconds * 101 / 100, ofEach: 10_000, rate: rate))
  }

  /// System i5 logical partitions, page 15: 0.20 processing units on four virtual processors.
  @Test func w10LogicalProcessorFloor() {
    let entitlement = Fraction.hundredths(20)
    let floor = ProcessorFloor(.hundredths(10))
    #expect(floor.isPassed(entitlement: entitlement, logicalCount: 4))
    #expect(floor.logicalCount(entitlement: entitlement) == 2)
    #expect(!floor.isPassed(entitlement: entitlement, logicalCount: 2))
    let later = ProcessorFloor(.hundredths(5))
    #expect(!later.isPassed(entitlement: entitlement, logicalCount: 4))
  }

  /// eServer p5 590 handbook: an uncapped partition of one virtual processor.
  @Test func w11LogicalProcessorCeiling() {
    let parts = ProcessingShare.allocation(
      of: 16, among: [ProcessorDemand(share: 255, limit: 1, guaranteed: .hundredths(50))])
    #expect(parts == [1])
  }

  /// z/OS MVS Planning: Workload Management, "Group capacity".
  @Test func w12SoftGroup() {
    let group = CapacityGroup(
      limit: 50, members: [.init(weight: 100), .init(weight: 50), .init(weight: 150)])
    #expect((0..<3).map { group.minimum(of: $0).printed(10) } == [167, 83, 250])
    #expect(group.parts(demands: [50, 50, 50]) == (0..<3).map(group.minimum(of:)))
  }

  /// RMF, Group Capacity report: group RMFGRP, member TRX1.
  @Test func w13GroupReportRow() {
    let group = CapacityGroup(limit: 400, members: [.init(weight: 40), .init(weight: 512)])
    #expect(group.minimum(of: 0).printed(1) == 29)
    #expect(group.maximum(of: 0) == 400)
  }

  /// z9 PR/SM Planning Guide SB10-7041, page 155.
  @Test func w14LogicalCountCeiling() {
    let pool = SharePool(6, [.weight(999, logicals: 2), .weight(1, logicals: 6)])
    #expect(pool.greedy[0] / Fraction(6) == Fraction(1, 3))
    #expect(pool.resting([2, 0])[0] / Fraction(6) == Fraction(1, 3))
    #expect(pool.grants[0].limits.effective.kind == .logicalProcessors)
  }

  /// PR/SM Planning Guide, "Characteristics: central storage".
  @Test func w15StorageGranularity() {
    let gibibyte: UInt64 = 1 << 30
    #expect(
      StorageGranularity.unit(initial: 1280 * gibibyte, reserved: 2848 * gibibyte)
        == 8 * gibibyte)
    #expect(StorageGranularity.fits(initial: 1280 * gibibyte, reserved: 2848 * gibibyte))
    #expect(!StorageGranularity.fits(initial: 1284 * gibibyte, reserved: 2848 * gibibyte))
  }

  /// velocitysoftware.com, tuning guide, LPAR2.
  @Test func w16ShareReport() {
    let pool = SharePool(4, [.weight(200, logicals: 3), .weight(540, logicals: 4)])
    let grant = pool.grants[0]
    #expect(grant.share.printed(10_000) == 2703)
    #expect((grant.share / Fraction(3)).printed(10_000) == 901)
    #expect(grant.entitlement.printed(1000) == 1081)
    #expect(grant.entitlementPerLogical.printed(10_000) == 3604)
  }

  /// Linux, Documentation/scheduler/sched-bwc.rst: quota and period in milliseconds.
  @Test(arguments: [(250, 250, 100), (1000, 500, 200), (10, 50, 20)] as [(UInt64, UInt64, Int)])
  func w18Quota(row: (quota: UInt64, period: UInt64, percent: Int)) {
    let rate = Fraction.hundredths(row.percent)
    #expect(allows(row.quota * 1000, ofEach: row.period * 1000, rate: rate))
    #expect(!allows(row.quota * 1010, ofEach: row.period * 1000, rate: rate))
  }

  /// z9 PR/SM Planning Guide SB10-7041, page 164: 15 % and 10 % over their shares.
  @Test func w20Preemption() {
    let lower = PreemptionRule.Standing(priority: 10, ahead: Fraction.hundredths(15))
    let higher = PreemptionRule.Standing(priority: 20, ahead: Fraction.hundredths(10))
    #expect(PreemptionRule.permits(higher, over: lower))
    #expect(!PreemptionRule.permits(lower, over: higher))
    let behind = PreemptionRule.Standing(priority: 20, ahead: Fraction.hundredths(-5))
    #expect(PreemptionRule.permits(behind, over: lower))
    let furtherAhead = PreemptionRule.Standing(priority: 20, ahead: Fraction.hundredths(16))
    #expect(!PreemptionRule.permits(furtherAhead, over: lower))
  }
}
