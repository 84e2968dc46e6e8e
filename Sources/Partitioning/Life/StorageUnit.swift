// Storage as a resource of partitions.

import Quantities

/// Storage: increments of the machine's, in the order of their places in the partition.
struct StorageUnit: PartitionUnit {
  func attach(
    _ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook
  ) throws(ManagementError) {
    let defined = partition.definition.storage
    let unit = storage.ledger.incrementByteCount
    let count = storage.ledger.count(of: defined.initialByteCount)
    let origin = defined.origin.map { Int(clamping: $0 / max(1, unit)) }
    guard
      let range = storage.ledger.takeContiguous(count, for: partition.number, origin: origin)
    else { throw refusal(partition, storage.ledger, count) }
    let places = count.addingClamped(storage.ledger.count(of: defined.reservedByteCount))
    partition.increments.elements = [Int?](repeating: nil, count: max(0, places))
    for (place, increment) in zip(partition.increments.indices, range) {
      partition.increments[place] = increment
    }
    partition.initialCount = count
    partition.isClean = true
  }

  func detach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    storage.ledger.giveBack(partition.increments.compactMap { $0 }, from: partition.number)
    partition.increments.elements = []
    partition.initialCount = 0
    partition.offered = []
  }

  private func refusal(
    _ partition: Partition, _ ledger: StorageLedger, _ count: Int
  ) -> ManagementError {
    let needed = ledger.byteCount(of: count)
    if let origin = partition.definition.storage.origin, count <= ledger.freeCount {
      return .originNotFree(partition.name, origin: origin, needed: needed)
    }
    guard count <= ledger.freeCount else {
      return .insufficientStorage(
        partition.name, needed: needed, free: ledger.freeByteCount)
    }
    return .storageFragmented(
      partition.name, needed: needed,
      largest: ledger.byteCount(of: ledger.largestFreeCount))
  }
}
