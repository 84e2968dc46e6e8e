import ArgumentParser
import Definitions
import Partitioning
import Quantities

/// `endicott check`: everything that is wrong with a machine's folder, and what it needs.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Judge a machine's definition files; start nothing.",
    discussion: """
      Every finding is one line: file, line, column, what is wrong, what would be right. Then \
      advice about what is legal and unwise, what the machine needs of the host, and about what \
      this host gives.

      Exit status: 0 nothing is wrong; 1 a finding is an error; 2 it is no machine's folder.
      """)

  @Argument(
    help: ArgumentHelp("The machine's folder; the demo if there is none.", valueName: "folder"))
  var folder: String?

  func run() throws {
    let (definition, findings) = SystemDefinition.read(folder: folder ?? Host.demoFolder())
    writeLines(findings.map(\.description))
    guard let definition else {
      throw ExitCode(
        findings.contains(where: \.isNoMachine) ? ExitStatus.unusable : ExitStatus.failed)
    }
    writeLines(definition.findings(onHostWith: Host.byteCount).map(\.description))
    let validator = ActivationValidator(definition, order: definition.activationList)
    writeLines(
      validator.findings.filter { !$0.isRefusal }.map { "\(definition.machine.name): \($0)" })
    writeLines(MachineNeeds(definition).lines(speed: try HostSpeed.measure()))
  }
}

/// What a machine needs of the host.
struct MachineNeeds {
  /// Million instructions a second, when all its processors are busy at its pace; nil at FAST.
  let millionInstructions: UInt64?
  private let definition: SystemDefinition

  init(_ definition: SystemDefinition) {
    self.definition = definition
    let rate = definition.machine.processors.reduce(UInt64(0)) {
      $0.addingClamped(UInt64(clamping: $1.count).multipliedClamped(by: UInt64($1.megahertz)))
    }
    millionInstructions =
      switch definition.machine.pace {
      case .real: rate
      case .factor(let factor): rate.multipliedClamped(by: UInt64(clamping: max(1, factor)))
      case .fast, .stopped: nil
      }
  }

  /// The needs beside what the host gives.
  ///
  /// - Parameter speed: Million instructions a second on one core of this host.
  /// - Returns: Lines for the reader.
  func lines(speed: Double) -> [String] {
    let machine = definition.machine
    let host =
      "this host does about \(Int(exactly: speed.rounded()) ?? 0) a core and has \(Host.coreCount)"
    let rate =
      millionInstructions.map {
        "needs \($0) MIPS to keep its pace with all processors busy; \(host)"
      } ?? "has pace FAST and takes what it gets; in MIPS, \(host)"
    return [
      "\(machine.name): \(definition.partitions.count) "
        + "\(definition.partitions.count == 1 ? "partition" : "partitions"), nothing wrong",
      "\(machine.name): \(rate)",
      "\(machine.name): guests may write \(machine.hostStorageByteCount >> 20) MB of host memory;"
        + " this host has \(Host.byteCount >> 20) MB",
    ]
  }
}
