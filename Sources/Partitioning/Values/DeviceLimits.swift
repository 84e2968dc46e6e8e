/// The most devices that the deck lets a channel subsystem have, from RESOURCE MAXDEV.
package struct DeviceLimits: Sendable, Equatable, Codable {
  /// Channel subsystem.
  package var subsystem: UInt8
  /// Devices by subchannel set, from set 0 on; sets that are not said have none.
  package var counts: [Int]

  /// Creates limits.
  package init(subsystem: UInt8, counts: [Int]) {
    self.subsystem = subsystem
    self.counts = counts
  }
}
