// Weights, shares and caps: judged here, computed by `ProcessingShare`, spent by the dispatcher from
// this instant on. They may be set while a partition is not active; activation returns them to the
// definition.

extension PartitionManager {
  /// The entries of a partition's definition that an operand means: sharing ones, of one type or all.
  private func entries(
    _ partition: Partition, _ type: ProcessorType?
  ) throws(ManagementError) -> [Int] {
    let entries = partition.definition.processors.indices.filter {
      let processors = partition.definition.processors[$0]
      return processors.mode == .shared && (type == nil || processors.type == type)
    }
    guard !entries.isEmpty else { throw .noSharedProcessors(partition.name, type) }
    return entries
  }

  private func change(
    _ partition: Partition, _ entries: [Int], _ body: (inout ShareSetting) -> Void
  ) {
    for entry in entries {
      body(&partition.shares[entry])
      if partition.isActive { applyShares(of: partition.definition.processors[entry].type) }
    }
  }

  func setWeight(
    _ partition: Partition, type: ProcessorType?, weight: Int
  ) throws(ManagementError) {
    let entries = try entries(partition, type)
    for entry in entries {
      let processors = partition.definition.processors[entry]
      let least = max(ProcessingShare.weights.lowerBound, processors.minimumWeight ?? 1)
      let most = min(ProcessingShare.weights.upperBound, processors.maximumWeight ?? 999)
      guard least <= weight, weight <= most else {
        throw .weightOutOfRange(weight, allowed: least...max(least, most))
      }
    }
    change(partition, entries) { $0.amount = .relative(weight) }
  }

  func setShare(
    _ partition: Partition, type: ProcessorType?, amount: ShareAmount?, limit: ShareLimit?
  ) throws(ManagementError) {
    let entries = try entries(partition, type)
    if let amount { try judge(amount) }
    switch limit {
    case .hard(let most?), .soft(let most?): try judge(most)
    case nil, .hard(nil), .soft(nil), .some(.none): break
    }
    change(partition, entries) { setting in
      if let amount { setting.amount = amount }
      if let limit { setting.limit = limit }
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

  func setInitialShare(_ partition: Partition, type: ProcessorType?) throws(ManagementError) {
    for entry in try entries(partition, type) {
      let processors = partition.definition.processors[entry]
      partition.shares[entry] = ShareSetting(processors, partition.definition.share)
      if partition.isActive { applyShares(of: processors.type) }
    }
  }

  func setCap(
    _ partition: Partition, type: ProcessorType?, _ cap: CapSetting
  ) throws(ManagementError) {
    let entries = try entries(partition, type)
    switch cap {
    case .ownShare(let isCapped):
      change(partition, entries) { setting in
        if isCapped {
          setting.limit = .hard(nil)
        } else if setting.limit == .hard(nil) {
          setting.limit = .none
        }
      }
    case .absolute(let hundredths):
      if let hundredths, !ProcessingShare.absoluteCaps.contains(hundredths) {
        throw .capOutOfRange(hundredths)
      }
      change(partition, entries) { $0.absoluteCapHundredths = hundredths }
    }
  }
}
