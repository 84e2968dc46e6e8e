// A block device of a partition: one that its computer is built with, or is given while it runs.

import Quantities

/// A block device that a partition may use.
package struct BlockDeviceConfiguration: Codable, Equatable, Sendable {
  /// The device's number in the I/O configuration.
  package var deviceNumber: UInt16
  /// Size, in blocks of 512 bytes.
  package var blockCount: UInt64
  /// Whether it can only be read.
  @Added package var isReadOnly = false

  /// A device of a number and a size in blocks of 512 bytes.
  package init(deviceNumber: UInt16, blockCount: UInt64, isReadOnly: Bool = false) {
    self.deviceNumber = deviceNumber
    self.blockCount = blockCount
    self.isReadOnly = isReadOnly
  }
}
