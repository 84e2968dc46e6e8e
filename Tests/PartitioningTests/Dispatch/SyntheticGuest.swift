import Channels
import Platform
import X86

@testable import Partitioning

/// A partition's computer without instructions: each processor is greedy, idle, or works and sleeps.
final class SyntheticGuest: PartitionHardware {
  /// What a processor does.
  enum Habit {
    /// Always has work.
    case greedy
    /// Never has work.
    case idle
    /// Works so many nanoseconds of processor time, then sleeps so many.
    case pulse(work: UInt64, sleep: UInt64)
    /// Gives every time slice up after so many nanoseconds.
    case yields(after: UInt64)
    /// Spins for others of its partition, and says so after so many nanoseconds.
    case spins(after: UInt64)
  }

  var habits: [Habit]
  private var workLeft: [UInt64]
  private var wakes: [SimulatedTime]
  private(set) var steal: UInt64 = 0
  /// Greatest time from having work to running.
  private(set) var longestWait: UInt64 = 0

  init(_ habits: [Habit]) {
    self.habits = habits
    workLeft = habits.map { if case .pulse(let work, _) = $0 { work } else { 0 } }
    wakes = habits.map { _ in 0 }
  }

  func status(of processor: Int) -> ProcessorStatus {
    switch habits[processor] {
    case .greedy, .yields, .spins: .ready
    case .idle: .waiting
    case .pulse: workLeft[processor] > 0 ? .ready : .waiting
    }
  }

  func nextDeadline(of processor: Int) -> SimulatedTime? {
    if case .pulse = habits[processor] { wakes[processor] } else { nil }
  }

  func deliverTimers(upTo time: SimulatedTime) {
    for index in habits.indices {
      if case .pulse(let work, _) = habits[index], workLeft[index] == 0, wakes[index] <= time {
        workLeft[index] = work
      }
    }
  }

  func run(
    _ placements: UnsafeMutableBufferPointer<Placement>, until end: SimulatedTime, cache: CodeCache
  ) {
    for index in placements.indices {
      let placement = placements[index]
      let number = placement.processor
      let room = placement.limit - placement.start
      var used = room
      var stop = Placement.Stop.ranOut
      switch habits[number] {
      case .greedy: break
      case .idle:
        used = 0
        stop = .waiting
      case .yields(let after):
        used = min(after, room)
        stop = .yielded
      case .spins(let after):
        used = min(after, room)
        stop = .spinning
      case .pulse(_, let sleep):
        used = min(workLeft[number], room)
        workLeft[number] -= used
        if workLeft[number] == 0 {
          stop = .waiting
          wakes[number] = placement.start + used + sleep
        }
      }
      placements[index].end = placement.start + used
      placements[index].cyclesUsed = used * UInt64(placement.megahertz) / 1000
      placements[index].stop = stop
    }
  }

  func addSteal(processor: Int, nanoseconds: UInt64) {
    steal += nanoseconds
    longestWait = max(longestWait, nanoseconds)
  }

  func setPolarity(processor: Int, code: UInt8, isParked: Bool) {}
  func warn(processor: Int, until time: SimulatedTime) {}

  var historyDigest: UInt64 {
    var digest = HistoryDigest()
    for work in workLeft { digest.mix(work) }
    return digest.value
  }
}

/// One pool and its partitions, on the real dispatcher and epochs.
final class SyntheticPool {
  let engine: EpochEngine<SyntheticGuest>
  let guests: [SyntheticGuest]
  var claims: [ShareClaim]
  let processors: Int
  var groupCaps: [Fraction]
  /// Numbers of the partitions whose logical processors keep their physical ones through a wait.
  let completesWaits: Set<Int>

  init(
    processors: Int, _ members: [(ShareClaim, [SyntheticGuest.Habit])], threads: Int = 1,
    groupCaps: [Fraction] = [], completesWaits: Set<Int> = [], epoch: UInt64 = 100_000
  ) {
    self.processors = processors
    self.groupCaps = groupCaps
    self.completesWaits = completesWaits
    claims = members.map(\.0)
    guests = members.map { SyntheticGuest($0.1) }
    engine = EpochEngine(
      layout: Dispatcher.Layout(
        pools: [(megahertz: 10, count: processors)],
        accounts: members.indices.map {
          (partition: $0, pool: 0, logicals: members[$0].0.logicalCount)
        },
        partitionCount: members.count, groupCount: groupCaps.count),
      epoch: epoch, caches: (0..<threads).map { _ in CodeCache() })
    for index in guests.indices {
      engine.guests[index].hardware = guests[index]
      engine.guests[index].home = index % threads
      engine.dispatcher.enter(index, isDedicated: false, at: 0)
      for logical in engine.dispatcher.members(of: index) {
        engine.dispatcher.setOnline(logical, true, at: 0)
        engine.dispatcher.turnOn(logical)
      }
    }
    applyShares()
    for index in guests.indices { engine.findWork(of: index, at: 0) }
  }

  func applyShares() {
    let grants = ProcessingShare.grants(
      for: claims, sharedProcessors: processors, groupCaps: groupCaps)
    engine.dispatcher.setGrants(
      pool: 0,
      claims.indices.map { index in
        var weight = 1
        if case .relative(let amount) = claims[index].share.amount { weight = amount }
        return AccountGrant(
          account: index, grant: grants[index], weight: weight, polarity: claims[index].polarity,
          group: claims[index].group, completesWaits: completesWaits.contains(index))
      },
      groupCaps: groupCaps, epoch: engine.epoch, at: engine.now)
  }

  func run(seconds: Double) {
    let end = engine.now + UInt64(seconds * 1e9)
    while engine.now < end {
      guard let next = engine.nextEvent, next < end else {
        engine.jump(to: end)
        return
      }
      engine.jump(to: next)
      engine.runEpoch()
    }
  }

  /// Processors each partition used since `before`, over so many seconds.
  func used(seconds: Double, since before: [UInt64]? = nil) -> [Double] {
    guests.indices.map {
      Double(engine.dispatcher.accounts[$0].used - (before?[$0] ?? 0)) / (seconds * 1e9)
    }
  }

  var usedNanoseconds: [UInt64] { guests.indices.map { engine.dispatcher.accounts[$0].used } }

  /// What a logical processor of a partition spent until now.
  func counters(_ partition: Int, _ number: Int) -> ProcessorCounters {
    let first = engine.dispatcher.members(of: partition).lowerBound
    return engine.dispatcher.counters(ofLogical: first + number, at: engine.now)
  }

  /// What the water-fill gives for constant demands in processors.
  func oracle(_ demands: [Fraction]) -> [Double] {
    ProcessingShare.distribution(
      among: claims, demands: demands, sharedProcessors: processors, groupCaps: groupCaps
    ).map(\.approximation)
  }
}
