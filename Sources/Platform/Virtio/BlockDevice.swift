import Channels
import Quantities
import X86

/// A block device as the guest sees it: the face of a subchannel (VIRTIO 1.2, "Block Device").
///
/// Requests are read when the driver notifies and leave as `ChannelRequest`; completions come back
/// from the channel subsystem. What would be more than `Flight` allows waits in the driver's ring.
/// All guest addresses are checked when a chain is taken, and again by the write path when its
/// completion is stored.
final class BlockDevice {
  /// A request that the channel subsystem has.
  struct Pending: Codable, Equatable, Sendable {
    var tag: UInt64
    /// nil when a reset of the device forgot it: the subsystem still has it.
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
  struct State: Codable, Equatable, Sendable {
    var transport: VirtioTransport
    var pending: [Pending] = []
  }

  let configuration: BlockDeviceConfiguration
  private let partition: Int
  private let memory: GuestMemory
  private let line: InterruptLine
  private(set) var state: State
  /// Cycles that the last notice cost.
  private(set) var noticeCycles = 0

  /// A device of `configuration` whose interrupts go to `line`.
  init(
    _ configuration: BlockDeviceConfiguration, partition: Int, memory: GuestMemory,
    line: InterruptLine
  ) {
    self.configuration = configuration
    self.partition = partition
    self.memory = memory
    self.line = line
    state = State(transport: BlockDevice.transport(configuration))
  }

  private static func transport(_ configuration: BlockDeviceConfiguration) -> VirtioTransport {
    var space = MachineLanguage.littleEndian(configuration.blockCount)
    space += MachineLanguage.littleEndian(UInt32(0))
    space += MachineLanguage.littleEndian(VirtQueue.maximumSize - 2)
    // VIRTIO_BLK_F_SEG_MAX and VIRTIO_BLK_F_FLUSH.
    return VirtioTransport(deviceType: 2, deviceFeatures: 1 << 2 | 1 << 9, configuration: space)
  }

  /// Returns to the state after power-on; the channel subsystem is reset with it and has nothing.
  func reset() {
    state = State(transport: BlockDevice.transport(configuration))
    line.set(false)
  }

  /// Takes up what was remembered; the line's level is the interrupt controllers'.
  ///
  /// - Throws: `StateRefusal` when it is not of a device of this size.
  func restore(_ other: State) throws(StateRefusal) {
    guard other.transport.hasIdentity(of: state.transport), other.transport.queue.isValid,
      other.pending.count <= Flight.requestLimit
    else {
      throw .inconsistent(kind: "block device", what: "it is another device's, or its queue")
    }
    state = other
  }

  /// Reads a register of the block.
  func read(_ offset: UInt64, size: Int) -> UInt64 { state.transport.read(offset, size: size) }

  /// Writes a register; returns the requests that this starts, their tags counted on from `nextTag`.
  func write(
    _ offset: UInt64, _ value: UInt32, now: SimulatedTime, nextTag: inout UInt64
  ) -> [ChannelRequest] {
    noticeCycles = 0
    defer { line.set(state.transport.isInterrupting) }
    switch state.transport.write(offset, value) {
    case .none: return []
    case .reset:
      // Cannot trap: indices of the array itself.
      for index in state.pending.indices { state.pending[index].chain = nil }
      return []
    case .notify: return takeRequests(now: now, nextTag: &nextTag)
    }
  }

  /// Stores the end of a request; one that a reset forgot is ignored.
  ///
  /// - Returns: Requests that had to wait in the ring for this one.
  func complete(
    _ completion: ChannelCompletion, now: SimulatedTime, nextTag: inout UInt64
  ) -> [ChannelRequest] {
    guard let index = state.pending.firstIndex(where: { $0.tag == completion.tag }) else {
      return []
    }
    let hadToWait = isFull
    let pending = state.pending.remove(at: index)
    defer { line.set(state.transport.isInterrupting) }
    if let chain = pending.chain, state.transport.isOperating {
      do throws(VirtQueueError) {
        let isOK = completion.status == .ok
        try finish(
          chain, status: isOK ? .ok : .ioError, data: isOK && pending.isRead ? completion.data : [])
      } catch {
        state.transport.markBroken()
      }
    }
    guard hadToWait, state.transport.isOperating else { return [] }
    return takeRequests(now: now, nextTag: &nextTag)
  }

  // MARK: Requests

  private var isFull: Bool {
    state.pending.count >= Flight.requestLimit
      || state.pending.reduce(0) { $0.addingClamped($1.byteCount) } >= Flight.byteLimit
  }

  /// Takes what the driver made available, as long as there may be more under way.
  private func takeRequests(now: SimulatedTime, nextTag: inout UInt64) -> [ChannelRequest] {
    var requests: [ChannelRequest] = []
    do throws(VirtQueueError) {
      // A driver cannot make more available at once than the ring has.
      // Cannot trap: a constant.
      for _ in 0..<VirtQueue.maximumSize {
        guard !isFull, let chain = try state.transport.queue.take(memory) else { break }
        noticeCycles &+= Cost.request &+ Cost.descriptor &* chain.descriptorCount
        if let request = try start(chain, now: now, tag: nextTag) {
          requests.append(request)
          nextTag &+= 1
        }
      }
    } catch {
      state.transport.markBroken()
    }
    return requests
  }

  private func start(
    _ chain: VirtQueue.Chain, now: SimulatedTime, tag: UInt64
  ) throws(VirtQueueError) -> ChannelRequest? {
    // Without a header or a place for the status nothing can be answered.
    guard let header = BlockRequestHeader(chain, memory), BlockStatus.isPlaced(in: chain) else {
      throw .incompleteRequest(head: chain.head)
    }
    var request = ChannelRequest(
      partition: partition, device: configuration.deviceNumber, kind: .flush,
      firstBlock: header.firstBlock, byteCount: 0, tag: tag, issued: now)
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
    default:
      try finish(chain, status: .unsupported, data: [])
      return nil
    }
    guard isPlausible(request) else {
      try finish(chain, status: .ioError, data: [])
      return nil
    }
    if request.kind == .write {
      request.data = BlockRequestHeader.gather(
        chain, skipping: BlockRequestHeader.byteCount, count: request.byteCount, memory)
    }
    state.pending.append(
      Pending(
        tag: tag, chain: chain, isRead: request.kind == .read, byteCount: request.byteCount))
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
    let written = try status.store(data, in: chain, memory)
    let wanted = try state.transport.queue.give(
      head: chain.head, byteCount: UInt32(clamping: written), memory)
    if wanted { state.transport.raiseUsed() }
  }
}
