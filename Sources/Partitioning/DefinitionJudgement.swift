import Quantities

// Whether this machine can have a partition as it is defined: what the reading of definition files refuses,
// for one that is defined while the machine runs or that comes from a file of state.

extension PartitionManager {
  /// Most logical processors of a partition, of all types together.
  static let processorLimit = 64

  /// Refuses a partition that this machine can never have.
  func judge(_ entry: PartitionEntry) throws(ManagementError) {
    for definition in [entry.definition] + entry.others.map(\.definition) {
      try judgeProcessors(of: definition)
      try judgeStorage(of: definition)
      try definition.judge(in: firmware.settings.context)
    }
  }

  private func judgeProcessors(of partition: PartitionDefinition) throws(ManagementError) {
    let types = partition.processors.map(\.type)
    let counts = partition.processors.map { $0.initial.addingClamped($0.reserved) }
    let isWhole =
      partition.processors.contains { $0.initial > 0 }
      && ProcessorType.allCases.allSatisfy { type in
        types.count { $0 == type } <= 1
      }
      && Set(partition.processors.map(\.mode)).count == 1
      && partition.processors.allSatisfy { $0.initial >= 0 && $0.reserved >= 0 }
      && counts.reduce(0, { $0.addingClamped($1) }) <= Self.processorLimit
    guard isWhole else { throw .processorsNotDefinable(partition.name, limit: Self.processorLimit) }
    for processors in partition.processors {
      let installed =
        definition.machine.processors.first { $0.type == processors.type }?.count ?? 0
      guard installed > 0, processors.initial <= installed else {
        throw .insufficientProcessors(
          partition.name, processors.type, needed: processors.initial, available: installed)
      }
    }
  }

  private func judgeStorage(of partition: PartitionDefinition) throws(ManagementError) {
    let storage = partition.storage
    let increment = definition.machine.incrementByteCount
    for size in [storage.initialByteCount, storage.reservedByteCount]
    where !size.isMultiple(of: increment) {
      throw .notMultipleOfIncrement(size, increment: increment)
    }
    guard storage.initialByteCount > 0 else {
      throw .notMultipleOfIncrement(0, increment: increment)
    }
    if partition.storageMethod == .acpi {
      let unit = partition.reservedUnit(increment: increment)
      guard storage.reservedByteCount.isMultiple(of: unit) else {
        throw .notMultipleOfIncrement(storage.reservedByteCount, increment: unit)
      }
    }
    let most = storage.initialByteCount.addingClamped(storage.reservedByteCount)
    guard most <= ledger.installedByteCount else {
      throw .storageLimit(partition.name, requested: most, limit: ledger.installedByteCount)
    }
  }
}
