// The network device of virtio (VIRTIO 1.2, "Network Device"): frames of a guest leave for the machine's networks,
// and those that come from there are put into the buffers that its driver has made available.

import Channels
import Quantities
import X86

/// A network device as the guest sees it: the face of a network adapter.
///
/// All guest addresses are checked when a chain is taken, and again by the write path when a frame is stored.
final class NetworkDevice: VirtioDevice {
  /// A frame that has not left yet.
  struct Pending: Codable, Equatable, Sendable {
    var tag: UInt64
    var head: UInt16
  }

  /// All state of the device.
  struct State: SavedState {
    static let kind = "network device"
    static let version = 1

    var transport: VirtioTransport
    var pending: [Pending] = []
    /// Buffers of the driver that are still empty.
    var buffers: [VirtQueue.Chain] = []
    /// Frames for which there was no buffer yet.
    var backlog: [EthernetFrame] = []
  }

  /// How much waits for the driver's buffers; more is lost, as on a wire.
  enum Backlog {
    /// Frames.
    static let frameLimit = 256
    /// Bytes.
    static let byteLimit = 1 << 20
  }

  /// What a notice costs the processor that gives it, in cycles: the host walks the rings for it.
  private enum Cost {
    static let frame = 400
    static let descriptor = 100
    static let kibibyte = 100
    static let segment = 100
  }

  private enum Feature {
    static let checksum: UInt64 = 1 << 0
    static let guestChecksum: UInt64 = 1 << 1
    static let unit: UInt64 = 1 << 3
    static let address: UInt64 = 1 << 5
    static let guestSegments4: UInt64 = 1 << 7
    static let guestSegments6: UInt64 = 1 << 8
    static let segments4: UInt64 = 1 << 11
    static let segments6: UInt64 = 1 << 12
    static let mergedBuffers: UInt64 = 1 << 15
    static let segments = guestSegments4 | guestSegments6 | segments4 | segments6
    static let all = checksum | guestChecksum | unit | address | mergedBuffers | segments
  }

  private static let receiveQueue = 0
  private static let sendQueue = 1

  let configuration: NetworkDeviceConfiguration
  private(set) var pending: [Pending] = []
  private(set) var buffers: [VirtQueue.Chain] = []
  private(set) var backlog: [EthernetFrame] = []

  /// The device of an adapter.
  init(_ configuration: NetworkDeviceConfiguration, at slot: Int, of bus: SystemBus) {
    self.configuration = configuration
    var space = configuration.address.bytes
    // Status and number of pairs of queues: of features that are not offered.
    space += [0, 0, 0, 0]
    space += MachineLanguage.littleEndian(configuration.unitByteCount)
    super.init(
      VirtioTransport(
        deviceType: 1, deviceFeatures: Feature.all, configuration: space,
        queueLimits: [VirtQueue.maximumSize, VirtQueue.maximumSize]),
      at: slot, of: bus)
  }

  var state: State {
    State(transport: transport, pending: pending, buffers: buffers, backlog: backlog)
  }

  /// Returns to the state after power-on; the networks forget what it has sent.
  override func reset() {
    super.reset()
    forgetFrames()
  }

  /// Takes up what was remembered.
  ///
  /// - Throws: `StateRefusal` when no device like this has such a state; nothing was changed then.
  func restore(_ state: State) throws(StateRefusal) {
    let limit = Int(VirtQueue.maximumSize)
    // Former programs left all segmenting to the guests.
    guard transport.fits(state.transport, added: Feature.segments), state.pending.count <= limit,
      state.buffers.count <= limit, state.backlog.count <= Backlog.frameLimit
    else {
      throw .inconsistent(kind: State.kind, what: "it is another device's, or its queues")
    }
    transport = state.transport
    pending = state.pending
    buffers = state.buffers
    backlog = state.backlog
  }

  override func forget(_ access: DeviceAccess) { forgetFrames() }

  private func forgetFrames() {
    pending = []
    buffers = []
    backlog = []
  }

  override func serve(_ queue: Int, _ access: DeviceAccess) {
    do throws(VirtQueueError) {
      let cycles =
        queue == Self.sendQueue ? try send(access.time) : try takeBuffers()
      if queue == Self.receiveQueue { try fill() }
      bus.owner?.charge(cycles, to: access.processor)
    } catch {
      transport.markBroken()
    }
  }

  // MARK: Sending

  /// Takes the frames that the driver made available.
  ///
  /// - Returns: What walking the ring costs in cycles.
  private func send(_ now: SimulatedTime) throws(VirtQueueError) -> Int {
    var cycles = 0
    // A driver cannot make more available at once than the ring has.
    // Cannot trap: a constant.
    for _ in 0..<VirtQueue.maximumSize {
      guard let chain = try transport.queues[Self.sendQueue].take(bus.memory) else { break }
      cycles &+=
        Cost.frame &+ Cost.descriptor &* chain.descriptorCount
        &+ Cost.kibibyte
        &* (min(VirtQueue.byteCount(chain.readable), EthernetFrame.byteLimit) / 1024)
      guard !isCutOff, let frame = FrameHeader.frame(in: chain, bus.memory) else {
        try giveBack(chain.head)
        continue
      }
      cycles &+= Cost.segment &* ((frame.segmentCount ?? 1) &- 1)
      let tag = bus.owner?.takeTag() ?? 0
      pending.append(Pending(tag: tag, head: chain.head))
      let request = FrameRequest(
        partition: bus.configuration.partitionNumber, device: configuration.deviceNumber,
        frame: frame, tag: tag, issued: now)
      bus.owner?.emit(.frame(request), at: now)
    }
    return cycles
  }

  private func giveBack(_ head: UInt16) throws(VirtQueueError) {
    let wanted = try transport.queues[Self.sendQueue].give(head: head, byteCount: 0, bus.memory)
    if wanted { transport.raiseUsed() }
  }

  /// What has not left goes nowhere, as on a wire that was pulled.
  override func cutOff() {
    super.cutOff()
    backlog = []
    for item in pending { complete(item.tag) }
  }

  /// A frame has left; one that a reset forgot is ignored.
  func complete(_ tag: UInt64) {
    guard let index = pending.firstIndex(where: { $0.tag == tag }) else { return }
    let head = pending.remove(at: index).head
    guard transport.isOperating else { return }
    do throws(VirtQueueError) {
      try giveBack(head)
    } catch {
      transport.markBroken()
    }
    line.set(transport.isInterrupting)
  }

  // MARK: Receiving

  /// Takes a frame for the guest.
  ///
  /// - Returns: Whether there was room for it.
  func receive(_ frame: EthernetFrame) -> Bool {
    guard transport.isOperating, !isCutOff else { return false }
    let isTaken = takes(frame.segmentation)
    let held = backlog.reduce(frame.bytes.count) { $0.addingClamped($1.bytes.count) }
    guard let count = isTaken ? 1 : frame.segmentCount,
      backlog.count.addingClamped(count) <= Backlog.frameLimit, held <= Backlog.byteLimit
    else { return false }
    backlog += isTaken ? [frame] : frame.segments
    do throws(VirtQueueError) {
      _ = try takeBuffers()
      try fill()
    } catch {
      transport.markBroken()
    }
    line.set(transport.isInterrupting)
    return true
  }

  /// Whether the driver takes a frame that is still to be cut up.
  private func takes(_ segmentation: EthernetFrame.Segmentation?) -> Bool {
    switch segmentation?.network {
    case nil: true
    case .version4: transport.hasAccepted(Feature.guestChecksum | Feature.guestSegments4)
    case .version6: transport.hasAccepted(Feature.guestChecksum | Feature.guestSegments6)
    }
  }

  private func takeBuffers() throws(VirtQueueError) -> Int {
    var cycles = 0
    // Cannot trap: a constant.
    for _ in 0..<VirtQueue.maximumSize {
      guard let chain = try transport.queues[Self.receiveQueue].take(bus.memory) else { break }
      buffers.append(chain)
      cycles &+= Cost.descriptor &* chain.descriptorCount
    }
    return cycles
  }

  /// Puts frames that wait into the driver's buffers, as many as fit.
  private func fill() throws(VirtQueueError) {
    while let frame = backlog.first {
      let count = FrameHeader.byteCount.addingClamped(frame.bytes.count)
      guard let number = buffersNeeded(for: count) else { return }
      // Cannot trap: there is a first.
      backlog.removeFirst()
      // A frame that the driver has no buffer for is lost.
      guard number > 0 else { continue }
      let isOpenTaken = transport.hasAccepted(Feature.guestChecksum)
      try place(isOpenTaken ? frame : frame.completed, in: number)
    }
  }

  /// How many buffers a frame takes; 0 when it can never fit, nil when there are too few now.
  private func buffersNeeded(for count: Int) -> Int? {
    guard transport.hasAccepted(Feature.mergedBuffers) else {
      guard let first = buffers.first else { return nil }
      return VirtQueue.byteCount(first.writable) >= count ? 1 : 0
    }
    var room = 0
    for (index, chain) in buffers.enumerated() {
      room.addClamped(VirtQueue.byteCount(chain.writable))
      if room >= count { return index &+ 1 }
    }
    // A driver whose whole queue is too small for a frame never gets it.
    return buffers.count >= Int(transport.queues[Self.receiveQueue].size) ? 0 : nil
  }

  private func place(_ frame: EthernetFrame, in number: Int) throws(VirtQueueError) {
    var left = (FrameHeader.bytes(of: frame, buffers: number) + frame.bytes)[...]
    // Cannot trap: no negative count.
    let taken = buffers.prefix(max(0, number))
    // Cannot trap: no negative count.
    buffers = Array(buffers.dropFirst(max(0, number)))
    for chain in taken {
      let written = try chain.store(Array(left), bus.memory)
      // Cannot trap: no more is stored than there is.
      left = left.dropFirst(max(0, written))
      let wanted = try transport.queues[Self.receiveQueue].give(
        head: chain.head, byteCount: UInt32(clamping: written), bus.memory)
      if wanted { transport.raiseUsed() }
    }
  }
}

extension NetworkDevice: StateHolder {
  static let roles = PropertyRoles(
    state: VirtioDevice.state + ["pending", "buffers", "backlog"],
    wiring: ["configuration"] + VirtioDevice.wiring)
}
