import Channels
import Quantities

/// How long logical processors waited from getting work to running, as counts in classes an eighth of an
/// octave wide.
package struct LatencyDistribution: Sendable, Equatable, Codable {
  /// Classes: 64 octaves of 8.
  static let classCount = 512

  /// How many waits were counted in each class.
  private var counts = [UInt64](repeating: 0, count: LatencyDistribution.classCount)
  /// Waits counted.
  package private(set) var count: UInt64 = 0
  /// The longest, in nanoseconds.
  package private(set) var longest: UInt64 = 0

  /// Counts a wait; allocates nothing.
  mutating func add(_ nanoseconds: UInt64) {
    counts.change(at: LatencyDistribution.index(nanoseconds)) { $0 &+= 1 }
    count &+= 1
    longest = max(longest, nanoseconds)
  }

  /// The time that so many parts of a hundred thousand of the waits did not pass, in nanoseconds; up to
  /// an eighth too long, because of the classes.
  package func percentile(_ parts: UInt64) -> UInt64 {
    let wanted = count.multipliedClamped(by: parts).addingClamped(99_999) / 100_000
    var seen: UInt64 = 0
    for (index, waits) in counts.enumerated() {
      seen.addClamped(waits)
      if seen >= wanted, seen > 0 { return min(LatencyDistribution.limit(index), longest) }
    }
    return longest
  }

  private static func index(_ value: UInt64) -> Int {
    guard value >= 8 else { return Int(truncatingIfNeeded: value) }
    let octave = 63 &- value.leadingZeroBitCount
    return (octave &- 2) &* 8 &+ Int(truncatingIfNeeded: value >> (octave &- 3) & 7)
  }

  /// The greatest value of a class.
  private static func limit(_ index: Int) -> UInt64 {
    let index = UInt64(clamping: index)
    guard index >= 16 else { return index }
    let octave = index / 8 &+ 2
    let base: UInt64 = 1 << octave
    return base &+ (index % 8 &+ 1) << (octave &- 3) &- 1
  }
}

/// Host time that epochs took, by what it was spent on; no part of the history.
package struct HostTime: Sendable {
  /// Guests ran, waits for other threads included.
  package internal(set) var running = Duration.zero
  /// Everything else in epochs: planning and settling.
  package internal(set) var planning = Duration.zero
}
