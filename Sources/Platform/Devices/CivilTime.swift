/// A date and a time of day (proleptic Gregorian calendar, UTC).
///
/// All sums wrap instead of trapping; none comes near that, whatever 64 bits of seconds it is made of.
struct CivilTime: Codable, Equatable, Sendable {
  var second: Int
  var minute: Int
  var hour: Int
  var day: Int
  var month: Int
  var year: Int

  /// The date and time at so many seconds since 1970.
  init(seconds: Int64) {
    let day = seconds.quotientFloored(by: 86_400)
    let rest = Int(seconds &- day &* 86_400)
    second = rest % 60
    minute = rest / 60 % 60
    hour = rest / 3600
    let date = CivilTime.date(daysSince1970: day)
    self.day = date.day
    month = date.month
    year = date.year
  }

  /// Seconds since 1970; a day that the month does not have counts into the next month.
  var seconds: Int64 {
    days &* 86_400 &+ Int64(hour) &* 3600 &+ Int64(minute) &* 60 &+ Int64(second)
  }

  /// Day of the week, 1 = Sunday.
  var dayOfWeek: Int { Int((days &+ 4).remainderFloored(by: 7)) &+ 1 }

  /// Days since 1970.
  private var days: Int64 {
    // Counted from 1 March, so that leap days come last.
    let shiftedYear = Int64(month <= 2 ? year &- 1 : year)
    let era = shiftedYear.quotientFloored(by: 400)
    let yearOfEra = shiftedYear &- era &* 400
    let shiftedMonth = Int64((month &+ 9) % 12)
    let dayOfYear = (153 &* shiftedMonth &+ 2) / 5 &+ Int64(day) &- 1
    return era &* 146_097 &+ yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
      &- 719_468
  }

  /// The civil date of a day.
  static func date(daysSince1970 day: Int64) -> (year: Int, month: Int, day: Int) {
    // Counted from 1 March of year 0, so that leap days come last: 400 years are 146,097 days.
    let shifted = Int(day) &+ 719_468
    let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
    let dayOfEra = shifted &- era &* 146_097
    let yearOfEra =
      (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let shiftedMonth = (5 &* dayOfYear &+ 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth &+ 3 : shiftedMonth &- 9
    let year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear &- (153 &* shiftedMonth &+ 2) / 5 &+ 1)
  }
}

extension Int64 {
  fileprivate func quotientFloored(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient &- 1 : quotient
  }
  fileprivate func remainderFloored(by divisor: Int64) -> Int64 {
    self &- quotientFloored(by: divisor) &* divisor
  }
}
