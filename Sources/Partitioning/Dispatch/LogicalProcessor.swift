import Channels

// The dispatcher's records: plain values in fixed arrays, owner thread only.
//
//                 ready                placed
//   off, waiting -------> queued ---------------------> running
//                           ^  ^                        |  |  |
//                           |  +------ slice over ------+  |  +--> waiting, off
//                           |                              | no credit of its own
//                           +-------- credit is back -- throttled

/// Where a logical processor stands with the dispatcher.
enum DispatchState: UInt8 {
  /// Not on line, stopped, or its partition is.
  case off
  /// Has nothing to do.
  case waiting
  /// Has work and no physical processor.
  case queued
  /// Has work and its own cap forbids it to run.
  case throttled
  /// Has a physical processor.
  case running
}

/// One logical processor as the dispatcher sees it.
struct LogicalProcessor {
  /// Index of its partition.
  let partition: Int32
  /// Its number in the partition.
  let number: Int32
  /// Index of the account it is charged to.
  let account: Int32
  /// Where it stands.
  var state = DispatchState.off
  /// Its physical processor, -1 without one; for a dedicated one, its own for good.
  var physical: Int32 = -1
  /// The next in its account's queue, -1 at the end.
  var next: Int32 = -1
  /// Since when it has been ready and not running, as far as that is not counted yet.
  var readySince: SimulatedTime = 0
  /// Nanoseconds that it had work and the guest did not run, not told to the guest yet.
  var steal: UInt64 = 0
  /// Nanoseconds of its time slice that are left; may end below zero by less than an epoch.
  var sliceLeft: Int64 = 0
  /// Its own limit: hard capping with horizontal polarity.
  var bucket: TokenBucket?
  /// Since when it has been on line; nil while it is not.
  var onlineSince: SimulatedTime?
  /// What it spent since activation: on line up to `onlineSince`, ready up to the last dispatch.
  var counters = ProcessorCounters()
}

/// One partition's standing in one pool.
struct ShareAccount {
  /// Index of the partition.
  let partition: Int32
  /// Index of the pool.
  let pool: Int32
  /// Its logical processors: indices `first..<first + count`.
  let first: Int32
  let count: Int32
  /// Whether its logical processors own their physical ones.
  var isDedicated = false
  /// Its part of the pool; nil while it takes no part.
  var grant: ShareGrant?
  /// Virtual time at which `charged` was 0.
  var base: Int128 = 0
  /// Nanoseconds used since then, and those of slices given and not yet used.
  var charged: Int64 = 0
  /// Virtual time: what it used over its part of the pool.
  ///
  /// Least goes first.
  var key: Int128 = 0
  /// Place in the pool's heap, -1 when not in it.
  var place: Int32 = -1
  /// Queued logical processors, first come first served.
  var head: Int32 = -1
  var tail: Int32 = -1
  /// Logical processors that are running.
  var running: Int32 = 0
  /// Length of its time slices in nanoseconds.
  var slice: Int64 = 100_000
  /// Limit of the partition as a whole.
  var bucket: TokenBucket?
  /// Out of credit: its queue waits.
  var isThrottled = false
  /// Limit beyond which it runs only when nobody unlimited wants the time.
  var soft: TokenBucket?
  /// Beyond that limit now.
  var isBeyondLimit = false
  /// Not before this time may its queue be served: when credit came back.
  var notBefore: SimulatedTime = 0
  /// Nanoseconds used since activation.
  var used: UInt64 = 0
  /// Since when it has been out of credit, while it is.
  var throttledSince: SimulatedTime = 0
  /// When its partition was activated last.
  var entered: SimulatedTime?
}

/// One physical processor.
struct PhysicalProcessor {
  /// Index of its pool.
  let pool: Int32
  /// Whether it may run anything.
  var isOnline = true
  /// The logical processor it belongs to, -1 when shared.
  var dedicatedTo: Int32 = -1
  /// The logical processor that runs on it, -1 when idle.
  var current: Int32 = -1
  /// Since when it has been idle.
  var freeSince: SimulatedTime = 0
  /// Until when the firmware has it, whoever runs on it: an interrupt for a partition that did not run.
  var heldUntil: SimulatedTime = 0
  /// What it spent since IPL up to `accounted`.
  var counters = PhysicalCounters()
  /// Up to when its time is accounted for.
  var accounted: SimulatedTime = 0
  /// Nanoseconds since IPL that it was neither idle nor off line.
  var busy: UInt64 { counters.effective &+ counters.management }
}

/// The physical processors of one type and the queue for them.
struct ProcessorPool {
  /// Rate of its processors.
  let megahertz: UInt32
  /// Its physical processors: indices `first..<first + count`.
  let first: Int32
  let count: Int32
  /// On-line physical processors that are not dedicated.
  var shared: Int32 = 0
  /// Those of them that run something.
  var busy: Int32 = 0
  /// Greatest virtual time at which anyone was placed.
  var virtualTime: Int128 = 0
  /// Accounts with work, least virtual time first.
  let heap: UnsafeMutablePointer<Int32>
  var heapCount: Int32 = 0
  /// Running time by PR/SM's rule.
  var runningTime: UInt64 = 25_000_000
}
