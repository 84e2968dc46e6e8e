// What comes to a partition and goes from it while it runs, whatever kind of device it is.

import Quantities

/// A device of a partition.
package enum PartitionDevice: Sendable, Equatable {
  /// A disk of its own.
  case disk(DeviceAssignment)
  /// A minidisk.
  case link(MinidiskLink)
  /// A network adapter, or an end of a channel.
  case adapter(NetworkAdapterDefinition)

  /// The partition's own number for it.
  package var virtualDevice: UInt16 {
    switch self {
    case .disk(let device): device.virtualDevice
    case .link(let link): link.virtualDevice
    case .adapter(let adapter): adapter.virtualDevice
    }
  }
}

extension PartitionDefinition {
  /// The device of a number of the partition's own.
  func device(_ number: UInt16) -> PartitionDevice? {
    if let disk = devices.first(where: { $0.virtualDevice == number }) { return .disk(disk) }
    if let link = links.first(where: { $0.virtualDevice == number }) { return .link(link) }
    return networkAdapters.first { $0.virtualDevice == number }.map(PartitionDevice.adapter)
  }

  /// How many devices it has that can come and go.
  package var deviceCount: Int {
    devices.count.addingClamped(links.count).addingClamped(networkAdapters.count)
  }
}
