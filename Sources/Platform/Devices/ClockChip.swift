/// The CMOS clock (Motorola MC146818A datasheet): time of day only, and 128 bytes of memory.
///
/// The update-in-progress bit always reads 0: the time is computed, never half-way through a change.
struct ClockChip: Codable, Sendable {
  private(set) var index: UInt8 = 0
  private(set) var memory = [UInt8](repeating: 0, count: 128)
  private(set) var mode: UInt8 = 0x02

  /// Selects the register that the data port shows.
  mutating func select(_ value: UInt8) { index = value & 0x7F }

  /// Reads the selected register; `seconds`: the time of day since 1970, UTC.
  func read(seconds: Int64) -> UInt8 {
    let day = seconds.quotientFloored(by: 86_400)
    let second = Int(seconds - day * 86_400)
    let date = ClockChip.date(daysSince1970: day)
    switch index {
    case 0x00: return encoded(second % 60)
    case 0x02: return encoded(second / 60 % 60)
    case 0x04: return hour(second / 3600)
    case 0x06: return encoded(Int((day + 4).remainderFloored(by: 7)) + 1)
    case 0x07: return encoded(date.day)
    case 0x08: return encoded(date.month)
    case 0x09: return encoded(date.year % 100)
    case 0x0A: return 0x26
    case 0x0B: return mode
    case 0x0C: return 0
    case 0x0D: return 0x80
    case 0x32: return encoded(date.year / 100)
    default: return memory[Int(index)]
    }
  }

  /// Writes the selected register; the time of day itself is the machine's and stays.
  mutating func write(_ value: UInt8) {
    switch index {
    case 0x0B: mode = value & 0x07
    case 0x00, 0x02, 0x04, 0x06...0x0A, 0x0C, 0x0D, 0x32: break
    default: memory[Int(index)] = value
    }
  }

  private func encoded(_ value: Int) -> UInt8 {
    mode & 4 != 0 ? UInt8(value) : UInt8((value / 10) << 4 | value % 10)
  }

  private func hour(_ value: Int) -> UInt8 {
    if mode & 2 != 0 { return encoded(value) }
    return encoded((value + 11) % 12 + 1) | (value >= 12 ? 0x80 : 0)
  }

  /// The civil date of a day (proleptic Gregorian calendar).
  static func date(daysSince1970 day: Int64) -> (year: Int, month: Int, day: Int) {
    // Counted from 1 March of year 0, so that leap days come last: 400 years are 146,097 days.
    let shifted = Int(day) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}

extension Int64 {
  fileprivate func quotientFloored(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
  fileprivate func remainderFloored(by divisor: Int64) -> Int64 {
    self - quotientFloored(by: divisor) * divisor
  }
}
