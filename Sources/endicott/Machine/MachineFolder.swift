import ArgumentParser
import Channels
import ControlProgram
import Partitioning

/// A machine's folder, read and judged, and the machine built from it.
struct MachineFolder {
  /// What the folder says.
  let definition: SystemDefinition

  /// Reads a folder; every finding is told on standard error.
  ///
  /// - Throws: `ExitCode` when a finding is an error.
  init(_ folder: String) throws {
    let (definition, findings) = SystemDefinition.read(folder: folder)
    for finding in findings { writeError(finding.description) }
    guard let definition else { throw ExitCode(ExitStatus.unusable) }
    self.definition = definition
  }

  /// Builds the machine with its control program; nothing is active yet.
  ///
  /// - Throws: `HostFailure` when a device's file cannot be used.
  func machine(_ options: ManagerOptions) throws(HostFailure) -> RunningMachine {
    do throws(ChannelError) {
      let manager = try PartitionManager(definition, options: options, clock: { Host.timeOfDay })
      return RunningMachine(manager: manager, definition: definition)
    } catch {
      switch error {
      case .fileUnusable(let device, let path, let reason):
        let number = String(device, radix: 16, uppercase: true)
        throw HostFailure(subject: path, reason: "file of device \(number): \(reason)")
      }
    }
  }
}

/// A machine, its control program, and the operator's console.
///
/// Owner thread only.
final class RunningMachine {
  /// The firmware.
  let manager: PartitionManager
  /// CP.
  let control: ControlProgram
  /// The operator's console.
  let console: ConsoleSession
  private let definition: SystemDefinition

  init(manager: PartitionManager, definition: SystemDefinition) {
    self.manager = manager
    self.definition = definition
    control = ControlProgram(manager: manager)
    console = control.logOn()
  }

  /// Activates what starts with the machine and runs its PROFILE script.
  ///
  /// - Parameter output: Takes messages and answers as they come.
  /// - Throws: `ScriptFailure` when the PROFILE script stops.
  func start(output: (ScriptOutput) -> Void) throws(ScriptFailure) {
    for line in control.startAutomatically().lines { output(.line(line)) }
    guard let profile = definition.machine.profileScript else { return }
    _ = try Script(file: definition.path(of: profile)).run(at: console, output: output)
  }

  /// Whether the session or the machine is over.
  var isOver: Bool { console.isEnded || control.isShutDown }
}
