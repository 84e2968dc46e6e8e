import Channels
import Quantities

// Who runs where. Each pool keeps the accounts with work in a heap by virtual time (what a partition
// used over its part of the pool, exact); a free physical processor takes the longest-ready logical
// processor of the first account. A time slice is charged when it is given and what is left of it
// is given back, so several processors of one partition count at once. What a partition leaves is
// thereby divided among the others in proportion to their shares. A partition keeps 100 ms of its
// entitlement at most while it sleeps or cannot use more, and owes nothing for time nobody wanted.
// Ties go by number.
//
// With vertical polarity a high logical processor has a physical one to come back to and takes it from
// whoever has it; a low one runs when nobody in the heap wants the time. The medium ones stand in the
// heap with what is left of their partition's share.
//
// Nothing is allocated after init except by reconfiguration.

/// One logical processor's place in the coming run.
struct Dispatch {
  /// Index of the logical processor.
  var logical: Int
  /// When it starts.
  var start: SimulatedTime
}

/// Where the dispatcher stands beside its records.
struct DispatcherCourse: Equatable, Sendable, Codable {
  /// The epoch being planned or run, or the last one.
  var start: SimulatedTime = 0
  /// Its end.
  var end: SimulatedTime = 0
  /// An epoch is being planned or run: whoever gets work is placed at once.
  var isOpen = false
  /// Logical processors that run.
  var runningCount = 0
  /// Physical processors that were yielded to somebody who has not got them yet.
  var promiseCount = 0
  /// Accounts that have a limit of some kind.
  var limitedCount = 0
  /// Running time as an operator set it; nil for the rule.
  var setRunningTime: UInt64?
  /// When parking is judged next.
  var parkingDue: SimulatedTime = ParkingPolicy.interval
  /// Whether polarity or parking of some logical processor has changed since it was last told.
  var hasNewPolarity = false
}

/// Places logical processors on physical ones.
///
/// Owner thread only.
final class Dispatcher {
  let logicals: UnsafeMutableBufferPointer<LogicalProcessor>
  let accounts: UnsafeMutableBufferPointer<ShareAccount>
  let groups: UnsafeMutableBufferPointer<CapGroup>
  let physicals: UnsafeMutableBufferPointer<PhysicalProcessor>
  let pools: UnsafeMutableBufferPointer<ProcessorPool>
  /// Each pool's accounts with work, least virtual time first; as many as its `heapCount`.
  let heaps: UnsafeMutableBufferPointer<UnsafeMutableBufferPointer<Int>>
  /// Where it stands beside its records.
  var course: DispatcherCourse
  /// How long logical processors waited from getting work to running.
  var wakeLatencies: LatencyDistribution
  /// One slot a logical processor, then one an account, then one a group.
  var timers: TimerHeap
  /// What was placed since the last time this was emptied.
  var placed: FixedList<Dispatch>
  /// The epoch being planned or run.
  var start: SimulatedTime { course.start }
  /// Its end.
  var end: SimulatedTime { course.end }
  /// Each partition's frontier: nothing of it may start earlier in this epoch.
  let frontiers: UnsafeMutableBufferPointer<SimulatedTime>
  /// Ready logical processors that own their physical one and are not running, in order.
  var dedicatedQueue: FixedList<Int>
  /// Ready vertical-high logical processors, in order.
  var highQueue: FixedList<Int>
  /// Logical processors that may preempt, in the order in which they got work.
  var urgentQueue: FixedList<Int>
  /// Logical processors from whom vertical-high ones have taken their physical ones in this epoch.
  var displacedQueue: FixedList<Int>
  /// Accounts set aside while a round is filled.
  var asideQueue: FixedList<Int>
  /// How many groups each pool can have.
  let groupsPerPool: Int
  /// What the parking of each account's vertical-low logical processors goes by.
  let parking: UnsafeMutableBufferPointer<ParkingAccount>

  /// What the dispatcher is built from.
  ///
  /// When partitions come or go another one is built, from another
  /// layout, and goes on in the state of this one (`DispatcherState.moved`).
  struct Layout {
    /// Rate and number of each pool's processors.
    var pools: [(megahertz: UInt32, count: Int)]
    /// Each account's partition, pool and the most logical processors that it can have.
    ///
    /// A partition's accounts follow each other; its logical processors are numbered through them.
    var accounts: [(partition: Int, pool: Int, logicals: Int)]
    /// Partitions have numbers below this.
    var partitionCount: Int
    /// How many groups there are that may share an absolute cap.
    var groupCount = 0
  }

  /// A dispatcher in which nothing has happened yet.
  convenience init(_ layout: Layout) { self.init(layout, DispatcherState(layout)) }

  /// A dispatcher in a state, which is one of this layout.
  init(_ layout: Layout, _ state: DispatcherState) {
    logicals = UnsafeMutableBufferPointer(holding: state.logicals)
    accounts = UnsafeMutableBufferPointer(holding: state.accounts)
    groups = UnsafeMutableBufferPointer(holding: state.groups)
    physicals = UnsafeMutableBufferPointer(holding: state.physicals)
    pools = UnsafeMutableBufferPointer(holding: state.pools)
    let none = state.accounts.map { _ in -1 }
    heaps = UnsafeMutableBufferPointer(
      holding: state.heaps.map { heap in
        let room = UnsafeMutableBufferPointer(holding: none)
        room.replace(with: heap)
        return room
      })
    course = state.course
    wakeLatencies = state.wakeLatencies
    parking = UnsafeMutableBufferPointer(holding: state.parking)
    groupsPerPool = max(0, layout.groupCount)
    frontiers = UnsafeMutableBufferPointer(holding: state.frontiers)
    timers = TimerHeap(capacity: logicals.count &+ accounts.count &+ groups.count)
    // A logical processor is placed at most once a round, and the list is emptied every round.
    placed = FixedList(capacity: logicals.count, blank: Dispatch(logical: 0, start: 0))
    dedicatedQueue = FixedList(capacity: logicals.count, blank: -1)
    highQueue = FixedList(capacity: logicals.count, blank: -1)
    urgentQueue = FixedList(capacity: logicals.count, blank: -1)
    displacedQueue = FixedList(capacity: physicals.count, blank: -1)
    asideQueue = FixedList(capacity: accounts.count, blank: -1)
    timers.reset(to: state.timers)
    dedicatedQueue.contents = state.dedicatedQueue
    highQueue.contents = state.highQueue
    urgentQueue.contents = state.urgentQueue
  }

  deinit {
    for heap in heaps { heap.deallocate() }
    heaps.deallocate()
    logicals.deallocate()
    accounts.deallocate()
    groups.deallocate()
    physicals.deallocate()
    pools.deallocate()
    parking.deallocate()
    placed.deallocate()
    dedicatedQueue.deallocate()
    highQueue.deallocate()
    urgentQueue.deallocate()
    displacedQueue.deallocate()
    asideQueue.deallocate()
    frontiers.deallocate()
  }

  /// Whether any logical processor runs or could.
  var hasWork: Bool {
    if course.runningCount > 0 || dedicatedQueue.count > 0 || highQueue.count > 0 { return true }
    for pool in pools where pool.hasQueue && pool.shared > 0 { return true }
    return false
  }

  // MARK: An epoch

  /// Opens an epoch that ends no earlier than it begins.
  func beginEpoch(from start: SimulatedTime, to end: SimulatedTime) {
    course.start = start
    course.end = end
    course.isOpen = true
  }

  /// Places whoever may run from the epoch's start: those that take a physical processor from
  /// somebody, those that take a free one, and those that keep theirs.
  func fillFromStart() {
    takeBackHomes()
    promoteLow()
    fill()
    dismissLow()
    preempt()
    claimDue()
    if course.limitedCount > 0 { resumeEarly() }
    guard course.runningCount > 0 else { return }
    for index in physicals.indices {
      let current = physicals[index].current
      guard current >= 0, logicals[current].state == .running, logicals[current].placedIn != start
      else { continue }
      let held = physicals[index].heldUntil
      if held > start { logicals[current].steal &+= min(held, end) &- start }
      if held < end { append(current, max(start, held)) }
    }
  }

  /// Takes the time that a placed logical processor had work and its guest did not run.
  func takeSteal(_ logical: Int) -> UInt64 {
    defer { logicals[logical].steal = 0 }
    return logicals[logical].steal
  }

  /// Lets a logical processor that has a physical one run from a time in this epoch.
  func append(_ logical: Int, _ time: SimulatedTime) {
    logicals[logical].placedIn = start
    placed.append(Dispatch(logical: logical, start: time))
  }
}
