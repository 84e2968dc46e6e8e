import Channels
import Quantities

// Free physical processors and who gets them: those that own one or come back to one, then the accounts
// with shares, then vertical-low logical processors, then parked ones.

extension Dispatcher {
  /// Gives free physical processors to whoever is next.
  ///
  /// What was placed is in `placed`.
  func fill() {
    if course.promiseCount > 0 { placePromised() }
    if dedicatedQueue.count > 0 { placeDedicated() }
    if highQueue.count > 0 { placeHigh() }
    for index in pools.indices where pools[index].hasQueue {
      fill(pool: index, isBeyondLimits: false)
      fillLow(pool: index, isBeyondLimits: false)
    }
    guard course.limitedCount > 0 else { return }
    // What those leave who keep their limits.
    if highQueue.count > 0 { placeHigh(isBeyondLimits: true) }
    for index in pools.indices where pools[index].hasQueue {
      fill(pool: index, isBeyondLimits: true)
      fillLow(pool: index, isBeyondLimits: true)
    }
  }

  // MARK: Those with a physical processor of their own

  private func placeDedicated() {
    var kept = 0
    for index in dedicatedQueue.places {
      let logical = dedicatedQueue[index]
      guard logicals[logical].state == .queued else { continue }
      let physical = logicals[logical].physical
      if let time = earliest(logical, on: physical) {
        place(logical, on: physical, at: time)
      } else {
        dedicatedQueue[kept] = logical
        kept &+= 1
      }
    }
    dedicatedQueue.keepFirst(kept)
  }

  /// Lets vertical-high ones come back to their physical processors, while nobody has them.
  private func placeHigh(isBeyondLimits: Bool = false) {
    var kept = 0
    for index in highQueue.places {
      let logical = highQueue[index]
      let home = logicals[logical].home
      let account = logicals[logical].account
      let rank = accounts[account].rank
      if home >= 0, isFree(home), isBeyondLimits ? !isBeyondGroup(rank) : rank == 0,
        let time = earliest(logical, on: home)
      {
        advance(account)
        logicals[logical].isListed = false
        logicals[logical].sliceLeft = timeSlice(logical)
        place(logical, on: home, at: time)
      } else {
        highQueue[kept] = logical
        kept &+= 1
      }
    }
    highQueue.keepFirst(kept)
  }

  // MARK: Those with a share

  private func fill(pool index: Int, isBeyondLimits: Bool) {
    asideQueue.removeAll()
    var beyondCount = 0
    while pools[index].heapCount > 0, let physical = freeProcessor(of: index) {
      let account = heaps[index][0]
      let logical = accounts[account].queue.head
      if accounts[account].rank > 0, !isBeyondLimits { break }
      if isBeyondGroup(accounts[account].rank) {
        setAside(account)
        beyondCount &+= 1
        continue
      }
      if logicals[logical].isPromoted, logicals[logical].polarity == .verticalLow,
        !isBehind(account), !isGroupBinding(account)
      {
        demote(logical)
        continue
      }
      // Vertical-low ones of those that are behind beside it go first.
      if course.setRunningTime != nil, accounts[account].rank == 0 {
        promoteLow(index)
        if heaps[index][0] != account { continue }
      }
      guard let time = earliest(logical, on: physical) else {
        // Its partition has already run to the end of this epoch, or the processor was held so long.
        setAside(account)
        if asideQueue.count &- beyondCount >= 16 { break }
        continue
      }
      give(logical, physical, at: time)
    }
    for index in asideQueue.places { insertInHeap(asideQueue[index]) }
  }

  /// Takes an account out of its pool's heap for the rest of a round, whatever more of it gets ready.
  private func setAside(_ account: Int) {
    removeFromHeap(account)
    accounts[account].place = -2
    asideQueue.append(account)
  }

  /// Gives a queued logical processor with a share a time slice, charged at once, and places it.
  func give(_ logical: Int, _ physical: Int, at time: SimulatedTime) {
    let account = logicals[logical].account
    unlink(logical, from: &accounts[account].queue)
    logicals[logical].isPromoted = false
    advance(account)
    let slice = timeSlice(logical)
    if accounts[account].queue.isEmpty { noteLag(account) }
    accounts[account].charged.addClamped(slice)
    logicals[logical].sliceLeft = slice
    logicals[logical].hasSlice = true
    updateKey(account)
    if accounts[account].queue.isEmpty {
      removeFromHeap(account)
    } else if accounts[account].place >= 0 {
      restore(account)
    }
    place(logical, on: physical, at: time)
  }

  /// Moves its pool's virtual time, and its group's, on to that of an account that gets a place, but
  /// not beyond those whose turn it still is.
  private func advance(_ account: Int) {
    var key = accounts[account].key
    let pool = accounts[account].pool
    if pools[pool].heapCount > 0 {
      let first = heaps[pool][0]
      if accounts[first].rank == 0 { key = min(key, accounts[first].key) }
    }
    if key > pools[pool].virtualTime { pools[pool].virtualTime = key }
    let group = accounts[account].group
    if group >= 0, key > groups[group].virtualTime { groups[group].virtualTime = key }
  }

  // MARK: Those without

  private func fillLow(pool index: Int, isBeyondLimits: Bool) {
    while !pools[index].low.isEmpty || !pools[index].parked.isEmpty,
      let physical = freeProcessor(of: index)
    {
      if let found = firstPlaceable(pools[index].low, on: physical, isBeyondLimits) {
        unlink(found.logical, from: &pools[index].low)
        placeLow(found.logical, on: physical, at: found.time)
      } else if let found = firstPlaceable(pools[index].parked, on: physical, isBeyondLimits) {
        unlink(found.logical, from: &pools[index].parked)
        placeLow(found.logical, on: physical, at: found.time)
      } else {
        return
      }
    }
  }

  private func placeLow(_ logical: Int, on physical: Int, at time: SimulatedTime) {
    advance(logicals[logical].account)
    logicals[logical].sliceLeft = timeSlice(logical)
    place(logical, on: physical, at: time)
  }

  private func firstPlaceable(
    _ queue: ProcessorQueue, on physical: Int, _ isBeyondLimits: Bool
  ) -> (logical: Int, time: SimulatedTime)? {
    var logical = queue.head
    var looks = 0
    while logical >= 0, looks < 16 {
      let rank = accounts[logicals[logical].account].rank
      if isBeyondLimits ? !isBeyondGroup(rank) : rank == 0,
        let time = earliest(logical, on: physical)
      {
        return (logical, time)
      }
      logical = logicals[logical].next
      looks &+= 1
    }
    return nil
  }

  // MARK: Physical processors

  /// When a logical processor can take a free physical one in this epoch; nil when not in this one.
  func earliest(_ logical: Int, on physical: Int) -> SimulatedTime? {
    let account = logicals[logical].account
    let ready = max(logicals[logical].readySince, logicals[logical].notBefore)
    let allowed = max(
      frontiers[logicals[logical].partition], accounts[account].notBefore)
    let time = max(available(physical), max(ready, allowed))
    return time.addingClamped(Dispatcher.dispatchCost) < end ? time : nil
  }

  /// When in this epoch a free physical processor can take somebody.
  private func available(_ physical: Int) -> SimulatedTime {
    max(start, max(physicals[physical].freeSince, physicals[physical].heldUntil))
  }

  /// Whether a physical processor is shared and nobody has it.
  func isFree(_ index: Int) -> Bool {
    physicals[index].current < 0 && physicals[index].isOnline && physicals[index].dedicatedTo < 0
      && physicals[index].promised < 0
  }

  /// The free shared processor that can take somebody first; those that nobody comes back to before
  /// the others, then by number.
  private func freeProcessor(of pool: Int) -> Int? {
    guard pools[pool].busy < pools[pool].shared else { return nil }
    var best = -1
    var bestTime = SimulatedTime.max
    for index in pools[pool].processors where isFree(index) {
      let time = available(index)
      guard time.addingClamped(Dispatcher.dispatchCost) < end else { continue }
      let isBetter =
        time < bestTime
        || time == bestTime && physicals[index].home < 0 && physicals[best].home >= 0
      if isBetter {
        best = index
        bestTime = time
        if time == start, physicals[index].home < 0 { break }
      }
    }
    return best < 0 ? nil : best
  }

  func place(_ logical: Int, on physical: Int, at time: SimulatedTime) {
    let running = time.addingClamped(Dispatcher.dispatchCost)
    noteReady(logical, until: time)
    if logicals[logical].wokenAt < .max {
      wakeLatencies.add(running.subtractingClamped(logicals[logical].wokenAt))
      logicals[logical].wokenAt = .max
    }
    logicals[logical].state = .running
    logicals[logical].physical = physical
    logicals[logical].isUrgent = false
    logicals[logical].isWarned = false
    physicals[physical].current = logical
    timers.clear(logical)
    course.runningCount &+= 1
    if physicals[physical].dedicatedTo < 0 {
      pools[physicals[physical].pool].busy &+= 1
      countPlaces(logicals[logical].account, 1)
    }
    if logicals[logical].home == physical {
      logicals[logical].counters.homeDispatches &+= 1
    }
    chargeDispatch(logical, at: time)
    logicals[logical].steal &+= Dispatcher.dispatchCost
    append(logical, running)
  }
}
