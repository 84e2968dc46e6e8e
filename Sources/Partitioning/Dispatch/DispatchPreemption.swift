import Channels

// Who takes a physical processor from whom, at the start of an epoch: a vertical-high logical processor
// its own from anybody; one with a share any from a vertical-low one; and one that got work by an
// interrupt that of a lower-priority one, by PR/SM's rule (`PreemptionRule`).

extension Dispatcher {
  /// Takes a physical processor from whoever has it, before its time slice is over.
  func vacate(_ physical: Int, at time: SimulatedTime) {
    let current = Int(physicals[physical].current)
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
    for index in 0..<highCount {
      let home = Int(logicals[Int(highQueue[index])].home)
      guard home >= 0, physicals[home].isOnline, physicals[home].dedicatedTo < 0 else { continue }
      if isInterruptible(home) { vacate(home, at: start) }
    }
  }

  /// Frees physical processors that vertical-low logical processors have while others wait.
  func dismissLow() {
    for pool in pools.indices where pools[pool].heapCount > 0 {
      let first = Int(pools[pool].first)
      for index in first..<first + Int(pools[pool].count) {
        guard pools[pool].heapCount > 0, isInterruptible(index),
          logicals[Int(physicals[index].current)].polarity == .verticalLow
        else { continue }
        vacate(index, at: start)
        fill()
      }
    }
  }

  /// Whether somebody has a shared physical processor and has not been placed in this epoch yet.
  private func isInterruptible(_ physical: Int) -> Bool {
    let current = Int(physicals[physical].current)
    return current >= 0 && physicals[physical].dedicatedTo < 0
      && logicals[current].placedIn != start
  }

  // MARK: Pending interrupts

  /// Notes that a logical processor got work by an interrupt.
  func noteUrgent(_ logical: Int) {
    let polarity = logicals[logical].polarity
    guard polarity == .horizontal || polarity == .verticalMedium,
      !accounts[Int(logicals[logical].account)].isDedicated
    else { return }
    logicals[logical].isUrgent = true
    guard !logicals[logical].isAmongUrgent else { return }
    logicals[logical].isAmongUrgent = true
    urgentQueue[urgentCount] = Int32(logical)
    urgentCount += 1
  }

  /// Lets those with an interrupt pending take the place of running ones, as far as the rule permits.
  func preempt() {
    var kept = 0
    for index in 0..<urgentCount {
      let logical = urgentQueue[index]
      if isPending(Int(logical)), !takePlace(logical) {
        urgentQueue[kept] = logical
        kept += 1
      } else {
        logicals[Int(logical)].isAmongUrgent = false
      }
    }
    urgentCount = kept
  }

  private func isPending(_ logical: Int) -> Bool {
    logicals[logical].isUrgent && logicals[logical].state == .queued
  }

  private typealias Standing = PreemptionRule.Standing<Fraction, Int128>

  /// Lets one take the place of the running one of least priority that it may take; among equals the
  /// one furthest ahead of its share, then by number.
  private func takePlace(_ logical: Int32) -> Bool {
    let account = Int(logicals[Int(logical)].account)
    let pool = Int(accounts[account].pool)
    guard accounts[account].place >= 0 else { return false }
    var pending: Standing?
    var victim: (physical: Int, standing: Standing)?
    let first = Int(pools[pool].first)
    for index in first..<first + Int(pools[pool].count) where isInterruptible(index) {
      let running = Int(physicals[index].current)
      let other = Int(logicals[running].account)
      let share = logicals[running].share
      guard other != account, share < logicals[Int(logical)].share,
        !accounts[account].isBeyondLimit || accounts[other].isBeyondLimit,
        earliest(logical, on: index) != nil
      else { continue }
      let own =
        pending ?? Standing(priority: logicals[Int(logical)].share, ahead: ahead(account))
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
    accounts[other].isBeyondLimit && !accounts[account].isBeyondLimit
  }

  /// How far an account's use is beyond its share, as virtual time: slices count as far as used.
  private func ahead(_ account: Int) -> Int128 {
    let share = accounts[account].queueShare
    guard share.numerator > 0 else { return accounts[account].key }
    var unused: Int64 = 0
    for logical in members(of: account) where hasSlice(logical) {
      unused += logicals[logical].sliceLeft
    }
    return accounts[account].base
      + Int128(accounts[account].charged - unused) * share.denominator / share.numerator
  }

  /// Whether a logical processor has a time slice that is charged to its account.
  func hasSlice(_ logical: Int) -> Bool {
    guard logicals[logical].state == .running || logicals[logical].state == .holding else {
      return false
    }
    switch logicals[logical].polarity {
    case .horizontal, .verticalMedium:
      return !accounts[Int(logicals[logical].account)].isDedicated
    case .verticalHigh, .verticalLow: return false
    }
  }

  // MARK: Directed yield

  /// A running logical processor gives its physical one to another of its account.
  ///
  /// The other gets it at once, or in the next epoch when its partition has run to the end of this one.
  ///
  /// - Returns: Whether the other can use it; nothing has changed otherwise.
  func yield(_ logical: Int, to target: Int, at time: SimulatedTime) -> Bool {
    guard logicals[target].account == logicals[logical].account,
      logicals[target].state == .queued, hasSlice(logical),
      logicals[target].polarity == logicals[logical].polarity,
      accounts[Int(logicals[target].account)].place >= 0
        || accounts[Int(logicals[target].account)].queue.head >= 0
    else { return false }
    let physical = Int(logicals[logical].physical)
    logicals[logical].counters.yields &+= 1
    requeue(logical, at: time)
    physicals[physical].promised = Int32(target)
    promiseCount += 1
    return true
  }

  /// A physical processor is nobody's in particular any more.
  func forgetPromise(_ physical: Int) {
    guard physicals[physical].promised >= 0 else { return }
    physicals[physical].promised = -1
    promiseCount -= 1
  }

  /// Places those to whom a physical processor was yielded.
  func placePromised() {
    for index in physicals.indices where physicals[index].promised >= 0 {
      let target = physicals[index].promised
      let account = Int(logicals[Int(target)].account)
      forgetPromise(index)
      guard logicals[Int(target)].state == .queued, accounts[account].place >= 0, isFree(index)
      else { continue }
      if let time = earliest(target, on: index) {
        give(target, index, at: time)
      } else {
        physicals[index].promised = target
        promiseCount += 1
      }
    }
  }
}
