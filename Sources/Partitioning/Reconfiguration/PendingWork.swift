import Channels
import Platform
import Quantities

// What becomes of pending changes: the guest's answer, the deadline, the operator's cancel, and the
// end of the guest itself.

extension Reconfiguration {
  func signalShutdown(
    _ partition: Partition, within: Int, thenForce: Bool
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    if let earlier = partition.pending.first(where: { $0.kind == .shutdown }) {
      throw .changePending(partition.name, earlier)
    }
    guard partition.status == .operating, partition.signalShutdown() else {
      guard thenForce else { throw .shutdownSignalNotEnabled(partition.name) }
      life.takeDown(partition, because: .deactivated)
      return .done
    }
    hardware.findWork(of: partition)
    let change = PendingChange(
      subject: .shutdown(thenForce: thenForce), online: false, asked: now,
      deadline: hardware.after(seconds: within))
    pending.add(change, to: partition)
    return .pending([change])
  }

  func cancelPending(_ partition: Partition, kind: PendingKind?) throws(ManagementError) {
    let changes = partition.pending.filter { kind == nil || $0.kind == kind }
    guard !changes.isEmpty else { throw .noPendingChange(partition.name) }
    for change in changes {
      let ended = withdraw(change, from: partition)
      if ended.doneByteCount > 0 { journal.note(partition, .changeStopped(ended)) }
    }
  }

  /// The guest accepted a notice.
  ///
  /// - Returns: Whether anything like it was pending.
  func accepted(_ partition: Partition, _ notice: ReconfigurationNotice) -> Bool {
    guard let change = partition.pending.first(where: { $0.notice == notice })
    else { return false }
    complete(change, of: partition) { carryOut(notice, partition) }
    return true
  }

  /// The guest has done its part of a change: the rest of it is done.
  func complete(_ change: PendingChange, of partition: Partition, _ body: () -> Void) {
    journal.recording(change.action(on: partition.name), by: .partition(partition.name)) {
      pending.forget(change, of: partition)
      body()
    }
    journal.note(partition, .changeCompleted(change))
  }

  private func carryOut(_ notice: ReconfigurationNotice, _ partition: Partition) {
    switch notice {
    case .processorOffered(let number): setProcessor(partition, number, online: true)
    case .processorRecalled(let number): setProcessor(partition, number, online: false)
    case .storageOffered(let range):
      partition.offered.subtract(storage.places(of: range))
      partition.computer?.attachStorage(range)
    case .storageRecalled(let range):
      storage.takeAway(Array(storage.places(of: range)), from: partition)
    case .shutdownSignal: break
    }
  }

  /// In a rehearsal: guests do all that is asked of them, as a script that waits for them expects, and
  /// those that were loaded in it take part.
  ///
  /// On a machine with guests it does nothing.
  func agreeToPending() {
    guard hardware.isRehearsal else { return }
    agreeToClosingPaths()
    for partition in partitions {
      if partition.rehearsed.isUnknown {
        partition.rehearsed = GuestAnswers(
          listensToNotices: true, hearsSignals: true,
          takesDevices: partition.rehearsed.takesDevices, hearsOfDevices: true, plugsStorage: true)
      }
      if partition.plugsStorage {
        partition.rehearsed.pluggedByteCount = storage.requestedByteCount(of: partition)
      }
      for change in partition.pending {
        if change.kind == .shutdown {
          life.takeDown(partition, because: .poweredOff)
        } else if case .path(let path) = change.subject {
          finishPath(change, path, of: partition)
        } else if let notice = change.notice {
          _ = accepted(partition, notice)
        } else if change.kind == .device {
          if !change.waitsForLoad { completeDevice(change, of: partition) }
        } else {
          plugged(partition, partition.pluggedByteCount)
        }
      }
    }
  }

  /// The guest refused a notice.
  ///
  /// - Returns: Whether anything like it was pending.
  func refused(_ partition: Partition, _ notice: ReconfigurationNotice) -> Bool {
    guard let change = partition.pending.first(where: { $0.notice == notice })
    else { return false }
    refuse(change, of: partition)
    return true
  }

  /// Withdraws a change; whom an adapter that goes with it is connected to by a channel is told.
  @discardableResult
  func withdraw(_ change: PendingChange, from partition: Partition) -> PendingChange {
    if change.online, case .adapter(let adapter)? = change.device {
      journal.noteDrop(of: adapter.virtualDevice, of: partition)
    }
    return pending.withdraw(change, from: partition)
  }

  /// The guest does not do its part of a change: it is withdrawn.
  func refuse(_ change: PendingChange, of partition: Partition) {
    journal.recording(
      .cancelPending(partition.name, kind: change.kind), by: .partition(partition.name)
    ) { withdraw(change, from: partition) }
    journal.note(partition, .changeRefused(change))
  }

  /// Ends the pending changes whose time is over, and asks again for what guests do not give yet.
  func expire() {
    for partition in pending.waiting {
      askAgain(partition)
      settlePaths(of: partition)
      for change in partition.pending where change.deadline <= now {
        var ended = change
        journal.recording(.cancelPending(partition.name, kind: change.kind), by: .firmware) {
          ended = withdraw(change, from: partition)
        }
        guard case .shutdown(let thenForce) = change.subject else {
          journal.note(
            partition, ended.doneByteCount > 0 ? .changeStopped(ended) : .changeExpired(ended))
          continue
        }
        let seconds = Int(
          clamping: change.deadline.subtractingClamped(change.asked) / 1_000_000_000)
        journal.note(partition, .shutdownTimeExpired(seconds: seconds))
        guard thenForce else { continue }
        journal.recording(.deactivate(partition.name, force: true), by: .firmware) {
          life.takeDown(partition, because: .deactivated)
        }
      }
    }
  }
}
