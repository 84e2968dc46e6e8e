import Channels
import Platform
import Quantities
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
  let dispatcher: Dispatcher
  let guests: UnsafeMutableBufferPointer<Guest>
  /// Length of an epoch in nanoseconds.
  let epoch: UInt64
  /// How far it has come; in room of its own, as the dispatcher's `course`.
  var progress: EpochProgress {
    @inline(__always) unsafeAddress {
      UnsafePointer(progressRoom.baseAddress.unsafelyUnwrapped)
    }
    @inline(__always) unsafeMutableAddress { progressRoom.baseAddress.unsafelyUnwrapped }
  }
  private let progressRoom: UnsafeMutableBufferPointer<EpochProgress>
  /// The grid time at which the next epoch begins.
  var now: SimulatedTime { progress.now }
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
  ///   - engine: What runs guests' code.
  /// - Throws: `HostMemoryError` when there is no room for even one worker's decoded code.
  convenience init(
    layout: Dispatcher.Layout, epoch: UInt64, threads: Int, caches policy: CachePolicy,
    engine: ExecutionEngine = .standard
  ) throws(HostMemoryError) {
    var caches = [try CodeCache(fitting: policy, engine: engine)]
    while caches.count < min(threads, 64),
      let cache = CodeCache(besideOthers: policy, engine: engine)
    {
      caches.append(cache)
    }
    self.init(layout: layout, epoch: epoch, caches: caches)
  }

  /// Creates an engine with a worker for each cache; without one no guest runs in it.
  ///
  /// - Parameters:
  ///   - layout: Who can be dispatched where.
  ///   - epoch: Length of an epoch in nanoseconds.
  ///   - caches: Each worker's decoded code.
  ///   - state: Where the epochs stand, in this layout; nil at their beginning.
  ///   - former: The workers' threads, when there are some already.
  init(
    layout: Dispatcher.Layout, epoch: UInt64, caches: [CodeCache], state: EpochState? = nil,
    crew former: WorkerCrew? = nil
  ) {
    dispatcher = state.map { Dispatcher(layout, $0.dispatcher) } ?? Dispatcher(layout)
    progressRoom = UnsafeMutableBufferPointer(holding: [state?.progress ?? EpochProgress()])
    self.epoch = max(1, epoch)
    self.caches = caches
    threads = max(caches.count, 1)
    round = PartitionSet(capacity: layout.partitionCount)
    ran = PartitionSet(capacity: layout.partitionCount)
    // A partition's accounts follow each other.
    var logicals = [Range<Int>](repeating: 0..<0, count: max(0, layout.partitionCount))
    for account in dispatcher.accounts {
      logicals.change(at: account.partition) {
        let first = $0.isEmpty ? account.logicals.lowerBound : $0.lowerBound
        $0 = Range(uncheckedBounds: (first, account.logicals.upperBound))
      }
    }
    guests = UnsafeMutableBufferPointer(holding: logicals.map { Guest(logicals: $0) })
    if let state { setDigests(state.guestDigests) }
    if caches.count > 1 {
      let body: (Int) -> Void = { [unowned self] worker in
        guard let cache = self.caches.element(at: worker) else { return }
        round.forEach { if guests[$0].home == worker { runGuest($0, cache) } }
      }
      let crew = former ?? WorkerCrew(count: caches.count, body: body)
      if former != nil { crew.serve(body) }
      self.crew = crew
      threads = crew.count
    }
    for number in guests.indices { guests[number].home = number % max(1, threads) }
  }

  /// Goes on where another engine stood, in another layout, with its workers and its guests' computers.
  ///
  /// That one runs no more.
  ///
  /// - Parameters:
  ///   - former: The other engine.
  ///   - layout: Who can be dispatched where.
  ///   - state: Where it stood, in this layout.
  convenience init(
    takingOver former: EpochEngine, layout: Dispatcher.Layout, state: EpochState
  ) {
    self.init(
      layout: layout, epoch: former.epoch, caches: former.caches, state: state, crew: former.crew)
    former.crew = nil
    worthSharing = former.worthSharing
    hostTime = former.hostTime
    for (number, guest) in former.guests.enumerated() where guests.indices.contains(number) {
      guests[number].hardware = guest.hardware
    }
  }

  deinit {
    crew?.dismiss()
    for guest in guests { guest.placements.deallocate() }
    guests.deinitialize().deallocate()
    round.deallocate()
    ran.deallocate()
    progressRoom.deallocate()
  }

  /// When something happens next: now while anyone has work, otherwise the first timer.
  var nextEvent: SimulatedTime? {
    dispatcher.hasWork ? now : dispatcher.timers.earliest.map { max($0, now) }
  }

  /// Lets idle time pass, up to the epoch in which `time` lies.
  func jump(to time: SimulatedTime) {
    let start = time &- time % max(1, epoch)
    if start > now { progress.now = start }
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
    let end = now.addingClamped(epoch)
    ran.removeAll()
    if now >= dispatcher.course.parkingDue { dispatcher.judgeParking(at: now) }
    if dispatcher.course.hasNewPolarity { tellPolarity() }
    dispatcher.beginEpoch(from: now, to: end)
    wake(before: now.addingClamped(1))
    dispatcher.fillFromStart()
    wake(before: end)
    dispatcher.fill()
    var rounds = 0
    while dispatcher.placed.count > 0, rounds < EpochEngine.rounds {
      rounds &+= 1
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
    progress.now = end
    progress.epochCount &+= 1
  }

  // MARK: Plan

  /// Tells guests what their processors are for.
  private func tellPolarity() {
    dispatcher.course.hasNewPolarity = false
    for index in dispatcher.logicals.indices {
      let logical = dispatcher.logicals[index]
      guests[logical.partition].hardware?.setPolarity(
        processor: logical.number, code: logical.polarity.rawValue,
        isParked: logical.isParked)
    }
  }

  /// Tells guests of time slices that will end while others wait.
  private func warn() {
    for index in dispatcher.physicals.indices {
      let current = dispatcher.physicals[index].current
      guard current >= 0, dispatcher.isToBeWarned(current) else { continue }
      let logical = dispatcher.logicals[current]
      dispatcher.logicals[current].isWarned = true
      guests[logical.partition].hardware?.warn(
        processor: logical.number,
        until: dispatcher.end.addingClamped(UInt64(clamping: logical.sliceLeft)))
    }
  }

  /// Wakes whoever has a timer before a time.
  private func wake(before limit: SimulatedTime) {
    while let due = dispatcher.timers.pop(before: limit) {
      if dispatcher.creditReturns(due.slot, at: due.time) { continue }
      let partition = dispatcher.logicals[due.slot].partition
      guard let hardware = guests[partition].hardware, isWaiting(due.slot) else { continue }
      let time = max(due.time, now)
      hardware.deliverTimers(upTo: time)
      findWork(of: partition, at: time)
      guard isWaiting(due.slot),
        let next = hardware.nextDeadline(of: dispatcher.logicals[due.slot].number)
      else { continue }
      dispatcher.setDeadline(due.slot, max(next, time.addingClamped(1)))
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
  func findWork(of partition: Int, at time: SimulatedTime, isInterrupted: Bool = true) {
    guard let hardware = guests[partition].hardware else { return }
    let first = guests[partition].firstLogical
    for logical in guests[partition].logicals where isWaiting(logical) {
      if hardware.status(of: logical &- first) == .ready {
        dispatcher.becomeReady(logical, at: time, isInterrupted: isInterrupted)
      }
    }
  }

  /// Whether any of a partition's logical processors has a physical one.
  func isDispatched(_ partition: Int) -> Bool {
    guests[partition].logicals.contains {
      dispatcher.logicals[$0].state == .running || dispatcher.logicals[$0].state == .holding
    }
  }

  /// Hands the placed logical processors to their partitions.
  private func distribute(until end: SimulatedTime) {
    roundCycles = 0
    for dispatch in dispatcher.placed.elements {
      let logical = dispatch.logical
      let record = dispatcher.logicals[logical]
      let partition = record.partition
      let pool = dispatcher.physicals[record.physical].pool
      let steal = dispatcher.takeSteal(logical)
      if steal > 0 {
        guests[partition].hardware?.addSteal(processor: record.number, nanoseconds: steal)
      }
      let megahertz = dispatcher.pools[pool].megahertz
      roundCycles.addClamped(
        end.subtractingClamped(dispatch.start).multipliedClamped(by: UInt64(megahertz)) / 1000)
      guests[partition].placements.append(
        Placement(
          processor: record.number, start: dispatch.start, limit: end, megahertz: megahertz))
      round.insert(partition)
    }
    dispatcher.placed.removeAll()
  }

  // MARK: Run

  /// Cycles in a round below which waking other workers costs more than it saves.
  var worthSharing: UInt64 = 8_000

  /// Runs the round's partitions on their workers.
  ///
  /// A single worker's round, and one with little to do, stays on this thread.
  private func runRound() {
    var mask: UInt64 = 0
    round.forEach { mask |= 1 &<< UInt64(truncatingIfNeeded: guests[$0].home) }
    guard !caches.isEmpty else { return }
    guard mask.nonzeroBitCount > 1, roundCycles >= worthSharing else {
      round.forEach { partition in
        guard let cache = caches.element(at: guests[partition].home) else { return }
        runGuest(partition, cache)
      }
      return
    }
    crew?.run(mask)
  }

  /// Runs one partition's placements and takes the dispatches into its digest.
  ///
  /// A worker's.
  private func runGuest(_ partition: Int, _ cache: CodeCache) {
    guard let hardware = guests[partition].hardware else { return }
    let placements = guests[partition].placements
    hardware.run(placements.elements, until: dispatcher.end, cache: cache)
    for placement in placements.elements {
      guests[partition].digest.mix(
        UInt64(truncatingIfNeeded: placement.processor) << 56 ^ placement.cyclesUsed)
      guests[partition].digest.mix(placement.end)
    }
    guests[partition].digest.mix(hardware.historyDigest)
  }

  // MARK: Settle

  private func settleRound() {
    round.forEach { settle($0) }
    ran.formUnion(round)
    round.removeAll()
  }

  private func settle(_ partition: Int) {
    let first = guests[partition].firstLogical
    let placements = guests[partition].placements
    guests[partition].placements.removeAll()
    guard let hardware = guests[partition].hardware else { return }
    var frontier = dispatcher.frontiers[partition]
    for placement in placements.elements {
      frontier = max(frontier, placement.end)
      let logical = first &+ placement.processor
      let time = dispatcher.charge(
        logical, from: placement.start, to: placement.end, waited: placement.waited)
      guests[partition].digest.mix(time)
      switch placement.stop {
      case .ranOut: break
      case .waiting:
        dispatcher.becomeWaiting(
          logical, at: placement.end, deadline: hardware.nextDeadline(of: placement.processor))
      case .yielded:
        let target = first &+ placement.yieldTarget
        if placement.yieldTarget < 0 {
          dispatcher.requeue(logical, at: placement.end, yielded: true)
        } else if !guests[partition].logicals.contains(target)
          || !dispatcher.yield(logical, to: target, at: placement.end)
        {
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
    findWork(of: partition, at: max(frontier, now), isInterrupted: false)
  }

  private func mixEpoch() {
    ran.forEach { partition in
      progress.digest.mix(UInt64(truncatingIfNeeded: partition))
      progress.digest.mix(guests[partition].digest.value)
    }
  }
}
