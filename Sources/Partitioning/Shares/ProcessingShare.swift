// What a partition is entitled to of a pool, in exact fractions. Pure: no time, no state.
//
// The denominator is every active partition that shares the pool, idle ones included (PR/SM Planning
// Guide, "Weights: use of processing weights"). ABSOLUTE shares are taken first, scaled to 99 % when
// they come to more; the relative ones divide what is left (CP). Polarity is horizontal: each
// on-line logical processor carries the same part of its partition's entitlement.

/// What one active partition asks of one pool.
package struct ShareClaim: Sendable, Equatable {
  /// Its share, relative (a weight) or absolute.
  package var amount: ShareAmount
  /// Its limit.
  package var limit: ShareLimit
  /// Its absolute cap in hundredths of a processor.
  package var absoluteCapHundredths: Int?
  /// Its logical processors on line, at least 1.
  package var logicalCount: Int

  /// Creates a claim.
  package init(
    amount: ShareAmount, limit: ShareLimit = .none, absoluteCapHundredths: Int? = nil,
    logicalCount: Int
  ) {
    self.amount = amount
    self.limit = limit
    self.absoluteCapHundredths = absoluteCapHundredths
    self.logicalCount = logicalCount
  }
}

/// What a claim comes to.
package struct ShareGrant: Sendable, Equatable {
  /// Part of the pool, 0-1.
  package var share: Fraction
  /// Part of the pool in processors.
  package var entitlement: Fraction
  /// Each logical processor's part of the entitlement, in processors.
  package var entitlementPerLogical: Fraction
  /// What the partition as a whole may never pass on average, in processors.
  package var cap: Fraction?
  /// What each logical processor may never pass on average: hard capping with horizontal polarity.
  package var capPerLogical: Fraction?
  /// What it may pass only when nobody unlimited wants the time, in processors.
  package var softLimit: Fraction?

  /// The most it can use, in processors: caps and the number of its logical processors.
  package func usableLimit(logicalCount: Int) -> Fraction {
    var limit = Fraction(Int128(logicalCount))
    if let cap { limit = min(limit, cap) }
    if let capPerLogical { limit = min(limit, capPerLogical * Fraction(Int128(logicalCount))) }
    return limit
  }
}

/// The arithmetic of shares.
package enum ProcessingShare {
  /// Weights of an image profile and of SET CAP's side.
  package static let weights = 1...999
  /// Relative shares of SET SHARE.
  package static let relativeShares = 1...10_000
  /// Absolute shares in hundredths of a percent: 0.1 % to 100 %.
  package static let absoluteShares = 10...10_000
  /// Absolute caps in hundredths of a processor.
  package static let absoluteCaps = 1...25_500
  /// Hundredths of a percent that absolute shares may come to; more is scaled to this.
  static let absoluteLimit: Int128 = 9_900

  /// Judges all claims on a pool together.
  ///
  /// - Parameters:
  ///   - claims: One of each active sharing partition; their order does not matter to any grant.
  ///   - sharedProcessors: On-line physical processors less the dedicated ones.
  /// - Returns: One grant a claim, in the same order.
  package static func grants(
    for claims: [ShareClaim], sharedProcessors: Int
  ) -> [ShareGrant] {
    var absoluteSum: Int128 = 0
    var relativeSum: Int128 = 0
    for claim in claims {
      switch claim.amount {
      case .relative(let weight): relativeSum += Int128(weight)
      case .absolute(let hundredths): absoluteSum += Int128(hundredths)
      }
    }
    let absolutePart = min(absoluteSum, absoluteLimit)
    let pool = Fraction(Int128(sharedProcessors))

    func share(of amount: ShareAmount) -> Fraction {
      switch amount {
      case .absolute(let hundredths):
        absoluteSum <= absoluteLimit
          ? Fraction(Int128(hundredths), 10_000)
          : Fraction(Int128(hundredths) * absolutePart, absoluteSum * 10_000)
      case .relative(let weight):
        Fraction((10_000 - absolutePart) * Int128(weight), 10_000 * max(relativeSum, 1))
      }
    }
    func limit(_ amount: ShareAmount) -> Fraction {
      switch amount {
      case .absolute(let hundredths): pool * Fraction(Int128(hundredths), 10_000)
      case .relative: min(pool, pool * share(of: amount))
      }
    }

    return claims.map { claim in
      let share = share(of: claim.amount)
      let entitlement = pool * share
      let perLogical = entitlement / Fraction(Int128(max(claim.logicalCount, 1)))
      var grant = ShareGrant(
        share: share, entitlement: entitlement, entitlementPerLogical: perLogical)
      grant.cap = claim.absoluteCapHundredths.map { Fraction(Int128($0), 100) }
      switch claim.limit {
      case .none: break
      case .hard(nil): grant.capPerLogical = perLogical
      case .hard(let amount?): grant.cap = grant.cap.map { min($0, limit(amount)) } ?? limit(amount)
      case .soft(nil): grant.softLimit = entitlement
      case .soft(let amount?): grant.softLimit = limit(amount)
      }
      return grant
    }
  }

  /// The running time (time slice) of shared logical processors, in nanoseconds: 25 ms times
  /// physical over running logical processors, held between 12.5 and 25 ms.
  ///
  /// Source: PR/SM Planning Guide, "Weights: processor running time".
  package static func runningTime(sharedProcessors: Int, runningLogicals: Int) -> UInt64 {
    guard runningLogicals > sharedProcessors else { return 25_000_000 }
    let time = 25_000_000 * UInt64(sharedProcessors) / UInt64(runningLogicals)
    return max(12_500_000, time)
  }

  /// Where shares come to rest when each partition wants a constant amount: what one leaves goes to
  /// the others in proportion to their shares.
  ///
  /// The oracle of the dispatcher's tests.
  ///
  /// - Parameters:
  ///   - capacity: Processors to divide.
  ///   - wants: Each partition's part of the pool, positive, and the most it takes in processors.
  /// - Returns: Processors for each, in the same order.
  package static func allocation(
    of capacity: Fraction, among wants: [(share: Fraction, limit: Fraction)]
  ) -> [Fraction] {
    var result = [Fraction](repeating: .zero, count: wants.count)
    let order = wants.indices.sorted {
      let left = wants[$0].limit / wants[$0].share
      let right = wants[$1].limit / wants[$1].share
      return left == right ? $0 < $1 : left < right
    }
    var remaining = capacity
    var shares = wants.reduce(Fraction.zero) { $0 + $1.share }
    var next = 0
    while next < order.count {
      let index = order[next]
      let level = remaining / shares
      guard wants[index].limit <= level * wants[index].share else {
        for open in order[next...] { result[open] = level * wants[open].share }
        return result
      }
      result[index] = wants[index].limit
      remaining = remaining - wants[index].limit
      shares = shares - wants[index].share
      next += 1
    }
    return result
  }
}
