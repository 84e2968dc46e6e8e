import Quantities

/// Takes the operands of a free-form statement one by one, and reports what is wrong with them.
struct OperandReader {
  /// Greatest size that can be said, in bytes.
  private static let sizeLimit: UInt64 = 1 << 62

  /// The verb.
  let verb: Word
  let log: FindingLog
  private var rest: ArraySlice<Word>
  /// The statement's last word.
  private let last: Word
  /// The word before the next operand.
  private var before: Word

  /// Starts after the verb.
  init(_ statement: Statement, log: FindingLog) {
    verb = statement.verb
    rest = statement.operands
    last = statement.operands.last ?? statement.verb
    before = statement.verb
    self.log = log
  }

  /// The operand that is next, without taking it.
  var peek: Word? { rest.first }
  /// Where the next operand stands or would stand.
  var place: Place { peek?.place ?? last.end }

  /// Takes the next operand, whatever it is.
  mutating func word(_ what: String) -> Word? {
    guard let word = take() else {
      log.report(.missingOperand(what, after: before.text), at: place)
      return nil
    }
    return word
  }

  private mutating func take() -> Word? {
    guard let word = rest.popFirst() else { return nil }
    before = word
    return word
  }

  /// Takes the next operand when it is this keyword.
  mutating func take(_ keyword: String) -> Bool {
    guard let word = peek, word.folded == keyword, !word.isQuoted else { return false }
    return take() != nil
  }

  /// Whether one of the choices `A|B|C` or an abbreviation of it is next.
  func isNext(anyOf choices: String) -> Bool {
    guard let word = peek, !word.isQuoted else { return false }
    return keywordChoices(choices).contains { $0.accepts(word.folded) }
  }

  /// Takes one of the choices `A|B|C` or an abbreviation of it, as `keyword` does; the choice's whole name.
  mutating func choice(of verb: String, _ choices: String) -> (name: String, place: Place)? {
    taken(of: verb, from: keywordChoices(choices)).map { ($0.keyword.name, $0.word.place) }
  }

  /// Takes a keyword; an unknown one is reported and skipped with what seems to belong to it.
  ///
  /// - Parameters:
  ///   - verb: The statement, for the message.
  ///   - legal: Keywords that are legal here.
  /// - Returns: The keyword; nil when none came.
  mutating func keyword(of verb: String, from legal: [String]) -> Word? {
    taken(of: verb, from: legal.map { Keyword($0) })?.word
  }

  private mutating func taken(
    of verb: String, from legal: [Keyword]
  ) -> (word: Word, keyword: Keyword)? {
    func meant(_ word: Word) -> Keyword? {
      word.isQuoted ? nil : legal.first { $0.accepts(word.folded) }
    }
    while let word = take() {
      if let keyword = meant(word) { return (word, keyword) }
      log.report(.unknownOperand(word.text, of: verb, legal: legal.map(\.name)), at: word.place)
      while let skipped = peek, meant(skipped) == nil { _ = take() }
    }
    return nil
  }

  /// Skips the operands of a statement that is refused as a whole.
  mutating func skip() {
    rest = []
    before = last
  }

  /// Reports operands that nobody took.
  mutating func end() {
    guard let word = peek else { return }
    log.report(.extraOperand(word.text, after: before.text), at: word.place)
    skip()
  }

  /// Takes a decimal number.
  mutating func number(_ what: String, in range: ClosedRange<Int>) -> Int? {
    guard let word = word(what) else { return nil }
    guard let value = decimal(word.text, as: Int.self), range.contains(value) else {
      log.report(.number(word.text, what: what, range: range), at: word.place)
      return nil
    }
    return value
  }

  /// Takes a number with at most two decimals, as hundredths.
  mutating func hundredths(
    _ what: String, in range: ClosedRange<Int>, percent: Bool = false
  ) -> Int? {
    guard let word = word(what) else { return nil }
    let said = percent ? percentage(word.text, places: 2) : fixedPoint(word.text, places: 2)
    guard let value = said, range.contains(value) else {
      log.report(.hundredths(word.text, what: what, range: range, percent: percent), at: word.place)
      return nil
    }
    return value
  }

  /// Takes a size such as `64M`.
  mutating func size(_ what: String) -> UInt64? {
    guard let word = word(what) else { return nil }
    guard let value = byteCount(word.folded), value <= Self.sizeLimit else {
      log.report(.size(word.text, what: what), at: word.place)
      return nil
    }
    return value
  }

  /// Takes a rate such as `800MB`, bytes a second.
  mutating func rate(_ what: String) -> UInt64? {
    guard let word = word(what) else { return nil }
    var text = word.folded[...]
    if text.hasSuffix("/S") { text = text.dropLast(2) }
    if text.hasSuffix("B") { text = text.dropLast() }
    guard let value = byteCount(text), value > 0, value <= 1 << 50 else {
      log.report(.rate(word.text, what: what), at: word.place)
      return nil
    }
    return value
  }

  /// Takes a duration such as `100US`, as nanoseconds.
  mutating func duration(_ what: String, in range: ClosedRange<UInt64>) -> UInt64? {
    guard let word = word(what) else { return nil }
    guard let value = nanoseconds(word.folded), range.contains(value) else {
      log.report(.duration(word.text, what: what, range: range), at: word.place)
      return nil
    }
    return value
  }

  /// Takes a device number, 1-4 hexadecimal digits.
  mutating func deviceNumber(_ what: String) -> UInt16? {
    guard let word = word(what) else { return nil }
    guard let value = Self.deviceNumber(word.text) else {
      log.report(.deviceNumber(word.text, what: what), at: word.place)
      return nil
    }
    return value
  }

  /// Takes a name of 1-8 characters A-Z 0-9 @ # $.
  mutating func name(_ what: String) -> Word? {
    guard let word = word(what) else { return nil }
    guard isUserid(word.folded), !word.isQuoted else {
      log.report(.name(word.text, what: what), at: word.place)
      return nil
    }
    return word
  }

  // MARK: - Values

  /// A device number, 1-4 hexadecimal digits.
  static func deviceNumber(_ text: some StringProtocol) -> UInt16? {
    hexadecimal(text, digits: 4, as: UInt16.self)
  }

}
