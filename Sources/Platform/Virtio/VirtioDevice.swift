// What all virtio devices have: a place on the bus with registers in memory and a wire, and queues. What the
// queues carry is for each kind of device to say.

import Channels
import Quantities
import X86

/// A virtio device's registers and wire.
class VirtioDevice: BusTarget {
  /// Its registers and queues.
  final var transport: VirtioTransport
  /// Its place among the virtio devices.
  final let slot: Int
  final let line: InterruptLine
  /// Whether what it stands for is gone, and its driver does not know yet.
  final var isCutOff = false
  final unowned(unsafe) let bus: SystemBus

  /// A device at a place of the bus, as after power-on.
  init(_ transport: VirtioTransport, at slot: Int, of bus: SystemBus) {
    self.transport = transport
    self.slot = slot
    self.bus = bus
    line = bus.line(to: PCLayout.virtioPin &+ slot)
  }

  /// Takes what the driver made available in a queue.
  func serve(_ queue: Int, _ access: DeviceAccess) {}

  /// Notes that the driver has set it up.
  func begin(_ access: DeviceAccess) {}

  /// Forgets what it has of the driver's: the driver resets the device.
  func forget(_ access: DeviceAccess) {}

  /// Returns to the state after power-on.
  func reset() {
    transport.reset()
    line.set(false)
  }

  /// What it stands for is gone: nothing that its driver asks for is done any more.
  func cutOff() { isCutOff = true }

  final override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    transport.read(UInt64(clamping: register), size: access.size)
  }

  final override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    // All registers that can be written have four bytes.
    guard access.size == 4 else { return true }
    switch transport.write(UInt64(clamping: register), UInt32(truncatingIfNeeded: value)) {
    case .none: break
    case .begin: begin(access)
    case .reset: forget(access)
    case .notify(let queue): serve(queue, access)
    }
    line.set(transport.isInterrupting)
    return true
  }

  /// Gives the chain of a head back into which so many bytes were written, and interrupts a driver that wants it.
  final func give(_ head: UInt16, in queue: Int, written: Int = 0) throws(VirtQueueError) {
    let isWanted = try transport.queues[queue].give(
      head: head, byteCount: UInt32(clamping: written), bus.memory)
    if isWanted { transport.raiseUsed() }
  }

  // MARK: Its place

  /// The address of its registers.
  final var address: UInt64 {
    PCLayout.virtioBase &+ UInt64(clamping: slot) &* PCLayout.virtioByteCount
  }

  /// Where it answers.
  final var regions: [DeviceRegion] { [.memory(address, count: PCLayout.virtioByteCount)] }

  /// Its part of the DSDT.
  final func description() -> [MachineLanguage.Term] { registersTerm() }

  /// Registers and wire as a device of the DSDT, where Linux finds them.
  final func registersTerm() -> [MachineLanguage.Term] {
    typealias AML = MachineLanguage
    return [
      AML.device(
        "VR0\(slot)",
        [
          AML.name("_HID", AML.string("LNRO0005")),
          AML.name("_UID", AML.integer(UInt64(clamping: slot))),
          AML.name("_CCA", AML.integer(1)),
          AML.name(
            "_CRS",
            AML.resources([
              AML.memoryResource(
                UInt32(truncatingIfNeeded: address), UInt32(PCLayout.virtioByteCount)),
              AML.interruptResource(UInt32(clamping: PCLayout.virtioPin &+ slot), isLevel: true),
            ])),
        ])
    ]
  }

  /// Names of its stored properties that are state.
  static let state = ["transport", "isCutOff"]
  /// Names of its stored properties that are wiring.
  static let wiring = ["slot", "line", "bus"]
}
