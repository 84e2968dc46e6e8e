/// What one channel path did.
package struct PathMeasurement: Equatable, Sendable, Codable {
  /// Requests whose data it moved.
  package var requestCount: UInt64 = 0
  /// Time it was busy.
  package var busyNanoseconds: UInt64 = 0
  /// Bytes it moved.
  package var byteCount: UInt64 = 0

  /// Creates counters at zero.
  package init() {}
}

/// What one subchannel did: times as RMF's device report defines them (`prsm.md` 3.5).
package struct SubchannelMeasurement: Equatable, Sendable, Codable {
  /// Requests that ended.
  package var requestCount: UInt64 = 0
  /// From start to acceptance by the device: queue for device and path.
  package var pendNanoseconds: UInt64 = 0
  /// The device worked, or waited for a path to reconnect.
  package var disconnectNanoseconds: UInt64 = 0
  /// Data moved over a path.
  package var connectNanoseconds: UInt64 = 0
  /// Bytes moved.
  package var byteCount: UInt64 = 0

  /// Creates counters at zero.
  package init() {}
}
