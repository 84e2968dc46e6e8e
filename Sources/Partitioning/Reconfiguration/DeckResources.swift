import Channels
import Quantities

// What of RESOURCE stands against another I/O configuration, and the labels of volumes. The machine's storage for
// channels was laid out at its start, by its folder's RESOURCE: places that are reserved there can be named and be
// reserved again, but there are no others; a partition keeps its place; and there is room for MAXDEV devices.

extension DeckJudgement {
  /// What RESOURCE takes, or wants that was not reserved.
  var resourceObstacles: [DeckObstacle] {
    let reserved = hardware.layout.folder.inputOutput
    let absent = next.images.filter { image in
      !reserved.images.contains { $0.isAtPlace(of: image) }
    }
    return (absent.isEmpty ? [] : [.placesNotReserved(absent)]) + changedPlaces
      + limitObstacles(reserved.deviceLimits)
  }

  private var changedPlaces: [DeckObstacle] {
    present.images.filter { $0.partition != "*" }.compactMap { image in
      let later = next.images.first { $0.partition == image.partition }
      if let later { return later == image ? nil : .placeChanged(later, before: image) }
      let isActive = (try? hardware.partition(image.partition))?.isActive ?? false
      return isActive ? .partitionActive(image.partition) : nil
    }
  }

  private func limitObstacles(_ limits: [DeviceLimits]) -> [DeckObstacle] {
    limits.compactMap { limits in
      let count = next.devices(inSubsystem: limits.subsystem).count
      guard let limit = limits.counts.first, count > limit else { return nil }
      return .deviceLimit(subsystem: limits.subsystem, count: count, limit: limit)
    }
  }

  /// Minidisks in use whose volume's label would be another device's, or none's.
  var volumeObstacles: [DeckObstacle] {
    hardware.partitions.filter(\.isActive).flatMap { partition in
      hardware.channels.subchannels(of: partition.number).compactMap { view -> DeckObstacle? in
        guard let label = present.device(view.realDevice)?.volume,
          next.device(view.realDevice) != nil,
          next.device(of: .label(label))?.number != view.realDevice,
          isByLabel(view, of: partition)
        else { return nil }
        return .volumeInUse(
          label, device: view.realDevice, by: partition.name, as: view.virtualDevice)
      }
    }
  }

  /// Whether a subchannel is a minidisk that names its volume by label, as one does of which the owner is gone.
  private func isByLabel(_ view: SubchannelView, of partition: Partition) -> Bool {
    guard
      let link = partition.definition.links.first(where: {
        $0.virtualDevice == view.virtualDevice
      })
    else { return false }
    let minidisk = hardware.layout.definition.minidisk(link, of: partition.definition)
    if case .device? = minidisk?.place.volume { return false }
    return true
  }
}

extension ImageDefinition {
  /// Whether it is the same place, whoever has it.
  fileprivate func isAtPlace(of other: ImageDefinition) -> Bool {
    subsystem == other.subsystem && image == other.image
  }
}
