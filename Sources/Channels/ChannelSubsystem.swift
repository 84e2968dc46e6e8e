// One request's way, all in simulated time:
//
//   [arrival] -> waits at the subchannel -> start -> queue of the device -> device works (latency)
//             -> queue of the control unit: wants a path -> path moves the data (path latency +
//                bytes / slower rate) -> [moved] -> status, which is taken at once -> completion
//
// I/O queue = waits at the subchannel; pend = in the device's or the control unit's queue; disconnect =
// device works; connect = data moves.
// While the data of a request wait for a path or move, the device works ahead at what is behind it: when it takes
// that one, it has so much less to do, and wants a path for it at once when there is nothing left.
// A path moves data of several devices at once, as long as their rates come to no more than its own.
// A request without a path waits at its subchannel; a path that goes while it moves data gives its
// request back to the device, which asks for another. Nothing is lost. Data is read and written when
// it has moved, one request a subchannel and a device at a time. Control units let as many requests
// through as they have paths. The queues of devices and paths are served in the order of arrival, or
// by the partitions' priorities when there are any.

import Quantities

/// The machine's channel subsystem: moves blocks between partitions and devices in simulated time.
///
/// Owned by one thread; touched in the Plan and Settle phases only.
package final class ChannelSubsystem {
  /// What it is doing.
  var activity: ChannelActivity
  /// What it was built from.
  private(set) var hardware: ChannelHardware
  /// Whether it is a copy, on which changes are tried.
  let isRehearsal: Bool
  /// Bytes that requests under way carry or will carry.
  package private(set) var requestByteCount: UInt64 = 0
  /// Who says what is set.
  package weak var settings: (any ChannelSettings)?
  /// How many devices want a path; spares the search for one when there is none.
  private(set) var wantingCount = 0

  /// What it was built from.
  package var configuration: ChannelConfiguration { hardware.configuration }
  /// Most host memory that disks can take while everybody has the devices that he has now, in bytes.
  package private(set) var diskReserve: UInt64 = 0
  /// The time up to which everything has happened.
  package var clock: SimulatedTime { activity.clock }

  /// Builds the subsystem and opens the devices' files.
  ///
  /// - Parameters:
  ///   - configuration: What it is built from.
  ///   - sparingFiles: Whether what is written to writable files stays in memory.
  /// - Throws: `ChannelError.fileUnusable` naming device, file and reason.
  package convenience init(
    _ configuration: ChannelConfiguration, sparingFiles: Bool = false
  ) throws(ChannelError) {
    let hardware = try ChannelHardware(configuration, sparingFiles: sparingFiles)
    self.init(hardware, ChannelActivity(hardware))
  }

  init(_ hardware: ChannelHardware, _ activity: ChannelActivity, isRehearsal: Bool = false) {
    self.hardware = hardware
    self.isRehearsal = isRehearsal
    self.activity = activity
    recount()
  }

  /// The same subsystem in the same state, to try changes of paths on.
  ///
  /// It has the same disks: its time must not pass, so that it moves no data.
  package func rehearsal() -> ChannelSubsystem {
    ChannelSubsystem(hardware, activity, isRehearsal: true)
  }

  // MARK: - Requests

  /// Queues a request; its completion comes later, also when it is refused.
  ///
  /// - Parameter request: `device` is the partition's own number, or else the real one.
  package func start(_ request: ChannelRequest) {
    let subchannel = subchannelIndex(request.partition, request.device)
    let refusal =
      subchannel.map {
        request.refusal(
          by: hardware.disks[activity.subchannels[$0].device],
          isReadOnly: activity.subchannels[$0].isReadOnly,
          within: activity.subchannels[$0].extent)
      }
      ?? .notOperational
    let time = max(activity.clock, request.issued)
    var slot = RequestSlot(
      request: request, subchannel: subchannel, refusal: refusal, sequence: activity.sequence,
      phaseStart: time)
    // What is refused moves nothing.
    if refusal != nil { slot.request.data = [] }
    requestByteCount = requestByteCount.addingClamped(slot.heldByteCount)
    activity.sequence &+= 1
    let index: Int
    if let free = activity.freeSlots.popLast() {
      index = free
      let generation = activity.slots[free].generation
      activity.slots[free] = slot
      activity.slots[free].generation = generation
    } else {
      index = activity.slots.count
      activity.slots.append(slot)
    }
    schedule(.arrival, index, at: time)
  }

  /// A time at which something can happen; never later than the next completion.
  package var nextCompletion: SimulatedTime? {
    var next = activity.events.first?.time
    if let look = activity.nextLook { next = min(next ?? .max, look) }
    if let stashed = activity.ended.first?.at { next = min(next ?? .max, stashed) }
    if !activity.missing.isEmpty { next = min(next ?? .max, clock) }
    return next
  }

  /// Lets everything happen up to a time, that time included.
  ///
  /// - Returns: What ended, by time, partition and tag.
  package func takeCompletions(upTo time: SimulatedTime) -> [ChannelCompletion] {
    advance(to: time)
    guard !activity.ended.isEmpty else { return [] }
    let result = activity.ended.sorted {
      ($0.at, $0.partition, $0.tag) < ($1.at, $1.partition, $1.tag)
    }
    activity.ended.removeAll(keepingCapacity: true)
    return result
  }

  /// Lets everything happen up to a time; completions are kept until they are taken.
  func advance(to time: SimulatedTime) {
    while true {
      let event = activity.events.first
      // What comes at the last moment is not missing.
      if let look = activity.nextLook, look <= time, look < event?.time ?? .max {
        activity.clock = max(activity.clock, look)
        lookForMissingInterrupts()
        continue
      }
      guard let event, event.time <= time else { break }
      _ = activity.events.removeFirst()
      activity.clock = max(activity.clock, event.time)
      let slot = activity.slots[event.slot]
      guard slot.isUsed, slot.generation == event.generation, slot.sequence == event.sequence else {
        continue
      }
      switch event.kind {
      case .arrival: arrive(event.slot)
      case .deviceReady: wantPath(event.slot)
      case .moved: end(event.slot)
      case .interruption: takeInterruption(for: event.slot)
      }
    }
    activity.clock = max(activity.clock, time)
  }

  /// Comes to the time of an act from outside.
  func reach(_ time: SimulatedTime) {
    // A rehearsal has the machine's own disks, so that it must move no data.
    guard isRehearsal else { return advance(to: time) }
    activity.clock = max(activity.clock, time)
  }

  /// Has the status of a halt or clear taken, after what arrives at this instant.
  func interrupt(for slot: Int) { schedule(.interruption, slot, at: activity.clock) }

  private func schedule(_ kind: ChannelEvent.Kind, _ slot: Int, at time: SimulatedTime) {
    activity.events.insert(
      ChannelEvent(
        time: time, kind: kind, partition: activity.slots[slot].request.partition,
        sequence: activity.slots[slot].sequence, slot: slot,
        generation: activity.slots[slot].generation))
  }

  /// The subchannel by which a partition reaches a device that it knows by a number of its own.
  func subchannelIndex(_ partition: Int, _ device: UInt16) -> Int? {
    var low = 0
    var high = activity.subchannels.count
    while low < high {
      let middle = low &+ (high &- low) / 2
      if activity.subchannels[middle].partition < partition {
        low = middle &+ 1
      } else {
        high = middle
      }
    }
    while low < activity.subchannels.count, activity.subchannels[low].partition == partition {
      if activity.subchannels[low].virtualDevice == device { return low }
      low &+= 1
    }
    return nil
  }

  // MARK: - A request's way

  /// Mask of the paths a subchannel can use now.
  func usableMask(_ subchannel: Int) -> UInt8 {
    let item = activity.subchannels[subchannel]
    return item.logicalMask & item.mask { activity.paths[$0].isAvailable(item.partition) }
  }

  private func arrive(_ slot: Int) {
    guard activity.slots[slot].refusal == nil, let subchannel = activity.slots[slot].subchannel
    else {
      complete(slot, RequestEnding(status: activity.slots[slot].refusal ?? .notOperational))
      return
    }
    activity.slots[slot].arrived = activity.clock
    activity.subchannels[subchannel].waiting.append(slot)
    startNext(at: subchannel)
  }

  /// Lets an idle device take a request in its queue that has a path: the first of who is next.
  ///
  /// One that has moved data until now has worked ahead since it was free to; any other (nil) begins now.
  func startDevice(_ device: Int, aheadSince free: SimulatedTime? = nil) {
    guard activity.devices[device].phase == .idle else { return }
    guard let slot = next(of: device), let subchannel = activity.slots[slot].subchannel else {
      return
    }
    endWait(slot, at: subchannel)
    activity.devices[device].queue.removeAll { $0 == slot }
    setPhase(device, .working)
    activity.devices[device].current = slot
    serve(slot, at: device)
    let time = remainingWork(slot, at: device, aheadSince: free)
    // The path has just become free: it is for whoever is next, who may have waited for it.
    guard free == nil || time > 0 else { return finishWork(slot, at: device) }
    schedule(.deviceReady, slot, at: activity.clock.addingClamped(time))
  }

  /// A device has done its work at a request: from now on it wants a path, and works ahead.
  private func finishWork(_ slot: Int, at device: Int) {
    activity.slots[slot].worked = activity.clock
    setPhase(device, .wantsPath)
  }

  /// Begins a request's next phase; how long the one before was.
  func endPhase(_ slot: Int) -> UInt64 {
    let elapsed = activity.clock.subtractingClamped(activity.slots[slot].phaseStart)
    activity.slots[slot].phaseStart = activity.clock
    return elapsed
  }

  private func wantPath(_ slot: Int) {
    guard let subchannel = activity.slots[slot].subchannel else { return }
    let device = activity.subchannels[subchannel].device
    endWait(slot, at: subchannel)
    finishWork(slot, at: device)
    connect(device)
  }

  /// Gives a device that wants one a free path; without a usable one its request waits at the subchannel.
  func connect(_ device: Int) {
    guard activity.devices[device].phase == .wantsPath, let slot = activity.devices[device].current,
      let subchannel = activity.slots[slot].subchannel
    else { return }
    let usable = usableMask(subchannel)
    guard usable != 0 else {
      giveBack(subchannel)
      startDevice(device)
      return
    }
    let others = usable & ~activity.slots[slot].excludedPaths
    let free =
      (others != 0 ? others : usable)
      & activity.subchannels[subchannel].mask { hasRoom($0, for: device) }
    guard let position = activity.subchannels[subchannel].selection(from: free),
      let path = activity.subchannels[subchannel].paths.element(at: position)
    else { return }
    activity.subchannels[subchannel].use(position)
    endWait(slot, at: subchannel)
    activity.slots[slot].path = path
    activity.paths[path].take(slot, rate: rate(of: device, over: path))
    setPhase(device, .moving)
    let time = moveTime(activity.slots[slot].request, device: device, path: path)
    serve(slot, on: path, for: time)
    schedule(.moved, slot, at: activity.clock.addingClamped(time))
  }

  private func end(_ slot: Int) {
    guard let subchannel = activity.slots[slot].subchannel, let path = activity.slots[slot].path
    else { return }
    let device = activity.subchannels[subchannel].device
    let request = activity.slots[slot].request
    let free = activity.slots[slot].worked
    let ending = carryOut(request, at: subchannel)
    leavePath(slot, bytes: request.movedByteCount)
    activity.paths[path].measurement.requestCount.addClamped(1)
    activity.subchannels[subchannel].word.ending = .done
    // What is behind it is in the device's queue before the device is idle, and takes one of all that are there.
    takeStatus(of: subchannel, ending)
    setPhase(device, .idle)
    activity.devices[device].current = nil
    startDevice(device, aheadSince: free)
    offer(path)
    offerOthers(than: path, to: device)
  }

  /// Offers the other paths that a device could take which still wants one.
  private func offerOthers(than path: Int, to device: Int) {
    guard activity.devices[device].phase == .wantsPath, let slot = activity.devices[device].current,
      let subchannel = activity.slots[slot].subchannel
    else { return }
    for other in activity.subchannels[subchannel].paths where other != path { offer(other) }
  }

  /// Says what a device does now.
  func setPhase(_ device: Int, _ phase: DeviceUnit.Phase) {
    if activity.devices[device].phase == .wantsPath { wantingCount.subtractClamped(1) }
    activity.devices[device].phase = phase
    if phase == .wantsPath { wantingCount.addClamped(1) }
  }

  /// Takes a request off the path that moves its data, and counts.
  func leavePath(_ slot: Int, bytes: Int) {
    guard let path = activity.slots[slot].path, let subchannel = activity.slots[slot].subchannel
    else { return }
    let elapsed = endPhase(slot)
    let bytes = UInt64(clamping: bytes)
    activity.paths[path].leave(
      slot, rate: rate(of: activity.subchannels[subchannel].device, over: path), after: elapsed,
      of: hardware.paths[path].bytesPerSecond)
    activity.paths[path].measurement.byteCount.addClamped(bytes)
    activity.subchannels[subchannel].measurement.connectNanoseconds.addClamped(elapsed)
    activity.subchannels[subchannel].measurement.byteCount.addClamped(bytes)
    activity.slots[slot].path = nil
  }

  /// Counts how long a request that was started was where it is, while no data of it moved.
  func endWait(_ slot: Int, at subchannel: Int) {
    let unit = activity.devices[activity.subchannels[subchannel].device]
    let isBegun = unit.current == slot
    guard !isBegun || unit.phase != .moving else { return }
    let elapsed = endPhase(slot)
    if isBegun, unit.phase == .working {
      activity.subchannels[subchannel].measurement.disconnectNanoseconds.addClamped(elapsed)
      return
    }
    activity.subchannels[subchannel].measurement.pendNanoseconds.addClamped(elapsed)
    guard isBegun else { return }
    activity.subchannels[subchannel].measurement.controlUnitQueueNanoseconds.addClamped(elapsed)
  }

  func complete(_ slot: Int, _ ending: RequestEnding) {
    let request = activity.slots[slot].request
    if let subchannel = activity.slots[slot].subchannel {
      activity.subchannels[subchannel].measurement.requestCount.addClamped(1)
    }
    release(slot)
    activity.ended.append(
      ChannelCompletion(
        partition: request.partition, device: request.device, tag: request.tag,
        status: ending.status, data: ending.data, at: activity.clock, sense: ending.sense))
  }

  /// Makes a slot free for the next request.
  func release(_ slot: Int) {
    requestByteCount = requestByteCount.subtractingClamped(activity.slots[slot].heldByteCount)
    activity.slots[slot].isUsed = false
    activity.slots[slot].generation &+= 1
    activity.slots[slot].request.data = []
    activity.freeSlots.append(slot)
  }

  /// Has its paths and devices as something else says them.
  func replaceHardware(by other: ChannelHardware) { hardware = other }

  /// Counts again what is counted of the activity.
  func recount() {
    requestByteCount = activity.slots.reduce(0) {
      $0.addingClamped($1.isUsed ? $1.heldByteCount : 0)
    }
    wantingCount = activity.devices.count { $0.phase == .wantsPath }
    diskReserve = diskReserve(of: activity.subchannels.elements)
  }
}
