import ArgumentParser

/// Measures what `Docs/Performance.md` reports; one subcommand a question.
@main
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "endicott-bench",
    abstract: "Measures Endicott on this host. Figures are for ratios, not for promises.",
    subcommands: [
      LoopsCommand.self, ActivationCommand.self, WaitingCommand.self, ShareCommand.self,
      LatencyCommand.self, PlanningCommand.self, EffectCommand.self, ScaleCommand.self,
      IdleLinuxCommand.self, InstructionsCommand.self,
    ])
}
