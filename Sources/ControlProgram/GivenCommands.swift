import Partitioning
import Quantities

// Commands that the firmware has given here: those of a guest by DIAGNOSE X'08' (of class G, for its own partition,
// short, answered shortly, and none that lets time pass), and the COMMAND statements of definitions.

extension ControlProgram: CommandInterpreter {
  package func answer(_ text: String, ofGuestIn partition: String) -> GuestCommandAnswer {
    let result = guestCommand(text, from: partition)
    return GuestCommandAnswer(
      reply: result.lines.map { $0 + "\n" }.joined(),
      returnCode: UInt64(clamping: result.returnCode))
  }

  package func give(_ command: String, asUserOf partition: String) -> String? {
    collectEvents()
    guard let view = system.partitionView(partition) else { return nil }
    let isNested = isGivingStatement
    isGivingStatement = true
    defer { isGivingStatement = isNested }
    let result = execute(command, issuer: Issuer(view))
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
  /// Most bytes of an answer that a guest is given.
  package static let guestAnswerLimit = 8192

  /// Performs the commands in a guest's text, up to the first that fails.
  ///
  /// - Parameters:
  ///   - text: at most 240 bytes; line ends (X'15' in the guest's text) separate commands.
  ///   - partition: whose user gives them.
  /// - Returns: the answers together, cut to 8192 bytes, and the return code of the last command.
  package func guestCommand(_ text: String, from partition: String) -> CommandResult {
    guard text.utf8.count <= Self.guestCommandLimit else {
      return CommandResult(
        CommandMessage(.commandTooLong, "\(Self.guestCommandLimit)"), module: "HVC")
    }
    let issuer = Issuer(userid: partition, partition: partition, classes: .general)
    var result = CommandResult()
    for line in text.split(whereSeparator: \.isNewline) {
      result.append(execute(ConsoleText.stripped(Array(line.utf8)), issuer: issuer))
      if result.returnCode != 0 { break }
    }
    var left = Self.guestAnswerLimit
    result.lines = Array(
      result.lines.prefix { line in
        left = left.subtractingClamped(line.utf8.count.addingClamped(1))
        return left >= 0
      })
    return result
  }
}
