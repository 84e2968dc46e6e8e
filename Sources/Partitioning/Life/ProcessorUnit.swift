// Processors as a resource of partitions, and who has which of them.

import Quantities

/// Logical processors: dedicated physical ones, and places in the shared pools.
struct ProcessorUnit: PartitionUnit {
  func attach(_ partition: Partition, to machine: any MachineResources) throws(ManagementError) {
    for (entry, processors) in partition.definition.processors.enumerated() {
      let reservation = machine.reservation(
        of: processors.type, for: processors.mode, without: partition)
      let available = reservation.available(processors.mode)
      guard processors.initial <= available else {
        undo(partition, machine)
        throw .insufficientProcessors(
          partition.name, processors.type, needed: processors.initial, available: available)
      }
      machine.dispatcher.enter(
        partition.account(of: entry), isDedicated: processors.mode == .dedicated, at: machine.now)
      for number in partition.numbers(of: entry).prefix(processors.initial) {
        if processors.mode == .dedicated {
          let logical = machine.logical(number, of: partition)
          _ = machine.dispatcher.dedicate(to: logical, at: machine.now)
        }
        partition.isOnline[number] = true
        machine.dispatcher.setOnline(
          machine.logical(number, of: partition), true, at: machine.now)
        partition.isProcessorStopped[number] = false
      }
    }
  }

  func detach(_ partition: Partition, from machine: any MachineResources) {
    undo(partition, machine)
  }

  private func undo(_ partition: Partition, _ machine: any MachineResources) {
    for account in partition.layout.map(\.account) {
      machine.dispatcher.leave(account, at: machine.now)
      for logical in machine.dispatcher.members(of: account) {
        machine.dispatcher.undedicate(logical)
      }
    }
    for number in partition.isOnline.indices { partition.isOnline[number] = false }
  }
}

extension PartitionManager {
  /// What a pool's physical processors are spoken for, by all but one partition.
  ///
  /// For a sharing partition's logical processors it does not matter how many other sharing ones have,
  /// and thousands of those are not asked.
  func reservation(
    of type: ProcessorType, for mode: ProcessorMode = .dedicated, without partition: Partition?
  ) -> ProcessorReservation {
    guard let pool = pools.firstIndex(of: type) else {
      return ProcessorReservation(online: 0, dedicated: 0, sharing: [])
    }
    let range = engine.dispatcher.pools[pool].processors
    let physicals = engine.dispatcher.physicals
    var sharing: [Int] = []
    for other in mode == .shared ? PartitionRoster([]) : partitions
    where other.isActive && other !== partition {
      for (entry, processors) in other.definition.processors.enumerated()
      where processors.type == type && processors.mode == .shared {
        sharing.append(other.onlineCount(of: entry))
      }
    }
    return ProcessorReservation(
      online: range.count { physicals[$0].isOnline },
      dedicated: range.count { physicals[$0].dedicatedTo >= 0 }, sharing: sharing)
  }

  /// Index of a partition's logical processor with the dispatcher.
  func logical(_ number: Int, of partition: Partition) -> Int {
    engine.guests[partition.number].firstLogical &+ number
  }

  /// The type of a pool's processors.
  func poolType(_ pool: Int) -> ProcessorType { pools.element(at: pool) ?? .cp }

  /// The name of the partition that has a logical processor; nil for none.
  func ownerName(_ logical: Int) -> String? {
    guard logical >= 0 else { return nil }
    return partitionName(engine.dispatcher.logicals[logical].partition)
  }
}
