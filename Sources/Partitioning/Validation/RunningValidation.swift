import Channels
import Quantities

// The validator on a running machine: its profiles as they are kept now, beside what is active.

extension PartitionManager {
  /// The definition with every profile and group as it is kept now, changes in profiles included.
  package var profileDefinition: SystemDefinition {
    var current = definition
    current.partitions = partitions.map(\.ownProfile)
    current.imageProfiles = partitions.flatMap { $0.profiles.dropFirst() }
    current.groups = profileSettings.groups
    return current
  }

  /// What the active partitions have now, for judging further activations.
  package var activationState: ActivationState {
    var online: [ProcessorType: Int] = [:]
    for type in pools { online[type] = reservation(of: type, without: nil).online }
    var state = ActivationState(definition, online: online)
    let unshared = channels.pathViews().filter { !$0.isShared }
    for partition in partitions where partition.isActive {
      var running = partition.definition
      for entry in running.processors.indices {
        running.processors.change(at: entry) { $0.initial = partition.onlineCount(of: entry) }
      }
      state.add(
        running, profile: partition.activeProfile,
        increments: partition.increments.compactMap { $0 },
        paths: unshared.filter { $0.partitions.contains(partition.number) }
          .map { PathReference(subsystem: $0.subsystem, number: $0.number) })
    }
    return state
  }

  /// Judges which profiles could be activated one after the other; nothing is changed.
  ///
  /// - Parameters:
  ///   - order: The profiles in the order of activation.
  ///   - besideActive: Beside what is active now; otherwise on a machine on which nothing is.
  /// - Returns: What was found.
  package func validator(
    for order: [ProfileReference], besideActive: Bool
  ) -> ActivationValidator {
    ActivationValidator(
      profileDefinition, order: order, beside: besideActive ? activationState : nil)
  }
}
