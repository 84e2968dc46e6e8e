// The entropy device of virtio (VIRTIO 1.2, "Entropy Device"): random bytes for a guest, from a sequence that
// is part of the history, so that the same machine gives them again.

import Channels
import Quantities
import X86

extension RandomSequence {
  /// The next bytes; what is left over of the last number is dropped.
  mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(max(0, count))
    while bytes.count < count {
      bytes += MachineLanguage.littleEndian(next()).prefix(max(0, count &- bytes.count))
    }
    return bytes
  }
}

/// A source of random bytes: what the driver makes available comes back filled.
final class EntropyDevice: VirtioDevice, Device {
  /// All state of the device.
  struct State: SavedState {
    static let kind = "entropy device"
    static let version = 1

    var transport: VirtioTransport
    var sequence: RandomSequence
  }

  /// Most bytes that a request is given; a driver asks again for more.
  private static let requestLimit = 256

  /// What a notice costs the processor that gives it, in cycles.
  private enum Cost {
    static let request = 400
    static let descriptor = 100
    static let byte = 2
  }

  private var sequence: RandomSequence

  private init(seed: UInt64, at slot: Int, of bus: SystemBus) {
    sequence = RandomSequence(seed: seed)
    super.init(
      VirtioTransport(
        deviceType: 4, deviceFeatures: 0, configuration: [], queueLimits: [VirtQueue.maximumSize]),
      at: slot, of: bus)
  }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [EntropyDevice] {
    guard let seed = configuration.entropySeed, let slot = bus.takeSlot() else { return [] }
    return [EntropyDevice(seed: seed, at: slot, of: bus)]
  }

  var state: State { State(transport: transport, sequence: sequence) }

  func restore(_ state: State) throws(StateRefusal) {
    guard transport.fits(state.transport) else {
      throw .inconsistent(kind: State.kind, what: "its queue")
    }
    transport = state.transport
    sequence = state.sequence
  }

  override func serve(_ queue: Int, _ access: DeviceAccess) {
    var cycles = 0
    do throws(VirtQueueError) {
      // A driver cannot make more available at once than the ring has.
      // Cannot trap: a constant.
      for _ in 0..<VirtQueue.maximumSize {
        guard let chain = try transport.queues[queue].take(bus.memory) else { break }
        let count = try fill(chain)
        cycles &+= Cost.request &+ Cost.descriptor &* chain.descriptorCount &+ Cost.byte &* count
        try give(chain.head, in: queue, written: count)
      }
    } catch {
      transport.markBroken()
    }
    bus.owner?.charge(cycles, to: access.processor)
  }

  /// Writes random bytes into what a chain has for the device.
  ///
  /// - Returns: How many.
  private func fill(_ chain: VirtQueue.Chain) throws(VirtQueueError) -> Int {
    var left = Self.requestLimit
    // Cannot trap: goes through the array itself.
    for segment in chain.writable where left > 0 {
      let bytes = sequence.bytes(min(left, Int(segment.byteCount)))
      guard bus.store(bytes, at: segment.address) else {
        throw .outsideStorage(address: segment.address)
      }
      left &-= bytes.count
    }
    return Self.requestLimit &- left
  }
}

extension EntropyDevice: StateHolder {
  static let roles = PropertyRoles(
    state: VirtioDevice.state + ["sequence"], wiring: VirtioDevice.wiring)
}
