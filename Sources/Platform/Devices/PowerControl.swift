// How a guest switches its computer off and resets it, without a chip set: the sleep and reset registers of
// reduced hardware (ACPI specification, "Sleep Control Register"), the timer of power management, and the
// one command of a keyboard controller that every system knows.

import Channels
import Quantities

/// The registers by which a guest ends its computer's operation.
final class PowerControl: BusTarget, Device {
  /// It remembers nothing.
  struct State: SavedState {
    static let kind = "power control"
    static let version = 1
  }

  /// Registers by number: those at the sleep control port, and the keyboard controller's command.
  private enum Register {
    static let sleepControl = 0
    static let sleepStatus = 1
    static let reset = 2
    static let timer = 8
    static let keyboardCommand = 16
  }

  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus) { self.bus = bus }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [PowerControl] { [PowerControl(bus)] }

  var regions: [DeviceRegion] {
    [
      .ports(PCLayout.sleepControl, count: 3, register: Register.sleepControl),
      .ports(PCLayout.powerTimer, count: 4, register: Register.timer),
      .ports(PCLayout.keyboardCommand, register: Register.keyboardCommand),
    ]
  }

  var state: State { State() }

  func reset() {}

  func restore(_ state: State) {}

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    switch (register, access.size) {
    case (Register.timer, 4): return UInt64(PowerManagementChip.timer(at: access.time))
    case (Register.timer..<Register.timer + 4, 1):
      let timer = PowerManagementChip.timer(at: access.time)
      return UInt64(timer >> UInt32(truncatingIfNeeded: 8 &* (register &- Register.timer)) & 0xFF)
    case (Register.sleepStatus, 1): return 0
    default: return nil
    }
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    guard access.size == 1 else { return false }
    let byte = UInt8(truncatingIfNeeded: value)
    switch register {
    case Register.sleepControl:
      // Sleep type in bits 2-4, enable in bit 5; the DSDT offers S5 only, type 5.
      if byte & 0x20 != 0, byte >> 2 & 7 == 5 { bus.owner?.end(.powerOff, at: access.time) }
    case Register.reset:
      if byte == PCLayout.resetValue { bus.owner?.end(.reset, at: access.time) }
    case Register.keyboardCommand:
      if byte == 0xFE { bus.owner?.end(.reset, at: access.time) }
    default: return false
    }
    return true
  }

  /// The power button; fixed hardware has one of its own.
  func description() -> [MachineLanguage.Term] {
    typealias AML = MachineLanguage
    guard !bus.configuration.hasLegacyDevices else { return [] }
    return [
      AML.device(
        "PWRB",
        [AML.name("_HID", AML.compressedIdentifier("PNP0C0C")), AML.name("_UID", AML.integer(0))])
    ]
  }
}

extension PowerControl: StateHolder {
  static let roles = PropertyRoles(state: [], wiring: ["bus"])
}
