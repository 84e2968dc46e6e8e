// A block device of a partition, as its computer is built with it.

/// A block device that a partition may use.
package struct BlockDeviceConfiguration: Codable, Equatable, Sendable {
  /// The device's number in the I/O configuration.
  package var deviceNumber: UInt16
  /// Size, in blocks of 512 bytes.
  package var blockCount: UInt64

  /// A device of a number and a size in blocks of 512 bytes.
  package init(deviceNumber: UInt16, blockCount: UInt64) {
    self.deviceNumber = deviceNumber
    self.blockCount = blockCount
  }
}
