import Partitioning

/// What must come out even, however a machine is reconfigured.
struct Conservation {
  /// Where guest programs count what they found wrong: 64 bits (GuestCounter.errors).
  private static let errorCounter: UInt64 = 0x2018

  /// Processor time of partitions that are not active any more, in nanoseconds.
  private var retired: UInt64 = 0

  /// Notes a partition's processor time before it is taken down.
  mutating func retire(_ partition: PartitionView) { retired += partition.processorTime }

  /// Checks a machine between two epochs.
  ///
  /// - Returns: One line for each thing that is wrong.
  func losses(of manager: PartitionManager) -> [String] {
    let machine = manager.machineView
    var losses: [String] = []
    var granted: UInt64 = 0
    var used = retired
    for name in manager.partitionNames {
      guard let partition = manager.partitionView(name) else { continue }
      granted += partition.grantedByteCount
      guard partition.isActive else { continue }
      used += partition.processorTime
      let errors = manager.storage(of: name, at: Conservation.errorCounter, count: 8)
      if let errors, errors.contains(where: { $0 != 0 }) {
        losses.append("\(name): the guest found its data wrong")
      }
    }
    if granted + machine.freeByteCount != machine.storageByteCount || !manager.ledger.isBalanced {
      losses.append(
        "storage: granted \(granted) and free \(machine.freeByteCount) are not the installed"
          + " \(machine.storageByteCount) bytes")
    }
    let busy = machine.processors.reduce(0) { $0 + $1.busyNanoseconds }
    if used != busy {
      losses.append(
        "processor time: partitions used \(used) ns, physical processors ran \(busy) ns")
    }
    return losses
  }
}

extension PartitionView {
  /// Storage it has or is being offered, in bytes.
  fileprivate var grantedByteCount: UInt64 {
    pending.reduce(storageByteCount) { sum, change in
      guard case .storage(_, let byteCount) = change.subject, change.online else { return sum }
      return sum + byteCount
    }
  }

  /// Time on physical processors since activation, in nanoseconds.
  fileprivate var processorTime: UInt64 { shares.reduce(0) { $0 + $1.usedNanoseconds } }
}
