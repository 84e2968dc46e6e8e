import Channels

// Who runs where. Each pool keeps the accounts with work in a heap by virtual time (what a partition
// used over its part of the pool, exact); a free physical processor takes the longest-ready logical
// processor of the first account. A time slice is charged when it is given and what is left of it
// is given back, so several processors of one partition count at once. What a partition leaves is
// thereby divided among the others in proportion to their shares. A partition keeps 100 ms of its
// entitlement at most while it sleeps or cannot use more, and owes nothing for time nobody wanted.
// Ties go by number.
//
// With vertical polarity a high logical processor has a physical one to come back to and takes it from
// whoever has it; a low one runs when nobody in the heap wants the time. The medium ones stand in the
// heap with what is left of their partition's share.
//
// Nothing is allocated after init except by reconfiguration.

/// One logical processor's place in the coming run.
struct Dispatch {
  /// Index of the logical processor.
  var logical: Int32
  /// When it starts.
  var start: SimulatedTime
}

/// Places logical processors on physical ones.
///
/// Owner thread only.
final class Dispatcher {
  let logicals: UnsafeMutableBufferPointer<LogicalProcessor>
  let accounts: UnsafeMutableBufferPointer<ShareAccount>
  let groups: UnsafeMutableBufferPointer<CapGroup>
  let physicals: UnsafeMutableBufferPointer<PhysicalProcessor>
  let pools: UnsafeMutableBufferPointer<ProcessorPool>
  /// One slot a logical processor, then one an account, then one a group.
  var timers: TimerHeap
  /// What was placed since the last time this was emptied.
  let placed: UnsafeMutableBufferPointer<Dispatch>
  var placedCount = 0
  /// The epoch being planned or run.
  private(set) var start: SimulatedTime = 0
  /// Its end.
  private(set) var end: SimulatedTime = 0
  /// An epoch is being planned or run: whoever gets work is placed at once.
  var isOpen = false
  /// Each partition's frontier: nothing of it may start earlier in this epoch.
  let frontiers: UnsafeMutableBufferPointer<SimulatedTime>
  /// Ready logical processors that own their physical one and are not running, in order.
  let dedicatedQueue: UnsafeMutableBufferPointer<Int32>
  var dedicatedCount = 0
  /// Ready vertical-high logical processors, in order.
  let highQueue: UnsafeMutableBufferPointer<Int32>
  var highCount = 0
  /// Logical processors that may preempt, in the order in which they got work.
  let urgentQueue: UnsafeMutableBufferPointer<Int32>
  var urgentCount = 0
  /// Logical processors from whom vertical-high ones have taken their physical ones in this epoch.
  let displacedQueue: UnsafeMutableBufferPointer<Int32>
  var displacedCount = 0
  /// Physical processors that were yielded to somebody who has not got them yet.
  var promiseCount = 0
  /// Accounts set aside while a round is filled.
  let asideQueue: UnsafeMutableBufferPointer<Int32>
  /// Accounts that have a limit of some kind.
  var limitedCount = 0
  /// How many groups each pool can have.
  let groupsPerPool: Int
  /// Running time as an operator set it; nil for the rule.
  var setRunningTime: UInt64?
  /// What the parking of each account's vertical-low logical processors goes by.
  var parking: [ParkingAccount]
  /// How long logical processors waited from getting work to running.
  var wakeLatencies = LatencyDistribution()
  /// When parking is judged next.
  var parkingDue: SimulatedTime = ParkingPolicy.interval

  /// Whether polarity or parking of some logical processor has changed since it was last told.
  var hasNewPolarity = false

  /// What the dispatcher is built from: fixed for the machine's life.
  struct Layout {
    /// Rate and number of each pool's processors.
    var pools: [(megahertz: UInt32, count: Int)]
    /// Each account's partition, pool and the most logical processors that it can have.
    ///
    /// A partition's accounts follow each other; its logical processors are numbered through them.
    var accounts: [(partition: Int, pool: Int, logicals: Int)]
    /// How many partitions there are.
    var partitionCount: Int
    /// How many groups there are that may share an absolute cap.
    var groupCount = 0
  }

  init(_ layout: Layout) {
    let physicalCount = layout.pools.reduce(0) { $0 + $1.count }
    let logicalCount = layout.accounts.reduce(0) { $0 + $1.logicals }
    let accountCount = layout.accounts.count
    groupsPerPool = layout.groupCount
    let groupCount = layout.groupCount * layout.pools.count
    logicals = .allocate(capacity: logicalCount)
    accounts = .allocate(capacity: accountCount)
    groups = .allocate(capacity: groupCount)
    groups.initialize(repeating: CapGroup())
    physicals = .allocate(capacity: physicalCount)
    pools = .allocate(capacity: layout.pools.count)
    timers = TimerHeap(capacity: logicalCount + accountCount + groupCount)
    // A logical processor is placed at most once a round, and the list is emptied every round.
    placed = .allocate(capacity: logicalCount)
    dedicatedQueue = .allocate(capacity: logicalCount)
    highQueue = .allocate(capacity: logicalCount)
    urgentQueue = .allocate(capacity: logicalCount)
    displacedQueue = .allocate(capacity: physicalCount)
    asideQueue = .allocate(capacity: accountCount)
    frontiers = .allocate(capacity: layout.partitionCount)
    frontiers.initialize(repeating: 0)
    parking = Array(repeating: ParkingAccount(), count: accountCount)
    var physical = 0
    for (index, pool) in layout.pools.enumerated() {
      pools.initializeElement(
        at: index,
        to: ProcessorPool(
          megahertz: pool.megahertz, first: Int32(physical), count: Int32(pool.count),
          shared: Int32(pool.count), heap: .allocate(capacity: max(accountCount, 1))))
      for _ in 0..<pool.count {
        physicals.initializeElement(at: physical, to: PhysicalProcessor(pool: Int32(index)))
        physical += 1
      }
    }
    var logical = 0
    var number = 0
    for (index, account) in layout.accounts.enumerated() {
      if index > 0, layout.accounts[index - 1].partition != account.partition { number = 0 }
      accounts.initializeElement(
        at: index,
        to: ShareAccount(
          partition: Int32(account.partition), pool: Int32(account.pool), first: Int32(logical),
          count: Int32(account.logicals)))
      for _ in 0..<account.logicals {
        logicals.initializeElement(
          at: logical,
          to: LogicalProcessor(
            partition: Int32(account.partition), number: Int32(number), account: Int32(index)))
        logical += 1
        number += 1
      }
    }
  }

  deinit {
    for pool in pools { pool.heap.deallocate() }
    logicals.deallocate()
    accounts.deallocate()
    groups.deallocate()
    physicals.deallocate()
    pools.deallocate()
    placed.deallocate()
    dedicatedQueue.deallocate()
    highQueue.deallocate()
    urgentQueue.deallocate()
    displacedQueue.deallocate()
    asideQueue.deallocate()
    frontiers.deallocate()
  }

  /// Whether any logical processor runs or could.
  var hasWork: Bool {
    if runningCount > 0 || dedicatedCount > 0 || highCount > 0 { return true }
    for pool in pools where pool.hasQueue && pool.shared > 0 { return true }
    return false
  }

  /// Logical processors that run.
  var runningCount = 0

  // MARK: An epoch

  /// Opens an epoch.
  func beginEpoch(from start: SimulatedTime, to end: SimulatedTime) {
    self.start = start
    self.end = end
    isOpen = true
  }

  /// Places whoever may run from the epoch's start: those that take a physical processor from
  /// somebody, those that take a free one, and those that keep theirs.
  func fillFromStart() {
    takeBackHomes()
    promoteLow()
    fill()
    dismissLow()
    preempt()
    claimDue()
    if limitedCount > 0 { resumeEarly() }
    guard runningCount > 0 else { return }
    for index in physicals.indices {
      let current = Int(physicals[index].current)
      guard current >= 0, logicals[current].state == .running, logicals[current].placedIn != start
      else { continue }
      let held = physicals[index].heldUntil
      if held > start { logicals[current].steal &+= min(held, end) - start }
      if held < end { append(Int32(current), max(start, held)) }
    }
  }

  /// Takes the time that a placed logical processor had work and its guest did not run.
  func takeSteal(_ logical: Int) -> UInt64 {
    defer { logicals[logical].steal = 0 }
    return logicals[logical].steal
  }

  /// Lets a logical processor that has a physical one run from a time in this epoch.
  func append(_ logical: Int32, _ time: SimulatedTime) {
    logicals[Int(logical)].placedIn = start
    placed[placedCount] = Dispatch(logical: logical, start: time)
    placedCount += 1
  }
}
