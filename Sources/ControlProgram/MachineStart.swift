import Partitioning

// How partitions come up: with the COMMAND statements of their definitions, and, when the machine
// starts, in the order of ACTIVATE and START AUTO. Those with START AUTO are loaded too.

extension ControlProgram {
  /// Activates a partition, gives the commands of its definition as its user, and loads it.
  ///
  /// - Parameters:
  ///   - name: the partition.
  ///   - profile: its image profile; nil for the next-activation profile.
  ///   - isLoaded: whether it is loaded too.
  ///   - isForced: whether an active one is taken down first.
  ///   - author: who wants it.
  /// - Throws: a message; the partition is not activated then, unless only the load failed.
  func activate(
    _ name: String, profile: String? = nil, isLoaded: Bool, isForced: Bool = false,
    by author: Author
  ) throws(CommandMessage) {
    let isCommanded = system.partitionView(name)?.definition.commands.isEmpty == false
    do throws(ManagementError) {
      _ = try system.perform(
        .activate(name, profile: profile, load: isLoaded && !isCommanded, force: isForced),
        by: author)
      guard isCommanded else { return }
      collectEvents()
      for command in system.partitionView(name)?.definition.commands ?? [] {
        guard let partition = system.partitionView(name), partition.isActive else { return }
        let result = execute(command, issuer: Issuer(partition))
        for line in result.lines { reportFirmware("\(padded(name, 8)): \(line)") }
      }
      if isLoaded {
        _ = try system.perform(.load(name, image: nil, parameters: nil, force: true), by: author)
      }
    } catch {
      throw CommandMessage(error)
    }
  }

  /// With more partitions than these starting or ending together, their lines become one.
  static let manyTogether = 8

  /// Starts the partitions that start with the machine; what fails is said and does not stop it.
  ///
  /// Of many that start together the operator sees one line; QUERY EVENTS has them all.
  ///
  /// - Returns: the messages of those that failed; the return code is that of the last one.
  package func startAutomatically() -> CommandResult {
    var result = CommandResult()
    let partitions = automaticStarts()
    hidesLogons = partitions.count > Self.manyTogether
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
      let started = partitions.count { system.partitionView($0.name)?.isActive == true }
      reportFirmware("\(logonPrefix)\(started) PARTITIONS USERS = \(userCount)")
    }
    return result
  }

  /// Partitions that come up with the machine, in their order.
  func automaticStarts() -> [PartitionDefinition] {
    let definition = system.definition
    return definition.automaticStartOrder().map { definition.partitions[$0] }
  }
}
