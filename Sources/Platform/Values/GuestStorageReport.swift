// What a guest's operating system says of its storage.

import Channels

/// How much storage a guest has and can spare, by its own count.
package struct GuestStorageReport: Codable, Equatable, Sendable {
  /// What its operating system counts as its storage, in bytes.
  package var totalByteCount: UInt64
  /// What programs could still get without paging, in bytes (Linux' MemAvailable).
  package var availableByteCount: UInt64
  /// When it said so.
  package var time: SimulatedTime
}
