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
    /// nil when a reset of the device forgot it: its port has not carried it yet.
    var head: UInt16?
    /// The pair of queues by which it was sent.
    @Added var pair = 0
  }

  /// What the receiving queue of a pair has.
  struct Receiver: Codable, Equatable, Sendable {
    /// Buffers of the driver that are still empty.
    var buffers: [VirtQueue.Chain] = []
    /// Frames for which there was no buffer yet.
    var backlog: [EthernetFrame] = []
  }

  /// All state of the device.
  struct State: SavedState {
    static let kind = "network device"
    static let version = 1

    var transport: VirtioTransport
    var pending: [Pending] = []
    /// Buffers of the driver that are still empty, in the first receiving queue.
    var buffers: [VirtQueue.Chain] = []
    /// Frames for which there was no buffer there yet.
    var backlog: [EthernetFrame] = []
    /// The other receiving queues; a former program had none.
    @Added var others: [Receiver] = []
    /// How many pairs of queues the driver uses beyond the first.
    @Added var furtherPairs = 0
    @Added var flows = FlowTable()
  }

  /// Most pairs of queues; a computer with fewer processors has one for each.
  static let pairLimit = 4

  /// How much waits for the driver's buffers; more is lost, as on a wire.
  enum Backlog {
    /// Frames.
    static let frameLimit = 256
    /// Bytes.
    static let byteLimit = 1 << 20
  }

  /// What a notice costs the processor that gives it, in cycles: the host walks the rings for it.
  enum Cost {
    static let frame = 400
    static let descriptor = 100
    static let kibibyte = 100
    static let segment = 100
  }

  enum Feature {
    static let checksum: UInt64 = 1 << 0
    static let guestChecksum: UInt64 = 1 << 1
    static let unit: UInt64 = 1 << 3
    static let address: UInt64 = 1 << 5
    static let guestSegments4: UInt64 = 1 << 7
    static let guestSegments6: UInt64 = 1 << 8
    static let segments4: UInt64 = 1 << 11
    static let segments6: UInt64 = 1 << 12
    static let mergedBuffers: UInt64 = 1 << 15
    static let status: UInt64 = 1 << 16
    static let control: UInt64 = 1 << 17
    static let pairs: UInt64 = 1 << 22
    static let segments = guestSegments4 | guestSegments6 | segments4 | segments6
    static let all = checksum | guestChecksum | unit | address | mergedBuffers | segments | status
    /// What former programs did not offer.
    static let added = segments | status | control | pairs
  }

  let configuration: NetworkDeviceConfiguration
  private(set) var pending: [Pending] = []
  /// One for each pair of queues.
  var receivers: [Receiver]
  /// How many pairs of queues the driver uses.
  var pairCount = 1
  private var flows = FlowTable()

  /// The device of an adapter that is connected to nothing.
  init(_ configuration: NetworkDeviceConfiguration, at slot: Int, of bus: SystemBus) {
    self.configuration = configuration
    let pairs = min(Self.pairLimit, max(1, bus.configuration.maximumProcessors))
    receivers = [Receiver](repeating: Receiver(), count: max(1, pairs))
    let space =
      configuration.address.bytes + MachineLanguage.littleEndian(UInt16(0))
      + MachineLanguage.littleEndian(UInt16(clamping: pairs))
      + MachineLanguage.littleEndian(configuration.unitByteCount)
    super.init(
      VirtioTransport(
        deviceType: 1,
        deviceFeatures: pairs == 1 ? Feature.all : Feature.all | Feature.control | Feature.pairs,
        configuration: space,
        queueLimits: [UInt32](
          repeating: VirtQueue.maximumSize, count: max(2, pairs == 1 ? 2 : pairs &* 2 &+ 1))),
      at: slot, of: bus)
  }

  var state: State {
    State(
      transport: transport, pending: pending, buffers: receivers.first?.buffers ?? [],
      // Cannot trap: a constant.
      backlog: receivers.first?.backlog ?? [], others: Array(receivers.dropFirst()),
      furtherPairs: pairCount &- 1, flows: flows)
  }

  /// Returns to the state after power-on; the networks forget what it has sent.
  override func reset() {
    super.reset()
    pending = []
    forgetReceived()
  }

  /// Takes up what was remembered.
  ///
  /// - Throws: `StateRefusal` when no device like this has such a state; nothing was changed then.
  func restore(_ state: State) throws(StateRefusal) {
    let limit = Int(VirtQueue.maximumSize)
    let pairs = Self.pairCount(of: state.transport)
    let lanes = [Receiver(buffers: state.buffers, backlog: state.backlog)] + state.others
    // What status and pairs there are may be another's: an earlier program had one pair and said nothing of it.
    var own = transport
    let spoken = own.configuration.indices.map { index in
      let bytes = Self.statedPlaces.contains(index) ? state.transport : own
      return bytes.configuration.element(at: index) ?? 0
    }
    own.configure(spoken, isTold: false)
    guard own.fits(state.transport, added: Feature.added, formerQueues: 2),
      lanes.count <= pairs, state.furtherPairs >= 0, state.furtherPairs < pairs,
      state.pending.count <= Self.pendingLimit(of: pairs),
      state.pending.allSatisfy({ $0.pair >= 0 && $0.pair < pairs }),
      lanes.allSatisfy({ $0.buffers.count <= limit }),
      lanes.reduce(0, { $0.addingClamped($1.backlog.count) }) <= Backlog.frameLimit
    else {
      throw .inconsistent(kind: State.kind, what: "it is another device's, or its queues")
    }
    transport = state.transport
    pending = state.pending
    receivers =
      lanes
      + [Receiver](repeating: Receiver(), count: max(0, pairs.subtractingClamped(lanes.count)))
    pairCount = state.furtherPairs &+ 1
    flows = state.flows
  }

  /// Where the configuration has what changes: the status, and the number of pairs of a former program.
  static let statedPlaces = 6..<10

  /// Pairs of queues that a device has.
  private static func pairCount(of transport: VirtioTransport) -> Int {
    max(1, transport.queues.count.subtractingClamped(1) / 2)
  }

  /// What has not left stays counted until it has: one reset after the other lets no more be under way.
  override func forget(_ access: DeviceAccess) {
    // Cannot trap: indices of the array itself.
    for index in pending.indices { pending.change(at: index) { $0.head = nil } }
    forgetReceived()
  }

  private func forgetReceived() {
    // Cannot trap: goes through the array itself.
    receivers = receivers.map { _ in Receiver() }
    pairCount = 1
    flows = FlowTable()
  }

  override func serve(_ queue: Int, _ access: DeviceAccess) {
    do throws(VirtQueueError) {
      var cycles = 0
      switch role(of: queue) {
      case .receiving(let pair):
        cycles = try takeBuffers(pair)
        try fill(pair)
      case .sending(let pair):
        let (requests, cost) = try takeFrames(pair, access.time)
        for request in requests { bus.owner?.emit(.frame(request), at: access.time) }
        cycles = cost
      case .control: cycles = try obey(queue)
      case nil: break
      }
      bus.owner?.charge(cycles, to: access.processor)
    } catch {
      transport.markBroken()
    }
  }

  // MARK: Sending

  /// Most frames that have not left: all that fit into the rings at once.
  private static func pendingLimit(of pairs: Int) -> Int {
    Int(VirtQueue.maximumSize).multipliedClamped(by: pairs)
  }

  /// Whether no more may be under way; only frames that a reset forgot bring it about while rings have some.
  private var isFull: Bool { pending.count >= Self.pendingLimit(of: receivers.count) }

  /// Takes the frames that the driver made available, as long as there may be more under way.
  ///
  /// - Returns: The frames that leave, and what walking the ring costs in cycles.
  private func takeFrames(
    _ pair: Int, _ now: SimulatedTime
  ) throws(VirtQueueError) -> (requests: [FrameRequest], cycles: Int) {
    var requests: [FrameRequest] = []
    var cycles = 0
    // A driver cannot make more available at once than the ring has.
    // Cannot trap: a constant.
    for _ in 0..<VirtQueue.maximumSize {
      guard !isFull,
        let chain = try transport.queues[Self.sendingQueue(pair)].take(bus.memory)
      else { break }
      cycles &+=
        Cost.frame &+ Cost.descriptor &* chain.descriptorCount
        &+ Cost.kibibyte
        &* (min(VirtQueue.byteCount(chain.readable), EthernetFrame.byteLimit) / 1024)
      guard !isCutOff, let frame = FrameHeader.frame(in: chain, bus.memory) else {
        try give(chain.head, in: Self.sendingQueue(pair))
        continue
      }
      cycles &+= Cost.segment &* ((frame.segmentCount ?? 1) &- 1)
      if pairCount > 1 { flows.note(frame.flowNumber, by: pair) }
      let tag = bus.owner?.takeTag() ?? 0
      pending.append(Pending(tag: tag, head: chain.head, pair: pair))
      requests.append(
        FrameRequest(
          partition: bus.configuration.partitionNumber, device: configuration.deviceNumber,
          frame: frame, tag: tag, issued: now))
    }
    return (requests, cycles)
  }

  private static func receivingQueue(_ pair: Int) -> Int { pair &* 2 }
  private static func sendingQueue(_ pair: Int) -> Int { pair &* 2 &+ 1 }

  /// What has not left goes nowhere, as on a wire that was pulled.
  override func cutOff() {
    super.cutOff()
    // Cannot trap: indices of the array itself.
    for pair in receivers.indices { receivers.change(at: pair) { $0.backlog = [] } }
    // Nothing leaves a device that is cut off, whatever the time.
    for item in pending { _ = complete(item.tag, now: 0) }
  }

  /// A frame has left; one that a reset forgot is ignored.
  ///
  /// - Returns: Frames that had to wait in the rings for this one.
  func complete(_ tag: UInt64, now: SimulatedTime) -> [FrameRequest] {
    guard let index = pending.firstIndex(where: { $0.tag == tag }) else { return [] }
    let hadToWait = isFull
    let frame = pending.remove(at: index)
    guard transport.isOperating else { return [] }
    defer { line.set(transport.isInterrupting) }
    var requests: [FrameRequest] = []
    do throws(VirtQueueError) {
      if let head = frame.head { try give(head, in: Self.sendingQueue(frame.pair)) }
      guard hadToWait else { return [] }
      for queue in transport.queues.indices {
        guard case .sending(let pair) = role(of: queue) else { continue }
        requests += try takeFrames(pair, now).requests
      }
    } catch {
      transport.markBroken()
    }
    return requests
  }

  // MARK: Receiving

  /// Takes a frame for the guest.
  ///
  /// - Returns: Whether there was room for it.
  func receive(_ frame: EthernetFrame) -> Bool {
    guard transport.isOperating, !isCutOff else { return false }
    let isTaken = takes(frame.segmentation)
    guard let count = isTaken ? 1 : frame.segmentCount, hasRoom(for: count, frame.bytes.count)
    else { return false }
    let pair = pairCount > 1 ? flows.pair(of: frame.flowNumber, among: pairCount) : 0
    receivers.change(at: pair) { $0.backlog += isTaken ? [frame] : frame.segments }
    do throws(VirtQueueError) {
      _ = try takeBuffers(pair)
      try fill(pair)
    } catch {
      transport.markBroken()
    }
    line.set(transport.isInterrupting)
    return true
  }

  /// Whether so many frames of so many bytes in all may wait beside those that do.
  private func hasRoom(for frames: Int, _ bytes: Int) -> Bool {
    var (frames, bytes) = (frames, bytes)
    for frame in receivers.lazy.flatMap(\.backlog) {
      frames.addClamped(1)
      bytes.addClamped(frame.bytes.count)
    }
    return frames <= Backlog.frameLimit && bytes <= Backlog.byteLimit
  }

  /// Whether the driver takes a frame that is still to be cut up.
  private func takes(_ segmentation: EthernetFrame.Segmentation?) -> Bool {
    switch segmentation?.network {
    case nil: true
    case .version4: transport.hasAccepted(Feature.guestChecksum | Feature.guestSegments4)
    case .version6: transport.hasAccepted(Feature.guestChecksum | Feature.guestSegments6)
    }
  }

  private func takeBuffers(_ pair: Int) throws(VirtQueueError) -> Int {
    var cycles = 0
    // Cannot trap: a constant.
    for _ in 0..<VirtQueue.maximumSize {
      guard let chain = try transport.queues[Self.receivingQueue(pair)].take(bus.memory) else {
        break
      }
      receivers.change(at: pair) { $0.buffers.append(chain) }
      cycles &+= Cost.descriptor &* chain.descriptorCount
    }
    return cycles
  }

  /// Puts frames that wait into the driver's buffers, as many as fit.
  func fill(_ pair: Int) throws(VirtQueueError) {
    while let frame = receivers.element(at: pair)?.backlog.first {
      let count = FrameHeader.byteCount.addingClamped(frame.bytes.count)
      guard let number = buffersNeeded(for: count, pair) else { return }
      // Cannot trap: there is a first.
      receivers.change(at: pair) { $0.backlog.removeFirst() }
      // A frame that the driver has no buffer for is lost.
      guard number > 0 else { continue }
      let isOpenTaken = transport.hasAccepted(Feature.guestChecksum)
      try place(isOpenTaken ? frame : frame.completed, in: number, pair)
    }
  }

  /// How many buffers a frame takes; 0 when it can never fit, nil when there are too few now.
  private func buffersNeeded(for count: Int, _ pair: Int) -> Int? {
    let buffers = receivers.element(at: pair)?.buffers ?? []
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
    return buffers.count >= Int(transport.queues[Self.receivingQueue(pair)].size) ? 0 : nil
  }

  private func place(
    _ frame: EthernetFrame, in number: Int, _ pair: Int
  ) throws(VirtQueueError) {
    var left = (FrameHeader.bytes(of: frame, buffers: number) + frame.bytes)[...]
    var taken: ArraySlice<VirtQueue.Chain> = []
    receivers.change(at: pair) {
      // Cannot trap: no negative count.
      taken = $0.buffers.prefix(max(0, number))
      // Cannot trap: no negative count.
      $0.buffers = Array($0.buffers.dropFirst(max(0, number)))
    }
    for chain in taken {
      let written = try chain.store(Array(left), bus.memory)
      // Cannot trap: no more is stored than there is.
      left = left.dropFirst(max(0, written))
      try give(chain.head, in: Self.receivingQueue(pair), written: written)
    }
  }
}

extension NetworkDevice: StateHolder {
  static let roles = PropertyRoles(
    state: VirtioDevice.state + ["pending", "receivers", "pairCount", "flows"],
    wiring: ["configuration"] + VirtioDevice.wiring)
}
