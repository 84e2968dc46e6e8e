@testable import Partitioning

/// A pool of partitions that each keep some of their logical processors busy all the time.
struct LimitedPool {
  var processors: Int
  var claims: [ShareClaim] = []
  /// Logical processors of each that always have work.
  var busy: [Int] = []
  /// Absolute cap of each group in hundredths of a processor.
  var groupCapHundredths: [Int] = []
  var runningTime: UInt64?
  var epoch: UInt64

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    func one(in count: Int) -> Bool { Int.random(in: 1...count, using: &random) == 1 }
    processors = Int.random(in: 1...16, using: &random)
    epoch = [100_000, 200_000, 500_000, 1_000_000].randomElement(using: &random) ?? 100_000
    runningTime = one(in: 2) ? nil : .random(in: 1_000_000...100_000_000, using: &random)
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      groupCapHundredths.append(Int.random(in: 20...processors * 100, using: &random))
    }
    for _ in 0..<Int.random(in: 2...9, using: &random) {
      var claim = ShareClaim(
        ShareDefinition(.relative(Int.random(in: 20...999, using: &random))),
        logicalCount: Int.random(in: 1...processors, using: &random),
        polarity: one(in: 3) ? .vertical : .horizontal)
      switch Int.random(in: 0...5, using: &random) {
      case 0: claim.share.limit = .hard(nil)
      case 1:
        claim.share.limit = .hard(
          .absolute(hundredthsOfPercent: Int.random(in: 100...9000, using: &random)))
      case 2, 3:
        claim.share.absoluteCapHundredths = Int.random(in: 5...processors * 100, using: &random)
      default: break
      }
      if !groupCapHundredths.isEmpty, one(in: 2) {
        claim.group = groupCapHundredths.indices.randomElement(using: &random)
      }
      claims.append(claim)
      busy.append(
        one(in: 4) ? Int.random(in: 0...claim.logicalCount, using: &random) : claim.logicalCount)
    }
  }

  var groupCaps: [Fraction] { groupCapHundredths.map { Fraction(Int128($0), 100) } }

  /// Processors that each wants: one capped at its weight can use no more of each than its part.
  var demands: [Fraction] {
    let grants = ProcessingShare.grants(
      for: claims, sharedProcessors: processors, groupCaps: groupCaps)
    return claims.indices.map {
      Fraction(busy[$0]) * min(grants[$0].capPerLogical ?? Fraction(1), Fraction(1))
    }
  }

  /// The pool on the dispatcher alone: who is busy has work without end, the others none.
  func synthetic() -> SyntheticPool {
    synthetic(
      claims.indices.map { index in
        (0..<claims[index].logicalCount).map { $0 < busy[index] ? .greedy : .idle }
      })
  }

  /// The pool on the dispatcher alone, with what each partition's logical processors do.
  func synthetic(_ habits: [[SyntheticGuest.Habit]]) -> SyntheticPool {
    let pool = SyntheticPool(
      processors: processors, Array(zip(claims, habits)), groupCaps: groupCaps, epoch: epoch)
    pool.engine.dispatcher.setRunningTime(runningTime)
    return pool
  }

  /// How far what a partition used may be from what is due to it, in processors: half a per cent, or
  /// what a time slice more or less makes, because a moment differs from the long run.
  func tolerance(of expected: Double, seconds: Double) -> Double {
    max(0.005 * expected, Double(max(runningTime ?? 10_000_000, epoch)) / (seconds * 1e9))
  }
}
