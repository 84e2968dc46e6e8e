import Channels
import Quantities

/// How long a guest waits that loads itself again and again.
///
/// A load costs the host far more than what leads to it. Two in a row are as fast as on a real machine;
/// of those that come within a second of simulated time after the guest last began, each further one
/// waits twice as long as the one before it.
struct RestartPace: Equatable, Sendable, Codable {
  /// A guest that ran so long begins anew, in nanoseconds.
  static let quietTime: SimulatedTime = 1_000_000_000
  /// Loads in a row that do not wait.
  static let freeCount = 2
  /// What the first of them waits that waits, in nanoseconds.
  static let firstDelay: SimulatedTime = 10_000_000
  /// The longest wait, in nanoseconds.
  static let longestDelay: SimulatedTime = 10_000_000_000

  /// Loads in a row that came too soon.
  private(set) var count = 0
  /// When the guest last began to run, or will.
  private var began: SimulatedTime = 0

  /// An operator or a profile had the guest loaded: it begins at once.
  mutating func begin(at time: SimulatedTime) {
    count = 0
    began = time
  }

  /// The guest loads itself again; returns when it begins.
  mutating func beginAgain(at time: SimulatedTime) -> SimulatedTime {
    count =
      time.subtractingClamped(began) >= Self.quietTime ? 0 : count.addingClamped(1)
    let doublings = count.subtractingClamped(Self.freeCount).subtractingClamped(1)
    let delay =
      doublings < 0
      ? 0 : min(Self.firstDelay << SimulatedTime(min(doublings, 16)), Self.longestDelay)
    began = time.addingClamped(delay)
    return began
  }
}
