// Where shares come to rest when each partition wants a constant amount: what one leaves goes to the
// others in proportion to their shares (PR/SM Planning Guide, "Weights: processing weight
// management"). The oracle of the dispatcher's tests, and what PLAN shows.

import Quantities

/// What one partition wants of a pool.
package struct ProcessorDemand: Sendable, Equatable {
  /// Its part of what is divided by weight, of which only the ratio to the others' counts; 0 for none.
  package var share: Fraction
  /// The most it takes, in processors: its demand, its caps, its logical processors.
  package var limit: Fraction
  /// What it gets before anything is divided by weight, in processors, as far as it wants it.
  ///
  /// PowerVM's entitlement; zero with PR/SM, where the entitlement follows from the weight.
  package var guaranteed: Fraction
  /// Index of the group whose absolute cap its use counts against.
  package var group: Int?

  /// Creates a demand.
  package init(
    share: Fraction, limit: Fraction, guaranteed: Fraction = .zero, group: Int? = nil
  ) {
    self.share = share
    self.limit = limit
    self.guaranteed = guaranteed
    self.group = group
  }
}

extension ProcessingShare {
  /// Divides processors among demands: guaranteed parts first, what is left by share, what one
  /// cannot use among the others.
  ///
  /// A group takes no more than its cap; inside it the shares decide. The guaranteed parts that are
  /// wanted must fit the capacity and each group's cap; otherwise nothing else is divided.
  ///
  /// - Parameters:
  ///   - capacity: Processors to divide.
  ///   - demands: One of each partition; their order does not matter to what any gets.
  ///   - groupCaps: Processors that the members of each group take together at most.
  /// - Returns: Processors for each, in the same order.
  package static func allocation(
    of capacity: Fraction, among demands: [ProcessorDemand], groupCaps: [Fraction] = []
  ) -> [Fraction] {
    var demands = demands
    for (group, cap) in groupCaps.enumerated() {
      let members = demands.enumerated().filter { $0.element.group == group }
      // What a member gets of the cap alone is the most it ever gets: more for the others outside
      // only lowers the level at which the group's members come to rest.
      let parts = waterFill(cap, members.map(\.element))
      for (member, part) in zip(members, parts) {
        demands.change(at: member.offset) { $0.limit = part }
      }
    }
    return waterFill(capacity, demands)
  }

  /// Processors that each claim on a pool comes to when it wants a constant amount, all its limits
  /// kept.
  ///
  /// - Parameters:
  ///   - claims: One of each active sharing partition.
  ///   - demands: Processors that each wants, in the same order; its logical processors limit it too.
  ///   - sharedProcessors: On-line physical processors less the dedicated ones.
  ///   - groupCaps: Absolute caps of the groups that claims name by index, in processors.
  /// - Returns: Processors for each, in the same order.
  package static func distribution(
    among claims: [ShareClaim], demands: [Fraction], sharedProcessors: Int,
    groupCaps: [Fraction] = []
  ) -> [Fraction] {
    let grants = grants(
      for: claims, sharedProcessors: sharedProcessors, groupCaps: groupCaps)
    return allocation(
      of: Fraction(sharedProcessors),
      among: zip(zip(claims, grants), demands).map { asked, demand in
        let (claim, grant) = asked
        return ProcessorDemand(
          share: grant.share, limit: min(demand, grant.limits.effective.processors),
          group: claim.group)
      },
      groupCaps: groupCaps)
  }

  /// A demand that what is left is divided among.
  private struct OpenDemand {
    var index: Int
    var share: Fraction
    /// How much more it takes.
    var room: Fraction
    /// Processors a share at which it has all it takes.
    var level: Fraction
  }

  private static func waterFill(_ capacity: Fraction, _ demands: [ProcessorDemand]) -> [Fraction] {
    var result = demands.map { min($0.guaranteed, $0.limit) }
    var remaining = max(.zero, result.reduce(capacity) { $0 - $1 })
    let order = zip(demands, result).enumerated().compactMap { index, asked -> OpenDemand? in
      let (demand, part) = asked
      guard demand.share > .zero else { return nil }
      let room = demand.limit - part
      return OpenDemand(
        index: index, share: demand.share, room: room, level: room / demand.share)
    }.sorted { $0.level == $1.level ? $0.index < $1.index : $0.level < $1.level }
    var shares = order.reduce(Fraction.zero) { $0 + $1.share }
    var rest = order[...]
    while let next = rest.first {
      let level = remaining / shares
      guard next.level <= level else {
        for open in rest { result.change(at: open.index) { $0 += level * open.share } }
        return result
      }
      remaining -= next.room
      shares -= next.share
      result.change(at: next.index) { $0 += next.room }
      rest = rest.dropFirst()
    }
    return result
  }
}
