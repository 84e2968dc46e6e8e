import Channels
import Quantities

// What happens when a time slice or credit ends, and when credit comes back. An account is blocked while
// its own limit or its group's is out of credit.

extension Dispatcher {
  /// How long before the end of its time slice a guest that wants to know is told, in nanoseconds; what
  /// it has to give its physical processor up itself.
  static let grace: Int64 = 200_000

  /// Closes an epoch: whoever has used up its slice or its credit gives its place up.
  func endEpoch() {
    course.isOpen = false
    for index in physicals.indices {
      let current = physicals[index].current
      guard current >= 0, physicals[index].dedicatedTo < 0 else { continue }
      judge(logicals[current].account)
    }
    guard course.runningCount > 0 else { return }
    for index in physicals.indices {
      let current = physicals[index].current
      guard current >= 0, physicals[index].dedicatedTo < 0, logicals[current].state == .running
      else { continue }
      if logicals[current].sliceLeft <= 0 || logicals[current].bucket?.isEmpty == true
        || isBlocked(logicals[current].account)
      {
        requeue(current, at: end)
      }
    }
  }

  /// Whether a running logical processor's time slice is about to end while others wait.
  func isToBeWarned(_ logical: Int) -> Bool {
    let account = logicals[logical].account
    return logicals[logical].state == .running && !logicals[logical].isWarned
      && !accounts[account].isDedicated && logicals[logical].sliceLeft > 0
      && logicals[logical].sliceLeft <= Dispatcher.grace
      && pools[accounts[account].pool].hasQueue
  }

  /// A warned logical processor gives the rest of its time slice back.
  func acknowledgeWarning(_ logical: Int, at time: SimulatedTime) {
    logicals[logical].counters.warningYielded &+= UInt64(clamping: logicals[logical].sliceLeft)
    requeue(logical, at: time)
  }

  /// Looks whether an account has credit left.
  private func judge(_ account: Int) {
    guard accounts[account].isLimited else { return }
    accounts[account].bucket?.debit(0, at: end)
    accounts[account].soft?.debit(0, at: end, owes: false)
    if accounts[account].bucket?.isEmpty == true { throttle(account) }
    let group = accounts[account].group
    if group >= 0 {
      groups[group].bucket?.debit(0, at: end)
      if groups[group].bucket?.isEmpty == true { throttle(group: group) }
    }
    rank(account)
  }

  /// Whether a cap forbids an account to run.
  func isBlocked(_ account: Int) -> Bool {
    if accounts[account].isThrottled { return true }
    let group = accounts[account].group
    return group >= 0 && groups[group].isThrottled
  }

  // MARK: Out of credit

  private func throttle(_ account: Int) {
    guard !accounts[account].isThrottled, let bucket = accounts[account].bucket else { return }
    if !isBlocked(account) { block(account, at: end) }
    accounts[account].isThrottled = true
    timers.set(slot(ofAccount: account), max(bucket.resumes, end))
  }

  private func throttle(group: Int) {
    guard !groups[group].isThrottled, let bucket = groups[group].bucket else { return }
    var member = groups[group].first
    while member >= 0 {
      if !isBlocked(member) { block(member, at: end) }
      member = accounts[member].nextInGroup
    }
    groups[group].isThrottled = true
    noteLag(group: group)
    timers.set(slot(ofGroup: group), max(bucket.resumes, end))
  }

  /// Takes an account's ready logical processors out of the pool's queues.
  func block(_ account: Int, at time: SimulatedTime) {
    accounts[account].blockedSince = time
    noteLag(account)
    removeFromHeap(account)
    for logical in members(of: account) where logicals[logical].isListed {
      switch logicals[logical].polarity {
      case .verticalHigh, .verticalLow: unlist(logical)
      case .horizontal, .verticalMedium: break
      }
    }
  }

  // MARK: Credit again

  /// A timer of the dispatcher's own is due.
  ///
  /// - Returns: Whether it was; false when a waiting logical processor's own event is due.
  func creditReturns(_ slot: Int, at time: SimulatedTime) -> Bool {
    if slot < logicals.count {
      switch logicals[slot].state {
      case .throttled:
        noteReady(slot, until: time)
        logicals[slot].state = .waiting
        logicals[slot].bucket?.debit(0, at: time)
        becomeReady(slot, at: time)
        // That it may run again is no wake.
        logicals[slot].wokenAt = .max
        return true
      case .holding: return holdingEnded(slot, at: time)
      case .off, .waiting, .queued, .running: return false
      }
    }
    let account = slot &- logicals.count
    if account < accounts.count {
      creditReturns(account: account, at: time)
    } else {
      creditReturns(group: account &- accounts.count, at: time)
    }
    return true
  }

  private func creditReturns(account: Int, at time: SimulatedTime) {
    accounts[account].bucket?.debit(0, at: time)
    accounts[account].soft?.debit(0, at: time, owes: false)
    if accounts[account].isThrottled {
      noteBlocked(account, until: time)
      accounts[account].isThrottled = false
      unblock(account, at: time)
    }
    rank(account)
  }

  private func creditReturns(group: Int, at time: SimulatedTime) {
    groups[group].bucket?.debit(0, at: time)
    if groups[group].isThrottled {
      forEachMember(of: group) { noteBlocked($0, until: time) }
      groups[group].isThrottled = false
      keepUp(group)
      forEachMember(of: group) { unblock($0, at: time) }
    }
    rank(group: group)
  }

  /// Lets who waits for more credit to come together have processors that would stay idle, while somebody
  /// within its limits has waited for one of late.
  ///
  /// What they do not use now they take from that one later, who may have no further logical processors to
  /// make it up with. Where nobody is short of processors, nothing is gained.
  func resumeEarly() {
    for pool in pools.indices {
      let isFull = pools[pool].busy >= pools[pool].shared
      if isFull, pools[pool].heapCount > 0, accounts[heaps[pool][0]].rank == 0 {
        pools[pool].shortUntil = end.addingClamped(Dispatcher.shortage)
      }
      guard start < pools[pool].shortUntil else { continue }
      for account in accounts.indices where accounts[account].pool == pool {
        guard pools[pool].busy < pools[pool].shared else { break }
        if accounts[account].isLimited { resumeEarly(account) }
      }
    }
  }

  /// How long after somebody within its limits waited its pool is held to be short of processors, in
  /// nanoseconds: a time slice may last as long.
  private static let shortage: UInt64 = 100_000_000

  private func resumeEarly(_ account: Int) {
    let pool = accounts[account].pool
    if accounts[account].isThrottled {
      accounts[account].bucket?.debit(0, at: start)
      guard !accounts[account].queue.isEmpty,
        accounts[account].bucket?.suffices(for: end.subtractingClamped(start)) == true
      else { return }
      timers.clear(slot(ofAccount: account))
      creditReturns(account: account, at: start)
      fill()
    }
    guard !isBlocked(account) else { return }
    for logical in members(of: account) where logicals[logical].state == .throttled {
      guard pools[pool].busy < pools[pool].shared else { return }
      logicals[logical].bucket?.debit(0, at: start)
      guard logicals[logical].bucket?.suffices(for: end.subtractingClamped(start)) == true else {
        continue
      }
      timers.clear(logical)
      _ = creditReturns(logical, at: start)
      fill()
    }
  }

  func forEachMember(of group: Int, _ body: (Int) -> Void) {
    var member = groups[group].first
    while member >= 0 {
      let next = accounts[member].nextInGroup
      body(member)
      member = next
    }
  }

  /// Counts the time that a cap has kept an account's ready logical processors from running.
  func noteBlocked(_ account: Int, until time: SimulatedTime) {
    for logical in members(of: account) where logicals[logical].state == .queued {
      noteReady(logical, until: time)
    }
  }

  /// Puts what a cap kept from running back into the queues.
  func unblock(_ account: Int, at time: SimulatedTime) {
    guard !isBlocked(account) else { return }
    accounts[account].notBefore = time
    for logical in members(of: account)
    where logicals[logical].state == .queued && !logicals[logical].isListed {
      list(logical)
    }
    offer(account)
  }

  /// Lets a group's members go by its virtual time from now on, or by their pool's again; what each is
  /// ahead or behind stays.
  func part(_ group: Int) {
    groups[group].isApart.toggle()
    guard groups[group].first >= 0 else { return }
    let pool = accounts[groups[group].first].pool
    if groups[group].isApart {
      groups[group].virtualTime = pools[pool].virtualTime
      groups[group].lag = 0
    } else {
      shift(group, pools[pool].virtualTime &- groups[group].virtualTime)
    }
  }

  /// Notes how far behind its pool a group is that others keep from nothing any more.
  func noteLag(group: Int) {
    guard groups[group].first >= 0 else { return }
    let pool = accounts[groups[group].first].pool
    let lag = groups[group].lag
    groups[group].lag = max(lag &- lag / 8, pools[pool].virtualTime &- groups[group].virtualTime)
  }

  /// Moves a capped group's virtual times on with its pool's: it keeps no more than anybody of what its
  /// cap has kept it from, and all of what others have.
  func keepUp(_ group: Int) {
    guard groups[group].first >= 0, groups[group].isApart else { return }
    let pool = accounts[groups[group].first].pool
    let kept = max(retention(of: pool) / 2, groups[group].lag)
    let behind = pools[pool].virtualTime &- kept &- groups[group].virtualTime
    if behind > 0 { shift(group, behind) }
  }

  /// Moves a group's virtual times by the same, so that its members keep their order.
  private func shift(_ group: Int, _ behind: Int128) {
    groups[group].virtualTime &+= behind
    forEachMember(of: group) { account in
      accounts[account].base &+= behind
      accounts[account].key &+= behind
      if accounts[account].place >= 0 { restore(account) }
    }
  }
}
