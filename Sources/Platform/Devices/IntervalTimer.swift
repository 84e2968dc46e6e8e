// The interval timer of every PC, at its ports. With the devices of a PC/AT counter 0 interrupts.

import Channels
import Quantities

/// The 8254, port 61 beside it, and its wire.
final class IntervalTimer: BusTarget, Device {
  /// What it remembers.
  struct State: SavedState {
    static let kind = "interval timer"
    static let version = 1

    var chip = IntervalTimerChip()
    /// When it interrupts next.
    var deadline: SimulatedTime?
  }

  /// The register of port 61.
  private static let systemControl = 4
  /// Shortest time between two interrupts, in nanoseconds.
  private static let shortestPeriod: UInt64 = 10_000

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
  ) -> [IntervalTimer] {
    [
      IntervalTimer(
        bus, line: configuration.hasLegacyDevices ? bus.line(to: PCLayout.timerPin) : nil)
    ]
  }

  static var isTimed: Bool { true }
  override var deadline: SimulatedTime? { state.deadline }

  var regions: [DeviceRegion] {
    [
      .ports(PCLayout.intervalTimer, count: 4),
      .ports(PCLayout.systemControl, register: Self.systemControl),
    ]
  }

  func reset() { state = State() }

  func restore(_ state: State) throws(StateRefusal) {
    guard state.chip.isComplete else {
      throw .inconsistent(kind: State.kind, what: "registers are missing")
    }
    self.state = state
  }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    guard access.size == 1 else { return nil }
    guard register != Self.systemControl else {
      return UInt64(state.chip.readSystemControl(now: access.time))
    }
    return UInt64(state.chip.read(register, now: access.time))
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    guard access.size == 1 else { return false }
    let byte = UInt8(truncatingIfNeeded: value)
    guard register != Self.systemControl else {
      state.chip.writeSystemControl(byte, now: access.time)
      return true
    }
    state.chip.write(register, byte, now: access.time)
    if let line {
      line.set(state.chip.interruptLevel(now: access.time))
      state.deadline = state.chip.nextInterrupt(after: access.time)
      bus.noteDeadline()
    }
    return true
  }

  override func act(at now: SimulatedTime) {
    guard let due = state.deadline else { return }
    // One edge, however often the output rose since.
    line?.set(false)
    line?.set(true)
    state.deadline = state.chip.nextInterrupt(after: now).map {
      max($0, due.addingClamped(Self.shortestPeriod))
    }
  }
}

extension IntervalTimer: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["line", "bus"])
}
