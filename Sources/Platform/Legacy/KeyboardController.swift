// The keyboard controller of a PC/AT at its ports, its two wires, the A20 gate and the reset line.

import Channels
import Quantities
import X86

extension KeyboardControllerChip: SavedState {
  static let kind = "keyboard controller"
  static let version = 1
}

/// The 8042, and system control port A, which shares its gate.
final class KeyboardController: BusTarget, Device {
  /// Registers by number.
  private enum Register {
    static let data = 0
    static let command = 1
    static let systemControl = 2
  }

  private(set) var state = KeyboardControllerChip()
  private let keyboard: InterruptLine
  private let auxiliary: InterruptLine
  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus) {
    self.bus = bus
    keyboard = bus.line(to: PCLayout.keyboardPin)
    auxiliary = bus.line(to: PCLayout.auxiliaryPin)
  }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [KeyboardController] { configuration.hasLegacyDevices ? [KeyboardController(bus)] : [] }

  var regions: [DeviceRegion] {
    [
      .ports(PCLayout.keyboardData, register: Register.data),
      .ports(PCLayout.keyboardCommand, register: Register.command),
      .ports(PCLayout.systemControlA, register: Register.systemControl),
    ]
  }

  func reset() {
    state = KeyboardControllerChip()
    applyGate(isOpen: true)
  }

  func restore(_ state: KeyboardControllerChip) throws(StateRefusal) {
    guard state.isComplete else {
      throw .inconsistent(kind: KeyboardControllerChip.kind, what: "registers are missing")
    }
    self.state = state
  }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    guard access.size == 1 else { return nil }
    switch register {
    case Register.data:
      let value = state.readData()
      // The line falls between two bytes: each is an edge.
      keyboard.set(false)
      auxiliary.set(false)
      updateLines()
      return UInt64(value)
    case Register.command: return UInt64(state.readStatus())
    default: return state.opensGate ? 2 : 0
    }
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    guard access.size == 1 else { return false }
    let byte = UInt8(truncatingIfNeeded: value)
    switch register {
    case Register.data: perform(state.writeData(byte), access)
    case Register.command: perform(state.writeCommand(byte), access)
    default:
      state.setGate(byte & 2 != 0)
      perform(byte & 1 != 0 ? .reset : .gateChanged, access)
    }
    return true
  }

  private func perform(_ effect: KeyboardControllerChip.Effect, _ access: DeviceAccess) {
    switch effect {
    case .none: break
    case .reset: bus.owner?.end(.reset, at: access.time)
    case .gateChanged: applyGate(isOpen: state.opensGate)
    }
    updateLines()
  }

  private func updateLines() {
    keyboard.set(state.isInterrupting)
    auxiliary.set(state.isAuxiliaryInterrupting)
  }

  /// Opens or closes the A20 gate.
  private func applyGate(isOpen: Bool) {
    guard bus.memory.isAddressGateOpen != isOpen else { return }
    bus.memory.setAddressGate(isOpen: isOpen)
    bus.forgetTranslations()
  }

  func description() -> [MachineLanguage.Term] {
    [
      MachineLanguage.boardDevice(
        "KBD_", "PNP0303", ports: [PCLayout.keyboardData, PCLayout.keyboardCommand], 1,
        request: PCLayout.keyboardPin),
      MachineLanguage.boardDevice(
        "MOU_", "PNP0F13", ports: [], 0, request: PCLayout.auxiliaryPin),
    ]
  }
}

extension KeyboardController: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["keyboard", "auxiliary", "bus"])
}
