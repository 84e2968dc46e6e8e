import Quantities
import X86

/// What the devices of a PC/AT board remember.
struct LegacyBoardState: Codable, Equatable, Sendable {
  var keyboard = KeyboardControllerChip()
  var bridge = HostBridgeChip()
  var power = PowerManagementChip()
  var video = VideoChip()
  var firmwareConfiguration = FirmwareConfigurationChip(
    storage: [], processors: 0, maximumProcessors: 0)
  /// The last self test code.
  var diagnostic: UInt8 = 0
  /// Control and status of advanced power management.
  var powerControl: UInt8 = 0
  var powerStatus: UInt8 = 0
  /// Upper half of the address of the next direct memory access of the configuration device.
  var directAddressHigh: UInt32 = 0
  /// What firmware wrote to the debug console since it was last taken.
  var debugOutput: [UInt8] = []
  /// When the interval timer interrupts next.
  var timerDeadline: UInt64?
  /// When the clock interrupts next.
  var clockDeadline: UInt64?
  /// When the power management timer interrupts next.
  var powerDeadline: UInt64?
}

/// The devices of a PC/AT board beside the ones that every partition's computer has.
///
/// Old systems, firmware and diagnostic programs need them; a partition's own guests do not, so they
/// are there only where the configuration says so. The interrupt controllers belong to the
/// `InterruptNetwork`, interval timer and clock to the `Computer`. Owned as the `Computer` is.
final class LegacyBoard {
  var state = LegacyBoardState()

  /// When a timer of the board interrupts next; nil when none does.
  var deadline: UInt64? {
    var next = state.powerDeadline
    if let deadline = state.timerDeadline { next = min(next ?? .max, deadline) }
    if let deadline = state.clockDeadline { next = min(next ?? .max, deadline) }
    return next
  }

  /// Returns to the state after power-on; what was written to the debug console stays.
  func reset(_ configuration: FirmwareConfigurationChip) {
    let output = state.debugOutput
    state = LegacyBoardState()
    state.firmwareConfiguration = configuration
    state.debugOutput = output
  }
}

// The board's wiring.
extension Computer {
  /// Shortest time between two interrupts of the interval timer, in nanoseconds.
  private static let shortestTimerPeriod: UInt64 = 10_000

  /// Returns the board to its state after power-on, storage sizes in the clock's memory included.
  func resetBoard() {
    guard let board else { return }
    let storage = attachedRanges()
    board.reset(
      FirmwareConfigurationChip(
        // Cannot trap: a number of processors.
        storage: storage, processors: network.state.isPresent.count { $0 },
        maximumProcessors: configuration.maximumProcessors))
    board.state.bridge.openShadows()
    applyShadows(board)
    applyGate(isOpen: true)
    describeStorage(storage)
  }

  /// Storage sizes where a PC's firmware looks for them in the clock's memory.
  ///
  /// Source: the CMOS map of the PC/AT (registers 15-18, 30-31) and QEMU's use of 34-35 and 5B-5F.
  private func describeStorage(_ storage: [Range<UInt64>]) {
    let low = storage.first { $0.lowerBound == 0 }?.upperBound ?? 0
    // Cannot trap: each element once.
    let high = storage.reduce(UInt64(0)) {
      $1.lowerBound >= PCLayout.highStorageBase
        ? $0.addingClamped($1.upperBound &- $1.lowerBound) : $0
    }
    let extended = min(0xFFFF, low.subtractingClamped(PCLayout.extendedBase) >> 10)
    let above16 = min(0xFFFF, low.subtractingClamped(16 << 20) >> 16)
    let cells: [(Int, UInt64, Int)] = [
      (0x15, 640, 2), (0x17, extended, 2), (0x30, extended, 2), (0x34, above16, 2),
      (0x5B, high >> 16, 3), (0x5F, UInt64(clamping: configuration.initialProcessors &- 1), 1),
    ]
    for (register, value, count) in cells {
      var rest = value
      for index in 0..<max(0, count) {
        values.clock.setMemory(register &+ index, UInt8(truncatingIfNeeded: rest))
        rest >>= 8
      }
    }
  }

  // MARK: Timers

  /// The interval timer or the clock was used: their lines and deadlines follow.
  func noteBoardTimer(_ now: UInt64) {
    guard let board else { return }
    network.setLine(PCLayout.timerPin, high: values.timer.interruptLevel(now: now))
    network.setLine(PCLayout.clockPin, high: values.clock.isInterrupting)
    board.state.timerDeadline = values.timer.nextInterrupt(after: now)
    board.state.clockDeadline = values.clock.deadline
    endSliceBefore(board.deadline)
  }

  /// Interrupts for the timers of the board that are due.
  func fireBoardTimers(now: UInt64) {
    guard let board else { return }
    if let due = board.state.timerDeadline, due <= now {
      // One edge, however often the output rose since.
      network.setLine(PCLayout.timerPin, high: false)
      network.setLine(PCLayout.timerPin, high: true)
      board.state.timerDeadline = values.timer.nextInterrupt(after: now).map {
        max($0, due.addingClamped(Computer.shortestTimerPeriod))
      }
    }
    if let due = board.state.clockDeadline, due <= now {
      values.clock.settle(now: now, timeOfDay: configuration.timeOfDay)
      network.setLine(PCLayout.clockPin, high: values.clock.isInterrupting)
      board.state.clockDeadline = values.clock.isInterrupting ? nil : values.clock.deadline
    }
    if let due = board.state.powerDeadline, due <= now {
      board.state.power.settle(now: now)
      updatePower(board, now)
    }
  }

  /// The power management was used, or its timer is due: its line and deadline follow.
  func updatePower(_ board: LegacyBoard, _ now: UInt64) {
    network.setLine(PCLayout.systemControlPin, high: board.state.power.isInterrupting)
    board.state.powerDeadline = board.state.power.nextInterrupt(after: now)
    endSliceBefore(board.deadline)
  }

  private func endSliceBefore(_ deadline: UInt64?) {
    if let deadline, deadline < sliceEnd, let running = network.running {
      processors.element(at: running)?.endSlice()
    }
  }

  /// Presses the power button; false when the guest does not listen to it.
  func pressPowerButton(_ board: LegacyBoard) -> Bool {
    guard board.state.power.hearsPowerButton else { return false }
    board.state.power.pressPowerButton()
    updatePower(board, values.currentTime)
    return true
  }

  /// The keyboard controller was used: its lines follow.
  func updateKeyboardLines(_ board: LegacyBoard) {
    network.setLine(PCLayout.keyboardPin, high: board.state.keyboard.isInterrupting)
    network.setLine(PCLayout.auxiliaryPin, high: board.state.keyboard.isAuxiliaryInterrupting)
  }

  // MARK: Storage

  /// The host bridge's attributes of the BIOS area take effect.
  func applyShadows(_ board: LegacyBoard) {
    // Cannot trap: each element once.
    memory.setShadows(board.state.bridge.shadows.map { ($0.readsStorage, $0.writesStorage) })
    forgetTranslations()
  }

  /// Opens or closes the A20 gate.
  func applyGate(isOpen: Bool) {
    guard memory.isAddressGateOpen != isOpen else { return }
    memory.setAddressGate(isOpen: isOpen)
    forgetTranslations()
  }

  /// Cycles for each processor whose translations are dropped, of whoever had it done.
  private static let flushCost = 32

  private func forgetTranslations() {
    // Cannot trap: each element once.
    for processor in processors { processor.flushTranslations() }
    guard let running = network.running else { return }
    processors.element(at: running)?.endSlice()
    owe(processors.count.multipliedClamped(by: Self.flushCost), by: running)
  }

  /// Reads read-only memory, and shadowed storage, for a processor that is about to write it.
  func readShadow(_ address: UInt64, size: Int) -> UInt64? {
    guard board != nil, let bytes = bytes(at: address, count: size) else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Writes where reads and writes part; false where there is no storage at all.
  func writeShadow(_ address: UInt64, size: Int, _ value: UInt64) -> Bool {
    guard board != nil else { return false }
    // Cannot trap: eight bytes at most.
    return store(Array(MachineLanguage.littleEndian(value).prefix(size)), at: address)
  }
}
