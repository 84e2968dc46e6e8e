import Quantities

/// How grave a message is: the letter after its number.
package enum MessageSeverity: String, Sendable {
  case action = "A"
  case error = "E"
  case information = "I"
  case warning = "W"
}

/// What a message says and when: one entry of the catalogue.
package struct MessageDefinition: Sendable {
  /// The number, which is also the return code of the command that failed with it.
  package let number: Int
  package let severity: MessageSeverity
  /// The three letters that name where it comes from; nil takes those of the command.
  package let module: String?
  /// The text; `&1` to `&9` stand for the values.
  package let text: String
  /// When it is issued.
  package let condition: String
  /// What to do about it.
  package let remedy: String

  package init(
    _ number: Int, _ severity: MessageSeverity, _ module: String?, _ text: String,
    when condition: String, remedy: String
  ) {
    self.number = number
    self.severity = severity
    self.module = module
    self.text = text
    self.condition = condition
    self.remedy = remedy
  }

  /// The text with dots where the values stand.
  package var shownText: String {
    (1...5).reduce(text) { $0.replacing("&\($1)", with: "...") }
  }

  /// The number as it is printed: three digits up to 999, then four.
  package var numberText: String {
    digits(number, 3)
  }
}

/// One message with its values: what a command fails with, or says beside its answer.
package struct CommandMessage: Error, Equatable, Sendable {
  package let id: MessageID
  package let values: [String]

  package init(_ id: MessageID, _ values: String...) {
    self.id = id
    self.values = values
  }

  package init(_ id: MessageID, values: [String]) {
    self.id = id
    self.values = values
  }

  /// The command's return code when this is its last error.
  package var returnCode: Int { id.definition.number }

  /// The text alone with its values in place.
  package var text: String {
    var text = id.definition.text
    for (index, value) in values.enumerated() {
      text = text.replacing("&\(index.addingClamped(1))", with: value)
    }
    return text
  }

  /// The whole line: `HCPCQU045E FRED not logged on`.
  ///
  /// `module` is the command's three letters, for a message that names none of its own.
  package func line(module: String) -> String {
    let definition = id.definition
    return "HCP\(definition.module ?? module)\(definition.numberText)"
      + "\(definition.severity.rawValue) \(text)"
  }
}
