import Quantities

// The channel subsystem's state as values: what it is doing, and what was written to its disks.

/// What the channel subsystem is doing: requests in flight, masks, counters.
struct ChannelActivity: Equatable, Sendable, Codable {
  var paths: Numbered<ChannelPath>
  var devices: Numbered<DeviceUnit>
  var subchannels: Numbered<Subchannel>
  var slots = Numbered<RequestSlot>([], absent: .absent)
  /// Slots to be used again, the next one last.
  var freeSlots: [Int] = []
  var events = ChannelEventQueue()
  var ended: [ChannelCompletion] = []
  /// When interrupts are next looked for that are missing; nil while none can be.
  var nextLook: SimulatedTime?
  /// Those that were found, for the firmware to tell.
  @Added var missing: [MissingInterrupt] = []
  /// The time up to which everything has happened.
  var clock: SimulatedTime = 0
  var sequence: UInt64 = 0
  var isActive: Numbered<Bool>
  var wasActivated: Numbered<Bool>

  /// Nothing has happened yet.
  init(_ hardware: ChannelHardware) {
    let count = max(0, hardware.configuration.partitionCount)
    let path = ChannelPath(partitionCount: count)
    paths = Numbered(hardware.configuration.paths.map { _ in path }, absent: path)
    devices = Numbered(
      hardware.configuration.devices.map { _ in DeviceUnit() }, absent: DeviceUnit())
    subchannels = Numbered(hardware.subchannels, absent: .absent)
    isActive = Numbered([Bool](repeating: false, count: count), absent: false)
    wasActivated = isActive
  }
}

/// The channel subsystem's state as data.
package struct ChannelSubsystemState: SavedState {
  package static let kind = "channels"
  package static let version = 1

  var activity: ChannelActivity
  /// What was written to each disk, the files of writable ones apart.
  var disks: [DiskState]
}

extension ChannelSubsystem {
  /// The state as data, without the configuration and the files of writable devices.
  package func saveState() -> ChannelSubsystemState {
    ChannelSubsystemState(activity: activity, disks: hardware.disks.map(\.state))
  }

  /// Puts a saved state back.
  ///
  /// - Parameters:
  ///   - state: The state.
  ///   - other: What the subsystem goes on with, when the state is of another configuration.
  /// - Throws: `StateRefusal` when paths, devices or partitions differ, or no subsystem has such a state;
  ///   nothing was changed then.
  package func restoreState(
    _ state: ChannelSubsystemState, in other: ChannelHardware? = nil
  ) throws(StateRefusal) {
    try judge(state, in: other)
    if let other { replaceHardware(by: other) }
    activity = state.activity
    recount()
    for (disk, state) in zip(hardware.disks, state.disks) { disk.restore(state) }
  }

  /// Throws unless a state, which may come from a file, is one that this subsystem can have, or would have with
  /// another configuration.
  package func judge(
    _ state: ChannelSubsystemState, in other: ChannelHardware? = nil
  ) throws(StateRefusal) {
    let hardware = other ?? hardware
    let own = ChannelActivity(hardware)
    let saved = state.activity
    guard saved.paths.count == own.paths.count, saved.devices.count == own.devices.count,
      saved.isActive.count == own.isActive.count,
      saved.wasActivated.count == own.isActive.count, state.disks.count == hardware.disks.count,
      saved.paths.allSatisfy({
        $0.configured.count == own.paths[own.paths.endIndex].configured.count
      }),
      hardware.isPossible(saved.subchannels.elements, saved)
    else { throw .otherLayout(kind: ChannelSubsystemState.kind, what: "I/O configuration") }
    guard
      state.disks.allSatisfy({
        $0.chunks.allSatisfy { $0.bytes.count == DiskDevice.chunkByteCount }
      })
    else { throw .inconsistent(kind: ChannelSubsystemState.kind, what: "a disk's chunks") }
    guard saved.isConsistent else {
      throw .inconsistent(kind: ChannelSubsystemState.kind, what: "a request")
    }
    let count = own.isActive.count
    guard saved.devices.allSatisfy({ $0.injected?.fault.isPossible ?? true }),
      saved.devices.allSatisfy({ $0.turns.isPossible(partitionCount: count) }),
      saved.paths.allSatisfy({ $0.turns.isPossible(partitionCount: count) })
    else { throw .inconsistent(kind: ChannelSubsystemState.kind, what: "a fault or a turn") }
    guard saved.devices.allSatisfy({ $0.reservations.isPossible(partitionCount: count) }),
      saved.subchannels.allSatisfy({ $0.attentions.allSatisfy(\.isAttention) })
    else { throw .inconsistent(kind: ChannelSubsystemState.kind, what: "a reservation") }
  }

  /// Calls the body with every word of the state that belongs to the machine's history.
  package func forEachHistoryWord(_ body: (UInt64) -> Void) {
    body(activity.sequence)
    for path in activity.paths {
      body(
        (path.isOnline ? 1 : 0) | (path.isOperational ? 2 : 0) | (path.moving.isEmpty ? 0 : 4)
          | (path.isClosing ? 8 : 0))
      for word in path.configured { body(word) }
      for partition in path.quiescing { body(UInt64(clamping: partition)) }
      body(path.measurement.requestCount)
      body(path.measurement.busyNanoseconds)
      path.turns.forEachHistoryWord(body)
    }
    for item in activity.subchannels {
      body(
        UInt64(item.logicalMask) << 8 | UInt64(clamping: item.rotation)
          | UInt64(item.inoperative) << 24 | UInt64(item.word.functions.rawValue) << 32
          | UInt64(clamping: item.waiting.count) << 40)
      body(item.measurement.requestCount)
      body(item.measurement.ioQueueNanoseconds)
      body(item.measurement.connectNanoseconds)
      body(item.measurement.disconnectNanoseconds)
      body(item.measurement.pendNanoseconds)
      mixAssignment(item, body)
      for sense in item.attentions { body(UInt64(sense.rawValue)) }
    }
    for device in activity.devices {
      body(
        UInt64(device.phase.rawValue) << 32 | UInt64(device.queue.count)
          | (device.isOffline ? 1 << 63 : 0))
      device.turns.forEachHistoryWord(body)
      device.injected?.forEachHistoryWord(body)
      device.reservations.forEachHistoryWord(body)
    }
    for disk in hardware.disks { body(disk.writeDigest) }
  }

  /// Calls the body with every word that belongs to one partition's history.
  package func forEachHistoryWord(of partition: Int, _ body: (UInt64) -> Void) {
    for item in activity.subchannels where item.partition == partition {
      body(UInt64(item.logicalMask) << 8 | UInt64(item.lastUsed))
      body(item.measurement.requestCount)
      body(item.measurement.byteCount)
      body(item.measurement.connectNanoseconds)
      body(hardware.disks[item.device].writeDigest)
      mixAssignment(item, body)
    }
    for path in activity.paths where path.isConfigured(partition) { body(path.isOnline ? 1 : 0) }
  }
}

extension ChannelSubsystem {
  /// What a device that was given to a partition adds to the history: those that are defined add nothing.
  private func mixAssignment(_ item: Subchannel, _ body: (UInt64) -> Void) {
    guard !hardware.subchannels.contains(where: { $0.isSame(as: item) }) else { return }
    body(
      UInt64(hardware.devices[item.device].number) << 32 | UInt64(item.virtualDevice) << 8
        | (item.isReadOnly ? 1 : 0))
    guard let extent = item.extent else { return }
    body(extent.first)
    body(extent.count)
  }
}

extension ChannelHardware {
  /// Whether partitions can have such access to devices: each in its order, with the paths that it has there,
  /// and none that is active to what is off line.
  fileprivate func isPossible(_ subchannels: [Subchannel], _ saved: ChannelActivity) -> Bool {
    let isOrdered = zip(subchannels, subchannels.dropFirst()).allSatisfy(Subchannel.isBefore)
    return isOrdered
      && subchannels.allSatisfy { item in
        let assignment = ChannelConfiguration.Assignment(
          partition: item.partition, virtualDevice: item.virtualDevice, device: item.device,
          isReadOnly: item.isReadOnly, extent: item.extent)
        return devices.indices.contains(item.device)
          && (item.extent?.fits(disks[item.device].blockCount) ?? true)
          && item.isSame(as: subchannel(assignment))
          && !(saved.isActive[item.partition] && saved.devices[item.device].isOffline)
      }
  }
}

extension ChannelActivity {
  /// Whether every request is where the others say it is.
  fileprivate var isConsistent: Bool {
    let free = slots.indices.filter { !slots[$0].isUsed }
    let underWay = devices.flatMap { $0.queue + ($0.current.map { [$0] } ?? []) }
    let started = subchannels.compactMap { $0.word.ending == nil ? $0.word.request : nil }
    let named = subchannels.flatMap { $0.waiting + ($0.word.request.map { [$0] } ?? []) }
    return freeSlots.sorted() == free
      && underWay.sorted() == started.sorted()
      && Set(named).count == named.count
      && named.allSatisfy { slots.indices.contains($0) && slots[$0].isUsed }
      && subchannels.indices.allSatisfy { index in
        let own = subchannels[index].waiting + [subchannels[index].word.request].compactMap(\.self)
        return own.allSatisfy { slots[$0].subchannel == index }
      }
      && devices.allSatisfy { ($0.phase == .idle) == ($0.current == nil) }
      && slots.allSatisfy { slot in
        (slot.subchannel.map { subchannels.indices.contains($0) } ?? true)
          && [slot.path, slot.selected].compactMap(\.self).allSatisfy { paths.indices.contains($0) }
      }
      && paths.indices.allSatisfy { path in
        paths[path].moving.allSatisfy { slots.indices.contains($0) && slots[$0].path == path }
      }
  }
}

extension Subchannel {
  /// Whether it is the same access to the same device, whatever happens there.
  func isSame(as other: Subchannel) -> Bool {
    partition == other.partition && virtualDevice == other.virtualDevice && device == other.device
      && paths == other.paths && preferred == other.preferred && isReadOnly == other.isReadOnly
      && extent == other.extent
  }
}

extension ChannelSubsystem: StateHolder {
  package static var roles: PropertyRoles {
    PropertyRoles(
      // The disks' contents are the disks' own.
      state: ["activity"], wiring: ["hardware", "isRehearsal", "settings"],
      caches: ["requestByteCount", "wantingCount", "diskReserve"])
  }
}
