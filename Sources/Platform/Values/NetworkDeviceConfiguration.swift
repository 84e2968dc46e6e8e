// A network device of a partition, as its computer is built with it.

import Channels

/// A network device that a partition may use.
package struct NetworkDeviceConfiguration: Codable, Equatable, Sendable {
  /// The partition's number for the adapter.
  package var deviceNumber: UInt16
  /// The adapter's address.
  package var address: AdapterAddress
  /// Most bytes of a frame's payload (MTU).
  package var unitByteCount: UInt16

  /// A device of a number, an address and a greatest payload in bytes.
  package init(deviceNumber: UInt16, address: AdapterAddress, unitByteCount: UInt16 = 1500) {
    self.deviceNumber = deviceNumber
    self.address = address
    self.unitByteCount = unitByteCount
  }
}
