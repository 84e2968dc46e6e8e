@testable import Partitioning

/// Answers guests' commands by a function, as a control program would; it gives none itself.
final class StandInInterpreter: CommandInterpreter {
  private let answer: (_ partition: String, _ text: String) -> GuestCommandAnswer

  init(_ answer: @escaping (_ partition: String, _ text: String) -> GuestCommandAnswer) {
    self.answer = answer
  }

  func answer(_ command: GuestCommand) -> GuestCommandAnswer {
    answer(command.partition, command.text)
  }

  func give(_ command: String, asUserOf partition: String) -> String? { "none is given here" }

  func attend(
    _ copy: PartitionManager, _ body: () throws(ManagementError) -> Void
  ) throws(ManagementError) { try body() }
}

extension GuestMachine {
  /// Lets time pass while guests' commands are answered.
  func run(seconds: Double, answeredBy interpreter: StandInInterpreter) {
    manager.interpreter = interpreter
    withExtendedLifetime(interpreter) { run(seconds: seconds) }
  }
}
