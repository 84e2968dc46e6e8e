// The port by which a test system ends its run with a status, as QEMU's "isa-debug-exit" does.

import Channels
import Quantities

/// A port that ends the run.
final class DebugExit: BusTarget, Device {
  /// It remembers nothing.
  struct State: SavedState {
    static let kind = "debug exit"
    static let version = 1
  }

  private let port: UInt16
  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus, port: UInt16) {
    self.bus = bus
    self.port = port
  }

  static func devices(of configuration: ComputerConfiguration, on bus: SystemBus) -> [DebugExit] {
    configuration.testHardware.debugExitPort.map { [DebugExit(bus, port: $0)] } ?? []
  }

  var regions: [DeviceRegion] { [.ports(UInt64(port))] }

  var state: State { State() }

  func reset() {}

  func restore(_ state: State) {}

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    bus.owner?.end(.debugExit(UInt32(truncatingIfNeeded: value)), at: access.time)
    return true
  }
}

extension DebugExit: StateHolder {
  static let roles = PropertyRoles(state: [], wiring: ["port", "bus"])
}
