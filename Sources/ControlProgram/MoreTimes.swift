import Quantities

/// When a console whose screen is full goes on by itself: TERMINAL MORE.
package struct MoreTimes: Equatable, Sendable {
  /// Seconds from the full screen to the alarm.
  package var alarm = 50
  /// Seconds from the alarm to the next screen.
  package var clear = 10

  package init() {}

  /// Whether a full screen stops at all.
  package var stops: Bool { alarm > 0 || clear > 0 }

  /// As TERMINAL shows it: `MORE 050 010`.
  var text: String { "MORE \(digits(alarm)) \(digits(clear))" }

  private func digits(_ value: Int) -> String {
    value < 10 ? "00\(value)" : value < 100 ? "0\(value)" : "\(value)"
  }
}
