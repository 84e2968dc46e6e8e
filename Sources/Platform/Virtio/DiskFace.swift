// What both faces of a disk have, virtio's block device and its SCSI adapter: requests of a guest become requests to
// the channel subsystem, and come back.

import Channels
import Quantities
import X86

/// A disk as the guest sees it: the face of a subchannel.
///
/// Requests are read when the driver notifies and leave as `ChannelRequest`; completions come back
/// from the channel subsystem. What would be more than `Flight` allows waits in the driver's rings, of which each
/// gives one in turn when there is room again.
/// All guest addresses are checked when a chain is taken, and again by the write path when its
/// completion is stored. What a request is, and how it is answered, each kind of face says.
class DiskFace: VirtioDevice {
  /// A request that the channel subsystem has.
  struct Pending: Codable, Equatable, Sendable {
    var tag: UInt64
    /// nil when the driver has reset the device or had it ended: the subsystem has not ended it yet.
    var chain: VirtQueue.Chain?
    var isRead: Bool
    var byteCount: Int
    /// What a SCSI adapter knows of it.
    var task: SCSITask?
    /// The queue that its chain came by; of a SCSI adapter's its task says it.
    @Added var queue = 0
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
    /// What is moved, whichever way: the host copies it.
    static let kibibyte = 100
    /// To have what is under way cleared: paths and queues are gone through.
    static let clear = 5_000
  }

  final let configuration: BlockDeviceConfiguration
  final var pending: [Pending] = []
  /// The queue that requests come by, or the first of them.
  final let requestQueue: Int
  /// Which of the queues is the next when several have requests that had to wait.
  final var turn = 0
  /// What the host did for requests that had to wait, in cycles: the next notice pays for it.
  final var owed = 0

  /// The face of a disk.
  init(
    _ configuration: BlockDeviceConfiguration, _ transport: VirtioTransport, requestQueue: Int,
    at slot: Int, of bus: SystemBus
  ) {
    self.configuration = configuration
    self.requestQueue = requestQueue
    super.init(transport, at: slot, of: bus)
  }

  /// Returns to the state after power-on; the channel subsystem is reset with it and has nothing.
  override func reset() {
    super.reset()
    pending = []
    turn = 0
    owed = 0
  }

  /// Takes up what was remembered.
  ///
  /// - Throws: `StateRefusal` when no device like this has such a state; nothing was changed then.
  final func restore(
    _ transport: VirtioTransport, _ pending: [Pending], turn: Int = 0, owed: Int, isOwn: Bool,
    limit: Int, kind: String
  ) throws(StateRefusal) {
    let queues = transport.queues.indices
    guard isOwn, pending.count <= limit, pending.allSatisfy({ queues.contains($0.queue) }),
      queues.contains(turn), owed >= 0
    else { throw .inconsistent(kind: kind, what: "it is another device's, or its queues") }
    self.transport = transport
    self.pending = pending
    self.turn = turn
    self.owed = owed
  }

  override func forget(_ access: DeviceAccess) {
    // Once for what is under way: one reset after the other finds nothing more to clear.
    if isInUse { clear(access) }
    // Cannot trap: indices of the array itself.
    for index in pending.indices { pending[index].chain = nil }
    turn = 0
  }

  /// How many queues requests come by; they follow each other.
  var requestQueueCount: Int { 1 }

  /// Whether the channel subsystem has something of the driver's.
  var isInUse: Bool { pending.contains { $0.chain != nil } }

  /// Has the channel subsystem end what it has of the device's, and what RESERVE gave: the driver resets it.
  final func clear(_ access: DeviceAccess) {
    end(.channelCleared(configuration.deviceNumber), access)
  }

  /// Has the channel subsystem end what it has of the device's; what was reserved stays so.
  final func endRequests(_ access: DeviceAccess) {
    end(.requestsEnded(configuration.deviceNumber), access)
  }

  private final func end(_ kind: ComputerEvent.Kind, _ access: DeviceAccess) {
    guard !isCutOff else { return }
    bus.owner?.emit(kind, at: access.time)
    bus.owner?.charge(Cost.clear, to: access.processor)
  }

  override func serve(_ queue: Int, _ access: DeviceAccess) {
    guard queue >= requestQueue, queue &- requestQueue < requestQueueCount else { return }
    let (requests, cycles) = takeRequests(of: queue, now: access.time)
    let due = cycles.addingClamped(owed)
    owed = 0
    guard due > 0 else { return }
    for request in requests { bus.owner?.emit(.channelRequest(request), at: access.time) }
    bus.owner?.charge(due, to: access.processor)
  }

  /// Stores the end of a request; one that a reset forgot is ignored.
  ///
  /// - Returns: Requests that had to wait in the rings for this one.
  final func complete(_ completion: ChannelCompletion) -> [ChannelRequest] {
    guard let index = pending.firstIndex(where: { $0.tag == completion.tag }) else {
      return []
    }
    let hadToWait = isFull
    let ended = pending.remove(at: index)
    defer { line.set(transport.isInterrupting) }
    if let chain = ended.chain, transport.isOperating {
      do throws(VirtQueueError) {
        try answer(chain, ended, completion)
      } catch {
        transport.markBroken()
      }
    }
    guard hadToWait, transport.isOperating else { return [] }
    let (requests, cycles) = takeRequests(of: nil, now: completion.at)
    owed.addClamped(cycles)
    return requests
  }

  /// Answers a chain whose request has ended.
  func answer(
    _ chain: VirtQueue.Chain, _ ended: Pending, _ completion: ChannelCompletion
  ) throws(VirtQueueError) {}

  // MARK: Requests

  private final var isFull: Bool {
    pending.count >= Flight.requestLimit
      || pending.reduce(0) { $0.addingClamped($1.byteCount) } >= Flight.byteLimit
  }

  /// Takes what the driver made available, as long as there may be more under way.
  ///
  /// - Parameters:
  ///   - notified: The queue of which the driver gave notice; nil for all, from each one in turn. While there may be
  ///     more under way, no other queue has some that waits.
  ///   - now: When.
  /// - Returns: The requests that begin, and what walking the rings costs in cycles.
  private final func takeRequests(
    of notified: Int?, now: SimulatedTime
  ) -> (requests: [ChannelRequest], cycles: Int) {
    let count = notified == nil ? max(1, requestQueueCount) : 1
    let hasTables = transport.hasAccepted(VirtQueue.tables)
    // A driver cannot make more available at once than the rings have; what writes into its own rings could.
    var left = Int(VirtQueue.largestSize).multipliedClamped(by: count)
    var emptyCount = 0
    var requests: [ChannelRequest] = []
    var cycles = 0
    do throws(VirtQueueError) {
      while left > 0, emptyCount < count, !isFull {
        left &-= 1
        let queue = notified ?? takeTurn(of: count)
        guard let chain = try transport.queues[queue].take(bus.memory, hasTables: hasTables) else {
          emptyCount &+= 1
          continue
        }
        emptyCount = 0
        cycles &+= Cost.request &+ Cost.descriptor &* chain.descriptorCount
        if let request = try start(chain, of: queue, now: now) {
          // Cannot trap: `start` refuses what is more than a request may move.
          cycles &+= Cost.kibibyte &* (request.movedByteCount / 1024)
          requests.append(request)
        }
      }
    } catch {
      transport.markBroken()
    }
    return (requests, cycles)
  }

  /// The queue whose turn it is; the next has its own then.
  private final func takeTurn(of count: Int) -> Int {
    let number = turn < count ? turn : 0
    turn = number &+ 1 < count ? number &+ 1 : 0
    return requestQueue &+ number
  }

  /// Begins what a chain of a queue asks.
  ///
  /// - Returns: The request that it becomes; nil when it is answered.
  func start(
    _ chain: VirtQueue.Chain, of queue: Int, now: SimulatedTime
  ) throws(VirtQueueError) -> ChannelRequest? { nil }

  /// A request of the partition to the device, for the kind of face to say what is asked.
  final func request(now: SimulatedTime) -> ChannelRequest {
    ChannelRequest(
      partition: bus.configuration.partitionNumber, device: configuration.deviceNumber,
      kind: .flush, firstBlock: 0, byteCount: 0, tag: 0, issued: now)
  }

  /// Notes a request that leaves.
  final func begin(
    _ request: ChannelRequest, for chain: VirtQueue.Chain, of queue: Int = 0,
    task: SCSITask? = nil
  ) -> ChannelRequest {
    var request = request
    request.tag = bus.owner?.takeTag() ?? 0
    pending.append(
      Pending(
        tag: request.tag, chain: chain, isRead: request.kind == .read,
        byteCount: request.movedByteCount, task: task, queue: queue))
    return request
  }

  /// The device by name: `ENDICOTT-0200`.
  static func serialNumber(_ number: UInt16) -> [UInt8] {
    let digits = hexDigits(number)
    // Cannot trap: a number has at least one digit.
    return Array(("ENDICOTT-000".dropLast(max(0, digits.utf8.count - 1)) + digits).utf8)
  }

  /// Names of its stored properties that are state.
  static let faceState = VirtioDevice.state + ["pending", "turn", "owed"]
  /// Names of its stored properties that are wiring.
  static let faceWiring = VirtioDevice.wiring + ["configuration", "requestQueue"]
}
