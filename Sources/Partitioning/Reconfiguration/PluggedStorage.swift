import Channels
import Platform
import Quantities

// Storage that a guest plugs and unplugs, as Linux does: by blocks (virtio-mem) or by ACPI memory devices. The
// firmware says how much it is to have plugged; the guest comes as near as it can, in its own time, and may never
// come there. So a change is done increment by increment, and what is done of it stays done when it is ended.

extension Reconfiguration {
  /// Throws when bytes are not whole blocks or memory devices.
  func judgeUnit(_ byteCount: UInt64, of partition: Partition) throws(ManagementError) {
    let unit = max(
      1, partition.definition.reservedUnit(increment: definition.machine.incrementByteCount))
    guard byteCount % unit == 0 else { throw .notMultipleOfIncrement(byteCount, increment: unit) }
  }

  /// Why a guest that serves no device for it is given no storage, and asked for none.
  private func notServed(_ partition: Partition) -> ManagementError {
    partition.definition.storageMethod == .acpi
      ? .guestNotListening(partition.name) : .guestPlugsNoStorage(partition.name)
  }

  /// Gives a partition increments, for its guest to plug.
  func addBlocks(
    _ partition: Partition, _ count: Int, _ insistence: Insistence, _ within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try requireNoChange(of: partition)
    let places = storage.pluggablePlaces(of: partition)
      .filter { partition.increments[$0] == nil }.prefix(max(0, count))
    guard places.count == count else {
      let had = partition.increments.count { $0 != nil }
      throw .storageLimit(
        partition.name, requested: storage.byteCount(of: had.addingClamped(count)),
        limit: storage.byteCount(of: partition.increments.count))
    }
    let waits = isListening(partition) && insistence == .polite
    guard !waits || partition.plugsStorage else { throw notServed(partition) }
    try storage.take(Array(places), for: partition)
    if waits { partition.offered.formUnion(places) }
    storage.offerPluggable(to: partition)
    hardware.findWork(of: partition)
    return waits ? add(count, online: true, done: 0, to: partition, within) : .done
  }

  /// Wants increments back that a partition's guest may have plugged.
  ///
  /// - Returns: nil when they are to be taken whatever the guest does.
  func removeBlocks(
    _ partition: Partition, _ count: Int, _ insistence: Insistence, _ within: Int?
  ) throws(ManagementError) -> ManagementResult? {
    try requireNoChange(of: partition)
    guard isListening(partition), insistence == .polite else { return nil }
    let places = storage.pluggable(of: partition)
    guard count <= places.count else {
      throw .storageNotRemovable(
        partition.name, requested: storage.byteCount(of: count),
        removable: storage.byteCount(of: places.count))
    }
    let inUse = storage.ledger.count(of: partition.pluggedByteCount)
    let unused = min(count, places.count.subtractingClamped(inUse))
    guard unused == count || partition.plugsStorage else { throw notServed(partition) }
    // What the guest has not plugged goes without it.
    storage.takeAway(places.suffix(max(0, unused)), from: partition)
    guard unused < count else { return .done }
    let result = add(count, online: false, done: unused, to: partition, within)
    storage.offerPluggable(to: partition)
    hardware.findWork(of: partition)
    return result
  }

  private func requireNoChange(of partition: Partition) throws(ManagementError) {
    if let earlier = partition.pending.first(where: { $0.kind == .storage }) {
      throw .changePending(partition.name, earlier)
    }
  }

  private func add(
    _ count: Int, online: Bool, done: Int, to partition: Partition, _ within: Int?
  ) -> ManagementResult {
    let change = PendingChange(
      subject: .blocks(
        byteCount: storage.byteCount(of: count), done: storage.byteCount(of: done)),
      online: online, asked: now, deadline: deadline(within))
    pending.add(change, to: partition)
    return .pending([change])
  }

  /// The guest has so much plugged now: what of a pending change that completes is done.
  func plugged(_ partition: Partition, _ byteCount: UInt64) {
    guard let change = partition.pending.first(where: \.isOfBlocks),
      case .blocks(let wanted, let done) = change.subject
    else { return }
    let places = storage.pluggable(of: partition)
    // Of an increment that is to come all must be plugged, and of one that is to go nothing.
    let unit = max(1, storage.ledger.incrementByteCount)
    let inUse =
      change.online ? Int(clamping: byteCount / unit) : storage.ledger.count(of: byteCount)
    let left = storage.ledger.count(of: wanted.subtractingClamped(done))
    let kept = places.count.subtractingClamped(left)
    let settled =
      change.online ? inUse.subtractingClamped(kept) : places.count.subtractingClamped(inUse)
    let step = storage.byteCount(of: min(left, settled))
    guard step > 0 else { return }
    var next = change
    next.subject = .blocks(byteCount: wanted, done: done.addingClamped(step))
    let action = ManagementAction.configureStorage(
      partition.name, byteCount: step, online: change.online, insistence: .polite, within: nil)
    journal.recording(action, by: .partition(partition.name)) {
      pending.replace(change, by: next, of: partition)
      let count = storage.ledger.count(of: step)
      if change.online {
        partition.offered.subtract(places.dropFirst(kept).prefix(max(0, count)))
      } else {
        storage.takeAway(Array(places.suffix(max(0, count))), from: partition)
      }
      if next.doneByteCount == wanted { pending.forget(next, of: partition) }
    }
    if next.doneByteCount == wanted { journal.note(partition, .changeCompleted(next)) }
  }
}

extension Reconfiguration {
  /// The guest cannot take a part of what it was offered, and has said so of all that it does not take.
  func refusedStorage(_ partition: Partition, _ byteCount: UInt64) {
    guard let change = partition.pending.first(where: \.isOfBlocks), change.online else {
      return givenBack(partition, byteCount)
    }
    var ended = change
    journal.recording(
      .cancelPending(partition.name, kind: .storage), by: .partition(partition.name)
    ) { ended = withdraw(change, from: partition) }
    journal.note(partition, ended.doneByteCount > 0 ? .changeStopped(ended) : .changeRefused(ended))
  }

  /// The guest gives nothing of what is still wanted back: that is told once, and the guest is asked again.
  func keptStorage(_ partition: Partition) {
    guard let change = partition.pending.first(where: \.isOfBlocks), !change.online,
      change.nextAsking == nil
    else { return }
    var told = change
    told.nextAsking = now.addingClamped(Self.askingInterval)
    pending.replace(change, by: told, of: partition)
    journal.note(partition, .storageKept(told))
  }

  /// The guest has given storage back unasked, or does not use what it was given unasked.
  func givenBack(_ partition: Partition, _ byteCount: UInt64) {
    let count = storage.ledger.count(of: byteCount)
    let places = storage.pluggable(of: partition).filter { !partition.offered.contains($0) }
      .suffix(max(0, count))
    guard !places.isEmpty else { return }
    let gone = storage.byteCount(of: places.count)
    let action = ManagementAction.configureStorage(
      partition.name, byteCount: gone, online: false, insistence: .polite, within: nil)
    journal.recording(action, by: .partition(partition.name)) {
      storage.takeAway(Array(places), from: partition)
    }
    journal.note(partition, .storageGivenBack(gone))
  }
}

extension PendingChange {
  /// Whether it is of storage that the guest plugs or unplugs.
  fileprivate var isOfBlocks: Bool { if case .blocks = subject { true } else { false } }
}
