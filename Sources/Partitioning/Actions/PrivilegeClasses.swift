/// A set of CP privilege classes, A to G; a format for anyone has the class `any`.
package struct PrivilegeClasses: OptionSet, Sendable, Hashable, Codable {
  package let rawValue: UInt8

  /// The letters, each the bit of its place.
  private static let letters: [Character] = ["A", "B", "C", "D", "E", "F", "G"]

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// The classes named by the letters A to G in a text; other characters are ignored.
  package init(letters: some StringProtocol) {
    var bits: UInt8 = 0
    for letter in letters.uppercased() {
      guard let bit = Self.letters.firstIndex(of: letter) else { continue }
      bits |= 1 &<< UInt8(truncatingIfNeeded: bit)
    }
    rawValue = bits
  }

  /// No class is needed: the bit that every issuer has.
  package static let any = PrivilegeClasses(rawValue: 0x80)
  package static let general = PrivilegeClasses(letters: "G")
  package static let all = PrivilegeClasses(letters: "ABCDEFG")

  /// The letters of a definition, once each, ascending; nil when one is not A-G or there is none.
  package static func sorted(_ letters: String) -> String? {
    guard !letters.isEmpty, letters.utf8.allSatisfy({ (0x41...0x47).contains($0) }) else {
      return nil
    }
    return String(Set(letters).sorted())
  }

  /// The letters in order, or `Any`.
  package var letters: String {
    if contains(.any) { return "Any" }
    return String(
      Self.letters.enumerated().filter {
        rawValue & 1 &<< UInt8(truncatingIfNeeded: $0.offset) != 0
      }
      .map(\.element))
  }

  /// Whether an issuer with these classes may use a format that needs one of `needed`.
  package func permits(_ needed: PrivilegeClasses) -> Bool {
    needed.contains(.any) || rawValue & needed.rawValue != 0
  }
}
