// Settings of partitions, groups and the machine: made in what runs, in the profile, or in both, all
// or nothing. What runs is spent by the dispatcher from this instant on. A partition that is not active
// has no running values: only its profile can be changed, which the next activation takes.

import Quantities

/// A setting and where it is made.
struct ScopedSetting {
  var setting: Setting
  var scope: SettingScope
}

extension [ScopedSetting] {
  /// The settings that are made in what runs, or in the profile.
  fileprivate func settings(_ isMeant: (SettingScope) -> Bool) -> [Setting] {
    filter { isMeant($0.scope) }.map(\.setting)
  }
}

extension PartitionManager {
  /// Makes settings of one partition together, or of groups and the machine.
  func set(_ changes: [ScopedSetting]) throws(ManagementError) {
    guard let first = changes.first else { return }
    let running = changes.settings(\.isRunning)
    let kept = changes.settings(\.isInProfile)
    if let name = first.setting.partition {
      try set(running, inProfile: kept, of: partition(name))
    } else {
      try setMachine(running, inProfile: kept)
    }
  }

  private func set(
    _ running: [Setting], inProfile kept: [Setting], of partition: Partition
  ) throws(ManagementError) {
    var context = context
    let profile = try partition.profile.applying(kept, in: context)
    context.profile = profile
    let changed = try partition.definition.applying(running, in: context)
    if !running.isEmpty { try requireActive(partition) }
    partition.profile = profile
    // What is not active has no running values but those of its profile.
    if !partition.isActive { partition.definition = profile }
    guard !running.isEmpty, changed != partition.definition else { return }
    let before = partition.definition
    partition.definition = changed
    for (entry, processors) in changed.processors.enumerated()
    where changed.asksOtherwise(of: entry, than: before) { applyShares(of: processors.type) }
  }

  private func setMachine(
    _ running: [Setting], inProfile kept: [Setting]
  ) throws(ManagementError) {
    let profile = try profileSettings.applying(kept, in: context)
    let changed = try settings.applying(running, in: context)
    state.profileSettings = profile
    guard changed != settings else { return }
    state.settings = changed
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
      || polarity != earlier.polarity || definedCapacity != earlier.definedCapacity
  }
}
