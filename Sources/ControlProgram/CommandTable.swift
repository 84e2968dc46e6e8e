// The command language as data. Help, completion, privilege and Docs/Commands.md all come from
// these rows; a new command is a row in one of the files of Commands/ and a handler beside it.

import Definitions
import Partitioning

/// Performs a command: answers through the invocation, fails with a message.
package typealias CommandHandler = @Sendable (Invocation) throws(CommandMessage) -> Void

/// What can be typed at an operand position; completion offers these.
package enum OperandKind: Sendable, Equatable {
  /// A defined partition's name.
  case partition
  /// What a partition can be made like: a partition or a PROFILE of the directory.
  case model
  /// A user who can be sent a message: partitions, users, OPERATOR.
  case user
  /// One of the keywords `A|B|C`.
  case words(String)
  /// A whole command, from its verb on.
  case command
  /// A verb of the command table.
  case verb
  /// Something that is not offered: a number, an address, text.
  case other
}

/// One form of a command: its leading keywords, who may use it and what performs it.
package struct CommandFormat: Sendable {
  /// The leading keywords, each with its choices; none for a format that takes what is left.
  package let lead: [[Keyword]]
  /// The operands after the leading keywords, in the notation of the reference.
  package let syntax: String
  /// Who may use it: any of these classes.
  package let classes: PrivilegeClasses
  /// One sentence for help and the reference page.
  package let help: String
  /// The operand positions after the lead, for completion; words at the end repeat.
  package let operands: [OperandKind]
  package let handler: CommandHandler

  /// Creates a form.
  ///
  /// The lead is written as the reference prints it (`Virtual CPUs`, `ONline|OFFline CHPID`), the
  /// classes as letters or `any`.
  package init(
    _ lead: String, _ syntax: String, classes: String, _ help: String,
    operands: [OperandKind] = [], handler: @escaping CommandHandler
  ) {
    self.lead = lead.split(separator: " ").map { keywordChoices(String($0)) }
    self.syntax = syntax
    self.classes = classes == "any" ? .any : PrivilegeClasses(letters: classes)
    self.help = help
    self.operands = operands
    self.handler = handler
  }

  /// The lead as it is printed: `{ONline|OFFline} PROCessor`.
  package var leadText: String {
    lead.map { choices in
      let text = choices.map(\.spelling).joined(separator: "|")
      return choices.count > 1 ? "{\(text)}" : text
    }.joined(separator: " ")
  }
}

/// One verb of the command language.
package struct Command: Sendable {
  package let keyword: Keyword
  /// Other verbs for the same command: CF for CONFIG.
  package let aliases: [Keyword]
  /// The three letters in its messages: `CQU` in HCPCQU045E.
  package let module: String
  /// What it does, in one sentence.
  package let summary: String
  /// Its forms; the first that fits is performed.
  package let formats: [CommandFormat]
  /// What a user should know beyond the formats; paragraphs.
  package let notes: [String]
  /// Whether PLAN can try it; not when it acts on time or on a console.
  package let isRehearsed: Bool
  /// Whether simulated time passes while it is performed.
  package let takesTime: Bool
  /// Whether a COMMAND statement and a guest at its port may give it: not when it acts on time, a console, the
  /// records or the machine's past and end, as an activation, and what a guest does, is at one instant.
  package let isForStatements: Bool

  package init(
    _ spelling: String, aliases: String = "", module: String, _ summary: String,
    notes: [String] = [], isRehearsed: Bool = true, takesTime: Bool = false,
    isForStatements: Bool? = nil,
    formats: [CommandFormat]
  ) {
    keyword = Keyword(spelling)
    self.aliases = keywordChoices(aliases)
    self.module = module
    self.summary = summary
    self.notes = notes
    self.isRehearsed = isRehearsed
    self.takesTime = takesTime
    self.isForStatements = isForStatements ?? isRehearsed
    self.formats = formats
  }

  /// Whether a verb is this command's name, an abbreviation of it or an alias.
  package func accepts(_ verb: String) -> Bool {
    keyword.accepts(verb) || aliases.contains { $0.accepts(verb) }
  }

  /// The classes that may use at least one of its forms.
  package var classes: PrivilegeClasses {
    formats.reduce(into: []) { $0.formUnion($1.classes) }
  }

  /// A form with its verb, as help prints it.
  package func syntax(of format: CommandFormat) -> String {
    [keyword.spelling, format.leadText, format.syntax].filter { !$0.isEmpty }
      .joined(separator: " ")
  }
}

/// The command language: every verb, in order of precedence where abbreviations meet.
package struct CommandTable: Sendable {
  package let commands: [Command]

  /// A table of these commands.
  package init(commands: [Command]) {
    self.commands = commands
  }

  /// The first command that a verb stands for and that an issuer may use in some form.
  package func command(_ verb: String, classes: PrivilegeClasses) -> Command? {
    commands.first { $0.accepts(verb) && classes.permitsSome(of: $0) }
  }

  /// The commands in alphabetical order.
  package var sorted: [Command] {
    commands.sorted { $0.keyword.name < $1.keyword.name }
  }
}

extension PrivilegeClasses {
  /// Whether an issuer with these classes may use a command in some form.
  package func permitsSome(of command: Command) -> Bool {
    command.formats.contains { permits($0.classes) }
  }
}
