import Quantities

/// A group of partitions that share a limit in MSU on their rolling averages together.
///
/// Members get the limit by weight; what one leaves is donated to those that want more, by the
/// receivers' weights. Source: z/OS MVS Planning: Workload Management, "Group capacity"; RMF, Group
/// Capacity report, entitlement minimum and maximum.
package struct CapacityGroup: Sendable, Equatable {
  /// One member.
  package struct Member: Sendable, Equatable {
    /// Its weight; the current one.
    package var weight: Int
    /// Its own defined capacity in MSU, when it has one.
    package var definedCapacity: Int?

    /// Creates a member.
    package init(weight: Int, definedCapacity: Int? = nil) {
      self.weight = weight
      self.definedCapacity = definedCapacity
    }
  }

  /// The group's limit in MSU.
  package var limit: Int
  /// Its active members.
  package var members: [Member]

  /// Creates a group.
  package init(limit: Int, members: [Member]) {
    self.limit = limit
    self.members = members
  }

  private var weightSum: Int { members.reduce(0) { $0.addingClamped($1.weight) } }

  /// What a member's weight gives it of the limit, in MSU: what it gets when all want theirs.
  package func minimum(of member: Int) -> Fraction {
    let weight = members.element(at: member)?.weight ?? 0
    return Fraction(Int128(limit).multipliedClamped(by: Int128(weight)), Int128(weightSum))
  }

  /// The most a member can get, in MSU, when the others want nothing.
  package func maximum(of member: Int) -> Fraction {
    Fraction(min(limit, members.element(at: member)?.definedCapacity ?? limit))
  }

  /// What each member may use, in MSU, when donations are made.
  ///
  /// - Parameter demands: MSU that each wants, in the order of the members.
  /// - Returns: MSU, in the same order.
  package func parts(demands: [Fraction]) -> [Fraction] {
    ProcessingShare.allocation(
      of: Fraction(limit),
      among: zip(members, demands).enumerated().map { member, wanted in
        ProcessorDemand(
          share: Fraction(wanted.0.weight), limit: min(wanted.1, maximum(of: member)))
      })
  }
}
