import Platform
import Quantities
import X86

/// Storage: increments of the machine's, and the computer that is built around them.
struct StorageUnit: PartitionUnit {
  func attach(_ partition: Partition, to manager: PartitionManager) throws(ManagementError) {
    let storage = partition.definition.storage
    let unit = manager.ledger.incrementByteCount
    let count = manager.ledger.count(of: storage.initialByteCount)
    let origin = storage.origin.map { Int(clamping: $0 / max(1, unit)) }
    guard
      let range = manager.state.ledger.takeContiguous(count, for: partition.number, origin: origin)
    else { throw refusal(partition, manager, count) }
    let places = count.addingClamped(manager.ledger.count(of: storage.reservedByteCount))
    partition.increments.elements = [Int?](repeating: nil, count: max(0, places))
    for (place, increment) in zip(partition.increments.indices, range) {
      partition.increments[place] = increment
    }
    partition.initialCount = count
    partition.isClean = true
    guard !manager.isRehearsal else { return }
    do throws(HostMemoryError) {
      partition.computer = try Computer(manager.configuration(of: partition))
    } catch {
      detach(partition, from: manager)
      throw .hostMemory(partition.name)
    }
    for number in partition.isOnline.indices where partition.isOnline[number] {
      partition.computer?.setProcessorPresent(number, true)
    }
    manager.engine.guests[partition.number].hardware = partition.computer
  }

  func detach(_ partition: Partition, from manager: PartitionManager) {
    manager.state.ledger.giveBack(partition.increments.compactMap { $0 }, from: partition.number)
    partition.increments.elements = []
    partition.initialCount = 0
    partition.offered = []
    partition.computer = nil
    manager.countPages(of: partition)
    manager.engine.guests[partition.number].hardware = nil
  }

  private func refusal(
    _ partition: Partition, _ manager: PartitionManager, _ count: Int
  ) -> ManagementError {
    let needed = manager.byteCount(of: count)
    if let origin = partition.definition.storage.origin, count <= manager.ledger.freeCount {
      return .originNotFree(partition.name, origin: origin, needed: needed)
    }
    guard count <= manager.ledger.freeCount else {
      return .insufficientStorage(
        partition.name, needed: needed, free: manager.ledger.freeByteCount)
    }
    return .storageFragmented(
      partition.name, needed: needed,
      largest: manager.byteCount(of: manager.ledger.largestFreeCount))
  }
}

extension PartitionManager {
  /// The computer that a partition's definition describes.
  func configuration(of partition: Partition) -> ComputerConfiguration {
    let storage = partition.definition.storage
    let unit = ledger.incrementByteCount
    func whole(_ bytes: UInt64) -> UInt64 { byteCount(of: ledger.count(of: bytes)) }
    // Processors on line are numbered from 0 unless a partition has several types.
    let first = partition.isOnline.firstIndex(of: false) ?? partition.isOnline.count
    return ComputerConfiguration(
      name: partition.name, partitionNumber: partition.number,
      maximumProcessors: partition.isOnline.count, initialProcessors: max(1, first),
      initialStorage: whole(storage.initialByteCount),
      maximumStorage: whole(storage.initialByteCount)
        .addingClamped(whole(storage.reservedByteCount)),
      increment: unit, timeOfDay: timeOfDayAtStart,
      blockDevices: channels.subchannels(of: partition.number).prefix(max(0, PCLayout.virtioLimit))
        .map {
          BlockDeviceConfiguration(deviceNumber: $0.virtualDevice, blockCount: $0.blockCount)
        })
  }
}
