// The CMOS clock as a value (Motorola MC146818A datasheet): time of day, alarm, periodic and update
// interrupts, and 128 bytes of memory. Time is simulated nanoseconds; the oscillator's second begins
// with each whole second of it.

import Quantities

/// Registers of the clock.
struct ClockChip: Codable, Equatable, Sendable {
  private static let second: UInt64 = 1_000_000_000
  /// How long before the change of a second register A announces it, in nanoseconds.
  private static let announcement: UInt64 = 244_000
  private static let oscillator: UInt64 = 32_768

  /// Bits of registers B (enabled) and C (happened).
  private enum Cause {
    static let periodic: UInt8 = 0x40
    static let alarm: UInt8 = 0x20
    static let update: UInt8 = 0x10
    static let all: UInt8 = 0x70
  }
  /// Register B: no updates.
  private static let halt: UInt8 = 0x80
  private static let updateInProgress: UInt8 = 0x80

  private(set) var index: UInt8 = 0
  private(set) var memory = [UInt8](repeating: 0, count: 128)
  /// Register A without its update bit.
  private(set) var rate: UInt8 = 0x26
  /// Register B.
  private(set) var mode: UInt8 = 0x02
  /// Register C without its summary bit.
  private(set) var causes: UInt8 = 0
  /// What the guest added to the machine's time of day, in seconds.
  private(set) var offset: Int64 = 0
  /// The time while register B halts the clock: second, minute, hour, day, month, year.
  private(set) var halted: CivilTime?
  /// Up to when `causes` has been kept.
  private(set) var settled: UInt64 = 0
  /// When an enabled cause happens next, in nanoseconds; nil when none does.
  private(set) var deadline: UInt64?

  /// Whether there is every register: a state that is not damaged has them.
  var isComplete: Bool { memory.count == 128 }

  /// Level of the interrupt output.
  var isInterrupting: Bool { causes & mode & Cause.all != 0 }

  /// Selects the register that the data port shows.
  mutating func select(_ value: UInt8) { index = value & 0x7F }

  /// Stores a byte of memory as the board's set-up does.
  mutating func setMemory(_ index: Int, _ value: UInt8) {
    // Cannot trap: there are 128 bytes.
    memory[index & 127] = value
  }

  // MARK: Registers

  /// Reads the selected register.
  ///
  /// - Parameters:
  ///   - now: Simulated time in nanoseconds.
  ///   - timeOfDay: Seconds since 1970, UTC, at simulated time 0.
  /// - Returns: The register's value.
  mutating func read(now: UInt64, timeOfDay: Int64) -> UInt8 {
    switch index {
    case 0x00, 0x02, 0x04, 0x06...0x09, 0x32: return timeRegister(now, timeOfDay)
    case 0x0A:
      let isChanging =
        mode & Self.halt == 0 && now % Self.second >= Self.second - Self.announcement
      return rate | (isChanging ? Self.updateInProgress : 0)
    case 0x0B: return mode
    case 0x0C:
      settle(now: now, timeOfDay: timeOfDay)
      defer {
        causes = 0
        schedule(now, timeOfDay)
      }
      return causes | (isInterrupting ? 0x80 : 0)
    case 0x0D: return 0x80
    default: return memory.element(at: Int(index)) ?? 0
    }
  }

  private func timeRegister(_ now: UInt64, _ timeOfDay: Int64) -> UInt8 {
    let time = halted ?? CivilTime(seconds: seconds(now, timeOfDay))
    switch index {
    case 0x00: return encoded(time.second)
    case 0x02: return encoded(time.minute)
    case 0x04: return hour(time.hour)
    case 0x06: return encoded(time.dayOfWeek)
    case 0x07: return encoded(time.day)
    case 0x08: return encoded(time.month)
    case 0x09: return encoded(time.year % 100)
    default: return encoded(time.year / 100)
    }
  }

  /// Writes the selected register; the time itself is written while register B halts the clock.
  mutating func write(_ value: UInt8, now: UInt64, timeOfDay: Int64) {
    settle(now: now, timeOfDay: timeOfDay)
    switch index {
    case 0x00, 0x02, 0x04, 0x07...0x09, 0x32: writeTime(value)
    case 0x06, 0x0C, 0x0D: break
    case 0x0A: rate = value & 0x7F
    case 0x0B: writeMode(value, now, timeOfDay)
    // Cannot trap: the index has 7 bits.
    default: memory[Int(index & 127)] = value
    }
    schedule(now, timeOfDay)
  }

  private mutating func writeMode(_ value: UInt8, _ now: UInt64, _ timeOfDay: Int64) {
    let current = seconds(now, timeOfDay)
    // Halting clears the update interrupt's enable bit.
    mode = value & Self.halt != 0 ? value & ~Cause.update : value
    if value & Self.halt != 0 {
      if halted == nil { halted = CivilTime(seconds: current) }
    } else if let time = halted {
      offset &+= time.seconds &- current
      halted = nil
    }
  }

  private mutating func writeTime(_ value: UInt8) {
    guard var time = halted else { return }
    let number = decoded(value)
    switch index {
    case 0x00: time.second = number % 60
    case 0x02: time.minute = number % 60
    case 0x04: time.hour = decodedHour(value) % 24
    case 0x07: time.day = max(1, min(31, number))
    case 0x08: time.month = max(1, min(12, number))
    case 0x09: time.year = time.year / 100 &* 100 &+ number
    default: time.year = time.year % 100 &+ number &* 100
    }
    halted = time
  }

  private func seconds(_ now: UInt64, _ timeOfDay: Int64) -> Int64 {
    timeOfDay &+ Int64(clamping: now / Self.second) &+ offset
  }

  private func encoded(_ value: Int) -> UInt8 {
    let digits = (value / 10 % 10) << 4 | value % 10
    return UInt8(truncatingIfNeeded: mode & 4 != 0 ? value : digits)
  }

  private func decoded(_ value: UInt8) -> Int {
    mode & 4 != 0 ? Int(min(value, 99)) : Int(min(value >> 4, 9)) * 10 + Int(min(value & 15, 9))
  }

  private func hour(_ value: Int) -> UInt8 {
    if mode & 2 != 0 { return encoded(value) }
    return encoded((value &+ 11) % 12 &+ 1) | (value >= 12 ? 0x80 : 0)
  }

  private func decodedHour(_ value: UInt8) -> Int {
    if mode & 2 != 0 { return decoded(value) }
    return decoded(value & 0x7F) % 12 + (value & 0x80 != 0 ? 12 : 0)
  }

  // MARK: Interrupts

  /// Notes what has happened up to a time.
  mutating func settle(now: UInt64, timeOfDay: Int64) {
    guard now > settled else { return }
    let earlier = settled
    settled = now
    if let period, now / period != earlier / period { causes |= Cause.periodic }
    guard mode & Self.halt == 0, now / Self.second != earlier / Self.second else { return }
    causes |= Cause.update
    let first = seconds(earlier, timeOfDay).addingClamped(1)
    let count = seconds(now, timeOfDay).subtractingClamped(first).addingClamped(1)
    if nextAlarm(from: first, count: min(count, 86_400)) != nil { causes |= Cause.alarm }
  }

  private mutating func schedule(_ now: UInt64, _ timeOfDay: Int64) {
    deadline = nil
    guard !isInterrupting else { return }
    var next: [UInt64] = []
    if mode & Cause.periodic != 0, let period { next.append(Self.next(now, period)) }
    if mode & Self.halt == 0 {
      if mode & Cause.update != 0 { next.append(Self.next(now, Self.second)) }
      let first = seconds(now, timeOfDay).addingClamped(1)
      if mode & Cause.alarm != 0, let match = nextAlarm(from: first, count: 86_400) {
        next.append(
          Self.next(now, Self.second)
            .addingClamped(UInt64(clamping: match).multipliedClamped(by: Self.second)))
      }
    }
    deadline = next.min()
  }

  /// The period of the periodic interrupt, in nanoseconds; nil while it is off.
  private var period: UInt64? {
    let code = UInt64(rate & 15)
    guard code != 0 else { return nil }
    // Codes 1 and 2 are faster taps than the oscillator of 32,768 Hz has: they repeat 8 and 9.
    return (1 << ((code < 3 ? code &+ 7 : code) &- 1)) &* Self.second / Self.oscillator
  }

  /// The first multiple of a period after a time.
  private static func next(_ now: UInt64, _ period: UInt64) -> UInt64 {
    (now / max(1, period)).addingClamped(1).multipliedClamped(by: period)
  }

  /// How many seconds after the first of some the alarm registers match; nil when they do not in as
  /// many seconds, a day's at most.
  private func nextAlarm(from first: Int64, count: Int64) -> Int64? {
    let start = Int(truncatingIfNeeded: (first % 86_400 &+ 86_400) % 86_400)
    guard let match = alarm.first(from: start) else { return nil }
    let distance = Int64((match &- start &+ 86_400) % 86_400)
    return distance < count ? distance : nil
  }

  /// When the alarm registers match.
  ///
  /// One of 0xC0 or more matches everything; one that no time shows matches nothing.
  private var alarm: DailyTimes {
    func values(_ register: Int, _ decode: (UInt8) -> Int, _ encode: (Int) -> UInt8) -> UInt64 {
      guard let shown = memory.element(at: register), shown < 0xC0 else { return ~0 }
      let value = decode(shown)
      return encode(value) == shown ? 1 << UInt64(clamping: value) : 0
    }
    return DailyTimes(
      seconds: values(1, decoded, encoded), minutes: values(3, decoded, encoded),
      hours: values(5, decodedHour, hour))
  }
}

/// Times of day, by the seconds, minutes and hours that they may have: bit n for value n.
private struct DailyTimes {
  private let seconds: UInt64
  private let minutes: UInt64
  private let hours: UInt64

  init(seconds: UInt64, minutes: UInt64, hours: UInt64) {
    self.seconds = seconds & (1 << 60 - 1)
    self.minutes = minutes & (1 << 60 - 1)
    self.hours = hours & (1 << 24 - 1)
  }

  /// The first of them at a second of the day or after it, the next day's at last; nil if there is none.
  func first(from start: Int) -> Int? {
    guard seconds != 0, minutes != 0, hours != 0 else { return nil }
    let (hour, minute, second) = (start / 3600, start / 60 % 60, start % 60)
    let firstInHour = Self.lowest(minutes) &* 60 &+ Self.lowest(seconds)
    if hours >> UInt64(clamping: hour) & 1 != 0 {
      if minutes >> UInt64(clamping: minute) & 1 != 0,
        let match = Self.lowest(seconds, from: second)
      {
        return hour &* 3600 &+ minute &* 60 &+ match
      }
      if let match = Self.lowest(minutes, from: minute &+ 1) {
        return hour &* 3600 &+ match &* 60 &+ Self.lowest(seconds)
      }
    }
    return (Self.lowest(hours, from: hour &+ 1) ?? Self.lowest(hours)) &* 3600 &+ firstInHour
  }

  private static func lowest(_ values: UInt64) -> Int { values.trailingZeroBitCount }

  private static func lowest(_ values: UInt64, from value: Int) -> Int? {
    let left = values & ~0 << UInt64(clamping: value)
    return left == 0 ? nil : lowest(left)
  }
}
