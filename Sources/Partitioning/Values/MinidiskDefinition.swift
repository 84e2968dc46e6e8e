// Minidisks: parts of devices that the directory gives to partitions as disks of their own (CP: MDISK).

import Channels
import Quantities

/// Where a minidisk lies: on which device, and from where to where in the units of its type.
package struct MinidiskPlace: Sendable, Equatable, Codable {
  /// The device that it is on.
  package enum Volume: Sendable, Equatable, Codable {
    /// The device whose volume has this label.
    case label(String)
    /// The device of this number, all of it (CP: DEVNO).
    case device(UInt16)

    /// The label, or the device's number.
    package var text: String {
      switch self {
      case .label(let label): label
      case .device(let number): DeviceNumbers.text(number)
      }
    }
  }

  /// The device that it is on.
  package var volume: Volume
  /// Its first block or cylinder.
  package var start: UInt64
  /// How many it has; nil for all up to the end of the device.
  package var count: UInt64?

  /// Creates a place.
  package init(volume: Volume, start: UInt64 = 0, count: UInt64? = nil) {
    self.volume = volume
    self.start = start
    self.count = count
  }
}

/// A minidisk of a partition, as its directory entry says it.
package struct MinidiskDefinition: Sendable, Equatable, Codable {
  /// Types of devices and the blocks of 512 bytes in their units: blocks of FBA devices, and cylinders of
  /// others as they come to when they are formatted in blocks of 4 KiB, 15 tracks of 12 or of 10.
  package static let units: [String: UInt64] = [  // Cannot trap: no type is there twice.
    "FB-512": 1, "FBA": 1, "9336": 1, "3370": 1, "3390": 1440, "3380": 1200,
  ]

  /// The number the partition knows it by.
  package var virtualDevice: UInt16
  /// Type of its device, one of `units`.
  package var type: String
  /// Where it lies.
  package var place: MinidiskPlace
  /// How the partition itself is linked to it when it is activated.
  package var mode: LinkMode
  /// Passwords for links of others: to read, to write, to write beside others.
  package var passwords: [String]

  /// Creates a minidisk.
  package init(
    virtualDevice: UInt16, type: String, place: MinidiskPlace, mode: LinkMode = .write,
    passwords: [String] = []
  ) {
    self.virtualDevice = virtualDevice
    self.type = type
    self.place = place
    self.mode = mode
    self.passwords = passwords
  }

  /// The password that a link in some mode needs; `ALL` for none.
  package func password(for mode: LinkMode) -> String? { passwords.element(at: mode.passwordPlace) }

  /// Whether its type counts in cylinders.
  private var hasCylinders: Bool { (Self.units[type] ?? 1) > 1 }

  /// Its type as CP shows it: of fixed blocks, whatever the device is, 9336.
  package var shownType: String { hasCylinders ? type : "9336" }

  /// So many blocks in the units of its type, as CP shows them: `100 CYL`, `1000 BLK`.
  package func units(_ blockCount: UInt64) -> String {
    let unit = max(1, Self.units[type] ?? 1)
    return "\(blockCount / unit) " + (hasCylinders ? "CYL" : "BLK")
  }

  /// The blocks that it has of a device with so many; nil when not all of them are there.
  package func extent(of blockCount: UInt64) -> BlockExtent? {
    let unit = Self.units[type] ?? 1
    guard let first = place.start.multiplied(by: unit) else { return nil }
    let rest = blockCount.subtractingClamped(first)
    guard let count = place.count.map({ $0.multiplied(by: unit) }) ?? rest else { return nil }
    let extent = BlockExtent(first: first, count: count)
    return extent.fits(blockCount) ? extent : nil
  }
}

extension IOConfiguration {
  /// The device that a minidisk is on.
  package func device(of minidisk: MinidiskDefinition) -> DeviceDefinition? {
    device(of: minidisk.place.volume)
  }

  /// The device that a volume is.
  func device(of volume: MinidiskPlace.Volume) -> DeviceDefinition? {
    switch volume {
    case .label(let label): devices.first { $0.volume == label }
    case .device(let number): device(number)
    }
  }
}
