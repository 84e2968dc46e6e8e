// Channel paths that come and go, and partitions with them. Each act says when it is done: everything before
// that has happened by then, and what it lets go on does so from that time.

import Quantities

extension ChannelSubsystem {
  /// Configures a path on or off line to one partition (PAM); the caller has judged it.
  ///
  /// - Returns: False when there is no such path or the partition is not in its candidate list.
  @discardableResult
  package func configure(
    path number: UInt8, for partition: Int, online: Bool, at time: SimulatedTime
  ) -> Bool {
    guard let path = pathIndex(number, partition: partition) else { return false }
    reach(time)
    activity.paths[path].setConfigured(partition, online)
    activity.paths[path].quiescing.removeAll { $0 == partition }
    verify(path)
    pathsChanged()
    return true
  }

  /// Begins to take a path off line for one partition: nothing begins there any more, and what is under way goes
  /// on; the caller has judged it, and ends it by `configure`.
  ///
  /// - Returns: False when nothing is under way there, so that nothing was changed.
  package func quiesce(
    path number: UInt8, for partition: Int, at time: SimulatedTime
  ) -> Bool {
    guard let path = pathIndex(number, partition: partition) else { return false }
    reach(time)
    guard !busyDevices(onPath: number, of: partition).isEmpty else { return false }
    activity.paths[path].setConfigured(partition, false)
    activity.paths[path].quiescing.append(partition)
    pathsChanged()
    return true
  }

  /// A partition's numbers of the devices that have a request of its under way by a path.
  package func busyDevices(onPath number: UInt8, of partition: Int) -> [UInt16] {
    guard let path = pathIndex(number, partition: partition) else { return [] }
    return activity.subchannels.filter {
      $0.partition == partition && pathUnderWay(of: $0) == path
    }.map(\.virtualDevice)
  }

  /// The partitions that have requests under way by a path, ascending, each with its numbers of the devices.
  package func busyDevices(
    onPath number: UInt8
  ) -> [(partition: Int, devices: [UInt16])] {
    let paths = pathIndices(number, subsystem: nil)
    let busy = activity.subchannels.filter { pathUnderWay(of: $0).map(paths.contains) ?? false }
    return Dictionary(grouping: busy, by: \.partition).sorted { $0.key < $1.key }.map {
      (partition: $0.key, devices: $0.value.map(\.virtualDevice))
    }
  }

  /// Whether somebody has requests under way by a path.
  package func isBusy(path number: UInt8) -> Bool {
    let paths = pathIndices(number, subsystem: nil)
    return activity.subchannels.contains { pathUnderWay(of: $0).map(paths.contains) ?? false }
  }

  /// The path by which a device does what its subchannel was started for; nil while it does not.
  private func pathUnderWay(of item: Subchannel) -> Int? {
    guard let slot = item.word.request, activity.devices[item.device].current == slot else {
      return nil
    }
    return activity.slots[slot].path ?? activity.slots[slot].selected
  }

  /// Begins to vary a path off line for the whole machine: nothing begins there any more, and what is under way
  /// goes on; the caller has judged it, and ends it by `vary`.
  ///
  /// - Returns: False when nothing is under way there, so that nothing was changed.
  package func close(path number: UInt8, at time: SimulatedTime) -> Bool {
    reach(time)
    guard isBusy(path: number) else { return false }
    for path in pathIndices(number, subsystem: nil) {
      activity.paths[path].isOnline = false
      activity.paths[path].isClosing = true
    }
    pathsChanged()
    return true
  }

  /// Varies a path on or off line for the whole machine at once; the caller has judged it.
  ///
  /// - Returns: False when there is no such path.
  @discardableResult
  package func vary(
    path number: UInt8, subsystem: UInt8? = nil, online: Bool, at time: SimulatedTime
  ) -> Bool {
    reach(time)
    let matching = pathIndices(number, subsystem: subsystem)
    for path in matching {
      activity.paths[path].isOnline = online
      activity.paths[path].isClosing = false
      verify(path)
    }
    pathsChanged()
    return !matching.isEmpty
  }

  /// Injects or ends a failure of a path: every subchannel loses it at once (POM); who has it on line finds out
  /// that it works again.
  ///
  /// - Returns: False when there is no such path.
  @discardableResult
  package func setOperational(
    path number: UInt8, subsystem: UInt8? = nil, _ isOperational: Bool, at time: SimulatedTime
  ) -> Bool {
    reach(time)
    let matching = pathIndices(number, subsystem: subsystem)
    for path in matching {
      activity.paths[path].isOperational = isOperational
      if isOperational { verify(path) } else { lose(path) }
    }
    pathsChanged()
    return !matching.isEmpty
  }

  /// Allows or forbids a path for one partition's device (LPM).
  ///
  /// - Returns: False when the partition has no such device or the device no such path.
  @discardableResult
  package func vary(
    path number: UInt8, device: UInt16, of partition: Int, online: Bool, at time: SimulatedTime
  ) -> Bool {
    guard let index = subchannelIndex(partition, device),
      let position = activity.subchannels[index].paths.firstIndex(where: {
        hardware.paths[$0].number == number
      })
    else { return false }
    reach(time)
    let bit = Subchannel.bit(position)
    if online {
      activity.subchannels[index].logicalMask |= bit
      activity.subchannels[index].paths.element(at: position).map(verify)
    } else {
      activity.subchannels[index].logicalMask &= ~bit
    }
    pathsChanged()
    return true
  }

  /// Gives a partition that is being activated its paths.
  ///
  /// At the first activation those of the access lists; later those it last had, and unshared ones
  /// again by the access list unless another active partition has them.
  package func activate(_ partition: Int, at time: SimulatedTime) {
    reach(time)
    for (index, path) in configuration.paths.enumerated() {
      guard path.candidatePartitions.contains(partition) else { continue }
      if !path.isShared {
        let isFree = !activity.isActive.indices.contains {
          $0 != partition && activity.isActive[$0] && activity.paths[index].isHeld(by: $0)
        }
        activity.paths[index].setConfigured(
          partition, isFree && path.accessPartitions.contains(partition))
      } else if !activity.wasActivated[partition] {
        activity.paths[index].setConfigured(partition, path.accessPartitions.contains(partition))
      }
    }
    activity.isActive[partition] = true
    activity.wasActivated[partition] = true
    verifyPaths(of: partition)
    pathsChanged()
  }

  /// Takes a partition's requests and unshared paths away.
  package func deactivate(_ partition: Int, at time: SimulatedTime) {
    reset(partition, at: time)
    activity.isActive[partition] = false
    for path in activity.paths.indices {
      activity.paths[path].quiescing.removeAll { $0 == partition }
    }
    for (index, path) in configuration.paths.enumerated() where !path.isShared {
      activity.paths[index].setConfigured(partition, false)
    }
    setDefined(partition, at: time)
  }

  /// Forgets what a partition had and did that is not active, as if it had never been; what it wrote to
  /// disks stays written.
  package func forget(_ partition: Int, at time: SimulatedTime) {
    guard activity.wasActivated.indices.contains(partition) else { return }
    activity.wasActivated[partition] = false
    for path in activity.paths.indices {
      activity.paths[path].setConfigured(partition, false)
      activity.paths[path].turns.forget(partition)
    }
    for device in activity.devices.indices { activity.devices[device].turns.forget(partition) }
    forgetReservations(of: partition)
    set(
      hardware.subchannels.filter { $0.partition == partition }, of: partition, at: time,
      anew: true)
  }

  /// Forgets a partition's requests, as a system reset does; none of them completes.
  ///
  /// Its logical path masks are whole again; what it wrote before stays written.
  package func reset(_ partition: Int, at time: SimulatedTime) {
    reach(time)
    for index in activity.subchannels.indices
    where activity.subchannels[index].partition == partition {
      for slot in empty(index) { release(slot) }
      activity.subchannels[index].logicalMask = 0xFF
      loseUnit(index)
    }
    // Those that are refused are no subchannel's.
    for slot in activity.slots.indices
    where activity.slots[slot].isUsed && activity.slots[slot].request.partition == partition {
      release(slot)
    }
    activity.ended.removeAll { $0.partition == partition }
    pathsChanged()
  }

  /// Path verification: the subchannels whose partitions have a path on line find out whether it works.
  private func verify(_ path: Int) {
    guard activity.paths[path].isOnline else { return }
    for index in activity.subchannels.indices {
      let partition = activity.subchannels[index].partition
      guard activity.isActive[partition], activity.paths[path].isConfigured(partition) else {
        continue
      }
      note(path, at: index, isOperational: activity.paths[path].isOperational)
    }
  }

  /// As `verify`, for one partition and all its paths.
  private func verifyPaths(of partition: Int) {
    for index in activity.subchannels.indices
    where activity.subchannels[index].partition == partition {
      for path in activity.subchannels[index].paths
      where activity.paths[path].isOnline && activity.paths[path].isConfigured(partition) {
        note(path, at: index, isOperational: activity.paths[path].isOperational)
      }
    }
  }

  /// All subchannels learn that a path is lost.
  private func lose(_ path: Int) {
    for index in activity.subchannels.indices { note(path, at: index, isOperational: false) }
  }

  private func note(_ path: Int, at index: Int, isOperational: Bool) {
    let bit = activity.subchannels[index].mask { $0 == path }
    if isOperational {
      activity.subchannels[index].inoperative &= ~bit
    } else {
      activity.subchannels[index].inoperative |= bit
    }
  }

  /// Moves requests off paths that went, and onto paths that came.
  func pathsChanged() {
    for device in activity.devices.indices where activity.devices[device].phase == .moving {
      guard let slot = activity.devices[device].current,
        let subchannel = activity.slots[slot].subchannel,
        !isKept(activity.slots[slot].path, by: subchannel)
      else { continue }
      leavePath(slot, bytes: 0)
      activity.slots[slot].generation &+= 1
      setPhase(device, .wantsPath)
    }
    for device in activity.devices.indices { connect(device) }
    for index in activity.subchannels.indices
    where isStartPending(at: index) && usableMask(index) == 0 {
      giveBack(index)
    }
    for path in activity.paths.indices { offer(path) }
    startWaiting()
    for device in activity.devices.indices { startDevice(device) }
  }

  /// Whether data goes on moving over a path; not over one that another configuration does not have.
  private func isKept(_ path: Int?, by subchannel: Int) -> Bool {
    guard let path else { return false }
    return usableMask(subchannel) & activity.subchannels[subchannel].mask { $0 == path } != 0
      || activity.paths[path].lets(activity.subchannels[subchannel].partition)
  }

  /// Starts what waits at subchannels and can be started, in order of arrival.
  private func startWaiting() {
    let waiting = activity.subchannels.indices.compactMap { index in
      activity.subchannels[index].waiting.first.map { (activity.slots[$0].sequence, index) }
    }
    for (_, index) in waiting.sorted(by: <) { startNext(at: index) }
  }

  /// The path that a partition means by a number: one of its own channel subsystem.
  func pathIndex(_ number: UInt8, partition: Int) -> Int? {
    configuration.paths.firstIndex {
      $0.number == number && $0.candidatePartitions.contains(partition)
    }
  }

  func pathIndices(_ number: UInt8, subsystem: UInt8?) -> [Int] {
    configuration.paths.indices.filter {
      hardware.paths[$0].number == number
        && subsystem ?? hardware.paths[$0].subsystem == hardware.paths[$0].subsystem
    }
  }
}
