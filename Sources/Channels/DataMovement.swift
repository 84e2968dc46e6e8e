// What a request moves, and how long that takes.

import Quantities

extension ChannelSubsystem {
  /// Does what a request asks, unless somebody else has reserved the device.
  func carryOut(_ request: ChannelRequest, at index: Int) -> RequestEnding {
    let subchannel = activity.subchannels[index]
    guard !failsOnPurpose(request.kind, at: subchannel.device) else { return .ioError }
    if request.hearsAttention, let sense = takeAttention(at: index) {
      return RequestEnding(status: .refused, sense: sense)
    }
    if let control = request.control { return perform(control, at: index) }
    if let use = request.use,
      !activity.devices[subchannel.device].reservations.permits(use, by: subchannel.partition)
    {
      return RequestEnding(status: .reservationConflict)
    }
    return move(request, by: subchannel).map { RequestEnding(status: .ok, data: $0) } ?? .ioError
  }

  /// Reads or writes what a request asks.
  ///
  /// - Returns: What was read, nothing for the others; nil when it cannot be done.
  private func move(_ request: ChannelRequest, by subchannel: Subchannel) -> [UInt8]? {
    let disk = hardware.disks[subchannel.device]
    let place = request.kind == .flush ? 0 : request.offset(on: disk, within: subchannel.extent)
    guard let offset = place else { return nil }
    switch request.kind {
    case .read:
      var data = [UInt8](
        repeating: 0, count: max(0, min(request.byteCount, ChannelDefaults.requestByteLimit)))
      return disk.read(offset, into: &data) ? data : nil
    case .write:
      let isWritten = disk.write(offset, from: request.written, for: request.partition)
      return isWritten && (!request.isDurable || disk.flush()) ? [] : nil
    case .flush: return disk.flush() ? [] : nil
    case .discard:
      disk.discard(offset, request.byteCount)
      return []
    case .writeZeroes:
      return disk.clear(offset, request.byteCount, for: request.partition) ? [] : nil
    case .control: return nil
    }
  }

  /// Time for which a path is busy with a request: its latency, and bytes at the slower rate.
  func moveTime(_ request: ChannelRequest, device: Int, path: Int) -> UInt64 {
    let latency = hardware.paths[path].latencyNanoseconds
    let rate = rate(of: device, over: path)
    // At most 4 MiB times 10^9, rounded up: fits 64 bits.
    let product = UInt64(clamping: request.movedByteCount).multipliedClamped(by: 1_000_000_000)
    return latency.addingClamped(product.addingClamped(rate &- 1) / rate)
  }

  /// Bytes a second at which a device moves data over a path.
  func rate(of device: Int, over path: Int) -> UInt64 {
    max(
      1, min(hardware.paths[path].bytesPerSecond, hardware.devices[device].bytesPerSecond)
    )
  }

  /// Whether a path can move a device's data beside what it moves now.
  func hasRoom(_ path: Int, for device: Int) -> Bool {
    activity.paths[path].hasRoom(
      for: rate(of: device, over: path), of: hardware.paths[path].bytesPerSecond)
  }

  /// Time for which a device works on a request before it wants a path: zeroes are written at its rate.
  func workTime(_ request: ChannelRequest, at device: Int) -> UInt64 {
    let written = request.kind == .writeZeroes ? request.byteCount : 0
    return latency(of: device).addingClamped(time(for: written, at: device))
  }

  /// What is left of its work when a device takes a request now.
  ///
  /// It has worked ahead since it was free to, if it was (nil when not), and since the request was there.
  func remainingWork(_ slot: Int, at device: Int, aheadSince free: SimulatedTime?) -> UInt64 {
    let time = workTime(activity.slots[slot].request, at: device)
    guard let free else { return time }
    let began = max(free, activity.slots[slot].arrived)
    return time.subtractingClamped(activity.clock.subtractingClamped(began))
  }

  /// Time that a request takes of a device's that need not wait for a path: while data of one move it works at the
  /// next, so that the longer of both counts.
  func serviceTime(_ request: ChannelRequest, at device: Int) -> UInt64 {
    max(workTime(request, at: device), time(for: request.movedByteCount, at: device))
  }

  private func time(for bytes: Int, at device: Int) -> UInt64 {
    UInt64(clamping: bytes).multipliedClamped(by: 1_000_000_000)
      / max(1, hardware.devices[device].bytesPerSecond)
  }
}
