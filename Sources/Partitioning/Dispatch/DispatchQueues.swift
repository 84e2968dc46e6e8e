import Channels

// The queues of the dispatcher: first come, first served among one account's logical processors; a
// binary heap by (beyond a soft limit, virtual time, number) among a pool's accounts.

extension Dispatcher {
  // MARK: Readiness

  /// A logical processor has work from `time` on.
  ///
  /// Nothing happens if it already has or is off.
  func becomeReady(_ logical: Int, at time: SimulatedTime) {
    guard logicals[logical].state == .waiting else { return }
    timers.clear(logical)
    logicals[logical].state = .queued
    logicals[logical].readySince = time
    enqueue(Int32(logical))
  }

  /// A running logical processor has nothing more to do; its next own event is at `deadline`.
  func becomeWaiting(_ logical: Int, at time: SimulatedTime, deadline: SimulatedTime?) {
    release(logical, at: time)
    logicals[logical].state = .waiting
    if let deadline { timers.set(logical, deadline) } else { timers.clear(logical) }
  }

  /// A running logical processor gives its place up and is ready for another.
  ///
  /// - Parameters:
  ///   - logical: Which.
  ///   - time: Since when it is ready.
  ///   - yielded: It gave the time away: its partition goes behind those that wait now.
  func requeue(_ logical: Int, at time: SimulatedTime, yielded: Bool = false) {
    release(logical, at: time)
    logicals[logical].readySince = time
    if yielded {
      logicals[logical].counters.yields &+= 1
      forfeit(Int(logicals[logical].account))
    }
    if logicals[logical].bucket?.isEmpty == true, let bucket = logicals[logical].bucket {
      logicals[logical].state = .throttled
      timers.set(logical, max(bucket.resumes, time))
    } else {
      logicals[logical].state = .queued
      enqueue(Int32(logical))
    }
  }

  /// A logical processor comes on line or is started; it waits until it is said to be ready.
  func turnOn(_ logical: Int) {
    guard logicals[logical].state == .off else { return }
    logicals[logical].state = .waiting
  }

  /// A logical processor goes off line or is stopped, whatever it does.
  func turnOff(_ logical: Int, at time: SimulatedTime) {
    let state = logicals[logical].state
    timers.clear(logical)
    switch state {
    case .off: return
    case .waiting: break
    case .running: release(logical, at: time)
    case .queued:
      remove(Int32(logical))
      noteReady(logical, until: time)
    case .throttled: noteReady(logical, until: time)
    }
    logicals[logical].state = .off
  }

  /// Takes a running logical processor off its physical one and gives back what is left of its slice.
  private func release(_ logical: Int, at time: SimulatedTime) {
    let physical = Int(logicals[logical].physical)
    let account = Int(logicals[logical].account)
    physicals[physical].current = -1
    physicals[physical].freeSince = time
    runningCount -= 1
    accounts[account].running -= 1
    guard physicals[physical].dedicatedTo < 0 else { return }
    logicals[logical].physical = -1
    pools[Int(physicals[physical].pool)].busy -= 1
    accounts[account].charged -= logicals[logical].sliceLeft
    logicals[logical].sliceLeft = 0
    updateKey(Int32(account))
    if accounts[account].place >= 0 { restore(Int32(account)) }
  }

  /// Moves an account that gave time away behind the first of those that wait.
  private func forfeit(_ account: Int) {
    guard !accounts[account].isDedicated else { return }
    let pool = Int(accounts[account].pool)
    let wasQueued = accounts[account].place >= 0
    removeFromHeap(Int32(account))
    if pools[pool].heapCount > 0 {
      let first = accounts[Int(pools[pool].heap[0])].key + 1
      if accounts[account].key < first {
        accounts[account].base += first - accounts[account].key
        accounts[account].key = first
      }
    }
    if wasQueued { insertInHeap(Int32(account)) }
  }

  // MARK: An account's queue

  private func enqueue(_ logical: Int32) {
    let account = Int(logicals[Int(logical)].account)
    if accounts[account].isDedicated {
      dedicatedQueue[dedicatedCount] = logical
      dedicatedCount += 1
      return
    }
    logicals[Int(logical)].next = -1
    if accounts[account].tail >= 0 {
      logicals[Int(accounts[account].tail)].next = logical
    } else {
      accounts[account].head = logical
    }
    accounts[account].tail = logical
    offer(Int32(account))
  }

  /// Puts an account with work and credit into its pool's heap.
  func offer(_ account: Int32) {
    let index = Int(account)
    guard accounts[index].head >= 0, !accounts[index].isThrottled, accounts[index].place < 0
    else { return }
    // What a sleeper, or one that could use no more, may keep of its entitlement.
    let pool = Int(accounts[index].pool)
    let least = pools[pool].virtualTime - Dispatcher.retained * Int128(pools[pool].shared)
    if accounts[index].key < least {
      accounts[index].base += least - accounts[index].key
      accounts[index].key = least
    }
    insertInHeap(account)
  }

  /// Nanoseconds of its entitlement that a partition keeps while it uses less.
  static let retained: Int128 = 30_000_000

  /// Takes the first of an account's queue.
  func dequeue(_ account: Int32) {
    let index = Int(account)
    let logical = Int(accounts[index].head)
    accounts[index].head = logicals[logical].next
    if accounts[index].head < 0 { accounts[index].tail = -1 }
    logicals[logical].next = -1
  }

  /// Takes a queued logical processor out of the middle of its queue.
  private func remove(_ logical: Int32) {
    let account = Int(logicals[Int(logical)].account)
    if accounts[account].isDedicated {
      var kept = 0
      for index in 0..<dedicatedCount where dedicatedQueue[index] != logical {
        dedicatedQueue[kept] = dedicatedQueue[index]
        kept += 1
      }
      dedicatedCount = kept
      return
    }
    var previous: Int32 = -1
    var current = accounts[account].head
    while current >= 0, current != logical {
      previous = current
      current = logicals[Int(current)].next
    }
    guard current == logical else { return }
    let next = logicals[Int(logical)].next
    if previous < 0 { accounts[account].head = next } else { logicals[Int(previous)].next = next }
    if accounts[account].tail == logical { accounts[account].tail = previous }
    logicals[Int(logical)].next = -1
    if accounts[account].head < 0 { removeFromHeap(Int32(account)) }
  }

  // MARK: The heap of accounts

  /// Recomputes an account's virtual time from what is charged to it.
  func updateKey(_ account: Int32) {
    let index = Int(account)
    guard let share = accounts[index].grant?.share, share.numerator > 0 else { return }
    let charged = Int128(accounts[index].charged)
    accounts[index].key = accounts[index].base + charged * share.denominator / share.numerator
  }

  private func precedes(_ one: Int32, _ other: Int32) -> Bool {
    let left = Int(one)
    let right = Int(other)
    if accounts[left].isBeyondLimit != accounts[right].isBeyondLimit {
      return accounts[right].isBeyondLimit
    }
    let (leftKey, rightKey) = (accounts[left].key, accounts[right].key)
    return leftKey == rightKey ? one < other : leftKey < rightKey
  }

  /// Puts an account into its pool's heap.
  func insertInHeap(_ account: Int32) {
    let pool = Int(accounts[Int(account)].pool)
    let place = pools[pool].heapCount
    pools[pool].heap[Int(place)] = account
    accounts[Int(account)].place = place
    pools[pool].heapCount += 1
    siftUp(account)
  }

  /// Takes an account out of its pool's heap, if it is in it.
  func removeFromHeap(_ account: Int32) {
    let place = accounts[Int(account)].place
    guard place >= 0 else { return }
    let pool = Int(accounts[Int(account)].pool)
    accounts[Int(account)].place = -1
    pools[pool].heapCount -= 1
    let count = pools[pool].heapCount
    guard place < count else { return }
    let moved = pools[pool].heap[Int(count)]
    pools[pool].heap[Int(place)] = moved
    accounts[Int(moved)].place = place
    restore(moved)
  }

  /// Restores the order around an account whose key changed.
  func restore(_ account: Int32) {
    siftUp(account)
    siftDown(account)
  }

  private func siftUp(_ account: Int32) {
    let heap = pools[Int(accounts[Int(account)].pool)].heap
    var place = Int(accounts[Int(account)].place)
    while place > 0 {
      let parent = (place - 1) / 2
      guard precedes(account, heap[parent]) else { break }
      heap[place] = heap[parent]
      accounts[Int(heap[place])].place = Int32(place)
      place = parent
    }
    heap[place] = account
    accounts[Int(account)].place = Int32(place)
  }

  /// Moves an account down the heap after its key grew.
  func siftDown(_ account: Int32) {
    let pool = Int(accounts[Int(account)].pool)
    let heap = pools[pool].heap
    let count = Int(pools[pool].heapCount)
    var place = Int(accounts[Int(account)].place)
    while true {
      var child = 2 * place + 1
      guard child < count else { break }
      if child + 1 < count, precedes(heap[child + 1], heap[child]) { child += 1 }
      guard precedes(heap[child], account) else { break }
      heap[place] = heap[child]
      accounts[Int(heap[place])].place = Int32(place)
      place = child
    }
    heap[place] = account
    accounts[Int(account)].place = Int32(place)
  }
}
