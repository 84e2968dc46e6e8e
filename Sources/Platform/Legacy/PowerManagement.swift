// The power management of the PIIX4 at its ports: ACPI's fixed hardware where firmware placed it, and the two
// ports of advanced power management. Its wire is the system control interrupt.

import Channels
import Quantities

/// ACPI's fixed hardware and its wire.
final class PowerManagement: BusTarget, Device {
  /// What it remembers.
  struct State: SavedState {
    static let kind = "power management"
    static let version = 1

    var chip = PowerManagementChip()
    /// Control and status of advanced power management.
    var control: UInt8 = 0
    var status: UInt8 = 0
    /// When the timer interrupts next.
    var deadline: SimulatedTime?
  }

  /// Registers behind those of the block.
  private enum Register {
    static let control = Int(PowerManagementChip.byteCount)
    static let status = control + 1
  }

  private(set) var state = State()
  private let line: InterruptLine
  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus) {
    self.bus = bus
    line = bus.line(to: PCLayout.systemControlPin)
  }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [PowerManagement] { configuration.hasLegacyDevices ? [PowerManagement(bus)] : [] }

  static var isTimed: Bool { true }
  override var deadline: SimulatedTime? { state.deadline }

  var regions: [DeviceRegion] {
    [
      .window(count: PowerManagementChip.byteCount),
      .ports(PCLayout.powerControl, count: 2, register: Register.control),
    ]
  }

  func reset() { state = State() }

  func restore(_ state: State) { self.state = state }

  // MARK: The power button

  /// Whether the guest would be interrupted by its power button.
  var hearsPowerButton: Bool { state.chip.hearsPowerButton }

  /// Presses the power button; false when the guest does not listen to it.
  func pressPowerButton(at now: SimulatedTime) -> Bool {
    guard hearsPowerButton else { return false }
    state.chip.pressPowerButton()
    update(now)
    return true
  }

  // MARK: Registers

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    switch register {
    case Register.control: return access.size == 1 ? UInt64(state.control) : nil
    case Register.status: return access.size == 1 ? UInt64(state.status) : nil
    default:
      let even = UInt64(clamping: register & ~1)
      let low = UInt64(state.chip.read(even, now: access.time))
      let high = UInt64(state.chip.read(even &+ 2, now: access.time))
      let word = (high << 16 | low) >> UInt64(8 &* (register & 1))
      return access.size == 1 ? word & 0xFF : word
    }
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    switch register {
    case Register.control, Register.status:
      guard access.size == 1 else { return false }
      writeControl(register, UInt8(truncatingIfNeeded: value), access.time)
    default: writeBlock(UInt64(clamping: register), UInt32(truncatingIfNeeded: value), access)
    }
    return true
  }

  private func writeControl(_ register: Int, _ value: UInt8, _ now: SimulatedTime) {
    guard register == Register.control else {
      state.status = value
      return
    }
    state.control = value
    state.chip.command(value)
    update(now)
  }

  private func writeBlock(_ offset: UInt64, _ value: UInt32, _ access: DeviceAccess) {
    let now = access.time
    let even = offset & ~1
    var word = UInt16(truncatingIfNeeded: value)
    if access.size == 1 {
      // Status bits are cleared by ones: a byte leaves the other's alone.
      let other = even == 0 ? 0 : state.chip.read(even, now: now)
      word = offset & 1 == 0 ? other & 0xFF00 | word : other & 0xFF | word << 8
    }
    var isOff = state.chip.write(even, word, now: now)
    if access.size > 2,
      state.chip.write(even &+ 2, UInt16(truncatingIfNeeded: value >> 16), now: now)
    {
      isOff = true
    }
    update(now)
    if isOff { bus.owner?.end(.powerOff, at: now) }
  }

  // MARK: Time

  override func act(at now: SimulatedTime) {
    state.chip.settle(now: now)
    update(now)
  }

  /// The chip was used, or its timer is due: its wire and deadline follow.
  private func update(_ now: SimulatedTime) {
    line.set(state.chip.isInterrupting)
    state.deadline = state.chip.nextInterrupt(after: now)
    bus.noteDeadline()
  }
}

extension PowerManagement: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["line", "bus"])
}
