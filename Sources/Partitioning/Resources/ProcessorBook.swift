import Quantities

// The book of processors: it follows from who is active.

extension MachineHardware {
  /// What a pool's physical processors are spoken for, by all but one partition.
  ///
  /// For a sharing partition's logical processors it does not matter how many other sharing ones have,
  /// and thousands of those are not asked.
  func reservation(
    of type: ProcessorType, for mode: ProcessorMode = .dedicated, without partition: Partition?
  ) -> ProcessorReservation {
    guard let pool = layout.pools.firstIndex(of: type) else {
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
}
