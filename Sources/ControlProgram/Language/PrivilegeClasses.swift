/// A set of CP privilege classes, A to G; a format for anyone has the class `any`.
package struct PrivilegeClasses: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// The classes named by the letters A to G in a text; other characters are ignored.
  package init(letters: some StringProtocol) {
    var bits: UInt8 = 0
    for letter in letters.uppercased().utf8 where letter >= 0x41 && letter <= 0x47 {
      bits |= 1 << (letter - 0x41)
    }
    rawValue = bits
  }

  /// No class is needed: the bit that every issuer has.
  package static let any = PrivilegeClasses(rawValue: 0x80)
  package static let general = PrivilegeClasses(letters: "G")
  package static let all = PrivilegeClasses(letters: "ABCDEFG")

  /// The letters in order, or `Any`.
  package var letters: String {
    if contains(.any) { return "Any" }
    var text = ""
    for bit in 0..<7 where rawValue & (1 << bit) != 0 {
      text.unicodeScalars.append(Unicode.Scalar(UInt8(0x41 + bit)))
    }
    return text
  }

  /// Whether an issuer with these classes may use a format that needs one of `needed`.
  package func permits(_ needed: PrivilegeClasses) -> Bool {
    needed.contains(.any) || rawValue & needed.rawValue != 0
  }
}
