import Channels
import Foundation
import Partitioning

/// One run of `stress`.
///
/// Owner thread only.
final class StressRun {
  private static let lossLimit = 20

  private let machine: StressMachine
  private let manager: PartitionManager
  private var numbers: SeededNumbers
  private var conservation = Conservation()
  private var losses: [String] = []
  private var steps = 0
  private var performed = 0
  private var refused = 0
  private let began = DispatchTime.now().uptimeNanoseconds

  init(guests: Int, seed: UInt64, threads: Int) throws(HostFailure) {
    machine = StressMachine(guests: guests)
    numbers = SeededNumbers(seed: seed)
    do {
      manager = try PartitionManager(
        machine.definition(seed: seed), options: ManagerOptions(threads: threads, pace: .fast))
    } catch {
      throw HostFailure(subject: "stress", reason: "\(error)")
    }
  }

  /// Activates the guests and changes them until the time is over, or too much is lost.
  ///
  /// - Parameters:
  ///   - duration: Simulated nanoseconds.
  ///   - progress: Takes a line about once a second.
  /// - Returns: What was lost.
  func run(for duration: UInt64, progress: (String) -> Void) -> [String] {
    for guest in machine.guests { perform(.activate(guest.name, load: true)) }
    if refused > 0 { losses.append("\(refused) guests could not be activated") }
    check()
    var told: UInt64 = 0
    while manager.now < duration, losses.count < StressRun.lossLimit {
      perform(change())
      manager.runEpochs(until: manager.now + UInt64(numbers.draw(1...20)) * 1_000_000)
      check()
      steps += 1
      let seconds = (DispatchTime.now().uptimeNanoseconds - began) / 1_000_000_000
      if seconds > told {
        told = seconds
        progress(
          "stress: \(text(manager.now)) of \(text(duration)) s simulated, \(steps) steps,"
            + " \(losses.count) losses")
      }
    }
    return losses
  }

  /// The outcome, for the reader.
  var report: [String] {
    let wall = DispatchTime.now().uptimeNanoseconds - began
    let machineView = manager.machineView
    let digest = String(machineView.digest, radix: 16, uppercase: true)
    return losses + [
      "stress: \(machine.guests.count) guests, \(text(manager.now)) s simulated in \(text(wall)) s",
      "stress: \(steps) steps: \(performed) changes performed, \(refused) refused",
      "stress: \(losses.isEmpty ? "nothing lost" : "\(losses.count) losses"), digest \(digest)",
    ]
  }

  // MARK: Changes

  private func change() -> ManagementAction {
    let guest = machine.guests[numbers.draw(0...machine.guests.count - 1)]
    let name = guest.name
    guard manager.partitionView(name)?.isActive == true else {
      return .activate(name, load: true)
    }
    switch numbers.draw(0...6) {
    case 0: return .setWeight(name, type: nil, weight: numbers.draw(1...999))
    case 1:
      let hundredths = numbers.draw(0...3) == 0 ? nil : numbers.draw(1...300)
      return .setCap(name, type: nil, .absolute(hundredths: hundredths))
    case 2: return .setCap(name, type: nil, .ownShare(numbers.draw(0...1) == 1))
    case 3:
      return .configureProcessor(
        name, processor: numbers.draw(1...2), online: numbers.draw(0...1) == 1,
        insistence: .polite, within: 1)
    case 4:
      return .configureStorage(
        name, byteCount: 16 << 20, online: numbers.draw(0...1) == 1, insistence: .polite,
        within: 1)
    case 5 where guest.kind == .ioDriver:
      let path = StressMachine.paths[numbers.draw(0...1)]
      return .configurePath(name, path: path, online: numbers.draw(0...1) == 1, insistence: .polite)
    default: return .deactivate(name, force: true)
    }
  }

  private func perform(_ action: ManagementAction) {
    if case .deactivate(let name, _) = action, let view = manager.partitionView(name) {
      conservation.retire(view)
    }
    do throws(ManagementError) {
      try manager.perform(action)
      performed += 1
    } catch {
      refused += 1
    }
  }

  // MARK: Checks

  private func check() {
    for event in manager.takeEvents() {
      switch event.kind {
      case .disabledWait, .tripleFault, .unimplemented, .unassigned, .poweredOff:
        lose("\(event.partition ?? "?"): \(event.kind)")
      case .console, .activated, .loaded, .deactivated, .restarted, .changeCompleted,
        .changeRefused, .changeExpired, .shutdownTimeExpired, .commandReply, .requestsWait,
        .hostStorageUsedUp,
        .clockRead:
        break
      }
    }
    for loss in conservation.losses(of: manager) { lose(loss) }
  }

  private func lose(_ text: String) {
    losses.append("step \(steps), \(self.text(manager.now)) s: \(text)")
  }

  /// Nanoseconds as seconds with three places.
  private func text(_ nanoseconds: UInt64) -> String {
    let thousandths = String(nanoseconds / 1_000_000 % 1000)
    return "\(nanoseconds / 1_000_000_000)."
      + String(repeating: "0", count: 3 - thousandths.count) + thousandths
  }
}
