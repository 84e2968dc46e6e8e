@testable import Partitioning

/// A pool of the worked examples: weights, logical processors, limits.
struct SharePool {
  var processors: Int
  var claims: [ShareClaim]
  var groupCaps: [Fraction] = []

  init(_ processors: Int, _ claims: [ShareClaim], groupCaps: [Fraction] = []) {
    self.processors = processors
    self.claims = claims
    self.groupCaps = groupCaps
  }

  var grants: [ShareGrant] {
    ProcessingShare.grants(for: claims, sharedProcessors: processors, groupCaps: groupCaps)
  }

  /// Processors for each with these demands.
  func resting(_ demands: [Fraction]) -> [Fraction] {
    ProcessingShare.distribution(
      among: claims, demands: demands, sharedProcessors: processors, groupCaps: groupCaps)
  }

  /// Processors for each when all want as much as they can use.
  var greedy: [Fraction] { resting(claims.map { Fraction($0.logicalCount) }) }

  /// Vertical polarity of one partition.
  func polarity(of partition: Int) -> VerticalPolarity {
    VerticalPolarity(
      entitlement: grants[partition].entitlement, logicalCount: claims[partition].logicalCount)
  }
}

extension ShareClaim {
  /// A weight and logical processors.
  static func weight(
    _ weight: Int, logicals: Int, limit: ShareLimit = .none, cap: Int? = nil, group: Int? = nil
  ) -> ShareClaim {
    ShareClaim(
      ShareDefinition(.relative(weight), limit: limit, absoluteCapHundredths: cap),
      logicalCount: logicals, group: group)
  }
}

extension Fraction: ExpressibleByIntegerLiteral {
  /// Creates a whole number.
  public init(integerLiteral value: Int) { self.init(value) }

  /// A decimal as a document prints it, in thousandths.
  static func thousandths(_ value: Int) -> Fraction { Fraction(Int128(value), 1000) }

  /// Hundredths.
  static func hundredths(_ value: Int) -> Fraction { Fraction(Int128(value), 100) }

  /// Rounded to so many parts of one, as documents print.
  func printed(_ scale: Int) -> Int { Int((self * Fraction(scale)).rounded) }
}
