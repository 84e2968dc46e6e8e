import Channels
import Partitioning
import Quantities

// Times as CP prints them. The calendar is the proleptic Gregorian one; no host clock is asked.

/// A point in time taken apart.
package struct CalendarTime: Equatable, Sendable {
  package let year: Int
  package let month: Int
  package let day: Int
  package let hour: Int
  package let minute: Int
  package let second: Int
  /// 0 is Sunday.
  package let weekday: Int

  /// - Parameter seconds: since 1970-01-01T00:00:00.
  package init(secondsSince1970 seconds: Int64) {
    // No time of day is further from 1970 than the calendar counts without overflow; the operations
    // that wrap below cannot come near it then.
    let seconds = min(max(seconds, -1 &<< 55), 1 &<< 55)
    let dayNumber = (seconds >= 0 ? seconds : seconds &- 86_399) / 86_400
    let rest = Int(truncatingIfNeeded: seconds &- dayNumber &* 86_400)
    (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    weekday = Int(truncatingIfNeeded: ((dayNumber &+ 4) % 7 &+ 7) % 7)
    // Days are counted from 0000-03-01, so that a leap day ends its year.
    let shifted = dayNumber &+ 719_468
    let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
    let dayOfEra = shifted &- era &* 146_097
    let yearOfEra =
      (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let monthFromMarch = (5 &* dayOfYear &+ 2) / 153
    day = Int(truncatingIfNeeded: dayOfYear &- (153 &* monthFromMarch &+ 2) / 5 &+ 1)
    month = Int(
      truncatingIfNeeded: monthFromMarch < 10 ? monthFromMarch &+ 3 : monthFromMarch &- 9)
    year = Int(truncatingIfNeeded: yearOfEra &+ era &* 400) &+ (month <= 2 ? 1 : 0)
  }

  /// The time, such as `14:39:26`.
  package var timeText: String {
    "\(digits(hour, 2)):\(digits(minute, 2)):\(digits(second, 2))"
  }

  /// The date, such as `02/20/16`.
  package var dateText: String {
    "\(digits(month, 2))/\(digits(day, 2))/\(digits(year % 100, 2))"
  }

  /// The day of the week, such as `TUESDAY`.
  package var weekdayText: String {
    let names = [
      "SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY",
    ]
    return names.element(at: weekday) ?? ""
  }

  /// `14:39:26 CET TUESDAY 02/20/16`, as in QUERY TIME and LOGON AT.
  package func text(zone: String) -> String {
    "\(timeText) \(zone) \(weekdayText) \(dateText)"
  }
}

extension MachineView {
  /// The time of day at an instant of simulated time.
  package func timeOfDay(at instant: SimulatedTime) -> CalendarTime {
    CalendarTime(
      secondsSince1970: timeOfDayAtStart.addingClamped(Int64(clamping: instant / 1_000_000_000)))
  }
}

/// Connect time `hh:mm:ss`.
package func connectTimeText(_ nanoseconds: UInt64) -> String {
  let seconds = nanoseconds / 1_000_000_000
  return "\(digits(seconds / 3600, 2)):\(digits(seconds / 60 % 60, 2)):\(digits(seconds % 60, 2))"
}

/// Processor time `mmm:ss.hs`: minutes, seconds and hundredths.
package func processorTimeText(_ nanoseconds: UInt64) -> String {
  let hundredths = nanoseconds / 10_000_000
  return "\(digits(hundredths / 6000, 3)):\(digits(hundredths / 100 % 60, 2))"
    + ".\(digits(hundredths % 100, 2))"
}
