/// Splits a line of a free-form file into words.
struct LineScanner {
  private let file: String
  private let number: Int
  /// Where a comment began that the line does not end.
  private(set) var commentStart: Place?
  /// What follows the first word, with comments blanked.
  private(set) var remainder: [Unicode.Scalar] = []
  private var rest: Cursor<Unicode.Scalar>

  /// Begins a line.
  ///
  /// - Parameters:
  ///   - line: Its characters.
  ///   - file: The file's name.
  ///   - number: The line's number, from 1.
  ///   - commentStart: Where a comment began that earlier lines did not end.
  init(line: [Unicode.Scalar], file: String, number: Int, commentStart: Place?) {
    rest = Cursor(line[...])
    self.file = file
    self.number = number
    self.commentStart = commentStart
  }

  private var place: Place { Place(file: file, line: number, column: rest.column) }

  /// The words of the line.
  mutating func words(log: FindingLog) -> [Word] {
    var words: [Word] = []
    while let scalar = rest.first {
      if skipComment() { continue }
      if DefinitionScanner.isBlank(scalar) {
        keep()
        continue
      }
      let isQuoted = scalar == "'" && words.first?.folded != "COMMAND"
      words.append(isQuoted ? quoted(log: log) : plain())
      if words.count == 1 { remainder = [] }
    }
    return words
  }

  /// Takes a character as a part of the remainder.
  @discardableResult
  private mutating func keep() -> Unicode.Scalar? {
    let scalar = rest.take()
    if let scalar { remainder.append(scalar) }
    return scalar
  }

  private mutating func blank() {
    rest.take()
    remainder.append(" ")
  }

  /// Blanks a comment that begins or goes on here.
  private mutating func skipComment() -> Bool {
    if commentStart == nil {
      guard beginsComment else { return false }
      commentStart = place
      blank()
      blank()
    }
    while let scalar = rest.first {
      let isEnd = scalar == "*" && rest.second == "/"
      blank()
      if isEnd {
        blank()
        commentStart = nil
        return true
      }
    }
    return true
  }

  private var beginsComment: Bool { rest.first == "/" && rest.second == "*" }

  private mutating func plain() -> Word {
    let start = place
    var content: [Unicode.Scalar] = []
    while let scalar = rest.first, !DefinitionScanner.isBlank(scalar), !beginsComment {
      content.append(scalar)
      keep()
    }
    return word(content, from: start, isQuoted: false)
  }

  private mutating func quoted(log: FindingLog) -> Word {
    let start = place
    var content: [Unicode.Scalar] = []
    var isClosed = false
    keep()
    while let scalar = keep() {
      if scalar == "'" {
        guard rest.first == "'" else {
          isClosed = true
          break
        }
        keep()
      }
      content.append(scalar)
    }
    if !isClosed { log.report(.unterminated("The quoted text", closing: "'"), at: start) }
    return word(content, from: start, isQuoted: true)
  }

  private func word(_ content: [Unicode.Scalar], from start: Place, isQuoted: Bool) -> Word {
    let written = DefinitionScanner.text(content)
    return Word(
      text: written, folded: written.uppercased(), place: start, endColumn: rest.column,
      isQuoted: isQuoted)
  }
}
