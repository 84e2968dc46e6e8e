import Channels
import ControlProgram
import Partitioning
import Quantities
import Records

// What somebody outside asked of a machine after a checkpoint, performed again at the same instants: the
// machine comes to where it was, bit for bit. What it does by itself, and what guests have CP do, follows.

/// How a replay ended.
enum ReplayOutcome {
  /// The machine is where it was.
  case done(inputCount: Int)
  /// An input was refused that had been performed.
  case refused(ChangeRecord, ManagementError)
  /// An input was performed that had been refused after a part of it.
  case notRefused(ChangeRecord)
  /// Keys could not be typed that had been, or a frame not be let in.
  case notTaken(OutsideInput, reason: String)
  /// Something came otherwise than it was recorded.
  case differs(ReplayDifference)
}

/// Performs a history again.
struct Replay {
  /// Simulated time after which what is told is taken from the firmware, which keeps so much and no more.
  private static let turn: SimulatedTime = 100_000_000

  private let manager: PartitionManager
  private let history: LaterHistory
  private let end: SimulatedTime
  /// Takes what is told on the way.
  private let collect: () -> Void
  private var comparison: ReplayComparison
  private var position = ReaderPosition()

  /// What came and goes beyond the records.
  var beyond: [ChangeRecord] { comparison.beyond }

  /// - Parameters:
  ///   - history: What is performed again.
  ///   - end: Where the machine is left.
  ///   - manager: The machine, at the checkpoint.
  ///   - collect: Takes what the machine tells on the way.
  init(
    _ history: LaterHistory, until end: SimulatedTime, on manager: PartitionManager,
    collect: @escaping () -> Void
  ) {
    self.manager = manager
    self.history = history
    self.end = end
    self.collect = collect
    comparison = ReplayComparison(history)
  }

  /// Performs it.
  ///
  /// - Returns: How it ended; what came after an input that was refused was not performed.
  mutating func perform() -> ReplayOutcome {
    let pace = manager.pacer.pace
    manager.pacer.set(.fast)
    defer { manager.pacer.set(pace) }
    var outside = history.outside[...]
    for input in history.inputs {
      let before = outside.prefix { $0.number < input.input ?? 0 }
      outside = outside.dropFirst(max(0, before.count))
      if let failure = take(before) { return failure }
      pass(until: input.time)
      do throws(ManagementError) {
        try manager.perform(input.action, by: input.author)
        guard input.refusal == nil else { return .notRefused(input) }
      } catch {
        guard input.refusal == error else { return .refused(input, error) }
      }
    }
    if let failure = take(outside) { return failure }
    pass(until: end)
    take()
    return comparison.result.map { .differs($0) } ?? .done(inputCount: history.inputs.count)
  }

  private mutating func take(_ inputs: ArraySlice<OutsideInput>) -> ReplayOutcome? {
    for input in inputs {
      pass(until: input.time)
      do throws(ManagementError) {
        switch input {
        // Who typed had the right then; the records do not say who it was.
        case .keys(let keys): try manager.type(keys.bytes, at: keys.partition, by: .firmware)
        case .frame(let frame):
          guard manager.receive(frame.bytes, atUplinkOf: frame.switchName) else {
            return .notTaken(input, reason: "no uplink that has room for it")
          }
        }
      } catch {
        return .notTaken(input, reason: CommandMessage(error).text)
      }
    }
    return nil
  }

  private mutating func pass(until instant: SimulatedTime) {
    while manager.now < instant {
      let before = manager.now
      manager.runEpochs(until: min(instant, before.addingClamped(Self.turn)))
      take()
      // A machine that has ended has no time.
      guard manager.now > before else { return }
    }
  }

  private mutating func take() {
    comparison.take(manager.changes(since: &position).elements)
    collect()
  }
}
