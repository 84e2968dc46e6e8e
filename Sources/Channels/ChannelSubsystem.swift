// One request's way, all in simulated time:
//
//   start -> [arrival] -> queue of the device -> device works (latency) -> wants a path -> path moves
//            the data (path latency + bytes / slower rate) -> [moved] -> completion
//
// pend = in the queue; disconnect = device works or wants a path; connect = data moves.
// A path moves data of several devices at once, as long as their rates come to no more than its own.
// A request without a path waits in the device's queue and lets others pass; a path that goes while
// it moves data gives its request back to the device, which asks for another. Nothing is lost.
// Data is read and written when it has moved, one request a device at a time. Control units add no
// queue of their own: they let as many requests through as they have paths.

import Quantities

/// The machine's channel subsystem: moves blocks between partitions and devices in simulated time.
///
/// Owned by one thread; touched in the Plan and Settle phases only.
package final class ChannelSubsystem {
  /// What it was built from.
  package let configuration: ChannelConfiguration
  let definedPaths: Numbered<ChannelConfiguration.Path>
  let definedDevices: Numbered<ChannelConfiguration.Device>
  var paths: Numbered<ChannelPath>
  var devices: Numbered<DeviceUnit>
  let disks: Numbered<DiskDevice>
  let diskMemory: DiskMemory
  /// Most host memory that disks can ever take, in bytes.
  package let diskReserve: UInt64
  /// Bytes that requests under way carry or will carry.
  package private(set) var requestByteCount: UInt64 = 0
  var subchannels: Numbered<Subchannel>
  var slots = Numbered<RequestSlot>([], absent: .absent)
  private(set) var freeSlots: [Int] = []
  var events = ChannelEventQueue()
  var ended: [ChannelCompletion] = []
  /// The time up to which everything has happened.
  package internal(set) var clock: SimulatedTime = 0
  var sequence: UInt64 = 0
  /// How many devices want a path; spares the search for one when there is none.
  private var wantingCount = 0
  var isActive: Numbered<Bool>
  var wasActivated: Numbered<Bool>

  /// Builds the subsystem and opens the devices' files.
  ///
  /// - Throws: `ChannelError.fileUnusable` naming device, file and reason.
  package init(_ configuration: ChannelConfiguration) throws(ChannelError) {
    self.configuration = configuration
    let count = max(0, configuration.partitionCount)
    let definedPaths = Numbered(
      configuration.paths, absent: ChannelConfiguration.Path(number: 0, accessPartitions: []))
    self.definedPaths = definedPaths
    definedDevices = Numbered(
      configuration.devices,
      absent: ChannelConfiguration.Device(number: 0, paths: [], medium: .none))
    let path = ChannelPath(partitionCount: count)
    paths = Numbered(configuration.paths.map { _ in path }, absent: path)
    devices = Numbered(configuration.devices.map { _ in DeviceUnit() }, absent: DeviceUnit())
    diskMemory = DiskMemory(
      partitionCount: count, byteLimit: configuration.diskByteLimit)
    var opened: [DiskDevice] = []
    for device in configuration.devices {
      opened.append(try DiskDevice(device.medium, device: device.number, memory: diskMemory))
    }
    disks = Numbered(opened, absent: DiskDevice(withoutBlocks: diskMemory))
    var reserves = Numbered([UInt64](repeating: 0, count: count), absent: 0)
    for assignment in configuration.assignments {
      let held = reserves[assignment.partition].addingClamped(
        disks[assignment.device].memoryByteCount)
      reserves[assignment.partition] = min(held, configuration.diskByteLimit)
    }
    diskReserve = reserves.reduce(0) { $0.addingClamped($1) }
    isActive = Numbered([Bool](repeating: false, count: count), absent: false)
    wasActivated = isActive
    var subchannels: [Subchannel] = []
    for assignment in configuration.assignments {
      let device = definedDevices[assignment.device]
      let installed = device.paths.filter {
        definedPaths[$0].candidatePartitions.contains(assignment.partition)
      }
      let limited = Array(installed.prefix(ChannelDefaults.pathsPerDevice))
      let preferred = device.preferredPath.flatMap { named in
        PathSelection.preferredPath(
          named: named,
          rotation: device.paths.filter {
            definedPaths[$0].subsystem == definedPaths[named].subsystem
          },
          owns: limited.contains)
      }
      subchannels.append(
        Subchannel(
          partition: assignment.partition, virtualDevice: assignment.virtualDevice,
          device: assignment.device, paths: limited,
          preferred: preferred.flatMap { limited.firstIndex(of: $0) }))
    }
    subchannels.sort { ($0.partition, $0.virtualDevice) < ($1.partition, $1.virtualDevice) }
    self.subchannels = Numbered(subchannels, absent: .absent)
  }

  /// A copy on which changes of paths can be tried; its time never advances and it moves no data.
  package init(rehearsing other: ChannelSubsystem) {
    configuration = other.configuration
    definedPaths = other.definedPaths
    definedDevices = other.definedDevices
    paths = other.paths
    devices = other.devices
    disks = other.disks
    diskMemory = other.diskMemory
    diskReserve = other.diskReserve
    requestByteCount = other.requestByteCount
    subchannels = other.subchannels
    slots = other.slots
    freeSlots = other.freeSlots
    events = other.events
    ended = other.ended
    clock = other.clock
    sequence = other.sequence
    wantingCount = other.wantingCount
    isActive = other.isActive
    wasActivated = other.wasActivated
  }

  // MARK: - Requests

  /// Queues a request; its completion comes later, also when it is refused.
  ///
  /// - Parameter request: `device` is the partition's own number, or else the real one.
  package func start(_ request: ChannelRequest) {
    let subchannel = subchannelIndex(request.partition, request.device)
    let refusal =
      subchannel.map { request.refusal(by: disks[subchannels[$0].device]) } ?? .notOperational
    let time = max(clock, request.issued)
    var slot = RequestSlot(
      request: request, subchannel: subchannel, refusal: refusal, sequence: sequence,
      phaseStart: time)
    // What is refused moves nothing.
    if refusal != nil { slot.request.data = [] }
    requestByteCount = requestByteCount.addingClamped(slot.heldByteCount)
    sequence &+= 1
    let index: Int
    if let free = freeSlots.popLast() {
      index = free
      let generation = slots[free].generation
      slots[free] = slot
      slots[free].generation = generation
    } else {
      index = slots.count
      slots.append(slot)
    }
    schedule(.arrival, index, at: time)
  }

  /// A time at which something can happen; never later than the next completion.
  package var nextCompletion: SimulatedTime? {
    guard let stashed = ended.first?.at else { return events.first?.time }
    return events.first.map { min($0.time, stashed) } ?? stashed
  }

  /// Lets everything happen up to a time, that time included.
  ///
  /// - Returns: What ended, by time, partition and tag.
  package func takeCompletions(upTo time: SimulatedTime) -> [ChannelCompletion] {
    advance(to: time)
    guard !ended.isEmpty else { return [] }
    let result = ended.sorted { ($0.at, $0.partition, $0.tag) < ($1.at, $1.partition, $1.tag) }
    ended.removeAll(keepingCapacity: true)
    return result
  }

  /// Lets everything happen up to a time; completions are kept until they are taken.
  ///
  /// Called before paths are changed, so that what goes on then does so from that time.
  package func advance(to time: SimulatedTime) {
    while let event = events.first, event.time <= time {
      _ = events.removeFirst()
      clock = max(clock, event.time)
      let slot = slots[event.slot]
      guard slot.isUsed, slot.generation == event.generation, slot.sequence == event.sequence else {
        continue
      }
      switch event.kind {
      case .arrival: arrive(event.slot)
      case .deviceReady: wantPath(event.slot)
      case .moved: end(event.slot)
      }
    }
    clock = max(clock, time)
  }

  private func schedule(_ kind: ChannelEvent.Kind, _ slot: Int, at time: SimulatedTime) {
    events.insert(
      ChannelEvent(
        time: time, kind: kind, partition: slots[slot].request.partition,
        sequence: slots[slot].sequence, slot: slot, generation: slots[slot].generation))
  }

  func subchannelIndex(_ partition: Int, _ device: UInt16) -> Int? {
    var low = 0
    var high = subchannels.count
    while low < high {
      let middle = low &+ (high &- low) / 2
      if subchannels[middle].partition < partition { low = middle &+ 1 } else { high = middle }
    }
    var byRealNumber: Int?
    while low < subchannels.count, subchannels[low].partition == partition {
      if subchannels[low].virtualDevice == device { return low }
      if definedDevices[subchannels[low].device].number == device { byRealNumber = low }
      low &+= 1
    }
    return byRealNumber
  }

  // MARK: - A request's way

  /// Mask of the paths a subchannel can use now.
  func usableMask(_ subchannel: Int) -> UInt8 {
    let item = subchannels[subchannel]
    return item.logicalMask & item.mask { paths[$0].isAvailable(item.partition) }
  }

  private func arrive(_ slot: Int) {
    guard slots[slot].refusal == nil, let subchannel = slots[slot].subchannel else {
      complete(slot, slots[slot].refusal ?? .notOperational, data: [])
      return
    }
    let device = subchannels[subchannel].device
    devices[device].queue.append(slot)
    startDevice(device)
  }

  /// Lets an idle device take the first request in its queue that has a path.
  func startDevice(_ device: Int) {
    guard devices[device].phase == .idle else { return }
    let ready = devices[device].queue.first { slot in
      slots[slot].subchannel.map { usableMask($0) != 0 } ?? false
    }
    guard let slot = ready, let subchannel = slots[slot].subchannel else { return }
    devices[device].queue.removeAll { $0 == slot }
    setPhase(device, .working)
    devices[device].current = slot
    subchannels[subchannel].measurement.pendNanoseconds.addClamped(endPhase(slot))
    schedule(
      .deviceReady, slot, at: clock.addingClamped(definedDevices[device].latencyNanoseconds))
  }

  /// Begins a request's next phase; how long the one before was.
  private func endPhase(_ slot: Int) -> UInt64 {
    let elapsed = clock.subtractingClamped(slots[slot].phaseStart)
    slots[slot].phaseStart = clock
    return elapsed
  }

  private func wantPath(_ slot: Int) {
    guard let subchannel = slots[slot].subchannel else { return }
    let device = subchannels[subchannel].device
    setPhase(device, .wantsPath)
    connect(device)
  }

  /// Gives a device that wants one a free path; without any usable path its request waits again.
  func connect(_ device: Int) {
    guard devices[device].phase == .wantsPath, let slot = devices[device].current,
      let subchannel = slots[slot].subchannel
    else { return }
    let usable = usableMask(subchannel)
    guard usable != 0 else {
      giveBack(device)
      startDevice(device)
      return
    }
    let free = usable & subchannels[subchannel].mask { hasRoom($0, for: device) }
    guard let position = subchannels[subchannel].selection(from: free),
      let path = subchannels[subchannel].paths.element(at: position)
    else { return }
    subchannels[subchannel].use(position)
    subchannels[subchannel].measurement.disconnectNanoseconds.addClamped(endPhase(slot))
    slots[slot].path = path
    paths[path].take(slot, rate: rate(of: device, over: path))
    setPhase(device, .moving)
    let time = moveTime(slots[slot].request, device: device, path: path)
    schedule(.moved, slot, at: clock.addingClamped(time))
  }

  /// Time for which a path is busy with a request: its latency, and bytes at the slower rate.
  private func moveTime(_ request: ChannelRequest, device: Int, path: Int) -> UInt64 {
    let latency = definedPaths[path].latencyNanoseconds
    guard request.kind != .flush else { return latency }
    let rate = rate(of: device, over: path)
    // At most 4 MiB times 10^9, rounded up: fits 64 bits.
    let product = UInt64(clamping: request.byteCount).multipliedClamped(by: 1_000_000_000)
    return latency.addingClamped(product.addingClamped(rate &- 1) / rate)
  }

  /// Bytes a second at which a device moves data over a path.
  private func rate(of device: Int, over path: Int) -> UInt64 {
    max(
      1, min(definedPaths[path].bytesPerSecond, definedDevices[device].bytesPerSecond)
    )
  }

  /// Whether a path can move a device's data beside what it moves now.
  private func hasRoom(_ path: Int, for device: Int) -> Bool {
    paths[path].hasRoom(
      for: rate(of: device, over: path), of: definedPaths[path].bytesPerSecond)
  }

  private func end(_ slot: Int) {
    guard let subchannel = slots[slot].subchannel, let path = slots[slot].path else { return }
    let device = subchannels[subchannel].device
    let request = slots[slot].request
    var data: [UInt8] = []
    let offset = request.firstBlock.multipliedClamped(by: ChannelDefaults.blockByteCount)
    let isGood: Bool
    switch request.kind {
    case .read:
      data = [UInt8](
        repeating: 0, count: max(0, min(request.byteCount, ChannelDefaults.requestByteLimit)))
      isGood = disks[device].read(offset, into: &data)
      if !isGood { data = [] }
    case .write: isGood = disks[device].write(offset, from: request.data, for: request.partition)
    case .flush: isGood = disks[device].flush()
    }
    leavePath(slot, bytes: request.kind == .flush ? 0 : request.byteCount)
    paths[path].measurement.requestCount.addClamped(1)
    setPhase(device, .idle)
    devices[device].current = nil
    complete(slot, isGood ? .ok : .ioError, data: data)
    startDevice(device)
    offer(path)
  }

  /// Says what a device does now.
  func setPhase(_ device: Int, _ phase: DeviceUnit.Phase) {
    if devices[device].phase == .wantsPath { wantingCount.subtractClamped(1) }
    devices[device].phase = phase
    if phase == .wantsPath { wantingCount.addClamped(1) }
  }

  /// Takes a request off the path that moves its data, and counts.
  func leavePath(_ slot: Int, bytes: Int) {
    guard let path = slots[slot].path, let subchannel = slots[slot].subchannel else { return }
    let elapsed = endPhase(slot)
    let bytes = UInt64(clamping: bytes)
    paths[path].leave(
      slot, rate: rate(of: subchannels[subchannel].device, over: path), after: elapsed,
      of: definedPaths[path].bytesPerSecond)
    paths[path].measurement.byteCount.addClamped(bytes)
    subchannels[subchannel].measurement.connectNanoseconds.addClamped(elapsed)
    subchannels[subchannel].measurement.byteCount.addClamped(bytes)
    slots[slot].path = nil
  }

  /// Puts a device's request back to the head of its queue.
  func giveBack(_ device: Int) {
    guard let slot = devices[device].current, let subchannel = slots[slot].subchannel else {
      return
    }
    subchannels[subchannel].measurement.disconnectNanoseconds.addClamped(endPhase(slot))
    slots[slot].generation &+= 1
    devices[device].queue.insert(slot, at: 0)
    devices[device].current = nil
    setPhase(device, .idle)
  }

  private func complete(_ slot: Int, _ status: ChannelStatus, data: [UInt8]) {
    let request = slots[slot].request
    if let subchannel = slots[slot].subchannel {
      subchannels[subchannel].measurement.requestCount.addClamped(1)
    }
    release(slot)
    ended.append(
      ChannelCompletion(
        partition: request.partition, device: request.device, tag: request.tag, status: status,
        data: data, at: clock))
  }

  /// Makes a slot free for the next request.
  func release(_ slot: Int) {
    requestByteCount = requestByteCount.subtractingClamped(slots[slot].heldByteCount)
    slots[slot].isUsed = false
    slots[slot].generation &+= 1
    slots[slot].request.data = []
    freeSlots.append(slot)
  }

  /// Replaces all slots by saved ones.
  func setSlots(_ saved: [RequestSlot]) {
    slots.elements = saved
    requestByteCount = saved.reduce(0) { $0.addingClamped($1.isUsed ? $1.heldByteCount : 0) }
    wantingCount = devices.count { $0.phase == .wantsPath }
    freeSlots = saved.enumerated().filter { !$0.element.isUsed }.map(\.offset)
  }

  /// Gives a path that has room to the devices that have wanted one longest.
  func offer(_ path: Int) {
    while wantingCount > 0, let device = longestWaiting(for: path) {
      connect(device)
      // One that does not fit lets no other pass.
      if devices[device].phase == .wantsPath { return }
    }
  }

  private func longestWaiting(for path: Int) -> Int? {
    var best: (device: Int, slot: RequestSlot)?
    for (device, unit) in devices.enumerated() where unit.phase == .wantsPath {
      guard let current = unit.current, let subchannel = slots[current].subchannel,
        usableMask(subchannel) & subchannels[subchannel].mask({ $0 == path }) != 0
      else { continue }
      let slot = slots[current]
      let isEarlier =
        best.map {
          (slot.phaseStart, slot.request.partition, slot.sequence)
            < ($0.slot.phaseStart, $0.slot.request.partition, $0.slot.sequence)
        } ?? true
      if isEarlier { best = (device, slot) }
    }
    return best?.device
  }
}
