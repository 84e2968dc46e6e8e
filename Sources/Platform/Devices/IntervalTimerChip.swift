// The 8254 as a value (Intel 8254 datasheet), as far as calibration loops use it: binary counting
// of three counters, latch, the byte orders, and counter 2's gate and output at port 0x61.
// No interrupt is wired to counter 0: a machine of this platform has local APIC timers.

/// Registers of the interval timer.
struct IntervalTimerChip: Codable, Sendable {
  /// Input clock in hertz.
  static let frequency: UInt64 = 1_193_182

  /// One counter.
  struct Counter: Codable, Sendable {
    var mode: UInt8 = 0
    var access: UInt8 = 3
    var reload: UInt16 = 0
    var start: UInt64 = 0
    var isLoaded = false
    var latched: UInt16?
    var readsHigh = false
    var writesHigh = false
  }

  private(set) var counters = [Counter](repeating: Counter(), count: 3)
  private(set) var systemControl: UInt8 = 0

  private static func ticks(from start: UInt64, to now: UInt64) -> UInt64 {
    guard now > start else { return 0 }
    let product = (now - start).multipliedFullWidth(by: frequency)
    return UInt64(1_000_000_000).dividingFullWidth(product).quotient
  }

  private func value(_ index: Int, now: UInt64) -> UInt16 {
    let counter = counters[index]
    guard counter.isLoaded else { return counter.reload }
    let elapsed = IntervalTimerChip.ticks(from: counter.start, to: now)
    switch counter.mode {
    case 2, 3:
      let period = counter.reload == 0 ? 0x1_0000 : UInt64(counter.reload)
      let step = counter.mode == 3 ? 2 : 1
      return UInt16(truncatingIfNeeded: period - elapsed * UInt64(step) % period)
    default:
      return UInt16(truncatingIfNeeded: UInt64(counter.reload) &- elapsed)
    }
  }

  private func output(_ index: Int, now: UInt64) -> Bool {
    let counter = counters[index]
    guard counter.isLoaded else { return counter.mode != 0 }
    let elapsed = IntervalTimerChip.ticks(from: counter.start, to: now)
    let period = counter.reload == 0 ? 0x1_0000 : UInt64(counter.reload)
    switch counter.mode {
    case 2: return elapsed % period != period - 1
    case 3: return elapsed % period * 2 < period
    default: return elapsed >= period
    }
  }

  /// Reads port 0x40 + `register` (0...3).
  mutating func read(_ register: Int, now: UInt64) -> UInt8 {
    guard register < 3 else { return 0xFF }
    let count = counters[register].latched ?? value(register, now: now)
    switch counters[register].access {
    case 1:
      counters[register].latched = nil
      return UInt8(truncatingIfNeeded: count)
    case 2:
      counters[register].latched = nil
      return UInt8(count >> 8)
    default:
      let high = counters[register].readsHigh
      counters[register].readsHigh.toggle()
      if high { counters[register].latched = nil }
      return high ? UInt8(count >> 8) : UInt8(truncatingIfNeeded: count)
    }
  }

  /// Writes port 0x40 + `register` (0...3).
  mutating func write(_ register: Int, _ value: UInt8, now: UInt64) {
    guard register < 3 else {
      control(value, now: now)
      return
    }
    switch counters[register].access {
    case 1: load(register, UInt16(value), now: now)
    case 2: load(register, UInt16(value) << 8, now: now)
    default:
      if counters[register].writesHigh {
        load(register, counters[register].reload & 0xFF | UInt16(value) << 8, now: now)
      } else {
        counters[register].reload = UInt16(value)
        counters[register].isLoaded = false
      }
      counters[register].writesHigh.toggle()
    }
  }

  private mutating func load(_ index: Int, _ reload: UInt16, now: UInt64) {
    counters[index].reload = reload
    counters[index].start = now
    counters[index].isLoaded = index != 2 || systemControl & 1 != 0
  }

  private mutating func control(_ word: UInt8, now: UInt64) {
    let index = Int(word >> 6)
    if index == 3 {
      // Read-back: only the count latch is supported; status is not asked for by calibration.
      for counter in 0..<3 where word & 0x20 == 0 && word & 2 << UInt8(counter) != 0 {
        latch(counter, now: now)
      }
      return
    }
    guard word & 0x30 != 0 else {
      latch(index, now: now)
      return
    }
    var counter = Counter()
    counter.access = word >> 4 & 3
    counter.mode = word >> 1 & 7
    if counter.mode > 5 { counter.mode &= 3 }
    counters[index] = counter
  }

  private mutating func latch(_ index: Int, now: UInt64) {
    if counters[index].latched == nil { counters[index].latched = value(index, now: now) }
  }

  /// Reads port 0x61: gate and speaker bits, and counter 2's output in bit 5.
  func readSystemControl(now: UInt64) -> UInt8 {
    // Bit 4 toggles with memory refresh, every 15 microseconds on a PC/AT.
    systemControl & 3 | (now / 15_085 & 1 != 0 ? 0x10 : 0) | (output(2, now: now) ? 0x20 : 0)
  }

  /// Writes port 0x61; a rising gate (re)starts counter 2.
  mutating func writeSystemControl(_ value: UInt8, now: UInt64) {
    let rises = value & 1 != 0 && systemControl & 1 == 0
    systemControl = value & 3
    if rises, !counters[2].writesHigh {
      counters[2].start = now
      counters[2].isLoaded = true
    }
  }
}
