import Channels

// The dispatcher's records: plain values in fixed arrays, owner thread only.
//
//                 ready                placed
//   off, waiting -------> queued ---------------------> running <--------+
//      ^                    ^  ^                        |  |  |          | ready
//      |                    |  +------ slice over ------+  |  +--> waiting, off, holding
//      |                    |                              | no credit of its own   |
//      |                    +-------- credit is back -- throttled                   |
//      +--------------------------------- slice over --------------------------------+

/// Where a logical processor stands with the dispatcher.
enum DispatchState: UInt8, Sendable, Codable {
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
  /// Has nothing to do and keeps its physical processor until its time slice ends: wait completion.
  case holding
}

/// One logical processor as the dispatcher sees it.
struct LogicalProcessor: Equatable, Sendable, Codable {
  /// Index of its partition.
  let partition: Int
  /// Its number in the partition.
  let number: Int
  /// Index of the account it is charged to; another one only in another layout.
  var account: Int
  /// Where it stands.
  var state = DispatchState.off
  /// How much of a processor it is for, which says whose turn it waits for.
  var polarity = LogicalPolarity.horizontal
  /// A vertical-low one that its guest should not use now.
  var isParked = false
  /// Its physical processor, -1 without one; for a dedicated one, its own for good.
  var physical: Int = -1
  /// The physical processor it comes back to, -1 without one: vertical-high ones have one.
  var home: Int = -1
  /// The next in its queue, -1 at the end.
  var next: Int = -1
  /// It is in a queue.
  var isListed = false
  /// It got its work from outside its partition or by its timer, and may preempt.
  var isUrgent = false
  /// It is in the dispatcher's list of those, perhaps no longer rightly.
  var isAmongUrgent = false
  /// Its part of a processor: its priority.
  var share = Fraction.zero
  /// Length of its time slices in nanoseconds.
  var slice: Int64 = 100_000
  /// Since when it has been ready and not running, as far as that is not counted yet.
  var readySince: SimulatedTime = 0
  /// When it got the work for which it has not run yet; `.max` once it has.
  var wokenAt = SimulatedTime.max
  /// Not before this time may it be placed: it gave the rest of an epoch away.
  var notBefore: SimulatedTime = 0
  /// Its own next event while it is holding.
  var deadline = SimulatedTime.max
  /// Start of the epoch in which it was placed last.
  var placedIn = SimulatedTime.max
  /// Nanoseconds that it had work and the guest did not run, not told to the guest yet.
  var steal: UInt64 = 0
  /// Nanoseconds of its time slice that are left; may end below zero by less than an epoch.
  var sliceLeft: Int64 = 0
  /// Its time slice is charged to its account.
  var hasSlice = false
  /// A vertical-low one that waits among those with a share, because its partition is behind its.
  var isPromoted = false
  /// It has been told that its time slice ends.
  var isWarned = false
  /// Its own limit: capping at the weight with horizontal polarity.
  var bucket: TokenBucket?
  /// Since when it has been on line; nil while it is not.
  var onlineSince: SimulatedTime?
  /// What it spent since activation: on line up to `onlineSince`, ready up to the last dispatch.
  var counters = ProcessorCounters()
}

/// Logical processors that wait for their turn, first come first served, linked by `next`.
struct ProcessorQueue: Equatable, Sendable, Codable {
  var head: Int = -1
  var tail: Int = -1
  var isEmpty: Bool { head < 0 }
}

/// One partition's standing in one pool.
struct ShareAccount: Equatable, Sendable, Codable {
  /// Index of the partition.
  let partition: Int
  /// Index of the pool.
  let pool: Int
  /// Its logical processors: indices `first..<first + count`; others only in another layout.
  var first: Int
  let count: Int
  /// Those indices.
  var logicals: Range<Int> { Range(uncheckedBounds: (first, first &+ count)) }
  /// Whether its logical processors own their physical ones.
  var isDedicated = false
  /// Its part of the pool; nil while it takes no part.
  var grant: ShareGrant?
  /// Its weight, for what is divided among those that want more.
  var weight = 1
  /// Part of the pool that its virtual time goes by.
  var queueShare = Fraction.zero
  /// Its logical processors keep their physical ones through a wait.
  var completesWaits = false
  /// Virtual time at which `charged` was 0.
  var base: Int128 = 0
  /// Nanoseconds used since then, and those of slices given and not yet used.
  var charged: Int64 = 0
  /// Virtual time: what it used over its part of the pool.
  ///
  /// Least goes first.
  var key: Int128 = 0
  /// How far it has been behind of late, with work that others kept from running.
  var lag: Int128 = 0
  /// Place in the pool's heap, -1 when not in it, -2 while it is set aside from it.
  var place: Int = -1
  /// Its horizontal or vertical-medium logical processors that are ready.
  var queue = ProcessorQueue()
  /// Limit of the partition as a whole.
  var bucket: TokenBucket?
  /// Out of credit: its queue waits.
  var isThrottled = false
  /// Limit beyond which it runs only when nobody unlimited wants the time.
  var soft: TokenBucket?
  /// Its logical processors that have a physical one.
  var places: Int = 0
  /// Vertical-high ones that have freed theirs and do not have it yet.
  var returning: Int = 0
  /// It or its group has a limit of some kind.
  var isLimited = false
  /// Who goes first, whatever the virtual times: 0 within all limits; 1 when one more place would be
  /// beyond its group's rate, 2 beyond its own, 4 beyond the limit that it passes only when nobody
  /// unlimited wants the time; or their sum.
  var rank: UInt8 = 0
  /// Index of the group whose absolute cap it shares, -1 without one.
  var group: Int = -1
  /// The next member of that group, -1 at the end.
  var nextInGroup: Int = -1
  /// Not before this time may its queue be served: when credit came back.
  var notBefore: SimulatedTime = 0
  /// Nanoseconds used since activation.
  var used: UInt64 = 0
  /// Since when a cap has forbidden it to run, while one does.
  var blockedSince: SimulatedTime = 0
  /// What its logical processors spent in activations before this one.
  var earlier = ProcessorCounters()
  /// When its partition was activated last.
  var entered: SimulatedTime?
}

/// Partitions that share one absolute cap on a pool.
struct CapGroup: Equatable, Sendable, Codable {
  /// The limit of all members together; nil while there is none.
  var bucket: TokenBucket?
  /// Out of credit: all members wait.
  var isThrottled = false
  /// Logical processors of its members that have a physical one.
  var places: Int = 0
  /// Its accounts in the heap that are within their own limits.
  var waiting: Int = 0
  /// Its limit decides: its members go by its virtual time and no longer by their pool's.
  var isApart = false
  /// How far it has been behind its pool of late, with credit and members that wait.
  var lag: Int128 = 0
  /// One more place would not be beyond its rate.
  var isWithin = true
  /// Greatest virtual time at which a member's turn came, while it is apart.
  ///
  /// A capped group falls behind its pool; its members may not fall behind it.
  var virtualTime: Int128 = 0
  /// The first of its accounts, -1 when it has none.
  var first: Int = -1
}

/// One physical processor.
struct PhysicalProcessor: Equatable, Sendable, Codable {
  /// Index of its pool.
  let pool: Int
  /// Whether it may run anything.
  var isOnline = true
  /// The logical processor it belongs to, -1 when shared.
  var dedicatedTo: Int = -1
  /// The vertical-high logical processor that comes back to it, -1 without one.
  var home: Int = -1
  /// The logical processor to which its last one yielded, -1 for whoever is next.
  var promised: Int = -1
  /// The logical processor that has it, -1 when idle.
  var current: Int = -1
  /// Since when it has been idle.
  var freeSince: SimulatedTime = 0
  /// Until when the firmware has it, whoever runs on it.
  var heldUntil: SimulatedTime = 0
  /// What it spent since IPL up to `accounted`.
  var counters = PhysicalCounters()
  /// Up to when its time is accounted for.
  var accounted: SimulatedTime = 0
  /// Nanoseconds that it was idle up to the last decision on parking.
  var idleBefore: UInt64 = 0
  /// Nanoseconds since IPL that it was neither idle nor off line.
  var busy: UInt64 { counters.effective &+ counters.management }
}

/// The physical processors of one type and the queues for them.
struct ProcessorPool: Equatable, Sendable, Codable {
  /// Rate of its processors.
  let megahertz: UInt32
  /// Its physical processors: indices `first..<first + count`.
  let first: Int
  let count: Int
  /// On-line physical processors that are not dedicated.
  var shared: Int = 0
  /// Those of them that somebody has.
  var busy: Int = 0
  /// Until when an idle one is one that somebody is short of.
  var shortUntil: SimulatedTime = 0
  /// Greatest virtual time at which anyone's turn came.
  var virtualTime: Int128 = 0
  /// How many of its accounts have work and stand in its heap.
  var heapCount: Int = 0
  /// Vertical-low logical processors that are ready.
  var low = ProcessorQueue()
  /// Those of them that are parked: their guests use them all the same.
  var parked = ProcessorQueue()
  /// Nanoseconds that vertical-low logical processors used since IPL, and up to the last decision on
  /// parking.
  var lowUsed: UInt64 = 0
  var lowUsedBefore: UInt64 = 0
  /// Shared logical processors on line and not stopped.
  var runningLogicals = 0
  /// Running time by PR/SM's rule, or as set.
  var runningTime: UInt64 = 25_000_000

  /// Indices of its physical processors.
  var processors: Range<Int> { Range(uncheckedBounds: (first, first &+ count)) }

  /// Whether a shared logical processor waits for its turn.
  var hasQueue: Bool { heapCount > 0 || !low.isEmpty || !parked.isEmpty }
}
