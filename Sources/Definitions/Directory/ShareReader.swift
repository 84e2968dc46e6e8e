import Partitioning

/// Reads the operands of SHARE, as SET SHARE has them, with CP's abbreviations.
enum ShareReader {
  private static let amounts = "ABSolute|RELative"

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
    switch operands.choice(of: "SHARE", amounts)?.name {
    case "ABSOLUTE":
      operands.hundredths("ABSOLUTE", in: ShareDefinition.absoluteShares, percent: true).map {
        .absolute(hundredthsOfPercent: $0)
      }
    case "RELATIVE":
      operands.number("RELATIVE", in: ShareDefinition.relativeShares).map { .relative($0) }
    default: nil
    }
  }

  private static func limit(_ operands: inout OperandReader) -> ShareLimit? {
    var amount: ShareAmount?
    if operands.isNext(anyOf: amounts) {
      guard let said = Self.amount(&operands) else { return nil }
      amount = said
      guard operands.peek != nil else {
        _ = operands.word("LIMITSOFT or LIMITHARD")
        return nil
      }
    }
    return switch operands.choice(of: "SHARE", "NOLimit|LIMITSoft|LIMITHard")?.name {
    case "LIMITSOFT": .soft(amount)
    case "LIMITHARD": .hard(amount)
    case "NOLIMIT": ShareLimit.none
    default: nil
    }
  }
}
