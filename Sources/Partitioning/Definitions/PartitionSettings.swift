// What a SET command of a partition does to its values: judged and computed here, pure, alike for the
// running values and for those of an image profile.

extension ManagementAction {
  /// Whether it changes values that a profile holds too.
  var isSetting: Bool {
    switch self {
    case .setWeight, .setShare, .setInitialShare, .setCap, .setWeightRange, .setGroup,
      .setDefinedCapacity, .setPolarity, .setSecurity, .setGroupCap, .setGroupCapacity,
      .setRunningTime, .setWaitCompletion:
      true
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
  /// Limits of a capacity in MSU.
  static let capacityUnitsRange = 1...999_999

  /// The values after a setting.
  ///
  /// - Throws: `ManagementError` when the setting is refused.
  func applying(
    _ action: ManagementAction, in context: SettingContext
  ) throws(ManagementError) -> PartitionDefinition {
    var changed = self
    switch action {
    case .setWeight(_, let type, let weight): try changed.setWeight(type, weight)
    case .setShare(_, let type, let amount, let limit):
      try changed.setShare(type, amount, limit)
    case .setInitialShare(_, let type): try changed.setInitialShare(type, action, context)
    case .setCap(_, let type, let cap): try changed.setCap(type, cap)
    case .setWeightRange(_, let type, let minimum, let maximum):
      try changed.setWeightRange(type, minimum, maximum)
    case .setGroup(_, let type, let group): try changed.setGroup(type, group, context)
    case .setDefinedCapacity(_, let units): try changed.setDefinedCapacity(units, context)
    case .setPolarity(_, let polarity):
      _ = try sharedEntries(nil)
      changed.polarity = polarity
    case .setSecurity(_, let permission, let isOn): changed.security[permission] = isOn
    default: throw .notInProfile(action)
    }
    return changed
  }

  /// The entries that an operand means: sharing ones, of one type or all.
  private func sharedEntries(_ type: ProcessorType?) throws(ManagementError) -> [Int] {
    let entries = processors.indices.filter {
      processors[$0].mode == .shared && (type == nil || processors[$0].type == type)
    }
    guard !entries.isEmpty else { throw .noSharedProcessors(name, type) }
    return entries
  }

  private mutating func setWeight(
    _ type: ProcessorType?, _ weight: Int
  ) throws(ManagementError) {
    let entries = try sharedEntries(type)
    for entry in entries {
      try judge(weight, of: entry, most: ProcessingShare.weights.upperBound)
    }
    for entry in entries { setShare(of: entry) { $0.amount = .relative(weight) } }
  }

  /// Judges a weight by the limits that the processors have for it.
  private func judge(_ weight: Int, of entry: Int, most: Int) throws(ManagementError) {
    let least = processors[entry].minimumWeight ?? 1
    let most = processors[entry].maximumWeight ?? most
    guard least <= weight, weight <= most else {
      throw .weightOutOfRange(weight, allowed: least...max(least, most))
    }
  }

  private mutating func setShare(
    _ type: ProcessorType?, _ amount: ShareAmount?, _ limit: ShareLimit?
  ) throws(ManagementError) {
    let entries = try sharedEntries(type)
    if let amount { try judge(amount) }
    switch limit {
    case .hard(let most?), .soft(let most?): try judge(most)
    case nil, .hard(nil), .soft(nil), .some(.none): break
    }
    if case .relative(let weight)? = amount {
      for entry in entries {
        try judge(weight, of: entry, most: ProcessingShare.relativeShares.upperBound)
      }
    }
    if limit == .hard(nil) { try judgeInitialCapping(entries) }
    for entry in entries {
      setShare(of: entry) { setting in
        if let amount { setting.amount = amount }
        if let limit { setting.limit = limit }
      }
    }
  }

  private func judge(_ amount: ShareAmount) throws(ManagementError) {
    let isLegal =
      switch amount {
      case .relative(let share): ProcessingShare.relativeShares.contains(share)
      case .absolute(let hundredths): ProcessingShare.absoluteShares.contains(hundredths)
      }
    guard isLegal else { throw .shareOutOfRange(amount) }
  }

  /// Initial capping of CP processors and a defined capacity exclude each other.
  private func judgeInitialCapping(_ entries: [Int]) throws(ManagementError) {
    guard definedCapacity != nil, entries.contains(where: { processors[$0].type == .cp })
    else { return }
    throw .cappingConflict(name)
  }

  private mutating func setInitialShare(
    _ type: ProcessorType?, _ action: ManagementAction, _ context: SettingContext
  ) throws(ManagementError) {
    guard let profile = context.profile else { throw .notInProfile(action) }
    for entry in try sharedEntries(type) {
      guard
        let initial = profile.processors.firstIndex(where: {
          $0.type == processors[entry].type && $0.mode == .shared
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
      if isCapped { try judgeInitialCapping(entries) }
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
      if let hundredths, !ProcessingShare.absoluteCaps.contains(hundredths) {
        throw .capOutOfRange(hundredths)
      }
      for entry in entries { processors[entry].absoluteCapHundredths = hundredths }
    }
  }

  private mutating func setWeightRange(
    _ type: ProcessorType?, _ minimum: Int?, _ maximum: Int?
  ) throws(ManagementError) {
    let entries = try sharedEntries(type)
    let allowed = ProcessingShare.weights
    for entry in entries {
      let least = minimum ?? allowed.lowerBound
      let most = maximum ?? allowed.upperBound
      var weight = processors[entry].weight
      if case .relative(let share) = share(of: entry).amount { weight = share }
      guard allowed.contains(least), allowed.contains(most), least <= weight, weight <= most
      else { throw .weightRange(minimum: least, weight: weight, maximum: most) }
    }
    for entry in entries {
      processors[entry].minimumWeight = minimum
      processors[entry].maximumWeight = maximum
    }
  }

  private mutating func setGroup(
    _ type: ProcessorType?, _ group: String?, _ context: SettingContext
  ) throws(ManagementError) {
    let entries = try sharedEntries(type)
    if let group, !context.groups.contains(group) {
      throw .groupNotFound(group, known: context.groups)
    }
    for entry in entries { processors[entry].group = group }
  }

  private mutating func setDefinedCapacity(
    _ units: Int?, _ context: SettingContext
  ) throws(ManagementError) {
    let entries = try sharedEntries(.cp)
    if let units {
      guard PartitionDefinition.capacityUnitsRange.contains(units) else {
        throw .capacityOutOfRange(units)
      }
      guard context.ratedTypes.contains(.cp) else { throw .capacityUnknown(.cp) }
      guard !entries.contains(where: { share(of: $0).limit == .hard(nil) }) else {
        throw .cappingConflict(name)
      }
    }
    definedCapacity = units
  }
}
