import ArgumentParser
import ControlProgram
import Partitioning

/// `endicott plan`: what a script would change, and what of it would be refused.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Judge a script of CP commands on a copy of the machine; change nothing.",
    discussion: """
      The machine's partitions that start with it are taken as active, without guests; then every \
      command of the script is judged, each on what those before it would have made. Shown are the \
      commands that would be refused, with the script's line, those that are not planned (SLEEP, \
      WAIT, what is for a console), and a table of everything that would differ afterwards.

      Exit status: 0 nothing would be refused; 1 something would be; 2 the machine or the script \
      cannot be used.
      """)

  @Argument(help: ArgumentHelp("The script.", valueName: "script"))
  var script: String

  @Option(
    help: ArgumentHelp("The machine's folder; the demo if there is none.", valueName: "folder"))
  var machine: String?

  func run() throws {
    do {
      throw ExitCode(try perform())
    } catch let failure as HostFailure {
      writeError(failure.line)
      throw ExitCode(failure.status)
    } catch let failure as ScriptFailure {
      writeError(failure.description)
      throw ExitCode(ExitStatus.unusable)
    }
  }

  private func perform() throws -> Int32 {
    let script = try Script(file: script)
    let folder = try MachineFolder(machine ?? Host.demoFolder())
    let profile = try folder.definition.machine.profileScript.map {
      try Script(file: folder.definition.path(of: $0))
    }
    // The machine itself may be running.
    var options = ManagerOptions(pace: .fast)
    options.sparesFiles = true
    let machine = try folder.machine(options)
    let start = Rehearsal(of: machine.manager)
    start.startAutomatically()
    profile?.plan(in: start, as: machine.console.issuer)
    let plan = Rehearsal(of: start.system)
    script.plan(in: plan, as: machine.console.issuer)
    writeLines(start.refusalLines + plan.report)
    return plan.refusals.isEmpty ? ExitStatus.done : ExitStatus.failed
  }
}
