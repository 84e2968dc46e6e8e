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
    if keepsNothing, state.needsFolder {
      throw ValidationError(
        "--no-state keeps nothing: leave out --state, --set-aside-state, --from, --warm and"
          + " --checkpoint-every")
    }
  }

  func run() throws {
    do {
      let folder = try MachineFolder(folder ?? Host.demoFolder())
      let records = try state.open(standard: keepsNothing ? nil : folder.stateFolder)
      let front = ConsoleFront()
      guard let beginning = try state.beginning ?? front.ask(records) else { return }
      let machine = try folder.console(
        options.managerOptions(pace: nil), records: records, from: beginning)
      machine.sockets = try options.sockets()
      machine.uplinks = Uplinks()
      if let every = state.checkpointEvery { machine.recordInstants(every: every.nanoseconds) }
      throw ExitCode(try front.run(machine))
    } catch let failure as HostFailure {
      writeError(failure.line)
      throw ExitCode(failure.status)
    }
  }
}
