import Partitioning
import Quantities

/// What must come out even, however a machine is reconfigured.
struct Conservation {
  /// Where guest programs count what they found wrong: 64 bits (GuestCounter.errors).
  private static let errorCounter: UInt64 = 0x2018

  /// Processor time by the accounting records of partitions that ended, in nanoseconds.
  private var accounted: UInt64 = 0
  /// The measurement that the last report ended with.
  private var sample: MeasurementSample?

  /// Takes accounting records of partitions that ended.
  mutating func account(_ records: [AccountingRecord]) {
    for record in records { accounted.addClamped(record.effective) }
  }

  /// Reports the interval since the last call.
  ///
  /// - Returns: Why there is no report; nil when its sums come out even.
  mutating func report(on manager: PartitionManager) -> String? {
    let now = manager.measurement()
    defer { sample = now }
    guard let before = sample, before.time < now.time else { return nil }
    do {
      _ = try PartitionDataReport(from: before, to: now)
      return nil
    } catch {
      return "Partition Data Report: \(error)"
    }
  }

  /// Checks a machine between two epochs.
  ///
  /// - Parameters:
  ///   - manager: The machine.
  ///   - upset: Guests whose own counts do not count.
  /// - Returns: One line for each thing that is wrong.
  func losses(of manager: PartitionManager, besides upset: Set<String>) -> [String] {
    let machine = manager.machineView
    var losses: [String] = []
    var granted: UInt64 = 0
    let sample = manager.measurement()
    var used = accounted
    for name in manager.partitionNames {
      guard let partition = manager.partitionView(name) else { continue }
      granted.addClamped(partition.grantedByteCount)
      guard partition.isActive else { continue }
      let errors = manager.storage(of: name, at: Conservation.errorCounter, count: 8)
      if let errors, !upset.contains(name), errors.contains(where: { $0 != 0 }) {
        losses.append("\(name): the guest found its data wrong")
      }
    }
    let known = granted.addingClamped(machine.freeByteCount)
    if known != machine.storageByteCount || !manager.ledger.isBalanced {
      losses.append(
        "storage: granted \(granted) and free \(machine.freeByteCount) are not the installed"
          + " \(machine.storageByteCount) bytes")
    }
    for partition in sample.partitions where partition.isActive {
      for logical in partition.logicals { used.addClamped(logical.counters.effective) }
    }
    let busy = sample.processors.reduce(UInt64(0)) { $0.addingClamped($1.counters.effective) }
    if used != busy {
      losses.append(
        "processor time: partitions used \(used) ns, physical processors ran \(busy) ns")
    }
    for processor in sample.processors {
      let counters = processor.counters
      let sum = counters.online.addingClamped(counters.offline)
      if sum != sample.time {
        losses.append("physical processor \(processor.number): \(sum) of \(sample.time) ns")
      }
    }
    return losses
  }
}

extension PartitionView {
  /// Storage it has or is being offered, in bytes.
  fileprivate var grantedByteCount: UInt64 {
    pending.reduce(storageByteCount) { sum, change in
      guard change.online else { return sum }
      switch change.subject {
      case .storage(_, let byteCount): return sum.addingClamped(byteCount)
      case .blocks(let byteCount, let done):
        return sum.addingClamped(byteCount.subtractingClamped(done))
      case .processor, .device, .link, .adapter, .path, .shutdown: return sum
      }
    }
  }
}
