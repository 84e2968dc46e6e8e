import Foundation

/// A point in time such as `2026-11-25 22:10:03`, in UTC.
package func timestamp(seconds: Int64) -> String {
  var time = time_t(seconds)
  var parts = tm()
  guard gmtime_r(&time, &parts) != nil else { return "\(seconds) s" }
  func digits(_ number: Int32, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
  return "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-"
    + "\(digits(parts.tm_mday, 2)) \(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):"
    + digits(parts.tm_sec, 2)
}

/// As `timestamp(seconds:)`, of milliseconds since 1970.
package func timestamp(milliseconds: Int64) -> String {
  timestamp(seconds: milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000)
}
