/// What stands between a partition and a minidisk.
package enum LinkObstacle: Equatable, Sendable, Codable {
  /// The owner's entry has no such minidisk.
  case notInDirectory
  /// No device has the volume, it is not ready or off line, or a partition has the device as a whole.
  case notMounted(MinidiskPlace.Volume)
  /// Not all of its blocks are on the volume.
  case beyondVolume(MinidiskPlace.Volume)
  /// The partition has a device of this number.
  case numberTaken(UInt16)
  /// The partition has as many devices as it can have.
  case noPlace(limit: Int)
  /// Others have it in a way that the mode does not go beside.
  case inUse(readers: [String], writers: [String])
}
