// What a partition is entitled to of a pool, in exact fractions. Pure: no time, no state.
import Quantities

//
// The denominator is every active partition that shares the pool, idle ones included (PR/SM Planning
// Guide, "Weights: use of processing weights"). ABSOLUTE shares are taken first, scaled to 99 % when
// they come to more; the relative ones divide what is left (CP). With horizontal polarity each
// on-line logical processor carries the same part of its partition's entitlement, and a cap at the
// weight holds each of them; with vertical polarity it holds the partition as a whole.

/// What one active partition asks of one pool.
package struct ShareClaim: Sendable, Equatable {
  /// What it is defined to ask.
  package var share: ShareDefinition
  /// Its logical processors on line, at least 1.
  package var logicalCount: Int
  /// How its entitlement lies on its logical processors.
  package var polarity: Polarity
  /// Index of its group among the pool's groups with an absolute cap.
  package var group: Int?
  /// What soft capping at its defined capacity holds it at now, in processors.
  package var definedCapacity: Fraction?
  /// What soft capping at its group's capacity holds it at now, in processors.
  package var groupCapacity: Fraction?

  /// Creates a claim.
  package init(
    _ share: ShareDefinition, logicalCount: Int, polarity: Polarity = .horizontal,
    group: Int? = nil, definedCapacity: Fraction? = nil, groupCapacity: Fraction? = nil
  ) {
    self.share = share
    self.logicalCount = logicalCount
    self.polarity = polarity
    self.group = group
    self.definedCapacity = definedCapacity
    self.groupCapacity = groupCapacity
  }
}

/// What a claim comes to.
package struct ShareGrant: Sendable, Equatable, Codable {
  /// Part of the pool, 0-1.
  package var share: Fraction
  /// Part of the pool in processors.
  package var entitlement: Fraction
  /// Each logical processor's part of the entitlement, in processors, with horizontal polarity.
  package var entitlementPerLogical: Fraction
  /// Everything that limits its use, its group's cap and soft caps in force included.
  package var limits: ProcessingLimits
  /// What the partition as a whole may never pass on average, in processors: the least of its own
  /// caps; the group's is shared and not in it.
  package var cap: Fraction?
  /// What each logical processor may never pass on average: capped at its weight and horizontal.
  package var capPerLogical: Fraction?
  /// What it may pass only when nobody unlimited wants the time, in processors.
  package var softLimit: Fraction?
  /// What its weight gives it of its group's absolute cap when all members want it, in processors.
  package var groupEntitlement: Fraction?
}

/// The arithmetic of shares.
package enum ProcessingShare {
  /// Hundredths of a percent that absolute shares may come to; more is scaled to this.
  static let absoluteLimit: Int128 = 9_900

  /// Judges all claims on a pool together.
  ///
  /// - Parameters:
  ///   - claims: One of each active sharing partition; their order does not matter to any grant.
  ///   - sharedProcessors: On-line physical processors less the dedicated ones.
  ///   - groupCaps: Absolute caps of the groups that claims name by index, in processors.
  /// - Returns: One grant a claim, in the same order.
  package static func grants(
    for claims: [ShareClaim], sharedProcessors: Int, groupCaps: [Fraction] = []
  ) -> [ShareGrant] {
    let pool = PoolShares(claims, sharedProcessors: sharedProcessors)
    var groupShares = groupCaps.map { _ in Fraction.zero }
    for claim in claims {
      guard let group = claim.group else { continue }
      groupShares.change(at: group) { $0 += pool.share(of: claim.share.amount) }
    }
    return claims.map { claim in
      var grant = pool.grant(claim)
      if let group = claim.group, let cap = groupCaps.element(at: group),
        let share = groupShares.element(at: group)
      {
        grant.limits.groupAbsolute = cap
        grant.groupEntitlement = cap * (grant.share / share)
      }
      return grant
    }
  }
}

/// The sums that turn amounts into parts of one pool.
private struct PoolShares {
  private var absoluteSum: Int128 = 0
  private var relativeSum: Int128 = 0
  private let processors: Fraction

  init(_ claims: [ShareClaim], sharedProcessors: Int) {
    processors = Fraction(sharedProcessors)
    for claim in claims {
      switch claim.share.amount {
      case .relative(let weight): relativeSum.addClamped(Int128(weight))
      case .absolute(let hundredths): absoluteSum.addClamped(Int128(hundredths))
      }
    }
  }

  private var absolutePart: Int128 { min(absoluteSum, ProcessingShare.absoluteLimit) }

  func share(of amount: ShareAmount) -> Fraction {
    switch amount {
    case .absolute(let hundredths):
      absoluteSum == absolutePart
        ? Fraction(Int128(hundredths), 10_000)
        : Fraction(
          Int128(hundredths).multipliedClamped(by: absolutePart),
          absoluteSum.multipliedClamped(by: 10_000))
    case .relative(let weight):
      Fraction(
        Int128(weight).multipliedClamped(by: Int128(10_000).subtractingClamped(absolutePart)),
        max(relativeSum, 1).multipliedClamped(by: 10_000))
    }
  }

  private func limit(_ amount: ShareAmount) -> Fraction {
    switch amount {
    case .absolute(let hundredths): processors * Fraction(Int128(hundredths), 10_000)
    case .relative: min(processors, processors * share(of: amount))
    }
  }

  /// The grant of a claim, its group's cap apart.
  func grant(_ claim: ShareClaim) -> ShareGrant {
    let share = self.share(of: claim.share.amount)
    let entitlement = processors * share
    let perLogical = entitlement / Fraction(max(claim.logicalCount, 1))
    var limits = ProcessingLimits(
      logicalProcessors: claim.logicalCount,
      absolute: claim.share.absoluteCapHundredths.map { Fraction(Int128($0), 100) },
      definedCapacity: claim.definedCapacity, groupCapacity: claim.groupCapacity)
    var softLimit: Fraction?
    switch claim.share.limit {
    case .none: break
    case .hard(nil): limits.weight = entitlement
    case .hard(let amount?): limits.shareLimit = limit(amount)
    case .soft(nil): softLimit = entitlement
    case .soft(let amount?): softLimit = limit(amount)
    }
    let isHorizontal = claim.polarity == .horizontal
    return ShareGrant(
      share: share, entitlement: entitlement, entitlementPerLogical: perLogical, limits: limits,
      cap: [
        limits.shareLimit, limits.absolute, limits.definedCapacity, limits.groupCapacity,
        isHorizontal ? nil : limits.weight,
      ].compactMap(\.self).min(),
      capPerLogical: isHorizontal && limits.weight != nil ? perLogical : nil,
      softLimit: softLimit)
  }
}
