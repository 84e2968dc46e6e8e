import Channels
import ControlProgram
import Foundation
import Partitioning
import Records

/// A machine, its control program, the operator's console, and what is kept of it all.
///
/// Owner thread only. Everything that is shown passes here, so that nothing is shown before it is kept.
final class RunningMachine: SimulationClock {
  /// Simulated time after which clients of guests' consoles are looked at again, and what came is kept.
  private static let socketTurn: SimulatedTime = 10_000_000

  /// The firmware.
  let manager: PartitionManager
  /// CP.
  let control: ControlProgram
  /// The operator's console.
  let console: ConsoleSession
  private let definition: SystemDefinition
  private let recorder: Recorder?
  private let checkpoints: CheckpointStore?
  /// What is kept of the disks whose files guests write to.
  private let disks: DiskPasts?
  /// What the machine goes on from.
  private let origin: MachineOrigin?
  private let records: MachineRecords
  /// Whether what was recorded did not come again.
  private(set) var hasFailedReplay = false
  /// The sockets of guests' consoles, if somebody wants them.
  var sockets: ConsoleSockets?
  /// The processes behind uplinks; nil where nothing is outside.
  var uplinks: Uplinks? {
    didSet { uplinks?.onFrames = { [weak self] in self?.recorder?.keepUp() } }
  }
  /// Builds the machine's firmware anew, to go back to an instant; nil where nobody can.
  var rebuild: (() throws(HostFailure) -> PartitionManager)? {
    didSet { control.canRewind = rebuild != nil && checkpoints != nil }
  }

  /// Puts the parts together; what was kept of the machine is put back.
  ///
  /// - Parameters:
  ///   - manager: The firmware; nothing is active yet.
  ///   - definition: What its folder says.
  ///   - records: Where records are kept, or read.
  ///   - beginning: Whether it starts anew or goes on from a checkpoint.
  ///   - former: The machine in whose place it comes, whose records are ended when it is sure to come.
  /// - Throws: `HostFailure` when the records or the checkpoint cannot be used.
  init(
    manager: PartitionManager, definition: SystemDefinition, records: MachineRecords,
    from beginning: MachineBeginning = .cold, inPlaceOf former: RunningMachine? = nil
  ) throws(HostFailure) {
    self.manager = manager
    self.definition = definition
    self.records = records
    // Before a start is begun in the records: one that is refused leaves them as they are.
    disks = former == nil ? records.disks : former?.disks
    let origin = try records.origin(
      of: manager, definition, disks, from: beginning, isRewound: former != nil)
    disks?.attach(to: manager)
    self.origin = origin
    let parent = origin?.parent
    former?.recorder?.end()
    do throws(RecordStoreError) {
      recorder = try records.store.map { store throws(RecordStoreError) in
        try Recorder(store, manager, goesOn: origin != nil, from: parent) { Host.milliseconds }
      }
    } catch {
      disks?.comeBack()
      throw HostFailure(error)
    }
    disks?.stay()
    if let recorder, let disks {
      checkpoints = CheckpointStore(manager, recorder, disks, definition: definition.sum)
    } else {
      checkpoints = nil
    }
    control = ControlProgram(manager: manager)
    let past = records.past(of: origin, definition)
    control.checkpoints = checkpoints ?? past?.checkpoints
    console = control.logOn()
    control.clock = self
    control.records = recorder ?? past?.records
    if let folder = records.store?.folder {
      control.consoleFiles = ConsoleFiles(inStateFolder: folder)
    }
    recorder?.onTrouble = { [weak control] in control?.sendToAll($0) }
    checkpoints?.onMessage = { [weak control] in control?.sendToAll($0) }
    keepCheckpoints(definition.machine.checkpoints)
    // Where the disks were until now is no instant that anybody can go back to.
    if origin != nil { checkpoints?.pruneDisks() }
  }

  /// Takes checkpoints as the definition says.
  private func keepCheckpoints(_ wanted: CheckpointDefinition) {
    guard let checkpoints else { return }
    checkpoints.isTakenAtEnd = wanted.isTakenAtShutdown
    guard let interval = wanted.interval else { return }
    checkpoints.schedule = CheckpointSchedule(interval: interval, keptCount: wanted.keptCount)
  }

  /// Takes checkpoints so often and keeps them all, so that any instant can be gone back to.
  func recordInstants(every interval: SimulatedTime) {
    checkpoints?.prefix = CheckpointStore.recordedPrefix
    checkpoints?.schedule = CheckpointSchedule(
      interval: interval, keptCount: CheckpointSchedule.mostKept)
  }

  /// Whether whoever asks for a checkpoint waits until it is written; nobody does at a terminal.
  func awaitsCheckpoints(_ waits: Bool) { checkpoints?.waits = waits }

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
    // What is said while the past is performed again was said then.
    defer { serveSockets() }
    let words = { (action: ManagementAction) in action.commandText }
    let found = recorder?.kept?.lines(words) ?? recorder?.store.salvage.lines(words)
    for line in found ?? [] { output(.line(line)) }
    for line in disks?.takeMessages() ?? [] { output(.line(line)) }
    if let origin {
      output(
        .line(
          "CHECKPOINT \(origin.manifest.name) RESUMED, OF \(timeOfDay(origin.time))"
            + withoutText(origin.missingDisks)))
      for line in replay(origin) { output(.line(line)) }
      uplinks?.serve(control, goesOn: true)
      if manager.pacer.pace == .stopped {
        output(.line("TIME STANDS STILL: SET PACE REAL LETS IT GO ON, SLEEP LETS SOME OF IT PASS"))
      }
      recorder?.keepUp()
      return
    }
    uplinks?.serve(control)
    // The first at once, so that there is one before every instant.
    if checkpoints?.schedule != nil { checkpoints?.takeAutomatic() }
    let result = control.startAutomatically()
    recorder?.keepUp()
    for line in result.lines { output(.line(line)) }
    guard let profile = definition.machine.profileScript else { return }
    _ = try run(Script(file: definition.path(of: profile)), output: output)
  }

  /// Lets clients of guests' consoles in.
  private func serveSockets() {
    sockets?.serve(control, by: .user(console.userid, classes: console.classes))
  }

  /// Performs again what was asked for after the checkpoint, or says what that was.
  private func replay(_ origin: MachineOrigin) -> [String] {
    guard let later = origin.later else { return [] }
    guard let end = origin.replayEnd else {
      // Where nothing was asked for there is nothing to be performed.
      return origin.laterLines(timeOfDay)
        + (later.isEmpty ? [] : ["NOT PERFORMED; REPLAY WOULD"])
    }
    let show = console.onOutput
    // What guests and the firmware say on the way was said then.
    console.onOutput = { _ in }
    defer { console.onOutput = show }
    recorder?.isPaused = true
    var replay = Replay(later, until: end, on: manager) { [control] in control.collectEvents() }
    let outcome = replay.perform()
    if case .done = outcome {} else { hasFailedReplay = true }
    recorder?.goOn(
      with: replay.beyond,
      from: hasFailedReplay
        ? later.line.position(at: manager.now, input: manager.inputCount) : nil)
    return [outcome.line(timeOfDay, until: timeOfDay(end))]
  }

  private func timeOfDay(_ time: SimulatedTime) -> String {
    manager.machineView.timeOfDay(at: time).timeText
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
    // What has been asked for since may have connected an uplink.
    uplinks?.look()
    guard recorder != nil || sockets != nil || uplinks != nil else {
      return manager.runEpochs(until: end) { isOver() }
    }
    repeat {
      passWithUplinks(until: min(end, nextDue)) { isOver() }
      recorder?.keepUp()
      recorder?.watch()
      checkpoints?.keepUp()
      checkpoints?.takeDue()
      sockets?.look()
    } while manager.now < end && !isMet && !control.isShutDown
  }

  /// Lets simulated time pass, and frames come in by uplinks on the way.
  private func passWithUplinks(until end: SimulatedTime, orWhen condition: () -> Bool) {
    var isMet = false
    repeat {
      let next = uplinks?.nextLook(after: manager.now) ?? .max
      manager.runEpochs(until: min(end, next)) {
        isMet = condition()
        return isMet
      }
      uplinks?.look()
    } while manager.now < end && !isMet && !control.isShutDown
  }

  /// When something is to be done beside what lets time pass.
  private var nextDue: SimulatedTime {
    let due = min(recorder?.nextSample ?? .max, checkpoints?.nextDue ?? .max)
    let isAttended = sockets != nil || uplinks?.isConnected == true
    return isAttended ? min(due, manager.now.addingClamped(Self.socketTurn)) : due
  }

  /// Looks after what is kept while simulated time stands still.
  func letHostPass() {
    recorder?.watch()
    checkpoints?.keepUp()
    sockets?.look()
    uplinks?.look()
  }

  /// Ends what is kept in good order; what cannot be kept is told on standard error.
  ///
  /// - Parameter status: The exit status when all is kept.
  /// - Returns: The exit status.
  func close(_ status: Int32) -> Int32 {
    sockets?.end()
    uplinks?.end()
    checkpoints?.finish()
    disks?.end()
    guard let loss = recorder?.close() else { return status }
    writeError("endicott: records: \(loss)")
    return ExitStatus.hostFailed
  }

  /// Whether the session or the machine is over, or nobody can be shown anything.
  var isOver: Bool { console.isEnded || control.isShutDown || StandardOutput.hasFailed }

  /// The machine at the instant that the operator wants to go back to, its time standing still.
  ///
  /// - Returns: That machine, which is in this one's place then; nil when he wants to go nowhere.
  /// - Throws: `HostFailure` when that cannot be; this machine goes on.
  func takeRewound() throws(HostFailure) -> RunningMachine? {
    guard let instant = control.rewindTarget, let rebuild else { return nil }
    control.rewindTarget = nil
    checkpoints?.finish()
    recorder?.markInstant()
    let machine: RunningMachine
    do throws(HostFailure) {
      machine = try RunningMachine(
        manager: rebuild(), definition: definition, records: records,
        from: .instant(instant, of: recorder?.start), inPlaceOf: self)
    } catch {
      // The disks may be those of the other instant's I/O configuration already.
      disks?.attach(to: manager)
      throw error
    }
    machine.rebuild = rebuild
    machine.sockets = sockets
    machine.uplinks = uplinks
    machine.manager.pacer.set(.stopped)
    if let checkpoints { machine.checkpoints?.take(scheduleOf: checkpoints) }
    return machine
  }
}
