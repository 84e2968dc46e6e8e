// How a line from a console, a script or a guest becomes commands.
//
//   line --LINEND #--> logical lines --prefixes--> verb + operand text
//
// `"#` is a # that does not split. `* text` is a comment. `CP cmd` and `#CP cmd` are cmd; `.cmd`
// is SILENTLY cmd (a CP convention of VM/370's community). Operand text keeps its case: a handler
// folds the operands that are words and leaves text alone.

/// One logical line, split into its verb and the operands' text.
package struct CommandLine: Equatable, Sendable {
  /// The verb in upper case.
  package let verb: String
  /// What follows the verb and its blanks, in the case it was typed.
  package let operands: String
  /// Whether a leading `.` asked for no responses.
  package let isSilent: Bool
}

/// Splits input by the rules of the CP console.
package enum CommandParser {
  /// The symbol that ends a logical line.
  package static let lineEnd: Character = "#"
  /// The symbol before `#` that takes its meaning away.
  package static let escape: Character = "\""

  /// Splits a line at the LINEND symbol; the leading `#CP` of a line is a prefix and not a split.
  package static func logicalLines(of line: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    var rest = Substring(line)
    if let escaped = afterEscape(rest) {
      rest = escaped
      piece = "CP "
    }
    while let character = rest.popFirst() {
      if character == escape, rest.first == lineEnd {
        piece.append(lineEnd)
        rest = rest.dropFirst()
      } else if character == lineEnd {
        pieces.append(piece)
        piece = ""
      } else {
        piece.append(character)
      }
    }
    pieces.append(piece)
    return pieces.map(trimmed).filter { !$0.isEmpty }
  }

  /// Whether a line typed at a guest's console is for CP: it begins with `#CP`.
  package static func isForCP(_ line: String) -> Bool {
    afterEscape(Substring(line)) != nil
  }

  /// Takes a logical line apart; nil for an empty line, a comment or a CP prefix with nothing after.
  package static func parse(_ logicalLine: String) -> CommandLine? {
    var text = Substring(trimmed(logicalLine))
    var isSilent = false
    while true {
      if text.isEmpty || text.first == "*" { return nil }
      if text.first == "." {
        isSilent = true
        text = text.dropFirst().drop(while: isBlank)
        continue
      }
      let verb = text.prefix { !isBlank($0) }
      let operands = text.drop { !isBlank($0) }.drop(while: isBlank)
      if verb.uppercased() == "CP" || verb.uppercased() == "#CP" {
        text = operands
        continue
      }
      return CommandLine(
        verb: verb.uppercased(), operands: String(operands), isSilent: isSilent)
    }
  }

  /// Text without the byte order mark that some editors write before it.
  package static func withoutMark(_ text: String) -> Substring {
    Substring(text.unicodeScalars.drop { $0 == "\u{FEFF}" })
  }

  /// Blanks as CP sees them: spaces and tabs.
  package static func isBlank(_ character: Character) -> Bool {
    character == " " || character == "\t"
  }

  /// Without blanks at either end.
  package static func trimmed(_ text: some StringProtocol) -> String {
    var text = Substring(text).drop(while: { isBlank($0) || $0.isNewline })
    while let last = text.last, isBlank(last) || last.isNewline { text = text.dropLast() }
    return String(text)
  }

  /// What follows a leading `#CP` that is followed by a blank or by nothing; nil without one.
  private static func afterEscape(_ line: Substring) -> Substring? {
    let text = line.drop(while: isBlank)
    guard text.prefix(3).uppercased() == "#CP" else { return nil }
    let rest = text.dropFirst(3)
    guard let next = rest.first else { return rest }
    return isBlank(next) ? rest.drop(while: isBlank) : nil
  }
}
