// The SCSI adapter of virtio (VIRTIO 1.2, "SCSI Host Device") with one target and one logical unit: the face of a
// disk that can be reserved. What the disk says of itself is answered at once; what others have to do with goes to the
// channel subsystem, as blocks do.

import Channels
import Quantities
import X86

/// What a SCSI adapter knows of a request that the channel subsystem has.
struct SCSITask: Codable, Equatable, Sendable {
  /// The driver's name for it.
  var identifier: UInt64
  /// The queue that its chain came by.
  var queue: Int
  /// What is answered where nothing is read.
  var answer: [UInt8] = []
  /// Most bytes that are answered.
  var allocation = 0

  /// As much of an answer as the driver asked for.
  func allowed(_ bytes: [UInt8]) -> [UInt8] {
    // Cannot trap: no negative count.
    bytes.count <= allocation ? bytes : Array(bytes.prefix(max(0, allocation)))
  }
}

/// A disk as a guest sees it behind a SCSI adapter.
final class SCSIDevice: DiskFace {
  /// All state of the device.
  struct State: SavedState {
    static let kind = "SCSI device"
    static let version = 1

    var transport: VirtioTransport
    var pending: [Pending] = []
    var isFresh = true
    @Added var owed = 0
  }

  static let controlQueue = 0
  private static let commandQueue = 2
  /// Most commands and functions that the channel subsystem has.
  static let taskLimit = 2 &* Flight.requestLimit
  /// Most bytes that are answered beside what is read.
  static let answerLimit = 1 << 12

  /// Whether it was switched on or reset, and the driver has not been told.
  var isFresh = true
  /// What the disk says of itself.
  var disk: SCSIDiskDescription { SCSIDiskDescription(configuration: configuration) }

  /// The adapter of a disk.
  init(_ configuration: BlockDeviceConfiguration, at slot: Int, of bus: SystemBus) {
    // Queues of requests, segments, blocks, requests at once; bytes of an event, of sense, of a command.
    let words: [UInt32] = [
      1, VirtQueue.maximumSize - 2, SCSIDiskDescription.blockLimit, VirtQueue.maximumSize, 16,
      UInt32(clamping: SCSIResponse.senseByteCount),
      UInt32(clamping: SCSIRequestHeader.commandByteCount),
    ]
    // And the last channel, target and unit, all of them the first.
    let space: [UInt8] =
      words.flatMap(MachineLanguage.littleEndian) + [UInt8](repeating: 0, count: 8)
    super.init(
      configuration,
      VirtioTransport(
        deviceType: 8, deviceFeatures: 0, configuration: space,
        queueLimits: Array(repeating: VirtQueue.maximumSize, count: 3)),
      requestQueue: Self.commandQueue, at: slot, of: bus)
  }

  var state: State { State(transport: transport, pending: pending, isFresh: isFresh, owed: owed) }

  override func reset() {
    super.reset()
    isFresh = true
  }

  /// Takes up what was remembered.
  ///
  /// - Throws: `StateRefusal` when no device like this has such a state; nothing was changed then.
  func restore(_ state: State) throws(StateRefusal) {
    guard
      state.pending.allSatisfy({
        $0.task.map { $0.answer.count <= Self.answerLimit && $0.allocation >= 0 } ?? false
      })
    else { throw .inconsistent(kind: State.kind, what: "a task") }
    try restore(
      state.transport, state.pending, owed: state.owed, isOwn: transport.fits(state.transport),
      limit: Self.taskLimit, kind: State.kind)
    isFresh = state.isFresh
  }

  override func forget(_ access: DeviceAccess) {
    super.forget(access)
    isFresh = true
  }

  /// What RESERVE gave goes with the driver, also when nothing of it is under way.
  override var isInUse: Bool { !isFresh || super.isInUse }

  // MARK: Commands

  /// What becomes of a command at once.
  enum Outcome {
    case response(SCSIResponse)
    /// It goes to the channel subsystem; what is answered when that has done it.
    case request(ChannelRequest, answer: [UInt8] = [], allocation: Int = 0)
  }

  override func start(
    _ chain: VirtQueue.Chain, of queue: Int, now: SimulatedTime
  ) throws(VirtQueueError) -> ChannelRequest? {
    guard let header = SCSIRequestHeader(chain, bus.memory), SCSIResponse.isPlaced(in: chain) else {
      throw .incompleteRequest(head: chain.head)
    }
    switch outcome(of: header, chain, now: now) {
    case .response(let response):
      try finish(chain, response)
      return nil
    case .request(let request, let answer, let allocation):
      return begin(
        request, for: chain,
        task: SCSITask(
          identifier: header.identifier, queue: requestQueue, answer: answer,
          allocation: allocation))
    }
  }

  // MARK: Answers

  override func answer(
    _ chain: VirtQueue.Chain, _ ended: Pending, _ completion: ChannelCompletion
  ) throws(VirtQueueError) {
    guard let task = ended.task, task.queue == requestQueue else {
      return try finishFunction(chain, completion.status == .ok ? .ok : .failure)
    }
    let response =
      switch completion.status {
      case .ok:
        SCSIResponse(
          data: task.allowed(completion.data.isEmpty ? task.answer : completion.data))
      case .reservationConflict: SCSIResponse(status: .reservationConflict)
      case .aborted: SCSIResponse(status: .taskAborted)
      case .refused:
        SCSIResponse(
          status: .checkCondition, sense: completion.sense.map(SCSISense.init) ?? .notReady)
      case .ioError:
        SCSIResponse(
          status: .checkCondition, sense: ended.isRead ? .readError : .writeError)
      case .notOperational: SCSIResponse(status: .checkCondition, sense: .notReady)
      }
    try finish(chain, response)
  }

  /// Gives a command back with how it ended.
  func finish(
    _ chain: VirtQueue.Chain, _ response: SCSIResponse
  ) throws(VirtQueueError) {
    try give(chain.head, in: requestQueue, written: try response.store(in: chain, bus.memory))
  }

  // MARK: Task management

  override func serve(_ queue: Int, _ access: DeviceAccess) {
    // Buffers for events wait in their ring: nothing happens that a driver would be told.
    if queue == requestQueue { super.serve(queue, access) }
    guard queue == Self.controlQueue else { return }
    do throws(VirtQueueError) {
      // Cannot trap: a constant.
      for _ in 0..<VirtQueue.maximumSize {
        guard pending.count < Self.taskLimit,
          let chain = try transport.queues[queue].take(bus.memory)
        else { break }
        bus.owner?.charge(
          Cost.request &+ Cost.descriptor &* chain.descriptorCount, to: access.processor)
        try manage(chain, access)
      }
    } catch {
      transport.markBroken()
    }
  }
}

extension SCSISense {
  /// What a device says.
  fileprivate init(_ sense: DeviceSense) {
    self.init(key: sense.isAttention ? 6 : 5, code: sense.rawValue)
  }
}

extension SCSIDevice: StateHolder {
  static let roles = PropertyRoles(
    state: faceState + ["isFresh"], wiring: faceWiring)
}
