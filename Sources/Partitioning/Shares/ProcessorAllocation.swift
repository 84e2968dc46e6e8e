// Where shares come to rest when each partition wants a constant amount: what one leaves goes to the
// others in proportion to their shares (PR/SM Planning Guide, "Weights: processing weight
// management"). The oracle of the dispatcher's tests, and what PLAN shows.

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
  /// wanted must fit the capacity and each group's cap; traps otherwise.
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
      let members = demands.indices.filter { demands[$0].group == group }
      // What a member gets of the cap alone is the most it ever gets: more for the others outside
      // only lowers the level at which the group's members come to rest.
      let parts = waterFill(cap, members.map { demands[$0] })
      for (member, part) in zip(members, parts) { demands[member].limit = part }
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
      among: claims.indices.map {
        ProcessorDemand(
          share: grants[$0].share, limit: min(demands[$0], grants[$0].limits.effective.processors),
          group: claims[$0].group)
      },
      groupCaps: groupCaps)
  }

  private static func waterFill(_ capacity: Fraction, _ demands: [ProcessorDemand]) -> [Fraction] {
    var result = demands.map { min($0.guaranteed, $0.limit) }
    var remaining = result.reduce(capacity) { $0 - $1 }
    precondition(remaining >= .zero, "guaranteed parts fit what is divided")
    let levels = demands.indices.map { index in
      demands[index].share == .zero
        ? .zero : (demands[index].limit - result[index]) / demands[index].share
    }
    let order = demands.indices.filter { demands[$0].share > .zero }.sorted {
      levels[$0] == levels[$1] ? $0 < $1 : levels[$0] < levels[$1]
    }
    var shares = order.reduce(Fraction.zero) { $0 + demands[$1].share }
    for (place, index) in order.enumerated() {
      let level = remaining / shares
      guard levels[index] <= level else {
        for open in order[place...] { result[open] += level * demands[open].share }
        return result
      }
      remaining -= demands[index].limit - result[index]
      shares -= demands[index].share
      result[index] = demands[index].limit
    }
    return result
  }
}
