import Channels
import Partitioning
import Quantities

// Instants in the past, as an operator says them: by the machine's time of day.

/// An interval of simulated time, or how much of the end to show.
struct TimeSelection: Equatable {
  var from: SimulatedTime?
  var to: SimulatedTime?
  /// `LAST n`: entries, or a duration in nanoseconds, as the command has it.
  var last: UInt64?

  /// What the reference says of instants.
  static let note =
    "An instant is hh:mm[:ss] by the machine's time of day, the last one that is over, "
    + "yyyy-mm-ddThh:mm:ss, or seconds since the IPL: 90.5 SEC."
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
  mutating func instant(of machine: MachineView) throws(CommandMessage) -> SimulatedTime {
    let word = try required()
    if let nanoseconds = fixedPoint(word, places: 9).flatMap({ SimulatedTime(exactly: $0) }) {
      _ = take(anyOf: "SEConds")
      return nanoseconds
    }
    guard let since1970 = secondsSince1970(word, now: machine.secondsSince1970) else {
      throw CommandMessage(.invalidOperand, word)
    }
    // An instant before IPL is IPL's; one beyond all time is the end of it.
    let second = max(0, since1970.subtractingClamped(machine.timeOfDayAtStart))
    return SimulatedTime(clamping: second).multipliedClamped(by: 1_000_000_000)
  }

  /// As `instant`, of the machine's own time: one before its IPL is none.
  mutating func recordedInstant(of machine: MachineView) throws(CommandMessage) -> SimulatedTime {
    let word = peek ?? ""
    let found = try instant(of: machine)
    if found == 0, fixedPoint(word, places: 9) == nil,
      secondsSince1970(word, now: machine.secondsSince1970) ?? 0 < machine.timeOfDayAtStart
    {
      throw CommandMessage(.invalidOperand, word)
    }
    return found
  }

  /// `hh:mm[:ss]` in seconds from now: the next time that it is so late, at least one second.
  mutating func secondsUntil(
    _ machine: MachineView, _ now: SimulatedTime
  ) throws(CommandMessage) -> Int {
    let word = try required()
    guard let time = secondOfDay(Substring(word)) else {
      throw CommandMessage(.invalidOperand, word)
    }
    let today = secondsOfDay(machine.secondsSince1970)
    let left = time.subtractingClamped(today)
    return Int(clamping: left > 0 ? left : left.addingClamped(86_400))
  }
}

extension MachineView {
  /// The machine's time of day in seconds since 1970.
  fileprivate var secondsSince1970: Int64 {
    timeOfDayAtStart.addingClamped(Int64(clamping: now / 1_000_000_000))
  }
}

/// The second of its day, 0 to 86399, also before 1970.
private func secondsOfDay(_ seconds: Int64) -> Int64 {
  let rest = seconds % 86_400
  return rest < 0 ? rest.addingClamped(86_400) : rest
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
    let last = now.subtractingClamped(secondsOfDay(now)).addingClamped(time)
    return last > now ? last.subtractingClamped(86_400) : last
  }
  return parts.first.flatMap { dayNumber($0) }.map {
    $0.multipliedClamped(by: 86_400).addingClamped(time)
  }
}

/// `hh:mm` or `hh:mm:ss` as a second of the day.
private func secondOfDay(_ word: Substring) -> Int64? {
  let parts = word.split(separator: ":", omittingEmptySubsequences: false)
  let values = parts.compactMap { $0.count == 2 ? decimal($0) : nil }
  guard (2...3).contains(parts.count), values.count == parts.count, values.first ?? 24 < 24,
    values.dropFirst().allSatisfy({ $0 < 60 })
  else { return nil }
  let seconds = zip(values, [3600, 60, 1] as [UInt64]).reduce(0 as UInt64) { sum, part in
    sum.addingClamped(part.0.multipliedClamped(by: part.1))
  }
  return Int64(clamping: seconds)
}

/// `yyyy-mm-dd` as days since 1970-01-01, in the proleptic Gregorian calendar.
private func dayNumber(_ word: Substring) -> Int64? {
  let parts = word.split(separator: "-", omittingEmptySubsequences: false)
  guard parts.count == 3, parts.map(\.count) == [4, 2, 2] else { return nil }
  let values = parts.compactMap { decimal($0).flatMap { Int64(exactly: $0) } }
  guard values.count == 3, let year = values.first, let month = values.element(at: 1),
    let day = values.last, (1...9999).contains(year), (1...12).contains(month),
    (1...31).contains(day)
  else { return nil }
  // Of four and two digits, which no operation takes near the limits: &+ and its like say so.
  let shifted = year &- (month <= 2 ? 1 : 0)
  let monthFromMarch = (month &+ 9) % 12
  let dayOfYear = (153 &* monthFromMarch &+ 2) / 5 &+ day &- 1
  let number =
    365 &* shifted &+ shifted / 4 &- shifted / 100 &+ shifted / 400 &+ dayOfYear &- 719_468
  // A day that the month does not have would be one of the next.
  let back = CalendarTime(secondsSince1970: number.multipliedClamped(by: 86_400))
  return back.day == Int(clamping: day) && back.month == Int(clamping: month) ? number : nil
}
