import Channels

// What stands against another I/O configuration. Everything is looked at, so that all of it can be told.

/// A running I/O configuration and one that is to take its place.
struct DeckJudgement {
  /// A path that an active partition would lose.
  struct LostPath {
    var path: UInt8
    var subsystem: UInt8
    var partition: Int
    var cut: DeckCut
  }

  let hardware: MachineHardware
  let present: IOConfiguration
  let next: IOConfiguration
  private let channels: ChannelHardware

  /// - Parameters:
  ///   - hardware: What runs.
  ///   - next: What is to be.
  ///   - channels: What the channel subsystem would be built from.
  init(_ hardware: MachineHardware, _ next: IOConfiguration, _ channels: ChannelHardware) {
    self.hardware = hardware
    present = hardware.layout.definition.inputOutput
    self.next = next
    self.channels = channels
  }

  /// Everything that stands against it.
  var obstacles: [DeckObstacle] {
    let devices = deviceObstacles
    let used = devices.compactMap { obstacle -> String? in
      guard case .deviceInUse(let device, let partition, _, _) = obstacle else { return nil }
      return "\(device) \(partition)"
    }
    let stranded = hardware.channels.strandedDevices(by: channels).map {
      (device: $0.realDevice, partition: hardware.partitionName($0.partition))
    }.filter { !used.contains("\($0.device) \($0.partition)") }
    return resourceObstacles + pathObstacles + wayObstacles + devices
      + stranded.map { .lastPath(device: $0.device, of: $0.partition) } + volumeObstacles
  }

  // MARK: Paths

  /// Paths that are on line to active partitions and would not be theirs, or not be the same, in the order of
  /// the configuration.
  var lostPaths: [LostPath] {
    let pairs = ObjectPairs(
      from: present.paths, to: next.paths,
      name: { PathReference(subsystem: $0.subsystem, number: $0.number) },
      isAlike: { _, _ in true })
    let views = hardware.channels.pathViews()
    return zip(zip(present.paths, views), pairs.later).flatMap { own, later in
      let (path, view) = own
      let other = later.flatMap { next.paths.element(at: $0) }
      return (view.partitions + view.leaving).sorted().compactMap { partition -> LostPath? in
        let name = hardware.partitionName(partition)
        return Self.cut(path, other, of: name).map {
          LostPath(
            path: path.number, subsystem: path.subsystem, partition: partition, cut: $0)
        }
      }
    }
  }

  private static func cut(
    _ path: ChannelPathDefinition, _ next: ChannelPathDefinition?, of partition: String
  ) -> DeckCut? {
    guard let next else { return .deleted }
    var listed = next
    listed.accessList = path.accessList
    listed.candidateList = path.candidateList
    guard listed == path else { return .changed }
    return next.candidateList.contains(partition) ? nil : .denied
  }

  private var pathObstacles: [DeckObstacle] {
    var obstacles: [DeckObstacle] = []
    for lost in lostPaths {
      let name = hardware.partitionName(lost.partition)
      if case .pathOnline(lost.path, lost.subsystem, let others, lost.cut)? = obstacles.last {
        obstacles =
          obstacles.dropLast() + [
            .pathOnline(lost.path, subsystem: lost.subsystem, to: others + [name], lost.cut)
          ]
      } else {
        obstacles.append(
          .pathOnline(lost.path, subsystem: lost.subsystem, to: [name], lost.cut))
      }
    }
    return obstacles
  }

  private var wayObstacles: [DeckObstacle] {
    let lost = lostPaths
    return hardware.channels.lostWays(by: channels).compactMap { way in
      // What is said of the path itself need not be said of each device.
      guard !lost.contains(where: { $0.path == way.path && $0.partition == way.partition }) else {
        return nil
      }
      return .wayInUse(
        path: way.path, device: way.virtualDevice, of: hardware.partitionName(way.partition))
    }
  }

  // MARK: Devices

  private var devicePairs: ObjectPairs {
    ObjectPairs(
      from: present.devices, to: next.devices, name: \.number,
      isAlike: { $0.candidateList == $1.candidateList })
  }

  private var deviceObstacles: [DeckObstacle] {
    let views = hardware.channels.deviceViews()
    return zip(zip(present.devices, views), devicePairs.later).flatMap { own, later in
      let (device, view) = own
      let other = later.flatMap { next.devices.element(at: $0) }
      return view.users.compactMap { user -> DeckObstacle? in
        let name = hardware.partitionName(user.partition)
        return Self.cut(device, other, of: name).map {
          .deviceInUse(device.number, by: name, as: user.virtualDevice, $0)
        }
      }
    }
  }

  private static func cut(
    _ device: DeviceDefinition, _ next: DeviceDefinition?, of partition: String
  ) -> DeckCut? {
    guard let next else { return .deleted }
    guard next.type == device.type, next.media == device.media,
      next.bytesPerSecond == device.bytesPerSecond,
      next.latencyNanoseconds == device.latencyNanoseconds
    else { return .changed }
    return next.candidateList?.contains(partition) ?? true ? nil : .denied
  }
}
