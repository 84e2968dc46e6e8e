import Partitioning
import Quantities

// How partitions come up: the COMMAND statements of their definitions, which the firmware has given here,
// and, when the machine starts, the order of ACTIVATE and START AUTO. Those with START AUTO are loaded too.
// Before them come those that the last end of the machine took, as they were set.

extension ControlProgram: CommandInterpreter {
  package func give(_ command: String, asUserOf partition: String) -> String? {
    collectEvents()
    guard let view = system.partitionView(partition) else { return nil }
    let isNested = isGivingStatement
    isGivingStatement = true
    defer { isGivingStatement = isNested }
    let result = execute(command, issuer: Issuer(view))
    for line in result.lines where onOmitted == nil {
      reportFirmware("\(padded(partition, 8)): \(line)")
    }
    guard result.returnCode != 0 else { return nil }
    return result.errorLine ?? ""
  }

  package func attend(
    _ copy: PartitionManager, _ body: () throws(ManagementError) -> Void
  ) throws(ManagementError) {
    let control = ControlProgram(system: copy, table: table)
    control.nesting = nesting
    control.onOmitted = { _ in }
    // A COMMAND statement only asks them.
    control.records = records
    control.checkpoints = checkpoints
    defer { nesting.spend(as: control.nesting) }
    try body()
  }
}

extension ControlProgram {
  /// With more partitions than these starting or ending together, their lines become one.
  static let manyTogether = 8

  /// Starts the partitions that start with the machine; what fails is said and does not stop it.
  ///
  /// Of many that start together the operator sees one line; QUERY EVENTS has them all.
  ///
  /// - Returns: the messages of those that failed; the return code is that of the last one.
  package func startAutomatically() -> CommandResult {
    let lost = system.definition.partitions.map(\.name).filter {
      system.partitionView($0)?.isRecoverable == true
    }
    // What could not be recovered is left for RECOVER: an activation would forget how it was set.
    let partitions = automaticStarts().filter { !lost.contains($0.name) }
    hidesLogons = partitions.count.addingClamped(lost.count) > Self.manyTogether
    var result = recover(lost)
    for partition in partitions {
      do throws(ManagementError) {
        _ = try system.perform(
          .logOn(partition.name, load: partition.start != nil), by: .firmware)
      } catch {
        result.append(CommandResult(CommandMessage(error), module: "XAU"))
      }
    }
    collectEvents()
    if hidesLogons {
      hidesLogons = false
      let started = (partitions.map(\.name) + lost).count {
        system.isActive($0) == true
      }
      reportFirmware("\(logonPrefix)\(started) PARTITIONS USERS = \(userCount)")
    }
    return result
  }

  /// Recovers partitions that the last end of the machine took.
  private func recover(_ names: [String]) -> CommandResult {
    var result = CommandResult()
    var recovered: [String] = []
    for name in names {
      do throws(ManagementError) {
        _ = try system.perform(.recover(name), by: .firmware)
        recovered.append(name)
      } catch {
        result.append(CommandResult(CommandMessage(error), module: "RCV"))
        result.append(CommandResult(CommandMessage(.notRecovered, name), module: "RCV"))
      }
    }
    if !recovered.isEmpty {
      let told =
        recovered.count > Self.manyTogether
        ? "\(recovered.count) partitions" : recovered.joined(separator: " ")
      result.lines.append(CommandMessage(.recovered, told).line(module: "RCV"))
    }
    return result
  }

  /// Partitions that come up with the machine, in their order.
  func automaticStarts() -> [PartitionDefinition] {
    let definition = system.definition
    return definition.automaticStartOrder().compactMap { definition.partitions.element(at: $0) }
  }
}
