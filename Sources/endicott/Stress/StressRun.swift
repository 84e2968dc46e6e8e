import Channels
import Foundation
import Partitioning
import Quantities
import X86

/// One run of `stress`.
///
/// Owner thread only.
final class StressRun {
  private static let lossLimit = 20
  /// Steps between two reports.
  private static let reportSteps = 100

  private let machine: StressMachine
  private let manager: PartitionManager
  private var changes: StressChanges
  private var numbers: SeededNumbers
  private var log = EventLogCheck()
  private var conservation = Conservation()
  private var losses: [String] = []
  /// Guests that may go wrong: interrupted by RESTART, which our programs answer with a disabled wait,
  /// or robbed by FORCE of what they use.
  private var upset: Set<String> = []
  /// What of each kind was read.
  private var positions = (
    events: ReaderPosition(), changes: ReaderPosition(), accounting: ReaderPosition()
  )
  private var steps = 0
  private var performed = 0
  private var refused = 0
  private let began = DispatchTime.now().uptimeNanoseconds

  init(
    guests: Int, seed: UInt64, threads: Int, caches: CachePolicy = .ordinary,
    engine: ExecutionEngine = .standard
  ) throws(HostFailure) {
    machine = StressMachine(guests: guests)
    numbers = SeededNumbers(seed: seed)
    changes = StressChanges(machine: machine, numbers: SeededNumbers(seed: ~seed))
    do {
      manager = try PartitionManager(
        machine.definition(seed: seed),
        options: ManagerOptions(threads: threads, pace: .fast, caches: caches, engine: engine))
    } catch {
      throw HostFailure(subject: "stress", reason: "\(error)")
    }
  }

  /// Activates the guests and changes them until the time is over, or too much is lost.
  ///
  /// - Parameters:
  ///   - duration: Simulated nanoseconds that it lasts at least.
  ///   - least: Changes that it makes at least.
  ///   - progress: Takes a line about once a second.
  /// - Returns: What was lost.
  func run(for duration: UInt64, steps least: Int, progress: (String) -> Void) -> [String] {
    for guest in machine.guests { perform(.activate(guest.name, load: true)) }
    if refused > 0 { losses.append("\(refused) guests could not be activated") }
    check()
    var told: UInt64 = 0
    while manager.now < duration || steps < least, losses.count < StressRun.lossLimit {
      perform(changes.next { manager.partitionView($0)?.isActive == true })
      manager.runEpochs(
        until: manager.now.addingClamped(numbers.count(1...20).multipliedClamped(by: 1_000_000)))
      check()
      steps &+= 1
      let seconds = DispatchTime.now().uptimeNanoseconds.subtractingClamped(began) / 1_000_000_000
      if seconds > told {
        told = seconds
        progress(
          "stress: \(text(manager.now)) of \(text(duration)) s simulated, \(steps) steps,"
            + " \(losses.count) losses")
      }
    }
    for name in manager.partitionNames {
      guard let view = manager.partitionView(name) else { continue }
      for wrong in log.differences(from: view) { lose(wrong) }
    }
    return losses
  }

  /// Provokes every refusal on a small machine.
  func provokeRefusals() throws(HostFailure) {
    losses += try RefusalCheck.losses()
  }

  /// The outcome, for the reader.
  var report: [String] {
    let wall = DispatchTime.now().uptimeNanoseconds.subtractingClamped(began)
    let machineView = manager.machineView
    let digest = hexDigits(machineView.digest)
    return losses + [
      "stress: \(Provocation.all.count) refusals provoked on a small machine",
      "stress: \(machine.guests.count) guests, \(text(manager.now)) s simulated in \(text(wall)) s",
      "stress: \(steps) steps: \(performed) changes performed, \(refused) refused",
      "stress: \(log.count) entries in the event log, \(log.refusals.count) kinds of refusal",
      "stress: \(losses.isEmpty ? "nothing lost" : "\(losses.count) losses"), digest \(digest)",
    ]
  }

  // MARK: Changes

  private func perform(_ action: ManagementAction) {
    do throws(ManagementError) {
      try manager.perform(action)
      performed &+= 1
      follow(action)
    } catch {
      refused &+= 1
    }
  }

  private func follow(_ action: ManagementAction) {
    switch action {
    case .restart(let name): upset.insert(name)
    case .configureStorage(let name, _, false, let insistence, _),
      .configureProcessor(let name, _, false, let insistence, _):
      if insistence > .polite { upset.insert(name) }
    case .detachDevice(let name, 0x100, force: true, _): upset.insert(name)
    case .load(let name, _, _, true, _), .activate(let name, _, _, _), .resetClear(let name, _):
      upset.remove(name)
    default: break
    }
  }

  // MARK: Checks

  private func check() {
    for event in manager.events(since: &positions.events).elements
    where !upset.contains(event.partition ?? "") {
      switch event.kind {
      case .disabledWait, .tripleFault, .unimplemented, .unassigned:
        lose("\(event.partition ?? "?"): \(event.kind)")
      case .console, .activated, .poweredOff, .loaded, .deactivated, .restarted, .changeCompleted,
        .changeRefused, .changeExpired, .changeStopped, .storageKept, .storageGivenBack,
        .shutdownTimeExpired, .commandReply, .requestsWait, .missingInterrupt, .pathBusy,
        .pathMoved,
        .hostStorageUsedUp, .restartHeld, .restartFailed, .deviceGivenBack, .adapterGivenBack,
        .deviceNotAttached, .linkNotGiven, .linkReadOnly, .adapterNotDefined,
        .adapterNotConnected, .channelCoupled, .channelDropped,
        .processorGivenBack, .processorKept, .clockRead, .machineShutDown, .partitionsDeleted:
        break
      }
    }
    conservation.account(manager.accounting(since: &positions.accounting).elements)
    for wrong in log.read(manager.changes(since: &positions.changes).elements) { lose(wrong) }
    for loss in conservation.losses(of: manager, besides: upset) { lose(loss) }
    if steps % StressRun.reportSteps == 0, let loss = conservation.report(on: manager) {
      lose(loss)
    }
  }

  private func lose(_ text: String) {
    losses.append("step \(steps), \(self.text(manager.now)) s: \(text)")
  }

  /// Nanoseconds as seconds with three places.
  private func text(_ nanoseconds: UInt64) -> String {
    fixedPointText(nanoseconds / 1_000_000, places: 3, padded: true)
  }
}
