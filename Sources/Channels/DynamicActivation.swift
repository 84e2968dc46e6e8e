// Another I/O configuration while requests are under way: paths, devices and subchannels that are in both keep
// what they have and do, under the numbers that they have in the new one. What stands against it the caller has
// judged: nobody uses what goes.

import Quantities

extension ChannelSubsystem {
  /// What the subsystem would be built from with another configuration; disks that stay are the same.
  ///
  /// - Throws: `ChannelError.fileUnusable` naming a device that comes, file and reason.
  package func hardware(
    for configuration: ChannelConfiguration
  ) throws(ChannelError) -> ChannelHardware {
    try ChannelHardware(configuration, inPlaceOf: hardware)
  }

  /// Devices of active partitions that have a path now and would have none.
  package func strandedDevices(by next: ChannelHardware) -> [LastPath] {
    let other = ChannelSubsystem(
      next, activity.moved(from: hardware, to: next, at: clock), isRehearsal: true)
    return activity.subchannels.indices.compactMap { index in
      let item = activity.subchannels[index]
      guard activity.isActive[item.partition],
        let after = other.subchannelIndex(item.partition, item.virtualDevice),
        other.activity.subchannels[after].paths.isEmpty
          || usableMask(index) != 0 && other.usableMask(after) == 0
      else { return nil }
      return LastPath(
        partition: item.partition, virtualDevice: item.virtualDevice,
        realDevice: hardware.devices[item.device].number)
    }
  }

  /// Paths that lead an active partition to a device, can be used, and would lead there no more.
  package func lostWays(
    by next: ChannelHardware
  ) -> [(path: UInt8, partition: Int, virtualDevice: UInt16)] {
    let pairs = ConfigurationPairs(hardware.configuration, next.configuration)
    return activity.subchannels.indices.flatMap { index in
      let item = activity.subchannels[index]
      guard activity.isActive[item.partition],
        let device = pairs.devices.later.element(at: item.device) ?? nil
      else {
        return [(path: UInt8, partition: Int, virtualDevice: UInt16)]()
      }
      let usable = usableMask(index)
      return item.paths.enumerated().compactMap { position, path in
        guard usable & Subchannel.bit(position) != 0 else { return nil }
        let isKept =
          (pairs.paths.later.element(at: path) ?? nil)
          .map { next.devices[device].paths.contains($0) } ?? false
        return isKept
          ? nil : (hardware.paths[path].number, item.partition, item.virtualDevice)
      }
    }
  }

  /// Goes on with another configuration from this time; the caller has judged it.
  package func take(_ next: ChannelHardware, at time: SimulatedTime) {
    reach(time)
    let former = hardware
    activity = activity.moved(from: former, to: next, at: time)
    replaceHardware(by: next)
    // The disks of a rehearsal are the machine's.
    if !isRehearsal {
      for disk in former.disks where !next.disks.contains(where: { $0 === disk }) { disk.empty() }
    }
    recount()
    pathsChanged()
  }
}

/// Paths and devices of two configurations that are the same.
struct ConfigurationPairs {
  let paths: ObjectPairs
  let devices: ObjectPairs

  init(_ before: ChannelConfiguration, _ after: ChannelConfiguration) {
    paths = ObjectPairs(
      from: before.paths, to: after.paths,
      name: { UInt16($0.subsystem) << 8 | UInt16($0.number) }, isAlike: { _, _ in true })
    devices = ObjectPairs(
      from: before.devices, to: after.devices, name: \.number,
      isAlike: { $0.candidatePartitions == $1.candidatePartitions })
  }
}

extension ChannelActivity {
  /// The same in another configuration: each thing under the number that it has there.
  func moved(
    from former: ChannelHardware, to next: ChannelHardware, at time: SimulatedTime
  ) -> ChannelActivity {
    let pairs = ConfigurationPairs(former.configuration, next.configuration)
    var result = self
    let fresh = ChannelActivity(next)
    result.paths.elements = next.paths.indices.map { index in
      guard var path = (pairs.paths.earlier.element(at: index) ?? nil).map({ paths[$0] }) else {
        return fresh.paths[index]
      }
      let candidates = next.paths[index].candidatePartitions
      for partition in isActive.indices where !candidates.contains(partition) {
        path.setConfigured(partition, false)
        path.quiescing.removeAll { $0 == partition }
      }
      return path
    }
    result.devices.elements = next.devices.indices.map { index in
      guard let earlier = pairs.devices.earlier.element(at: index) ?? nil else {
        return fresh.devices[index]
      }
      var device = devices[earlier]
      // What was reserved is the medium's, which is another.
      if former.disks[earlier] !== next.disks[index] { device.reservations = .blank }
      return device
    }
    result.subchannels.elements = moved(subchannels, pairs, to: next, at: time)
    for slot in slots.indices {
      result.slots[slot].path = slots[slot].path.flatMap {
        pairs.paths.later.element(at: $0) ?? nil
      }
      result.slots[slot].selected = slots[slot].selected.flatMap {
        pairs.paths.later.element(at: $0) ?? nil
      }
      result.slots[slot].subchannel = slots[slot].subchannel.flatMap { former in
        result.subchannels.firstIndex { $0.isNamed(as: subchannels[former]) }
      }
    }
    return result
  }

  /// What active partitions have, and what the others are defined with, where the paths and devices are now.
  private func moved(
    _ own: Numbered<Subchannel>, _ pairs: ConfigurationPairs, to next: ChannelHardware,
    at time: SimulatedTime
  ) -> [Subchannel] {
    let kept = own.compactMap { item -> Subchannel? in
      guard let device = pairs.devices.later.element(at: item.device) ?? nil else { return nil }
      return item.moved(to: device, pairs.paths, in: next)
    }
    let defined = next.subchannels.filter { !isActive[$0.partition] }.map { item in
      if let same = kept.first(where: { $0.isSame(as: item) }) { return same }
      var item = item
      item.began = time
      return item
    }
    return (kept.filter { isActive[$0.partition] } + defined).sorted(by: Subchannel.isBefore)
  }
}

extension Subchannel {
  /// Whether it is what the same partition knows by the same number.
  fileprivate func isNamed(as other: Subchannel) -> Bool {
    partition == other.partition && virtualDevice == other.virtualDevice
  }

  /// The same access where device and paths have other numbers: what is said of a path that stays goes on to
  /// be said of it.
  fileprivate func moved(
    to device: Int, _ pairs: ObjectPairs, in next: ChannelHardware
  ) -> Subchannel {
    var result = next.subchannel(
      ChannelConfiguration.Assignment(
        partition: partition, virtualDevice: virtualDevice, device: device,
        isReadOnly: isReadOnly, extent: extent))
    (result.began, result.measurement) = (began, measurement)
    (result.word, result.waiting, result.attentions) = (word, waiting, attentions)
    /// Where a path that was at a position is now.
    func place(_ position: Int) -> Int? {
      paths.element(at: position).flatMap { pairs.later.element(at: $0) ?? nil }
        .flatMap { result.paths.firstIndex(of: $0) }
    }
    let former = paths.indices.map(place)
    guard former != Array(result.paths.indices) else {
      (result.logicalMask, result.rotation, result.lastUsed) = (logicalMask, rotation, lastUsed)
      (result.inoperative, result.notOperational) = (inoperative, notOperational)
      return result
    }
    for (position, place) in former.enumerated() {
      guard let place else { continue }
      if logicalMask & Self.bit(position) == 0 { result.logicalMask &= ~Self.bit(place) }
      if inoperative & Self.bit(position) != 0 { result.inoperative |= Self.bit(place) }
      if lastUsed == Self.bit(position) { result.lastUsed = Self.bit(place) }
    }
    result.rotation = place(rotation) ?? 0
    return result
  }
}
