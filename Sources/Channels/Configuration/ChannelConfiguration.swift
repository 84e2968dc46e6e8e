/// What the channel subsystem is built from: paths, devices, and who has which device.
///
/// Partitions are indices in definition order. Names, control units and decks are the reader's.
package struct ChannelConfiguration: Equatable, Sendable {
  /// One channel path.
  package struct Path: Equatable, Sendable {
    /// Channel subsystem.
    package var subsystem: UInt8
    /// The path's number (CHPID).
    package var number: UInt8
    /// Whether several partitions may have it on line at once.
    package var isShared: Bool
    /// Partitions that have it on line at their first activation.
    package var accessPartitions: [Int]
    /// Partitions that may configure it on line, the access list included.
    package var candidatePartitions: [Int]
    /// Bytes a second.
    package var bytesPerSecond: UInt64
    /// Time from start to first byte.
    package var latencyNanoseconds: UInt64

    /// Creates a path.
    package init(
      subsystem: UInt8 = 0, number: UInt8, isShared: Bool = true, accessPartitions: [Int],
      candidatePartitions: [Int]? = nil,
      bytesPerSecond: UInt64 = ChannelDefaults.pathBytesPerSecond,
      latencyNanoseconds: UInt64 = ChannelDefaults.pathLatencyNanoseconds
    ) {
      self.subsystem = subsystem
      self.number = number
      self.isShared = isShared
      self.accessPartitions = accessPartitions
      self.candidatePartitions = candidatePartitions ?? accessPartitions
      self.bytesPerSecond = bytesPerSecond
      self.latencyNanoseconds = latencyNanoseconds
    }
  }

  /// What holds a device's blocks.
  package enum Medium: Equatable, Sendable {
    /// Nothing: every request ends in an I/O error.
    case none
    /// Zeros at first, in memory.
    case scratch(byteCount: UInt64)
    /// A raw file; writes stay in memory unless it is writable.
    case file(path: String, writable: Bool)
  }

  /// One device.
  package struct Device: Equatable, Sendable {
    /// Its number in the I/O configuration.
    package var number: UInt16
    /// Indices of the paths that lead to it, in rotation order.
    package var paths: [Int]
    /// Index of the path that is tried first.
    package var preferredPath: Int?
    /// What holds its blocks.
    package var medium: Medium
    /// Partitions that may have it; nil when all that have a path may.
    package var candidatePartitions: [Int]?
    /// Bytes a second.
    package var bytesPerSecond: UInt64
    /// Time the device needs before it moves data.
    package var latencyNanoseconds: UInt64

    /// Creates a device.
    package init(
      number: UInt16, paths: [Int], preferredPath: Int? = nil, medium: Medium,
      candidatePartitions: [Int]? = nil,
      bytesPerSecond: UInt64 = ChannelDefaults.deviceBytesPerSecond,
      latencyNanoseconds: UInt64 = ChannelDefaults.deviceLatencyNanoseconds
    ) {
      self.number = number
      self.paths = paths
      self.preferredPath = preferredPath
      self.medium = medium
      self.candidatePartitions = candidatePartitions
      self.bytesPerSecond = bytesPerSecond
      self.latencyNanoseconds = latencyNanoseconds
    }
  }

  /// A device that a partition has, under a number of its own: one subchannel.
  package struct Assignment: Equatable, Sendable {
    /// Index of the partition.
    package var partition: Int
    /// The number the partition knows it by.
    package var virtualDevice: UInt16
    /// Index of the device.
    package var device: Int
    /// Whether the partition may only read.
    package var isReadOnly: Bool
    /// The part of the device that it is; nil for all of it.
    package var extent: BlockExtent?

    /// Creates an assignment.
    package init(
      partition: Int, virtualDevice: UInt16, device: Int, isReadOnly: Bool = false,
      extent: BlockExtent? = nil
    ) {
      self.partition = partition
      self.virtualDevice = virtualDevice
      self.device = device
      self.isReadOnly = isReadOnly
      self.extent = extent
    }
  }

  /// How many partitions the machine has.
  package var partitionCount: Int
  /// The paths; the others refer to them by index.
  package var paths: [Path]
  /// The devices; assignments refer to them by index.
  package var devices: [Device]
  /// Who has which device before anything is done.
  package var assignments: [Assignment]
  /// Most host memory that scratch devices and changed blocks of files may take, in bytes, for each
  /// partition by what it wrote.
  package var diskByteLimit: UInt64

  /// Creates a configuration.
  package init(
    partitionCount: Int, paths: [Path] = [], devices: [Device] = [],
    assignments: [Assignment] = [], diskByteLimit: UInt64 = 1 << 30
  ) {
    self.partitionCount = partitionCount
    self.paths = paths
    self.devices = devices
    self.assignments = assignments
    self.diskByteLimit = diskByteLimit
  }
}

/// Why the channel subsystem cannot be built.
package enum ChannelError: Error, Equatable, Sendable {
  /// A device's file cannot be opened, or another program has it; make it readable, and writable if the
  /// definition says so.
  case fileUnusable(device: UInt16, path: String, reason: String)
}
