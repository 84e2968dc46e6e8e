import Channels
import X86

/// A block device as the guest sees it: the face of a subchannel (VIRTIO 1.2, "Block Device").
///
/// Requests are read when the driver notifies and leave as `ChannelRequest`; completions come back
/// from the channel subsystem. All guest addresses are checked when a chain is taken, and again by
/// the write path when its completion is stored.
final class BlockDevice {
  /// A request that the channel subsystem has.
  struct Pending: Codable, Equatable, Sendable {
    var tag: UInt64
    var chain: VirtQueue.Chain
    var isRead: Bool
  }

  /// All state of the device.
  struct State: Codable, Sendable {
    var transport: VirtioTransport
    var pending: [Pending] = []
  }

  private enum RequestType {
    static let read: UInt32 = 0
    static let write: UInt32 = 1
    static let flush: UInt32 = 4
    static let identify: UInt32 = 8
  }

  private enum Status {
    static let ok: UInt8 = 0
    static let ioError: UInt8 = 1
    static let unsupported: UInt8 = 2
  }

  let configuration: BlockDeviceConfiguration
  private let partition: Int
  private let memory: GuestMemory
  private let line: InterruptLine
  private(set) var state: State

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

  /// Returns to the state after power-on; what the channel subsystem has is forgotten here.
  func reset() {
    state = State(transport: BlockDevice.transport(configuration))
    line.set(false)
  }

  /// Reads a register of the block.
  func read(_ offset: UInt64, size: Int) -> UInt64 { state.transport.read(offset, size: size) }

  /// Writes a register; returns the requests that this starts, their tags counted on from `nextTag`.
  func write(
    _ offset: UInt64, _ value: UInt32, now: SimulatedTime, nextTag: inout UInt64
  ) -> [ChannelRequest] {
    var requests: [ChannelRequest] = []
    switch state.transport.write(offset, value) {
    case .none: break
    case .reset: state.pending.removeAll()
    case .notify:
      do throws(VirtQueueError) {
        while let chain = try state.transport.queue.take(memory) {
          if let request = try start(chain, now: now, tag: nextTag) {
            requests.append(request)
            nextTag += 1
          }
        }
      } catch {
        state.transport.markBroken()
      }
    }
    line.set(state.transport.isInterrupting)
    return requests
  }

  /// Stores the end of a request; one that a reset forgot is ignored.
  func complete(_ completion: ChannelCompletion) {
    guard let index = state.pending.firstIndex(where: { $0.tag == completion.tag }) else { return }
    let pending = state.pending.remove(at: index)
    do throws(VirtQueueError) {
      let isOK = completion.status == .ok
      try finish(
        pending.chain, status: isOK ? Status.ok : Status.ioError,
        data: isOK && pending.isRead ? completion.data : [])
    } catch {
      state.transport.markBroken()
    }
    line.set(state.transport.isInterrupting)
  }

  // MARK: Requests

  private func start(
    _ chain: VirtQueue.Chain, now: SimulatedTime, tag: UInt64
  ) throws(VirtQueueError) -> ChannelRequest? {
    guard let header = chain.readable.first, header.byteCount >= 16,
      let type = memory.load(header.address, as: UInt32.self),
      let firstBlock = memory.load(header.address + 8, as: UInt64.self),
      chain.writable.contains(where: { $0.byteCount > 0 })
    else {
      // Without a header or a place for the status nothing can be answered.
      throw .wrongDescriptor(flags: 0)
    }
    var request = ChannelRequest(
      partition: partition, device: configuration.deviceNumber, kind: .flush,
      firstBlock: firstBlock, byteCount: 0, tag: tag, issued: now)
    switch type {
    case RequestType.read:
      request.kind = .read
      request.byteCount = byteCount(chain.writable) - 1
    case RequestType.write:
      request.kind = .write
      request.byteCount = byteCount(chain.readable) - 16
      guard isPlausible(request) else { break }
      request.data = gather(chain.readable, skipping: 16)
    case RequestType.flush:
      request.firstBlock = 0
    case RequestType.identify:
      try finish(chain, status: Status.ok, data: serialNumber)
      return nil
    default:
      try finish(chain, status: Status.unsupported, data: [])
      return nil
    }
    guard isPlausible(request) else {
      try finish(chain, status: Status.ioError, data: [])
      return nil
    }
    state.pending.append(Pending(tag: tag, chain: chain, isRead: request.kind == .read))
    return request
  }

  private func isPlausible(_ request: ChannelRequest) -> Bool {
    guard request.kind != .flush else { return true }
    let count = UInt64(request.byteCount)
    guard request.byteCount > 0, count % 512 == 0,
      request.byteCount <= ChannelDefaults.requestByteLimit
    else { return false }
    let (end, overflow) = request.firstBlock.addingReportingOverflow(count / 512)
    return !overflow && end <= configuration.blockCount
  }

  private func byteCount(_ segments: [VirtQueue.Segment]) -> Int {
    segments.reduce(0) { $0 + Int($1.byteCount) }
  }

  private func gather(_ segments: [VirtQueue.Segment], skipping: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount(segments))
    var position = 0
    for segment in segments {
      let range = position..<position + Int(segment.byteCount)
      bytes.withUnsafeMutableBytes { buffer in
        _ = memory.read(
          segment.address, into: UnsafeMutableRawBufferPointer(rebasing: buffer[range]))
      }
      position = range.upperBound
    }
    bytes.removeFirst(skipping)
    return bytes
  }

  private var serialNumber: [UInt8] {
    let digits = String(configuration.deviceNumber, radix: 16, uppercase: true)
    let text = "ENDICOTT-" + String(repeating: "0", count: 4 - digits.count) + digits
    return Array(text.utf8) + [UInt8](repeating: 0, count: 20 - text.utf8.count)
  }

  /// Writes data and status into a chain and gives it back to the driver.
  private func finish(
    _ chain: VirtQueue.Chain, status: UInt8, data: [UInt8]
  ) throws(VirtQueueError) {
    guard let last = chain.writable.last(where: { $0.byteCount > 0 }) else { return }
    let statusAddress = last.address + UInt64(last.byteCount) - 1
    var position = 0
    for segment in chain.writable where position < data.count {
      var room = Int(segment.byteCount)
      if segment.address + UInt64(segment.byteCount) - 1 == statusAddress { room -= 1 }
      let count = min(room, data.count - position)
      guard count > 0 else { continue }
      let stored = data.withUnsafeBytes { buffer in
        memory.write(
          segment.address,
          from: UnsafeRawBufferPointer(rebasing: buffer[position..<position + count]))
      }
      guard stored else { throw .outsideStorage(address: segment.address) }
      position += count
    }
    guard memory.store(status, at: statusAddress) else {
      throw .outsideStorage(address: statusAddress)
    }
    let wanted = try state.transport.queue.give(
      head: chain.head, byteCount: UInt32(position) + 1, memory)
    if wanted { state.transport.raiseUsed() }
  }
}
