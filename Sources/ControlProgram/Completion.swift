import Definitions
import Partitioning
import Quantities

/// What could stand at the end of a command line, from the command table and the machine's names.
struct Completion {
  let control: ControlProgram
  let classes: PrivilegeClasses

  /// Candidates for the last word of a line, whole words in alphabetical order.
  ///
  /// None for a line that would be refused because it is too long or nested too deep.
  func candidates(for line: String) -> [String] {
    guard line.utf8.count <= ControlProgram.commandLimit else { return [] }
    var text = Substring(line)
    let logicalLines = text.split(
      separator: CommandParser.lineEnd, omittingEmptySubsequences: false)
    text = logicalLines.last ?? text
    var words = text.split(whereSeparator: CommandParser.isBlank).map { $0.uppercased() }
    if text.isEmpty || text.last.map(CommandParser.isBlank) == true { words.append("") }
    while let first = words.first, words.count > 1, first == "CP" || first == "." {
      words.removeFirst()
    }
    return Array(Set(candidates(words[...], CommandNesting()))).sorted()
  }

  private func candidates(_ words: ArraySlice<String>, _ nesting: CommandNesting) -> [String] {
    guard let verb = words.first, let nesting = nesting.inner() else { return [] }
    if words.count == 1 {
      let isSilent = verb.hasPrefix(".")
      let names = verbs().filter { $0.hasPrefix(isSilent ? String(verb.dropFirst()) : verb) }
      return isSilent ? names.map { "." + $0 } : names
    }
    let name = verb.hasPrefix(".") ? String(verb.dropFirst()) : verb
    guard let command = control.table.command(name, classes: classes) else { return [] }
    return command.formats.filter { classes.permits($0.classes) }
      .flatMap { candidates($0, words.dropFirst(), nesting) }
  }

  private func verbs() -> [String] {
    control.table.commands.filter { classes.permitsSome(of: $0) }
      .flatMap { [$0.keyword.name] + $0.aliases.map(\.name) }
  }

  /// Candidates by one form, for the words after the verb.
  private func candidates(
    _ format: CommandFormat, _ words: ArraySlice<String>, _ nesting: CommandNesting
  ) -> [String] {
    var words = words
    for choices in format.lead {
      guard let word = words.popFirst() else { return [] }
      if words.isEmpty {
        return choices.map(\.name).filter { $0.hasPrefix(word) }
      }
      guard choices.contains(where: { $0.accepts(word) }) else { return [] }
    }
    guard let last = words.last else { return [] }
    if let start = format.operands.firstIndex(of: .command), words.count > start {
      // Cannot trap: an index of an array.
      return candidates(words.dropFirst(start), nesting)
    }
    guard words.count > format.operands.count else {
      return (format.operands.element(at: words.count.subtractingClamped(1)).map(values) ?? [])
        .filter { $0.hasPrefix(last) }
    }
    guard case .words(let choices) = format.operands.last else { return [] }
    return values(.words(choices)).filter { $0.hasPrefix(last) }
  }

  private func values(_ kind: OperandKind) -> [String] {
    switch kind {
    case .partition: control.partitionNames
    case .model: control.partitionNames + control.system.definition.templates.map(\.name)
    case .user: control.partitionNames + control.loggedOnUsers()
    case .words(let choices): keywordChoices(choices).map(\.name)
    case .verb: verbs()
    case .command, .other: []
    }
  }
}
