import Channels
import Quantities

// Channel paths and physical processors.

extension Reconfiguration {
  func configurePath(
    _ partition: Partition, _ path: UInt8, online: Bool, insistence: Insistence
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    if let earlier = partition.pending.first(where: { $0.subject == .path(path) }) {
      // ONLINE takes it back; who insists does not wait.
      guard online || insistence > .polite else { throw .changePending(partition.name, earlier) }
      withdraw(earlier, from: partition)
      if online { return .done }
    }
    guard let view = channels.pathView(path, subsystem: partition.subsystem) else {
      throw .pathNotFound(path)
    }
    guard view.candidates.contains(partition.number) else {
      throw .pathNotAllowed(partition.name, path: path)
    }
    guard view.partitions.contains(partition.number) != online else {
      throw .pathAlready(partition.name, path: path, online: online)
    }
    if online {
      guard view.isOnline else { throw .pathOffline(path) }
      if let owner = channels.owner(ofPath: path, besides: partition.number) {
        throw .pathInUse(partition.name, path: path, by: hardware.partitionName(owner))
      }
      if let keeper = state.reservations[path], keeper != partition.number {
        throw .pathReserved(partition.name, path: path, for: hardware.partitionName(keeper))
      }
    } else if insistence == .polite {
      try judgeLastPath(path, subsystem: partition.subsystem, for: partition)
    }
    if !online, insistence == .polite,
      channels.quiesce(path: path, for: partition.number, at: now)
    {
      return .pending([quiesce(path, of: partition)])
    }
    let lost = online ? [] : lastDevices(path, partition.subsystem, partition)
    setPath(path, of: partition, online: online)
    for device in lost { journal.note(partition, .requestsWait(device: device)) }
    return .done
  }

  /// Configures a path of a partition at once.
  func setPath(_ path: UInt8, of partition: Partition, online: Bool) {
    channels.configure(path: path, for: partition.number, online: online, at: now)
    state.reservations[path] =
      !online && partition.definition.security.isIsolated && isReconfigurable(path, partition)
      ? partition.number : nil
  }

  /// Gives up a path that isolation keeps for a partition (PR/SM: Release I/O path).
  func releasePath(_ partition: Partition, _ path: UInt8) throws(ManagementError) {
    guard state.reservations[path] == partition.number else {
      throw .pathNotReserved(partition.name, path: path)
    }
    state.reservations[path] = nil
  }

  /// Keeps a path for a partition that had it when the machine was lost.
  func reserve(_ path: UInt8, for partition: Partition) {
    guard partition.definition.security.isIsolated, isReconfigurable(path, partition) else {
      return
    }
    state.reservations[path] = partition.number
  }

  private func isReconfigurable(_ path: UInt8, _ partition: Partition) -> Bool {
    definition.inputOutput.paths.contains {
      $0.number == path && $0.subsystem == partition.subsystem ?? $0.subsystem
        && $0.sharing == .reconfigurable
    }
  }

  func varyPath(
    _ path: UInt8, online: Bool, insistence: Insistence
  ) throws(ManagementError) -> ManagementResult {
    guard let view = channels.pathView(path) else { throw .pathNotFound(path) }
    if let earlier = pending.state.closing.first(where: { $0.subject == .path(path) }) {
      // ONLINE takes it back; who insists does not wait.
      guard online || insistence > .polite else { throw .changePending("SYSTEM", earlier) }
      pending.state.closing.removeAll { $0 == earlier }
      channels.vary(path: path, online: online, at: now)
      return .done
    }
    guard view.isOnline != online else {
      throw .pathAlready(nil, path: path, online: online)
    }
    let lost = online ? [] : channels.lastPathDevices(path, for: nil)
    if let first = lost.first, insistence == .polite {
      throw .lastPath(
        hardware.partitionName(first.partition), path: path,
        devices: lost.filter { $0.partition == first.partition }.map(\.virtualDevice))
    }
    if !online, insistence == .polite, channels.close(path: path, at: now) {
      return .pending([close(path)])
    }
    channels.vary(path: path, online: online, at: now)
    for device in lost {
      journal.note(partitions[device.partition], .requestsWait(device: device.virtualDevice))
    }
    return .done
  }

  /// Varies a path to one device of a partition; by z/OS's rules the last one to a device in use goes by FORCE only.
  func varyPath(
    _ path: UInt8, to device: UInt16, of partition: Partition, online: Bool, insistence: Insistence
  ) throws(ManagementError) {
    let name = partition.name
    try partition.requireActive()
    guard let view = channels.subchannel(of: partition.number, device: device) else {
      throw .virtualDeviceNotFound(name, device: device)
    }
    guard let mask = view.mask(of: path) else {
      throw .pathNotToDevice(name, path: path, device: device)
    }
    guard (view.logical & mask != 0) != online else {
      throw .devicePathAlready(name, path: path, device: device, online: online)
    }
    let isLast = !online && view.usable == mask
    if isLast, insistence == .polite { throw .lastPath(name, path: path, devices: [device]) }
    if isLast, insistence == .unconditional, partition.operatesDevice(device) {
      throw .deviceInGuestUse(name, device: device)
    }
    channels.vary(
      path: path, device: device, of: partition.number, online: online, at: now)
    if isLast { journal.note(partition, .requestsWait(device: device)) }
  }

  private func lastDevices(
    _ path: UInt8, _ subsystem: UInt8?, _ partition: Partition
  ) -> [UInt16] {
    channels.lastPathDevices(path, subsystem: subsystem, for: partition.number)
      .map(\.virtualDevice)
  }

  private func judgeLastPath(
    _ path: UInt8, subsystem: UInt8?, for partition: Partition
  ) throws(ManagementError) {
    let devices = lastDevices(path, subsystem, partition)
    guard devices.isEmpty else {
      throw .lastPath(partition.name, path: path, devices: devices)
    }
  }

  /// The active partition with the most logical processors on line in a shared pool.
  private func greatestSharer(of type: ProcessorType) -> String? {
    var best: (name: String, count: Int)?
    hardware.forEachSharer(of: type) { partition, entry in
      let count = partition.onlineCount(of: entry)
      if count > best?.count ?? 0 { best = (partition.name, count) }
    }
    return best?.name
  }

  func varyProcessor(_ number: Int, online: Bool) throws(ManagementError) {
    let physicals = engine.dispatcher.physicals
    guard physicals.indices.contains(number) else {
      throw .physicalProcessorNotFound(number, installed: physicals.count)
    }
    guard physicals[number].isOnline != online else {
      throw .physicalProcessorAlready(number, online: online)
    }
    guard let type = pools.element(at: physicals[number].pool) else { return }
    if !online {
      let dedicatedTo = physicals[number].dedicatedTo
      if dedicatedTo >= 0 {
        throw .physicalProcessorNeeded(number, by: hardware.ownerName(dedicatedTo) ?? type.rawValue)
      }
      let reservation = hardware.reservation(of: type, without: nil)
      guard reservation.canLoseOne else {
        throw .physicalProcessorNeeded(number, by: greatestSharer(of: type) ?? type.rawValue)
      }
    }
    engine.dispatcher.vary(number, online: online, at: now)
    entitlements.applyShares(of: type)
  }
}
