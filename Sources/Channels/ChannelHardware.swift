import Quantities

/// What a channel subsystem is built from: its configuration, its disks, and who reaches what.
struct ChannelHardware {
  let configuration: ChannelConfiguration
  let paths: Numbered<ChannelConfiguration.Path>
  let devices: Numbered<ChannelConfiguration.Device>
  let disks: Numbered<DiskDevice>
  let diskMemory: DiskMemory
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
    self.configuration = configuration
    let count = max(0, configuration.partitionCount)
    let paths = Numbered(
      configuration.paths, absent: ChannelConfiguration.Path(number: 0, accessPartitions: []))
    let devices = Numbered(
      configuration.devices,
      absent: ChannelConfiguration.Device(number: 0, paths: [], medium: .none))
    self.paths = paths
    self.devices = devices
    let memory = DiskMemory(partitionCount: count, byteLimit: configuration.diskByteLimit)
    diskMemory = memory
    // Counted apart: to look at a machine changes nothing of what its disks in memory may take.
    let spare =
      sparingFiles ? DiskMemory(partitionCount: count, byteLimit: Self.spareByteLimit) : nil
    var opened: [DiskDevice] = []
    for device in configuration.devices {
      opened.append(
        try DiskDevice(
          device.medium, device: device.number, memory: memory, sparingFilesIn: spare))
    }
    let disks = Numbered(opened, absent: DiskDevice(withoutBlocks: memory))
    self.disks = disks
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
      isReadOnly: assignment.isReadOnly)
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
