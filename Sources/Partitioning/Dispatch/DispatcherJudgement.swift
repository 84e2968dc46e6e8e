import Channels
import Quantities

// Whether a state is one that the dispatcher of a layout can have. It may come from a file: whatever numbers
// are in it, nothing that goes by them leaves the dispatcher's room, and no list is without an end.

extension Dispatcher {
  /// Throws unless a state is of this layout, and what its records say of one another holds.
  func judge(_ state: DispatcherState) throws(StateRefusal) {
    try judgeLayout(state)
    try judgeNumbers(state)
    try judgePlaces(state)
    try judgeHeaps(state)
    try judgeLists(state)
  }

  private func require(_ holds: Bool, _ what: String) throws(StateRefusal) {
    guard holds else { throw .inconsistent(kind: DispatcherState.kind, what: what) }
  }

  private func judgeLayout(_ state: DispatcherState) throws(StateRefusal) {
    func require(_ holds: Bool, _ what: String) throws(StateRefusal) {
      guard holds else { throw .otherLayout(kind: DispatcherState.kind, what: what) }
    }
    try require(
      state.logicals.count == logicals.count
        && zip(state.logicals, logicals).allSatisfy {
          ($0.partition, $0.number, $0.account) == ($1.partition, $1.number, $1.account)
        }, "logical processors")
    try require(
      state.accounts.count == accounts.count && state.parking.count == parking.count
        && zip(state.accounts, accounts).allSatisfy {
          ($0.partition, $0.pool, $0.first, $0.count) == ($1.partition, $1.pool, $1.first, $1.count)
        }, "accounts")
    try require(
      state.physicals.count == physicals.count
        && zip(state.physicals, physicals).allSatisfy { $0.pool == $1.pool },
      "physical processors")
    try require(
      state.pools.count == pools.count && state.heaps.count == pools.count
        && zip(state.pools, pools).allSatisfy {
          ($0.megahertz, $0.first, $0.count) == ($1.megahertz, $1.first, $1.count)
        }, "pools")
    try require(state.groups.count == groups.count, "groups")
    try require(state.frontiers.count == frontiers.count, "partitions")
  }

  /// -1 for none, or a number that there is.
  private func isNone(_ number: Int, orOneOf range: Range<Int>) -> Bool {
    number == -1 || range.contains(number)
  }

  private func judgeNumbers(_ state: DispatcherState) throws(StateRefusal) {
    let (logicals, accounts) = (state.logicals.indices, state.accounts.indices)
    try require(!state.course.isOpen, "an epoch that is not over")
    for record in state.logicals {
      let account = self.accounts[record.account]
      let own = pools[account.pool].processors
      try require(
        isNone(record.physical, orOneOf: own) && isNone(record.home, orOneOf: own),
        "a logical processor's physical one")
      try require(
        isNone(record.next, orOneOf: account.logicals)
          || record.polarity == .verticalLow
            && isNone(record.next, orOneOf: logicals),
        "a logical processor's next")
    }
    for record in state.physicals {
      try require(
        [record.current, record.home, record.promised, record.dedicatedTo].allSatisfy {
          isNone($0, orOneOf: logicals)
            && ($0 < 0 || self.accounts[self.logicals[$0].account].pool == record.pool)
        }, "a physical processor's logical one")
    }
    for record in state.accounts {
      try require(
        isNone(record.group, orOneOf: groups(of: record.pool))
          && isNone(record.nextInGroup, orOneOf: accounts), "an account's group")
    }
    for record in state.groups {
      try require(isNone(record.first, orOneOf: accounts), "a group's accounts")
    }
    let slots = logicals.count &+ accounts.count &+ state.groups.count
    try require(
      state.timers.allSatisfy { $0.slot >= 0 && $0.slot < slots }
        && Set(state.timers.map(\.slot)).count == state.timers.count, "timers")
    for queue in [state.dedicatedQueue, state.highQueue, state.urgentQueue] {
      try require(
        queue.allSatisfy(logicals.contains) && Set(queue).count == queue.count, "a queue")
    }
  }

  /// Who has which physical processor, from both sides, and the counts of it.
  private func judgePlaces(_ state: DispatcherState) throws(StateRefusal) {
    for (index, record) in state.logicals.enumerated() {
      let physical = state.physicals.element(at: record.physical)
      switch record.state {
      case .running, .holding:
        try require(physical?.current == index, "a running logical processor's physical one")
      case .off, .waiting, .queued, .throttled:
        try require(
          physical == nil || physical?.dedicatedTo == index && physical?.current != index,
          "a physical processor of a logical one that does not run")
      }
      if let home = state.physicals.element(at: record.home) {
        try require(home.home == index, "a logical processor's home")
      }
    }
    for (index, record) in state.physicals.enumerated() {
      try require(
        record.current < 0 || state.logicals.element(at: record.current)?.physical == index,
        "a physical processor's logical one")
      try require(
        record.home < 0 || state.logicals.element(at: record.home)?.home == index,
        "who comes back to a physical processor")
      try require(
        record.dedicatedTo < 0
          || state.logicals.element(at: record.dedicatedTo)?.physical == index,
        "a dedicated physical processor")
    }
    let course = state.course
    try require(
      course.runningCount == state.logicals.count { $0.state == .running }
        && course.promiseCount == state.physicals.count { $0.promised >= 0 }
        && course.limitedCount == state.accounts.count { $0.isLimited }, "counts")
    for (index, pool) in state.pools.enumerated() {
      let own = state.physicals.filter { $0.pool == index && $0.dedicatedTo < 0 }
      try require(
        pool.shared == own.count { $0.isOnline } && pool.busy == own.count { $0.current >= 0 },
        "a pool's processors")
    }
  }

  private func judgeHeaps(_ state: DispatcherState) throws(StateRefusal) {
    var inHeap = 0
    for (index, heap) in state.heaps.enumerated() {
      try require(state.pools.element(at: index)?.heapCount == heap.count, "a heap's count")
      for (place, account) in heap.enumerated() {
        let record = state.accounts.element(at: account)
        try require(record?.pool == index && record?.place == place, "a heap")
      }
      inHeap.addClamped(heap.count)
    }
    try require(
      state.accounts.allSatisfy { $0.place >= -1 }
        && state.accounts.count { $0.place >= 0 } == inHeap, "an account's place")
  }

  /// Every list ends where it says and holds whom it is for, and nobody is in two.
  private func judgeLists(_ state: DispatcherState) throws(StateRefusal) {
    var listed = [Bool](repeating: false, count: state.logicals.count)
    for (index, account) in state.accounts.enumerated() {
      try judge(account.queue, of: state, &listed) {
        $0.account == index
          && ($0.isPromoted || $0.polarity == .horizontal || $0.polarity == .verticalMedium)
      }
      try require(account.place < 0 || account.queue.head >= 0, "an account without work")
    }
    for (index, pool) in state.pools.enumerated() {
      for (queue, isParked) in [(pool.low, false), (pool.parked, true)] {
        try judge(queue, of: state, &listed) {
          self.accounts[$0.account].pool == index && $0.polarity == .verticalLow
            && !$0.isPromoted && $0.isParked == isParked
        }
      }
    }
    for logical in state.highQueue {
      let record = state.logicals.element(at: logical)
      try require(
        listed.element(at: logical) == false && record?.polarity == .verticalHigh
          && record?.isPromoted == false, "a vertical-high logical processor")
      listed.change(at: logical) { $0 = true }
    }
    try judgeMembers(state, listed)
    try judgeGroups(state)
  }

  private func judge(
    _ queue: ProcessorQueue, of state: DispatcherState, _ listed: inout [Bool],
    _ isForIt: (LogicalProcessor) -> Bool
  ) throws(StateRefusal) {
    var (last, next) = (-1, queue.head)
    while next >= 0 {
      guard let record = state.logicals.element(at: next) else { break }
      try require(listed.element(at: next) == false && isForIt(record), "a queue's members")
      listed.change(at: next) { $0 = true }
      (last, next) = (next, record.next)
    }
    try require(
      next == -1 && (queue.tail == last || last == -1 && queue.tail < 0), "a queue's end")
  }

  private func judgeMembers(
    _ state: DispatcherState, _ listed: [Bool]
  ) throws(StateRefusal) {
    for (record, isListed) in zip(state.logicals, listed) {
      let isDedicated = state.accounts.element(at: record.account)?.isDedicated == true
      try require(
        record.isListed == isListed && (!isListed || record.state == .queued && !isDedicated),
        "who waits in a queue")
    }
    for logical in state.dedicatedQueue {
      let record = state.logicals.element(at: logical)
      let physical = record.flatMap { state.physicals.element(at: $0.physical) }
      try require(
        record?.state == .queued && physical?.dedicatedTo == logical,
        "who waits for a physical processor of its own")
    }
    let urgent = state.logicals.indices.filter {
      state.logicals.element(at: $0)?.isAmongUrgent == true
    }
    try require(state.urgentQueue.sorted() == urgent, "who may preempt")
  }

  private func judgeGroups(_ state: DispatcherState) throws(StateRefusal) {
    var members = [Bool](repeating: false, count: state.accounts.count)
    for group in state.groups {
      var next = group.first
      while next >= 0 {
        try require(members.element(at: next) == false, "a group's members")
        members.change(at: next) { $0 = true }
        next = state.accounts.element(at: next)?.nextInGroup ?? -1
      }
    }
  }
}
