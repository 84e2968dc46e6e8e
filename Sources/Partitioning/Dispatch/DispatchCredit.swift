import Channels

// What happens when a time slice or credit ends, and when credit comes back.

extension Dispatcher {
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
    accounts[account].throttledSince = end
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
      noteReady(slot, until: time)
      logicals[slot].state = .waiting
      logicals[slot].bucket?.debit(0, at: time)
      becomeReady(slot, at: time)
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
      for logical in members(of: account) where logicals[logical].state == .queued {
        noteReady(logical, until: time)
      }
      accounts[account].isThrottled = false
      accounts[account].notBefore = time
      offer(Int32(account))
    }
    return true
  }
}
