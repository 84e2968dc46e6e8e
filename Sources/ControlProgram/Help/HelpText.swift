import Partitioning
import Quantities

/// What HELP shows, from the command table and the message catalogue.
enum HelpText {
  /// Every command that the classes permit with its summary.
  static func overview(_ table: CommandTable, classes: PrivilegeClasses) -> [String] {
    var lines = ["Commands of your classes; capitals are the shortest form. HELP command for more."]
    for command in table.sorted where classes.permitsSome(of: command) {
      let names = ([command.keyword] + command.aliases).map(\.spelling).joined(separator: ", ")
      let summary = wrapped(command.summary, width: 79 - 21, indent: "")
      lines.append("\(padded(names, 20)) \(summary.first ?? "")")
      lines += summary.dropFirst().map { padded("", 21) + $0 }
    }
    lines.append(
      "\(padded("* text", 20)) A comment. # between commands ends one and starts the next.")
    return lines
  }

  /// One command's forms and notes; with an operand only the forms that it leads into.
  static func command(_ command: Command, operand: String?) -> [String] {
    let fitting = command.formats.filter { format in
      guard let operand, let first = format.lead.first else { return operand == nil }
      return first.contains { $0.accepts(operand) }
    }
    var lines = wrapped("\(command.keyword.name): \(command.summary)", width: 78, indent: "")
    for format in fitting.isEmpty ? command.formats : fitting {
      let syntax = "\(command.syntax(of: format))   (class \(format.classes.letters))"
      lines += wrapped(syntax, width: 78, indent: "  ")
      lines += wrapped(format.help, width: 78, indent: "      ")
    }
    for note in command.notes { lines += wrapped(note, width: 78, indent: "  ") }
    return lines
  }

  /// The explanation of a message named `HCP045E`, `HCPCQU045E` or `045E`; nil when the word has
  /// no such form, empty when no message has the number.
  static func message(_ word: String) -> [String]? {
    var rest = Substring(word)
    if rest.hasPrefix("HCP") { rest = rest.dropFirst(3) }
    rest = rest.drop { !$0.isNumber }
    let number = rest.prefix { $0.isNumber && $0.isASCII }
    guard !number.isEmpty, rest.count <= number.count.addingClamped(1),
      word.hasPrefix("HCP") || word.first?.isNumber == true, let value = Int(number)
    else { return nil }
    let found = MessageID.allCases.map(\.definition).filter { $0.number == value }
    return found.flatMap { definition in
      [
        "HCP\(definition.module ?? "")\(definition.numberText)\(definition.severity.rawValue) "
          + definition.shownText
      ]
        + wrapped("Given when: \(definition.condition)", width: 78, indent: "  ")
        + wrapped("What to do: \(definition.remedy)", width: 78, indent: "  ")
    }
  }

  /// A paragraph as lines of at most `width` characters.
  static func wrapped(_ text: String, width: Int, indent: String) -> [String] {
    var lines: [String] = []
    var line = indent
    for word in text.split(separator: " ") {
      if line.count.addingClamped(word.count) >= width, line != indent {
        lines.append(line)
        line = indent
      }
      line += (line == indent ? "" : " ") + word
    }
    return lines + [line]
  }
}
