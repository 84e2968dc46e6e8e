// The 8254 as a value (Intel 8254 datasheet): three counters on a clock of 1.193182 MHz, the control
// word with its latch and read-back commands, and port 0x61 of a PC/AT, by which software opens
// counter 2's gate and sees its output.

import Quantities

/// Registers of the interval timer.
struct IntervalTimerChip: Codable, Equatable, Sendable {
  /// Input clock in hertz.
  static let frequency: UInt64 = 1_193_182
  private static let second: UInt64 = 1_000_000_000

  private(set) var counters = [
    IntervalTimerCounter(gate: true), IntervalTimerCounter(gate: true),
    IntervalTimerCounter(gate: false),
  ]
  private(set) var systemControl: UInt8 = 0

  /// Whether there is every register: a state that is not damaged has them.
  var isComplete: Bool { counters.count == 3 }

  /// Counter 0, 1 or 2.
  private subscript(counter index: Int) -> IntervalTimerCounter {
    // Cannot trap: there are three.
    get { counters[min(max(0, index), 2)] }
    // Cannot trap: there are three.
    set { counters[min(max(0, index), 2)] = newValue }
  }

  /// Pulses of the input clock up to a time in nanoseconds.
  static func tick(at time: UInt64) -> UInt64 {
    let product = time.multipliedFullWidth(by: frequency)
    guard product.high < second else { return .max }
    return second.dividingFullWidth(product).quotient
  }

  /// The first nanosecond at which so many pulses have come.
  static func time(of tick: UInt64) -> UInt64 {
    let product = tick.multipliedFullWidth(by: second)
    guard product.high < frequency else { return .max }
    let (quotient, remainder) = frequency.dividingFullWidth(product)
    return remainder == 0 ? quotient : quotient.addingClamped(1)
  }

  /// When counter 0's output rises next, in nanoseconds; nil when it does not.
  func nextInterrupt(after now: UInt64) -> UInt64? {
    self[counter: 0].nextRise(after: Self.tick(at: now)).map(Self.time)
  }

  /// The level of counter 0's output.
  func interruptLevel(now: UInt64) -> Bool { output(0, now: now) }

  private func output(_ index: Int, now: UInt64) -> Bool {
    let tick = Self.tick(at: now)
    var counter = self[counter: index]
    counter.settle(tick)
    return counter.output(tick)
  }

  /// Reads port 0x40 + `register` (0...3).
  mutating func read(_ register: Int, now: UInt64) -> UInt8 {
    guard register < 3 else { return 0xFF }
    return self[counter: register].read(Self.tick(at: now))
  }

  /// Writes port 0x40 + `register` (0...3).
  mutating func write(_ register: Int, _ value: UInt8, now: UInt64) {
    guard register < 3 else {
      control(value, Self.tick(at: now))
      return
    }
    self[counter: register].write(value, Self.tick(at: now))
  }

  private mutating func control(_ word: UInt8, _ tick: UInt64) {
    let index = Int(word >> 6)
    if index == 3 {
      for counter in 0..<3 where word & 2 << UInt8(counter) != 0 {
        if word & 0x20 == 0 { self[counter: counter].latchCount(tick) }
        if word & 0x10 == 0 { self[counter: counter].latchStatus(tick) }
      }
    } else if word & 0x30 == 0 {
      self[counter: index].latchCount(tick)
    } else {
      self[counter: index].control(word & 0x3F)
    }
  }

  /// Reads port 0x61: gate and speaker bits, and counter 2's output in bit 5.
  func readSystemControl(now: UInt64) -> UInt8 {
    // Bit 4 toggles with memory refresh, every 15 microseconds on a PC/AT.
    systemControl & 3 | (now / 15_085 & 1 != 0 ? 0x10 : 0) | (output(2, now: now) ? 0x20 : 0)
  }

  /// Writes port 0x61; bit 0 is counter 2's gate.
  mutating func writeSystemControl(_ value: UInt8, now: UInt64) {
    systemControl = value & 3
    self[counter: 2].setGate(value & 1 != 0, Self.tick(at: now))
  }
}
