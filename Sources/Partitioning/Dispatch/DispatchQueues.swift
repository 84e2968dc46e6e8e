import Channels
import Quantities

// The queues of the dispatcher: first come, first served among one account's logical processors with a
// share, among a pool's vertical-low ones, and among its parked ones.

extension Dispatcher {
  // MARK: Readiness

  /// A logical processor has work from `time` on.
  ///
  /// Nothing happens if it already has or is off.
  ///
  /// - Parameters:
  ///   - logical: Which.
  ///   - time: Since when.
  ///   - isInterrupted: The work came from outside its partition or by its timer: it may preempt.
  func becomeReady(_ logical: Int, at time: SimulatedTime, isInterrupted: Bool = false) {
    switch logicals[logical].state {
    case .waiting:
      timers.clear(logical)
      logicals[logical].state = .queued
      logicals[logical].readySince = time
      logicals[logical].wokenAt = time
      if isInterrupted { noteUrgent(logical) }
      list(logical)
    case .holding: resumeFromHolding(logical, at: time)
    case .off, .queued, .throttled, .running: return
    }
  }

  /// A running logical processor gives its place up and is ready for another.
  ///
  /// - Parameters:
  ///   - logical: Which.
  ///   - time: Since when it is ready.
  ///   - yielded: It gave the time away: its partition goes behind those that wait now.
  func requeue(_ logical: Int, at time: SimulatedTime, yielded: Bool = false) {
    let givesWay = yielded && logicals[logical].hasSlice
    release(logical, at: time)
    logicals[logical].readySince = time
    if yielded { logicals[logical].counters.yields &+= 1 }
    if givesWay { forfeit(logicals[logical].account) }
    if yielded, !givesWay, logicals[logical].polarity == .verticalHigh {
      // It comes back to its physical processor, which others have for the rest of the epoch.
      logicals[logical].notBefore = end
    }
    if logicals[logical].bucket?.isEmpty == true, let bucket = logicals[logical].bucket {
      logicals[logical].state = .throttled
      timers.set(logical, max(bucket.resumes, time))
    } else {
      logicals[logical].state = .queued
      list(logical)
    }
  }

  /// A logical processor comes on line or is started; it waits until it is said to be ready.
  func turnOn(_ logical: Int) {
    guard logicals[logical].state == .off else { return }
    logicals[logical].state = .waiting
    countRunning(logical, 1)
  }

  /// A logical processor goes off line or is stopped, whatever it does.
  func turnOff(_ logical: Int, at time: SimulatedTime) {
    switch logicals[logical].state {
    case .off: return
    case .waiting: break
    case .running: release(logical, at: time)
    case .holding: endHolding(logical, at: time)
    case .queued:
      unlist(logical)
      noteReady(logical, until: time)
    case .throttled: noteReady(logical, until: time)
    }
    timers.clear(logical)
    logicals[logical].isUrgent = false
    logicals[logical].state = .off
    countRunning(logical, -1)
  }

  /// Keeps the running time right: the rule goes by how many shared logical processors may run.
  private func countRunning(_ logical: Int, _ change: Int) {
    let account = logicals[logical].account
    guard !accounts[account].isDedicated else { return }
    let pool = accounts[account].pool
    pools[pool].runningLogicals &+= change
    updateRunningTime(pool)
  }

  /// Takes a logical processor off its physical one and gives back what is left of its slice.
  func release(_ logical: Int, at time: SimulatedTime) {
    let physical = logicals[logical].physical
    let account = logicals[logical].account
    let gaveSlice = logicals[logical].hasSlice
    physicals[physical].current = -1
    physicals[physical].freeSince = time
    course.runningCount &-= 1
    guard physicals[physical].dedicatedTo < 0 else { return }
    logicals[logical].physical = -1
    logicals[logical].hasSlice = false
    pools[physicals[physical].pool].busy &-= 1
    countPlaces(account, -1)
    if gaveSlice {
      accounts[account].charged.subtractClamped(logicals[logical].sliceLeft)
      updateKey(account)
      if accounts[account].place >= 0 { restore(account) }
    }
    logicals[logical].sliceLeft = 0
  }

  /// Moves an account that gave time away behind the first of those that wait.
  private func forfeit(_ account: Int) {
    let pool = accounts[account].pool
    let wasQueued = accounts[account].place >= 0
    removeFromHeap(account)
    if pools[pool].heapCount > 0 {
      let first = accounts[heaps[pool][0]].key &+ 1
      if accounts[account].key < first {
        accounts[account].base &+= first &- accounts[account].key
        accounts[account].key = first
      }
    }
    if wasQueued { insertInHeap(account) }
  }

  // MARK: Queues

  /// Puts a ready logical processor into the queue that its polarity says.
  func list(_ logical: Int) {
    let account = logicals[logical].account
    let pool = accounts[account].pool
    if accounts[account].isDedicated {
      dedicatedQueue.append(logical)
      return
    }
    switch logicals[logical].polarity {
    case .horizontal, .verticalMedium:
      link(logical, to: &accounts[account].queue)
      offer(account)
    case .verticalHigh where isGroupBinding(account),
      .verticalLow where isGroupBinding(account):
      // Inside a capped group the weights decide, whatever the polarity.
      guard !isBlocked(account) else { return }
      logicals[logical].isPromoted = true
      link(logical, to: &accounts[account].queue)
      offer(account)
    case .verticalHigh:
      guard !isBlocked(account) else { return }
      logicals[logical].isListed = true
      highQueue.append(logical)
    case .verticalLow:
      guard !isBlocked(account) else { return }
      if logicals[logical].isParked {
        link(logical, to: &pools[pool].parked)
      } else {
        link(logical, to: &pools[pool].low)
      }
    }
  }

  /// Takes a ready logical processor out of its queue, if it is in one.
  func unlist(_ logical: Int) {
    let account = logicals[logical].account
    let pool = accounts[account].pool
    if accounts[account].isDedicated {
      dedicatedQueue.remove(logical)
      return
    }
    guard logicals[logical].isListed else { return }
    if logicals[logical].isPromoted {
      logicals[logical].isPromoted = false
      unlink(logical, from: &accounts[account].queue)
      if accounts[account].queue.isEmpty { removeFromHeap(account) }
      return
    }
    switch logicals[logical].polarity {
    case .horizontal, .verticalMedium:
      unlink(logical, from: &accounts[account].queue)
      if accounts[account].queue.isEmpty { removeFromHeap(account) }
    case .verticalHigh:
      highQueue.remove(logical)
      logicals[logical].isListed = false
    case .verticalLow:
      if logicals[logical].isParked {
        unlink(logical, from: &pools[pool].parked)
      } else {
        unlink(logical, from: &pools[pool].low)
      }
    }
  }

  /// Puts an account with work and credit into its pool's heap.
  func offer(_ account: Int) {
    guard !accounts[account].queue.isEmpty, !isBlocked(account), accounts[account].place == -1
    else { return }
    // What a sleeper, or one that could use no more, may keep of its entitlement.
    forgetSurplus(account)
    insertInHeap(account)
  }

  /// Takes from an account what it is behind by more than it may keep.
  ///
  /// What others kept it from while it had work and credit it keeps whole.
  func forgetSurplus(_ account: Int) {
    let pool = accounts[account].pool
    var kept = retention(of: pool)
    if isOwnLimitBinding(account) {
      // It goes behind those that can never use more than they have.
      kept /= 2
    } else {
      kept = max(kept, accounts[account].lag)
    }
    let least = virtualTime(for: account) &- kept
    guard accounts[account].key < least else { return }
    accounts[account].base &+= least &- accounts[account].key
    accounts[account].key = least
  }

  /// Whether a limit of its own has kept an account, or the first of its queue, from what it wants.
  private func isOwnLimitBinding(_ account: Int) -> Bool {
    if accounts[account].bucket?.isBinding == true || accounts[account].soft?.isBinding == true {
      return true
    }
    let head = accounts[account].queue.head
    return head >= 0 && logicals[head].bucket?.isBinding == true
  }

  /// Notes how far behind an account is that others keep from nothing any more: all its work has
  /// places, or its own limits hold it.
  ///
  /// Virtual time moves in steps, so that the greatest of the last few counts.
  func noteLag(_ account: Int) {
    let lag = accounts[account].lag
    accounts[account].lag = max(
      lag &- lag / 8, virtualTime(for: account) &- accounts[account].key)
  }

  /// The virtual time that an account may not fall behind by more than it may keep: its group's, when
  /// a cap holds that back, otherwise its pool's.
  func virtualTime(for account: Int) -> Int128 {
    isGroupBinding(account)
      ? groups[accounts[account].group].virtualTime
      : pools[accounts[account].pool].virtualTime
  }

  /// Nanoseconds of its entitlement that a partition keeps while it uses less.
  ///
  /// It serves whatever demand below the entitlement comes back within 100 ms.
  static let retained: Int128 = 100_000_000

  /// The same as virtual time of a pool.
  func retention(of pool: Int) -> Int128 { Dispatcher.retained &* Int128(pools[pool].shared) }

  // MARK: Links

  func link(_ logical: Int, to queue: inout ProcessorQueue) {
    logicals[logical].next = -1
    logicals[logical].isListed = true
    if queue.tail >= 0 {
      logicals[queue.tail].next = logical
    } else {
      queue.head = logical
    }
    queue.tail = logical
  }

  /// Takes a logical processor out of a queue that it is in.
  func unlink(_ logical: Int, from queue: inout ProcessorQueue) {
    var previous: Int = -1
    var current = queue.head
    while current >= 0, current != logical {
      previous = current
      current = logicals[current].next
    }
    guard current == logical else { return }
    let next = logicals[logical].next
    if previous < 0 { queue.head = next } else { logicals[previous].next = next }
    if queue.tail == logical { queue.tail = previous }
    logicals[logical].next = -1
    logicals[logical].isListed = false
  }
}
