import Quantities

// CP commands that guests give, by DIAGNOSE X'08' or at a port: how many in a second, who answers, and whose action
// it is that a command leads to.

/// A text of CP commands that a guest gives.
package struct GuestCommand: Sendable, Equatable {
  /// How it is given.
  package enum Road: Sendable, Equatable {
    /// By DIAGNOSE X'08'.
    case call
    /// At the partition's command port, which only the guest's superuser opens.
    case port
  }

  /// Name of the guest's partition.
  package var partition: String
  /// The commands, a line each.
  package var text: String
  /// How it is given.
  package var road: Road
  /// Whether the guest has given as many as it may in this second, so that it is not performed.
  package var isTooMany = false
}

/// What a guest is answered to a CP command.
package struct GuestCommandAnswer: Sendable, Equatable {
  /// The lines, each with its end.
  package var reply: String
  /// Return code of the last command in the text.
  package var returnCode: UInt64

  /// Creates an answer.
  package init(reply: String, returnCode: UInt64) {
    self.reply = reply
    self.returnCode = returnCode
  }

  /// The answer to a CP command beyond what a guest may give, and to one where nobody answers.
  static let refused = GuestCommandAnswer(reply: "", returnCode: 1)
}

/// The commands of guests.
final class GuestCommands: FirmwareObject {
  /// What is kept beside the partitions' own allowances.
  struct State: Equatable, Sendable, Codable {
    /// Number of the partition whose guest's command is being performed: not an action from outside.
    var commandingPartition: Int?
  }

  let hardware: MachineHardware
  /// Asks whoever gives commands in CP's words; nil when nobody does.
  var ask: (GuestCommand) -> GuestCommandAnswer? = { _ in nil }
  var state: State

  init(_ hardware: MachineHardware, _ state: State) {
    self.hardware = hardware
    self.state = state
  }

  static var roles: PropertyRoles {
    PropertyRoles(state: ["state"], wiring: ["hardware", "ask"])
  }

  /// Whether a guest's command is being performed.
  var isUnderWay: Bool { state.commandingPartition != nil }

  /// Has a guest's command performed.
  func perform(
    _ text: [UInt8], of partition: Partition, by road: GuestCommand.Road
  ) -> GuestCommandAnswer {
    let printable = String(decoding: text.map { $0 == 0x15 ? 0x0A : $0 }, as: UTF8.self)
    var command = GuestCommand(partition: partition.name, text: printable, road: road)
    let second = now / 1_000_000_000
    if partition.commandSecond != second {
      partition.commandSecond = second
      partition.refusalAllowance = PartitionState.refusalsPerSecond
      // What the last command's actions were too many is taken off.
      partition.commandAllowance = min(
        PartitionState.commandsPerSecond,
        partition.commandAllowance.addingClamped(PartitionState.commandsPerSecond))
    }
    guard partition.commandAllowance > 0 else {
      command.isTooMany = true
      return road == .port ? ask(command) ?? .refused : .refused
    }
    // Each command of a text is one of those that the guest may give in a second.
    let commandCount = max(1, printable.utf8.split(separator: 0x0A).count)
    partition.commandAllowance = partition.commandAllowance.subtractingClamped(commandCount)
    let before = state.commandingPartition
    state.commandingPartition = partition.number
    defer { state.commandingPartition = before }
    return ask(command) ?? .refused
  }

  private var commanding: Partition? { state.commandingPartition.flatMap { partitions[$0] } }

  /// Takes an action of a guest's command off what the guest may do in this second.
  func takeAllowance() {
    guard let partition = commanding else { return }
    partition.commandAllowance = partition.commandAllowance.subtractingClamped(1)
  }

  /// Whether a refusal is recorded: of a guest's own, only so many in a second.
  func isRefusalKept() -> Bool {
    guard let partition = commanding else { return true }
    guard partition.refusalAllowance > 0 else { return false }
    partition.refusalAllowance = partition.refusalAllowance.subtractingClamped(1)
    return true
  }
}
