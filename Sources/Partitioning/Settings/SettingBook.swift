// Settings of partitions, groups and the machine: made in what runs, in the profile, or in both, all
// or nothing. What runs is spent by the dispatcher from this instant on. A partition that is not active
// has no running values: only its profile can be changed, which the next activation takes.

import Channels
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

/// The values that SET changes: the machine's own, and how those of partitions are changed.
final class SettingBook: FirmwareObject {
  /// The machine's values.
  struct State: Equatable, Sendable, Codable {
    /// Those that run.
    var running: MachineSettings
    /// Those that the reset profile and the group profiles hold.
    var profile: MachineSettings

    private enum CodingKeys: String, CodingKey {
      case running = "settings"
      case profile = "profileSettings"
    }
  }

  let hardware: MachineHardware
  var state: State

  init(_ hardware: MachineHardware, _ state: State) {
    self.hardware = hardware
    self.state = state
    hardware.channels.settings = self
  }

  static var roles: PropertyRoles { PropertyRoles(state: ["state"], wiring: ["hardware"]) }

  /// The machine's values that run.
  var running: MachineSettings { state.running }
  /// The machine's values that profiles hold.
  var profile: MachineSettings { state.profile }

  /// What values are judged against now.
  var context: SettingContext {
    SettingContext(
      groups: running.groups.map(\.name),
      ratedTypes: definition.machine.processors.filter { $0.capacityUnits != nil }.map(\.type),
      devices: Set(definition.inputOutput.devices.map(\.number)))
  }

  /// Makes settings of one partition together, or of groups and the machine.
  ///
  /// - Returns: The types of the pools of which something else is asked now.
  func set(_ changes: [ScopedSetting]) throws(ManagementError) -> [ProcessorType] {
    guard let first = changes.first else { return [] }
    let running = changes.settings(\.isRunning)
    let kept = changes.settings(\.isInProfile)
    if let name = first.setting.partition {
      return try set(running, inProfile: kept, of: hardware.partition(name))
    }
    return try setMachine(running, inProfile: kept)
  }

  private func set(
    _ running: [Setting], inProfile kept: [Setting], of partition: Partition
  ) throws(ManagementError) -> [ProcessorType] {
    var context = context
    let profile = try partition.profile.applying(kept, in: context)
    context.profile = profile
    let changed = try partition.definition.applying(running, in: context)
    if !running.isEmpty { try partition.requireActive() }
    partition.profile = profile
    // What is not active has no running values but those of its profile.
    if !partition.isActive { partition.definition = profile }
    guard !running.isEmpty, changed != partition.definition else { return [] }
    let before = partition.definition
    partition.definition = changed
    return changed.processors.indices.filter { changed.asksOtherwise(of: $0, than: before) }
      .compactMap { changed.processors.element(at: $0)?.type }
  }

  private func setMachine(
    _ running: [Setting], inProfile kept: [Setting]
  ) throws(ManagementError) -> [ProcessorType] {
    let profile = try state.profile.applying(kept, in: context)
    let changed = try state.running.applying(running, in: context)
    state.profile = profile
    guard changed != state.running else { return [] }
    let looksOtherwise = changed.missingInterrupts != state.running.missingInterrupts
    state.running = changed
    if looksOtherwise { hardware.channels.watchAll() }
    return pools
  }

  func setNextProfile(_ partition: Partition, _ profile: String) throws(ManagementError) {
    try partition.requireProfile(profile).judge(in: context)
    partition.nextProfile = profile
    guard !partition.isActive else { return }
    // What is not active shows, and lets SET PROFILE change, what its next activation takes.
    partition.activeProfile = profile
    partition.definition = partition.profile
  }

  /// Writes the running values into the profile that the partition is active with.
  func saveProfile(_ partition: Partition) throws(ManagementError) {
    try partition.requireActive()
    try partition.definition.judge(in: context)
    partition.profile = partition.definition
  }
}

extension SettingBook: ChannelSettings {
  func missingInterruptTime(of device: UInt16) -> UInt64? {
    running.missingInterrupts.seconds(of: device).map {
      UInt64(clamping: $0).multipliedClamped(by: 1_000_000_000)
    }
  }

  func priority(of partition: Int) -> Int? {
    guard running.ioPriorityQueuing else { return nil }
    return hardware.partitions[partition]?.definition.ioPriority ?? 0
  }
}

extension SettingBook.State {
  /// What a machine is defined to begin with.
  init(_ definition: SystemDefinition) {
    let settings = MachineSettings(definition)
    self.init(running: settings, profile: settings)
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
