// The registers of the I/O APIC. The controller itself belongs to the network that carries interrupts.

import Quantities

/// The memory window of the I/O APIC (82093AA data sheet; SDM volume 3, 11.12.1 has the messages).
final class InputOutputController: BusTarget, Device {
  /// It remembers nothing: the network does.
  struct State: NoState {
    static let kind = "I/O APIC's registers"
    static let version = 1
  }

  private let network: InterruptNetwork

  private init(_ network: InterruptNetwork) { self.network = network }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [InputOutputController] { [InputOutputController(bus.network)] }

  var regions: [DeviceRegion] {
    [.memory(PCLayout.ioAPICBase, count: PCLayout.ioAPICByteCount)]
  }

  var state: State { State() }

  func reset() {}

  func restore(_ state: State) {}

  // An access of any width is one of the register of four bytes at its address.
  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    UInt64(network.readIOAPIC(UInt64(clamping: register)))
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    network.writeIOAPIC(UInt64(clamping: register), UInt32(truncatingIfNeeded: value))
    return true
  }
}

extension InputOutputController: StateHolder {
  static let roles = PropertyRoles(state: [], wiring: ["network"])
}
