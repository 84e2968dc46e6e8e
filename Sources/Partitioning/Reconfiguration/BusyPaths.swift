import Channels
import Quantities

// Paths that are to go off line while requests are under way there: for one partition (CONFIG CHP), or for the
// whole machine (VARY CHPID). The rule is one, and z/OS's for CONFIG CHP: nothing begins there any more, and the
// change is pending until the last request has ended; what is busy is told, and later the operator is to decide.

extension Reconfiguration {
  /// When the operator is told which devices are busy, and when he is to decide (z/OS: CONFIG CHP).
  private static let busyTimes: (told: SimulatedTime, decision: SimulatedTime) = (
    15_000_000_000, 150_000_000_000
  )

  /// Has a path go off line for a partition when what is under way there has ended.
  func quiesce(_ path: UInt8, of partition: Partition) -> PendingChange {
    let change = goingOff(path)
    pending.add(change, to: partition)
    return change
  }

  /// Has a path go off line for the whole machine when what is under way there has ended.
  func close(_ path: UInt8) -> PendingChange {
    let change = goingOff(path)
    pending.state.closing.append(change)
    return change
  }

  private func goingOff(_ path: UInt8) -> PendingChange {
    var change = PendingChange(
      subject: .path(path), online: false, asked: now, deadline: PendingChange.never)
    change.nextAsking = now.addingClamped(Self.busyTimes.told)
    return change
  }

  /// Takes the paths of a partition off line of which the last request has ended, and tells of those that are busy.
  func settlePaths(of partition: Partition) {
    for change in partition.pending {
      guard case .path(let path) = change.subject else { continue }
      let devices = channels.busyDevices(onPath: path, of: partition.number)
      guard !devices.isEmpty else {
        finishPath(change, path, of: partition)
        continue
      }
      guard let later = tell(change, path, [(partition: partition.number, devices: devices)])
      else { continue }
      pending.replace(change, by: later, of: partition)
    }
  }

  /// As `settlePaths(of:)`, of the whole machine.
  func settleClosingPaths() {
    finishClosingPaths()
    for change in pending.state.closing {
      // To whom it is told is asked when it is time to.
      guard case .path(let path) = change.subject, let time = change.nextAsking, time <= now
      else { continue }
      if let later = tell(change, path, channels.busyDevices(onPath: path)) {
        pending.state.closing = pending.state.closing.map { $0 == change ? later : $0 }
      }
    }
  }

  /// Takes the paths off line for the whole machine of which the last request has ended.
  private func finishClosingPaths() {
    for change in pending.state.closing {
      guard case .path(let path) = change.subject, !channels.isBusy(path: path) else { continue }
      finishPath(change, path)
    }
  }

  /// Does what follows from an action at once: what the next one finds must not depend on whether somebody looked
  /// at the machine between the two.
  func settleAfterAction() {
    finishClosingPaths()
    forgetLoads()
  }

  /// Tells which devices are busy, when it is time to.
  ///
  /// - Returns: The change as it goes on; nil when it is too early.
  private func tell(
    _ change: PendingChange, _ path: UInt8, _ busy: [(partition: Int, devices: [UInt16])]
  ) -> PendingChange? {
    guard let time = change.nextAsking, time <= now else { return nil }
    let decision = change.asked.addingClamped(Self.busyTimes.decision)
    for use in busy {
      journal.note(
        partitions[use.partition],
        .pathBusy(path: path, devices: use.devices, isLong: now >= decision))
    }
    var later = change
    later.nextAsking = now < decision ? decision : nil
    return later
  }

  /// Takes a path off line that a partition has pending.
  func finishPath(_ change: PendingChange, _ path: UInt8, of partition: Partition) {
    journal.recording(change.action(on: partition.name), by: .firmware) {
      pending.forget(change, of: partition)
      setPath(path, of: partition, online: false)
    }
    journal.note(partition, .changeCompleted(change))
  }

  /// Takes a path off line that is pending for the whole machine.
  private func finishPath(_ change: PendingChange, _ path: UInt8) {
    journal.recording(.varyPath(path, online: false, insistence: .polite), by: .firmware) {
      pending.state.closing.removeAll { $0 == change }
      channels.vary(path: path, online: false, at: now)
    }
    journal.note(nil, .changeCompleted(change))
  }

  /// In a rehearsal: what is under way ends.
  func agreeToClosingPaths() {
    for change in pending.state.closing {
      if case .path(let path) = change.subject { finishPath(change, path) }
    }
  }
}
