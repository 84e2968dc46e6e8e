import Quantities

/// Parses `KEY=value,KEY=(value,value)`.
struct DeckOperandParser {
  private let end: Place
  private let log: FindingLog
  private var rest: Cursor<DeckCharacter>

  /// Begins an operand field.
  ///
  /// - Parameters:
  ///   - characters: The operand field.
  ///   - end: The place after it.
  ///   - log: Where faults of form go.
  init(characters: [DeckCharacter], end: Place, log: FindingLog) {
    rest = Cursor(characters[...])
    self.end = end
    self.log = log
  }

  private var place: Place { rest.first?.place ?? end }
  private var scalar: Unicode.Scalar? { rest.first?.scalar }

  /// The operands of the field.
  mutating func operands() -> [DeckOperand] {
    var operands: [DeckOperand] = []
    while !rest.isEmpty {
      let key = atom(stoppingAt: "=,()")
      guard !key.text.isEmpty else {
        if scalar != "," {
          log.report(.deckUnexpected(DefinitionScanner.text([scalar ?? " "])), at: place)
        }
        rest.take()
        continue
      }
      var operand = DeckOperand(key: key, value: nil)
      if scalar == "=" {
        rest.take()
        operand.value = value(depth: 0)
      }
      operands.append(operand)
      if let scalar, scalar != "," {
        log.report(.deckUnexpected(DefinitionScanner.text([scalar])), at: place)
        while let scalar = self.scalar, scalar != "," { rest.take() }
      }
      rest.take()
    }
    return operands
  }

  private mutating func value(depth: Int) -> DeckValue {
    if scalar == "'" { return .atom(quoted()) }
    guard scalar == "(" else {
      let word = atom(stoppingAt: ",()")
      guard scalar == "(", !word.text.isEmpty else { return .atom(word) }
      return .call(word, list(depth: depth))
    }
    let start = place
    return .list(list(depth: depth), start)
  }

  /// The values between parentheses; stands on the left one.
  private mutating func list(depth: Int) -> [DeckValue] {
    guard depth < DefinitionScanner.nestingLimit else {
      log.report(.deckNesting, at: place)
      rest.takeAll()
      return []
    }
    let start = place
    rest.take()
    var values: [DeckValue] = []
    if scalar == ")" {
      rest.take()
      return values
    }
    while true {
      values.append(value(depth: depth + 1))
      switch scalar {
      case ",":
        rest.take()
      case ")":
        rest.take()
        return values
      default:
        log.report(.deckParenthesis, at: start)
        rest.takeAll()
        return values
      }
    }
  }

  private mutating func atom(stoppingAt stops: String) -> Word {
    let start = place
    var content: [Unicode.Scalar] = []
    while let scalar, !stops.unicodeScalars.contains(scalar), scalar != "'" {
      content.append(scalar)
      rest.take()
    }
    let written = DefinitionScanner.text(content)
    return Word(
      text: written, folded: written.uppercased(), place: start,
      endColumn: start.column.addingClamped(content.count))
  }

  private mutating func quoted() -> Word {
    let start = place
    var content: [Unicode.Scalar] = []
    var isClosed = false
    rest.take()
    while let scalar = rest.take()?.scalar {
      if scalar == "'" {
        guard self.scalar == "'" else {
          isClosed = true
          break
        }
        rest.take()
      }
      content.append(scalar)
    }
    if !isClosed { log.report(.deckApostrophe, at: start) }
    let text = DefinitionScanner.text(content)
    return Word(
      text: text, folded: text, place: start,
      endColumn: start.column.addingClamped(content.count).addingClamped(isClosed ? 2 : 1),
      isQuoted: true)
  }
}

/// A character of a deck's operand field, and where it stands.
struct DeckCharacter {
  var scalar: Unicode.Scalar
  var place: Place
}
