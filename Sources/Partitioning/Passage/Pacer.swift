import Channels
import Dispatch
import Foundation
import Quantities

/// Keeps simulated time from running ahead of the wall clock.
///
/// It sleeps; no state depends on it.
///
/// A lag beyond 100 ms is forgiven: time goes on from there at the pace asked for, without a sprint.
package final class Pacer {
  /// What is asked for.
  package private(set) var pace: Pace
  /// Whether something outside answers in its own time: then FAST is no faster than the wall clock.
  package var hasOutside = false { didSet { if hasOutside != oldValue { isStarted = false } } }
  private var wallOrigin: UInt64 = 0
  private var simulatedOrigin: SimulatedTime = 0
  private var isStarted = false
  private var sampleWall: UInt64 = 0
  private var sampleSimulated: SimulatedTime = 0
  /// Simulated seconds in a second of the wall clock, over the last second or so.
  package private(set) var achieved: Double?

  private static let forgiven: Int64 = 100_000_000
  /// Sleeping costs a switch: time may fall behind by this much before it is made up.
  private static let grain: UInt64 = 1_000_000

  /// The wall clock in nanoseconds since some origin; never goes back.
  private let clock: () -> UInt64

  /// Creates a pacer that starts with the first epoch.
  package init(
    _ pace: Pace, clock: @escaping () -> UInt64 = { DispatchTime.now().uptimeNanoseconds }
  ) {
    self.pace = pace
    self.clock = clock
  }

  /// Changes the pace from this instant on.
  package func set(_ pace: Pace) {
    self.pace = pace
    isStarted = false
  }

  private var factor: UInt64 {
    switch pace {
    case .real: 1
    case .fast: hasOutside ? 1 : 0
    case .stopped: 0
    case .factor(let factor): UInt64(max(factor, 1))
    }
  }

  /// Begins to count from here: the machine stood still while an operator thought.
  package func restart(at simulated: SimulatedTime) {
    wallOrigin = clock()
    simulatedOrigin = simulated
    isStarted = true
  }

  /// How long simulated time must wait before it may reach `simulated`, in nanoseconds.
  package func delay(until simulated: SimulatedTime) -> UInt64 {
    guard factor > 0 else { return 0 }
    if !isStarted { restart(at: simulated) }
    let wall = clock()
    let due = wallOrigin &+ simulated.subtractingClamped(simulatedOrigin) / max(1, factor)
    let lag = Int64(bitPattern: wall &- due)
    if lag > Pacer.forgiven { wallOrigin &+= UInt64(clamping: lag &- Pacer.forgiven) }
    return lag < 0 ? lag.magnitude : 0
  }

  /// Sleeps until simulated time may reach `simulated`.
  func hold(until simulated: SimulatedTime) {
    let delay = delay(until: simulated)
    if delay > 0 { Thread.sleep(forTimeInterval: Double(delay.addingClamped(Pacer.grain)) / 1e9) }
  }

  /// Notes how far simulated time has come, for the achieved pace.
  func note(_ simulated: SimulatedTime) {
    let wall = clock()
    if sampleWall == 0 || simulated < sampleSimulated {
      (sampleWall, sampleSimulated) = (wall, simulated)
    } else if wall &- sampleWall > 500_000_000 {
      achieved = Double(simulated - sampleSimulated) / Double(wall &- sampleWall)
      (sampleWall, sampleSimulated) = (wall, simulated)
    }
  }
}

extension Pacer: StateHolder {
  package static var roles: PropertyRoles {
    PropertyRoles(
      state: [],
      // How time follows the wall clock is the host's.
      wiring: ["pace", "clock", "hasOutside"],
      caches: [
        "wallOrigin", "simulatedOrigin", "isStarted", "sampleWall", "sampleSimulated", "achieved",
      ])
  }
}
