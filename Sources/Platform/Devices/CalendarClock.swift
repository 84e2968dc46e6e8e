// The clock and its memory of every PC, at their ports. With the devices of a PC/AT it interrupts, and
// firmware finds in its memory how much storage there is.

import Channels
import Quantities

/// The CMOS clock and its wire.
final class CalendarClock: BusTarget, Device {
  /// What it remembers.
  struct State: SavedState {
    static let kind = "clock"
    static let version = 1

    var chip = ClockChip()
    /// When it interrupts next.
    var deadline: SimulatedTime?
  }

  private(set) var state = State()
  /// nil where it does not interrupt.
  private let line: InterruptLine?
  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus, line: InterruptLine?) {
    self.bus = bus
    self.line = line
  }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [CalendarClock] {
    [
      CalendarClock(
        bus, line: configuration.hasLegacyDevices ? bus.line(to: PCLayout.clockPin) : nil)
    ]
  }

  static var isTimed: Bool { true }
  override var deadline: SimulatedTime? { state.deadline }

  var regions: [DeviceRegion] { [.ports(PCLayout.clockIndex, count: 2)] }

  func reset() {
    state = State()
    if line != nil { describeStorage() }
  }

  func restore(_ state: State) throws(StateRefusal) {
    guard state.chip.isComplete else {
      throw .inconsistent(kind: State.kind, what: "registers are missing")
    }
    self.state = state
  }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    guard access.size == 1 else { return nil }
    guard register != 0 else { return UInt64(state.chip.index) }
    let value = state.chip.read(now: access.time, timeOfDay: bus.configuration.timeOfDay)
    update()
    return UInt64(value)
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    guard access.size == 1 else { return false }
    let byte = UInt8(truncatingIfNeeded: value)
    guard register != 0 else {
      state.chip.select(byte)
      return true
    }
    state.chip.write(byte, now: access.time, timeOfDay: bus.configuration.timeOfDay)
    update()
    return true
  }

  /// The chip was used: its wire and deadline follow.
  private func update() {
    guard let line else { return }
    line.set(state.chip.isInterrupting)
    state.deadline = state.chip.deadline
    bus.noteDeadline()
  }

  override func act(at now: SimulatedTime) {
    state.chip.settle(now: now, timeOfDay: bus.configuration.timeOfDay)
    line?.set(state.chip.isInterrupting)
    state.deadline = state.chip.isInterrupting ? nil : state.chip.deadline
  }

  /// Storage sizes where a PC's firmware looks for them in the clock's memory.
  ///
  /// Source: the CMOS map of the PC/AT (registers 15-18, 30-31) and QEMU's use of 34-35 and 5B-5F.
  private func describeStorage() {
    let storage = bus.attachedRanges()
    let low = storage.first { $0.lowerBound == 0 }?.upperBound ?? 0
    // Cannot trap: each element once.
    let high = storage.reduce(UInt64(0)) {
      $1.lowerBound >= PCLayout.highStorageBase
        ? $0.addingClamped($1.upperBound &- $1.lowerBound) : $0
    }
    let extended = min(0xFFFF, low.subtractingClamped(PCLayout.extendedBase) >> 10)
    let above16 = min(0xFFFF, low.subtractingClamped(16 << 20) >> 16)
    let others = UInt64(clamping: bus.configuration.initialProcessors &- 1)
    let cells: [(Int, UInt64, Int)] = [
      (0x15, 640, 2), (0x17, extended, 2), (0x30, extended, 2), (0x34, above16, 2),
      (0x5B, high >> 16, 3), (0x5F, others, 1),
    ]
    for (register, value, count) in cells {
      var rest = value
      for index in 0..<max(0, count) {
        state.chip.setMemory(register &+ index, UInt8(truncatingIfNeeded: rest))
        rest >>= 8
      }
    }
  }

  func description() -> [MachineLanguage.Term] {
    guard line != nil else { return [] }
    return [
      MachineLanguage.boardDevice(
        "RTC_", "PNP0B00", ports: [PCLayout.clockIndex], 2, request: PCLayout.clockPin)
    ]
  }
}

extension CalendarClock: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["line", "bus"])
}
