/// What can keep a partition from using more of a pool; when two are equal, the earlier is named.
package enum LimitKind: String, Sendable, Codable, CaseIterable {
  /// It has no more logical processors on line.
  case logicalProcessors = "LOGICAL PROCESSORS"
  /// Initial capping: its weight's part of the pool.
  case weight = "WEIGHT"
  /// LIMITHARD with an amount of its own.
  case shareLimit = "LIMITHARD"
  /// Its absolute cap.
  case absolute = "ABSOLUTE CAP"
  /// The absolute cap of its group, with nothing used by the other members.
  case groupAbsolute = "GROUP ABSOLUTE CAP"
  /// Its defined capacity, while the rolling average is above it.
  case definedCapacity = "DEFINED CAPACITY"
  /// Its part of its group's capacity, while the group's rolling average is above it.
  case groupCapacity = "GROUP CAPACITY"
}

/// All limits of one partition in one pool, in processors; nil where there is none in force.
///
/// Source: RMF, "Group Capacity report": the minimum of all of them applies.
package struct ProcessingLimits: Sendable, Equatable, Codable {
  /// Logical processors on line.
  package var logicalProcessors: Int
  /// Entitlement of a partition that is capped at its weight.
  package var weight: Fraction?
  /// LIMITHARD with an amount.
  package var shareLimit: Fraction?
  /// The partition's absolute cap.
  package var absolute: Fraction?
  /// The absolute cap of its group.
  package var groupAbsolute: Fraction?
  /// What soft capping holds the partition at.
  package var definedCapacity: Fraction?
  /// What soft capping of its group holds the partition at.
  package var groupCapacity: Fraction?

  /// Creates limits; by default only the number of logical processors.
  package init(
    logicalProcessors: Int, weight: Fraction? = nil, shareLimit: Fraction? = nil,
    absolute: Fraction? = nil, groupAbsolute: Fraction? = nil, definedCapacity: Fraction? = nil,
    groupCapacity: Fraction? = nil
  ) {
    self.logicalProcessors = logicalProcessors
    self.weight = weight
    self.shareLimit = shareLimit
    self.absolute = absolute
    self.groupAbsolute = groupAbsolute
    self.definedCapacity = definedCapacity
    self.groupCapacity = groupCapacity
  }

  /// The limit of a kind, in processors.
  package subscript(kind: LimitKind) -> Fraction? {
    switch kind {
    case .logicalProcessors: Fraction(logicalProcessors)
    case .weight: weight
    case .shareLimit: shareLimit
    case .absolute: absolute
    case .groupAbsolute: groupAbsolute
    case .definedCapacity: definedCapacity
    case .groupCapacity: groupCapacity
    }
  }

  /// The limit that is reached first, and which it is.
  package var effective: EffectiveLimit {
    var least = EffectiveLimit(processors: Fraction(logicalProcessors), kind: .logicalProcessors)
    for kind in LimitKind.allCases {
      if let limit = self[kind], limit < least.processors {
        least = EffectiveLimit(processors: limit, kind: kind)
      }
    }
    return least
  }
}

/// The most that a partition can use of a pool, and why no more.
package struct EffectiveLimit: Sendable, Equatable, Codable {
  /// Processors.
  package var processors: Fraction
  /// Which limit is reached there.
  package var kind: LimitKind

  /// Creates a limit.
  package init(processors: Fraction, kind: LimitKind) {
    self.processors = processors
    self.kind = kind
  }
}
