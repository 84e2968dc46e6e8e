// What the values of a partition and of the machine may be together: the one judgement that every way
// to a value passes, SET running or in a profile, INITIAL, SAVE PROFILE, activation, what an earlier
// machine left, definition files. Pure.

import Channels

extension PartitionDefinition {
  /// Limits of a capacity in MSU.
  static let capacityUnitsRange = 1...999_999

  /// Refuses values that may not be together.
  ///
  /// - Parameters:
  ///   - earlier: The values that were changed, so that the refusal names what was asked for; nil
  ///     when the values as a whole are at stake.
  ///   - context: What of the machine they depend on.
  /// - Throws: `ManagementError`, the first that SET would refuse them with.
  func judge(
    after earlier: PartitionDefinition? = nil, in context: SettingContext
  ) throws(ManagementError) {
    for own in processors where own.mode == .shared {
      try Self.judge(own.share.amount)
      switch own.share.limit {
      case .hard(let most?), .soft(let most?): try Self.judge(most)
      case .none, .hard(nil), .soft(nil): break
      }
      let before = earlier?.processors.first { $0.type == own.type }
      let isRangeNew = before.map { $0.weightLimits != own.weightLimits } ?? false
      try own.judgeWeight(isRangeNew: isRangeNew)
      if let cap = own.share.absoluteCapHundredths, !ShareDefinition.absoluteCaps.contains(cap) {
        throw .capOutOfRange(cap)
      }
      if let group = own.group, !context.groups.contains(group) {
        throw .groupNotFound(group, known: context.groups)
      }
    }
    try judgeCapacity()
    guard IOPriority.range.contains(ioPriority) else { throw .ioPriorityOutOfRange(ioPriority) }
  }

  private static func judge(_ amount: ShareAmount) throws(ManagementError) {
    let isLegal =
      switch amount {
      case .relative(let share): ShareDefinition.relativeShares.contains(share)
      case .absolute(let hundredths): ShareDefinition.absoluteShares.contains(hundredths)
      }
    guard isLegal else { throw .shareOutOfRange(amount) }
  }

  /// Initial capping of CP processors and a defined capacity exclude each other.
  ///
  /// Source: PR/SM Planning Guide, "Defined capacity": not with initial capping, not dedicated.
  private func judgeCapacity() throws(ManagementError) {
    guard let units = definedCapacity else { return }
    guard Self.capacityUnitsRange.contains(units) else { throw .capacityOutOfRange(units) }
    let entries = processors.filter { $0.type == .cp }
    guard entries.allSatisfy({ $0.mode == .shared }) else {
      throw .noSharedProcessors(name, .cp)
    }
    guard !entries.contains(where: \.share.isCapped) else {
      throw .cappingConflict(name)
    }
  }
}

extension PartitionProcessors {
  /// The least and the greatest weight that may be set, as they are said.
  struct WeightLimits: Hashable {
    var minimum: Int?
    var maximum: Int?
  }

  /// Its limits.
  var weightLimits: WeightLimits {
    WeightLimits(minimum: minimumWeight, maximum: maximumWeight)
  }

  /// Judges the limits of the weight by themselves, and a relative share by them.
  fileprivate func judgeWeight(isRangeNew: Bool) throws(ManagementError) {
    let allowed = ShareDefinition.weights
    let least = minimumWeight ?? allowed.lowerBound
    let most = maximumWeight ?? allowed.upperBound
    let weight = share.weight ?? ShareDefinition.usualWeight
    guard allowed.contains(least), allowed.contains(most), least <= most else {
      throw .weightRange(minimum: least, weight: weight, maximum: most)
    }
    // An absolute share has no weight, and a relative one without limits may be more than a weight.
    guard share.weight != nil, minimumWeight != nil || maximumWeight != nil,
      !(least...max(least, most)).contains(weight)
    else { return }
    if isRangeNew { throw .weightRange(minimum: least, weight: weight, maximum: most) }
    throw .weightOutOfRange(weight, allowed: least...max(least, most))
  }
}

extension MachineSettings {
  /// Refuses values of the reset profile and the groups that may not be.
  func judge() throws(ManagementError) {
    if let runningTime, !MachineSettings.runningTimes.contains(runningTime) {
      throw .runningTimeOutOfRange(runningTime)
    }
    for group in groups {
      for cap in group.absoluteCaps where !ShareDefinition.absoluteCaps.contains(cap.hundredths) {
        throw .capOutOfRange(cap.hundredths)
      }
      if let units = group.capacityUnits, !PartitionDefinition.capacityUnitsRange.contains(units) {
        throw .capacityOutOfRange(units)
      }
    }
  }
}
