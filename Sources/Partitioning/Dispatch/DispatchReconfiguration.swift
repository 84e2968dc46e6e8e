import Channels

// Changes of the machine that the dispatcher spends: who takes part in a pool and with what share,
// which physical processors there are. Between epochs only.

extension Dispatcher {
  /// Sets what every account of a pool is entitled to.
  ///
  /// What each has used and not used so far keeps its worth in processor time.
  ///
  /// - Parameters:
  ///   - pool: Index of the pool.
  ///   - grants: The grant of each account that takes part, by account index.
  ///   - epoch: Length of an epoch, the least time slice.
  ///   - time: Now.
  func setGrants(
    pool: Int, _ grants: [(account: Int, grant: ShareGrant)], epoch: UInt64, at time: SimulatedTime
  ) {
    let running = grants.reduce(0) { sum, entry in
      let account = accounts[entry.account]
      return sum
        + (account.first..<account.first + account.count).count { logicals[Int($0)].state != .off }
    }
    pools[pool].runningTime = ProcessingShare.runningTime(
      sharedProcessors: Int(pools[pool].shared), runningLogicals: running)
    for entry in grants { setGrant(entry.account, entry.grant, epoch: epoch, at: time) }
  }

  private func setGrant(
    _ index: Int, _ grant: ShareGrant, epoch: UInt64, at time: SimulatedTime
  ) {
    let account = accounts[index]
    let pool = pools[Int(account.pool)]
    var lead: Int128 = 0
    if let old = account.grant?.share, old.numerator > 0 {
      lead = (account.key - pool.virtualTime) * old.numerator / old.denominator
    }
    var committed: Int64 = 0
    for logical in members(of: index) where logicals[logical].state == .running {
      committed += logicals[logical].sliceLeft
    }
    let share = grant.share
    accounts[index].grant = grant
    accounts[index].charged = committed
    accounts[index].base =
      pool.virtualTime + (lead - Int128(committed)) * share.denominator / share.numerator
    updateKey(Int32(index))
    if accounts[index].place >= 0 { restore(Int32(index)) }

    let perLogical = grant.entitlementPerLogical
    let nanoseconds =
      10_000_000 * min(perLogical.numerator, 4 * perLogical.denominator) / perLogical.denominator
    accounts[index].slice = min(
      max(Int64(nanoseconds), Int64(epoch)), Int64(pool.runningTime))
    setLimits(index, grant, at: time)
  }

  private func setLimits(_ index: Int, _ grant: ShareGrant, at time: SimulatedTime) {
    setBucket(&accounts[index].bucket, grant.cap, at: time)
    setBucket(&accounts[index].soft, grant.softLimit, at: time)
    let whole = Fraction(1)
    for logical in members(of: index) {
      let cap = grant.capPerLogical.flatMap { $0 < whole ? $0 : nil }
      setBucket(&logicals[logical].bucket, cap, at: time)
      if logicals[logical].state == .throttled {
        timers.set(logical, max(logicals[logical].bucket?.resumes ?? time, time))
      }
    }
    if accounts[index].isThrottled {
      timers.set(logicals.count + index, max(accounts[index].bucket?.resumes ?? time, time))
    } else if accounts[index].isBeyondLimit {
      timers.set(logicals.count + index, max(accounts[index].soft?.resumes ?? time, time))
    }
  }

  private func setBucket(_ bucket: inout TokenBucket?, _ rate: Fraction?, at time: SimulatedTime) {
    guard let rate else {
      bucket = nil
      return
    }
    if bucket == nil { bucket = TokenBucket(rate: rate, at: time) }
    bucket?.setRate(rate, at: time)
  }

  /// An account begins with nothing used, at the present virtual time.
  func enter(_ index: Int, isDedicated: Bool, at time: SimulatedTime) {
    accounts[index].entered = time
    accounts[index].isDedicated = isDedicated
    accounts[index].grant = nil
    accounts[index].used = 0
    accounts[index].isThrottled = false
    accounts[index].isBeyondLimit = false
    accounts[index].bucket = nil
    accounts[index].soft = nil
    accounts[index].notBefore = 0
    accounts[index].charged = 0
    accounts[index].base = pools[Int(accounts[index].pool)].virtualTime
    accounts[index].key = accounts[index].base
    for logical in members(of: index) {
      logicals[logical].counters = ProcessorCounters()
      logicals[logical].steal = 0
      logicals[logical].bucket = nil
    }
  }

  /// A logical processor comes on line or goes off; whether it runs is another matter.
  func setOnline(_ logical: Int, _ isOnline: Bool, at time: SimulatedTime) {
    if let since = logicals[logical].onlineSince {
      logicals[logical].counters.online &+= time - since
    }
    logicals[logical].onlineSince = isOnline ? time : nil
  }

  /// An account takes no part any more; its logical processors go off.
  func leave(_ index: Int, at time: SimulatedTime) {
    for logical in members(of: index) {
      turnOff(logical, at: time)
      setOnline(logical, false, at: time)
    }
    timers.clear(logicals.count + index)
    accounts[index].grant = nil
    accounts[index].isThrottled = false
  }

  /// Indices of an account's logical processors.
  func members(of account: Int) -> Range<Int> {
    Int(accounts[account].first)..<Int(accounts[account].first + accounts[account].count)
  }

  /// Takes over who owns and is entitled to what from another dispatcher of the same layout.
  func adopt(_ other: Dispatcher) {
    _ = logicals.update(fromContentsOf: other.logicals)
    _ = accounts.update(fromContentsOf: other.accounts)
    _ = physicals.update(fromContentsOf: other.physicals)
    for index in pools.indices {
      pools[index].shared = other.pools[index].shared
      pools[index].busy = other.pools[index].busy
      pools[index].virtualTime = other.pools[index].virtualTime
      pools[index].runningTime = other.pools[index].runningTime
      pools[index].heapCount = other.pools[index].heapCount
      pools[index].heap.update(
        from: other.pools[index].heap, count: Int(other.pools[index].heapCount))
    }
    runningCount = other.runningCount
    dedicatedCount = other.dedicatedCount
    _ = dedicatedQueue.update(fromContentsOf: other.dedicatedQueue)
  }

  // MARK: Physical processors

  /// Takes a physical processor from its pool for one logical processor.
  ///
  /// - Returns: Index of the physical processor, nil when none is left.
  func dedicate(to logical: Int, at time: SimulatedTime) -> Int? {
    let pool = Int(accounts[Int(logicals[logical].account)].pool)
    let range = Int(pools[pool].first)..<Int(pools[pool].first + pools[pool].count)
    let candidates = range.reversed().filter {
      physicals[$0].isOnline && physicals[$0].dedicatedTo < 0
    }
    guard let physical = candidates.first(where: { physicals[$0].current < 0 }) ?? candidates.first
    else { return nil }
    if physicals[physical].current >= 0 { requeue(Int(physicals[physical].current), at: time) }
    physicals[physical].dedicatedTo = Int32(logical)
    logicals[logical].physical = Int32(physical)
    pools[pool].shared -= 1
    return physical
  }

  /// Gives a dedicated physical processor back to its pool; its logical processor is off.
  func undedicate(_ logical: Int) {
    let physical = Int(logicals[logical].physical)
    guard physical >= 0, physicals[physical].dedicatedTo == Int32(logical) else { return }
    physicals[physical].dedicatedTo = -1
    logicals[logical].physical = -1
    if physicals[physical].isOnline { pools[Int(physicals[physical].pool)].shared += 1 }
  }

  /// Varies a shared physical processor on or off line.
  func vary(_ physical: Int, online: Bool, at time: SimulatedTime) {
    guard physicals[physical].isOnline != online, physicals[physical].dedicatedTo < 0 else {
      return
    }
    if !online, physicals[physical].current >= 0 {
      requeue(Int(physicals[physical].current), at: time)
    }
    passIdle(physical, until: time)
    physicals[physical].isOnline = online
    pools[Int(physicals[physical].pool)].shared += online ? 1 : -1
  }
}
