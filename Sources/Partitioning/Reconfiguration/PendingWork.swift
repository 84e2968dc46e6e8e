import Channels
import Platform
import Quantities

// What becomes of pending changes: the guest's answer, the deadline, the operator's cancel, and the
// end of the guest itself.

extension PartitionManager {
  func signalShutdown(
    _ partition: Partition, within: Int, thenForce: Bool
  ) throws(ManagementError) -> ManagementResult {
    try requireActive(partition)
    if let earlier = partition.pending.first(where: { $0.kind == .shutdown }) {
      throw .changePending(partition.name, earlier)
    }
    guard partition.status == .operating, partition.signalShutdown() else {
      guard thenForce else { throw .shutdownSignalNotEnabled(partition.name) }
      takeDown(partition, because: .deactivated)
      return .done
    }
    engine.findWork(of: partition.number, at: now)
    let change = PendingChange(
      subject: .shutdown(thenForce: thenForce), online: false, asked: now,
      deadline: after(seconds: within))
    addPending(partition, change)
    return .pending([change])
  }

  func cancelPending(_ partition: Partition, kind: PendingKind?) throws(ManagementError) {
    let changes = partition.pending.filter { kind == nil || $0.kind == kind }
    guard !changes.isEmpty else { throw .noPendingChange(partition.name) }
    for change in changes { withdraw(partition, change) }
  }

  /// Ends a pending change without doing it; what was reserved for it is free again.
  func withdraw(_ partition: Partition, _ change: PendingChange) {
    forget(partition, change)
    if let notice = notice(of: change) { partition.computer?.withdraw(notice) }
    if case .storage(let address, let byteCount) = change.subject, change.online {
      let places = StorageMap.places(
        of: Self.range(address, byteCount), increment: ledger.incrementByteCount)
      takeAway(places.filter { partition.offered.contains($0) }, from: partition)
    }
  }

  private func forget(_ partition: Partition, _ change: PendingChange) {
    partition.pending.removeAll { $0 == change }
    if partition.pending.isEmpty { state.waiting.removeAll { $0 == partition.number } }
  }

  private static func range(_ address: UInt64, _ byteCount: UInt64) -> Range<UInt64> {
    address..<max(address, address.addingClamped(byteCount))
  }

  private func notice(of change: PendingChange) -> ReconfigurationNotice? {
    switch change.subject {
    case .processor(let number):
      change.online ? .processorOffered(number) : .processorRecalled(number)
    case .storage(let address, let byteCount):
      change.online
        ? .storageOffered(Self.range(address, byteCount))
        : .storageRecalled(Self.range(address, byteCount))
    case .shutdown: .shutdownSignal
    }
  }

  /// Withdraws everything that is pending: the partition is reset or taken down.
  func dropPending(_ partition: Partition) {
    for change in partition.pending { withdraw(partition, change) }
  }

  /// The guest accepted a notice.
  ///
  /// - Returns: Whether anything like it was pending.
  func accepted(_ partition: Partition, _ notice: ReconfigurationNotice) -> Bool {
    guard let change = partition.pending.first(where: { self.notice(of: $0) == notice })
    else { return false }
    recording(change.action(on: partition.name), by: .partition(partition.name)) {
      carryOut(change, notice, partition)
    }
    note(partition, .changeCompleted(change))
    return true
  }

  private func carryOut(
    _ change: PendingChange, _ notice: ReconfigurationNotice, _ partition: Partition
  ) {
    forget(partition, change)
    switch notice {
    case .processorOffered(let number): setProcessor(partition, number, online: true)
    case .processorRecalled(let number): setProcessor(partition, number, online: false)
    case .storageOffered(let range):
      let places = StorageMap.places(of: range, increment: ledger.incrementByteCount)
      partition.offered.subtract(places)
      partition.computer?.attachStorage(range)
    case .storageRecalled(let range):
      takeAway(
        Array(StorageMap.places(of: range, increment: ledger.incrementByteCount)), from: partition)
    case .shutdownSignal: break
    }
  }

  /// In a rehearsal: guests do all that is asked of them, as a script that waits for them expects, and
  /// those that were loaded in it take part.
  ///
  /// On a machine with guests it does nothing.
  package func agreeToPending() {
    guard isRehearsal else { return }
    for partition in partitions {
      if partition.rehearsed.isUnknown {
        partition.rehearsed = GuestAnswers(listensToNotices: true, hearsSignals: true)
      }
      for change in partition.pending {
        if change.kind == .shutdown {
          takeDown(partition, because: .poweredOff)
        } else if let notice = notice(of: change) {
          _ = accepted(partition, notice)
        }
      }
    }
  }

  /// The guest refused a notice.
  ///
  /// - Returns: Whether anything like it was pending.
  func refused(_ partition: Partition, _ notice: ReconfigurationNotice) -> Bool {
    guard let change = partition.pending.first(where: { self.notice(of: $0) == notice })
    else { return false }
    recording(
      .cancelPending(partition.name, kind: change.kind), by: .partition(partition.name)
    ) { withdraw(partition, change) }
    note(partition, .changeRefused(change))
    return true
  }

  /// When the first pending change lapses.
  var nextDeadline: SimulatedTime? {
    var first: SimulatedTime?
    for number in state.waiting {
      for change in partitions[number]?.pending ?? [] {
        first = min(first ?? .max, change.deadline)
      }
    }
    return first
  }

  /// Ends the pending changes whose time is over.
  func expire() {
    guard !state.waiting.isEmpty else { return }
    for number in state.waiting {
      guard let partition = partitions[number] else { continue }
      for change in partition.pending where change.deadline <= now {
        recording(.cancelPending(partition.name, kind: change.kind), by: .firmware) {
          withdraw(partition, change)
        }
        guard case .shutdown(let thenForce) = change.subject else {
          note(partition, .changeExpired(change))
          continue
        }
        let seconds = Int(
          clamping: change.deadline.subtractingClamped(change.asked) / 1_000_000_000)
        note(partition, .shutdownTimeExpired(seconds: seconds))
        guard thenForce else { continue }
        recording(.deactivate(partition.name, force: true), by: .firmware) {
          takeDown(partition, because: .deactivated)
        }
      }
    }
  }
}
