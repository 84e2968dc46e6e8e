import Channels
import Platform
import Quantities

// Live reconfiguration. A guest that takes notices (DIAGNOSE X'600') is offered what is added and
// asked for what is taken, and the change stays pending until it accepts, refuses, or the deadline
// passes. Resources of a pending addition are reserved at once, those of a pending removal are kept
// until it is accepted: the ledger balances at every instant. A guest that does not listen gets what
// is added at once and loses something only by UNCOND or FORCE.

/// Changes of what partitions have while they run.
final class Reconfiguration: FirmwareObject {
  /// What is kept.
  struct State: Equatable, Sendable, Codable {
    /// Partitions for which isolation keeps a reconfigurable path that is off line, by path.
    var reservations: [UInt8: Int] = [:]
    /// What the management of paths looks back on.
    @Added var pathManagement = PathManagement()
  }

  let hardware: MachineHardware
  let storage: StorageBook
  let pending: PendingChanges
  let journal: Journal
  let entitlements: Entitlements
  let life: Life
  var state: State

  /// Reconfiguration over the life of partitions, with the books that it keeps.
  init(_ life: Life, _ state: State) {
    hardware = life.hardware
    storage = life.storage
    pending = life.pending
    journal = life.journal
    entitlements = life.entitlements
    self.life = life
    self.state = state
  }

  static var roles: PropertyRoles {
    PropertyRoles(
      state: ["state"],
      wiring: ["hardware", "storage", "pending", "journal", "entitlements", "life"])
  }

  /// Seconds that a change may be pending when nothing is said.
  static let pendingSeconds = 60

  func deadline(_ seconds: Int?) -> SimulatedTime {
    hardware.after(seconds: seconds ?? Reconfiguration.pendingSeconds)
  }

  func isListening(_ partition: Partition) -> Bool {
    partition.status == .operating && !partition.isStopped
  }

  // MARK: Processors

  func configureProcessor(
    _ partition: Partition, _ number: Int, online: Bool, insistence: Insistence, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    try partition.requireDefined(number)
    try judgeProcessor(partition, number, online: online)
    if let earlier = partition.pending.first(where: { $0.subject == .processor(number) }) {
      guard insistence > .polite, !online, !earlier.online else {
        throw .changePending(partition.name, earlier)
      }
      withdraw(earlier, from: partition)
    }
    let change = PendingChange(
      subject: .processor(number), online: online, asked: now, deadline: deadline(within))
    if online {
      if isListening(partition), partition.listensToNotices, insistence == .polite {
        partition.computer?.offerProcessor(number)
        hardware.findWork(of: partition)
        pending.add(change, to: partition)
        return .pending([change])
      }
      setProcessor(partition, number, online: true)
      if isListening(partition) { partition.computer?.offerProcessor(number) }
      hardware.findWork(of: partition)
      return .done
    }
    if isListening(partition), insistence == .polite {
      guard partition.recallProcessor(number) else {
        throw .guestNotListening(partition.name)
      }
      hardware.findWork(of: partition)
      pending.add(change, to: partition)
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
    let reservation = hardware.reservation(of: processors.type, without: partition)
    let available = reservation.available(processors.mode)
    let asked = partition.pending.count { $0.kind == .processor && $0.online }
    let needed =
      processors.mode == .shared
      ? partition.onlineCount(of: entry).addingClamped(asked).addingClamped(1) : 1
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
    let index = hardware.logical(number, of: partition)
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
    entitlements.applyShares(of: processors.type)
    if online { hardware.resume(partition) }
  }

  // MARK: Storage

  func configureStorage(
    _ partition: Partition, _ byteCount: UInt64, online: Bool, insistence: Insistence, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    let count = try judgeAmount(byteCount)
    if partition.definition.hasPluggableStorage {
      try judgeUnit(byteCount, of: partition)
      if let result = online
        ? try addBlocks(partition, count, insistence, within)
        : try removeBlocks(partition, count, insistence, within)
      {
        return result
      }
    }
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
    return storage.ledger.count(of: byteCount)
  }

  private func addStorage(
    _ partition: Partition, _ count: Int, _ insistence: Insistence, _ within: Int?
  ) throws(ManagementError) -> ManagementResult {
    let places = partition.increments.indices.filter { partition.increments[$0] == nil }
      .prefix(max(0, count))
    guard places.count == count else {
      let had = partition.increments.count { $0 != nil }
      throw .storageLimit(
        partition.name, requested: storage.byteCount(of: had.addingClamped(count)),
        limit: storage.byteCount(of: partition.increments.count))
    }
    try storage.take(Array(places), for: partition)
    guard isListening(partition), partition.listensToNotices, insistence == .polite else {
      storage.attach(Array(places), to: partition)
      return .done
    }
    partition.offered.formUnion(places)
    var changes: [PendingChange] = []
    for range in storage.ranges(of: Array(places)) {
      partition.computer?.offerStorage(range)
      changes.append(storageChange(range, online: true, within))
    }
    for change in changes { pending.add(change, to: partition) }
    hardware.findWork(of: partition)
    return .pending(changes)
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
        partition.name, requested: storage.byteCount(of: count),
        removable: storage.byteCount(of: places.count))
    }
    let going = Array(places.suffix(max(0, count)))
    guard isListening(partition), insistence == .polite else {
      storage.takeAway(going, from: partition)
      return .done
    }
    guard partition.listensToNotices else { throw .guestNotListening(partition.name) }
    var changes: [PendingChange] = []
    for range in storage.ranges(of: going).reversed() {
      partition.computer?.recallStorage(range)
      changes.append(storageChange(range, online: false, within))
    }
    for change in changes { pending.add(change, to: partition) }
    hardware.findWork(of: partition)
    return .pending(changes)
  }

  // MARK: Verbs that reset

  func defineProcessor(_ partition: Partition, _ number: Int) throws(ManagementError) {
    try partition.requireActive()
    try partition.requireDefined(number)
    try judgeProcessor(partition, number, online: true)
    if let earlier = partition.pending.first(where: { $0.subject == .processor(number) }) {
      throw .changePending(partition.name, earlier)
    }
    setProcessor(partition, number, online: true)
    partition.isProcessorStopped[number] = true
    hardware.turnOff(number, of: partition)
  }

  func detachProcessor(_ partition: Partition, _ number: Int) throws(ManagementError) {
    try partition.requireActive()
    try partition.requireDefined(number)
    try judgeProcessor(partition, number, online: false)
    try life.reset(partition, clear: true, force: true)
    setProcessor(partition, number, online: false)
  }

  func defineStorage(_ partition: Partition, _ byteCount: UInt64) throws(ManagementError) {
    try partition.requireActive()
    let count = try judgeAmount(byteCount)
    // What a guest plugs comes to it while it runs, and is not storage element 0.
    let most = storage.pluggablePlaces(of: partition).lowerBound
    guard count <= most else {
      throw .storageLimit(
        partition.name, requested: byteCount, limit: storage.byteCount(of: most))
    }
    let missing = partition.increments.indices.prefix(count).filter {
      partition.increments[$0] == nil || partition.offered.contains($0)
    }
    let surplus = partition.increments.indices.dropFirst(count).filter {
      partition.increments[$0] != nil
    }
    guard missing.count <= storage.ledger.freeCount.addingClamped(surplus.count) else {
      throw .insufficientStorage(
        partition.name, needed: storage.byteCount(of: missing.count),
        free: storage.ledger.freeByteCount)
    }
    let own = partition.increments.indices.prefix(count).filter {
      partition.increments[$0] == nil
    }
    try storage.judgeOrigin(of: partition, Array(own))
    try life.reset(partition, clear: false, force: true)
    storage.takeAway(surplus, from: partition)
    let empty = partition.increments.indices.prefix(count).filter {
      partition.increments[$0] == nil
    }
    try storage.take(Array(empty), for: partition)
    storage.attach(Array(empty), to: partition)
    partition.initialCount = count
    partition.computer?.reset(clear: true)
    partition.isClean = true
    storage.countPages(of: partition)
  }
}
