import ArgumentParser
import Foundation
import Partitioning

/// `endicott [FOLDER]`: the operator's console of a machine.
struct ConsoleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "console",
    abstract: "The operator's console of a machine (the default).",
    discussion: """
      At a terminal: line editing, history (in ENDICOTT_HISTORY or ~/.endicott_history) and completion \
      by GNU readline; guests' output appears above the line being typed. CONNECT name goes to a \
      guest's console, Ctrl-] or #CP DISCONN comes back. ^C drops the line and ends SLEEP and WAIT. \
      A long answer stops with MORE... (HELP TERMINAL). SHUTDOWN ends the machine; LOGOFF, DISCONN \
      and Ctrl-D ask first. From a pipe or file: line by line, without a prompt, unasked.

      What outlives the machine is kept in FOLDER/state unless --state or --no-state says otherwise: \
      profiles, what was set, the log of changes, accounting, measurements. After a crash the next \
      start says what was kept and what was lost.

      Exit status: 0; 1 a command from a pipe or file failed; 2 the machine cannot be used.
      """)

  @Argument(
    help: ArgumentHelp("The machine's folder; the demo if there is none.", valueName: "folder"))
  var folder: String?

  @OptionGroup var options: MachineOptions

  @OptionGroup var state: StateOptions

  @Flag(name: .customLong("no-state"), help: "Keep nothing of the machine.")
  var keepsNothing = false

  func validate() throws {
    if keepsNothing,
      state.state != nil || state.setsAside || state.origin != nil
        || state.isWarm
    {
      throw ValidationError(
        "--no-state keeps nothing: leave out --state, --set-aside-state, --from and --warm")
    }
  }

  func run() throws {
    do {
      let folder = try MachineFolder(folder ?? Host.demoFolder())
      let store = try state.open(standard: keepsNothing ? nil : folder.stateFolder)
      let machine = try folder.machine(
        options.managerOptions(pace: nil), store: store, from: state.beginning)
      let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
      throw ExitCode(isTerminal ? try runTerminal(machine) : runPipe(machine))
    } catch let failure as HostFailure {
      writeError(failure.line)
      throw ExitCode(failure.status)
    }
  }

  private func runPipe(_ machine: RunningMachine) -> Int32 {
    var console = PipedConsole(machine: machine)
    return machine.close(console.run())
  }

  private func runTerminal(_ machine: RunningMachine) throws(HostFailure) -> Int32 {
    let mailbox = EngineMailbox()
    let port = TerminalPort(wake: SignalPipe.wake)
    let signals = try SignalPipe([SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGQUIT, SIGTSTP])
    let engine = MachineEngine(machine: machine, mailbox: mailbox, port: port)
    guard HostThread.start(stackByteCount: 16 << 20, { engine.run() }) else {
      _ = machine.close(ExitStatus.hostFailed)
      throw .noThread(for: "the machine")
    }
    defer { engine.waitForEnd() }
    return ReadlineTerminal(mailbox: mailbox, port: port, signals: signals).run()
  }
}
