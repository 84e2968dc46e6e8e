import ArgumentParser

/// The command line of Endicott.
@main
struct EndicottCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "endicott",
    abstract: "A simulated machine, divided into partitions that run real x86-64 code.",
    discussion: """
      Without a subcommand: the operator's console of the machine in FOLDER, by default the demo.

      \(ExitStatus.discussion)
      """,
    subcommands: [
      ConsoleCommand.self, RunCommand.self, PlanCommand.self, CheckCommand.self, BootCommand.self,
      ReportCommand.self, StressCommand.self, X86Command.self,
    ],
    defaultSubcommand: ConsoleCommand.self)
}
