// The chip set of a PC/AT at its ports: PCI's configuration mechanism 1 and the reset register, and what the
// registers behind it do to storage and to other devices.

import Channels
import Quantities
import X86

extension HostBridgeChip: SavedState {
  static let kind = "host bridge"
  static let version = 1
}

/// The host bridge and what lies on PCI bus 0.
final class HostBridge: BusTarget, Device {
  /// Registers by number: those of the ports from 0xCF8 on.
  private enum Register {
    static let address = 0
    static let resetControl = 1
    static let data = 4..<8
  }

  private(set) var state = HostBridgeChip()
  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus) { self.bus = bus }

  static func devices(of configuration: ComputerConfiguration, on bus: SystemBus) -> [HostBridge] {
    configuration.hasLegacyDevices ? [HostBridge(bus)] : []
  }

  var regions: [DeviceRegion] { [.ports(PCLayout.configurationAddress, count: 8)] }

  /// As firmware leaves it to a system that is loaded without one.
  func reset() {
    state = HostBridgeChip()
    state.openShadows()
    applyShadows()
    placePower()
  }

  func restore(_ state: HostBridgeChip) throws(StateRefusal) {
    guard state.isComplete else {
      throw .inconsistent(kind: HostBridgeChip.kind, what: "registers are missing")
    }
    self.state = state
    placePower()
  }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    switch register {
    case Register.address where access.size == 4: return UInt64(state.address)
    case Register.data:
      let offset = register &- Register.data.lowerBound
      return UInt64(state.read(offset, size: min(access.size, 4 &- offset)))
    default: return nil
    }
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    let word = UInt32(truncatingIfNeeded: value)
    switch register {
    case Register.address where access.size == 4: state.select(word)
    case Register.resetControl where access.size == 1:
      if value & 4 != 0 { bus.owner?.end(.reset, at: access.time) }
    case Register.data:
      let offset = register &- Register.data.lowerBound
      let before = state.shadowRegisters
      state.write(offset, size: min(access.size, 4 &- offset), word)
      if state.shadowRegisters != before { applyShadows() }
      placePower()
    default: return false
    }
    return true
  }

  // MARK: What the registers do

  /// Returns to what firmware finds: the BIOS area is its own.
  func leaveToFirmware() {
    state = HostBridgeChip()
    applyShadows()
    placePower()
  }

  /// Decodes the registers of power management from a port on, as firmware does.
  func placePower(at port: UInt64) {
    state.placePower(at: port)
    placePower()
  }

  private func placePower() {
    bus.moveWindow(to: state.powerPort, count: PowerManagementChip.byteCount)
  }

  /// The attributes of the BIOS area take effect.
  private func applyShadows() {
    // Cannot trap: each element once.
    bus.memory.setShadows(state.shadows.map { ($0.readsStorage, $0.writesStorage) })
    bus.forgetTranslations()
  }

  /// Bus 0 of PCI with its windows, and the interrupt of the one function that has a pin.
  func description() -> [MachineLanguage.Term] {
    typealias AML = MachineLanguage
    let windows = [
      AML.busResource(0...0),
      AML.portResource(UInt16(PCLayout.configurationAddress), 8),
      AML.portWindow(0...0x0CF7), AML.portWindow(0x0D00...0xFFFF),
      AML.memoryWindow(0xA_0000...0xB_FFFF),
      AML.memoryWindow(UInt32(PCLayout.lowStorageLimit)...UInt32(PCLayout.virtioBase - 1)),
    ]
    // The PIIX4's functions are of device 1; INTA there is the system control interrupt.
    let route = AML.package([
      AML.integer(0x1_FFFF), AML.integer(0), AML.integer(0),
      AML.integer(UInt64(PCLayout.systemControlPin)),
    ])
    return [
      AML.device(
        "PCI0",
        [
          AML.name("_HID", AML.compressedIdentifier("PNP0A03")), AML.name("_UID", AML.integer(0)),
          AML.name("_BBN", AML.integer(0)), AML.name("_CRS", AML.resources(windows)),
          AML.name("_PRT", AML.package([route])),
        ])
    ]
  }
}

extension HostBridge: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["bus"])
}
