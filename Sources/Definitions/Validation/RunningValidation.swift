import Partitioning

// The validator on a running machine: its profiles as they are kept now, beside what is active.

extension PartitionManager {
  /// What the active partitions have now, for judging further activations.
  package var activationState: ActivationState {
    var state = ActivationState(definition, online: onlineProcessors)
    for active in activeProfiles {
      state.add(
        active.definition, profile: active.profile, increments: active.increments,
        paths: active.paths)
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
