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
  }

  /// The device of a disk.
  init(_ configuration: BlockDeviceConfiguration, at slot: Int, of bus: SystemBus) {
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
      configuration,
      VirtioTransport(
        deviceType: 2,
        deviceFeatures: 1 << 2 | 1 << 9
          | (configuration.isReadOnly ? 1 << 5 : BlockDevice.clearingFeatures),
        configuration: space, queueLimits: [VirtQueue.maximumSize]),
      requestQueue: 0, at: slot, of: bus)
  }

  /// VIRTIO_BLK_F_DISCARD and VIRTIO_BLK_F_WRITE_ZEROES.
  private static let clearingFeatures: UInt64 = 1 << 13 | 1 << 14

  var state: State { State(transport: transport, pending: pending) }

  /// Takes up what was remembered.
  ///
  /// - Throws: `StateRefusal` when no device like this has such a state; nothing was changed then.
  func restore(_ state: State) throws(StateRefusal) {
    try restore(
      state.transport, state.pending, added: BlockDevice.clearingFeatures,
      limit: Flight.requestLimit, kind: State.kind)
  }

  override func answer(
    _ chain: VirtQueue.Chain, _ ended: Pending, _ completion: ChannelCompletion
  ) throws(VirtQueueError) {
    let isOK = completion.status == .ok
    try finish(
      chain, status: isOK ? .ok : .ioError, data: isOK && ended.isRead ? completion.data : [])
  }

  override func start(
    _ chain: VirtQueue.Chain, now: SimulatedTime
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
    return begin(request, for: chain)
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
    _ chain: VirtQueue.Chain, status: BlockStatus, data: [UInt8]
  ) throws(VirtQueueError) {
    let written = try status.store(data, in: chain, bus.memory)
    try give(chain.head, in: requestQueue, written: written)
  }
}

extension BlockDevice: StateHolder {
  static let roles = PropertyRoles(state: faceState, wiring: faceWiring)
}
