import Channels
import Partitioning

// Instants in the past, as an operator says them: by the machine's time of day.

/// An interval of simulated time, or how much of the end to show.
struct TimeSelection: Equatable {
  var from: SimulatedTime?
  var to: SimulatedTime?
  /// `LAST n`: entries, or a duration in nanoseconds, as the command has it.
  var last: UInt64?

  /// What the reference says of instants.
  static let note =
    "An instant is hh:mm[:ss] by the machine's time of day, the last one that is over, or "
    + "yyyy-mm-ddThh:mm:ss."
}

extension Operands {
  /// `FROM t [TO t]` when it is given.
  mutating func interval(of machine: MachineView) throws(CommandMessage) -> TimeSelection {
    var selection = TimeSelection()
    if take("FROM") { selection.from = try instant(of: machine) }
    if take("TO") { selection.to = try instant(of: machine) }
    if let from = selection.from, let to = selection.to, to <= from {
      throw CommandMessage(.invalidInterval)
    }
    return selection
  }

  /// An instant in nanoseconds since IPL.
  private mutating func instant(of machine: MachineView) throws(CommandMessage) -> SimulatedTime {
    let word = try required()
    let second = Int64(machine.now / 1_000_000_000)
    guard let since1970 = secondsSince1970(word, now: machine.timeOfDayAtStart + second) else {
      throw CommandMessage(.invalidOperand, word)
    }
    return SimulatedTime(max(0, since1970 - machine.timeOfDayAtStart)) * 1_000_000_000
  }
}

/// A time of day, or a date with one, in seconds since 1970; nil when the word is neither.
///
/// A time of day is the last one that is not after `now`.
func secondsSince1970(_ word: String, now: Int64) -> Int64? {
  let parts = word.split(separator: "T", omittingEmptySubsequences: false)
  guard (1...2).contains(parts.count), let time = parts.last.flatMap({ secondOfDay($0) }) else {
    return nil
  }
  guard parts.count == 2 else {
    let midnight = now - (now % 86_400 + 86_400) % 86_400
    return midnight + time > now ? midnight + time - 86_400 : midnight + time
  }
  return dayNumber(parts[0]).map { $0 * 86_400 + time }
}

/// `hh:mm` or `hh:mm:ss` as a second of the day.
private func secondOfDay(_ word: Substring) -> Int64? {
  let parts = word.split(separator: ":", omittingEmptySubsequences: false)
  let values = parts.compactMap { $0.count == 2 ? decimal($0) : nil }
  guard (2...3).contains(parts.count), values.count == parts.count, values[0] < 24,
    values.dropFirst().allSatisfy({ $0 < 60 })
  else { return nil }
  return Int64(values[0] * 3600 + values[1] * 60 + (values.count > 2 ? values[2] : 0))
}

/// `yyyy-mm-dd` as days since 1970-01-01, in the proleptic Gregorian calendar.
private func dayNumber(_ word: Substring) -> Int64? {
  let parts = word.split(separator: "-", omittingEmptySubsequences: false)
  guard parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2,
    let year = decimal(parts[0]), let month = decimal(parts[1]), let day = decimal(parts[2]),
    (1...12).contains(month), (1...31).contains(day)
  else { return nil }
  let shifted = Int64(year) - (month <= 2 ? 1 : 0)
  let monthFromMarch = (Int64(month) + 9) % 12
  let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
  let number = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  // A day that the month does not have would be one of the next.
  let back = CalendarTime(secondsSince1970: number * 86_400)
  return back.day == Int(day) && back.month == Int(month) ? number : nil
}
