// Settings of partitions, groups and the machine: made in what runs, in the profile, or in both, all
// or nothing. What runs is spent by the dispatcher from this instant on. A partition that is not active
// has no running values: only its profile can be changed, which the next activation takes.

import Quantities

/// Where a setting is made.
struct SettingScope {
  var isRunning = true
  var isInProfile = false
}

extension PartitionManager {
  /// Makes a setting.
  func set(_ action: ManagementAction, _ scope: SettingScope) throws(ManagementError) {
    guard action.isSetting else { throw .notInProfile(action) }
    guard let name = action.partition else { return try setMachine(action, scope) }
    let partition = try partition(name)
    var context = context
    let kept =
      scope.isInProfile ? try partition.profile.applying(action, in: context) : partition.profile
    context.profile = kept
    let running =
      scope.isRunning
      ? try partition.definition.applying(action, in: context) : partition.definition
    if scope.isRunning { try requireActive(partition) }
    partition.profile = kept
    // What is not active has no running values but those of its profile.
    if !partition.isActive { partition.definition = kept }
    guard scope.isRunning, running != partition.definition else { return }
    let before = partition.definition
    partition.definition = running
    for (entry, processors) in running.processors.enumerated()
    where running.asksOtherwise(of: entry, than: before) { applyShares(of: processors.type) }
  }

  private func setMachine(
    _ action: ManagementAction, _ scope: SettingScope
  ) throws(ManagementError) {
    let kept =
      scope.isInProfile ? try profileSettings.applying(action, in: context) : profileSettings
    let running = scope.isRunning ? try settings.applying(action, in: context) : settings
    state.profileSettings = kept
    guard running != settings else { return }
    state.settings = running
    for type in pools { applyShares(of: type) }
  }

  /// What values are judged against now.
  var context: SettingContext {
    SettingContext(
      groups: settings.groups.map(\.name),
      ratedTypes: definition.machine.processors.filter { $0.capacityUnits != nil }.map(\.type))
  }

  func setNextProfile(_ partition: Partition, _ profile: String) throws(ManagementError) {
    try requireProfile(partition, profile).judge(in: context)
    partition.nextProfile = profile
    guard !partition.isActive else { return }
    // What is not active shows, and lets SET PROFILE change, what its next activation takes.
    partition.activeProfile = profile
    partition.definition = partition.profile
  }

  /// One of a partition's image profiles.
  func requireProfile(
    _ partition: Partition, _ profile: String
  ) throws(ManagementError) -> PartitionDefinition {
    guard let found = partition.profiles.first(where: { $0.name == profile }) else {
      throw .profileNotFound(
        partition.name, profile: profile, known: partition.profiles.map(\.name))
    }
    return found.definition
  }

  /// Writes the running values into the profile that the partition is active with.
  func saveProfile(_ partition: Partition) throws(ManagementError) {
    try requireActive(partition)
    try partition.definition.judge(in: context)
    partition.profile = partition.definition
  }
}

extension PartitionDefinition {
  /// Whether an entry of its processors asks something else of its pool than in an earlier state of the
  /// same partition.
  fileprivate func asksOtherwise(of entry: Int, than earlier: PartitionDefinition) -> Bool {
    processors.element(at: entry) != earlier.processors.element(at: entry)
      || share != earlier.share
      || polarity != earlier.polarity || definedCapacity != earlier.definedCapacity
  }
}
