import Channels
import Quantities

extension SystemDefinition {
  /// The channel subsystem's configuration, with partitions by number and files by full path.
  package func channelConfiguration() -> ChannelConfiguration {
    let numbers = Dictionary(
      partitions.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { one, _ in one })
    func indices(_ names: [String]) -> [Int] { names.compactMap { numbers[$0] } }
    var configuration = ChannelConfiguration(
      partitionCount: partitions.count, diskByteLimit: diskByteLimit)
    configuration.paths = inputOutput.paths.map { path in
      ChannelConfiguration.Path(
        subsystem: path.subsystem, number: path.number, isShared: path.sharing == .shared,
        accessPartitions: indices(path.accessList),
        candidatePartitions: indices(path.candidateList), bytesPerSecond: path.bytesPerSecond,
        latencyNanoseconds: path.latencyNanoseconds)
    }
    let paths = Dictionary(
      inputOutput.paths.enumerated().map {
        (PathReference(subsystem: $1.subsystem, number: $1.number), $0)
      }, uniquingKeysWith: { first, _ in first })
    let units = Dictionary(
      inputOutput.controlUnits.map { ($0.number, $0.paths) },
      uniquingKeysWith: { first, _ in first })
    configuration.devices = inputOutput.devices.map { definition in
      device(
        definition, candidates: definition.candidateList.map(indices),
        paths: definition.controlUnits.flatMap { units[$0] ?? [] }.compactMap { paths[$0] })
    }
    let devices = Dictionary(grouping: inputOutput.devices.enumerated(), by: \.element.number)
    for (partition, definition) in partitions.enumerated() {
      for assignment in definition.devices {
        guard
          let index = devices[assignment.realDevice]?.first(where: {
            $0.element.candidateList?.contains(definition.name) ?? true
          })?.offset
        else { continue }
        configuration.assignments.append(
          ChannelConfiguration.Assignment(
            partition: partition, virtualDevice: assignment.virtualDevice, device: index,
            isReadOnly: assignment.isReadOnly))
      }
    }
    return configuration
  }

  /// Host memory that one partition's disks may take: half of HOSTSTORAGE in equal parts for those
  /// that have disks in memory.
  package var diskByteLimit: UInt64 {
    let inMemory = inputOutput.devices.filter { device in
      switch device.media {
      case .none, .file(_, writable: true): false
      case .scratch, .file: true
      }
    }.map(\.number)
    let count = partitions.count { partition in
      partition.devices.contains { inMemory.contains($0.realDevice) }
        || partition.links.contains { link in
          minidisk(link, of: partition).flatMap(inputOutput.device(of:))
            .map { inMemory.contains($0.number) } ?? false
        }
    }
    return machine.hostStorageByteCount / 2 / UInt64(max(1, count))
  }

  /// The minidisk that a link of a partition leads to.
  package func minidisk(
    _ link: MinidiskLink, of partition: PartitionDefinition
  ) -> MinidiskDefinition? {
    let owner = link.owner.map { name in partitions.first { $0.name == name } } ?? partition
    return owner?.minidisks.first { $0.virtualDevice == link.ownerDevice }
  }

  private func device(
    _ definition: DeviceDefinition, candidates: [Int]?, paths: [Int]
  ) -> ChannelConfiguration.Device {
    let medium: ChannelConfiguration.Medium =
      switch definition.media {
      case .none: .none
      case .scratch(let byteCount): .scratch(byteCount: byteCount)
      case .file(let file, let writable): .file(path: path(of: file), writable: writable)
      }
    return ChannelConfiguration.Device(
      number: definition.number, paths: paths,
      preferredPath: definition.preferredPath.flatMap { number in
        paths.first { inputOutput.paths.element(at: $0)?.number == number }
      }, medium: medium, candidatePartitions: candidates, bytesPerSecond: definition.bytesPerSecond,
      latencyNanoseconds: definition.latencyNanoseconds)
  }
}
