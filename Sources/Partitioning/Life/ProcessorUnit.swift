// Processors as a resource of partitions.

import Quantities

/// Logical processors: dedicated physical ones, and places in the shared pools.
struct ProcessorUnit: PartitionUnit {
  func attach(
    _ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook
  ) throws(ManagementError) {
    for (entry, processors) in partition.definition.processors.enumerated() {
      let reservation = hardware.reservation(
        of: processors.type, for: processors.mode, without: partition)
      let available = reservation.available(processors.mode)
      guard processors.initial <= available else {
        undo(partition, hardware)
        throw .insufficientProcessors(
          partition.name, processors.type, needed: processors.initial, available: available)
      }
      hardware.engine.dispatcher.enter(
        partition.account(of: entry), isDedicated: processors.mode == .dedicated,
        at: hardware.engine.now)
      for number in partition.numbers(of: entry).prefix(processors.initial) {
        if processors.mode == .dedicated {
          let logical = hardware.logical(number, of: partition)
          _ = hardware.engine.dispatcher.dedicate(to: logical, at: hardware.engine.now)
        }
        partition.isOnline[number] = true
        hardware.engine.dispatcher.setOnline(
          hardware.logical(number, of: partition), true, at: hardware.engine.now)
        partition.isProcessorStopped[number] = false
      }
    }
  }

  func detach(_ partition: Partition, _ hardware: MachineHardware, _ storage: StorageBook) {
    undo(partition, hardware)
  }

  private func undo(_ partition: Partition, _ hardware: MachineHardware) {
    for account in partition.layout.map(\.account) {
      hardware.engine.dispatcher.leave(account, at: hardware.engine.now)
      for logical in hardware.engine.dispatcher.members(of: account) {
        hardware.engine.dispatcher.undedicate(logical)
      }
    }
    for number in partition.isOnline.indices { partition.isOnline[number] = false }
  }
}
