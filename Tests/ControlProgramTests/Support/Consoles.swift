import Testing

@testable import ControlProgram

/// A machine, its control program and the operator's console.
struct TestConsole {
  let machine = StandInMachine()
  let control: ControlProgram
  let console: ConsoleSession

  init(user: String = "OPERATOR") {
    control = ControlProgram(system: machine)
    control.clock = machine
    console = control.logOn(user)
    control.collectEvents()
    _ = console.takeOutput()
  }

  /// A command's answer as one text.
  func answer(_ command: String) -> String {
    console.execute(command).lines.joined(separator: "\n")
  }
}
