import Testing

@testable import Partitioning

/// The laws of shares over 100,000 random pools: conservation, guarantee, monotony, independence of
/// order, limits, groups, polarity.
///
/// The oracle is the laws themselves, as derived from the PR/SM Planning Guide's rules. Weights are
/// 1 to 999, pools up to 16 processors and 10 partitions; the terms of all fractions then stay far
/// below 128 bits.
struct ShareLawsTests {
  @Test(arguments: 0..<20)
  func hold(part: Int) {
    var broken: [String] = []
    for seed in part * 5000..<(part + 1) * 5000 {
      broken += ShareLaws(RandomPool(seed: UInt64(seed))).broken.map { "\($0) with seed \(seed)" }
    }
    #expect(broken == [])
  }

  /// A pool that breaks a law must be found: nothing is left of one partition's time.
  @Test func aLostProcessorIsNoticed() {
    let laws = ShareLaws(RandomPool(seed: 7))
    #expect(laws.conserves(laws.result))
    var lossy = laws.result
    lossy[0] = lossy[0] - Fraction(1, 1_000_000_007)
    #expect(!laws.conserves(lossy))
  }
}

/// A pool at random: partitions with weights, limits, groups, polarity and demands.
struct RandomPool {
  var pool: SharePool
  var demands: [Fraction]
  /// One of the partitions, to be changed.
  let chosen: Int
  /// Where a rotation of the order begins.
  let rotation: Int
  let addedWeight: Int

  init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...10, using: &generator)
    let groups = Int.random(in: 0...2, using: &generator)
    let claims = (0..<count).map { _ in
      ShareClaim(
        ShareDefinition(
          .relative(Int.random(in: 1...999, using: &generator)),
          limit: Int.random(in: 0..<4, using: &generator) == 0 ? .hard(nil) : .none,
          absoluteCapHundredths: Int.random(in: 0..<3, using: &generator) == 0
            ? Int.random(in: 1...800, using: &generator) : nil),
        logicalCount: Int.random(in: 1...16, using: &generator),
        polarity: Bool.random(using: &generator) ? .vertical : .horizontal,
        group: groups > 0 && Bool.random(using: &generator)
          ? Int.random(in: 0..<groups, using: &generator) : nil)
    }
    pool = SharePool(
      Int.random(in: 1...16, using: &generator), claims,
      groupCaps: (0..<groups).map { _ in
        .hundredths(Int.random(in: 1...1000, using: &generator))
      })
    demands = claims.map { claim in
      Int.random(in: 0..<4, using: &generator) == 0
        ? .zero : .hundredths(Int.random(in: 0...100 * claim.logicalCount, using: &generator))
    }
    chosen = Int.random(in: 0..<count, using: &generator)
    rotation = Int.random(in: 0..<count, using: &generator)
    addedWeight = Int.random(in: 1...500, using: &generator)
  }
}

/// The laws, judged on one pool.
struct ShareLaws {
  let random: RandomPool
  let grants: [ShareGrant]
  let limits: [Fraction]
  let result: [Fraction]

  init(_ random: RandomPool) {
    self.random = random
    grants = random.pool.grants
    limits = zip(grants, random.demands).map { min($1, $0.limits.effective.processors) }
    result = random.pool.resting(random.demands)
  }

  private var claims: [ShareClaim] { random.pool.claims }

  /// Names of the laws that do not hold.
  var broken: [String] {
    let laws = [
      ("shares are the whole", grants.reduce(.zero) { $0 + $1.share } == 1),
      ("conservation", conserves(result)), ("guarantee", guarantees), ("limits", keepsLimits),
      ("groups", keepsGroups), ("monotony", isMonotonous), ("order", isIndependentOfOrder),
      ("idleness", isHelpedByIdleness), ("least limit", namesTheLeastLimit),
      ("polarity", claims.indices.allSatisfy(liesOnLogicals)),
    ]
    return laws.filter { !$0.1 }.map(\.0)
  }

  private func sum(_ values: [Fraction], _ isMember: (Int) -> Bool) -> Fraction {
    values.indices.reduce(.zero) { isMember($1) ? $0 + values[$1] : $0 }
  }

  /// What is used is the pool, or all that anybody may use.
  func conserves(_ result: [Fraction]) -> Bool {
    var usable = sum(limits) { claims[$0].group == nil }
    for (group, cap) in random.pool.groupCaps.enumerated() {
      usable += min(cap, sum(limits) { claims[$0].group == group })
    }
    return sum(result) { _ in true } == min(Fraction(random.pool.processors), usable)
  }

  /// Nobody gets less than its entitlement if it wants and may have that.
  private var guarantees: Bool {
    result.indices.allSatisfy { index in
      let least = min(limits[index], grants[index].entitlement)
      return result[index] >= min(least, grants[index].groupEntitlement ?? least)
    }
  }

  private var keepsLimits: Bool {
    result.indices.allSatisfy { result[$0] >= .zero && result[$0] <= limits[$0] }
  }

  private var keepsGroups: Bool {
    random.pool.groupCaps.enumerated().allSatisfy { group, cap in
      sum(result) { claims[$0].group == group } <= cap
    }
  }

  /// More weight never gives less.
  private var isMonotonous: Bool {
    guard case .relative(let weight) = claims[random.chosen].share.amount else { return false }
    var heavier = random
    heavier.pool.claims[random.chosen].share.amount = .relative(weight + random.addedWeight)
    return heavier.pool.resting(heavier.demands)[random.chosen] >= result[random.chosen]
  }

  private var isIndependentOfOrder: Bool {
    let order = claims.indices.map { ($0 + random.rotation) % claims.count }.reversed()
    var mixed = random.pool
    mixed.claims = order.map { claims[$0] }
    return mixed.resting(order.map { random.demands[$0] }) == order.map { result[$0] }
  }

  /// Who falls idle never lowers what another gets.
  private var isHelpedByIdleness: Bool {
    var demands = random.demands
    demands[random.chosen] = .zero
    let idle = random.pool.resting(demands)
    return result.indices.allSatisfy { $0 == random.chosen || idle[$0] >= result[$0] }
  }

  /// The limit in force is one of those there are, and none is less.
  private var namesTheLeastLimit: Bool {
    grants.allSatisfy { grant in
      let effective = grant.limits.effective
      return grant.limits[effective.kind] == effective.processors
        && LimitKind.allCases.allSatisfy {
          grant.limits[$0] ?? effective.processors >= effective.processors
        }
    }
  }

  /// What the logical processors carry is the entitlement, less what is stranded; no medium is short.
  private func liesOnLogicals(_ index: Int) -> Bool {
    let count = claims[index].logicalCount
    let entitlement = grants[index].entitlement
    return [false, true].allSatisfy { alwaysOneMedium in
      let polarity = VerticalPolarity(
        entitlement: entitlement, logicalCount: count, alwaysOneMedium: alwaysOneMedium)
      let carried = (0..<count).reduce(Fraction.zero) { $0 + polarity.share(of: $1) }
      return carried + polarity.stranded == entitlement
        && polarity.stranded == max(.zero, entitlement - Fraction(count))
        && polarity.high >= 0 && polarity.low >= 0 && polarity.entitled + polarity.low == count
        && (polarity.medium == 0 || entitlement < 1 || polarity.mediumShare >= Fraction(1, 2))
        && polarity.mediumShare <= 1
    }
  }
}
