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
  /// For a disk that the guest has as a SCSI disk, the number in the I/O configuration by which everybody who has it
  /// knows it; nil for a block device.
  package var unitNumber: UInt16?

  /// A device of a number and a size in blocks of 512 bytes.
  package init(
    deviceNumber: UInt16, blockCount: UInt64, isReadOnly: Bool = false, unitNumber: UInt16? = nil
  ) {
    self.deviceNumber = deviceNumber
    self.blockCount = blockCount
    self.isReadOnly = isReadOnly
    self.unitNumber = unitNumber
  }
}
