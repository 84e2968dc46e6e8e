import Channels

// Accounting records of type 01: what a partition used, written when it is deactivated and when an
// operator asks. Each begins where the last one ended.

/// What a partition's accounting record is counted from.
struct AccountingBase: Equatable, Sendable, Codable {
  var time: SimulatedTime = 0
  var dispatched: UInt64 = 0
  var effective: UInt64 = 0
  var requestCount: UInt64 = 0
}

extension PartitionManager {
  /// Writes a record of an active partition, which goes on; the next begins here.
  ///
  /// - Throws: `.partitionNotFound`, `.wrongState`.
  package func account(
    _ name: String, reason: AccountingReason = .request
  ) throws(ManagementError) {
    let partition = try partition(name)
    try requireActive(partition)
    account(partition, reason)
  }

  /// Writes a record of an active partition.
  func account(_ partition: Partition, _ reason: AccountingReason) {
    var counters = ProcessorCounters()
    for place in partition.layout {
      counters = counters + engine.dispatcher.counters(ofAccount: place.account, at: now)
    }
    let base = partition.accounted
    state.journal.accounting.publish(
      AccountingRecord(
        partition: partition.name, reason: reason, from: base.time, to: now,
        dispatched: counters.dispatched &- base.dispatched,
        effective: counters.effective &- base.effective,
        requestCount: partition.requestCount &- base.requestCount))
    partition.accounted = AccountingBase(
      time: now, dispatched: counters.dispatched, effective: counters.effective,
      requestCount: partition.requestCount)
  }
}
