// What comes to a partition and goes from it while it runs, whatever kind of device it is.

import Quantities

/// A device of a partition.
package enum PartitionDevice: Sendable, Equatable {
  /// A disk.
  case disk(DeviceAssignment)
  /// A network adapter.
  case adapter(NetworkAdapterDefinition)

  /// The partition's own number for it.
  package var virtualDevice: UInt16 {
    switch self {
    case .disk(let device): device.virtualDevice
    case .adapter(let adapter): adapter.virtualDevice
    }
  }
}

extension PartitionDefinition {
  /// The device of a number of the partition's own.
  func device(_ number: UInt16) -> PartitionDevice? {
    if let disk = devices.first(where: { $0.virtualDevice == number }) { return .disk(disk) }
    return networkAdapters.first { $0.virtualDevice == number }.map(PartitionDevice.adapter)
  }

  /// How many devices it has that can come and go.
  var deviceCount: Int { devices.count.addingClamped(networkAdapters.count) }
}
