import Foundation
import Quantities

/// A point in time such as `2026-11-25 22:10:03`, in UTC.
package func timestamp(seconds: Int64) -> String {
  var time = time_t(seconds)
  var parts = tm()
  guard gmtime_r(&time, &parts) != nil else { return "\(seconds) s" }
  func digits(_ number: Int32, _ width: Int) -> String { String(number).zeroPadded(to: width) }
  let year = parts.tm_year.addingClamped(1900)
  return "\(digits(year, 4))-\(digits(parts.tm_mon.addingClamped(1), 2))-"
    + "\(digits(parts.tm_mday, 2)) \(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):"
    + digits(parts.tm_sec, 2)
}

/// As `timestamp(seconds:)`, of milliseconds since 1970.
package func timestamp(milliseconds: Int64) -> String {
  timestamp(
    seconds: milliseconds >= 0 ? milliseconds / 1000 : milliseconds.subtractingClamped(999) / 1000)
}
