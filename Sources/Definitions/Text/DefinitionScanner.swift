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

/// One free-form statement.
struct Statement {
  /// Its first word.
  var verb: Word
  /// The words after the verb.
  var operands: ArraySlice<Word>
  /// What follows the verb, as written, with comments blanked.
  var remainder: String
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

  /// The first place where a word stands in it, whatever is around it.
  func word(_ text: String) -> Word? {
    switch self {
    case .atom(let word): word.folded == text ? word : nil
    case .list(let items, _), .call(_, let items):
      items.lazy.compactMap { $0.word(text) }.first
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
  /// Deepest nesting of parentheses that any keyword has.
  static let nestingLimit = 6

  /// Whether a character only separates others.
  static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\r"
  }

  /// Characters as text.
  static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// The statements of a free-form file.
  static func statements(of file: DefinitionFile, log: FindingLog) -> [Statement] {
    var statements: [Statement] = []
    var commentStart: Place?
    for (index, line) in file.lines.enumerated() {
      if commentStart == nil, line.first(where: { !isBlank($0) }) == "*" { continue }
      var scanner = LineScanner(
        line: line, file: file.name, number: index &+ 1, commentStart: commentStart)
      let words = scanner.words(log: log)
      commentStart = scanner.commentStart
      if let verb = words.first {
        statements.append(
          Statement(
            verb: verb, operands: words.dropFirst(), remainder: trimmed(scanner.remainder)))
      }
    }
    if let commentStart {
      log.report(.unterminated("The comment", closing: "*/"), at: commentStart)
    }
    return statements
  }

  private static func trimmed(_ scalars: [Unicode.Scalar]) -> String {
    text(scalars.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }

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
      var parser = DeckOperandParser(characters: characters, end: end, log: log)
      let operands = parser.operands()
      statements.append(
        DeckStatement(
          operation: operation, operands: operands, isBroken: log.reportCount > count))
    }
    return statements
  }
}
