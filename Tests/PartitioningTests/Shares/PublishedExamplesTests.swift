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
    let part = pool.polarity(of: 1)
    #expect([part.high, part.medium, part.low] == [2, 1, 1])
    #expect((0..<4).map { part.weight(of: $0, engineWeight: engine) } == [100, 100, 70, 0])
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

  /// velocitysoftware.com, tuning guide, LPAR2.
  @Test func w16ShareReport() {
    let pool = SharePool(4, [.weight(200, logicals: 3), .weight(540, logicals: 4)])
    let grant = pool.grants[0]
    #expect(grant.share.printed(10_000) == 2703)
    #expect((grant.share / Fraction(3)).printed(10_000) == 901)
    #expect(grant.entitlement.printed(1000) == 1081)
    #expect(grant.entitlementPerLogical.printed(10_000) == 3604)
  }
}
