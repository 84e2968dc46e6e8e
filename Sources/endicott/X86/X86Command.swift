import ArgumentParser

/// `endicott x86`: the processor alone, without a machine around it.
struct X86Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "x86",
    abstract: "Try the processor alone, without a machine around it.",
    subcommands: [VectorsCommand.self])
}
