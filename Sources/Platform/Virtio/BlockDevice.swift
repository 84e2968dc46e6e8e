// The block device of virtio (VIRTIO 1.2, "Block Device"): a disk's plain face.

import Channels
import Quantities
import X86

/// A block device as the guest sees it.
final class BlockDevice: DiskFace {
  /// All state of the device.
  struct State: SavedState {
    static let kind = "block device"
    static let version = 1

    var transport: VirtioTransport
    var pending: [Pending] = []
    @Added var turn = 0
    @Added var owed = 0
  }

  /// Most queues; a computer with fewer processors has one for each.
  static let queueLimit = 4

  private enum Feature {
    static let mostSegments: UInt64 = 1 << 2
    static let readOnly: UInt64 = 1 << 5
    static let flush: UInt64 = 1 << 9
    static let queues: UInt64 = 1 << 12
    static let discard: UInt64 = 1 << 13
    static let writeZeroes: UInt64 = 1 << 14
    static let clearing = discard | writeZeroes
  }

  /// The device of a disk.
  init(_ configuration: BlockDeviceConfiguration, at slot: Int, of bus: SystemBus) {
    let count = min(Self.queueLimit, max(1, bus.configuration.maximumProcessors))
    super.init(
      configuration,
      Self.transport(
        configuration, Feature.queues | VirtQueue.tables, queues: count,
        entries: VirtQueue.largestSize),
      requestQueue: 0, at: slot, of: bus)
  }

  /// Registers of a device that offers some features beside those that it always had.
  private static func transport(
    _ configuration: BlockDeviceConfiguration, _ features: UInt64, queues: Int, entries: UInt32
  ) -> VirtioTransport {
    var space = MachineLanguage.littleEndian(configuration.blockCount)
    space += MachineLanguage.littleEndian(UInt32(0))
    space += MachineLanguage.littleEndian(VirtQueue.maximumSize - 2)
    // Geometry and topology, which are not said, and how many queues there are.
    space += [UInt8](repeating: 0, count: 18)
    space += MachineLanguage.littleEndian(UInt16(clamping: queues > 1 ? queues : 0))
    let mostBlocks = UInt32(clamping: ChannelDefaults.requestByteLimit / 512)
    // To discard: most blocks, ranges, and what they are best a multiple of; zeroes: most blocks, ranges.
    for value in [mostBlocks, 1, 128, mostBlocks, 1, 1] {
      space += MachineLanguage.littleEndian(value)
    }
    let offered =
      Feature.mostSegments | Feature.flush | features
      | (configuration.isReadOnly ? Feature.readOnly : Feature.clearing)
    return VirtioTransport(
      deviceType: 2, deviceFeatures: queues > 1 ? offered : offered & ~Feature.queues,
      configuration: space,
      // Cannot trap: there is one at least.
      queueLimits: [UInt32](repeating: entries, count: max(1, queues)))
  }

  var state: State { State(transport: transport, pending: pending, turn: turn, owed: owed) }

  /// Takes up what was remembered; of an earlier program's with the one queue that it had.
  ///
  /// - Throws: `StateRefusal` when no device like this has such a state; nothing was changed then.
  func restore(_ state: State) throws(StateRefusal) {
    let former = Self.transport(configuration, 0, queues: 1, entries: VirtQueue.maximumSize)
    try restore(
      state.transport, state.pending, turn: state.turn, owed: state.owed,
      isOwn: transport.fits(state.transport)
        || former.fits(state.transport, added: Feature.clearing),
      limit: Flight.requestLimit, kind: State.kind)
  }

  /// A driver that does not want several has the first alone.
  override var requestQueueCount: Int {
    transport.hasAccepted(Feature.queues) ? transport.queues.count : 1
  }

  override func answer(
    _ chain: VirtQueue.Chain, _ ended: Pending, _ completion: ChannelCompletion
  ) throws(VirtQueueError) {
    let isOK = completion.status == .ok
    try finish(
      chain, of: ended.queue, status: isOK ? .ok : .ioError,
      data: isOK && ended.isRead ? completion.data : [])
  }

  override func start(
    _ chain: VirtQueue.Chain, of queue: Int, now: SimulatedTime
  ) throws(VirtQueueError) -> ChannelRequest? {
    // Without a header or a place for the status nothing can be answered.
    guard let header = BlockRequestHeader(chain, bus.memory), BlockStatus.isPlaced(in: chain) else {
      throw .incompleteRequest(head: chain.head)
    }
    var request = request(now: now)
    request.firstBlock = header.firstBlock
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
      try finish(chain, of: queue, status: .ok, data: serialNumber)
      return nil
    case BlockRequestHeader.discard, BlockRequestHeader.writeZeroes:
      let isDiscard = header.type == BlockRequestHeader.discard
      guard let range = BlockRange(chain, bus.memory), range.flags <= (isDiscard ? 0 : 1) else {
        try finish(chain, of: queue, status: .unsupported, data: [])
        return nil
      }
      request.kind = isDiscard ? .discard : .writeZeroes
      request.firstBlock = range.firstBlock
      request.byteCount = Int(clamping: UInt64(range.blockCount).multipliedClamped(by: 512))
    default:
      try finish(chain, of: queue, status: .unsupported, data: [])
      return nil
    }
    guard isPlausible(request), !isCutOff else {
      try finish(chain, of: queue, status: .ioError, data: [])
      return nil
    }
    if request.kind == .write {
      request.data = chain.bytes(
        skipping: BlockRequestHeader.byteCount, count: request.byteCount, bus.memory)
    }
    return begin(request, for: chain, of: queue)
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
    let text = Self.serialNumber(configuration.deviceNumber)
    // Cannot trap: the text has 13 bytes.
    return text + [UInt8](repeating: 0, count: max(0, 20 - text.count))
  }

  /// Writes data and status into a chain and gives it back to the driver.
  private func finish(
    _ chain: VirtQueue.Chain, of queue: Int, status: BlockStatus, data: [UInt8]
  ) throws(VirtQueueError) {
    let written = try status.store(data, in: chain, bus.memory)
    try give(chain.head, in: queue, written: written)
  }
}

extension BlockDevice: StateHolder {
  static let roles = PropertyRoles(state: faceState, wiring: faceWiring)
}
