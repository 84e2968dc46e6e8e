import Partitioning

// The machine's start as the operator sees it: what the firmware says comes up with it is performed in its order,
// and what fails is said.

extension ControlProgram {
  /// With more partitions than these starting or ending together, their lines become one.
  static let manyTogether = 8

  /// Starts what starts with the machine; what fails is said and does not stop it.
  ///
  /// Of many that start together the operator sees one line; QUERY EVENTS has them all.
  ///
  /// - Returns: the messages of those that failed; the return code is that of the last one.
  package func startAutomatically() -> CommandResult {
    let actions = system.startActions
    hidesLogons = actions.count > Self.manyTogether
    let recoveries = actions.prefix { if case .recover = $0 { true } else { false } }
    var result = recover(recoveries.compactMap(\.partition))
    for action in actions.dropFirst(recoveries.count) {
      do throws(ManagementError) {
        try system.perform(action, by: .firmware)
      } catch {
        result.append(CommandResult(CommandMessage(error), module: "XAU"))
      }
    }
    collectEvents()
    if hidesLogons {
      hidesLogons = false
      let started = actions.compactMap(\.partition).count { system.isActive($0) == true }
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
        try system.perform(.recover(name), by: .firmware)
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
}
