import Channels
import Quantities

/// The I/O configuration: channel paths, control units, devices, and their media.
package struct IOConfiguration: Sendable, Equatable, Codable {
  /// The deck's own description, from `ID MSG1`.
  package var description: String
  /// Partitions that have I/O, with channel subsystem and image, from `RESOURCE`.
  package var images: [ImageDefinition]
  /// The most devices of the channel subsystems that say so, from `RESOURCE MAXDEV`.
  package var deviceLimits: [DeviceLimits]
  /// Channel paths, ascending by channel subsystem and number.
  package var paths: [ChannelPathDefinition]
  /// Control units, ascending by number.
  package var controlUnits: [ControlUnitDefinition]
  /// Devices, ascending by number; a range in the deck is one entry a device.
  package var devices: [DeviceDefinition]

  /// Creates a configuration.
  package init(
    description: String = "", images: [ImageDefinition] = [],
    deviceLimits: [DeviceLimits] = [], paths: [ChannelPathDefinition] = [],
    controlUnits: [ControlUnitDefinition] = [],
    devices: [DeviceDefinition] = []
  ) {
    self.description = description
    self.images = images
    self.deviceLimits = deviceLimits
    self.paths = paths
    self.controlUnits = controlUnits
    self.devices = devices
  }

  /// The devices that a channel subsystem has a path to, in the order of their numbers.
  package func devices(inSubsystem subsystem: UInt8) -> [DeviceDefinition] {
    let units = Set(
      controlUnits.filter { $0.paths.contains { $0.subsystem == subsystem } }.map(\.number))
    return devices.filter { $0.controlUnits.contains(where: units.contains) }
  }

  /// Devices that a control unit serves.
  package func devices(ofControlUnit unit: UInt16) -> [DeviceDefinition] {
    devices.filter { $0.controlUnits.contains(unit) }
  }

  /// The device with this number.
  package func device(_ number: UInt16) -> DeviceDefinition? {
    devices.first { $0.number == number }
  }
}

/// A partition's place in a channel subsystem.
package struct ImageDefinition: Sendable, Equatable, Codable {
  /// The partition; `*` for a reserved image.
  package var partition: String
  /// Channel subsystem, 0-255.
  package var subsystem: UInt8
  /// Image number, 1-15; unique in the channel subsystem.
  package var image: UInt8

  /// Creates a place.
  package init(partition: String, subsystem: UInt8, image: UInt8) {
    self.partition = partition
    self.subsystem = subsystem
    self.image = image
  }
}

/// How partitions may use a channel path.
package enum PathSharing: String, Sendable, Equatable, Codable {
  /// One partition's, for good.
  case dedicated = "DEDICATED"
  /// One partition at a time, moved by configuring it off and on.
  case reconfigurable = "RECONFIGURABLE"
  /// Several partitions at once.
  case shared = "SHARED"
}

/// One channel path.
package struct ChannelPathDefinition: Sendable, Equatable, Codable {
  /// Channel subsystem.
  package var subsystem: UInt8
  /// The path's number (CHPID).
  package var number: UInt8
  /// Type as the deck says it, such as `FC`.
  package var type: String
  /// Physical channel, when said.
  package var physicalChannel: UInt16?
  /// Switch that it enters, when said; kept as read.
  package var switchNumber: UInt8?
  /// The cluster for whose partitions the machine gives it to control units (IOCLUSTER); nil for a path that control
  /// units name.
  package var cluster: String?
  /// How partitions may use it.
  package var sharing: PathSharing
  /// Partitions that have it on line at activation, in the deck's order.
  package var accessList: [String]
  /// Partitions that may configure it on line, the access list included.
  package var candidateList: [String]
  /// Bytes a second.
  package var bytesPerSecond: UInt64
  /// Time from start to first byte.
  package var latencyNanoseconds: UInt64

  /// Creates a path.
  package init(
    subsystem: UInt8 = 0, number: UInt8, type: String = "FC", physicalChannel: UInt16? = nil,
    switchNumber: UInt8? = nil,
    sharing: PathSharing = .shared, accessList: [String] = [], candidateList: [String] = [],
    bytesPerSecond: UInt64 = ChannelDefaults.pathBytesPerSecond,
    latencyNanoseconds: UInt64 = ChannelDefaults.pathLatencyNanoseconds
  ) {
    self.subsystem = subsystem
    self.number = number
    self.type = type
    self.physicalChannel = physicalChannel
    self.switchNumber = switchNumber
    self.sharing = sharing
    self.accessList = accessList
    self.candidateList = candidateList
    self.bytesPerSecond = bytesPerSecond
    self.latencyNanoseconds = latencyNanoseconds
  }
}

/// One control unit's attachment to one channel path.
package struct PathReference: Sendable, Hashable, Codable {
  /// Channel subsystem.
  package var subsystem: UInt8
  /// The path's number.
  package var number: UInt8

  /// Creates a reference.
  package init(subsystem: UInt8 = 0, number: UInt8) {
    self.subsystem = subsystem
    self.number = number
  }
}

/// One control unit.
package struct ControlUnitDefinition: Sendable, Equatable, Codable {
  /// Its number.
  package var number: UInt16
  /// Paths in rotation order, at most eight in a channel subsystem.
  package var paths: [PathReference]
  /// Link addresses, one a path, kept as read.
  package var links: [String]
  /// First unit address and count of each range.
  package var unitAddresses: [UnitAddressRange]
  /// Type as the deck says it, such as `2107`.
  package var type: String
  /// How many managed paths it may have, by channel subsystem.
  @Added package var managedCounts: [ManagedPathCount] = []

  /// Creates a control unit.
  package init(
    number: UInt16, paths: [PathReference], links: [String] = [],
    unitAddresses: [UnitAddressRange] = [UnitAddressRange(first: 0, count: 256)],
    type: String = ""
  ) {
    self.number = number
    self.paths = paths
    self.links = links
    self.unitAddresses = unitAddresses
    self.type = type
  }
}

/// Unit addresses that a control unit answers to.
package struct UnitAddressRange: Sendable, Equatable, Codable {
  /// The first.
  package var first: UInt8
  /// How many, 1-256.
  package var count: Int

  /// Creates a range.
  package init(first: UInt8, count: Int) {
    self.first = first
    self.count = count
  }

  /// Whether an address is one of them.
  package func contains(_ address: UInt8) -> Bool {
    address >= first && Int(address &- first) < count
  }

  /// Whether the last of them is an address, which has 8 bits.
  package var isWithinUnit: Bool { count <= 256 &- Int(first) }

  /// The addresses, as far as there are such.
  package var addresses: some Sequence<UInt8> { (first...UInt8.max).lazy.prefix(max(0, count)) }
}

/// What holds a device's blocks.
package enum MediaDefinition: Sendable, Equatable, Codable {
  /// No *.media statement names the device; it is not ready.
  case none
  /// Zeros at first, in memory, gone with the machine.
  case scratch(byteCount: UInt64)
  /// A file relative to the folder; writes stay in memory unless it is writable.
  case file(path: String, writable: Bool)
}

/// One device.
package struct DeviceDefinition: Sendable, Equatable, Codable {
  /// Most bytes that are kept of what a writable file had when nothing is said of it.
  package static let ordinaryKeptByteCount: UInt64 = 1 << 30

  /// Its number.
  package var number: UInt16
  /// Control units it is attached to, at most eight.
  package var controlUnits: [UInt16]
  /// Type as the deck says it, such as `3390`.
  package var type: String
  /// Partitions that may use it; nil when all that have a path may.
  package var candidateList: [String]?
  /// Path that is tried first.
  package var preferredPath: UInt8?
  /// What holds its blocks.
  package var media: MediaDefinition
  /// The label of the volume on it, by which minidisks name it; nil for one without a label.
  package var volume: String?
  /// Most bytes that are kept of what a writable file had, so that going back is whole; nil for as many as is
  /// ordinary, 0 for none.
  package var keptByteCount: UInt64?
  /// Bytes a second.
  package var bytesPerSecond: UInt64
  /// Time the device itself needs before it moves data.
  package var latencyNanoseconds: UInt64

  /// Creates a device.
  package init(
    number: UInt16, controlUnits: [UInt16], type: String = "3390",
    candidateList: [String]? = nil, preferredPath: UInt8? = nil, media: MediaDefinition = .none,
    bytesPerSecond: UInt64 = ChannelDefaults.deviceBytesPerSecond,
    latencyNanoseconds: UInt64 = ChannelDefaults.deviceLatencyNanoseconds
  ) {
    self.number = number
    self.controlUnits = controlUnits
    self.type = type
    self.candidateList = candidateList
    self.preferredPath = preferredPath
    self.media = media
    self.bytesPerSecond = bytesPerSecond
    self.latencyNanoseconds = latencyNanoseconds
  }
}
