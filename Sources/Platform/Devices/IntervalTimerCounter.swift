import Quantities

/// One counter of the interval timer (Intel 8254 datasheet, "Mode Definitions").
///
/// Nothing is counted: the count and the output follow from the input clock's number of pulses since
/// `start`, the pulse at which the counting element took its count.
struct IntervalTimerCounter: Codable, Equatable, Sendable {
  /// What a read or write of two bytes has done.
  enum Access: UInt8, Codable, Sendable { case low = 1, high = 2, both = 3 }

  private(set) var mode: UInt8 = 0
  private(set) var access = Access.both
  private(set) var isDecimal = false
  /// The count register, as it was written.
  private(set) var register: UInt16 = 0
  /// The count that the counting element works with.
  private(set) var count: UInt16 = 0
  private(set) var start: UInt64 = 0
  /// A count was written since the control word.
  private(set) var isWritten = false
  /// The counting element has taken a count, and been triggered where it must be.
  private(set) var isRunning = false
  /// When a count that was written meanwhile is taken; nil when there is none.
  private(set) var nextStart: UInt64?
  private(set) var gate: Bool
  /// Pulses already counted when the gate closed; nil while it counts.
  private(set) var held: UInt64?
  private(set) var latchedCount: UInt16?
  private(set) var latchedStatus: UInt8?
  private(set) var readsHigh = false
  private(set) var writesHigh = false

  /// A counter whose gate is open or closed.
  init(gate: Bool) { self.gate = gate }

  private var modulus: UInt64 { isDecimal ? 10_000 : 0x1_0000 }
  private var period: UInt64 { max(1, IntervalTimerCounter.value(count, isDecimal)) }
  private var isTriggeredByGate: Bool { mode == 1 || mode == 5 }
  private var isPeriodic: Bool { mode == 2 || mode == 3 }

  private static func value(_ register: UInt16, _ isDecimal: Bool) -> UInt64 {
    guard isDecimal else { return register == 0 ? 0x1_0000 : UInt64(register) }
    let digits = [12, 8, 4, 0].reduce(UInt64(0)) {
      $0 &* 10 &+ UInt64(register >> UInt16($1) & 0xF)
    }
    return digits == 0 ? 10_000 : digits
  }

  private func encoded(_ value: UInt64) -> UInt16 {
    guard isDecimal else { return UInt16(truncatingIfNeeded: value) }
    var rest = value % 10_000
    var result: UInt16 = 0
    for digit in 0..<4 {
      result |= UInt16(rest % 10) << UInt16(4 * digit)
      rest /= 10
    }
    return result
  }

  // MARK: Count and output

  private func elapsed(_ tick: UInt64) -> UInt64 { held ?? (tick > start ? tick - start : 0) }

  /// Takes a count that waited for the end of a period.
  mutating func settle(_ tick: UInt64) {
    guard let next = nextStart, tick >= next else { return }
    start = next
    count = register
    nextStart = nil
  }

  /// The counting element at a pulse; `settle` was called.
  func current(_ tick: UInt64) -> UInt16 {
    guard isRunning else { return count }
    let passed = elapsed(tick)
    switch mode {
    case 2: return encoded(period &- passed % period)
    case 3:
      let even = period & ~1
      let half = (period &+ 1) / 2
      let phase = passed % period
      return encoded(even &- (phase < half ? phase : phase &- half) &* 2)
    default: return encoded((period % modulus &+ modulus &- passed % modulus) % modulus)
    }
  }

  /// The level of the output at a pulse; `settle` was called.
  func output(_ tick: UInt64) -> Bool {
    guard isRunning else { return mode != 0 }
    let passed = elapsed(tick)
    switch mode {
    case 0, 1: return tick >= start && passed >= period
    case 2: return !gate || passed % period != period &- 1
    case 3: return !gate || passed % period < (period &+ 1) / 2
    default: return passed != period
    }
  }

  /// The first pulse after `tick` at which the output rises; nil when it does not.
  func nextRise(after tick: UInt64) -> UInt64? {
    guard isRunning, held == nil else { return nil }
    let rise: UInt64
    switch mode {
    case 0, 1: rise = start.addingClamped(period)
    case 2, 3:
      // A count that waits begins with a rising output, or in the low half, which then ends.
      guard gate else { return nil }
      rise = nextStart ?? nextPeriod(tick)
    default: rise = start.addingClamped(period).addingClamped(1)
    }
    return rise > tick ? rise : nil
  }

  // MARK: Programming

  /// Takes a control word; `value` is its low six bits.
  mutating func control(_ value: UInt8) {
    self = IntervalTimerCounter(gate: gate)
    access = Access(rawValue: value >> 4 & 3) ?? .both
    mode = value >> 1 & 7
    if mode > 5 { mode &= 3 }
    isDecimal = value & 1 != 0
  }

  /// Takes a byte of a count.
  mutating func write(_ value: UInt8, _ tick: UInt64) {
    settle(tick)
    switch access {
    case .low: load(UInt16(value), tick)
    case .high: load(UInt16(value) << 8, tick)
    case .both:
      if writesHigh {
        load(register & 0xFF | UInt16(value) << 8, tick)
      } else {
        register = UInt16(value)
        // The first byte stops mode 0, which then cannot end in between.
        if mode == 0 { isRunning = false }
      }
      writesHigh.toggle()
    }
  }

  private mutating func load(_ value: UInt16, _ tick: UInt64) {
    register = value
    isWritten = true
    if isTriggeredByGate {
      if !isRunning { count = value }
      return
    }
    guard isRunning, isPeriodic, gate else {
      begin(tick)
      return
    }
    nextStart = nextPeriod(tick)
  }

  /// The first pulse after `tick` at which a period begins; a period is at least one pulse.
  private func nextPeriod(_ tick: UInt64) -> UInt64 {
    guard tick >= start else { return start }
    let count = (elapsed(tick) / max(1, period)).addingClamped(1)
    return start.addingClamped(count.multipliedClamped(by: period))
  }

  /// The next pulse takes the count.
  private mutating func begin(_ tick: UInt64) {
    count = register
    start = tick.addingClamped(1)
    held = gate || isTriggeredByGate ? nil : 0
    nextStart = nil
    isRunning = true
  }

  /// Opens or closes the gate.
  mutating func setGate(_ isOpen: Bool, _ tick: UInt64) {
    settle(tick)
    let rises = isOpen && !gate
    let falls = !isOpen && gate
    gate = isOpen
    guard isWritten else { return }
    if rises {
      if isTriggeredByGate || isPeriodic {
        begin(tick)
      } else if let passed = held {
        start = tick &- passed
        held = nil
      }
    } else if falls, isRunning, !isTriggeredByGate {
      held = elapsed(tick)
    }
  }

  // MARK: Reading

  /// Latches the count, unless one is latched already.
  mutating func latchCount(_ tick: UInt64) {
    settle(tick)
    if latchedCount == nil { latchedCount = current(tick) }
  }

  /// Latches the status byte, unless one is latched already.
  mutating func latchStatus(_ tick: UInt64) {
    settle(tick)
    guard latchedStatus == nil else { return }
    let isNull = !isWritten || nextStart != nil || (isRunning && tick < start) || !isRunning
    latchedStatus =
      (output(tick) ? 0x80 : 0) | (isNull ? 0x40 : 0) | access.rawValue << 4 | mode << 1
      | (isDecimal ? 1 : 0)
  }

  /// Reads a byte: a latched status, then a latched count, else the count itself.
  mutating func read(_ tick: UInt64) -> UInt8 {
    settle(tick)
    if let status = latchedStatus {
      latchedStatus = nil
      return status
    }
    let value = latchedCount ?? current(tick)
    switch access {
    case .low:
      latchedCount = nil
      return UInt8(truncatingIfNeeded: value)
    case .high:
      latchedCount = nil
      return UInt8(value >> 8)
    case .both:
      defer { readsHigh.toggle() }
      guard readsHigh else { return UInt8(truncatingIfNeeded: value) }
      latchedCount = nil
      return UInt8(value >> 8)
    }
  }
}
