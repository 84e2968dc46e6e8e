// Whether minidisks lie on volumes that are there, and apart from each other, and links lead to them.

import Channels
import Partitioning
import Quantities

extension DefinitionJudgement {
  /// Judges the minidisks of a partition, and those that it is linked to.
  func minidisks(of partition: ParsedPartition) {
    let definition = partition.definition
    for minidisk in definition.minidisks {
      let place = partition.place(of: "MDISK " + DeviceNumbers.text(minidisk.virtualDevice))
      guard let device = device(of: minidisk, at: place) else { continue }
      guard let byteCount = deck.mediaByteCounts[device.number] else {
        if device.media == .none { log.report(.deviceWithoutMedia(device.number), at: place) }
        continue
      }
      let blockCount = byteCount / ChannelDefaults.blockByteCount
      if minidisk.extent(of: blockCount) == nil {
        let name = Self.name(minidisk, of: definition)
        log.report(
          .minidiskBeyondVolume(name, on: minidisk.place.volume.text, blocks: blockCount),
          at: place)
      }
    }
    for link in definition.links { judge(link, of: partition) }
    numbers(of: partition)
  }

  private func judge(_ link: MinidiskLink, of partition: ParsedPartition) {
    let (definition, number) = (partition.definition, DeviceNumbers.text(link.virtualDevice))
    let place = partition.place(of: "LINK " + number, in: "MDISK " + number)
    let owner = link.owner.map { self.partition($0)?.definition } ?? definition
    guard
      let minidisk = owner?.minidisks.first(where: { $0.virtualDevice == link.ownerDevice })
    else {
      let name = "\(link.owner ?? definition.name) \(DeviceNumbers.text(link.ownerDevice))"
      let known = (owner?.minidisks ?? []).map { DeviceNumbers.text($0.virtualDevice) }
      return log.report(.minidiskUndefined(name, known: known), at: place)
    }
    guard let device = deck.configuration.device(of: minidisk),
      reach.paths(to: device, of: definition.name).isEmpty
    else { return }
    log.report(.deviceUnreachable(device.number, partition: definition.name), at: place)
  }

  /// A number is one device's: dedicated, a minidisk or a link.
  private func numbers(of partition: ParsedPartition) {
    let definition = partition.definition
    let own = definition.minidisks.map(\.virtualDevice)
    for link in definition.links {
      let number = link.virtualDevice
      let isLinked = link.owner != nil || link.ownerDevice != number
      let isTaken =
        definition.devices.contains { $0.virtualDevice == number }
        || definition.networkAdapters.contains { $0.virtualDevice == number }
        || isLinked && own.contains(number)
      guard isTaken else { continue }
      let text = DeviceNumbers.text(number)
      log.report(
        .deviceNumberTwice(number), at: partition.place(of: "LINK " + text, in: "MDISK " + text))
    }
  }

  private func device(of minidisk: MinidiskDefinition, at place: Place) -> DeviceDefinition? {
    if let device = deck.configuration.device(of: minidisk) { return device }
    switch minidisk.place.volume {
    case .device(let number): log.report(.deviceNotInDeck(number), at: place)
    case .label(let label):
      log.report(
        .volumeUnknown(label, known: deck.configuration.devices.compactMap(\.volume)), at: place)
    }
    return nil
  }

  // MARK: Overlaps

  /// A minidisk and the blocks that it has.
  private struct Lying {
    var name: String
    var volume: String
    var extent: BlockExtent
    var place: Place

    var end: UInt64 { extent.first.addingClamped(extent.count) }
  }

  /// Reports each minidisk that has blocks of one that begins before it, as DIRECTXA does, but not one that is
  /// all of its volume and is meant to; and devices with minidisks that somebody has as a whole.
  func overlappingMinidisks() {
    var lying: [UInt16: [Lying]] = [:]
    for partition in directory.partitions {
      for minidisk in partition.definition.minidisks {
        guard let device = deck.configuration.device(of: minidisk),
          let bytes = deck.mediaByteCounts[device.number],
          let extent = minidisk.extent(of: bytes / ChannelDefaults.blockByteCount),
          extent.count < bytes / ChannelDefaults.blockByteCount
        else { continue }
        let key = "MDISK " + DeviceNumbers.text(minidisk.virtualDevice)
        lying[device.number, default: []].append(
          Lying(
            name: Self.name(minidisk, of: partition.definition),
            volume: device.volume ?? DeviceNumbers.text(device.number), extent: extent,
            place: partition.place(of: key)))
      }
    }
    for device in lying.keys.sorted() { report(overlapsOf: lying[device] ?? []) }
    for partition in directory.partitions {
      for device in partition.definition.devices {
        guard let first = lying[device.realDevice]?.first else { continue }
        let key = "DEDICATE " + DeviceNumbers.text(device.virtualDevice)
        log.report(
          .deviceWithMinidisks(device.realDevice, first.name), at: partition.place(of: key))
      }
    }
  }

  private func report(overlapsOf minidisks: [Lying]) {
    // The one that reaches farthest of those before: who overlaps any of them overlaps it.
    var farthest: Lying?
    for next in minidisks.sorted(by: { ($0.extent.first, $0.name) < ($1.extent.first, $1.name) }) {
      if let one = farthest, one.end > next.extent.first {
        let end = min(one.end, next.end)
        log.report(
          .minidisksOverlap(
            next.name, one.name, on: next.volume,
            BlockExtent(
              first: next.extent.first, count: end.subtractingClamped(next.extent.first))),
          at: next.place)
      }
      if next.end > farthest?.end ?? 0 { farthest = next }
    }
  }

  /// `LINUX1 0191`.
  private static func name(
    _ minidisk: MinidiskDefinition, of owner: PartitionDefinition
  ) -> String {
    "\(owner.name) \(DeviceNumbers.text(minidisk.virtualDevice))"
  }
}
