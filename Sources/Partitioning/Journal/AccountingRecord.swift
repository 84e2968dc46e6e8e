import Channels

/// Why an accounting record was written.
package enum AccountingReason: String, Sendable, Equatable, Codable {
  /// The partition was deactivated, or its guest ended it.
  case deactivation = "DEACTIVATION"
  /// An operator asked for it (ACNT); the partition goes on.
  case request = "ACNT"
  /// The machine was taken down.
  case shutdown = "SHUTDOWN"
}

/// What a partition used since its activation or its last accounting record.
///
/// It holds what z/VM's accounting record type 01 does ("Accounting record formats", z/VM CP Planning
/// and Administration). What this machine does not have is 0 there: paging and spooled cards and lines.
package struct AccountingRecord: Sendable, Equatable, Codable {
  /// The partition, which is the user.
  package var partition: String
  /// Why it was written.
  package var reason: AccountingReason
  /// Where the interval begins: the activation or the last record.
  package var from: SimulatedTime
  /// Where it ends.
  package var to: SimulatedTime
  /// Time of its logical processors on physical ones in nanoseconds, management included (total CPU).
  package var dispatched: UInt64
  /// Part of `dispatched` that the guest had, in nanoseconds (virtual CPU).
  package var effective: UInt64
  /// Input and output requests to channel devices.
  package var requestCount: UInt64

  /// Creates a record.
  package init(
    partition: String, reason: AccountingReason, from: SimulatedTime, to: SimulatedTime,
    dispatched: UInt64, effective: UInt64, requestCount: UInt64
  ) {
    self.partition = partition
    self.reason = reason
    self.from = from
    self.to = to
    self.dispatched = dispatched
    self.effective = effective
    self.requestCount = requestCount
  }
}
