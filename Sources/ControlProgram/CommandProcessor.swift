import Partitioning

/// What a command came to: its answer, line by line, and its return code.
package struct CommandResult: Equatable, Sendable {
  /// Lines without blanks at the end.
  package var lines: [String]
  /// 0, or the number of the last error message.
  package var returnCode: Int
  /// The error messages in order, also when the answer is suppressed.
  package var errorLines: [String]
  /// The last error message.
  package var errorLine: String? { errorLines.last }

  package init(lines: [String] = [], returnCode: Int = 0, errorLines: [String] = []) {
    self.lines = lines
    self.returnCode = returnCode
    self.errorLines = errorLines
  }

  /// A command that failed before it began.
  init(_ message: CommandMessage, module: String) {
    let line = message.line(module: module)
    self.init(lines: [line], returnCode: message.returnCode, errorLines: [line])
  }

  /// Adds what another command came to; the later failure counts.
  package mutating func append(_ other: CommandResult, prefix: String = "") {
    lines += other.lines.map { prefix + $0 }
    errorLines += other.errorLines
    if other.returnCode != 0 { returnCode = other.returnCode }
  }
}

/// Who gives a command.
package struct Issuer: Sendable, Equatable {
  /// The user: OPERATOR, or the name of a partition.
  package let userid: String
  /// The partition that a class G verb acts on; nil for a user without one.
  package let partition: String?
  package let classes: PrivilegeClasses
  /// The processor that DISPLAY and STORE of registers act on.
  package var processor = 0

  package init(userid: String, partition: String? = nil, classes: PrivilegeClasses) {
    self.userid = userid
    self.partition = partition
    self.classes = classes
  }
}

/// One command being performed: its operands and its answer.
package final class Invocation {
  package let control: ControlProgram
  /// The console it came from; nil when a guest, FOR or an interface gave it.
  package let console: ConsoleSession?
  package let issuer: Issuer
  package let command: Command
  /// The leading keywords that were given, by their whole names.
  package let lead: [String]
  /// The operands after the leading keywords.
  package var operands: Operands
  package private(set) var result = CommandResult()
  /// The command as a whole, as it would be given for a partition.
  private let wholeText: String

  init(
    control: ControlProgram, console: ConsoleSession?, issuer: Issuer, command: Command,
    lead: [String], operands: Operands
  ) {
    self.control = control
    self.console = console
    self.issuer = issuer
    self.command = command
    self.lead = lead
    self.operands = operands
    wholeText = ([command.keyword.name] + lead + [operands.remainder])
      .filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// The machine.
  package var system: PartitionManager { control.system }

  /// Adds a line to the answer.
  package func reply(_ line: String) {
    result.lines.append(withoutBlanksAtEnd(line))
  }

  /// Adds a message to the answer; an error also sets the return code.
  package func reply(_ message: CommandMessage) {
    let line = message.line(module: command.module)
    reply(line)
    if message.id.definition.severity == .error {
      result.returnCode = message.returnCode
      result.errorLines.append(line)
    }
  }

  /// Adds another command's answer, each line behind a prefix.
  package func reply(_ other: CommandResult, prefix: String = "") {
    result.append(other, prefix: prefix)
  }

  /// Whether the issuer may learn of the use that others make of the machine.
  ///
  /// A partition's own user may when its global performance data control is on.
  package var seesOthers: Bool { system.seesOthers(author) }

  /// Of these partitions those whose use of the machine the issuer may see.
  package func visible(_ names: [String]) -> [String] {
    seesOthers ? names : names.filter { $0 == issuer.partition }
  }

  /// Who an action of this command is by: a partition's own user, whom its switches bind, or a user
  /// with his classes.
  package var author: Author {
    issuer.partition.map { .partition($0) } ?? .user(issuer.userid, classes: issuer.classes)
  }

  /// The issuer's own partition; users without one are told to use FOR if they may.
  package func ownPartition() throws(CommandMessage) -> String {
    guard let name = issuer.partition else { throw noPartition() }
    return name
  }

  /// What says that a user has no partition for this command to act on.
  func noPartition() -> CommandMessage {
    let mayUseFor = issuer.classes.permits(PrivilegeClasses(letters: "C"))
    return CommandMessage(
      .noPartition, issuer.userid, mayUseFor ? "; use FOR userid CMD \(wholeText)" : "")
  }

  /// Shows a line at once, before the answer is complete: what a command is about to do.
  func announce(_ line: String) {
    if let console { console.show(.message(line)) } else { reply(line) }
  }

  /// A name, `*` or a pattern as the names of partitions, in name order.
  ///
  /// A plain name must be defined (053E); a pattern must fit at least one partition.
  package func partitions(_ pattern: String) throws(CommandMessage) -> [String] {
    if pattern == "*" {
      guard let own = issuer.partition else {
        throw CommandMessage(.ownPartitionMissing, issuer.userid)
      }
      return [own]
    }
    let names = control.partitionNames
    if !pattern.contains("*") {
      guard names.contains(pattern) else { throw CommandMessage(.notInDirectory, pattern) }
      return [pattern]
    }
    let found = names.filter { matches($0, pattern: pattern) }
    if found.isEmpty { throw CommandMessage(.noMatch, pattern) }
    return found
  }

  /// Does something for each partition of a pattern; one that fails does not stop the others.
  package func forEach(
    _ pattern: String, _ body: (String) throws(CommandMessage) -> Void
  ) throws(CommandMessage) {
    for name in try partitions(pattern) {
      do {
        try body(name)
      } catch {
        reply(error)
      }
    }
  }

  /// Has the firmware do something; its refusal becomes the command's message.
  @discardableResult
  package func perform(_ action: ManagementAction) throws(CommandMessage) -> ManagementResult {
    do {
      return try system.perform(action, by: author)
    } catch {
      throw CommandMessage(error)
    }
  }
}

extension ControlProgram {
  /// Longest command, in bytes: room for a page of data to STORE.
  package static let commandLimit = 16_384

  /// Performs one logical line.
  ///
  /// A line that is too long, or a command inside too many others, is refused.
  package func execute(
    _ logicalLine: String, issuer: Issuer, console: ConsoleSession? = nil
  ) -> CommandResult {
    guard logicalLine.utf8.count <= Self.commandLimit else {
      return CommandResult(
        CommandMessage(.commandTooLong, "\(Self.commandLimit)"), module: "CMD")
    }
    guard let line = CommandParser.parse(logicalLine) else { return CommandResult() }
    guard let nesting = nesting.inner() else {
      return CommandResult(CommandMessage(.nestedTooDeep, line.verb), module: "CMD")
    }
    let (outer, outermost) = (self.nesting, asking)
    self.nesting = nesting
    asking = asking ?? issuer
    defer { (self.nesting, asking) = (outer.after(self.nesting), outermost) }
    var result = execute(line, issuer: issuer, console: console)
    if line.isSilent { result.lines = [] }
    return result
  }

  private func execute(
    _ line: CommandLine, issuer: Issuer, console: ConsoleSession?
  ) -> CommandResult {
    guard let command = table.command(line.verb, classes: issuer.classes) else {
      var result = CommandResult(CommandMessage(.unknownCommand, line.verb), module: "CMD")
      if let advice = FamiliarWords.advice(on: line.verb, classes: issuer.classes) {
        result.lines.append(CommandMessage(.familiarWord, advice).line(module: "CMD"))
      }
      return result
    }
    guard !isGivingForOthers || command.isForStatements else {
      return CommandResult(
        CommandMessage(.needsConsole, command.keyword.name), module: command.module)
    }
    if let onOmitted, !command.isRehearsed {
      onOmitted(line.operands.isEmpty ? line.verb : "\(line.verb) \(line.operands)")
      return CommandResult()
    }
    do {
      var operands = Operands(line.operands)
      let (format, lead) = try select(command, &operands, classes: issuer.classes)
      let invocation = Invocation(
        control: self, console: console, issuer: issuer, command: command, lead: lead,
        operands: operands)
      do {
        try format.handler(invocation)
      } catch {
        invocation.reply(error)
      }
      return invocation.result
    } catch {
      return CommandResult(error, module: command.module)
    }
  }

  /// Finds the form of a command that its operands ask for and takes its leading keywords.
  ///
  /// A form outside the issuer's classes does not exist for him: its keyword is an invalid option.
  private func select(
    _ command: Command, _ operands: inout Operands, classes: PrivilegeClasses
  ) throws(CommandMessage) -> (CommandFormat, [String]) {
    var deepest = 0
    var rejected: String? = operands.peek
    for format in command.formats where classes.permits(format.classes) && !format.lead.isEmpty {
      var rest = operands
      var lead: [String] = []
      for choices in format.lead {
        guard let word = rest.peek, let keyword = choices.first(where: { $0.accepts(word) })
        else { break }
        _ = rest.next()
        lead.append(keyword.name)
      }
      if lead.count == format.lead.count {
        operands = rest
        return (format, lead)
      }
      if lead.count > deepest {
        deepest = lead.count
        rejected = rest.peek
      }
    }
    let isForbidden = command.formats.contains { format in
      guard let word = operands.peek, let first = format.lead.first else { return false }
      return !classes.permits(format.classes) && first.contains { $0.accepts(word) }
    }
    if deepest == 0, !isForbidden,
      let format = command.formats.first(where: { $0.lead.isEmpty && classes.permits($0.classes) })
    {
      return (format, [])
    }
    guard let rejected else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, rejected)
  }
}
