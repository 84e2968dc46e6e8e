// What a SET command of a partition does to its values: judged and computed here, pure, alike for the
// running values and for those of an image profile.

import Quantities

extension ManagementAction {
  /// Whether it changes values that a profile holds too.
  var isSetting: Bool {
    switch self {
    case .setWeight, .setShare, .setInitialShare, .setCap, .setWeightRange, .setGroup,
      .setDefinedCapacity, .setPolarity, .setSecurity, .setGroupCap, .setGroupCapacity,
      .setRunningTime, .setWaitCompletion:
      true
    case .batch(let actions):
      !actions.isEmpty
        && actions.allSatisfy { $0.isSetting && $0.partition == actions.first?.partition }
    default: false
    }
  }
}

/// What the values of a partition are judged against.
struct SettingContext {
  /// Names of the machine's groups.
  var groups: [String]
  /// Types whose processors have a capacity in MSU.
  var ratedTypes: [ProcessorType]
  /// The profile that INITIAL returns to; nil when a profile itself is changed.
  var profile: PartitionDefinition?
}

extension PartitionDefinition {
  /// The values after a setting, or after several together.
  ///
  /// What an operand may be is judged one by one; what the values may be together, at the end.
  ///
  /// - Throws: `ManagementError` when the setting is refused.
  func applying(
    _ action: ManagementAction, in context: SettingContext
  ) throws(ManagementError) -> PartitionDefinition {
    var changed = self
    try changed.apply(action, in: context)
    try changed.judge(after: self, in: context)
    return changed
  }

  private mutating func apply(
    _ action: ManagementAction, in context: SettingContext
  ) throws(ManagementError) {
    switch action {
    case .batch(let actions): for action in actions { try apply(action, in: context) }
    case .setWeight(_, let type, let weight): try setWeight(type, weight)
    case .setShare(_, let type, let amount, let limit):
      try setShare(type, amount, limit)
    case .setInitialShare(_, let type): try setInitialShare(type, action, context)
    case .setCap(_, let type, let cap): try setCap(type, cap)
    case .setWeightRange(_, let type, let minimum, let maximum):
      try setWeightRange(type, minimum, maximum)
    case .setGroup(_, let type, let group): try setGroup(type, group)
    case .setDefinedCapacity(_, let units): try setDefinedCapacity(units, context)
    case .setPolarity(_, let polarity):
      _ = try sharedEntries(nil)
      self.polarity = polarity
    case .setSecurity(_, let permission, let isOn): security[permission] = isOn
    default: throw .notInProfile(action)
    }
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
    guard ProcessingShare.weights.contains(weight) else {
      throw .weightOutOfRange(weight, allowed: ProcessingShare.weights)
    }
    for entry in entries { setShare(of: entry) { $0.amount = .relative(weight) } }
  }

  private mutating func setShare(
    _ type: ProcessorType?, _ amount: ShareAmount?, _ limit: ShareLimit?
  ) throws(ManagementError) {
    let entries = try sharedEntries(type)
    for entry in entries {
      setShare(of: entry) { setting in
        if let amount { setting.amount = amount }
        if let limit { setting.limit = limit }
      }
    }
  }

  private mutating func setInitialShare(
    _ type: ProcessorType?, _ action: ManagementAction, _ context: SettingContext
  ) throws(ManagementError) {
    guard let profile = context.profile else { throw .notInProfile(action) }
    for entry in try sharedEntries(type) {
      guard
        let initial = profile.processors.firstIndex(where: {
          $0.type == processors.element(at: entry)?.type && $0.mode == .shared
        })
      else { continue }
      let setting = profile.share(of: initial)
      setShare(of: entry) { $0 = setting }
    }
  }

  private mutating func setCap(
    _ type: ProcessorType?, _ cap: CapSetting
  ) throws(ManagementError) {
    let entries = try sharedEntries(type)
    switch cap {
    case .ownShare(let isCapped):
      for entry in entries {
        setShare(of: entry) { setting in
          if isCapped {
            setting.limit = .hard(nil)
          } else if setting.limit == .hard(nil) {
            setting.limit = .none
          }
        }
      }
    case .absolute(let hundredths):
      for entry in entries {
        processors.change(at: entry) { $0.absoluteCapHundredths = hundredths }
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
