// What a SET command of a partition does to its values: judged and computed here, pure, alike for the
// running values and for those of an image profile.

import Quantities

/// What the values of a partition are judged against.
struct SettingContext {
  /// Names of the machine's groups.
  var groups: [String]
  /// Types whose processors have a capacity in MSU.
  var ratedTypes: [ProcessorType]
  /// Numbers of the machine's devices.
  var devices: Set<UInt16>
  /// The profile that INITIAL returns to; nil when a profile itself is changed.
  var profile: PartitionDefinition?
}

extension PartitionDefinition {
  /// The values after settings together.
  ///
  /// What an operand may be is judged one by one; what the values may be together, at the end.
  ///
  /// - Throws: `ManagementError` when the setting is refused.
  func applying(
    _ settings: [Setting], in context: SettingContext
  ) throws(ManagementError) -> PartitionDefinition {
    if settings.isEmpty { return self }
    var changed = self
    for setting in settings { try changed.apply(setting, in: context) }
    try changed.judge(after: self, in: context)
    return changed
  }

  private mutating func apply(
    _ setting: Setting, in context: SettingContext
  ) throws(ManagementError) {
    switch setting {
    case .weight(_, let type, let weight): try setWeight(type, weight)
    case .share(_, let type, let amount, let limit):
      try setShare(type, amount, limit)
    case .initialShare(_, let type): try setInitialShare(type, setting, context)
    case .cap(_, let type, let cap): try setCap(type, cap)
    case .weightRange(_, let type, let minimum, let maximum):
      try setWeightRange(type, minimum, maximum)
    case .group(_, let type, let group): try setGroup(type, group)
    case .definedCapacity(_, let units): try setDefinedCapacity(units, context)
    case .polarity(_, let polarity):
      _ = try sharedEntries(nil)
      self.polarity = polarity
    case .security(_, let permission, let isOn): security[permission] = isOn
    case .ioPriority(_, let priority): ioPriority = priority
    case .consoleWatcher(_, let role, let userid?): consoleWatcher = ConsoleWatcher(userid, role)
    case .consoleWatcher(_, let role, nil): if consoleWatcher?.role == role { consoleWatcher = nil }
    case .weightChange(_, let type, let change):
      for setting in try settings(of: change, type) { try apply(setting, in: context) }
    case .groupCap, .groupCapacity, .runningTime, .waitCompletion, .ioPriorityQueuing,
      .missingInterruptTime, .pathManagement:
      // A group's and the machine's.
      break
    }
  }

  /// What a change of weights comes to by what there is now, type by type.
  func settings(
    of change: WeightChange, _ type: ProcessorType?
  ) throws(ManagementError) -> [Setting] {
    var settings: [Setting] = []
    for entry in try sharedEntries(type) {
      guard let own = processors.element(at: entry) else { continue }
      if let weight = change.weight {
        settings.append(.weight(name, type: own.type, weight: weight))
      }
      guard change.minimum != nil || change.maximum != nil else { continue }
      settings.append(
        .weightRange(
          name, type: own.type, minimum: change.minimum.map(\.weight) ?? own.minimumWeight,
          maximum: change.maximum.map(\.weight) ?? own.maximumWeight))
    }
    return settings
  }

  /// The entries that an operand means: sharing ones, of one type or all.
  private func sharedEntries(_ type: ProcessorType?) throws(ManagementError) -> [Int] {
    let entries = processors.enumerated().filter { _, entry in
      entry.mode == .shared && (type == nil || entry.type == type)
    }.map(\.offset)
    guard !entries.isEmpty else { throw .noSharedProcessors(name, type) }
    return entries
  }

  private mutating func setWeight(
    _ type: ProcessorType?, _ weight: Int
  ) throws(ManagementError) {
    let entries = try sharedEntries(type)
    guard ShareDefinition.weights.contains(weight) else {
      throw .weightOutOfRange(weight, allowed: ShareDefinition.weights)
    }
    for entry in entries { processors.change(at: entry) { $0.share.amount = .relative(weight) } }
  }

  private mutating func setShare(
    _ type: ProcessorType?, _ amount: ShareAmount?, _ limit: ShareLimit?
  ) throws(ManagementError) {
    let entries = try sharedEntries(type)
    for entry in entries {
      processors.change(at: entry) {
        if let amount { $0.share.amount = amount }
        if let limit { $0.share.limit = limit }
      }
    }
  }

  private mutating func setInitialShare(
    _ type: ProcessorType?, _ setting: Setting, _ context: SettingContext
  ) throws(ManagementError) {
    guard let profile = context.profile else { throw .notInProfile(.set(setting)) }
    for entry in try sharedEntries(type) {
      guard
        let initial = profile.processors.first(where: {
          $0.type == processors.element(at: entry)?.type && $0.mode == .shared
        })
      else { continue }
      processors.change(at: entry) { $0.share = initial.share }
    }
  }

  private mutating func setCap(
    _ type: ProcessorType?, _ cap: CapSetting
  ) throws(ManagementError) {
    let entries = try sharedEntries(type)
    switch cap {
    case .ownShare(let isCapped):
      for entry in entries { processors.change(at: entry) { $0.share.isCapped = isCapped } }
    case .absolute(let hundredths):
      for entry in entries {
        processors.change(at: entry) { $0.share.absoluteCapHundredths = hundredths }
      }
    }
  }

  private mutating func setWeightRange(
    _ type: ProcessorType?, _ minimum: Int?, _ maximum: Int?
  ) throws(ManagementError) {
    for entry in try sharedEntries(type) {
      processors.change(at: entry) {
        $0.minimumWeight = minimum
        $0.maximumWeight = maximum
      }
    }
  }

  private mutating func setGroup(
    _ type: ProcessorType?, _ group: String?
  ) throws(ManagementError) {
    for entry in try sharedEntries(type) { processors.change(at: entry) { $0.group = group } }
  }

  private mutating func setDefinedCapacity(
    _ units: Int?, _ context: SettingContext
  ) throws(ManagementError) {
    _ = try sharedEntries(.cp)
    // A limit that means nothing is no fault of a definition, which only warns; it is one to ask for.
    if let units, PartitionDefinition.capacityUnitsRange.contains(units) {
      guard context.ratedTypes.contains(.cp) else { throw .capacityUnknown(.cp) }
    }
    definedCapacity = units
  }
}
