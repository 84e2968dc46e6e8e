import Channels

// What use costs, and what happens when credit ends and comes back. Every debit is exact: cycles at
// the pool's rate, the part of a nanosecond carried on.

extension Dispatcher {
  /// Charges cycles that a running logical processor spent.
  ///
  /// - Parameters:
  ///   - logical: Which.
  ///   - cycles: How many.
  ///   - time: When it stopped; credit grows until then.
  /// - Returns: Whole nanoseconds charged.
  @discardableResult
  func charge(_ logical: Int, cycles: Int, until time: SimulatedTime) -> UInt64 {
    let physical = Int(logicals[logical].physical)
    let megahertz = UInt64(pools[Int(physicals[physical].pool)].megahertz)
    let total = UInt64(cycles) * 1000 + logicals[logical].remainder
    let nanoseconds = total / megahertz
    logicals[logical].remainder = total - nanoseconds * megahertz
    chargeTime(logical, nanoseconds, until: time)
    return nanoseconds
  }

  /// Charges time that a running logical processor held its physical one.
  func chargeTime(_ logical: Int, _ nanoseconds: UInt64, until time: SimulatedTime) {
    let physical = Int(logicals[logical].physical)
    let account = Int(logicals[logical].account)
    logicals[logical].used &+= nanoseconds
    accounts[account].used &+= nanoseconds
    physicals[physical].busy &+= nanoseconds
    guard !accounts[account].isDedicated else { return }
    logicals[logical].sliceLeft -= Int64(nanoseconds)
    logicals[logical].bucket?.debit(nanoseconds, at: time)
    accounts[account].bucket?.debit(nanoseconds, at: time)
    accounts[account].soft?.debit(nanoseconds, at: time)
  }

  /// Closes an epoch: whoever has used up its slice or its credit gives its place up.
  func endEpoch() {
    guard runningCount > 0 else { return }
    for index in physicals.indices {
      let current = Int(physicals[index].current)
      guard current >= 0, physicals[index].dedicatedTo < 0 else { continue }
      let account = Int(logicals[current].account)
      if accounts[account].bucket?.isEmpty == true { throttle(account) }
      if let soft = accounts[account].soft, soft.isEmpty { limit(account, soft) }
      if accounts[account].isThrottled || logicals[current].sliceLeft <= 0
        || logicals[current].bucket?.isEmpty == true || !physicals[index].isOnline
      {
        requeue(current, at: end)
      }
    }
  }

  private func throttle(_ account: Int) {
    guard !accounts[account].isThrottled, let bucket = accounts[account].bucket else { return }
    accounts[account].isThrottled = true
    removeFromHeap(Int32(account))
    timers.set(logicals.count + account, max(bucket.resumes, end))
  }

  private func limit(_ account: Int, _ soft: TokenBucket) {
    guard !accounts[account].isBeyondLimit else { return }
    accounts[account].isBeyondLimit = true
    if accounts[account].place >= 0 { restore(Int32(account)) }
    if !accounts[account].isThrottled {
      timers.set(logicals.count + account, max(soft.resumes, end))
    }
  }

  /// A timer of the dispatcher's own is due.
  ///
  /// - Returns: Whether it was; false when the slot is a waiting logical processor's.
  func creditReturns(_ slot: Int, at time: SimulatedTime) -> Bool {
    if slot < logicals.count {
      guard logicals[slot].state == .throttled else { return false }
      let since = logicals[slot].readySince
      logicals[slot].state = .waiting
      logicals[slot].bucket?.debit(0, at: time)
      becomeReady(slot, at: time)
      // Steal counts from when it had work, not from when it had credit.
      logicals[slot].steal &+= time > since ? time - since : 0
      return true
    }
    let account = slot - logicals.count
    accounts[account].bucket?.debit(0, at: time)
    accounts[account].soft?.debit(0, at: time)
    if accounts[account].isBeyondLimit {
      // Credit to the limit is back unless it was used meanwhile.
      if let soft = accounts[account].soft, soft.isEmpty {
        timers.set(slot, max(soft.resumes, time + 1))
      } else {
        accounts[account].isBeyondLimit = false
        if accounts[account].place >= 0 { restore(Int32(account)) }
      }
    }
    if accounts[account].isThrottled {
      accounts[account].isThrottled = false
      accounts[account].notBefore = time
      offer(Int32(account))
    }
    return true
  }
}
