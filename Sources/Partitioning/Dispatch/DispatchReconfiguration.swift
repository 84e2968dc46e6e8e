import Channels
import Quantities

// Changes of the machine that the dispatcher spends: who takes part in a pool and with what share,
// which physical processors there are. Between epochs only.

/// What an account is entitled to, and how it is to be dispatched.
struct AccountGrant {
  /// Index of the account.
  var account: Int
  /// Its share and its limits.
  var grant: ShareGrant
  /// Its weight, for what is divided among those that want more than they are entitled to.
  var weight = 1
  /// How its share lies on its logical processors.
  var polarity = Polarity.horizontal
  /// Index, among its pool's groups, of the one whose absolute cap it shares.
  var group: Int?
  /// Its logical processors keep their physical ones through a wait.
  var completesWaits = false
}

extension Dispatcher {
  /// Sets what every account of a pool is entitled to.
  ///
  /// What each has used and not used so far keeps its worth in processor time.
  ///
  /// - Parameters:
  ///   - pool: Index of the pool.
  ///   - grants: One of each account that takes part.
  ///   - groupCaps: Absolute cap of each of the pool's groups in processors, nil for none.
  ///   - epoch: Length of an epoch, the least time slice.
  ///   - time: Now.
  func setGrants(
    pool: Int, _ grants: [AccountGrant], groupCaps: [Fraction?] = [], epoch: UInt64,
    at time: SimulatedTime
  ) {
    let leads = grants.map { lead(of: $0.account) }
    let blocked = grants.map { isBlocked($0.account) }
    for entry in grants { noteBlocked(entry.account, until: time) }
    setGroups(pool: pool, grants, groupCaps, at: time)
    updateRunningTime(pool)
    for (entry, lead) in zip(grants, leads) {
      setPolarity(entry, epoch: epoch)
      setShare(entry, lead: lead)
      setLimits(entry.account, entry.grant, at: time)
    }
    rankAll(pool: pool, grants)
    assignHomes(pool: pool, grants)
    for (entry, wasBlocked) in zip(grants, blocked) {
      if wasBlocked {
        unblock(entry.account, at: time)
      } else if isBlocked(entry.account) {
        block(entry.account, at: time)
      }
    }
  }

  // MARK: Shares

  /// Processor time that an account is ahead of the virtual time it goes by, times its pool's size.
  private func lead(of index: Int) -> Int128 {
    let share = accounts[index].queueShare
    guard accounts[index].grant != nil, share.numerator > 0 else { return 0 }
    // Who has not run for years may be further behind than there is room for.
    return (accounts[index].key &- virtualTime(for: index))
      .multipliedClamped(by: share.numerator) / max(1, share.denominator)
  }

  private func setShare(_ entry: AccountGrant, lead: Int128) {
    let index = entry.account
    var committed: Int64 = 0
    for logical in members(of: index) where logicals[logical].hasSlice {
      committed.addClamped(logicals[logical].sliceLeft)
    }
    let share = accounts[index].queueShare
    accounts[index].grant = entry.grant
    accounts[index].weight = entry.weight
    accounts[index].completesWaits = entry.completesWaits
    accounts[index].charged = committed
    accounts[index].base = virtualTime(for: index)
    if share.numerator > 0 {
      accounts[index].base &+=
        lead.subtractingClamped(Int128(committed)).multipliedClamped(by: share.denominator)
        / share.numerator
    }
    updateKey(index)
    if accounts[index].place >= 0 { restore(index) }
  }

  /// Says what each of an account's logical processors is for.
  private func setPolarity(_ entry: AccountGrant, epoch: UInt64) {
    let index = entry.account
    let online = members(of: index).count { logicals[$0].onlineSince != nil }
    accounts[index].queueShare = entry.grant.share
    guard entry.polarity == .vertical, online > 0, pools[accounts[index].pool].shared > 0
    else {
      parking[index].policy = nil
      let share = entry.grant.entitlementPerLogical
      for logical in members(of: index) {
        setPolarity(logical, .horizontal, share: share, isParked: false, epoch: epoch)
      }
      return
    }
    let vertical = VerticalPolarity(
      entitlement: entry.grant.entitlement, logicalCount: online)
    if parking[index].policy == nil { parking[index].begin() }
    parking[index].polarity = vertical
    let unparked = parking[index].unparkedCount
    var place = 0
    for logical in members(of: index) {
      guard logicals[logical].onlineSince != nil else {
        setPolarity(logical, .verticalLow, share: .zero, isParked: true, epoch: epoch)
        continue
      }
      setPolarity(
        logical, vertical.polarity(of: place), share: vertical.share(of: place),
        isParked: place >= unparked, epoch: epoch)
      place &+= 1
    }
  }

  private func setPolarity(
    _ logical: Int, _ polarity: LogicalPolarity, share: Fraction, isParked: Bool, epoch: UInt64
  ) {
    let isMoved =
      logicals[logical].isListed
      && (logicals[logical].polarity != polarity || logicals[logical].isParked != isParked)
    if isMoved { unlist(logical) }
    if logicals[logical].polarity != polarity || logicals[logical].isParked != isParked {
      course.hasNewPolarity = true
    }
    logicals[logical].polarity = polarity
    logicals[logical].isParked = isParked
    logicals[logical].share = share
    // One that has no share takes turns as long as its place among the others gives it.
    let part = polarity == .verticalLow ? Fraction(1, 10) : share
    // A share's terms, and those of its part on a logical processor, are below 2^46 (`AccountHeap`).
    let nanoseconds =
      10_000_000 &* min(part.numerator, 4 &* part.denominator) / max(1, part.denominator)
    logicals[logical].slice = max(Int64(clamping: nanoseconds), Int64(clamping: epoch))
    if isMoved { list(logical) }
  }

  /// Length of a logical processor's next time slice in nanoseconds.
  func timeSlice(_ logical: Int) -> Int64 {
    let pool = accounts[logicals[logical].account].pool
    let runningTime = Int64(
      clamping: ProcessingShare.runningTime(
        of: logicals[logical].polarity, pool: pools[pool].runningTime))
    let isExact = course.setRunningTime != nil || logicals[logical].polarity == .verticalHigh
    return isExact ? runningTime : min(logicals[logical].slice, runningTime)
  }

  /// Computes a pool's running time again.
  func updateRunningTime(_ pool: Int) {
    pools[pool].runningTime = ProcessingShare.runningTime(
      sharedProcessors: pools[pool].shared, runningLogicals: pools[pool].runningLogicals,
      set: course.setRunningTime)
  }

  /// Sets the running time of all pools; nil for the rule.
  func setRunningTime(_ nanoseconds: UInt64?) {
    course.setRunningTime = nanoseconds
    for pool in pools.indices { updateRunningTime(pool) }
  }

  // MARK: Homes

  /// Gives every vertical-high logical processor a physical one to come back to: the one it has, or
  /// the first that nobody comes back to.
  private func assignHomes(pool: Int, _ grants: [AccountGrant]) {
    let range = pools[pool].processors
    for physical in range {
      let owner = physicals[physical].home
      guard owner >= 0 else { continue }
      if logicals[owner].polarity != .verticalHigh || !isShared(physical) { leaveHome(owner) }
    }
    for entry in grants where entry.polarity == .vertical {
      for logical in members(of: entry.account)
      where logicals[logical].polarity == .verticalHigh && logicals[logical].home < 0 {
        let present = logicals[logical].physical
        let isGood = { (physical: Int) in
          self.isShared(physical) && self.physicals[physical].home < 0
        }
        guard
          let home = present >= 0 && isGood(present) ? present : range.first(where: isGood)
        else { continue }
        logicals[logical].home = home
        physicals[home].home = logical
      }
    }
  }

  private func isShared(_ physical: Int) -> Bool {
    physicals[physical].isOnline && physicals[physical].dedicatedTo < 0
  }

  private func leaveHome(_ logical: Int) {
    let home = logicals[logical].home
    guard home >= 0 else { return }
    physicals[home].home = -1
    logicals[logical].home = -1
  }

  // MARK: Limits

  private func setLimits(_ index: Int, _ grant: ShareGrant, at time: SimulatedTime) {
    // Each at its part of the weight, the logical processors of a partition are held at its weight
    // together too.
    let cap = [grant.cap, grant.capPerLogical == nil ? nil : grant.limits.weight]
    // Those with limits of their own, and a group's members, are not to wait long for one another.
    setBucket(
      &accounts[index].bucket, cap.compactMap(\.self).min(), at: time,
      band: grant.capPerLogical == nil ? TokenBucket.widestBand : TokenBucket.narrowBand)
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
      timers.set(slot(ofAccount: index), max(accounts[index].bucket?.resumes ?? time, time))
    } else {
      timers.clear(slot(ofAccount: index))
    }
  }

  /// Sets the absolute caps of a pool's groups, and who shares them.
  private func setGroups(
    pool: Int, _ grants: [AccountGrant], _ caps: [Fraction?], at time: SimulatedTime
  ) {
    for entry in grants { accounts[entry.account].group = -1 }
    for (number, index) in groups(of: pool).enumerated() {
      let slot = slot(ofGroup: index)
      let members = grants.filter { $0.group == number }
      let cap = members.isEmpty ? nil : caps.element(at: number) ?? nil
      setBucket(&groups[index].bucket, cap, at: time, band: TokenBucket.narrowBand)
      groups[index].first = -1
      groups[index].places = 0
      groups[index].waiting = 0
      guard let bucket = groups[index].bucket else {
        groups[index].isThrottled = false
        groups[index].isApart = false
        timers.clear(slot)
        continue
      }
      for member in members.reversed() {
        accounts[member.account].group = index
        accounts[member.account].nextInGroup = groups[index].first
        groups[index].first = member.account
        groups[index].places &+= accounts[member.account].places
        if accounts[member.account].place >= 0, accounts[member.account].rank <= 1 {
          groups[index].waiting &+= 1
        }
      }
      if groups[index].isThrottled { timers.set(slot, max(bucket.resumes, time)) }
    }
  }

  private func setBucket(
    _ bucket: inout TokenBucket?, _ rate: Fraction?, at time: SimulatedTime,
    band: Int128 = TokenBucket.widestBand
  ) {
    guard let rate else {
      bucket = nil
      return
    }
    if bucket == nil { bucket = TokenBucket(rate: rate, at: time, band: band) }
    bucket?.setRate(rate, at: time)
  }

  // MARK: Coming and going

  /// An account begins with nothing used, at the present virtual time.
  func enter(_ index: Int, isDedicated: Bool, at time: SimulatedTime) {
    accounts[index].earlier = accounts[index].earlier + counters(ofAccount: index, at: time)
    accounts[index].entered = time
    accounts[index].isDedicated = isDedicated
    accounts[index].grant = nil
    accounts[index].queueShare = .zero
    accounts[index].used = 0
    accounts[index].isThrottled = false
    if accounts[index].isLimited { course.limitedCount &-= 1 }
    accounts[index].isLimited = false
    accounts[index].rank = 0
    accounts[index].bucket = nil
    accounts[index].soft = nil
    accounts[index].group = -1
    accounts[index].notBefore = 0
    accounts[index].charged = 0
    accounts[index].lag = 0
    accounts[index].base = pools[accounts[index].pool].virtualTime
    accounts[index].key = accounts[index].base
    parking[index] = ParkingAccount()
    for logical in members(of: index) {
      logicals[logical].counters = ProcessorCounters()
      logicals[logical].steal = 0
      logicals[logical].bucket = nil
    }
  }

  /// A logical processor comes on line or goes off; whether it runs is another matter.
  func setOnline(_ logical: Int, _ isOnline: Bool, at time: SimulatedTime) {
    if let since = logicals[logical].onlineSince {
      logicals[logical].counters.online &+= time.subtractingClamped(since)
    }
    logicals[logical].onlineSince = isOnline ? time : nil
  }

  /// An account takes no part any more; its logical processors go off.
  func leave(_ index: Int, at time: SimulatedTime) {
    for logical in members(of: index) {
      turnOff(logical, at: time)
      setOnline(logical, false, at: time)
      leaveHome(logical)
      logicals[logical].polarity = .horizontal
      logicals[logical].isParked = false
    }
    timers.clear(slot(ofAccount: index))
    accounts[index].grant = nil
    accounts[index].isThrottled = false
    accounts[index].group = -1
  }

  /// Indices of an account's logical processors.
  func members(of account: Int) -> Range<Int> { accounts[account].logicals }

  /// Indices of a pool's groups; all pools have as many.
  func groups(of pool: Int) -> Range<Int> {
    let first = pool &* groupsPerPool
    return Range(uncheckedBounds: (first, first &+ groupsPerPool))
  }

  // Timers: a slot for each logical processor, account and group, in this order.

  /// The timer of an account.
  func slot(ofAccount account: Int) -> Int { logicals.count &+ account }

  /// The timer of a group.
  func slot(ofGroup group: Int) -> Int { logicals.count &+ accounts.count &+ group }

  // MARK: Physical processors

  /// Takes a physical processor from its pool for one logical processor.
  ///
  /// - Returns: Index of the physical processor, nil when none is left.
  func dedicate(to logical: Int, at time: SimulatedTime) -> Int? {
    let pool = accounts[logicals[logical].account].pool
    let candidates = pools[pool].processors.reversed().filter(isShared)
    guard let physical = candidates.first(where: { physicals[$0].current < 0 }) ?? candidates.first
    else { return nil }
    vacate(physical, at: time)
    forgetPromise(physical)
    physicals[physical].dedicatedTo = logical
    logicals[logical].physical = physical
    pools[pool].shared &-= 1
    return physical
  }

  /// Gives a dedicated physical processor back to its pool; its logical processor is off.
  func undedicate(_ logical: Int) {
    let physical = logicals[logical].physical
    guard physical >= 0, physicals[physical].dedicatedTo == logical else { return }
    physicals[physical].dedicatedTo = -1
    logicals[logical].physical = -1
    if physicals[physical].isOnline { pools[physicals[physical].pool].shared &+= 1 }
  }

  /// Varies a shared physical processor on or off line.
  func vary(_ physical: Int, online: Bool, at time: SimulatedTime) {
    guard physicals[physical].isOnline != online, physicals[physical].dedicatedTo < 0 else {
      return
    }
    if !online {
      vacate(physical, at: time)
      forgetPromise(physical)
    }
    passIdle(physical, until: time)
    physicals[physical].isOnline = online
    pools[physicals[physical].pool].shared &+= online ? 1 : -1
  }
}
