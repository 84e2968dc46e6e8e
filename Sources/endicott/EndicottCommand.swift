import ArgumentParser
import ControlProgram
import Foundation
import Platform

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
    version: "\(ControlProgram.level), history version \(Computer.historyVersion)",
    subcommands: [
      ConsoleCommand.self, RunCommand.self, PlanCommand.self, CheckCommand.self, BootCommand.self,
      ReportCommand.self, AtCommand.self, StressCommand.self, X86Command.self, UplinkCommand.self,
    ],
    defaultSubcommand: ConsoleCommand.self)

  /// Performs the command line; whatever the host refuses ends it with one line and a status.
  static func main() {
    StandardStreams.prepare()
    let status = perform()
    guard let refusal = StandardOutput.refusal else { Foundation.exit(status) }
    writeError(refusal.line)
    Foundation.exit(refusal.status)
  }

  private static func perform() -> Int32 {
    // Swift reads the command line there; without it every option would be missing.
    guard Swift.CommandLine.arguments.first?.isEmpty == false else {
      let reason = "/proc/self/cmdline cannot be read, which has the command line; mount /proc"
      writeError(HostFailure(subject: "this host", reason: reason).line)
      return ExitStatus.hostFailed
    }
    do {
      try DescriptorRoom.require()
      var command = try parseAsRoot()
      try command.run()
      return ExitStatus.done
    } catch let failure as HostFailure {
      writeError(failure.line)
      return failure.status
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if message.isEmpty { return code.rawValue }
      if code.isSuccess { writeLines([message]) } else { writeError(message) }
      return code.rawValue
    }
  }
}
