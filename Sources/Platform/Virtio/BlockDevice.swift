// The block device of virtio (VIRTIO 1.2, "Block Device"): requests of a guest become requests to the channel
// subsystem, and come back.

import Channels
import Quantities
import X86

/// A block device as the guest sees it: the face of a subchannel.
///
/// Requests are read when the driver notifies and leave as `ChannelRequest`; completions come back
/// from the channel subsystem. What would be more than `Flight` allows waits in the driver's ring.
/// All guest addresses are checked when a chain is taken, and again by the write path when its
/// completion is stored.
final class BlockDevice: VirtioDevice {
  /// A request that the channel subsystem has.
  struct Pending: Codable, Equatable, Sendable {
    var tag: UInt64
    /// nil when a reset of the device forgot it: the subsystem has not ended it yet.
    var chain: VirtQueue.Chain?
    var isRead: Bool
    var byteCount: Int
  }

  /// How much the channel subsystem may have of one device.
  enum Flight {
    /// Requests.
    static let requestLimit = Int(VirtQueue.maximumSize)
    /// Bytes after which no further request is taken: the host holds at most 8 MiB for a device.
    static let byteLimit = ChannelDefaults.requestByteLimit
  }

  /// What a notice costs the processor that gives it, in cycles: the host walks the rings for it.
  enum Cost {
    static let request = 400
    static let descriptor = 100
  }

  /// All state of the device.
  struct State: SavedState {
    static let kind = "block device"
    static let version = 1

    var transport: VirtioTransport
    var pending: [Pending] = []
  }

  let configuration: BlockDeviceConfiguration
  private(set) var pending: [Pending] = []

  /// The device of a disk.
  init(_ configuration: BlockDeviceConfiguration, at slot: Int, of bus: SystemBus) {
    self.configuration = configuration
    var space = MachineLanguage.littleEndian(configuration.blockCount)
    space += MachineLanguage.littleEndian(UInt32(0))
    space += MachineLanguage.littleEndian(VirtQueue.maximumSize - 2)
    // Geometry and topology, which are not said.
    space += [UInt8](repeating: 0, count: 20)
    let mostBlocks = UInt32(clamping: ChannelDefaults.requestByteLimit / 512)
    // To discard: most blocks, ranges, and what they are best a multiple of; zeroes: most blocks, ranges.
    for value in [mostBlocks, 1, 128, mostBlocks, 1, 1] {
      space += MachineLanguage.littleEndian(value)
    }
    // VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_FLUSH and VIRTIO_BLK_F_RO, or what only writers need.
    super.init(
      VirtioTransport(
        deviceType: 2,
        deviceFeatures: 1 << 2 | 1 << 9
          | (configuration.isReadOnly ? 1 << 5 : BlockDevice.clearingFeatures),
        configuration: space, queueLimits: [VirtQueue.maximumSize]),
      at: slot, of: bus)
  }

  /// VIRTIO_BLK_F_DISCARD and VIRTIO_BLK_F_WRITE_ZEROES.
  private static let clearingFeatures: UInt64 = 1 << 13 | 1 << 14

  var state: State { State(transport: transport, pending: pending) }

  /// Returns to the state after power-on; the channel subsystem is reset with it and has nothing.
  override func reset() {
    super.reset()
    pending = []
  }

  /// Takes up what was remembered.
  ///
  /// - Throws: `StateRefusal` when no device like this has such a state; nothing was changed then.
  func restore(_ state: State) throws(StateRefusal) {
    guard transport.fits(state.transport, added: BlockDevice.clearingFeatures),
      state.pending.count <= Flight.requestLimit
    else {
      throw .inconsistent(kind: State.kind, what: "it is another device's, or its queue")
    }
    transport = state.transport
    pending = state.pending
  }

  /// What it costs the processor that resets the device to have its requests cleared: paths and queues are gone
  /// through.
  private static let clearCycles = 5_000

  override func forget(_ access: DeviceAccess) {
    // Once for what is under way: one reset after the other finds nothing more to clear.
    if !isCutOff, pending.contains(where: { $0.chain != nil }) {
      bus.owner?.emit(.channelCleared(configuration.deviceNumber), at: access.time)
      bus.owner?.charge(Self.clearCycles, to: access.processor)
    }
    // Cannot trap: indices of the array itself.
    for index in pending.indices { pending[index].chain = nil }
  }

  override func serve(_ queue: Int, _ access: DeviceAccess) {
    let (requests, cycles) = takeRequests(now: access.time)
    guard cycles > 0 else { return }
    for request in requests { bus.owner?.emit(.channelRequest(request), at: access.time) }
    bus.owner?.charge(cycles, to: access.processor)
  }

  /// Stores the end of a request; one that a reset forgot is ignored.
  ///
  /// - Returns: Requests that had to wait in the ring for this one.
  func complete(_ completion: ChannelCompletion) -> [ChannelRequest] {
    guard let index = pending.firstIndex(where: { $0.tag == completion.tag }) else {
      return []
    }
    let hadToWait = isFull
    let ended = pending.remove(at: index)
    defer { line.set(transport.isInterrupting) }
    if let chain = ended.chain, transport.isOperating {
      do throws(VirtQueueError) {
        let isOK = completion.status == .ok
        try finish(
          chain, status: isOK ? .ok : .ioError, data: isOK && ended.isRead ? completion.data : [])
      } catch {
        transport.markBroken()
      }
    }
    guard hadToWait, transport.isOperating else { return [] }
    return takeRequests(now: completion.at).requests
  }

  // MARK: Requests

  private var isFull: Bool {
    pending.count >= Flight.requestLimit
      || pending.reduce(0) { $0.addingClamped($1.byteCount) } >= Flight.byteLimit
  }

  /// Takes what the driver made available, as long as there may be more under way.
  ///
  /// - Returns: The requests that begin, and what walking the rings costs in cycles.
  private func takeRequests(now: SimulatedTime) -> (requests: [ChannelRequest], cycles: Int) {
    var requests: [ChannelRequest] = []
    var cycles = 0
    do throws(VirtQueueError) {
      // A driver cannot make more available at once than the ring has.
      // Cannot trap: a constant.
      for _ in 0..<VirtQueue.maximumSize {
        guard !isFull, let chain = try transport.queues[0].take(bus.memory) else { break }
        cycles &+= Cost.request &+ Cost.descriptor &* chain.descriptorCount
        if let request = try start(chain, now: now) { requests.append(request) }
      }
    } catch {
      transport.markBroken()
    }
    return (requests, cycles)
  }

  private func start(
    _ chain: VirtQueue.Chain, now: SimulatedTime
  ) throws(VirtQueueError) -> ChannelRequest? {
    // Without a header or a place for the status nothing can be answered.
    guard let header = BlockRequestHeader(chain, bus.memory), BlockStatus.isPlaced(in: chain) else {
      throw .incompleteRequest(head: chain.head)
    }
    var request = ChannelRequest(
      partition: bus.configuration.partitionNumber, device: configuration.deviceNumber,
      kind: .flush, firstBlock: header.firstBlock, byteCount: 0, tag: 0, issued: now)
    switch header.type {
    case BlockRequestHeader.read:
      request.kind = .read
      request.byteCount = BlockStatus.room(in: chain)
    case BlockRequestHeader.write:
      request.kind = .write
      request.byteCount = BlockRequestHeader.dataByteCount(chain)
    case BlockRequestHeader.flush:
      request.firstBlock = 0
    case BlockRequestHeader.identify:
      try finish(chain, status: .ok, data: serialNumber)
      return nil
    case BlockRequestHeader.discard, BlockRequestHeader.writeZeroes:
      let isDiscard = header.type == BlockRequestHeader.discard
      guard let range = BlockRange(chain, bus.memory), range.flags <= (isDiscard ? 0 : 1) else {
        try finish(chain, status: .unsupported, data: [])
        return nil
      }
      request.kind = isDiscard ? .discard : .writeZeroes
      request.firstBlock = range.firstBlock
      request.byteCount = Int(clamping: UInt64(range.blockCount).multipliedClamped(by: 512))
    default:
      try finish(chain, status: .unsupported, data: [])
      return nil
    }
    guard isPlausible(request), !isCutOff else {
      try finish(chain, status: .ioError, data: [])
      return nil
    }
    if request.kind == .write {
      request.data = chain.bytes(
        skipping: BlockRequestHeader.byteCount, count: request.byteCount, bus.memory)
    }
    request.tag = bus.owner?.takeTag() ?? 0
    pending.append(
      Pending(
        tag: request.tag, chain: chain, isRead: request.kind == .read,
        byteCount: request.movedByteCount)
    )
    return request
  }

  private func isPlausible(_ request: ChannelRequest) -> Bool {
    guard request.kind != .flush else { return true }
    let count = request.byteCount
    guard count > 0, count % 512 == 0, count <= ChannelDefaults.requestByteLimit,
      let end = request.firstBlock.adding(UInt64(clamping: count / 512))
    else { return false }
    return end <= configuration.blockCount
  }

  private var serialNumber: [UInt8] {
    let digits = hexDigits(configuration.deviceNumber)
    // Cannot trap: a number has at least one digit.
    let text = "ENDICOTT-000".dropLast(max(0, digits.utf8.count - 1)) + digits
    // Cannot trap: 20 is no negative count.
    return Array(text.utf8.prefix(20))
      // Cannot trap: the text has 13 bytes.
      + [UInt8](repeating: 0, count: max(0, 20 - text.utf8.count))
  }

  /// Writes data and status into a chain and gives it back to the driver.
  private func finish(
    _ chain: VirtQueue.Chain, status: BlockStatus, data: [UInt8]
  ) throws(VirtQueueError) {
    let written = try status.store(data, in: chain, bus.memory)
    let wanted = try transport.queues[0].give(
      head: chain.head, byteCount: UInt32(clamping: written), bus.memory)
    if wanted { transport.raiseUsed() }
  }
}

extension BlockDevice: StateHolder {
  static let roles = PropertyRoles(
    state: VirtioDevice.state + ["pending"],
    wiring: ["configuration"] + VirtioDevice.wiring)
}
