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

  /// Takes a keyword; an unknown one is reported and skipped with what seems to belong to it.
  ///
  /// - Parameters:
  ///   - verb: The statement, for the message.
  ///   - legal: Keywords that are legal here.
  ///   - abbreviations: Short forms that are legal too, but not proposed.
  /// - Returns: The keyword; nil when none came.
  mutating func keyword(
    of verb: String, from legal: [String], abbreviations: [String] = []
  ) -> Word? {
    func isLegal(_ word: Word) -> Bool {
      !word.isQuoted && (legal.contains(word.folded) || abbreviations.contains(word.folded))
    }
    while let word = take() {
      if isLegal(word) { return word }
      log.report(.unknownOperand(word.text, of: verb, legal: legal), at: word.place)
      while let skipped = peek, !isLegal(skipped) { _ = take() }
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
    var text = word.text[...]
    if percent, text.last == "%" { text = text.dropLast() }
    guard let value = fixedPoint(text, places: 2), range.contains(value) else {
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
    guard Self.isName(word.folded), !word.isQuoted else {
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

  /// Whether this is 1-8 characters A-Z 0-9 @ # $.
  static func isName(_ folded: String) -> Bool {
    (1...8).contains(folded.utf8.count)
      && folded.utf8.allSatisfy {
        (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || [0x40, 0x23, 0x24].contains($0)
      }
  }
}
