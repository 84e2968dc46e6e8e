import Channels

/// A frame that came in from outside by a switch's uplink.
///
/// It is an input of the machine as keys typed at a guest's console are, and counted with them.
package struct UplinkInput: Sendable, Equatable, Codable {
  /// Its number among the machine's inputs.
  package var number: UInt64
  /// Simulated time since IPL.
  package var time: SimulatedTime
  /// The switch.
  package var switchName: String
  /// The frame.
  package var bytes: [UInt8]

  /// Creates an input.
  package init(number: UInt64, time: SimulatedTime, switchName: String, bytes: [UInt8]) {
    self.number = number
    self.time = time
    self.switchName = switchName
    self.bytes = bytes
  }
}

extension UplinkInput: Published {
  /// The frame.
  package var heldByteCount: Int { bytes.count }
}
