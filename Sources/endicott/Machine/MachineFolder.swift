import ArgumentParser
import Channels
import ControlProgram
import Definitions
import Partitioning
import Quantities
import Records

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
    for finding in definition.findings(onHostWith: Host.byteCount) {
      writeError(finding.description)
    }
    self.definition = definition
  }

  /// Where the machine's records are kept unless somebody says otherwise.
  var stateFolder: String { definition.folder + "/state" }

  /// Builds the machine with its control program; nothing is active yet.
  ///
  /// - Parameters:
  ///   - options: What is chosen beside the definition.
  ///   - records: Where records are kept, or read.
  ///   - beginning: Whether it starts anew or goes on from a checkpoint.
  /// - Returns: The machine.
  /// - Throws: `HostFailure` when a device's file, the records or the checkpoint cannot be used.
  func machine(
    _ options: ManagerOptions, records: MachineRecords = .none,
    from beginning: MachineBeginning = .cold
  ) throws(HostFailure) -> RunningMachine {
    try RunningMachine(
      manager: manager(options), definition: definition, records: records, from: beginning)
  }

  /// As `machine`, for an operator, who can go back to an instant.
  func console(
    _ options: ManagerOptions, records: MachineRecords, from beginning: MachineBeginning
  ) throws(HostFailure) -> RunningMachine {
    let machine = try machine(options, records: records, from: beginning)
    machine.rebuild = { () throws(HostFailure) in try manager(options) }
    return machine
  }

  private func manager(_ options: ManagerOptions) throws(HostFailure) -> PartitionManager {
    do throws(MachineRefusal) {
      return try PartitionManager(definition, options: options, clock: { Host.timeOfDay })
    } catch {
      switch error {
      case .channel(.fileUnusable(let device, let path, let reason)):
        let number = hexDigits(device, 4)
        throw HostFailure(subject: path, reason: "file of device \(number): \(reason)")
      case .hostMemory: throw .noMemory(for: "decoded code")
      }
    }
  }
}
