import Partitioning
import Quantities

// Commands that the firmware has given here: those of a guest, for its own partition, short, and none that lets time
// pass, and the COMMAND statements of definitions. A guest's are of class G by DIAGNOSE X'08', and of its partition's
// classes at its command port.

extension ControlProgram: CommandInterpreter {
  package func answer(_ command: GuestCommand) -> GuestCommandAnswer {
    // It is no part of the command that lets time pass.
    let (outer, outermost) = (nesting, asking)
    (nesting, asking) = (CommandNesting(), nil)
    defer { (nesting, asking) = (outer, outermost) }
    let result =
      command.isTooMany
      ? CommandResult(CommandMessage(.tooManyCommands, command.partition), module: Self.guestModule)
      : guestCommand(command.text, from: command.partition, by: command.road)
    return GuestCommandAnswer(
      reply: result.lines.map { $0 + "\n" }.joined(),
      returnCode: UInt64(clamping: result.returnCode))
  }

  package func give(_ command: String, asUserOf partition: String) -> String? {
    collectEvents()
    guard let view = system.partitionView(partition) else { return nil }
    // Its definition asks, whoever brings it up.
    let outermost = asking
    asking = nil
    defer { asking = outermost }
    let result = givingForOthers { execute(command, issuer: Issuer(view)) }
    for line in result.lines where onOmitted == nil {
      reportFirmware("\(padded(partition, 8)): \(line)")
    }
    guard result.returnCode != 0 else { return nil }
    return result.errorLine ?? ""
  }

  package func attend(
    _ copy: PartitionManager, _ body: () throws(ManagementError) -> Void
  ) throws(ManagementError) {
    let control = ControlProgram(system: copy, table: table)
    control.nesting = nesting
    control.asking = asking
    control.onOmitted = { _ in }
    // A COMMAND statement only asks them.
    control.records = records
    control.checkpoints = checkpoints
    defer { nesting.spend(as: control.nesting) }
    try body()
  }
}

extension ControlProgram {
  /// Longest text of a guest's commands, as z/VM has it.
  package static let guestCommandLimit = 240
  private static let guestModule = "HVC"

  /// Most bytes of an answer that a guest is given.
  private static func answerLimit(_ road: GuestCommand.Road) -> Int {
    switch road {
    case .call: 8192
    case .port: 1 << 20
    }
  }

  /// Performs the commands in a guest's text, up to the first that fails.
  ///
  /// - Parameters:
  ///   - text: at most 240 bytes; line ends (X'15' in the guest's text) separate commands.
  ///   - partition: whose user gives them.
  ///   - road: how the guest gives them.
  /// - Returns: the answers together, cut to what the guest is given, and the return code of the last command.
  package func guestCommand(
    _ text: String, from partition: String, by road: GuestCommand.Road = .call
  ) -> CommandResult {
    guard text.utf8.count <= Self.guestCommandLimit else {
      return CommandResult(
        CommandMessage(.commandTooLong, "\(Self.guestCommandLimit)"), module: Self.guestModule)
    }
    // Answers are of what belongs to the machine's history alone.
    let wasAnswering = isAnsweringGuest
    isAnsweringGuest = true
    defer { isAnsweringGuest = wasAnswering }
    var result = CommandResult()
    // No other line end separates: what a guest may give in a second is counted by these.
    for line in text.utf8.split(separator: 0x0A) {
      let command = ConsoleText.stripped(Array(line))
      result.append(
        road == .call
          ? execute(command, issuer: .guest(of: partition)) : give(command, atPortOf: partition))
      if result.returnCode != 0 { break }
    }
    var left = Self.answerLimit(road)
    result.lines = Array(
      result.lines.prefix { line in
        left = left.subtractingClamped(line.utf8.count.addingClamped(1))
        return left >= 0
      })
    return result
  }

  /// Gives a command as the user of a partition.
  private func give(_ command: String, atPortOf partition: String) -> CommandResult {
    // An earlier command of the text may have taken the partition down, and it was deleted then.
    guard let view = system.partitionView(partition) else { return CommandResult() }
    let ports = (records, checkpoints, consoleFiles)
    (records, checkpoints, consoleFiles) = (nil, nil, nil)
    defer { (records, checkpoints, consoleFiles) = ports }
    return givingForOthers { execute(command, issuer: Issuer(view)) }
  }

  /// Gives a command that nobody at a console gives.
  private func givingForOthers(_ body: () -> CommandResult) -> CommandResult {
    let isNested = isGivingForOthers
    isGivingForOthers = true
    defer { isGivingForOthers = isNested }
    return body()
  }
}

extension Invocation {
  /// Refuses a guest, and a COMMAND statement, what acts on consoles and pace, or tells of the host.
  func requireConsole() throws(CommandMessage) {
    guard control.answersByHistoryAlone else { return }
    throw CommandMessage(.needsConsole, ([command.keyword.name] + lead).joined(separator: " "))
  }
}

extension Issuer {
  /// A partition's guest, by DIAGNOSE X'08'.
  fileprivate static func guest(of partition: String) -> Issuer {
    Issuer(userid: partition, partition: partition, classes: .general)
  }
}
