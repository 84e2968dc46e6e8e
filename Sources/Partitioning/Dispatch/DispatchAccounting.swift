import Channels
import Quantities

// Where time goes. Every nanosecond of a physical processor is one of four things: a guest's, the
// firmware's (LPAR management), nobody's, or off line; `accounted` is how far it has been said which.
// A logical processor is charged for what it has of a physical one by simulated time, exactly.

extension Dispatcher {
  /// What it takes the firmware to put a logical processor on a physical one, in nanoseconds.
  ///
  /// The partition's own LPAR management. Ours: PR/SM's is not published as a time.
  static let dispatchCost: UInt64 = 1_000

  /// What it takes the firmware to take an I/O interrupt for a partition that has no physical
  /// processor, in nanoseconds.
  ///
  /// No partition's: *PHYSICAL*. One that runs takes its interrupts itself.
  static let interruptCost: UInt64 = 1_000

  // MARK: Physical processors' time

  /// Says that nobody ran on a physical processor up to a time.
  func passIdle(_ physical: Int, until time: SimulatedTime) {
    let accounted = physicals[physical].accounted
    guard time > accounted else { return }
    let current = physicals[physical].current
    if current >= 0, logicals[current].state == .holding {
      chargeHolding(current, until: time)
      return
    }
    if physicals[physical].isOnline {
      physicals[physical].counters.idle &+= time - accounted
    } else {
      physicals[physical].counters.offline &+= time - accounted
    }
    physicals[physical].accounted = time
  }

  /// Says that the firmware has a physical processor for so long from where its time is accounted.
  private func passManagement(_ physical: Int, _ nanoseconds: UInt64) {
    physicals[physical].counters.management &+= nanoseconds
    physicals[physical].accounted &+= nanoseconds
  }

  /// What a physical processor spent up to a border of an epoch.
  func counters(ofPhysical index: Int, at time: SimulatedTime) -> PhysicalCounters {
    let physical = physicals[index]
    var counters = physical.counters
    if time >= physical.accounted {
      if physical.current >= 0, logicals[physical.current].state == .holding {
        counters.effective &+= time - physical.accounted
      } else if physical.isOnline {
        counters.idle &+= time - physical.accounted
      } else {
        counters.offline &+= time - physical.accounted
      }
    } else {
      // The firmware still has it for an interrupt that has just come.
      counters.management &-= physical.accounted - time
    }
    return counters
  }

  /// The firmware takes an interrupt for a partition that does not run, on the processor of a pool
  /// that is free or free first; ties by number.
  func takeInterrupt(pool: Int, at time: SimulatedTime) {
    var best = -1
    for index in pools[pool].processors
    where physicals[index].isOnline && physicals[index].dedicatedTo < 0 {
      if best < 0 || precedesAsInterrupted(index, best, at: time) { best = index }
    }
    guard best >= 0 else { return }
    passIdle(best, until: time)
    passManagement(best, Dispatcher.interruptCost)
    physicals[best].heldUntil = physicals[best].accounted
  }

  private func precedesAsInterrupted(_ one: Int, _ other: Int, at time: SimulatedTime) -> Bool {
    let left = max(physicals[one].heldUntil, time)
    let right = max(physicals[other].heldUntil, time)
    if left != right { return left < right }
    return physicals[one].current < 0 && physicals[other].current >= 0
  }

  // MARK: Charges

  /// Charges a logical processor for being put on its physical one at a time.
  func chargeDispatch(_ logical: Int, at time: SimulatedTime) {
    let physical = logicals[logical].physical
    passIdle(physical, until: time)
    passManagement(physical, Dispatcher.dispatchCost)
    logicals[logical].counters.dispatches &+= 1
    spend(logical, Dispatcher.dispatchCost, until: time.addingClamped(Dispatcher.dispatchCost))
  }

  /// Charges what a running logical processor had of its physical one.
  ///
  /// - Parameters:
  ///   - logical: Which.
  ///   - start: When it began.
  ///   - end: When it stopped.
  ///   - waited: Nanoseconds between that it waited.
  /// - Returns: Nanoseconds charged.
  @discardableResult
  func charge(
    _ logical: Int, from start: SimulatedTime, to end: SimulatedTime, waited: UInt64 = 0
  ) -> UInt64 {
    let physical = logicals[logical].physical
    let account = logicals[logical].account
    passIdle(physical, until: start)
    var nanoseconds = end.subtractingClamped(start).subtractingClamped(waited)
    if accounts[account].completesWaits, !accounts[account].isDedicated {
      nanoseconds.addClamped(waited)
      logicals[logical].counters.waiting &+= waited
    } else {
      physicals[physical].counters.idle &+= waited
    }
    physicals[physical].counters.effective &+= nanoseconds
    physicals[physical].accounted = end
    logicals[logical].counters.effective &+= nanoseconds
    spend(logical, nanoseconds, until: end)
    return nanoseconds
  }

  /// Charges the firmware's work in a running logical processor's time, up to a time.
  func chargeFirmware(_ logical: Int, until time: SimulatedTime) {
    let physical = logicals[logical].physical
    let accounted = physicals[physical].accounted
    guard time > accounted else { return }
    passManagement(physical, time &- accounted)
    spend(logical, time &- accounted, until: time)
  }

  /// Takes time that a logical processor used from its slice, its share and its credit.
  func spend(_ logical: Int, _ nanoseconds: UInt64, until time: SimulatedTime) {
    let account = logicals[logical].account
    logicals[logical].counters.dispatched &+= nanoseconds
    accounts[account].used &+= nanoseconds
    guard !accounts[account].isDedicated else { return }
    let used = Int64(clamping: nanoseconds)
    if !logicals[logical].hasSlice {
      accounts[account].charged.addClamped(used)
      updateKey(account)
      if accounts[account].place >= 0 { restore(account) }
    }
    if logicals[logical].polarity == .verticalLow {
      pools[accounts[account].pool].lowUsed &+= nanoseconds
    }
    logicals[logical].sliceLeft.subtractClamped(used)
    logicals[logical].bucket?.debit(nanoseconds, at: time)
    accounts[account].bucket?.debit(nanoseconds, at: time)
    accounts[account].soft?.debit(nanoseconds, at: time, owes: false)
    let group = accounts[account].group
    if group >= 0 { groups[group].bucket?.debit(nanoseconds, at: time) }
  }

  // MARK: Waiting for a processor

  /// Counts the time up to which a logical processor has been ready and not running.
  func noteReady(_ logical: Int, until time: SimulatedTime) {
    let since = logicals[logical].readySince
    guard time > since else { return }
    logicals[logical].counters.ready &+= time - since
    logicals[logical].counters.capped &+= cappedTime(logical, until: time)
    logicals[logical].steal &+= time - since
    logicals[logical].readySince = time
  }

  /// Part of the time since it became ready in which a cap forbids a logical processor to run.
  private func cappedTime(_ logical: Int, until time: SimulatedTime) -> UInt64 {
    let account = logicals[logical].account
    var since = logicals[logical].readySince
    switch logicals[logical].state {
    case .throttled: break
    case .queued where isBlocked(account): since = max(since, accounts[account].blockedSince)
    default: return 0
    }
    return time > since ? time - since : 0
  }

  /// What a logical processor spent up to a border of an epoch.
  func counters(ofLogical logical: Int, at time: SimulatedTime) -> ProcessorCounters {
    var counters = logicals[logical].counters
    if let since = logicals[logical].onlineSince {
      counters.online &+= time.subtractingClamped(since)
    }
    switch logicals[logical].state {
    case .queued, .throttled:
      let since = logicals[logical].readySince
      if time > since { counters.ready &+= time - since }
      counters.capped &+= cappedTime(logical, until: time)
    case .holding:
      let accounted = physicals[logicals[logical].physical].accounted
      if time > accounted {
        counters.dispatched &+= time - accounted
        counters.effective &+= time - accounted
        counters.waiting &+= time - accounted
      }
    case .off, .waiting, .running: break
    }
    return counters
  }

  /// What an account's logical processors spent up to a border of an epoch, all together.
  func counters(ofAccount account: Int, at time: SimulatedTime) -> ProcessorCounters {
    members(of: account).reduce(ProcessorCounters()) { $0 + counters(ofLogical: $1, at: time) }
  }
}
