import Channels
import Quantities

// Who takes a physical processor from whom, at the start of an epoch: a vertical-high logical processor
// its own from anybody; one with a share any from a vertical-low one; and one that got work by an
// interrupt that of a lower-priority one, by PR/SM's rule (`PreemptionRule`).

extension Dispatcher {
  /// Takes a physical processor from whoever has it, before its time slice is over.
  func vacate(_ physical: Int, at time: SimulatedTime) {
    let current = physicals[physical].current
    guard current >= 0 else { return }
    if logicals[current].state == .holding {
      endHolding(current, at: time)
    } else {
      logicals[current].counters.preemptions &+= 1
      requeue(current, at: time)
    }
  }

  /// Frees the physical processors to which ready vertical-high logical processors come back.
  func takeBackHomes() {
    displacedQueue.removeAll()
    for index in highQueue.places {
      accounts[logicals[highQueue[index]].account].returning = 0
    }
    for index in highQueue.places {
      let account = logicals[highQueue[index]].account
      let home = logicals[highQueue[index]].home
      guard home >= 0, physicals[home].isOnline, physicals[home].dedicatedTo < 0,
        rank(of: account, places: accounts[account].places &+ accounts[account].returning) == 0
      else { continue }
      accounts[account].returning &+= 1
      guard isInterruptible(home) else { continue }
      displacedQueue.append(physicals[home].current)
      vacate(home, at: start)
    }
  }

  /// Frees physical processors that others wait for and that are used by vertical-low logical
  /// processors without a share, or beyond a limit that those who wait keep.
  func dismissLow() {
    for pool in pools.indices where pools[pool].hasQueue {
      while let rank = leastRank(pool), let victim = furthestAhead(pool, beyond: rank) {
        vacate(victim, at: start)
        fill()
      }
    }
  }

  /// The physical processor of who is furthest ahead of its share among those that are to go.
  private func furthestAhead(_ pool: Int, beyond rank: UInt8) -> Int? {
    var found: (physical: Int, key: Int128)?
    for index in pools[pool].processors where isInterruptible(index) {
      let logical = physicals[index].current
      let key = accounts[logicals[logical].account].key
      guard key > found?.key ?? .min, isDismissible(logical, rank, pool) else { continue }
      found = (index, key)
    }
    return found?.physical
  }

  /// The least rank of those that wait for a place, vertical-low ones included; nil when nobody does
  /// who may have one.
  private func leastRank(_ pool: Int) -> UInt8? {
    var least: UInt8?
    if pools[pool].heapCount > 0 { least = accounts[heaps[pool][0]].rank }
    if course.limitedCount > 0, least ?? 1 > 0 {
      for queue in [pools[pool].low.head, pools[pool].parked.head] where queue >= 0 {
        let rank = accounts[logicals[queue].account].rank
        least = min(least ?? rank, rank)
      }
    }
    return least.flatMap { isBeyondGroup($0) ? nil : $0 }
  }

  private func isDismissible(_ logical: Int, _ least: UInt8, _ pool: Int) -> Bool {
    let account = logicals[logical].account
    if !logicals[logical].hasSlice, logicals[logical].polarity == .verticalLow {
      return pools[pool].heapCount > 0 && accounts[heaps[pool][0]].rank == 0
    }
    return accounts[account].isLimited
      && rank(of: account, places: accounts[account].places &- 1) > least
  }

  // MARK: What is due

  /// Gives those whom a limit has held back and who may have a place now one at once, and those who
  /// were displaced by a vertical-high one: that of whoever is furthest ahead of its share.
  func claimDue() {
    for index in displacedQueue.places {
      let logical = displacedQueue[index]
      let account = logicals[logical].account
      if logicals[logical].isListed, accounts[account].place >= 0,
        isAmongShares(logical)
      {
        _ = claim(logical)
      }
    }
    displacedQueue.removeAll()
    guard course.limitedCount > 0 else { return }
    for pool in pools.indices {
      var place = 0
      // What one claims changes the order of those that follow it, who are looked at in a later epoch.
      while place < pools[pool].heapCount {
        let account = heaps[pool][place]
        place &+= 1
        guard accounts[account].rank <= 1, accounts[account].isLimited, isDue(account) else {
          continue
        }
        while accounts[account].rank <= 1, accounts[account].place >= 0, isDue(account),
          claim(accounts[account].queue.head)
        {}
      }
    }
  }

  /// Whether a limit held an account back and it may have more now; within its group, when that has
  /// all it may, in another's stead.
  private func isDue(_ account: Int) -> Bool {
    if isBeyondGroup(accounts[account].rank) { return true }
    return isHeldBack(account) || isLosingCredit(account) || isGroupLosing(account)
  }

  /// Whether an account that its own limit held back, or the first of its queue, has waited until
  /// nearly all the credit that it may keep has come together: more is lost for good.
  private func isLosingCredit(_ account: Int) -> Bool {
    if accounts[account].bucket?.isBinding == true {
      accounts[account].bucket?.debit(0, at: start)
      if accounts[account].bucket?.grantsExtra == true { return true }
    }
    let logical = accounts[account].queue.head
    guard logical >= 0, logicals[logical].bucket?.isBinding == true else { return false }
    logicals[logical].bucket?.debit(0, at: start)
    return logicals[logical].bucket?.grantsExtra == true
  }

  /// The same of an account's group.
  private func isGroupLosing(_ account: Int) -> Bool {
    let group = accounts[account].group
    guard group >= 0, !isBeyondGroup(accounts[account].rank), groups[group].isApart
    else { return false }
    groups[group].bucket?.debit(0, at: start)
    return groups[group].bucket?.grantsExtra == true
  }

  /// Whether a ready logical processor waits in its account's queue.
  private func isAmongShares(_ logical: Int) -> Bool {
    switch logicals[logical].polarity {
    case .horizontal, .verticalMedium: true
    case .verticalLow, .verticalHigh: logicals[logical].isPromoted
    }
  }

  /// Gives a queued logical processor with a share the place of the one furthest ahead.
  ///
  /// Whose credit is about to be lost, and who is not ahead by more than a time slice of its own, takes
  /// it from anybody who will be further ahead; in its group's stead, from outside the group. Others
  /// take it from one whose use so far is clearly further ahead than their own.
  private func claim(_ logical: Int) -> Bool {
    let account = logicals[logical].account
    let pool = accounts[account].pool
    var victim = -1
    let own = accounts[account].key
    var greatest = Int128.min
    let share = accounts[account].queueShare
    let isNext = own <= pools[pool].virtualTime &+ share.virtualTime(of: timeSlice(logical))
    let isLosing = isNext && isLosingCredit(account)
    let isGroupLosing = isNext && isGroupLosing(account)
    for index in pools[pool].processors where isInterruptible(index) {
      let running = physicals[index].current
      let other = logicals[running].account
      guard other != account, logicals[running].hasSlice, accounts[other].key > greatest,
        !isBeyondGroup(accounts[account].rank) || accounts[other].group == accounts[account].group,
        earliest(logical, on: index) != nil
      else { continue }
      let mayAtOnce =
        isLosing || isGroupLosing && accounts[other].group != accounts[account].group
      guard
        mayAtOnce
          ? accounts[other].key > own : ahead(other) > own &+ retention(of: pool) / 4
      else { continue }
      victim = index
      greatest = accounts[other].key
    }
    guard victim >= 0 else { return false }
    vacate(victim, at: start)
    guard isFree(victim), let time = earliest(logical, on: victim) else { return false }
    give(logical, victim, at: time)
    return true
  }

  /// Whether somebody has a shared physical processor and has not been placed in this epoch yet.
  private func isInterruptible(_ physical: Int) -> Bool {
    let current = physicals[physical].current
    return current >= 0 && physicals[physical].dedicatedTo < 0
      && logicals[current].placedIn != start
  }

  // MARK: Pending interrupts

  /// Notes that a logical processor got work by an interrupt.
  func noteUrgent(_ logical: Int) {
    let polarity = logicals[logical].polarity
    guard polarity == .horizontal || polarity == .verticalMedium,
      !accounts[logicals[logical].account].isDedicated
    else { return }
    logicals[logical].isUrgent = true
    guard !logicals[logical].isAmongUrgent else { return }
    logicals[logical].isAmongUrgent = true
    urgentQueue.append(logical)
  }

  /// Lets those with an interrupt pending take the place of running ones, as far as the rule permits.
  func preempt() {
    var kept = 0
    for index in urgentQueue.places {
      let logical = urgentQueue[index]
      if isPending(logical), !takePlace(logical) {
        urgentQueue[kept] = logical
        kept &+= 1
      } else {
        logicals[logical].isAmongUrgent = false
      }
    }
    urgentQueue.keepFirst(kept)
  }

  private func isPending(_ logical: Int) -> Bool {
    logicals[logical].isUrgent && logicals[logical].state == .queued
  }

  private typealias Standing = PreemptionRule.Standing<Fraction, Int128>

  /// Lets one take the place of the running one of least priority that it may take; among equals the
  /// one furthest ahead of its share, then by number.
  private func takePlace(_ logical: Int) -> Bool {
    let account = logicals[logical].account
    let pool = accounts[account].pool
    guard accounts[account].place >= 0 else { return false }
    var pending: Standing?
    var victim: (physical: Int, standing: Standing)?
    for index in pools[pool].processors where isInterruptible(index) {
      let running = physicals[index].current
      let other = logicals[running].account
      let share = logicals[running].share
      guard other != account, share <= logicals[logical].share,
        accounts[account].rank <= accounts[other].rank,
        earliest(logical, on: index) != nil
      else { continue }
      let own =
        pending ?? Standing(priority: logicals[logical].share, ahead: ahead(account))
      pending = own
      let standing = Standing(priority: share, ahead: ahead(other))
      guard PreemptionRule.permits(own, over: standing) || isLimited(other, beside: account)
      else { continue }
      if let best = victim?.standing,
        (best.priority, standing.ahead) <= (standing.priority, best.ahead)
      {
        continue
      }
      victim = (index, standing)
    }
    guard let victim else { return false }
    vacate(victim.physical, at: start)
    guard let time = earliest(logical, on: victim.physical) else { return false }
    give(logical, victim.physical, at: time)
    return true
  }

  private func isLimited(_ other: Int, beside account: Int) -> Bool {
    accounts[other].rank > accounts[account].rank
  }

  /// How far an account's use is beyond its share, as virtual time: slices count as far as used.
  private func ahead(_ account: Int) -> Int128 {
    let share = accounts[account].queueShare
    guard share.numerator > 0 else { return accounts[account].key }
    var used = accounts[account].charged
    for logical in members(of: account) where logicals[logical].hasSlice {
      used.subtractClamped(logicals[logical].sliceLeft)
    }
    return accounts[account].base &+ share.virtualTime(of: used)
  }

  // MARK: Directed yield

  /// A running logical processor gives its physical one to another of its account.
  ///
  /// The other gets it at once, or in the next epoch when its partition has run to the end of this one.
  ///
  /// - Returns: Whether the other can use it; nothing has changed otherwise.
  func yield(_ logical: Int, to target: Int, at time: SimulatedTime) -> Bool {
    guard logicals[target].account == logicals[logical].account,
      logicals[target].state == .queued, logicals[logical].hasSlice,
      logicals[target].polarity == logicals[logical].polarity,
      logicals[target].polarity != .verticalLow,
      accounts[logicals[target].account].place >= 0
        || accounts[logicals[target].account].queue.head >= 0
    else { return false }
    let physical = logicals[logical].physical
    logicals[logical].counters.yields &+= 1
    requeue(logical, at: time)
    physicals[physical].promised = target
    course.promiseCount &+= 1
    return true
  }

  /// A physical processor is nobody's in particular any more.
  func forgetPromise(_ physical: Int) {
    guard physicals[physical].promised >= 0 else { return }
    physicals[physical].promised = -1
    course.promiseCount &-= 1
  }

  /// Places those to whom a physical processor was yielded.
  func placePromised() {
    for index in physicals.indices where physicals[index].promised >= 0 {
      let target = physicals[index].promised
      let account = logicals[target].account
      forgetPromise(index)
      guard logicals[target].state == .queued, accounts[account].place >= 0, isFree(index)
      else { continue }
      if let time = earliest(target, on: index) {
        give(target, index, at: time)
      } else {
        physicals[index].promised = target
        course.promiseCount &+= 1
      }
    }
  }
}
