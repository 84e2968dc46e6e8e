// The balloon device of virtio (VIRTIO 1.2, "Traditional Memory Balloon Device") for two things beside the balloon:
// pages that the guest reports free go back to the host, and the guest says how much storage it can spare. No size of
// the balloon is ever asked for; what a driver puts into it all the same stays as it is.

import Channels
import Quantities
import X86

/// Takes pages that nothing in the guest uses, and the guest's count of its storage.
final class BalloonDevice: VirtioDevice, Device {
  /// All state of the device.
  struct State: SavedState {
    static let kind = "balloon device"
    static let version = 1

    var transport: VirtioTransport
    /// The driver's buffer for statistics, which comes back when they are wanted again, and when that is.
    var statistics: UInt16?
    var nextRequest: SimulatedTime?
    var report: GuestStorageReport?
  }

  private enum Feature {
    static let statistics: UInt64 = 1 << 1
    static let reporting: UInt64 = 1 << 5
  }

  /// What a queue is for: which there are follows from the features that the driver accepts.
  private enum Role {
    case balloon
    case statistics
    case reporting
  }

  /// What a notice costs the processor that gives it, in cycles.
  private enum Cost {
    static let chain = 400
    static let descriptor = 100
    static let page = 10
  }

  /// How often the guest is asked, in nanoseconds.
  private static let interval: SimulatedTime = 5_000_000_000
  /// Most bytes of statistics that are looked at: more than there are kinds.
  private static let statisticsLimit = 320

  /// The guest's last report of its storage, since its driver began.
  private(set) var report: GuestStorageReport?
  private var statistics: UInt16?
  private var nextRequest: SimulatedTime?

  private init(at slot: Int, of bus: SystemBus) {
    super.init(
      VirtioTransport(
        deviceType: 5, deviceFeatures: Feature.statistics | Feature.reporting,
        // Pages wanted in the balloon, and pages in it.
        configuration: Array(repeating: 0, count: 8),
        queueLimits: Array(repeating: VirtQueue.maximumSize, count: 4)), at: slot, of: bus)
  }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [BalloonDevice] {
    guard configuration.hasBalloon, let slot = bus.takeSlot() else { return [] }
    return [BalloonDevice(at: slot, of: bus)]
  }

  static var isTimed: Bool { true }

  // MARK: State

  var state: State {
    State(
      transport: transport, statistics: statistics, nextRequest: nextRequest, report: report)
  }

  override func reset() {
    super.reset()
    forgetDriver()
  }

  override func forget(_ access: DeviceAccess) { forgetDriver() }

  private func forgetDriver() {
    statistics = nil
    nextRequest = nil
    report = nil
    bus.noteDeadline()
  }

  func restore(_ state: State) throws(StateRefusal) {
    guard transport.fits(state.transport),
      state.statistics.map({ UInt32($0) < VirtQueue.maximumSize }) ?? true
    else {
      throw .inconsistent(kind: State.kind, what: "its queues")
    }
    transport = state.transport
    statistics = state.statistics
    nextRequest = state.nextRequest
    report = state.report
  }

  // MARK: Queues

  private func role(of queue: Int) -> Role {
    let offered: [(UInt64, Role)] = [
      (Feature.statistics, .statistics), (Feature.reporting, .reporting),
    ]
    let others = offered.filter { transport.hasAccepted($0.0) }
    return others.element(at: queue.subtractingClamped(2))?.1 ?? .balloon
  }

  /// Takes what the driver made available before it was ready, as Linux' does with its first statistics.
  override func begin(_ access: DeviceAccess) {
    for queue in transport.queues.indices { serve(queue, access) }
  }

  override func serve(_ queue: Int, _ access: DeviceAccess) {
    var cycles = 0
    do throws(VirtQueueError) {
      switch role(of: queue) {
      case .balloon: try takePages(queue, &cycles) { _ in 0 }
      case .reporting: try takeFreePages(queue, &cycles)
      case .statistics: try takeStatistics(queue, at: access.time, &cycles)
      }
    } catch {
      transport.markBroken()
    }
    bus.owner?.charge(cycles, to: access.processor)
  }

  /// Takes the chains that the driver made available, and gives each back; what was done is counted in cycles also
  /// when it ends with a wrong chain.
  private func takePages(
    _ queue: Int, _ cycles: inout Int, _ body: (VirtQueue.Chain) -> Int
  ) throws(VirtQueueError) {
    // A driver cannot make more available at once than the ring has.
    // Cannot trap: a constant.
    for _ in 0..<VirtQueue.maximumSize {
      guard let chain = try transport.queues[queue].take(bus.memory) else { break }
      cycles &+= Cost.chain &+ Cost.descriptor &* chain.descriptorCount
      cycles.addClamped(body(chain).multipliedClamped(by: Cost.page))
      try give(chain.head, in: queue)
    }
  }

  /// Gives the host the pages that the driver reports free: at one notice as many as its storage has, though it may
  /// report a page again and again.
  private func takeFreePages(_ queue: Int, _ cycles: inout Int) throws(VirtQueueError) {
    let limit = Int(clamping: bus.memory.attachedByteCount >> 12)
    var count = 0
    defer { if count > 0 { bus.forgetTranslations() } }
    try takePages(queue, &cycles) { chain in
      let before = count
      // Cannot trap: goes through the array itself.
      for segment in chain.writable where Int(segment.byteCount >> 12) <= limit &- count {
        let range = AddressRange(
          start: segment.address, byteCount: UInt64(segment.byteCount))
        count.addClamped(range.map { bus.memory.empty($0.addresses) } ?? 0)
      }
      return count &- before
    }
  }

  // MARK: Statistics

  private func takeStatistics(
    _ queue: Int, at time: SimulatedTime, _ cycles: inout Int
  ) throws(VirtQueueError) {
    guard statistics == nil, let chain = try transport.queues[queue].take(bus.memory) else {
      return
    }
    let bytes = chain.bytes(skipping: 0, count: Self.statisticsLimit, bus.memory)
    report = Self.report(in: bytes, at: time) ?? report
    statistics = chain.head
    nextRequest = time.addingClamped(Self.interval)
    bus.noteDeadline()
    cycles &+= Cost.chain &+ Cost.descriptor &* chain.descriptorCount
  }

  /// What statistics say: entries of ten bytes, each with a kind and a number; nil when what matters is missing.
  private static func report(in bytes: [UInt8], at time: SimulatedTime) -> GuestStorageReport? {
    func value(_ kind: UInt64) -> UInt64? {
      func number(_ offset: Int, _ count: Int) -> UInt64 {
        // Cannot trap: no negative offset or count.
        bytes.dropFirst(offset).prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
      }
      // Cannot trap: ten is no zero.
      for offset in stride(from: 0, to: bytes.count &- 9, by: 10) where number(offset, 2) == kind {
        return number(offset &+ 2, 8)
      }
      return nil
    }
    guard let total = value(5), let available = value(6) else { return nil }
    return GuestStorageReport(
      totalByteCount: total, availableByteCount: min(available, total), time: time)
  }

  // MARK: Time

  override var deadline: SimulatedTime? { nextRequest }

  /// Gives the driver its buffer back, so that it fills it again.
  override func act(at now: SimulatedTime) {
    nextRequest = nil
    guard let head = statistics, transport.isOperating else { return }
    statistics = nil
    do throws(VirtQueueError) {
      try give(head, in: 2)
    } catch {
      transport.markBroken()
    }
    line.set(transport.isInterrupting)
  }
}

extension BalloonDevice: StateHolder {
  static let roles = PropertyRoles(
    state: VirtioDevice.state + ["statistics", "nextRequest", "report"],
    wiring: VirtioDevice.wiring)
}
