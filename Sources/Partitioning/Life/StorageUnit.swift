// Storage as a resource of partitions.

import Quantities

/// Storage: increments of the machine's, in the order of their places in the partition.
struct StorageUnit: PartitionUnit {
  func attach(_ partition: Partition, to machine: any MachineResources) throws(ManagementError) {
    let storage = partition.definition.storage
    let unit = machine.storage.incrementByteCount
    let count = machine.storage.count(of: storage.initialByteCount)
    let origin = storage.origin.map { Int(clamping: $0 / max(1, unit)) }
    guard
      let range = machine.storage.takeContiguous(count, for: partition.number, origin: origin)
    else { throw refusal(partition, machine, count) }
    let places = count.addingClamped(machine.storage.count(of: storage.reservedByteCount))
    partition.increments.elements = [Int?](repeating: nil, count: max(0, places))
    for (place, increment) in zip(partition.increments.indices, range) {
      partition.increments[place] = increment
    }
    partition.initialCount = count
    partition.isClean = true
  }

  func detach(_ partition: Partition, from machine: any MachineResources) {
    machine.storage.giveBack(partition.increments.compactMap { $0 }, from: partition.number)
    partition.increments.elements = []
    partition.initialCount = 0
    partition.offered = []
  }

  private func refusal(
    _ partition: Partition, _ machine: any MachineResources, _ count: Int
  ) -> ManagementError {
    let needed = machine.storage.byteCount(of: count)
    if let origin = partition.definition.storage.origin, count <= machine.storage.freeCount {
      return .originNotFree(partition.name, origin: origin, needed: needed)
    }
    guard count <= machine.storage.freeCount else {
      return .insufficientStorage(
        partition.name, needed: needed, free: machine.storage.freeByteCount)
    }
    return .storageFragmented(
      partition.name, needed: needed,
      largest: machine.storage.byteCount(of: machine.storage.largestFreeCount))
  }
}
