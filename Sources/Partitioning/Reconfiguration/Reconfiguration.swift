import Channels
import Platform
import Quantities

// Live reconfiguration. A guest that takes notices (DIAGNOSE X'600') is offered what is added and
// asked for what is taken, and the change stays pending until it accepts, refuses, or the deadline
// passes. Resources of a pending addition are reserved at once, those of a pending removal are kept
// until it is accepted: the ledger balances at every instant. A guest that does not listen gets what
// is added at once and loses something only by UNCOND or FORCE.

extension PartitionManager {
  /// Seconds that a change may be pending when nothing is said.
  static let pendingSeconds = 60

  private func deadline(_ seconds: Int?) -> SimulatedTime {
    after(seconds: seconds ?? PartitionManager.pendingSeconds)
  }

  /// The time so many seconds from now, at least one.
  func after(seconds: Int) -> SimulatedTime {
    let wait = SimulatedTime(clamping: max(1, seconds)).multipliedClamped(by: 1_000_000_000)
    return min(now.addingClamped(wait), max(now, PartitionManager.latest))
  }

  /// No deadline is later: 146 years, so that times can be added.
  private static let latest = SimulatedTime.max >> 2

  func addPending(_ partition: Partition, _ change: PendingChange) {
    partition.pending.append(change)
    if !state.waiting.contains(partition.number) {
      state.waiting.append(partition.number)
      state.waiting.sort()
    }
  }

  private func isListening(_ partition: Partition) -> Bool {
    partition.status == .operating && !partition.isStopped
  }

  // MARK: Processors

  func configureProcessor(
    _ partition: Partition, _ number: Int, online: Bool, insistence: Insistence, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try requireActive(partition)
    try requireDefined(partition, number)
    try judgeProcessor(partition, number, online: online)
    if let earlier = partition.pending.first(where: { $0.subject == .processor(number) }) {
      guard insistence > .polite, !online, !earlier.online else {
        throw .changePending(partition.name, earlier)
      }
      withdraw(partition, earlier)
    }
    let change = PendingChange(
      subject: .processor(number), online: online, asked: now, deadline: deadline(within))
    if online {
      if isListening(partition), partition.listensToNotices, insistence == .polite {
        partition.computer?.offerProcessor(number)
        engine.findWork(of: partition.number, at: now)
        addPending(partition, change)
        return .pending([change])
      }
      setProcessor(partition, number, online: true)
      if isListening(partition) { partition.computer?.offerProcessor(number) }
      engine.findWork(of: partition.number, at: now)
      return .done
    }
    if isListening(partition), insistence == .polite {
      guard partition.recallProcessor(number) else {
        throw .guestNotListening(partition.name)
      }
      engine.findWork(of: partition.number, at: now)
      addPending(partition, change)
      return .pending([change])
    }
    setProcessor(partition, number, online: false)
    return .done
  }

  func judgeProcessor(
    _ partition: Partition, _ number: Int, online: Bool
  ) throws(ManagementError) {
    guard partition.isOnline[number] != online else {
      throw online
        ? .processorOnline(partition.name, processor: number)
        : .processorNotOnline(partition.name, processor: number)
    }
    guard online else {
      // Processor 0 starts the others and takes the notices.
      guard number > 0, partition.isOnline.count(where: { $0 }) > 1 else {
        throw .lastProcessor(partition.name, processor: number)
      }
      return
    }
    guard let entry = partition.entry(of: number) else { return }
    let processors = partition.processors(of: entry)
    let available = reservation(of: processors.type, without: partition).available(processors.mode)
    let pending = partition.pending.count { $0.kind == .processor && $0.online }
    let needed =
      processors.mode == .shared
      ? partition.onlineCount(of: entry).addingClamped(pending).addingClamped(1) : 1
    guard needed <= available else {
      throw .insufficientProcessors(
        partition.name, processors.type, needed: needed, available: available)
    }
  }

  /// Puts a logical processor on or off line at once.
  func setProcessor(_ partition: Partition, _ number: Int, online: Bool) {
    guard let entry = partition.entry(of: number), partition.isOnline[number] != online
    else { return }
    let processors = partition.processors(of: entry)
    let index = logical(number, of: partition)
    if online {
      if processors.mode == .dedicated {
        _ = engine.dispatcher.dedicate(to: index, at: now)
      }
      partition.isProcessorStopped[number] = false
    } else {
      engine.dispatcher.turnOff(index, at: now)
      engine.dispatcher.undedicate(index)
    }
    partition.isOnline[number] = online
    engine.dispatcher.setOnline(index, online, at: now)
    partition.computer?.setProcessorPresent(number, online)
    applyShares(of: processors.type)
    if online { resume(partition) }
  }

  // MARK: Storage

  func configureStorage(
    _ partition: Partition, _ byteCount: UInt64, online: Bool, insistence: Insistence, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try requireActive(partition)
    let count = try judgeAmount(byteCount)
    return online
      ? try addStorage(partition, count, insistence, within)
      : try removeStorage(partition, count, insistence, within)
  }

  private func judgeAmount(_ byteCount: UInt64) throws(ManagementError) -> Int {
    let increment = definition.machine.incrementByteCount
    guard byteCount > 0, increment > 0, byteCount % increment == 0 else {
      throw .notMultipleOfIncrement(byteCount, increment: increment)
    }
    // More than there can be is refused by what judges the number.
    return ledger.count(of: byteCount)
  }

  /// Bytes of so many increments, or the most there can be.
  func byteCount(of increments: Int) -> UInt64 {
    ledger.byteCount(of: increments)
  }

  private func addStorage(
    _ partition: Partition, _ count: Int, _ insistence: Insistence, _ within: Int?
  ) throws(ManagementError) -> ManagementResult {
    let places = partition.increments.indices.filter { partition.increments[$0] == nil }
      .prefix(max(0, count))
    guard places.count == count else {
      let had = partition.increments.count { $0 != nil }
      throw .storageLimit(
        partition.name, requested: byteCount(of: had.addingClamped(count)),
        limit: byteCount(of: partition.increments.count))
    }
    let taken = try takeIncrements(for: partition, Array(places))
    for (place, increment) in zip(places, taken) { partition.increments[place] = increment }
    let ranges = ranges(of: Array(places))
    guard isListening(partition), partition.listensToNotices, insistence == .polite else {
      for range in ranges { partition.computer?.attachStorage(range) }
      return .done
    }
    partition.offered.formUnion(places)
    var changes: [PendingChange] = []
    for range in ranges {
      partition.computer?.offerStorage(range)
      changes.append(storageChange(range, online: true, within))
    }
    for change in changes { addPending(partition, change) }
    engine.findWork(of: partition.number, at: now)
    return .pending(changes)
  }

  /// Takes increments for places of a partition's storage: any, or with an origin those that follow
  /// its initial storage (PR/SM Planning Guide, "Reserved central storage").
  func takeIncrements(
    for partition: Partition, _ places: [Int]
  ) throws(ManagementError) -> [Int] {
    let unit = ledger.incrementByteCount
    let needed = byteCount(of: places.count)
    if let origin = partition.definition.storage.origin {
      let wanted = places.map { Int(clamping: origin / max(1, unit)).addingClamped($0) }
      guard state.ledger.take(wanted, for: partition.number) else {
        throw .originNotFree(
          partition.name, origin: byteCount(of: wanted.first ?? 0), needed: needed)
      }
      return wanted
    }
    guard let taken = state.ledger.take(places.count, for: partition.number) else {
      throw .insufficientStorage(partition.name, needed: needed, free: ledger.freeByteCount)
    }
    return taken
  }

  private func storageChange(_ range: Range<UInt64>, online: Bool, _ within: Int?) -> PendingChange
  {
    PendingChange(
      subject: .storage(
        address: range.lowerBound, byteCount: range.upperBound &- range.lowerBound),
      online: online, asked: now, deadline: deadline(within))
  }

  private func removeStorage(
    _ partition: Partition, _ count: Int, _ insistence: Insistence, _ within: Int?
  ) throws(ManagementError) -> ManagementResult {
    if let earlier = partition.pending.first(where: { $0.kind == .storage }) {
      throw .changePending(partition.name, earlier)
    }
    // The first increment holds what every guest starts from.
    let places = partition.increments.indices.dropFirst().filter {
      partition.increments[$0] != nil
    }
    guard count <= places.count else {
      throw .storageNotRemovable(
        partition.name, requested: byteCount(of: count),
        removable: byteCount(of: places.count))
    }
    let going = Array(places.suffix(max(0, count)))
    guard isListening(partition), insistence == .polite else {
      takeAway(going, from: partition)
      return .done
    }
    guard partition.listensToNotices else { throw .guestNotListening(partition.name) }
    var changes: [PendingChange] = []
    for range in ranges(of: going).reversed() {
      partition.computer?.recallStorage(range)
      changes.append(storageChange(range, online: false, within))
    }
    for change in changes { addPending(partition, change) }
    engine.findWork(of: partition.number, at: now)
    return .pending(changes)
  }

  // MARK: Verbs that reset

  func defineProcessor(_ partition: Partition, _ number: Int) throws(ManagementError) {
    try requireActive(partition)
    try requireDefined(partition, number)
    try judgeProcessor(partition, number, online: true)
    if let earlier = partition.pending.first(where: { $0.subject == .processor(number) }) {
      throw .changePending(partition.name, earlier)
    }
    setProcessor(partition, number, online: true)
    partition.isProcessorStopped[number] = true
    engine.dispatcher.turnOff(logical(number, of: partition), at: now)
  }

  func detachProcessor(_ partition: Partition, _ number: Int) throws(ManagementError) {
    try requireActive(partition)
    try requireDefined(partition, number)
    try judgeProcessor(partition, number, online: false)
    try reset(partition, clear: true, force: true)
    setProcessor(partition, number, online: false)
  }

  func defineStorage(_ partition: Partition, _ byteCount: UInt64) throws(ManagementError) {
    try requireActive(partition)
    let count = try judgeAmount(byteCount)
    guard count <= partition.increments.count else {
      throw .storageLimit(
        partition.name, requested: byteCount,
        limit: self.byteCount(of: partition.increments.count))
    }
    let missing = partition.increments.indices.prefix(count).filter {
      partition.increments[$0] == nil || partition.offered.contains($0)
    }
    let surplus = partition.increments.indices.dropFirst(count).filter {
      partition.increments[$0] != nil
    }
    guard missing.count <= ledger.freeCount.addingClamped(surplus.count) else {
      throw .insufficientStorage(
        partition.name, needed: self.byteCount(of: missing.count), free: ledger.freeByteCount)
    }
    let own = partition.increments.indices.prefix(count).filter {
      partition.increments[$0] == nil
    }
    try judgeOrigin(of: partition, Array(own))
    try reset(partition, clear: false, force: true)
    takeAway(surplus, from: partition)
    let empty = partition.increments.indices.prefix(count).filter {
      partition.increments[$0] == nil
    }
    let taken = try takeIncrements(for: partition, Array(empty))
    for (place, increment) in zip(empty, taken) { partition.increments[place] = increment }
    for range in ranges(of: Array(empty)) { partition.computer?.attachStorage(range) }
    partition.initialCount = count
    partition.computer?.reset(clear: true)
    partition.isClean = true
    countPages(of: partition)
  }

  /// Throws when increments that an origin asks for are not free.
  private func judgeOrigin(of partition: Partition, _ places: [Int]) throws(ManagementError) {
    guard partition.definition.storage.origin != nil else { return }
    var copy = ledger
    let unit = ledger.incrementByteCount
    let origin = partition.definition.storage.origin ?? 0
    let wanted = places.map { Int(clamping: origin / max(1, unit)).addingClamped($0) }
    guard copy.take(wanted, for: partition.number) else {
      throw .originNotFree(
        partition.name, origin: byteCount(of: wanted.first ?? 0),
        needed: byteCount(of: places.count))
    }
  }
}
