import ArgumentParser
import ControlProgram

/// `endicott run`: scripts at the operator's console of a machine.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run scripts of CP commands.",
    discussion: """
      The machine is started, then the scripts run one after the other. Commands are shown behind \
      "> ", followed by their answers. A script stops at the first command that fails; its file, \
      line and message are told on standard error. Only SLEEP and WAIT let simulated time pass. \
      Nothing outlives the run unless --state names a folder for it.

      Exit status: 0 all commands succeeded; n a script ended with &EXIT n; 1 a command failed; 2 the \
      machine or a script cannot be used.
      """)

  @Argument(help: ArgumentHelp("The scripts.", valueName: "script"))
  var scripts: [String]

  @Option(
    help: ArgumentHelp("The machine's folder; the demo if there is none.", valueName: "folder"))
  var machine: String?

  @Flag(name: .customLong("continue"), help: "Go on after a command that fails.")
  var continues = false

  @OptionGroup var options: MachineOptions

  @OptionGroup var state: StateOptions

  func run() throws {
    do {
      throw ExitCode(try perform())
    } catch let failure as HostFailure {
      writeError(failure.line)
      throw ExitCode(failure.status)
    } catch let failure as ScriptFailure {
      writeError(failure.description)
      throw ExitCode(failure.line == 0 ? ExitStatus.unusable : ExitStatus.failed)
    }
  }

  func validate() throws {
    guard !state.needsFolder || state.state != nil else {
      throw ValidationError(
        "--from, --warm and --checkpoint-every need a state folder: say which with --state")
    }
  }

  private func perform() throws -> Int32 {
    // Everything is read before anything runs.
    let scripts = try scripts.map { try Script(file: $0) }
    let machine = try MachineFolder(machine ?? Host.demoFolder())
      .machine(
        options.managerOptions(pace: .fast), records: state.open(standard: nil),
        from: state.beginning ?? .cold)
    machine.sockets = try options.sockets()
    machine.uplinks = Uplinks()
    if let every = state.checkpointEvery { machine.recordInstants(every: every.nanoseconds) }
    do {
      return machine.close(try run(scripts, on: machine))
    } catch {
      // What failed is what is told; that more is lost is told too.
      _ = machine.close(ExitStatus.failed)
      throw error
    }
  }

  private func run(_ scripts: [Script], on machine: RunningMachine) throws -> Int32 {
    var plain = PlainOutput()
    machine.showOutput { writeLines(plain.take($0)) }
    let show = { (output: ScriptOutput) in
      switch output {
      case .command(let command): writeLines(["> " + command])
      case .line(let line): writeLines([line])
      }
    }
    try machine.start(output: show)
    // The scripts were meant for the machine as it was.
    guard !machine.hasFailedReplay else { return ExitStatus.failed }
    var status = ExitStatus.done
    for script in scripts where !machine.isOver {
      switch try machine.run(script, continues: continues, output: show) {
      case .exit(0), .completed(0): continue
      case .exit(let code) where !continues: status = Int32(clamping: min(code, 255))
      case .exit, .completed: status = ExitStatus.failed
      }
    }
    return status
  }
}
