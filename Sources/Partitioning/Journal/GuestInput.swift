import Channels

/// What came for a guest from outside and is no action: keys typed at its console.
///
/// It is an input of the machine like an action that was performed, and counted with them; the journal and
/// the event log, which say who had what changed, do not have it.
package struct GuestInput: Sendable, Equatable, Codable {
  /// Its number among the machine's inputs.
  package var number: UInt64
  /// Simulated time since IPL.
  package var time: SimulatedTime
  /// The partition.
  package var partition: String
  /// The keys, as the guest's serial line gets them.
  package var bytes: [UInt8]

  /// Creates an input.
  package init(number: UInt64, time: SimulatedTime, partition: String, bytes: [UInt8]) {
    self.number = number
    self.time = time
    self.partition = partition
    self.bytes = bytes
  }
}

extension GuestInput: Published {
  /// The keys.
  package var heldByteCount: Int { bytes.count }
}
