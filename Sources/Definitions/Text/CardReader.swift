import Quantities

/// Puts the cards of a deck's statements together.
struct CardReader {
  private let file: DefinitionFile
  private let operations: [String]
  private let log: FindingLog
  private var line = 0

  /// Begins a deck.
  ///
  /// - Parameters:
  ///   - file: The deck.
  ///   - operations: Legal operations; one of them never continues the statement before it.
  ///   - log: Where faults of form go.
  init(file: DefinitionFile, operations: [String], log: FindingLog) {
    self.file = file
    self.operations = operations
    self.log = log
  }

  private func place(_ column: Int) -> Place {
    Place(file: file.name, line: line &+ 1, column: column)
  }

  private func whole(_ index: Int) -> ArraySlice<Unicode.Scalar> {
    file.lines.element(at: index)?[...] ?? []
  }

  private func card(_ index: Int) -> ArraySlice<Unicode.Scalar> {
    whole(index).prefix(CardColumn.last)
  }

  private func isMarked(_ index: Int) -> Bool {
    whole(index).element(at: CardColumn.last)
      .map { !DefinitionScanner.isBlank($0) } ?? false
  }

  private func isComment(_ index: Int) -> Bool {
    let card = card(index)
    return card.first == "*" || card.starts(with: [".", "*"])
  }

  private func word(from column: Int) -> Word? {
    var rest = Cursor(card(line), column: column)
    rest.take(while: DefinitionScanner.isBlank)
    let start = place(rest.column)
    let written = DefinitionScanner.text(rest.take { !DefinitionScanner.isBlank($0) })
    guard !written.isEmpty else { return nil }
    return Word(
      text: written, folded: written.uppercased(), place: start, endColumn: rest.column)
  }

  /// The next statement: operation, operand characters, and the place after them.
  mutating func next() -> (Word, [DeckCharacter], Place)? {
    while line < file.lines.count {
      let isSkipped = isComment(line) || (word(from: 1) == nil && !isMarked(line))
      guard !isSkipped else {
        line &+= 1
        continue
      }
      let hasName = card(line).first.map { !DefinitionScanner.isBlank($0) } ?? false
      let first = hasName ? (word(from: 1)?.endColumn ?? 1) : 1
      guard let operation = word(from: first) else {
        log.report(.deckOperationMissing, at: place(1))
        skipContinuations()
        continue
      }
      let (characters, end) = operandField(from: operation.endColumn)
      return (operation, characters, end)
    }
    return nil
  }

  private mutating func skipContinuations() {
    while line < file.lines.count, isMarked(line) { line &+= 1 }
    line &+= 1
  }

  /// Collects the operand field over as many cards as it takes; leaves `line` after the last.
  private mutating func operandField(from column: Int) -> ([DeckCharacter], Place) {
    var characters: [DeckCharacter] = []
    var start = column
    var isQuoted = false
    while true {
      var rest = Cursor(card(line), column: start)
      if !isQuoted { rest.take(while: DefinitionScanner.isBlank) }
      collect(from: &rest, &characters, &isQuoted)
      let isOverlong =
        rest.position == CardColumn.last && isMarked(line)
        && !isContinued(line &+ 1)
      if isOverlong {
        // An operand that runs past column 71, as people write who have no cards.
        log.report(.deckOverlong, at: place(rest.column))
        rest = Cursor(whole(line), column: rest.column)
        collect(from: &rest, &characters, &isQuoted)
      }
      let end = place(rest.column)
      let endsInComma = characters.last?.scalar == "," && !isQuoted
      let isFull = rest.position == CardColumn.last
      let wasMarked = isMarked(line) && !isOverlong
      line &+= 1
      guard wasMarked || endsInComma else { return (characters, end) }
      guard line < file.lines.count else {
        if endsInComma { log.report(.deckContinuationExpected, at: end) }
        return (characters, end)
      }
      if wasMarked, !(endsInComma || isFull) {
        log.report(
          .deckContinuationIgnored, at: place(CardColumn.continuation))
        skipContinuations()
        return (characters, end)
      }
      guard let next = continuation(wasMarked: wasMarked, after: end) else {
        return (characters, end)
      }
      start = next
    }
  }

  /// Collects the characters up to a blank that is not quoted.
  private func collect(
    from rest: inout Cursor<Unicode.Scalar>, _ characters: inout [DeckCharacter],
    _ isQuoted: inout Bool
  ) {
    while let scalar = rest.first, isQuoted || !DefinitionScanner.isBlank(scalar) {
      if scalar == "'" { isQuoted.toggle() }
      characters.append(DeckCharacter(scalar: scalar, place: place(rest.column)))
      rest.take()
    }
  }

  /// Whether a line is what follows a mark: blank to column 15, something in column 16.
  private func isContinued(_ index: Int) -> Bool {
    var rest = Cursor(card(index))
    rest.take(while: DefinitionScanner.isBlank)
    return rest.column == CardColumn.continuation && !rest.isEmpty
  }

  /// Column in which the statement goes on in the present line; nil when it does not.
  private mutating func continuation(wasMarked: Bool, after end: Place) -> Int? {
    guard let word = word(from: 1), !isComment(line), wasMarked || word.place.column > 1,
      wasMarked || !operations.contains(word.folded)
    else {
      log.report(.deckContinuationExpected, at: end)
      return nil
    }
    let column = word.place.column
    guard wasMarked else { return column }
    if column != CardColumn.continuation {
      log.report(.deckContinuationColumn(column), at: word.place)
    }
    return min(column, CardColumn.continuation)
  }
}
