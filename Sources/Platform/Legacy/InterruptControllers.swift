// The ports of the 8259 interrupt controllers of a PC/AT. The controllers themselves belong to the network
// that carries interrupts.

import Quantities

/// Ports of the master, of the slave, and of the registers that make requests levels.
final class InterruptControllers: BusTarget, Device {
  /// It remembers nothing: the network does.
  struct State: NoState {
    static let kind = "interrupt controllers' ports"
    static let version = 1
  }

  /// First registers by number.
  private enum Register {
    static let master = 0
    static let slave = 2
    static let levels = 4
  }

  private let network: InterruptNetwork

  private init(_ network: InterruptNetwork) { self.network = network }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [InterruptControllers] {
    configuration.hasLegacyDevices ? [InterruptControllers(bus.network)] : []
  }

  var regions: [DeviceRegion] {
    [
      .ports(PCLayout.interruptControllers.master, count: 2, register: Register.master),
      .ports(PCLayout.interruptControllers.slave, count: 2, register: Register.slave),
      .ports(PCLayout.interruptLevels, count: 2, register: Register.levels),
    ]
  }

  var state: State { State() }

  func reset() {}

  func restore(_ state: State) {}

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    guard access.size == 1 else { return nil }
    if register >= Register.levels {
      return UInt64(network.requestLevels(ofSlave: register & 1 == 1))
    }
    return UInt64(network.readController(register & 1, ofSlave: register >= Register.slave))
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    guard access.size == 1 else { return false }
    let byte = UInt8(truncatingIfNeeded: value)
    if register >= Register.levels {
      network.setRequestLevels(ofSlave: register & 1 == 1, byte)
    } else {
      network.writeController(register & 1, ofSlave: register >= Register.slave, byte)
    }
    return true
  }
}

extension InterruptControllers: StateHolder {
  static let roles = PropertyRoles(state: [], wiring: ["network"])
}
