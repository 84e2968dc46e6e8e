import Channels

/// A place in the history of a start.
package struct RecordsPosition: Sendable, Equatable, Codable {
  /// The number of the start.
  package var start: Int64
  /// Simulated time there.
  package var time: SimulatedTime
  /// The number of the machine's last input there; 0 before the first.
  package var input: UInt64

  /// A place.
  package init(start: Int64, time: SimulatedTime, input: UInt64) {
    self.start = start
    self.time = time
    self.input = input
  }
}
