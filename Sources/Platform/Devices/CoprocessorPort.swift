// How software for the PC/AT answers an x87 exception that came as an interrupt (FERR#, with CR0.NE clear).

import Channels
import Quantities

/// Port F0: a write clears the coprocessor's interrupt and asserts IGNNE#.
final class CoprocessorPort: BusTarget, Device {
  /// It remembers nothing.
  struct State: SavedState {
    static let kind = "coprocessor port"
    static let version = 1
  }

  private let line: InterruptLine
  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus) {
    self.bus = bus
    line = bus.line(to: PCLayout.coprocessorPin)
  }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [CoprocessorPort] { [CoprocessorPort(bus)] }

  var regions: [DeviceRegion] { [.ports(PCLayout.coprocessorError)] }

  var state: State { State() }

  func reset() {}

  func restore(_ state: State) {}

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    line.set(false)
    bus.ignoreFloatingPointErrors(access.processor)
    return true
  }
}

extension CoprocessorPort: StateHolder {
  static let roles = PropertyRoles(state: [], wiring: ["line", "bus"])
}
