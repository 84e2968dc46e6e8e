import Channels
import Quantities
import X86

// What the dispatcher and the epochs carry from one epoch to the next, as values. Between epochs only. The
// records lie in fixed room in memory; here they are arrays of the same records, so that a record's new field
// is saved, copied and compared without another line.

/// Everything that the dispatcher carries from one epoch to the next.
struct DispatcherState: SavedState {
  static let kind = "dispatcher"
  static let version = 1

  var logicals: [LogicalProcessor]
  var accounts: [ShareAccount]
  var groups: [CapGroup]
  var physicals: [PhysicalProcessor]
  var pools: [ProcessorPool]
  /// Accounts with work, as they stand in each pool's heap.
  var heaps: [[Int]]
  var timers: [TimerHeap.Entry]
  var parking: [ParkingAccount]
  var frontiers: [SimulatedTime]
  var dedicatedQueue: [Int]
  var highQueue: [Int]
  var urgentQueue: [Int]
  var course: DispatcherCourse
  var wakeLatencies: LatencyDistribution
}

extension DispatcherState {
  /// The state of a machine in which nothing has happened yet.
  init(_ layout: Dispatcher.Layout) {
    logicals = []
    accounts = []
    physicals = []
    pools = []
    for (index, pool) in layout.pools.enumerated() {
      let own = repeatElement(PhysicalProcessor(pool: index), count: max(0, pool.count))
      pools.append(
        ProcessorPool(
          megahertz: pool.megahertz, first: physicals.count, count: own.count,
          shared: own.count))
      physicals += own
    }
    var number = 0
    for (index, account) in layout.accounts.enumerated() {
      if accounts.last?.partition != account.partition { number = 0 }
      accounts.append(
        ShareAccount(
          partition: account.partition, pool: account.pool, first: logicals.count,
          count: max(0, account.logicals)))
      for _ in 0..<max(0, account.logicals) {
        logicals.append(
          LogicalProcessor(partition: account.partition, number: number, account: index))
        number &+= 1
      }
    }
    groups = layout.pools.flatMap { _ in
      repeatElement(CapGroup(), count: max(0, layout.groupCount))
    }
    heaps = pools.map { _ in [] }
    timers = []
    parking = accounts.map { _ in ParkingAccount() }
    frontiers = Array(repeating: 0, count: max(0, layout.partitionCount))
    dedicatedQueue = []
    highQueue = []
    urgentQueue = []
    course = DispatcherCourse()
    wakeLatencies = LatencyDistribution()
  }
}

/// How far the epochs have come.
struct EpochProgress: Equatable, Sendable, Codable {
  /// The grid time at which the next epoch begins.
  var now: SimulatedTime = 0
  /// Epochs run so far, jumps not counted.
  var epochCount: UInt64 = 0
  /// The machine's history.
  var digest = HistoryDigest()
}

/// Everything that the epochs carry from one to the next, guests apart.
struct EpochState: SavedState {
  static let kind = "epochs"
  static let version = 1

  var progress: EpochProgress
  /// Each partition's digest.
  var guestDigests: [HistoryDigest]
  var dispatcher: DispatcherState
}

extension Dispatcher {
  /// Its state as a value.
  ///
  /// Who sets one has judged that it is one of this layout: `judge`.
  var state: DispatcherState {
    get {
      DispatcherState(
        logicals: Array(logicals), accounts: Array(accounts), groups: Array(groups),
        physicals: Array(physicals), pools: Array(pools),
        heaps: pools.indices.map {
          Array(UnsafeBufferPointer(start: heaps[$0].baseAddress, count: pools[$0].heapCount))
        },
        timers: timers.entries, parking: Array(parking), frontiers: Array(frontiers),
        dedicatedQueue: dedicatedQueue.contents, highQueue: highQueue.contents,
        urgentQueue: urgentQueue.contents, course: course, wakeLatencies: wakeLatencies)
    }
    set {
      logicals.replace(with: newValue.logicals)
      accounts.replace(with: newValue.accounts)
      groups.replace(with: newValue.groups)
      physicals.replace(with: newValue.physicals)
      pools.replace(with: newValue.pools)
      for (heap, accounts) in zip(heaps, newValue.heaps) { heap.replace(with: accounts) }
      timers.reset(to: newValue.timers)
      parking.replace(with: newValue.parking)
      frontiers.replace(with: newValue.frontiers)
      dedicatedQueue.contents = newValue.dedicatedQueue
      highQueue.contents = newValue.highQueue
      urgentQueue.contents = newValue.urgentQueue
      course = newValue.course
      wakeLatencies = newValue.wakeLatencies
      placed.removeAll()
      asideQueue.removeAll()
      displacedQueue.removeAll()
    }
  }
}

extension EpochEngine {
  /// Its state as a value.
  ///
  /// Who sets one has judged that it is one of this layout: `judge`.
  var state: EpochState {
    get {
      EpochState(
        progress: progress, guestDigests: guests.map(\.digest), dispatcher: dispatcher.state)
    }
    set {
      progress = newValue.progress
      setDigests(newValue.guestDigests)
      dispatcher.state = newValue.dispatcher
    }
  }

  /// Gives every partition its digest, by number.
  func setDigests(_ digests: [HistoryDigest]) {
    for (index, digest) in zip(guests.indices, digests) { guests[index].digest = digest }
  }

  /// Throws unless a state, which may come from a file, is one that these epochs can have, with the present
  /// dispatcher or another.
  func judge(_ state: EpochState, with dispatcher: Dispatcher? = nil) throws(StateRefusal) {
    let dispatcher = dispatcher ?? self.dispatcher
    guard state.guestDigests.count == dispatcher.frontiers.count else {
      throw .otherLayout(kind: EpochState.kind, what: "partitions")
    }
    guard state.progress.now % max(1, epoch) == 0 else {
      throw .inconsistent(kind: EpochState.kind, what: "a time within an epoch")
    }
    try dispatcher.judge(state.dispatcher)
  }
}

extension Dispatcher: StateHolder {
  static var roles: PropertyRoles {
    PropertyRoles(
      state: [
        "logicals", "accounts", "groups", "physicals", "pools", "heaps", "course", "timers",
        "frontiers", "dedicatedQueue", "highQueue", "urgentQueue", "parking",
        "wakeLatencies",
      ],
      wiring: ["groupsPerPool"],
      // Filled and emptied within an epoch.
      caches: ["placed", "displacedQueue", "asideQueue"])
  }
}

extension EpochEngine: StateHolder {
  static var roles: PropertyRoles {
    PropertyRoles(
      // Of each guest its digest; the rest of it is wiring, and placements within an epoch.
      state: ["progressRoom", "guests", "dispatcher"],
      wiring: ["epoch", "crew", "caches", "threads", "worthSharing"],
      // Filled and emptied within an epoch, and the host's time.
      caches: ["ran", "round", "roundCycles", "hostTime"])
  }
}
