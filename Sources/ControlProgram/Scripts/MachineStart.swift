import Partitioning
import Quantities

// How partitions come up: with the COMMAND statements of their definitions, and, when the machine
// starts, in the order of ACTIVATE and START AUTO. Those with START AUTO are loaded too. Before them
// come those that the last end of the machine took, as they were set.

extension ControlProgram {
  /// Activates a partition, gives the commands of its definition as its user, and loads it.
  ///
  /// - Parameters:
  ///   - name: the partition.
  ///   - profile: its image profile; nil for the next-activation profile.
  ///   - isLoaded: whether it is loaded too.
  ///   - isForced: whether an active one is taken down first.
  ///   - author: who wants it.
  /// - Throws: a message; the partition is as it was then. One that was active and is not any more
  ///   failed in what only its guest or a console shows.
  func activate(
    _ name: String, profile: String? = nil, isLoaded: Bool, isForced: Bool = false,
    by author: Author
  ) throws(CommandMessage) {
    guard !activating.contains(name), activating.count < Self.activationDepth else {
      throw CommandMessage(.activationNested, name, activating.last ?? name)
    }
    activating.append(name)
    defer { _ = activating.popLast() }
    let activation = ManagementAction.activate(
      name, profile: profile, load: isLoaded, force: isForced)
    let commands = system.commands(of: name, profile: profile)
    guard !commands.isEmpty else { return try perform(activation, by: author) }
    // On a copy first: what a failing command undoes could not be brought back.
    if onOmitted == nil, author != .firmware {
      let rehearsal = Rehearsal(of: system, table: table, nesting: nesting)
      defer { nesting.spend(as: rehearsal.control.nesting) }
      try rehearsal.control.activate(
        name, profile: profile, isLoaded: isLoaded, isForced: isForced, by: author)
    }
    try perform(.activate(name, profile: profile, load: false, force: isForced), by: author)
    collectEvents()
    do throws(CommandMessage) {
      try give(commands, to: name)
      guard isLoaded, system.isActive(name) == true else { return }
      try perform(.load(name, image: nil, parameters: nil, force: true), by: author)
    } catch {
      if system.isActive(name) == true {
        try perform(.deactivate(name, force: true), by: .firmware)
      }
      throw error
    }
  }

  /// Gives a partition's commands as its user, until one fails or ends it.
  private func give(_ commands: [String], to name: String) throws(CommandMessage) {
    for command in commands {
      guard let partition = system.partitionView(name), partition.isActive else { return }
      let result = execute(command, issuer: Issuer(partition))
      for line in result.lines where onOmitted == nil {
        reportFirmware("\(padded(name, 8)): \(line)")
      }
      guard result.returnCode != 0 else { continue }
      throw CommandMessage(.commandFailed, name, command, result.errorLine ?? "")
    }
  }

  private func perform(_ action: ManagementAction, by author: Author) throws(CommandMessage) {
    do {
      _ = try system.perform(action, by: author)
    } catch {
      throw CommandMessage(error)
    }
  }

  /// Partitions whose COMMAND statements may lead one to the other.
  private static let activationDepth = 8

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
      do throws(CommandMessage) {
        try activate(partition.name, isLoaded: partition.start != nil, by: .firmware)
      } catch {
        result.append(CommandResult(error, module: "XAU"))
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
