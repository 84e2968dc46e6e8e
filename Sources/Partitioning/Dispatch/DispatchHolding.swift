import Channels
import Quantities

// Wait completion: a logical processor that has nothing more to do keeps its physical one until its
// time slice ends. The wait counts as dispatched, costs its share and its credit, and ends at once when
// there is work again. Nothing is done meanwhile: the time is charged when the wait is over.

extension Dispatcher {
  /// A running logical processor has nothing more to do; its next own event is at `deadline`.
  func becomeWaiting(_ logical: Int, at time: SimulatedTime, deadline: SimulatedTime?) {
    let account = logicals[logical].account
    if accounts[account].completesWaits, !accounts[account].isDedicated,
      logicals[logical].sliceLeft > 0
    {
      logicals[logical].state = .holding
      logicals[logical].deadline = deadline ?? .max
      course.runningCount &-= 1
      timers.set(logical, min(logicals[logical].deadline, holdingEnds(logical)))
      return
    }
    release(logical, at: time)
    logicals[logical].state = .waiting
    if let deadline { timers.set(logical, deadline) } else { timers.clear(logical) }
  }

  /// When the time slice of one that holds its physical processor ends.
  private func holdingEnds(_ logical: Int) -> SimulatedTime {
    let accounted = physicals[logicals[logical].physical].accounted
    return accounted.addingClamped(UInt64(clamping: logicals[logical].sliceLeft))
  }

  /// Sets when a waiting or holding logical processor is looked at next.
  func setDeadline(_ logical: Int, _ deadline: SimulatedTime) {
    guard logicals[logical].state == .holding else { return timers.set(logical, deadline) }
    logicals[logical].deadline = deadline
    timers.set(logical, min(deadline, holdingEnds(logical)))
  }

  /// The timer of one that holds its physical processor is due.
  ///
  /// - Returns: Whether only its time slice was over.
  func holdingEnded(_ logical: Int, at time: SimulatedTime) -> Bool {
    let isOver = holdingEnds(logical) <= time
    let deadline = logicals[logical].deadline
    if isOver {
      endHolding(logical, at: time)
    } else {
      timers.set(logical, holdingEnds(logical))
    }
    return isOver && deadline > time
  }

  /// Ends a wait with the physical processor given up.
  func endHolding(_ logical: Int, at time: SimulatedTime) {
    chargeHolding(logical, until: time)
    let deadline = logicals[logical].deadline
    course.runningCount &+= 1
    release(logical, at: max(time, physicals[logicals[logical].physical].accounted))
    logicals[logical].state = .waiting
    if deadline < .max { timers.set(logical, max(deadline, time)) } else { timers.clear(logical) }
  }

  /// Ends a wait because there is work: it runs on from there.
  func resumeFromHolding(_ logical: Int, at time: SimulatedTime) {
    let physical = logicals[logical].physical
    let frontier = frontiers[logicals[logical].partition]
    let resumed = max(time, max(frontier, physicals[physical].heldUntil))
    chargeHolding(logical, until: course.isOpen ? min(resumed, end) : time)
    logicals[logical].state = .running
    logicals[logical].deadline = .max
    timers.clear(logical)
    course.runningCount &+= 1
    if course.isOpen, resumed < end { append(logical, resumed) }
  }

  /// Charges a wait up to a time.
  func chargeHolding(_ logical: Int, until time: SimulatedTime) {
    let physical = logicals[logical].physical
    let accounted = physicals[physical].accounted
    guard time > accounted else { return }
    let nanoseconds = time &- accounted
    physicals[physical].counters.effective &+= nanoseconds
    physicals[physical].accounted = time
    logicals[logical].counters.effective &+= nanoseconds
    logicals[logical].counters.waiting &+= nanoseconds
    spend(logical, nanoseconds, until: time)
  }
}
