import Channels
import Quantities

/// Whose turn it is among a partition's placed processors: the one with the least time, ties by number.
///
/// A turn is found by one pass over a few words, so that idle processors cost next to nothing.
struct TurnOrder {
  /// A processor's turn.
  struct Turn {
    /// The processor.
    var processor: Int
    /// When the next one's turn is; `.max` when no other has anything to do in this phase.
    var next: SimulatedTime
  }

  /// When each processor goes on; `.max` when it has nothing to do in this phase.
  private var times: Numbered<SimulatedTime>
  /// The processors that execute or spin; the others only wait for their own timers.
  private var contenders = ProcessorSet()

  /// An order of `count` processors that have nothing to do.
  init(count: Int) {
    times = Numbered(repeating: .max, count: count)
  }

  /// Says when a processor goes on, nil when not in this phase, and whether it executes or spins.
  mutating func set(_ processor: Int, _ time: SimulatedTime?, isContending: Bool = false) {
    times[processor] = time ?? .max
    if isContending { contenders.insert(processor) } else { contenders.remove(processor) }
  }

  /// Whether a processor executes or spins.
  func isContending(_ processor: Int) -> Bool { contenders.contains(processor) }

  /// Whether another processor than this one executes or spins.
  func hasCompany(_ processor: Int) -> Bool { contenders.hasOther(than: processor) }

  /// The next turn; nil when nobody has anything to do in this phase.
  func next() -> Turn? {
    var turn = Turn(processor: -1, next: .max)
    var least = SimulatedTime.max
    for processor in times.indices {
      let time = times[processor]
      if time < least {
        turn.next = least
        least = time
        turn.processor = processor
      } else if time < turn.next {
        turn.next = time
      }
    }
    return turn.processor < 0 ? nil : turn
  }
}
