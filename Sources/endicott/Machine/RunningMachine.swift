import Channels
import ControlProgram
import Foundation
import Partitioning
import Records

/// A machine, its control program, the operator's console, and what is kept of it all.
///
/// Owner thread only. Everything that is shown passes here, so that nothing is shown before it is kept.
final class RunningMachine: SimulationClock {
  /// The firmware.
  let manager: PartitionManager
  /// CP.
  let control: ControlProgram
  /// The operator's console.
  let console: ConsoleSession
  private let definition: SystemDefinition
  private let recorder: Recorder?
  private let checkpoints: CheckpointStore?
  /// The checkpoint that the machine goes on from.
  private let origin: String?

  /// Puts the parts together; what was kept of the machine is put back.
  ///
  /// - Parameters:
  ///   - manager: The firmware; nothing is active yet.
  ///   - definition: What its folder says.
  ///   - store: Where records are kept; nil for nowhere.
  ///   - beginning: Whether it starts anew or goes on from a checkpoint.
  /// - Throws: `HostFailure` when the records or the checkpoint cannot be used.
  init(
    manager: PartitionManager, definition: SystemDefinition, store: RecordStore? = nil,
    from beginning: MachineBeginning = .cold
  ) throws(HostFailure) {
    self.manager = manager
    self.definition = definition
    checkpoints = store.map { CheckpointStore(manager, stateFolder: $0.folder) }
    // Before a start is begun in the records: one that is refused leaves them as they are.
    let origin = try checkpoints?.begin(beginning) { writeError($0) }
    self.origin = origin
    do throws(RecordStoreError) {
      recorder = try store.map { store throws(RecordStoreError) in
        try Recorder(store, manager, goesOn: origin != nil) { Host.milliseconds }
      }
    } catch {
      throw HostFailure(error)
    }
    control = ControlProgram(manager: manager)
    control.checkpoints = checkpoints
    console = control.logOn()
    control.clock = self
    control.records = recorder
    recorder?.onTrouble = { [weak control] in control?.sendToAll($0) }
    checkpoints?.onTrouble = { [weak control] in control?.sendToAll($0) }
  }

  /// Has the console's output shown.
  func showOutput(_ show: @escaping (ConsoleOutput) -> Void) {
    console.onOutput = { [recorder] output in
      recorder?.keepUp()
      show(output)
    }
  }

  /// Activates what starts with the machine and runs its PROFILE script; what goes on from a checkpoint
  /// has done so.
  ///
  /// - Parameter output: Takes messages and answers as they come.
  /// - Throws: `ScriptFailure` when the PROFILE script stops.
  func start(output: (ScriptOutput) -> Void) throws(ScriptFailure) {
    let words = { (action: ManagementAction) in action.commandText }
    let found = recorder?.kept?.lines(words) ?? recorder?.store.salvage.lines(words)
    for line in found ?? [] { output(.line(line)) }
    if let origin {
      recorder?.keepUp()
      return output(.line("CHECKPOINT \(origin) RESUMED"))
    }
    let result = control.startAutomatically()
    recorder?.keepUp()
    for line in result.lines { output(.line(line)) }
    guard let profile = definition.machine.profileScript else { return }
    _ = try run(Script(file: definition.path(of: profile)), output: output)
  }

  /// Performs a script's commands at the console.
  ///
  /// - Parameters:
  ///   - script: The script.
  ///   - continues: Whether failures do not stop it.
  ///   - output: Takes commands and answers as they come.
  /// - Returns: How it ended.
  /// - Throws: `ScriptFailure` when a failure stops it.
  func run(
    _ script: Script, continues: Bool = false, output: (ScriptOutput) -> Void
  ) throws(ScriptFailure) -> ScriptEnding {
    try script.run(at: console, continues: continues) { shown in
      recorder?.keepUp()
      output(shown)
      if StandardOutput.hasFailed { console.end() }
    }
  }

  /// Performs a line at the console.
  func execute(_ line: String) -> CommandResult {
    let result = console.execute(line)
    recorder?.keepUp()
    return result
  }

  /// Lets simulated time pass; the machine is measured on the way when that is due.
  func pass(until end: SimulatedTime, orWhen condition: () -> Bool) {
    var isMet = false
    func isOver() -> Bool {
      isMet = StandardOutput.hasFailed || condition()
      return isMet
    }
    guard let recorder else { return manager.runEpochs(until: end) { isOver() } }
    repeat {
      let due = min(recorder.nextSample, checkpoints?.nextDue ?? .max)
      manager.runEpochs(until: min(end, due)) { isOver() }
      recorder.keepUp()
      recorder.watch()
      checkpoints?.takeDue()
    } while manager.now < end && !isMet
  }

  /// Ends what is kept in good order; what cannot be kept is told on standard error.
  ///
  /// - Parameter status: The exit status when all is kept.
  /// - Returns: The exit status.
  func close(_ status: Int32) -> Int32 {
    guard let loss = recorder?.close() else { return status }
    writeError("endicott: records: \(loss)")
    return ExitStatus.hostFailed
  }

  /// Whether the session or the machine is over, or nobody can be shown anything.
  var isOver: Bool { console.isEnded || control.isShutDown || StandardOutput.hasFailed }
}
