import Channels

// Limits among those that want more: how many places who is limited may have before those who keep
// their limits, and which vertical-low logical processors have a share in what is divided by weight.

extension Dispatcher {
  // MARK: Rank

  /// Who goes first by its limits alone, if it had so many places and wanted one more: 0 the first.
  func rank(of account: Int, places: Int) -> UInt8 {
    guard accounts[account].isLimited else { return 0 }
    var rank: UInt8 = 0
    let group = accounts[account].group
    if group >= 0, let bucket = groups[group].bucket {
      let others = groups[group].places &- accounts[account].places
      if !bucket.permits(oneBeside: others &+ places) { rank |= 1 }
    }
    if let bucket = accounts[account].bucket, !bucket.permits(oneBeside: places) { rank |= 2 }
    if let soft = accounts[account].soft, !soft.permits(oneBeside: places) { rank |= 4 }
    return rank
  }

  /// Judges an account's rank again, and its group's members' with it.
  func rank(_ account: Int) {
    guard accounts[account].isLimited else { return }
    let group = accounts[account].group
    if group >= 0 { rank(group: group) }
    updateRank(account)
    awaitCredit(account)
  }

  /// Judges the rank of all members of a group again.
  func rank(group: Int) {
    guard let bucket = groups[group].bucket else { return }
    if bucket.isBinding != groups[group].isApart { part(group) }
    let isWithin = bucket.permits(oneBeside: groups[group].places)
    if isWithin != groups[group].isWithin {
      groups[group].isWithin = isWithin
      if groups[group].waiting > 0 {
        if !isWithin { noteLag(group: group) } else { keepUp(group) }
      }
      forEachMember(of: group) { updateRank($0) }
    }
    guard !bucket.grantsExtra, !groups[group].isThrottled else { return }
    let slot = slot(ofGroup: group)
    if timers.time(of: slot) == nil, bucket.extraResumes < .max {
      timers.set(slot, bucket.extraResumes)
    }
  }

  private func updateRank(_ account: Int) {
    let old = accounts[account].rank
    let new = rank(of: account, places: accounts[account].places)
    guard new != old else { return }
    accounts[account].rank = new
    guard accounts[account].place >= 0 else { return }
    if old == 0 { noteLag(account) }
    let group = accounts[account].group
    if group >= 0, (old <= 1) != (new <= 1) {
      if new <= 1 { joinGroup(group) } else { leaveGroup(group) }
    }
    if new < old { forgetSurplus(account) }
    restore(account)
  }

  /// Has an account looked at when enough credit has come together for one more place.
  private func awaitCredit(_ account: Int) {
    let slot = slot(ofAccount: account)
    guard !accounts[account].isThrottled, timers.time(of: slot) == nil else { return }
    var time = SimulatedTime.max
    if let bucket = accounts[account].bucket, !bucket.grantsExtra { time = bucket.extraResumes }
    if let soft = accounts[account].soft, !soft.grantsExtra { time = min(time, soft.extraResumes) }
    if time < .max { timers.set(slot, time) }
  }

  /// Counts the places of an account.
  func countPlaces(_ account: Int, _ change: Int) {
    accounts[account].places &+= change
    guard accounts[account].isLimited else { return }
    let group = accounts[account].group
    if group >= 0 { groups[group].places &+= change }
    rank(account)
  }

  /// Judges the ranks of all accounts of a pool, after their limits have changed.
  func rankAll(pool: Int, _ grants: [AccountGrant]) {
    for entry in grants {
      let index = entry.account
      if accounts[index].isLimited { course.limitedCount &-= 1 }
      accounts[index].isLimited =
        accounts[index].bucket != nil || accounts[index].soft != nil || accounts[index].group >= 0
      if accounts[index].isLimited {
        course.limitedCount &+= 1
        updateRank(index)
        awaitCredit(index)
      } else if accounts[index].rank > 0 {
        accounts[index].rank = 0
        if accounts[index].place >= 0 { restore(index) }
      }
    }
    for group in groups(of: pool) {
      guard let bucket = groups[group].bucket else { continue }
      groups[group].isWithin = bucket.permits(oneBeside: groups[group].places)
      forEachMember(of: group) { updateRank($0) }
      rank(group: group)
    }
  }

  /// Whether a limit has kept an account from what it wants of late.
  func isHeldBack(_ account: Int) -> Bool {
    guard accounts[account].isLimited else { return false }
    let group = accounts[account].group
    return accounts[account].bucket?.isBinding == true || accounts[account].soft?.isBinding == true
      || group >= 0 && groups[group].bucket?.isBinding == true
  }

  /// Whether the absolute cap of an account's group decides what its members get.
  func isGroupBinding(_ account: Int) -> Bool {
    let group = accounts[account].group
    return group >= 0 && groups[group].isApart
  }

  /// Whether one more place would be beyond the rate of an account's group: nobody of the group gets one
  /// then, though processors were idle, because the others of the group want the time.
  func isBeyondGroup(_ rank: UInt8) -> Bool { rank & 1 != 0 }

  // MARK: Vertical-low logical processors with a share

  /// Whether a partition has got clearly less than its part of what was divided, so that its
  /// vertical-low logical processors are entitled to time like anybody.
  ///
  /// Less at all, or less than who would get the time in its stead, when the running time is set: long
  /// time slices take somebody far ahead at once.
  func isBehind(_ account: Int) -> Bool {
    let pool = accounts[account].pool
    var reference = virtualTime(for: account)
    if course.setRunningTime != nil, let next = leastKey(pool, beside: account) {
      reference = max(reference, next)
    }
    let margin = course.setRunningTime == nil ? retention(of: pool) / 4 : 0
    return accounts[account].key < reference &- margin
  }

  /// Virtual time of the first in a pool's heap that is somebody else and within its limits.
  private func leastKey(_ pool: Int, beside account: Int) -> Int128? {
    let heap = heaps[pool]
    let count = pools[pool].heapCount
    guard count > 0 else { return nil }
    if heap[0] != account {
      return accounts[heap[0]].rank == 0 ? accounts[heap[0]].key : nil
    }
    var least: Int128?
    for place in 1...2 where place < count && accounts[heap[place]].rank == 0 {
      least = min(least ?? .max, accounts[heap[place]].key)
    }
    return least
  }

  /// Lets vertical-low logical processors of partitions that are behind their share wait among those
  /// with a share: what others leave is divided by weight, whatever the polarity.
  func promoteLow() {
    for pool in pools.indices { promoteLow(pool) }
  }

  /// The same for one pool.
  func promoteLow(_ pool: Int) {
    if !pools[pool].low.isEmpty { promote(from: pools[pool].low) }
    if !pools[pool].parked.isEmpty { promote(from: pools[pool].parked) }
  }

  private func promote(from queue: ProcessorQueue) {
    var logical = queue.head
    while logical >= 0 {
      let next = logicals[logical].next
      let account = logicals[logical].account
      if isBehind(account) {
        unlist(logical)
        logicals[logical].isPromoted = true
        link(logical, to: &accounts[account].queue)
        offer(account)
      }
      logical = next
    }
  }

  /// Puts a vertical-low logical processor back among those that run on what is left.
  func demote(_ logical: Int) {
    unlist(logical)
    list(logical)
  }
}
