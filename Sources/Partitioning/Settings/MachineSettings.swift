// What the reset profile and the group profiles hold, as it runs and as it is kept.

import Quantities

/// The values of the machine that can be changed while it runs.
package struct MachineSettings: Sendable, Equatable, Codable {
  /// The running time of shared logical processors in nanoseconds; nil by PR/SM's rule.
  package var runningTime: UInt64?
  /// Whether a logical processor keeps its physical one while it waits, until its slice is over.
  package var waitCompletion: Bool
  /// Whether requests to devices and paths are served by the partitions' priorities, or as they arrive.
  @Added package var ioPriorityQueuing = false
  /// After how long the interrupts of disks are missing.
  @Added package var missingInterrupts = MissingInterruptTimes.usual
  /// Whether managed paths stay where they are.
  @Added package var isPathManagementOff = false
  /// Groups with caps of their own, in definition order.
  package var groups: [GroupDefinition]

  /// Limits of a running time that is set, in nanoseconds.
  package static let runningTimes: ClosedRange<UInt64> = 1_000_000...100_000_000

  /// What a definition says.
  init(_ definition: SystemDefinition) {
    runningTime = definition.machine.runningTime
    waitCompletion = definition.machine.waitCompletion
    ioPriorityQueuing = definition.machine.ioPriorityQueuing
    missingInterrupts = definition.machine.missingInterrupts
    groups = definition.groups
  }

  /// The values after settings of the machine or of groups.
  ///
  /// - Throws: `ManagementError` when the setting is refused.
  func applying(
    _ settings: [Setting], in context: SettingContext
  ) throws(ManagementError) -> MachineSettings {
    if settings.isEmpty { return self }
    var changed = self
    for setting in settings { try changed.apply(setting, in: context) }
    try changed.judge()
    return changed
  }

  private mutating func apply(
    _ setting: Setting, in context: SettingContext
  ) throws(ManagementError) {
    switch setting {
    case .runningTime(let nanoseconds):
      runningTime = nanoseconds
    case .waitCompletion(let isOn): waitCompletion = isOn
    case .ioPriorityQueuing(let isOn): ioPriorityQueuing = isOn
    case .pathManagement(let isOn): isPathManagementOff = !isOn
    case .missingInterruptTime(let subject, let seconds):
      if let seconds, !MissingInterruptTimes.range.contains(seconds) {
        throw .missingInterruptTimeOutOfRange(seconds)
      }
      if case .devices(let range) = subject,
        let absent = range.first(where: { !context.devices.contains($0) })
      {
        throw .deviceNotFound(absent)
      }
      missingInterrupts.set(seconds, for: subject)
    case .groupCap(let name, let type, let hundredths):
      try change(name) { group in
        group.absoluteCaps.removeAll { $0.type == type }
        if let hundredths {
          group.absoluteCaps.append(GroupCap(type: type, hundredths: hundredths))
          group.absoluteCaps.sort { $0.type < $1.type }
        }
      }
    case .groupCapacity(let name, let units):
      if let units, PartitionDefinition.capacityUnitsRange.contains(units) {
        guard context.ratedTypes.contains(.cp) else { throw .capacityUnknown(.cp) }
      }
      try change(name) { $0.capacityUnits = units }
    case .weight, .weightRange, .weightChange, .share, .initialShare, .cap, .group,
      .definedCapacity, .polarity, .security, .ioPriority, .consoleWatcher:
      // A partition's.
      break
    }
  }

  private mutating func change(
    _ name: String, _ body: (inout GroupDefinition) -> Void
  ) throws(ManagementError) {
    guard let index = groups.firstIndex(where: { $0.name == name }) else {
      throw .groupNotFound(name, known: groups.map(\.name))
    }
    groups.change(at: index, body)
  }
}
