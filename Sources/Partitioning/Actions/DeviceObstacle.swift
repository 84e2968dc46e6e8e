/// What stands between a partition and a device.
package enum DeviceObstacle: Equatable, Sendable, Codable {
  /// No channel path of the partition leads to it, or it is in no candidate list.
  case unreachable
  /// No *.media statement says what holds its blocks.
  case withoutMedium
  /// Its file is not what it was; `reason` says how.
  case file(reason: String)
  /// The partition has as many devices as it can have.
  case noPlace(limit: Int)
}
