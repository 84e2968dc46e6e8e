// What can be wrong with a definition, as a value: the texts themselves stand in the files beside this one.

/// One thing that can be wrong with a definition: message id, text, and what would be right.
///
/// Every text stands here once. Ids: `HCPDEFnnns` for machine.config, *.direct, *.media and the
/// folder, `ICPnnnI` (in `DeckMessages`) for the I/O configuration where IOCP has a message.
struct Problem {
  var id: String
  var severity: FindingSeverity
  var text: String
  var remedy: String

  static func error(_ number: String, _ text: String, _ remedy: String) -> Problem {
    Problem(id: "HCPDEF\(number)E", severity: .error, text: text, remedy: remedy)
  }

  static func warning(_ number: String, _ text: String, _ remedy: String) -> Problem {
    Problem(id: "HCPDEF\(number)W", severity: .warning, text: text, remedy: remedy)
  }

  /// What was written, fit to be shown: no control characters, not too long.
  static func shown(_ text: String) -> String {
    if text.isEmpty { return "''" }
    var view = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(32) {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      view.append(isControl ? "?" : scalar)
    }
    return String(view) + (text.unicodeScalars.count > 32 ? "..." : "")
  }

  /// Where the first of two stands.
  static func first(_ place: Place) -> String { "first at \(place.words)" }

  /// `write X` for the nearest legal word, else a list of all.
  static func choice(_ word: String, _ legal: [String]) -> String {
    if let nearest = NearestKeyword.of(word.uppercased(), among: legal) {
      return "write \(nearest)"
    }
    guard legal.count > 1 else { return legal.first.map { "write \($0)" } ?? "" }
    return "write one of " + legal.joined(separator: ", ")
  }
}
