import Partitioning

/// Reads the operands of SHARE, as SET SHARE has them, with CP's abbreviations.
enum ShareReader {
  private static let absolute = ["ABSOLUTE", "ABSOLUT", "ABSOLU", "ABSOL", "ABSO", "ABS"]
  private static let relative = ["RELATIVE", "RELATIV", "RELATI", "RELAT", "RELA", "REL"]
  private static let soft = ["LIMITSOFT", "LIMITSOF", "LIMITSO", "LIMITS"]
  private static let hard = ["LIMITHARD", "LIMITHAR", "LIMITHA", "LIMITH"]
  private static let noLimit = ["NOLIMIT", "NOLIMI", "NOLIM", "NOLI", "NOL"]

  /// `{ABSOLUTE n% | RELATIVE n} [NOLIMIT | [ABSOLUTE m% | RELATIVE m] {LIMITSOFT | LIMITHARD}]`.
  static func share(_ operands: inout OperandReader) -> ShareDefinition? {
    guard operands.peek != nil else {
      _ = operands.word("ABSOLUTE or RELATIVE")
      return nil
    }
    guard let amount = amount(&operands) else { return nil }
    guard operands.peek != nil else { return ShareDefinition(amount) }
    return limit(&operands).map { ShareDefinition(amount, limit: $0) }
  }

  private static func amount(_ operands: inout OperandReader) -> ShareAmount? {
    guard
      let word = operands.keyword(
        of: "SHARE", from: ["ABSOLUTE", "RELATIVE"], abbreviations: absolute + relative)
    else { return nil }
    if Self.absolute.contains(word.folded) {
      return operands.hundredths("ABSOLUTE", in: ShareDefinition.absoluteShares, percent: true).map
      {
        .absolute(hundredthsOfPercent: $0)
      }
    }
    return operands.number("RELATIVE", in: ShareDefinition.relativeShares).map { .relative($0) }
  }

  private static func limit(_ operands: inout OperandReader) -> ShareLimit? {
    var amount: ShareAmount?
    if let word = operands.peek,
      Self.absolute.contains(word.folded)
        || Self.relative.contains(word.folded)
    {
      guard let said = Self.amount(&operands) else { return nil }
      amount = said
      guard operands.peek != nil else {
        _ = operands.word("LIMITSOFT or LIMITHARD")
        return nil
      }
    }
    guard
      let word = operands.keyword(
        of: "SHARE", from: ["NOLIMIT", "LIMITSOFT", "LIMITHARD"],
        abbreviations: soft + hard + noLimit)
    else { return nil }
    if Self.soft.contains(word.folded) { return .soft(amount) }
    if Self.hard.contains(word.folded) { return .hard(amount) }
    return ShareLimit.none
  }
}
