import Definitions

/// The operands of a command, taken from left to right.
package struct Operands: Sendable {
  private var text: Substring

  package init(_ text: String) {
    self.text = Substring(CommandParser.trimmed(text))
  }

  /// Whether nothing is left.
  package var isEmpty: Bool { text.isEmpty }

  /// Everything that is left, in the case it was typed.
  package var remainder: String { String(text) }

  /// The next operand in upper case, not taken.
  package var peek: String? {
    text.isEmpty ? nil : text.prefix { !CommandParser.isBlank($0) }.uppercased()
  }

  /// Takes the next operand in upper case.
  package mutating func next() -> String? {
    nextVerbatim()?.uppercased()
  }

  /// Takes the next operand in the case it was typed.
  package mutating func nextVerbatim() -> String? {
    guard !text.isEmpty else { return nil }
    let word = text.prefix { !CommandParser.isBlank($0) }
    text = text.drop { !CommandParser.isBlank($0) }.drop(while: CommandParser.isBlank)
    return String(word)
  }

  /// Takes the next operand when it is the keyword or an abbreviation of it.
  package mutating func take(_ spelling: String) -> Bool {
    take(anyOf: spelling) != nil
  }

  /// Takes the next operand when it is one of the choices `A|B|C`; the choice's whole name.
  package mutating func take(anyOf choices: String) -> String? {
    guard let word = peek,
      let keyword = keywordChoices(choices).first(where: { $0.accepts(word) })
    else { return nil }
    _ = next()
    return keyword.name
  }

  /// Takes everything that is left, in the case it was typed.
  package mutating func takeRemainder() -> String {
    defer { text = "" }
    return String(text)
  }

  /// Takes a text in quotes `'...'` (a doubled quote is one quote), or one word without quotes.
  ///
  /// nil when nothing is left or the closing quote is missing.
  package mutating func takeText() -> String? {
    guard let quote = text.first, quote == "'" else { return nextVerbatim() }
    var rest = text.dropFirst()
    var result = ""
    while let character = rest.popFirst() {
      if character != quote {
        result.append(character)
      } else if rest.first == quote {
        result.append(quote)
        rest = rest.dropFirst()
      } else {
        text = rest.drop(while: CommandParser.isBlank)
        return result
      }
    }
    return nil
  }
}

extension Operands {
  /// The next operand; 026E when there is none.
  package mutating func required() throws(CommandMessage) -> String {
    guard let word = next() else { throw CommandMessage(.operandMissing) }
    return word
  }

  /// Refuses operands that are left over: 003E.
  package func end() throws(CommandMessage) {
    if let word = peek { throw CommandMessage(.extraOption, word) }
  }

  /// The next operand as a userid; 020E when there is none, 007E when it cannot be one.
  package mutating func userid() throws(CommandMessage) -> String {
    guard let word = next() else { throw CommandMessage(.useridMissing) }
    guard isUserid(word) else { throw CommandMessage(.invalidUserid, word) }
    return word
  }

  /// The next operand as a userid, `*` or a pattern with `*`.
  package mutating func useridPattern() throws(CommandMessage) -> String {
    guard let word = next() else { throw CommandMessage(.useridMissing) }
    let plain = word.filter { $0 != "*" }
    guard plain.isEmpty || isUserid(plain) else { throw CommandMessage(.invalidUserid, word) }
    return word
  }
}
