import Channels

// Accounting records of type 01: what a partition used, written when it is deactivated and when an
// operator asks. Each begins where the last one ended.

extension Journal {
  /// Writes a record of an active partition, which goes on; the next begins here.
  func account(_ partition: Partition, _ reason: AccountingReason) {
    var counters = ProcessorCounters()
    for place in partition.layout {
      counters = counters + engine.dispatcher.counters(ofAccount: place.account, at: now)
    }
    let base = partition.accounted
    state.accounting.publish(
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
