import Channels
import Platform
import X86

// An epoch has three phases. Plan (owner thread): due timers wake logical processors, the dispatcher
// places those that are ready. Run (workers): every partition with work runs on its home worker. Settle
// (owner thread): exact time is charged, woken siblings and freed physical processors are matched in
// at most four rounds, slices and credits are judged. Whatever crosses a partition's border is taken
// by `PartitionManager` when the epoch is over, and takes effect in a later one.
//
// Epochs lie on a grid: epoch k is [k E, (k + 1) E). With nothing to do, time jumps to the epoch of
// the next event.

/// Plans, runs and settles epochs.
///
/// Owner thread only.
final class EpochEngine<Hardware: PartitionHardware> {
  /// One partition's part in the epochs.
  struct Guest {
    /// Its computer; nil while it is not active.
    var hardware: Hardware?
    /// Worker that runs it.
    var home = 0
    /// Its logical processors: index of the first, and how many.
    var firstLogical = 0
    var logicalCount = 0
    /// Placements of the round being run.
    var placements: UnsafeMutablePointer<Placement>
    var placementCount = 0
    /// Every dispatch, interrupt, message and accounting entry so far.
    var digest = HistoryDigest()
  }

  let dispatcher: Dispatcher
  let guests: UnsafeMutableBufferPointer<Guest>
  /// Length of an epoch in nanoseconds.
  let epoch: UInt64
  /// The grid time at which the next epoch begins.
  private(set) var now: SimulatedTime = 0
  /// Epochs run so far, jumps not counted.
  private(set) var epochCount: UInt64 = 0
  /// The machine's history.
  var digest = HistoryDigest()
  /// Partitions that ran in the epoch, one bit each.
  let ran: PartitionSet

  /// Rounds in which physical processors freed early are offered again.
  static var rounds: Int { 4 }

  /// Host time of the epochs, no part of the history; nil while nobody wants to know.
  var hostTime: HostTime?

  /// Cycles that the placements of the round come to.
  private var roundCycles: UInt64 = 0
  private let round: PartitionSet
  private var crew: WorkerCrew?
  private let caches: [CodeCache]
  /// Workers that run partitions, the owner thread included.
  ///
  /// Fewer than asked for where the host refused a thread or its memory; history does not depend on
  /// it.
  private(set) var threads: Int

  /// Creates an engine with so many workers, or as many as the host has room for.
  ///
  /// - Parameters:
  ///   - layout: Who can be dispatched where.
  ///   - epoch: Length of an epoch in nanoseconds.
  ///   - threads: Workers, 1-64.
  ///   - policy: How much decoded code each keeps.
  /// - Throws: `HostMemoryError` when there is no room for even one worker's decoded code.
  convenience init(
    layout: Dispatcher.Layout, epoch: UInt64, threads: Int, caches policy: CachePolicy
  ) throws(HostMemoryError) {
    var caches = [try CodeCache(fitting: policy)]
    while caches.count < min(threads, 64), let cache = CodeCache(besideOthers: policy) {
      caches.append(cache)
    }
    self.init(layout: layout, epoch: epoch, caches: caches)
  }

  /// Creates an engine with a worker for each cache; without one no guest runs in it.
  init(layout: Dispatcher.Layout, epoch: UInt64, caches: [CodeCache]) {
    dispatcher = Dispatcher(layout)
    self.epoch = epoch
    self.caches = caches
    threads = max(caches.count, 1)
    guests = .allocate(capacity: layout.partitionCount)
    round = PartitionSet(capacity: layout.partitionCount)
    ran = PartitionSet(capacity: layout.partitionCount)
    var counts = Array(repeating: 0, count: layout.partitionCount)
    for account in layout.accounts { counts[account.partition] += account.logicals }
    for (index, count) in counts.enumerated() {
      guests.initializeElement(
        at: index, to: Guest(logicalCount: count, placements: .allocate(capacity: max(count, 1))))
    }
    for index in dispatcher.logicals.indices.reversed() {
      guests[Int(dispatcher.logicals[index].partition)].firstLogical = index
    }
    guard caches.count > 1 else { return }
    let crew = WorkerCrew(count: caches.count) { [unowned self] worker in
      round.forEach { if guests[$0].home == worker { runGuest($0, self.caches[worker]) } }
    }
    self.crew = crew
    threads = crew.count
  }

  deinit {
    crew?.dismiss()
    for guest in guests { guest.placements.deallocate() }
    guests.deinitialize().deallocate()
    round.deallocate()
    ran.deallocate()
  }

  /// When something happens next: now while anyone has work, otherwise the first timer.
  var nextEvent: SimulatedTime? {
    dispatcher.hasWork ? now : dispatcher.timers.earliest.map { max($0, now) }
  }

  /// Lets idle time pass, up to the epoch in which `time` lies.
  func jump(to time: SimulatedTime) {
    let start = time - time % epoch
    if start > now { now = start }
  }

  /// Runs one epoch.
  func runEpoch() {
    guard hostTime != nil else { return plannedEpoch() }
    let before = hostTime?.running ?? .zero
    let start = ContinuousClock.now
    plannedEpoch()
    let running = (hostTime?.running ?? .zero) - before
    hostTime?.planning += ContinuousClock.now - start - running
  }

  private func plannedEpoch() {
    let end = now + epoch
    ran.removeAll()
    if now >= dispatcher.parkingDue { dispatcher.judgeParking(at: now) }
    if dispatcher.hasNewPolarity { tellPolarity() }
    dispatcher.beginEpoch(from: now, to: end)
    wake(before: now + 1)
    dispatcher.fillFromStart()
    wake(before: end)
    dispatcher.fill()
    var rounds = 0
    while dispatcher.placedCount > 0, rounds < EpochEngine.rounds {
      rounds += 1
      distribute(until: end)
      if hostTime == nil {
        runRound()
      } else {
        let start = ContinuousClock.now
        runRound()
        hostTime?.running += ContinuousClock.now - start
      }
      settleRound()
      wake(before: end)
      if rounds < EpochEngine.rounds { dispatcher.fill() }
    }
    dispatcher.endEpoch()
    warn()
    mixEpoch()
    now = end
    epochCount &+= 1
  }

  // MARK: Plan

  /// Tells guests what their processors are for.
  private func tellPolarity() {
    dispatcher.hasNewPolarity = false
    for index in dispatcher.logicals.indices {
      let logical = dispatcher.logicals[index]
      guests[Int(logical.partition)].hardware?.setPolarity(
        processor: Int(logical.number), code: logical.polarity.rawValue,
        isParked: logical.isParked)
    }
  }

  /// Tells guests of time slices that will end while others wait.
  private func warn() {
    for index in dispatcher.physicals.indices {
      let current = Int(dispatcher.physicals[index].current)
      guard current >= 0, dispatcher.isToBeWarned(current) else { continue }
      let logical = dispatcher.logicals[current]
      dispatcher.logicals[current].isWarned = true
      guests[Int(logical.partition)].hardware?.warn(
        processor: Int(logical.number), until: dispatcher.end + UInt64(logical.sliceLeft))
    }
  }

  /// Wakes whoever has a timer before a time.
  private func wake(before limit: SimulatedTime) {
    while let due = dispatcher.timers.pop(before: limit) {
      if dispatcher.creditReturns(due.slot, at: due.time) { continue }
      let partition = Int(dispatcher.logicals[due.slot].partition)
      guard let hardware = guests[partition].hardware, isWaiting(due.slot) else { continue }
      let time = max(due.time, now)
      hardware.deliverTimers(upTo: time)
      notice(partition, at: time)
      guard isWaiting(due.slot),
        let next = hardware.nextDeadline(of: Int(dispatcher.logicals[due.slot].number))
      else { continue }
      dispatcher.setDeadline(due.slot, max(next, time + 1))
    }
  }

  private func isWaiting(_ logical: Int) -> Bool {
    switch dispatcher.logicals[logical].state {
    case .waiting, .holding: true
    case .off, .queued, .throttled, .running: false
    }
  }

  /// Finds which waiting logical processors of a partition have got work.
  ///
  /// - Parameters:
  ///   - partition: Its number.
  ///   - time: Since when.
  ///   - isInterrupted: From outside the partition or by a timer, not by a sibling.
  func notice(_ partition: Int, at time: SimulatedTime, isInterrupted: Bool = true) {
    guard let hardware = guests[partition].hardware else { return }
    let first = guests[partition].firstLogical
    for logical in first..<first + guests[partition].logicalCount where isWaiting(logical) {
      if hardware.status(of: logical - first) == .ready {
        dispatcher.becomeReady(logical, at: time, isInterrupted: isInterrupted)
      }
    }
  }

  /// Whether any of a partition's logical processors has a physical one.
  func isDispatched(_ partition: Int) -> Bool {
    let first = guests[partition].firstLogical
    return (first..<first + guests[partition].logicalCount).contains {
      dispatcher.logicals[$0].state == .running || dispatcher.logicals[$0].state == .holding
    }
  }

  /// Hands the placed logical processors to their partitions.
  private func distribute(until end: SimulatedTime) {
    roundCycles = 0
    for index in 0..<dispatcher.placedCount {
      let dispatch = dispatcher.placed[index]
      let logical = Int(dispatch.logical)
      let record = dispatcher.logicals[logical]
      let partition = Int(record.partition)
      let pool = Int(dispatcher.physicals[Int(record.physical)].pool)
      let steal = dispatcher.takeSteal(logical)
      if steal > 0 {
        guests[partition].hardware?.addSteal(processor: Int(record.number), nanoseconds: steal)
      }
      roundCycles &+=
        (end - dispatch.start) * UInt64(dispatcher.pools[pool].megahertz) / 1000
      let count = guests[partition].placementCount
      (guests[partition].placements + count).initialize(
        to: Placement(
          processor: Int(record.number), start: dispatch.start, limit: end,
          megahertz: dispatcher.pools[pool].megahertz))
      guests[partition].placementCount = count + 1
      round.insert(partition)
    }
    dispatcher.placedCount = 0
  }

  // MARK: Run

  /// Cycles in a round below which waking other workers costs more than it saves.
  var worthSharing: UInt64 = 8_000

  /// Runs the round's partitions on their workers.
  ///
  /// A single worker's round, and one with little to do, stays on this thread.
  private func runRound() {
    var mask: UInt64 = 0
    round.forEach { mask |= 1 << UInt64(guests[$0].home) }
    guard !caches.isEmpty else { return }
    guard mask.nonzeroBitCount > 1, roundCycles >= worthSharing else {
      round.forEach { runGuest($0, caches[guests[$0].home]) }
      return
    }
    crew?.run(mask)
  }

  /// Runs one partition's placements and takes the dispatches into its digest.
  ///
  /// A worker's.
  private func runGuest(_ partition: Int, _ cache: CodeCache) {
    guard let hardware = guests[partition].hardware else { return }
    let placements = UnsafeMutableBufferPointer(
      start: guests[partition].placements, count: guests[partition].placementCount)
    hardware.run(placements, until: dispatcher.end, cache: cache)
    for placement in placements {
      guests[partition].digest.mix(UInt64(placement.processor) << 56 ^ placement.cyclesUsed)
      guests[partition].digest.mix(placement.end)
      hardware.mixState(of: placement.processor, into: &guests[partition].digest)
    }
  }

  // MARK: Settle

  private func settleRound() {
    round.forEach { settle($0) }
    ran.formUnion(round)
    round.removeAll()
  }

  private func settle(_ partition: Int) {
    let first = guests[partition].firstLogical
    let count = guests[partition].placementCount
    guests[partition].placementCount = 0
    guard let hardware = guests[partition].hardware else { return }
    var frontier = dispatcher.frontiers[partition]
    for index in 0..<count {
      let placement = guests[partition].placements[index]
      frontier = max(frontier, placement.end)
      let logical = first + placement.processor
      let time = dispatcher.charge(
        logical, from: placement.start, to: placement.end, waited: placement.waited)
      guests[partition].digest.mix(time)
      switch placement.stop {
      case .ranOut: break
      case .waiting:
        dispatcher.becomeWaiting(
          logical, at: placement.end, deadline: hardware.nextDeadline(of: placement.processor))
      case .yielded:
        let target = placement.yieldTarget
        if target < 0 {
          dispatcher.requeue(logical, at: placement.end, yielded: true)
        } else if !dispatcher.yield(logical, to: first + target, at: placement.end) {
          dispatcher.requeue(logical, at: placement.end)
        }
      case .acknowledged:
        dispatcher.acknowledgeWarning(logical, at: placement.end)
      case .spinning:
        dispatcher.requeue(logical, at: placement.end)
      case .inFirmware:
        // The firmware answers at the end of the epoch and works in the caller's time until then.
        dispatcher.chargeFirmware(logical, until: dispatcher.end)
      case .shutdown:
        dispatcher.turnOff(logical, at: placement.end)
      }
    }
    dispatcher.frontiers[partition] = frontier
    notice(partition, at: max(frontier, now), isInterrupted: false)
  }

  private func mixEpoch() {
    ran.forEach { partition in
      digest.mix(UInt64(partition))
      digest.mix(guests[partition].digest.value)
    }
  }
}
