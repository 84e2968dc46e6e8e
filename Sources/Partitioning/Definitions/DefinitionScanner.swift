// One scanner for the four forms. Free form (machine.config, *.direct, *.media): words on a line,
// 'quoted text', comments. Decks (*.iocp): columns 1-71, name, operation, operands; a mark in column
// 72 continues in column 16, and a comma at the end continues where the next line begins.

/// A word of a definition file, and where it stands.
struct Word: Equatable {
  /// As written; the text of quoted ones without the quotes.
  var text: String
  /// Upper case.
  var folded: String
  /// Its first character.
  var place: Place
  /// Column after its last character.
  var endColumn: Int
  /// Whether it was written between quotes.
  var isQuoted = false

  /// The place after it, where a missing operand would stand.
  var end: Place { Place(file: place.file, line: place.line, column: endColumn) }
}

/// One free-form statement; `words` is never empty.
struct Statement {
  /// The statement's verb and operands.
  var words: [Word]
  /// What follows the verb, as written, with comments blanked.
  var remainder: String

  /// The verb.
  var verb: Word { words[0] }
}

/// A value in a deck: `0200`, `(0200,064)`, `CSS(0)`, `'TEXT'`.
indirect enum DeckValue {
  case atom(Word)
  case list([DeckValue], Place)
  case call(Word, [DeckValue])

  /// Where it begins.
  var place: Place {
    switch self {
    case .atom(let word), .call(let word, _): word.place
    case .list(_, let place): place
    }
  }
}

/// `KEY=value` or `KEY`.
struct DeckOperand {
  var key: Word
  var value: DeckValue?
}

/// One statement of a deck.
struct DeckStatement {
  var operation: Word
  var operands: [DeckOperand]
  /// Whether its form is wrong, so that what is missing may only be hidden.
  var isBroken: Bool
}

/// Splits definition files into statements and words.
enum DefinitionScanner {
  /// Last column that a deck reads, and the one that holds the mark.
  static let lastDeckColumn = 71
  /// Column in which a marked statement goes on.
  static let continuationColumn = 16
  /// Deepest nesting of parentheses that any keyword has.
  static let nestingLimit = 6

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\r"
  }

  private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  // MARK: - Free form

  /// The statements of a free-form file.
  static func statements(of file: DefinitionFile, log: FindingLog) -> [Statement] {
    var statements: [Statement] = []
    var commentStart: Place?
    for (index, line) in file.lines.enumerated() {
      if commentStart == nil, line.first(where: { !isBlank($0) }) == "*" { continue }
      var scanner = LineScanner(
        line: line, file: file.name, number: index + 1, commentStart: commentStart)
      let words = scanner.words(log: log)
      commentStart = scanner.commentStart
      if let verb = words.first {
        let rest = text(scanner.blanked.dropFirst(verb.endColumn - 1))
        statements.append(Statement(words: words, remainder: trimmed(rest)))
      }
    }
    if let commentStart {
      log.report(.unterminated("The comment", closing: "*/"), at: commentStart)
    }
    return statements
  }

  private static func trimmed(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    guard let first = scalars.firstIndex(where: { !isBlank($0) }),
      let last = scalars.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return Self.text(scalars[first...last])
  }

  private struct LineScanner {
    let line: [Unicode.Scalar]
    let file: String
    let number: Int
    var commentStart: Place?
    /// The line with comments blanked.
    var blanked: [Unicode.Scalar] = []
    private var at = 0

    init(line: [Unicode.Scalar], file: String, number: Int, commentStart: Place?) {
      self.line = line
      self.file = file
      self.number = number
      self.commentStart = commentStart
    }

    private func place(_ index: Int) -> Place {
      Place(file: file, line: number, column: index + 1)
    }

    mutating func words(log: FindingLog) -> [Word] {
      var words: [Word] = []
      while at < line.count {
        if skipComment() { continue }
        if isBlank(line[at]) {
          blanked.append(line[at])
          at += 1
        } else if line[at] == "'", words.first?.folded != "COMMAND" {
          words.append(quoted(log: log))
        } else {
          words.append(plain())
        }
      }
      return words
    }

    /// Blanks a comment that begins or goes on here.
    private mutating func skipComment() -> Bool {
      if commentStart == nil {
        guard line[at] == "/", at + 1 < line.count, line[at + 1] == "*" else { return false }
        commentStart = place(at)
        blanked += [" ", " "]
        at += 2
      }
      while at < line.count {
        if line[at] == "*", at + 1 < line.count, line[at + 1] == "/" {
          commentStart = nil
          blanked += [" ", " "]
          at += 2
          return true
        }
        blanked.append(" ")
        at += 1
      }
      return true
    }

    private mutating func plain() -> Word {
      let start = at
      while at < line.count, !isBlank(line[at]),
        !(line[at] == "/" && at + 1 < line.count && line[at + 1] == "*")
      {
        blanked.append(line[at])
        at += 1
      }
      let written = text(line[start..<at])
      return Word(
        text: written, folded: written.uppercased(), place: place(start), endColumn: at + 1)
    }

    private mutating func quoted(log: FindingLog) -> Word {
      let start = at
      var content: [Unicode.Scalar] = []
      at += 1
      var isClosed = false
      while at < line.count {
        if line[at] == "'" {
          at += 1
          guard at < line.count, line[at] == "'" else {
            isClosed = true
            break
          }
        }
        content.append(line[at])
        at += 1
      }
      blanked.append(contentsOf: line[start..<at])
      if !isClosed { log.report(.unterminated("The quoted text", closing: "'"), at: place(start)) }
      let written = text(content)
      return Word(
        text: written, folded: written.uppercased(), place: place(start), endColumn: at + 1,
        isQuoted: true)
    }
  }

  // MARK: - Decks

  /// Puts cards together and splits them.
  ///
  /// - Parameters:
  ///   - file: The deck.
  ///   - operations: Legal operations; one of them never continues the statement before it.
  ///   - log: Where faults of form go.
  /// - Returns: The statements in order.
  static func deck(
    of file: DefinitionFile, operations: [String], log: FindingLog
  ) -> [DeckStatement] {
    var cards = CardReader(file: file, operations: operations, log: log)
    var statements: [DeckStatement] = []
    while !log.isExhausted, let (operation, characters, end) = cards.next() {
      let count = log.reportCount
      var parser = OperandParser(characters: characters, end: end, log: log)
      let operands = parser.operands()
      statements.append(
        DeckStatement(
          operation: operation, operands: operands, isBroken: log.reportCount > count))
    }
    return statements
  }

  /// A character of an operand field, and where it stands.
  private struct Character {
    var scalar: Unicode.Scalar
    var place: Place
  }

  /// Puts the cards of a statement together.
  private struct CardReader {
    let file: DefinitionFile
    let operations: [String]
    let log: FindingLog
    private var line = 0

    init(file: DefinitionFile, operations: [String], log: FindingLog) {
      self.file = file
      self.operations = operations
      self.log = log
    }

    private func place(_ column: Int) -> Place {
      Place(file: file.name, line: line + 1, column: column)
    }

    private func card(_ index: Int) -> ArraySlice<Unicode.Scalar> {
      file.lines[index].prefix(lastDeckColumn)
    }

    private func isMarked(_ index: Int) -> Bool {
      file.lines[index].count > lastDeckColumn && !isBlank(file.lines[index][lastDeckColumn])
    }

    private func isComment(_ index: Int) -> Bool {
      let card = card(index)
      return card.first == "*" || card.starts(with: [".", "*"])
    }

    private func word(from column: Int) -> Word? {
      let card = card(line)
      var start = column - 1
      while start < card.count, isBlank(card[start]) { start += 1 }
      var end = start
      while end < card.count, !isBlank(card[end]) { end += 1 }
      guard end > start else { return nil }
      let written = text(card[start..<end])
      return Word(
        text: written, folded: written.uppercased(), place: place(start + 1), endColumn: end + 1)
    }

    /// The next statement: operation, operand characters, and the place after them.
    mutating func next() -> (Word, [Character], Place)? {
      while line < file.lines.count {
        let isSkipped = isComment(line) || (word(from: 1) == nil && !isMarked(line))
        guard !isSkipped else {
          line += 1
          continue
        }
        let hasName = file.lines[line].first.map { !isBlank($0) } ?? false
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
      while line < file.lines.count, isMarked(line) { line += 1 }
      line += 1
    }

    /// Collects the operand field over as many cards as it takes; leaves `line` after the last.
    private mutating func operandField(from column: Int) -> ([Character], Place) {
      var characters: [Character] = []
      var start = column
      var isQuoted = false
      while true {
        let card = card(line)
        var index = start - 1
        if !isQuoted { while index < card.count, isBlank(card[index]) { index += 1 } }
        while index < card.count, isQuoted || !isBlank(card[index]) {
          if card[index] == "'" { isQuoted.toggle() }
          characters.append(Character(scalar: card[index], place: place(index + 1)))
          index += 1
        }
        let isOverlong = index == lastDeckColumn && isMarked(line) && !isContinued(line + 1)
        if isOverlong { index = overrun(from: index, &characters, &isQuoted) }
        let end = place(index + 1)
        let endsInComma = characters.last?.scalar == "," && !isQuoted
        let isFull = index == lastDeckColumn
        let wasMarked = isMarked(line) && !isOverlong
        guard wasMarked || endsInComma else {
          line += 1
          return (characters, end)
        }
        line += 1
        guard line < file.lines.count else {
          if endsInComma { log.report(.deckContinuationExpected, at: end) }
          return (characters, end)
        }
        if wasMarked, !(endsInComma || isFull) {
          log.report(.deckContinuationIgnored, at: place(continuationColumn))
          skipContinuations()
          return (characters, end)
        }
        guard let next = continuation(wasMarked: wasMarked, after: end) else {
          return (characters, end)
        }
        start = next
      }
    }

    /// Whether a line is what follows a mark: blank to column 15, something in column 16.
    private func isContinued(_ index: Int) -> Bool {
      guard index < file.lines.count else { return false }
      let card = card(index)
      return card.count >= continuationColumn && !isBlank(card[continuationColumn - 1])
        && card.prefix(continuationColumn - 1).allSatisfy(isBlank)
    }

    /// Takes an operand that runs past column 71, as people write who have no cards, and says so.
    private func overrun(
      from column: Int, _ characters: inout [Character], _ isQuoted: inout Bool
    ) -> Int {
      let whole = file.lines[line]
      log.report(.deckOverlong, at: place(column + 1))
      var index = column
      while index < whole.count, isQuoted || !isBlank(whole[index]) {
        if whole[index] == "'" { isQuoted.toggle() }
        characters.append(Character(scalar: whole[index], place: place(index + 1)))
        index += 1
      }
      return index
    }

    /// Column in which the statement goes on in the present line; nil when it does not.
    private mutating func continuation(wasMarked: Bool, after end: Place) -> Int? {
      guard let word = word(from: 1), !isComment(line), wasMarked || word.place.column > 1,
        wasMarked || !operations.contains(word.folded)
      else {
        log.report(.deckContinuationExpected, at: end)
        return nil
      }
      if wasMarked, word.place.column != continuationColumn {
        log.report(.deckContinuationColumn(word.place.column), at: word.place)
      }
      return wasMarked ? min(word.place.column, continuationColumn) : word.place.column
    }
  }

  /// Parses `KEY=value,KEY=(value,value)`.
  private struct OperandParser {
    let characters: [Character]
    let end: Place
    let log: FindingLog
    private var at = 0

    init(characters: [Character], end: Place, log: FindingLog) {
      self.characters = characters
      self.end = end
      self.log = log
    }

    private var place: Place { at < characters.count ? characters[at].place : end }
    private var scalar: Unicode.Scalar? { at < characters.count ? characters[at].scalar : nil }

    mutating func operands() -> [DeckOperand] {
      var operands: [DeckOperand] = []
      while at < characters.count {
        let key = atom(stoppingAt: "=,()")
        guard !key.text.isEmpty else {
          if scalar != "," { log.report(.deckUnexpected(text([scalar ?? " "])), at: place) }
          at += 1
          continue
        }
        var operand = DeckOperand(key: key, value: nil)
        if scalar == "=" {
          at += 1
          operand.value = value(depth: 0)
        }
        operands.append(operand)
        if let scalar, scalar != "," {
          log.report(.deckUnexpected(text([scalar])), at: place)
          while let scalar = self.scalar, scalar != "," { at += 1 }
        }
        at += 1
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
      guard depth < nestingLimit else {
        log.report(.deckNesting, at: place)
        at = characters.count
        return []
      }
      let start = place
      at += 1
      var values: [DeckValue] = []
      if scalar == ")" {
        at += 1
        return values
      }
      while true {
        values.append(value(depth: depth + 1))
        switch scalar {
        case ",":
          at += 1
        case ")":
          at += 1
          return values
        default:
          log.report(.deckParenthesis, at: start)
          at = characters.count
          return values
        }
      }
    }

    private mutating func atom(stoppingAt stops: String) -> Word {
      let start = place
      var content: [Unicode.Scalar] = []
      while let scalar, !stops.unicodeScalars.contains(scalar), scalar != "'" {
        content.append(scalar)
        at += 1
      }
      let written = text(content)
      return Word(
        text: written, folded: written.uppercased(), place: start,
        endColumn: start.column + content.count)
    }

    private mutating func quoted() -> Word {
      let start = place
      var content: [Unicode.Scalar] = []
      at += 1
      while let scalar {
        at += 1
        if scalar == "'" {
          guard self.scalar == "'" else {
            return Word(
              text: text(content), folded: text(content), place: start,
              endColumn: start.column + content.count + 2, isQuoted: true)
          }
          at += 1
        }
        content.append(scalar)
      }
      log.report(.deckApostrophe, at: start)
      return Word(
        text: text(content), folded: text(content), place: start,
        endColumn: start.column + content.count + 1, isQuoted: true)
    }
  }
}
