import Channels

// Who runs where. Each pool keeps the accounts with work in a heap by virtual time (what a partition
// used over its part of the pool, exact); a free physical processor takes the longest-ready logical
// processor of the first account. A time slice is charged when it is given and what is left of it
// is given back, so several processors of one partition count at once. What a partition leaves is
// thereby divided among the others in proportion to their shares. A partition keeps 30 ms of its
// entitlement at most while it sleeps or cannot use more, and owes nothing for time nobody wanted.
// Ties go by number. Nothing is allocated after init except by reconfiguration.

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
  let physicals: UnsafeMutableBufferPointer<PhysicalProcessor>
  let pools: UnsafeMutableBufferPointer<ProcessorPool>
  /// One slot a logical processor, then one an account.
  var timers: TimerHeap
  /// What was placed since the last time this was emptied.
  let placed: UnsafeMutableBufferPointer<Dispatch>
  var placedCount = 0
  /// The epoch being planned or run.
  private(set) var start: SimulatedTime = 0
  /// Its end.
  private(set) var end: SimulatedTime = 0
  /// Each partition's frontier: nothing of it may start earlier in this epoch.
  let frontiers: UnsafeMutableBufferPointer<SimulatedTime>
  /// Ready logical processors that own their physical one and are not running, in order.
  let dedicatedQueue: UnsafeMutableBufferPointer<Int32>
  var dedicatedCount = 0
  /// Accounts set aside while a round is filled.
  private let asideQueue: UnsafeMutableBufferPointer<Int32>

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
  }

  init(_ layout: Layout) {
    let physicalCount = layout.pools.reduce(0) { $0 + $1.count }
    let logicalCount = layout.accounts.reduce(0) { $0 + $1.logicals }
    let accountCount = layout.accounts.count
    logicals = .allocate(capacity: logicalCount)
    accounts = .allocate(capacity: accountCount)
    physicals = .allocate(capacity: physicalCount)
    pools = .allocate(capacity: layout.pools.count)
    timers = TimerHeap(capacity: logicalCount + accountCount)
    // A logical processor is placed at most once a round, and the list is emptied every round.
    placed = .allocate(capacity: logicalCount)
    dedicatedQueue = .allocate(capacity: logicalCount)
    asideQueue = .allocate(capacity: accountCount)
    frontiers = .allocate(capacity: layout.partitionCount)
    frontiers.initialize(repeating: 0)
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
    physicals.deallocate()
    pools.deallocate()
    placed.deallocate()
    dedicatedQueue.deallocate()
    asideQueue.deallocate()
    frontiers.deallocate()
  }

  /// Whether any logical processor runs or could.
  var hasWork: Bool {
    if runningCount > 0 || dedicatedCount > 0 { return true }
    for pool in pools where pool.heapCount > 0 && pool.shared > 0 { return true }
    return false
  }

  /// Logical processors on physical ones.
  var runningCount = 0

  // MARK: An epoch

  /// Opens an epoch: whoever has a physical processor keeps it.
  func beginEpoch(from start: SimulatedTime, to end: SimulatedTime) {
    self.start = start
    self.end = end
    guard runningCount > 0 else { return }
    for index in physicals.indices {
      let current = physicals[index].current
      guard current >= 0 else { continue }
      let held = physicals[index].heldUntil
      if held > start { logicals[Int(current)].steal &+= min(held, end) - start }
      if held < end { append(current, max(start, held)) }
    }
  }

  /// Takes the time that a placed logical processor had work and its guest did not run.
  func takeSteal(_ logical: Int) -> UInt64 {
    defer { logicals[logical].steal = 0 }
    return logicals[logical].steal
  }

  private func append(_ logical: Int32, _ time: SimulatedTime) {
    placed[placedCount] = Dispatch(logical: logical, start: time)
    placedCount += 1
  }

  /// Gives free physical processors to whoever is next.
  ///
  /// What was placed is in `placed`.
  func fill() {
    if dedicatedCount > 0 { placeDedicated() }
    for index in pools.indices where pools[index].heapCount > 0 { fill(pool: index) }
  }

  private func placeDedicated() {
    var kept = 0
    for index in 0..<dedicatedCount {
      let logical = dedicatedQueue[index]
      let record = logicals[Int(logical)]
      guard record.state == .queued else { continue }
      let physical = Int(record.physical)
      let time = max(
        available(physical), frontiers[Int(record.partition)], record.readySince)
      if time + Dispatcher.dispatchCost < end {
        place(logical, on: physical, at: time)
      } else {
        dedicatedQueue[kept] = logical
        kept += 1
      }
    }
    dedicatedCount = kept
  }

  private func fill(pool index: Int) {
    var asideCount = 0
    while pools[index].heapCount > 0, let physical = freeProcessor(of: index) {
      let account = pools[index].heap[0]
      let logical = accounts[Int(account)].head
      let record = logicals[Int(logical)]
      let time = max(
        available(physical),
        max(frontiers[Int(record.partition)], record.readySince),
        accounts[Int(account)].notBefore)
      guard time + Dispatcher.dispatchCost < end else {
        // Its partition has already run to the end of this epoch, or the processor was held so long.
        removeFromHeap(account)
        asideQueue[asideCount] = account
        asideCount += 1
        if asideCount >= 16 { break }
        continue
      }
      dequeue(account)
      let virtualTime = accounts[Int(account)].key
      if virtualTime > pools[index].virtualTime { pools[index].virtualTime = virtualTime }
      let slice = accounts[Int(account)].slice
      accounts[Int(account)].charged += slice
      logicals[Int(logical)].sliceLeft = slice
      updateKey(account)
      if accounts[Int(account)].head < 0 { removeFromHeap(account) } else { siftDown(account) }
      place(logical, on: physical, at: time)
    }
    for index in 0..<asideCount { insertInHeap(asideQueue[index]) }
  }

  /// The shared on-line processor that was free first; ties by number.
  private func freeProcessor(of pool: Int) -> Int? {
    guard pools[pool].busy < pools[pool].shared else { return nil }
    let first = Int(pools[pool].first)
    var best = -1
    for index in first..<first + Int(pools[pool].count) {
      let physical = physicals[index]
      guard physical.current < 0, physical.isOnline, physical.dedicatedTo < 0 else { continue }
      let time = available(index)
      guard time + Dispatcher.dispatchCost < end else { continue }
      if best < 0 || time < available(best) {
        best = index
        if time == start { break }
      }
    }
    return best < 0 ? nil : best
  }

  /// When in this epoch a free physical processor can take somebody.
  private func available(_ physical: Int) -> SimulatedTime {
    max(start, max(physicals[physical].freeSince, physicals[physical].heldUntil))
  }

  private func place(_ logical: Int32, on physical: Int, at time: SimulatedTime) {
    let index = Int(logical)
    noteReady(index, until: time)
    logicals[index].state = .running
    logicals[index].physical = Int32(physical)
    physicals[physical].current = logical
    timers.clear(index)
    accounts[Int(logicals[index].account)].running += 1
    runningCount += 1
    if physicals[physical].dedicatedTo < 0 { pools[Int(physicals[physical].pool)].busy += 1 }
    chargeDispatch(index, at: time)
    logicals[index].steal &+= Dispatcher.dispatchCost
    append(logical, time + Dispatcher.dispatchCost)
  }
}
