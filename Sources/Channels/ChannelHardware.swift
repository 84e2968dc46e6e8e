import Quantities

/// What a channel subsystem is built from: its configuration, its disks, and who reaches what.
package struct ChannelHardware {
  let configuration: ChannelConfiguration
  let paths: Numbered<ChannelConfiguration.Path>
  let devices: Numbered<ChannelConfiguration.Device>
  let disks: Numbered<DiskDevice>
  let diskMemory: DiskMemory
  /// Where changes of files that are spared are counted; nil where files are written to.
  private let spare: DiskMemory?
  /// Each partition's access to its devices, by partition and number, before anything is done.
  let subchannels: [Subchannel]

  /// Most bytes of memory that changes to spared files take, for each partition.
  private static let spareByteLimit: UInt64 = 1 << 30

  /// Opens the devices' files.
  ///
  /// - Throws: `ChannelError.fileUnusable` naming device, file and reason.
  init(
    _ configuration: ChannelConfiguration, sparingFiles: Bool
  ) throws(ChannelError) {
    let count = max(0, configuration.partitionCount)
    let memory = DiskMemory(partitionCount: count, byteLimit: configuration.diskByteLimit)
    // Counted apart: to look at a machine changes nothing of what its disks in memory may take.
    let spare =
      sparingFiles ? DiskMemory(partitionCount: count, byteLimit: Self.spareByteLimit) : nil
    try self.init(configuration, memory, spare: spare) { _ in nil }
  }

  /// What another configuration is built from: disks that are in both, with the same medium, are the same.
  ///
  /// What a partition's disks may take of memory stays what it was.
  ///
  /// - Throws: `ChannelError.fileUnusable` naming a device that comes, file and reason.
  init(
    _ configuration: ChannelConfiguration, inPlaceOf former: ChannelHardware
  ) throws(ChannelError) {
    var configuration = configuration
    configuration.diskByteLimit = former.configuration.diskByteLimit
    let pairs = ConfigurationPairs(former.configuration, configuration).devices
    let devices = configuration.devices
    try self.init(configuration, former.diskMemory, spare: former.spare) { index in
      guard let earlier = pairs.earlier.element(at: index) ?? nil,
        former.devices[earlier].medium == devices.element(at: index)?.medium
      else { return nil }
      return former.disks[earlier]
    }
  }

  private init(
    _ configuration: ChannelConfiguration, _ memory: DiskMemory, spare: DiskMemory?,
    formerDisk: (_ device: Int) -> DiskDevice?
  ) throws(ChannelError) {
    self.configuration = configuration
    diskMemory = memory
    self.spare = spare
    let paths = Numbered(
      configuration.paths, absent: ChannelConfiguration.Path(number: 0, accessPartitions: []))
    let devices = Numbered(
      configuration.devices,
      absent: ChannelConfiguration.Device(number: 0, paths: [], medium: .none))
    self.paths = paths
    self.devices = devices
    var disks: [DiskDevice] = []
    for (index, device) in configuration.devices.enumerated() {
      if let disk = formerDisk(index) {
        disks.append(disk)
      } else {
        disks.append(
          try DiskDevice(
            device.medium, device: device.number, memory: memory, sparingFilesIn: spare))
      }
    }
    self.disks = Numbered(disks, absent: DiskDevice(withoutBlocks: memory))
    subchannels = configuration.assignments
      .map { Subchannel($0, devices[$0.device], paths) }
      .sorted(by: Subchannel.isBefore)
  }

  /// A partition's access to a device that it is given, before anything is done by it.
  func subchannel(_ assignment: ChannelConfiguration.Assignment) -> Subchannel {
    Subchannel(assignment, devices[assignment.device], paths)
  }
}

extension Subchannel {
  /// The access that an assignment gives.
  fileprivate init(
    _ assignment: ChannelConfiguration.Assignment, _ device: ChannelConfiguration.Device,
    _ paths: Numbered<ChannelConfiguration.Path>
  ) {
    let installed = device.paths.filter {
      paths[$0].candidatePartitions.contains(assignment.partition)
    }
    let limited = Array(installed.prefix(ChannelDefaults.pathsPerDevice))
    let preferred = device.preferredPath.flatMap { named in
      PathSelection.preferredPath(
        named: named,
        rotation: device.paths.filter { paths[$0].subsystem == paths[named].subsystem },
        owns: limited.contains)
    }
    self.init(
      partition: assignment.partition, virtualDevice: assignment.virtualDevice,
      device: assignment.device, paths: limited,
      preferred: preferred.flatMap { limited.firstIndex(of: $0) },
      isReadOnly: assignment.isReadOnly, extent: assignment.extent)
  }

  /// By partition and number.
  static func isBefore(_ one: Subchannel, _ other: Subchannel) -> Bool {
    (one.partition, one.virtualDevice) < (other.partition, other.virtualDevice)
  }
}

extension ChannelSubsystem {
  /// Has what a writable disk's file has kept before it is overwritten.
  package func keepOverwrites(of device: UInt16, with keeper: any OverwriteKeeper) {
    disk(device)?.keeper = keeper
  }

  /// Shows guests what a disk had.
  package func show(_ former: any FormerContents, on device: UInt16) {
    disk(device)?.former = former
  }

  private func disk(_ device: UInt16) -> DiskDevice? {
    hardware.devices.firstIndex { $0.number == device }.map { hardware.disks[$0] }
  }
}
