import Testing

@testable import Partitioning

/// Vectors D1 to D9 and D11 derived from the published rules of shares, caps and polarity, by number;
/// D10 is with the reports.
///
/// The oracle is the derivation by hand; all comparisons are exact.
struct DerivedVectorsTests {
  @Test func d1IdleAndPartlyBusy() {
    let pool = SharePool(
      6,
      [.weight(500, logicals: 6), .weight(300, logicals: 3), .weight(200, logicals: 3)])
    #expect(pool.resting([0, 3, 3]) == [0, 3, 3])
    #expect(
      pool.resting([.hundredths(120), 3, 3])
        == [.hundredths(120), .hundredths(288), .hundredths(192)])
  }

  private var four: SharePool {
    SharePool(
      10,
      [
        .weight(600, logicals: 6), .weight(250, logicals: 8), .weight(100, logicals: 4),
        .weight(50, logicals: 2),
      ])
  }

  @Test func d2OneIdleOfFour() {
    #expect(four.greedy == [6, .hundredths(250), 1, .hundredths(50)])
    #expect(four.resting([6, 8, 0, 2]) == [6, Fraction(10, 3), 0, Fraction(2, 3)])
  }

  @Test func d3AbsoluteCap() {
    var pool = four
    pool.claims[0].share.absoluteCapHundredths = 350
    #expect(
      pool.greedy
        == [
          .hundredths(350), Fraction(40625, 10_000), .thousandths(1625), Fraction(8125, 10_000),
        ])
    #expect(
      pool.grants[0].limits.effective
        == EffectiveLimit(processors: .hundredths(350), kind: .absolute))
  }

  @Test func d4HardCapLeavesProcessorsIdle() {
    var pool = four
    pool.claims[1].share.limit = .hard(nil)
    let result = pool.resting([3, 8, 0, 2])
    #expect(result == [3, .hundredths(250), 0, 2])
    #expect(Fraction(10) - result.reduce(.zero, +) == .hundredths(250))
    #expect(pool.grants[1].limits.effective.kind == .weight)
    #expect(pool.grants[3].limits.effective.kind == .logicalProcessors)
  }

  @Test func d5GroupAbsoluteCap() {
    var pool = SharePool(
      8,
      [.weight(300, logicals: 8), .weight(100, logicals: 8), .weight(600, logicals: 8)])
    #expect(pool.greedy == [.hundredths(240), .hundredths(80), .hundredths(480)])
    pool.groupCaps = [2]
    pool.claims[0].group = 0
    pool.claims[1].group = 0
    #expect(pool.greedy == [.hundredths(150), .hundredths(50), 6])
    #expect(pool.grants.map(\.groupEntitlement) == [.hundredths(150), .hundredths(50), nil])
    #expect(
      pool.grants[0].limits.effective == EffectiveLimit(processors: 2, kind: .groupAbsolute))
    // With A idle, weights alone keep B below the cap.
    #expect(pool.resting([0, 8, 8]) == [0, Fraction(8, 7), Fraction(48, 7)])
  }

  /// A row of the table of polarities, in hundredths of a processor.
  struct PolarityRow: Sendable {
    let entitlement: Int
    let logicals: Int
    /// High, medium, low.
    let counts: [Int]
    /// Each medium's share in thousandths of a processor.
    var share = 0
    var stranded = 0
  }

  @Test(arguments: [
    PolarityRow(entitlement: 832, logicals: 12, counts: [7, 2, 3], share: 660),
    PolarityRow(entitlement: 520, logicals: 7, counts: [4, 2, 1], share: 600),
    PolarityRow(entitlement: 150, logicals: 3, counts: [1, 1, 1], share: 500),
    PolarityRow(entitlement: 149, logicals: 3, counts: [0, 2, 1], share: 745),
    PolarityRow(entitlement: 40, logicals: 1, counts: [0, 1, 0], share: 400),
    PolarityRow(entitlement: 130, logicals: 1, counts: [1, 0, 0], stranded: 30),
    PolarityRow(entitlement: 230, logicals: 2, counts: [2, 0, 0], stranded: 30),
    PolarityRow(entitlement: 1200, logicals: 16, counts: [12, 0, 4]),
    PolarityRow(entitlement: 200, logicals: 4, counts: [2, 0, 2]),
  ])
  func d6Polarity(row: PolarityRow) {
    let polarity = VerticalPolarity(
      entitlement: .hundredths(row.entitlement), logicalCount: row.logicals)
    #expect([polarity.high, polarity.medium, polarity.low] == row.counts)
    #expect(polarity.mediumShare == .thousandths(row.share))
    #expect(polarity.stranded == .hundredths(row.stranded))
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

  @Test(
    arguments: [
      (1_000_000, 1_000_000), (40_000_000, 40_000_000), (0, 1_000_000),
      (200_000_000, 100_000_000),
    ] as [(UInt64, UInt64)])
  func d7RunningTimeThatIsSet(row: (set: UInt64, effective: UInt64)) {
    let time = ProcessingShare.runningTime(
      sharedProcessors: 6, runningLogicals: 16, set: row.set)
    #expect(time == row.effective)
    #expect(ProcessingShare.runningTime(of: .verticalMedium, pool: time) == time)
    #expect(ProcessingShare.runningTime(of: .verticalHigh, pool: time) == 100_000_000)
  }

  /// Feeds constant use and returns the average after each sample, and whether it caps.
  private func samples(of units: Int, count: Int, definedCapacity: Int) -> [(Fraction, Bool)] {
    var average = RollingAverage()
    var isCapped = false
    return (0..<count).map { _ in
      average.add(processorTime: RollingAverage.interval, capacityUnits: units)
      let claim = SoftCapClaim(
        weight: 1, weightSum: 1, poolCapacity: Fraction(definedCapacity),
        definedCapacity: definedCapacity, uncappedUse: average.last)
      isCapped = SoftCap(claim, average: average.value, isCapped: isCapped) != .none
      return (average.value, isCapped)
    }
  }

  @Test func d8RollingAverage() {
    let steep = samples(of: 1000, count: 3, definedCapacity: 10)
    #expect(steep.map { $0.0.printed(10) } == [208, 417, 625])
    #expect(steep.map(\.1) == [true, true, true])
    let flat = samples(of: 300, count: 48, definedCapacity: 200)
    #expect(flat.firstIndex { $0.1 } == 32)
    #expect(flat[31].0 == 200)
    #expect(flat[47].0 == 300)
  }

  @Test func d9PhantomWeight() {
    let claim = SoftCapClaim(
      weight: 400, weightSum: 1000, poolCapacity: 1000, definedCapacity: 250, uncappedUse: 1000)
    let cap = SoftCap(claim, average: 251, isCapped: false)
    #expect(claim.shareCapacity == 400)
    #expect(cap == .phantomWeight(600))
    #expect(cap.level(claim) == 250)
  }

  @Test func d9Pattern() {
    let claim = SoftCapClaim(
      weight: 100, weightSum: 1000, poolCapacity: 1000, definedCapacity: 150, uncappedUse: 400)
    let cap = SoftCap(claim, average: 151, isCapped: false)
    #expect(cap == .pattern(capped: Fraction(250, 300)))
    #expect(cap.level(claim) == 100)
    let steps = 600
    let capped = (0..<steps).count(where: cap.isCapped(inStep:))
    #expect(capped == 500)
    let mean = Fraction(capped * 100 + (steps - capped) * 400) / Fraction(steps)
    #expect(mean == 150)
  }

  /// Entitlement first, what is left by uncapped weight, no more than the virtual processors.
  @Test func d11GuaranteedFirst() {
    func parts(_ first: Int, _ third: Fraction) -> [Fraction] {
      ProcessingShare.allocation(
        of: 4,
        among: [
          ProcessorDemand(share: 128, limit: Fraction(first), guaranteed: 1),
          ProcessorDemand(share: 64, limit: 2, guaranteed: .hundredths(50)),
          ProcessorDemand(share: 0, limit: third, guaranteed: .hundredths(150)),
        ])
    }
    #expect(parts(4, .hundredths(150)) == [Fraction(5, 3), Fraction(5, 6), .hundredths(150)])
    #expect(parts(2, .hundredths(50)) == [2, .hundredths(150), .hundredths(50)])
  }
}
