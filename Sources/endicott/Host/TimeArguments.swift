import ArgumentParser
import ControlProgram
import Foundation
import Partitioning
import Quantities
import Records

// Spans and instants of simulated time, as they are typed on the command line.

/// A time span as it is typed: a number, decimals too, with `ms`, `s`, `m` or `h`; seconds without.
struct TimeSpan: ExpressibleByArgument {
  /// The span in nanoseconds.
  let nanoseconds: UInt64

  init(seconds: UInt64) { nanoseconds = seconds.multipliedClamped(by: 1_000_000_000) }

  init?(argument: String) {
    let text = argument.lowercased()
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let units: [Substring: UInt64] = ["": 1000, "s": 1000, "m": 60_000, "h": 3_600_000, "ms": 1]
    guard let milliseconds = units[text.dropFirst(number.count)],
      let millionths = fixedPoint(number, places: 6).flatMap({ UInt64(exactly: $0) }),
      (1...1_000_000_000_000).contains(millionths)
    else { return nil }
    nanoseconds = millionths.multipliedClamped(by: milliseconds)
  }

  var defaultValueDescription: String { "\(nanoseconds / 1_000_000_000)s" }
}

/// An instant as it is typed.
enum InstantArgument: ExpressibleByArgument {
  case sinceIPL(UInt64)
  /// Seconds since 1970.
  case timeOfDay(Int64)
  /// Seconds since midnight of the date of the IPL.
  case ofFirstDay(Int64)

  init?(argument: String) {
    if let span = TimeSpan(argument: argument) {
      self = .sinceIPL(span.nanoseconds)
      return
    }
    let parts = argument.split(separator: "T", omittingEmptySubsequences: false)
    guard let time = parts.last, let seconds = InstantArgument.secondsOfDay(time) else {
      return nil
    }
    if parts.count == 1 {
      self = .ofFirstDay(seconds)
    } else if parts.count == 2, let midnight = InstantArgument.midnight(parts[0]) {
      self = .timeOfDay(midnight.addingClamped(seconds))
    } else {
      return nil
    }
  }

  private static func secondsOfDay(_ text: Substring) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
    guard parts.count == 2 || parts.count == 3, let hour = parts[0], let minute = parts[1],
      let second = parts.count == 3 ? parts[2] : 0, (0..<24).contains(hour),
      (0..<60).contains(minute), (0..<60).contains(second)
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }

  private static func midnight(_ text: Substring) -> Int64? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2],
      (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var calendar = Calendar(identifier: .gregorian)
    guard let zone = TimeZone(secondsFromGMT: 0) else { return nil }
    calendar.timeZone = zone
    guard
      let date = calendar.date(from: DateComponents(year: year, month: month, day: day)),
      calendar.component(.day, from: date) == day
    else { return nil }
    return Int64(exactly: date.timeIntervalSince1970.rounded())
  }

  /// The instant in nanoseconds since the IPL of a start.
  func since(_ start: StartRecord?) -> UInt64 {
    switch instant(start) {
    case .sinceIPL(let nanoseconds): return nanoseconds
    case .timeOfDay(let seconds):
      let elapsed = max(0, seconds.subtractingClamped(start?.timeOfDay ?? 0))
      return UInt64(clamping: elapsed).multipliedClamped(by: 1_000_000_000)
    }
  }

  /// The instant, for a start of the machine.
  func instant(_ start: StartRecord?) -> ReportInstant {
    switch self {
    case .sinceIPL(let nanoseconds): return .sinceIPL(nanoseconds)
    case .timeOfDay(let seconds): return .timeOfDay(seconds)
    case .ofFirstDay(let seconds):
      let first = start?.timeOfDay ?? 0
      return .timeOfDay(first.subtractingClamped(first % 86_400).addingClamped(seconds))
    }
  }
}
