/// The channel subsystem's state as data: requests in flight, masks, counters, changed blocks.
package struct ChannelSubsystemState: Equatable, Sendable, Codable {
  var clock: SimulatedTime
  var sequence: UInt64
  var paths: [ChannelPath]
  var devices: [DeviceUnit]
  var subchannels: [Subchannel]
  var slots: [RequestSlot]
  var events: ChannelEventQueue
  var ended: [ChannelCompletion]
  var isActive: [Bool]
  var wasActivated: [Bool]
  var chunks: [[DiskDevice.Chunk]]
  var writeDigests: [UInt64]
}

/// Why a saved state cannot be put back.
package enum ChannelStateError: Error, Equatable, Sendable {
  /// It was saved with another I/O configuration.
  case otherConfiguration
}

extension ChannelSubsystem {
  /// The state as data, without the configuration and the files of writable devices.
  package func saveState() -> ChannelSubsystemState {
    ChannelSubsystemState(
      clock: clock, sequence: sequence, paths: paths.elements, devices: devices.elements,
      subchannels: subchannels.elements, slots: slots.elements, events: events, ended: ended,
      isActive: isActive.elements, wasActivated: wasActivated.elements,
      chunks: disks.map(\.changedChunks), writeDigests: disks.map(\.writeDigest))
  }

  /// Puts a saved state back.
  ///
  /// - Throws: `ChannelStateError.otherConfiguration` when paths, devices or partitions differ.
  package func restoreState(_ state: ChannelSubsystemState) throws(ChannelStateError) {
    guard state.paths.count == paths.count, state.devices.count == devices.count,
      state.isActive.count == isActive.count, state.wasActivated.count == isActive.count,
      state.chunks.count == disks.count, state.writeDigests.count == disks.count,
      state.chunks.allSatisfy({ $0.allSatisfy { $0.bytes.count == DiskDevice.chunkByteCount } }),
      state.subchannels.map(\.virtualDevice) == subchannels.map(\.virtualDevice),
      state.subchannels.map(\.device) == subchannels.map(\.device)
    else { throw .otherConfiguration }
    clock = state.clock
    sequence = state.sequence
    paths.elements = state.paths
    devices.elements = state.devices
    subchannels.elements = state.subchannels
    setSlots(state.slots)
    events = state.events
    ended = state.ended
    isActive.elements = state.isActive
    wasActivated.elements = state.wasActivated
    for (disk, (chunks, digest)) in zip(disks, zip(state.chunks, state.writeDigests)) {
      disk.restore(chunks, writeDigest: digest)
    }
  }

  /// Calls the body with every word of the state that belongs to the machine's history.
  package func forEachHistoryWord(_ body: (UInt64) -> Void) {
    body(sequence)
    for path in paths {
      body((path.isOnline ? 1 : 0) | (path.isOperational ? 2 : 0) | (path.moving.isEmpty ? 0 : 4))
      for word in path.configured { body(word) }
      body(path.measurement.requestCount)
      body(path.measurement.busyNanoseconds)
    }
    for item in subchannels {
      body(UInt64(item.logicalMask) << 8 | UInt64(clamping: item.rotation))
      body(item.measurement.requestCount)
      body(item.measurement.connectNanoseconds)
      body(item.measurement.disconnectNanoseconds)
      body(item.measurement.pendNanoseconds)
    }
    for device in devices {
      body(UInt64(device.phase.rawValue) << 32 | UInt64(device.queue.count))
    }
    for disk in disks { body(disk.writeDigest) }
  }

  /// Calls the body with every word that belongs to one partition's history.
  package func forEachHistoryWord(of partition: Int, _ body: (UInt64) -> Void) {
    for item in subchannels where item.partition == partition {
      body(UInt64(item.logicalMask) << 8 | UInt64(item.lastUsed))
      body(item.measurement.requestCount)
      body(item.measurement.byteCount)
      body(item.measurement.connectNanoseconds)
      body(disks[item.device].writeDigest)
    }
    for path in paths where path.isConfigured(partition) { body(path.isOnline ? 1 : 0) }
  }
}
