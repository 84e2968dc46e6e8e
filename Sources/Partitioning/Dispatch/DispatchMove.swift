import Quantities
import X86

// Partitions come and go: the dispatcher's records stand in the order of the partitions' numbers, so that
// those of the others move. What refers to a record by its index goes with it, and everybody's order stays
// what it was: the state is the one that there would be if those that come had been there from the start and
// had never been active. Only partitions that are not active go; nothing refers to their records.

/// Where accounts and logical processors go from one layout to another.
struct DispatchMove {
  /// New place of each account, nil for one that goes.
  private let accountPlaces: [Int?]
  /// New place of each logical processor.
  private let logicalPlaces: [Int?]
  /// Where the timers of accounts and of groups began, and begin now.
  private let former: (logicals: Int, accounts: Int)
  private let present: (logicals: Int, accounts: Int)

  /// The way from one layout to another of the same pools and groups, in which a partition that is in
  /// both has as many accounts and logical processors.
  init(from former: Dispatcher.Layout, to layout: Dispatcher.Layout) {
    let start = DispatchMove.starts(layout)
    var accountPlaces: [Int?] = []
    var logicalPlaces: [Int?] = []
    var place = (partition: -1, account: 0, logical: 0)
    for account in former.accounts {
      if account.partition != place.partition {
        let first = start[account.partition]
        place = (account.partition, first?.account ?? -1, first?.logical ?? -1)
      }
      let goes = place.account < 0
      accountPlaces.append(goes ? nil : place.account)
      for offset in 0..<max(0, account.logicals) {
        logicalPlaces.append(goes ? nil : place.logical &+ offset)
      }
      guard !goes else { continue }
      place.account &+= 1
      place.logical &+= max(0, account.logicals)
    }
    self.accountPlaces = accountPlaces
    self.logicalPlaces = logicalPlaces
    self.former = (logicalPlaces.count, accountPlaces.count)
    present = (
      layout.accounts.reduce(0) { $0 &+ max(0, $1.logicals) }, layout.accounts.count
    )
  }

  /// Where each partition's accounts and logical processors begin.
  private static func starts(
    _ layout: Dispatcher.Layout
  ) -> [Int: (account: Int, logical: Int)] {
    var starts: [Int: (account: Int, logical: Int)] = [:]
    var logical = 0
    for (index, account) in layout.accounts.enumerated() {
      if starts[account.partition] == nil { starts[account.partition] = (index, logical) }
      logical &+= max(0, account.logicals)
    }
    return starts
  }

  /// The new index of an account; -1 stays none.
  func account(_ index: Int) -> Int { (accountPlaces.element(at: index) ?? nil) ?? -1 }

  /// The new index of a logical processor; -1 stays none.
  func logical(_ index: Int) -> Int { (logicalPlaces.element(at: index) ?? nil) ?? -1 }

  /// What stands beside the accounts, in their new places, and what is blank beside new ones.
  func accounts<Record>(_ records: [Record], _ blank: () -> Record) -> [Record] {
    var moved = (0..<max(0, present.accounts)).map { _ in blank() }
    for (record, place) in zip(records, accountPlaces) {
      if let place { moved.change(at: place) { $0 = record } }
    }
    return moved
  }

  /// A logical processor's, an account's or a group's timer.
  fileprivate func timer(_ entry: TimerHeap.Entry) -> TimerHeap.Entry? {
    let ofAccount = entry.slot &- former.logicals
    let ofGroup = ofAccount &- former.accounts
    if ofAccount < 0 {
      let place = logical(entry.slot)
      return place < 0 ? nil : TimerHeap.Entry(slot: place, time: entry.time)
    }
    if ofGroup < 0 {
      let place = account(ofAccount)
      return place < 0
        ? nil : TimerHeap.Entry(slot: present.logicals &+ place, time: entry.time)
    }
    return TimerHeap.Entry(
      slot: present.logicals &+ present.accounts &+ ofGroup, time: entry.time)
  }

  fileprivate func queue(_ queue: ProcessorQueue) -> ProcessorQueue {
    ProcessorQueue(head: logical(queue.head), tail: logical(queue.tail))
  }
}

extension DispatcherState {
  /// The same state in another layout.
  func moved(_ move: DispatchMove, to layout: Dispatcher.Layout) -> DispatcherState {
    var state = DispatcherState(layout)
    state.moveRecords(from: self, move)
    state.groups = groups.map { group in
      var group = group
      group.first = move.account(group.first)
      return group
    }
    state.physicals = physicals.map { physical in
      var physical = physical
      physical.dedicatedTo = move.logical(physical.dedicatedTo)
      physical.home = move.logical(physical.home)
      physical.promised = move.logical(physical.promised)
      physical.current = move.logical(physical.current)
      return physical
    }
    state.pools = pools.map { pool in
      var pool = pool
      pool.low = move.queue(pool.low)
      pool.parked = move.queue(pool.parked)
      return pool
    }
    state.heaps = heaps.map { $0.map(move.account) }
    state.timers = timers.compactMap(move.timer)
    for (number, time) in frontiers.enumerated() {
      state.frontiers.change(at: number) { $0 = time }
    }
    func stay(_ queue: [Int]) -> [Int] { queue.map(move.logical).filter { $0 >= 0 } }
    state.dedicatedQueue = stay(dedicatedQueue)
    state.highQueue = stay(highQueue)
    state.urgentQueue = stay(urgentQueue)
    state.course = course
    // Of one that goes, a limit or a promise may be left that meant nothing any more.
    state.course.limitedCount = state.accounts.count { $0.isLimited }
    state.course.promiseCount = state.physicals.count { $0.promised >= 0 }
    state.wakeLatencies = wakeLatencies
    return state
  }

  /// Takes the records of those that stay, each with what it refers to in its new place.
  private mutating func moveRecords(from former: DispatcherState, _ move: DispatchMove) {
    for (index, record) in former.logicals.enumerated() {
      logicals.change(at: move.logical(index)) {
        $0 = record
        $0.account = move.account(record.account)
        $0.next = move.logical(record.next)
      }
    }
    for (index, record) in former.accounts.enumerated() {
      accounts.change(at: move.account(index)) {
        let first = $0.first
        $0 = record
        $0.first = first
        $0.queue = move.queue(record.queue)
        $0.nextInGroup = move.account(record.nextInGroup)
      }
    }
    parking = move.accounts(former.parking) { ParkingAccount() }
  }
}

extension EpochState {
  /// The same state in another layout.
  ///
  /// - Parameters:
  ///   - move: The way from the one to the other.
  ///   - layout: The other layout.
  ///   - gone: Numbers that nobody has any more.
  ///   - come: Numbers that somebody has now.
  /// - Returns: The state there.
  func moved(
    _ move: DispatchMove, to layout: Dispatcher.Layout, gone: [Int], come: [Int]
  ) -> EpochState {
    var state = self
    state.dispatcher = dispatcher.moved(move, to: layout)
    state.guestDigests = (0..<max(0, layout.partitionCount)).map {
      guestDigests.element(at: $0) ?? HistoryDigest()
    }
    for number in gone {
      state.guestDigests.change(at: number) { $0 = HistoryDigest() }
      state.dispatcher.frontiers.change(at: number) { $0 = 0 }
    }
    for number in come {
      state.guestDigests.change(at: number) { $0 = HistoryDigest(ofPartition: number) }
    }
    return state
  }
}

extension HistoryDigest {
  /// The history of a partition that was never active.
  init(ofPartition number: Int) {
    self.init()
    mix(UInt64(clamping: number))
  }
}
