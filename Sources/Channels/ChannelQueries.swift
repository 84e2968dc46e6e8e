/// A channel path as an operator sees it.
package struct ChannelPathView: Equatable, Sendable {
  /// Channel subsystem.
  package var subsystem: UInt8
  /// The path's number (CHPID).
  package var number: UInt8
  /// On line for the machine.
  package var isOnline: Bool
  /// No failure is injected.
  package var isOperational: Bool
  /// Several partitions may have it at once.
  package var isShared: Bool
  /// Whether data moves over it now.
  package var isBusy: Bool
  /// Active partitions that have it configured on line, ascending.
  package var partitions: [Int]
  /// Active partitions for which it goes off line when what they have under way there has ended.
  package var leaving: [Int]
  /// Partitions that may configure it on line.
  package var candidates: [Int]
  /// Numbers of the devices it leads to, ascending.
  package var devices: [UInt16]
  /// What it did.
  package var measurement: PathMeasurement
}

/// A subchannel as an operator sees it; bit 7 of each mask is the first path.
package struct SubchannelView: Equatable, Sendable {
  /// Index of the partition.
  package var partition: Int
  /// The number the partition knows the device by.
  package var virtualDevice: UInt16
  /// The device's number in the I/O configuration.
  package var realDevice: UInt16
  /// Blocks of 512 bytes on the device; 0 when it is not ready.
  package var blockCount: UInt64
  /// Whether the partition may only read.
  package var isReadOnly: Bool
  /// The part of the device that it is; nil for all of it.
  package var extent: BlockExtent?
  /// Paths installed, in the order of the masks.
  package var paths: [UInt8]
  /// Paths installed (PIM).
  package var installed: UInt8
  /// Paths configured on line (PAM).
  package var available: UInt8
  /// Paths that reached the device when they were tried last (POM).
  package var operational: UInt8
  /// Paths that the last start found not operational (PNOM).
  package var notOperational: UInt8
  /// Paths that software allows (LPM).
  package var logical: UInt8
  /// Path last used (LPUM).
  package var lastUsed: UInt8
  /// Paths that a request can take now.
  package var usable: UInt8
  /// Requests that have not ended.
  package var outstanding: Int
  /// When it came.
  package var began: SimulatedTime
  /// What it did since then.
  package var measurement: SubchannelMeasurement
}

extension SubchannelView {
  /// The bit of a path in the masks; nil when it is not installed.
  package func mask(of path: UInt8) -> UInt8? {
    paths.firstIndex(of: path).map { Subchannel.bit($0) }
  }
}

/// A device that would lose its last path.
package struct LastPath: Equatable, Sendable {
  /// Index of the partition that would lose it.
  package var partition: Int
  /// The number the partition knows the device by.
  package var virtualDevice: UInt16
  /// The device's number in the I/O configuration.
  package var realDevice: UInt16
}

extension ChannelSubsystem {
  /// Host memory that disks take, in bytes: of all partitions, or of one.
  package func diskByteCount(of partition: Int? = nil) -> UInt64 {
    partition.map { hardware.diskMemory.byteCount(of: $0) } ?? hardware.diskMemory.byteCount
  }

  /// All paths, in the order of the configuration.
  package func pathViews() -> [ChannelPathView] { activity.paths.indices.map(pathView) }

  /// One path; nil when there is none with this number.
  package func pathView(_ number: UInt8, subsystem: UInt8? = nil) -> ChannelPathView? {
    pathIndices(number, subsystem: subsystem).first.map(pathView)
  }

  /// Numbers of the paths that are off line for the whole machine.
  package var offlinePaths: [UInt8] {
    activity.paths.indices.filter { !activity.paths[$0].isOnline }.map { hardware.paths[$0].number }
  }

  /// Numbers of the paths that go off line for the whole machine when what is under way there has ended.
  package var closingPaths: [UInt8] {
    activity.paths.indices.filter { activity.paths[$0].isClosing }.map { hardware.paths[$0].number }
  }

  /// Whether a path works; false when there is none with this number.
  package func isOperational(_ number: UInt8, subsystem: UInt8?) -> Bool {
    pathIndices(number, subsystem: subsystem).first.map { activity.paths[$0].isOperational }
      ?? false
  }

  private func pathView(_ index: Int) -> ChannelPathView {
    let path = hardware.paths[index]
    return ChannelPathView(
      subsystem: path.subsystem, number: path.number, isOnline: activity.paths[index].isOnline,
      isOperational: activity.paths[index].isOperational, isShared: path.isShared,
      isBusy: !activity.paths[index].moving.isEmpty,
      partitions: activity.isActive.indices.filter {
        activity.isActive[$0] && activity.paths[index].isConfigured($0)
      },
      leaving: activity.paths[index].quiescing.filter { activity.isActive[$0] },
      candidates: path.candidatePartitions.sorted(),
      devices: configuration.devices.filter { $0.paths.contains(index) }.map(\.number).sorted(),
      measurement: activity.paths[index].measurement)
  }

  /// A partition's subchannels, ascending by its own device numbers.
  package func subchannels(of partition: Int) -> [SubchannelView] {
    activity.subchannels.indices.filter { activity.subchannels[$0].partition == partition }.map(
      view)
  }

  /// What the devices that each partition has now did for it, by partition number.
  package func inputOutputs() -> [InputOutputMeasurement] {
    var sums = activity.isActive.indices.map { _ in InputOutputMeasurement() }
    for index in activity.subchannels.indices {
      let subchannel = activity.subchannels[index]
      sums.change(at: subchannel.partition) {
        $0.requestCount.addClamped(subchannel.measurement.requestCount)
        $0.byteCount.addClamped(subchannel.measurement.byteCount)
      }
    }
    return sums
  }

  /// What the requests of each partition's subchannels did about paths.
  package func pathLoads() -> [SubchannelLoad] {
    activity.subchannels.compactMap { item in
      guard let path = item.paths.first else { return nil }
      var load = PathLoad()
      load.queueNanoseconds = item.measurement.controlUnitQueueNanoseconds
      load.connectNanoseconds = item.measurement.connectNanoseconds
      return SubchannelLoad(
        partition: item.partition, virtualDevice: item.virtualDevice,
        realDevice: hardware.devices[item.device].number, subsystem: hardware.paths[path].subsystem,
        began: item.began, load: load)
    }
  }

  /// What each path did, in definition order, and whether it can be used now.
  package func pathSamples() -> [PathSample] {
    activity.paths.indices.map { index in
      let path = activity.paths[index]
      return PathSample(
        subsystem: hardware.paths[index].subsystem, number: hardware.paths[index].number,
        isUsable: path.isOnline && path.isOperational, counters: path.measurement)
    }
  }

  /// A partition's access to one device, by its own number of it.
  package func subchannel(of partition: Int, device: UInt16) -> SubchannelView? {
    subchannelIndex(partition, device).map(view)
  }

  /// Every partition's access to a real device, ascending by partition.
  package func subchannels(ofDevice number: UInt16) -> [SubchannelView] {
    activity.subchannels.indices.filter {
      hardware.devices[activity.subchannels[$0].device].number == number
    }.map(view)
  }

  private func view(_ index: Int) -> SubchannelView {
    let item = activity.subchannels[index]
    return SubchannelView(
      partition: item.partition, virtualDevice: item.virtualDevice,
      realDevice: hardware.devices[item.device].number,
      blockCount: item.extent?.count ?? hardware.disks[item.device].blockCount,
      isReadOnly: item.isReadOnly, extent: item.extent,
      paths: item.paths.map { hardware.paths[$0].number },
      installed: item.mask { _ in true },
      available: item.mask {
        activity.paths[$0].isOnline && activity.paths[$0].isConfigured(item.partition)
      },
      operational: item.mask { _ in true } & ~item.inoperative,
      notOperational: item.notOperational,
      logical: item.logicalMask & item.mask { _ in true }, lastUsed: item.lastUsed,
      usable: usableMask(index),
      outstanding: activity.slots.count { $0.isUsed && $0.subchannel == index },
      began: item.began, measurement: item.measurement)
  }

  /// Devices that would be left without a path if this one went.
  ///
  /// - Parameters:
  ///   - number: The path.
  ///   - subsystem: Its channel subsystem; nil for all that have the number.
  ///   - partition: The partition that would lose it, nil when the whole machine would.
  /// - Returns: By partition and device; of active partitions only.
  package func lastPathDevices(
    _ number: UInt8, subsystem: UInt8? = nil, for partition: Int?
  ) -> [LastPath] {
    let going = pathIndices(number, subsystem: subsystem)
    return activity.subchannels.indices.compactMap { index in
      let item = activity.subchannels[index]
      guard activity.isActive[item.partition], partition ?? item.partition == item.partition else {
        return nil
      }
      let usable = usableMask(index)
      let lost = item.mask { going.contains($0) }
      guard usable != 0, usable & ~lost == 0 else { return nil }
      return LastPath(
        partition: item.partition, virtualDevice: item.virtualDevice,
        realDevice: hardware.devices[item.device].number)
    }
  }

  /// Another active partition that has an unshared path on line, or still uses it.
  package func owner(ofPath number: UInt8, besides partition: Int) -> Int? {
    guard let path = pathIndex(number, partition: partition),
      !hardware.paths[path].isShared
    else { return nil }
    return activity.isActive.indices.first {
      $0 != partition && activity.isActive[$0] && activity.paths[path].isHeld(by: $0)
    }
  }

  /// Numbers of the paths that a partition may have, and whether each is on line to it.
  package func paths(of partition: Int) -> [(number: UInt8, isOnline: Bool)] {
    configuration.paths.indices.filter {
      hardware.paths[$0].candidatePartitions.contains(partition)
    }.map {
      (
        hardware.paths[$0].number,
        activity.paths[$0].isOnline && activity.paths[$0].isConfigured(partition)
      )
    }
  }

  /// Requests of a partition that have not ended, and of those the ones that have no path.
  package func requests(of partition: Int) -> (outstanding: Int, withoutPath: Int) {
    var count = (outstanding: 0, withoutPath: 0)
    for slot in activity.slots where slot.isUsed && slot.request.partition == partition {
      count.outstanding &+= 1
      if let subchannel = slot.subchannel, usableMask(subchannel) == 0 { count.withoutPath &+= 1 }
    }
    return count
  }
}
