import Testing

@testable import Partitioning

/// Weights to shares, against worked examples of IBM's and others' documents (W) and vectors
/// derived from the published rules (D).
///
/// The oracles are those documents; all comparisons are exact.
struct ProcessingShareTests {
  private func claim(_ weight: Int, _ logicals: Int, limit: ShareLimit = .none) -> ShareClaim {
    ShareClaim(amount: .relative(weight), limit: limit, logicalCount: logicals)
  }

  /// Rounded to so many decimals, as the documents print.
  private func rounded(_ value: Fraction, _ scale: Int128) -> Int128 {
    let scaled = value * Fraction(scale)
    return (scaled.numerator * 2 + scaled.denominator) / (scaled.denominator * 2)
  }

  private func allBusy(_ claims: [ShareClaim], _ processors: Int) -> [Fraction] {
    wanting(claims, processors, claims.map { Fraction(Int128($0.logicalCount)) })
  }

  private func wanting(
    _ claims: [ShareClaim], _ processors: Int, _ demands: [Fraction]
  ) -> [Fraction] {
    let grants = ProcessingShare.grants(for: claims, sharedProcessors: processors)
    return ProcessingShare.allocation(
      of: Fraction(Int128(processors)),
      among: claims.indices.map { index in
        let limit = grants[index].usableLimit(logicalCount: claims[index].logicalCount)
        return (grants[index].share, min(demands[index], limit))
      })
  }

  @Test func w1WeightsToShares() {
    let claims = [claim(300, 1), claim(100, 6), claim(900, 2)]
    let grants = ProcessingShare.grants(for: claims, sharedProcessors: 6)
    #expect(grants.map { rounded($0.share, 1000) } == [231, 77, 692])
    #expect(grants.map { rounded($0.entitlementPerLogical / Fraction(6), 1000) } == [231, 13, 346])
    #expect(grants.map { rounded($0.entitlement, 1000) } == [1385, 462, 4154])
    #expect(allBusy(claims, 6) == [Fraction(1), Fraction(3), Fraction(2)])
  }

  @Test func w2AllCappedHorizontal() {
    let claims = [
      claim(500, 6, limit: .hard(nil)), claim(480, 3, limit: .hard(nil)),
      claim(20, 3, limit: .hard(nil)),
    ]
    let grants = ProcessingShare.grants(for: claims, sharedProcessors: 6)
    #expect(
      grants.map(\.capPerLogical) == [Fraction(50, 100), Fraction(96, 100), Fraction(4, 100)])
    let weightPerLogical = grants.map { $0.share * Fraction(1000) }
    #expect(rounded(weightPerLogical[0] / Fraction(6), 10) == 833)
    #expect(rounded(weightPerLogical[1] / Fraction(3), 10) == 1600)
    #expect(rounded(weightPerLogical[2] / Fraction(3), 10) == 67)
  }

  @Test func w3WeightToProcessors() {
    let claims = [claim(600, 8), claim(400, 8)]
    let grants = ProcessingShare.grants(for: claims, sharedProcessors: 8)
    #expect(grants[0].entitlement == Fraction(48, 10))
    let one = VerticalPolarity(entitlement: grants[0].entitlement, logicalCount: 8)
    #expect([one.high, one.medium, one.low] == [4, 1, 3])
    #expect(one.mediumShare == Fraction(8, 10))
    let two = VerticalPolarity(entitlement: grants[1].entitlement, logicalCount: 8)
    #expect([two.high, two.medium] == [2, 2])
    #expect(two.mediumShare == Fraction(6, 10))
  }

  @Test func w4PolarityIntegerAndFraction() {
    let claims = [claim(300, 4), claim(270, 4), claim(430, 10)]
    let grants = ProcessingShare.grants(for: claims, sharedProcessors: 10)
    let whole = VerticalPolarity(entitlement: grants[0].entitlement, logicalCount: 4)
    #expect([whole.high, whole.medium, whole.low] == [3, 0, 1])
    let part = VerticalPolarity(entitlement: grants[1].entitlement, logicalCount: 4)
    #expect([part.high, part.medium, part.low] == [2, 1, 1])
    #expect(part.mediumShare == Fraction(70, 100))
  }

  @Test func w6HorizontalAgainstVertical() {
    let grants = ProcessingShare.grants(
      for: [claim(500, 4), claim(500, 4)], sharedProcessors: 4)
    #expect(grants[0].entitlement == Fraction(2))
    #expect(grants[0].entitlementPerLogical == Fraction(1, 2))
    let vertical = VerticalPolarity(entitlement: grants[0].entitlement, logicalCount: 4)
    #expect([vertical.high, vertical.medium, vertical.low] == [2, 0, 2])
  }

  @Test func w7HorizontalSplit() {
    let grants = ProcessingShare.grants(
      for: [claim(120, 2), claim(880, 10)], sharedProcessors: 10)
    #expect(grants[0].entitlement == Fraction(12, 10))
    #expect(grants[0].entitlementPerLogical == Fraction(6, 10))
  }

  @Test func w8UncappedDistribution() {
    let spare = ProcessingShare.allocation(
      of: Fraction(75, 100),
      among: [(Fraction(200, 300), Fraction(2)), (Fraction(100, 300), Fraction(2))])
    #expect(spare == [Fraction(50, 100), Fraction(25, 100)])
  }

  @Test func d1IdleAndPartlyBusy() {
    let claims = [claim(500, 6), claim(300, 3), claim(200, 3)]
    #expect(
      wanting(claims, 6, [.zero, Fraction(3), Fraction(3)]) == [.zero, Fraction(3), Fraction(3)])
    #expect(
      wanting(claims, 6, [Fraction(12, 10), Fraction(3), Fraction(3)])
        == [Fraction(12, 10), Fraction(288, 100), Fraction(192, 100)])
  }

  @Test func d2OneIdleOfFour() {
    let claims = [claim(600, 6), claim(250, 8), claim(100, 4), claim(50, 2)]
    #expect(
      allBusy(claims, 10) == [Fraction(6), Fraction(25, 10), Fraction(1), Fraction(5, 10)])
    #expect(
      wanting(claims, 10, [Fraction(6), Fraction(8), .zero, Fraction(2)])
        == [Fraction(6), Fraction(10, 3), .zero, Fraction(2, 3)])
  }

  @Test func d3AbsoluteCap() {
    var claims = [claim(600, 6), claim(250, 8), claim(100, 4), claim(50, 2)]
    claims[0].absoluteCapHundredths = 350
    #expect(
      allBusy(claims, 10)
        == [
          Fraction(35, 10), Fraction(40625, 10000), Fraction(1625, 1000), Fraction(8125, 10000),
        ])
  }

  @Test func d4HardCapLeavesProcessorsIdle() {
    let claims = [
      claim(600, 6), claim(250, 8, limit: .hard(nil)), claim(100, 4), claim(50, 2),
    ]
    let result = wanting(claims, 10, [Fraction(3), Fraction(8), .zero, Fraction(2)])
    #expect(result == [Fraction(3), Fraction(25, 10), .zero, Fraction(2)])
    #expect(Fraction(10) - result.reduce(.zero, +) == Fraction(25, 10))
  }

  @Test(arguments: [
    ((Fraction(832, 100), 12), [7, 2, 3]), ((Fraction(52, 10), 7), [4, 2, 1]),
    ((Fraction(15, 10), 3), [1, 1, 1]), ((Fraction(149, 100), 3), [0, 2, 1]),
    ((Fraction(4, 10), 1), [0, 1, 0]), ((Fraction(13, 10), 1), [1, 0, 0]),
    ((Fraction(23, 10), 2), [2, 0, 0]), ((Fraction(12), 16), [12, 0, 4]),
    ((Fraction(2), 4), [2, 0, 2]),
  ])
  func d6Polarity(row: ((Fraction, Int), [Int])) {
    let polarity = VerticalPolarity(entitlement: row.0.0, logicalCount: row.0.1)
    #expect([polarity.high, polarity.medium, polarity.low] == row.1)
  }

  @Test(arguments: [
    (6, 16, 12_500), (6, 8, 18_750), (6, 6, 25_000), (6, 2, 25_000), (8, 30, 12_500),
  ])
  func d7RunningTime(row: (processors: Int, logicals: Int, microseconds: UInt64)) {
    #expect(
      ProcessingShare.runningTime(
        sharedProcessors: row.processors, runningLogicals: row.logicals)
        == row.microseconds * 1000)
  }

  @Test func absoluteSharesComeFirst() {
    let claims = [
      ShareClaim(amount: .absolute(hundredthsOfPercent: 3000), logicalCount: 2),
      claim(100, 2), claim(300, 2),
    ]
    let grants = ProcessingShare.grants(for: claims, sharedProcessors: 4)
    #expect(grants.map(\.share) == [Fraction(30, 100), Fraction(175, 1000), Fraction(525, 1000)])
  }

  @Test func absoluteSharesAreScaledTo99Percent() {
    let claims = [
      ShareClaim(amount: .absolute(hundredthsOfPercent: 9000), logicalCount: 1),
      ShareClaim(amount: .absolute(hundredthsOfPercent: 6000), logicalCount: 1), claim(7, 1),
    ]
    let grants = ProcessingShare.grants(for: claims, sharedProcessors: 1)
    #expect(grants.map(\.share) == [Fraction(594, 1000), Fraction(396, 1000), Fraction(1, 100)])
  }

  @Test func hardLimitInPercentIsOfThePool() {
    let claims = [claim(100, 4, limit: .hard(.absolute(hundredthsOfPercent: 2500))), claim(100, 4)]
    let grants = ProcessingShare.grants(for: claims, sharedProcessors: 4)
    #expect(grants[0].cap == Fraction(1))
    #expect(grants[0].capPerLogical == nil)
  }

  // Properties, over random pools.

  private struct Pool {
    var processors: Int
    var claims: [ShareClaim]
    var demands: [Fraction]

    init(seed: UInt64) {
      var generator = SeededGenerator(seed: seed)
      processors = Int.random(in: 1...16, using: &generator)
      claims = (0..<Int.random(in: 1...9, using: &generator)).map { _ in
        let limits: [ShareLimit] = [.none, .none, .hard(nil)]
        return ShareClaim(
          amount: .relative(Int.random(in: 1...999, using: &generator)),
          limit: limits.randomElement(using: &generator) ?? .none,
          absoluteCapHundredths: Bool.random(using: &generator)
            ? nil : Int.random(in: 1...800, using: &generator),
          logicalCount: Int.random(in: 1...8, using: &generator))
      }
      demands = claims.map { claim in
        Fraction(Int128(Int.random(in: 0...(100 * claim.logicalCount), using: &generator)), 100)
      }
    }
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func nothingIsLostOrMade(seed: UInt64) {
    let pool = Pool(seed: seed)
    let grants = ProcessingShare.grants(for: pool.claims, sharedProcessors: pool.processors)
    #expect(grants.reduce(.zero) { $0 + $1.share } == Fraction(1))
    let limits = pool.claims.indices.map {
      min(pool.demands[$0], grants[$0].usableLimit(logicalCount: pool.claims[$0].logicalCount))
    }
    let result = wanting(pool.claims, pool.processors, pool.demands)
    let capacity = Fraction(Int128(pool.processors))
    #expect(result.reduce(.zero, +) == min(capacity, limits.reduce(.zero, +)))
    for index in result.indices {
      #expect(result[index] <= limits[index])
      #expect(result[index] >= min(limits[index], grants[index].entitlement))
    }
  }

  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func moreWeightNeverGivesLess(seed: UInt64) {
    var pool = Pool(seed: seed)
    let before = wanting(pool.claims, pool.processors, pool.demands)
    guard case .relative(let weight) = pool.claims[0].amount else { return }
    pool.claims[0].amount = .relative(weight + 50)
    let after = wanting(pool.claims, pool.processors, pool.demands)
    #expect(after[0] >= before[0])
  }

  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func orderDoesNotMatter(seed: UInt64) {
    let pool = Pool(seed: seed)
    var generator = SeededGenerator(seed: seed &+ 1)
    let order = pool.claims.indices.shuffled(using: &generator)
    let straight = wanting(pool.claims, pool.processors, pool.demands)
    let mixed = wanting(
      order.map { pool.claims[$0] }, pool.processors, order.map { pool.demands[$0] })
    #expect(order.indices.allSatisfy { mixed[$0] == straight[order[$0]] })
  }
}
