import Channels

// Free physical processors and who gets them: those that own one or come back to one, then the accounts
// with shares, then vertical-low logical processors, then parked ones.

extension Dispatcher {
  /// Gives free physical processors to whoever is next.
  ///
  /// What was placed is in `placed`.
  func fill() {
    if promiseCount > 0 { placePromised() }
    if dedicatedCount > 0 { placeDedicated() }
    if highCount > 0 { placeHigh() }
    for index in pools.indices where pools[index].hasQueue {
      fill(pool: index, isBeyondLimits: false)
      fillLow(pool: index, isBeyondLimits: false)
    }
    guard limitedCount > 0 else { return }
    // What those leave who keep their limits.
    if highCount > 0 { placeHigh(isBeyondLimits: true) }
    for index in pools.indices where pools[index].hasQueue {
      fill(pool: index, isBeyondLimits: true)
      fillLow(pool: index, isBeyondLimits: true)
    }
  }

  // MARK: Those with a physical processor of their own

  private func placeDedicated() {
    var kept = 0
    for index in 0..<dedicatedCount {
      let logical = dedicatedQueue[index]
      guard logicals[Int(logical)].state == .queued else { continue }
      let physical = Int(logicals[Int(logical)].physical)
      if let time = earliest(logical, on: physical) {
        place(logical, on: physical, at: time)
      } else {
        dedicatedQueue[kept] = logical
        kept += 1
      }
    }
    dedicatedCount = kept
  }

  /// Lets vertical-high ones come back to their physical processors, while nobody has them.
  private func placeHigh(isBeyondLimits: Bool = false) {
    var kept = 0
    for index in 0..<highCount {
      let logical = highQueue[index]
      let home = Int(logicals[Int(logical)].home)
      let account = Int(logicals[Int(logical)].account)
      let rank = accounts[account].rank
      if home >= 0, isFree(home), isBeyondLimits ? !isBeyondGroup(rank) : rank == 0,
        let time = earliest(logical, on: home)
      {
        advance(account)
        logicals[Int(logical)].isListed = false
        logicals[Int(logical)].sliceLeft = timeSlice(Int(logical))
        place(logical, on: home, at: time)
      } else {
        highQueue[kept] = logical
        kept += 1
      }
    }
    highCount = kept
  }

  // MARK: Those with a share

  private func fill(pool index: Int, isBeyondLimits: Bool) {
    var asideCount = 0
    var beyondCount = 0
    while pools[index].heapCount > 0, let physical = freeProcessor(of: index) {
      let account = pools[index].heap[0]
      let logical = accounts[Int(account)].queue.head
      if accounts[Int(account)].rank > 0, !isBeyondLimits { break }
      if isBeyondGroup(accounts[Int(account)].rank) {
        setAside(account, asideCount)
        asideCount += 1
        beyondCount += 1
        continue
      }
      if logicals[Int(logical)].isPromoted, logicals[Int(logical)].polarity == .verticalLow,
        !isBehind(Int(account)), !isGroupBinding(Int(account))
      {
        demote(Int(logical))
        continue
      }
      // Vertical-low ones of those that are behind beside it go first.
      if setRunningTime != nil, accounts[Int(account)].rank == 0 {
        promoteLow(index)
        if pools[index].heap[0] != account { continue }
      }
      guard let time = earliest(logical, on: physical) else {
        // Its partition has already run to the end of this epoch, or the processor was held so long.
        setAside(account, asideCount)
        asideCount += 1
        if asideCount - beyondCount >= 16 { break }
        continue
      }
      give(logical, physical, at: time)
    }
    for index in 0..<asideCount { insertInHeap(asideQueue[index]) }
  }

  /// Takes an account out of its pool's heap for the rest of a round, whatever more of it gets ready.
  private func setAside(_ account: Int32, _ count: Int) {
    removeFromHeap(account)
    accounts[Int(account)].place = -2
    asideQueue[count] = account
  }

  /// Gives a queued logical processor with a share a time slice, charged at once, and places it.
  func give(_ logical: Int32, _ physical: Int, at time: SimulatedTime) {
    let account = logicals[Int(logical)].account
    let index = Int(account)
    unlink(logical, from: &accounts[index].queue)
    logicals[Int(logical)].isPromoted = false
    advance(index)
    let slice = timeSlice(Int(logical))
    if accounts[index].queue.isEmpty { noteLag(index) }
    accounts[index].charged += slice
    logicals[Int(logical)].sliceLeft = slice
    logicals[Int(logical)].hasSlice = true
    updateKey(account)
    if accounts[index].queue.isEmpty {
      removeFromHeap(account)
    } else if accounts[index].place >= 0 {
      restore(account)
    }
    place(logical, on: physical, at: time)
  }

  /// Moves its pool's virtual time, and its group's, on to that of an account that gets a place, but
  /// not beyond those whose turn it still is.
  private func advance(_ account: Int) {
    var key = accounts[account].key
    let pool = Int(accounts[account].pool)
    if pools[pool].heapCount > 0 {
      let first = Int(pools[pool].heap[0])
      if accounts[first].rank == 0 { key = min(key, accounts[first].key) }
    }
    if key > pools[pool].virtualTime { pools[pool].virtualTime = key }
    let group = Int(accounts[account].group)
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

  private func placeLow(_ logical: Int32, on physical: Int, at time: SimulatedTime) {
    advance(Int(logicals[Int(logical)].account))
    logicals[Int(logical)].sliceLeft = timeSlice(Int(logical))
    place(logical, on: physical, at: time)
  }

  private func firstPlaceable(
    _ queue: ProcessorQueue, on physical: Int, _ isBeyondLimits: Bool
  ) -> (logical: Int32, time: SimulatedTime)? {
    var logical = queue.head
    var looks = 0
    while logical >= 0, looks < 16 {
      let rank = accounts[Int(logicals[Int(logical)].account)].rank
      if isBeyondLimits ? !isBeyondGroup(rank) : rank == 0,
        let time = earliest(logical, on: physical)
      {
        return (logical, time)
      }
      logical = logicals[Int(logical)].next
      looks += 1
    }
    return nil
  }

  // MARK: Physical processors

  /// When a logical processor can take a free physical one in this epoch; nil when not in this one.
  func earliest(_ logical: Int32, on physical: Int) -> SimulatedTime? {
    let index = Int(logical)
    let account = Int(logicals[index].account)
    let ready = max(logicals[index].readySince, logicals[index].notBefore)
    let allowed = max(
      frontiers[Int(logicals[index].partition)], accounts[account].notBefore)
    let time = max(available(physical), max(ready, allowed))
    return time + Dispatcher.dispatchCost < end ? time : nil
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
    let first = Int(pools[pool].first)
    var best = -1
    var bestTime = SimulatedTime.max
    for index in first..<first + Int(pools[pool].count) where isFree(index) {
      let time = available(index)
      guard time + Dispatcher.dispatchCost < end else { continue }
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

  func place(_ logical: Int32, on physical: Int, at time: SimulatedTime) {
    let index = Int(logical)
    noteReady(index, until: time)
    if logicals[index].wokenAt < .max {
      wakeLatencies.add(time + Dispatcher.dispatchCost - logicals[index].wokenAt)
      logicals[index].wokenAt = .max
    }
    logicals[index].state = .running
    logicals[index].physical = Int32(physical)
    logicals[index].isUrgent = false
    logicals[index].isWarned = false
    physicals[physical].current = logical
    timers.clear(index)
    runningCount += 1
    if physicals[physical].dedicatedTo < 0 {
      pools[Int(physicals[physical].pool)].busy += 1
      countPlaces(Int(logicals[index].account), 1)
    }
    if logicals[index].home == Int32(physical) {
      logicals[index].counters.homeDispatches &+= 1
    }
    chargeDispatch(index, at: time)
    logicals[index].steal &+= Dispatcher.dispatchCost
    append(logical, time + Dispatcher.dispatchCost)
  }
}
