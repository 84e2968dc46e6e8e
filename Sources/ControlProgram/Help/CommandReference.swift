/// The reference page of the command language, made from the command table and the catalogue.
package enum CommandReference {
  /// The text of Docs/Commands.md.
  package static func markdown(_ table: CommandTable = .standard) -> String {
    var lines = introduction
    lines.append("## Commands")
    lines.append("")
    for command in table.sorted { lines += section(command) }
    lines += ["## Messages", ""]
    lines.append("The return code of a command is the number of its last error message.")
    lines += ["", "| message | given when | what to do |", "| --- | --- | --- |"]
    let definitions = MessageID.allCases.map(\.definition).enumerated().sorted {
      ($0.element.number, $0.offset) < ($1.element.number, $1.offset)
    }
    for (_, definition) in definitions {
      let severity = definition.severity.rawValue
      lines.append(
        "| `\(definition.numberText)\(severity)` \(definition.shownText.replacing("|", with: "\\|")) | \(definition.condition) "
          + "| \(definition.remedy) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ command: Command) -> [String] {
    var lines = ["### \(command.keyword.name)", "", command.summary]
    if !command.aliases.isEmpty {
      lines[2] += " Also " + command.aliases.map(\.spelling).joined(separator: ", ") + "."
    }
    lines += ["", "| form | class | |", "| --- | --- | --- |"]
    for format in command.formats {
      let syntax = command.syntax(of: format).replacing("|", with: "\\|")
      lines.append("| `\(syntax)` | \(format.classes.letters) | \(format.help) |")
    }
    lines.append("")
    for note in command.notes { lines += [note, ""] }
    return lines
  }

  private static let introduction = [
    "# CP commands",
    "",
    "Made from the command table by `CommandReference`; change the table, not this page.",
    "",
    "Capitals are the shortest form of a word: `Query` may be typed as Q. `[ ]` is optional, `{ | }`",
    "a choice, `...` repeats. A form outside your privilege classes does not exist for you. Words are",
    "accepted in either case; text keeps its case.",
    "",
    "- `#` (LINEND) ends a command and starts the next on the same line; `\"#` is a # that does not.",
    "- `* text` is a comment. `CP command` and `#CP command` are the command.",
    "- `.command` is `SILENTLY command`: no answer, only the return code.",
    "- A userid of `*` is your own. A pattern such as `SPIN*` stands for every partition that fits,",
    "  answered one for each in name order; one that fails does not stop the others.",
    "- A verb for one's own partition (IPL, BEGIN, STOP, SYSTEM, DEFINE, DETACH, DISPLAY, STORE,",
    "  CONFIG, QUERY VIRTUAL) is given for another by `FOR name CMD command`.",
    "- Processor, path and device numbers and addresses are hexadecimal; sizes, weights and times are",
    "  decimal.",
    "",
    "## Scripts",
    "",
    "A script is a file of commands. It stops at the first command whose return code is not 0 and",
    "names file, line and message. Commands happen at one instant of simulated time; only SLEEP and",
    "WAIT let it pass (and SHUTDOWN WITHIN). SHUTDOWN ends a script, and so do LOGOFF and DISCONN that",
    "are not a guest's; what stands behind them is not performed.",
    "",
    "| statement | |",
    "| --- | --- |",
    "| `* text` | A comment. |",
    "| `.command` | The answer is not shown; a failure still stops the script. |",
    "| `&TYPE text` | Shows a text. |",
    "| `&ERROR &CONTINUE` | From here on failures do not stop the script. |",
    "| `&ERROR &EXIT` | From here on they do again. |",
    "| `&EXIT [n]` | Ends the script with the return code n (0 to 255). |",
    "",
  ]
}
