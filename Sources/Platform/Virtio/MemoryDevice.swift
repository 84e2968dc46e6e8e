// The memory device of virtio (VIRTIO 1.2, "Memory Device"): the guest's driver plugs and unplugs blocks of a
// region as the firmware asks it to, and uses them as storage. How much it may have is the firmware's; which
// blocks, the driver's.

import Channels
import Quantities
import X86

/// Storage that comes and goes while the guest runs, as a driver such as Linux' virtio_mem takes it.
///
/// Unplugged blocks are not storage: a driver must have accepted that they are inaccessible.
final class MemoryDevice: VirtioDevice, PluggingDevice {
  /// All state of the device.
  struct State: SavedState {
    static let kind = "memory device"
    static let version = 1

    var transport: VirtioTransport
    var storage: PluggableStorage
  }

  /// What a notice costs the processor that gives it, in cycles.
  private enum Cost {
    static let request = 400
    static let descriptor = 100
    static let block = 1_000
  }

  /// VIRTIO_MEM_F_UNPLUGGED_INACCESSIBLE.
  private static let unpluggedInaccessible: UInt64 = 1 << 1

  private(set) var storage: PluggableStorage

  private init(_ region: Range<UInt64>, at slot: Int, of bus: SystemBus) {
    let storage = PluggableStorage(region)
    self.storage = storage
    super.init(
      VirtioTransport(
        deviceType: 24, deviceFeatures: Self.unpluggedInaccessible,
        configuration: storage.configuration, queueLimits: [VirtQueue.maximumSize],
        requiredFeatures: Self.unpluggedInaccessible), at: slot, of: bus)
  }

  static func devices(of configuration: ComputerConfiguration, on bus: SystemBus) -> [MemoryDevice]
  {
    guard configuration.plugsBlocks, let region = configuration.pluggableRegion,
      let slot = bus.takeSlot()
    else { return [] }
    return [MemoryDevice(region, at: slot, of: bus)]
  }

  var state: State { State(transport: transport, storage: storage) }

  /// Returns to the state after power-on, in which nothing is plugged; what the firmware wants stays.
  override func reset() {
    super.reset()
    apply(storage.limit(to: 0))
    transport.configure(storage.configuration, isTold: false)
  }

  func restore(_ state: State) throws(StateRefusal) {
    var own = transport
    own.configure(state.storage.configuration, isTold: false)
    let isThere = storage.blocks.allSatisfy { block in
      let blocks = block..<max(block, block.addingClamped(1))
      return bus.memory.isStorage(storage.addresses(blocks)) == state.storage.isPlugged(block)
    }
    guard storage.fits(state.storage), own.fits(state.transport), isThere else {
      throw .inconsistent(kind: State.kind, what: "its queue, or what is plugged")
    }
    transport = state.transport
    storage = state.storage
  }

  // MARK: What the firmware wants

  /// Whether the guest's driver serves the device.
  var isServed: Bool { transport.isOperating }

  var pluggedByteCount: UInt64 { storage.pluggedByteCount }

  func offer(_ byteCount: UInt64, keeping most: UInt64) {
    storage.request(byteCount)
    apply(storage.limit(to: most))
    transport.configure(storage.configuration, isTold: true)
    line.set(transport.isInterrupting)
  }

  /// A driver goes on by itself until it has as many blocks as it is to have.
  func askAgain() {}

  // MARK: Requests

  override func serve(_ queue: Int, _ access: DeviceAccess) {
    var cycles = 0
    let before = storage.pluggedByteCount
    do throws(VirtQueueError) {
      // A driver cannot make more available at once than the ring has.
      // Cannot trap: a constant.
      for _ in 0..<VirtQueue.maximumSize {
        guard let chain = try transport.queues[queue].take(bus.memory) else { break }
        cycles &+= Cost.request &+ Cost.descriptor &* chain.descriptorCount
        let (answer, blocks) = try perform(chain)
        cycles &+= Cost.block &* blocks
        let written = try chain.store(answer.bytes, bus.memory)
        try give(chain.head, in: queue, written: written)
      }
    } catch {
      transport.markBroken()
    }
    transport.configure(storage.configuration, isTold: false)
    bus.owner?.charge(cycles, to: access.processor)
    guard storage.pluggedByteCount != before else { return }
    bus.owner?.emit(.storagePlugged(byteCount: storage.pluggedByteCount), at: access.time)
  }

  /// Performs the request in a chain.
  ///
  /// - Returns: The answer, and how many blocks were walked for it.
  private func perform(
    _ chain: VirtQueue.Chain
  ) throws(VirtQueueError) -> (PluggableStorage.Answer, blocks: Int) {
    let bytes = chain.bytes(skipping: 0, count: PluggableStorage.Request.byteCount, bus.memory)
    // Without a request or a place for the answer nothing can be answered.
    guard bytes.count == PluggableStorage.Request.byteCount,
      VirtQueue.byteCount(chain.writable) >= PluggableStorage.Answer.byteCount
    else { throw .incompleteRequest(head: chain.head) }
    let request = PluggableStorage.Request(bytes)
    let (answer, change) = storage.perform(request)
    apply(change)
    return (answer, min(request.blockCount, storage.blockCount))
  }

  private func apply(_ change: PluggableStorage.Change) {
    switch change {
    case .none: break
    case .attach(let range): bus.memory.attach(range)
    case .detach(let ranges):
      for range in ranges { bus.memory.detach(range) }
      bus.forgetTranslations()
    }
  }
}

extension MemoryDevice: StateHolder {
  static let roles = PropertyRoles(
    state: VirtioDevice.state + ["storage"], wiring: VirtioDevice.wiring)
}
