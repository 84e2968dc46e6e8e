/// A word of the command language with its shortest accepted form.
///
/// Written as the reference prints it: the leading capitals (and anything else that is not a
/// lower-case letter) are the minimum, so `Query` is accepted as Q, QU, QUE, QUER and QUERY.
package struct Keyword: Sendable, Hashable {
  /// The whole word in upper case.
  package let name: String
  /// The number of characters that must be given.
  package let minimum: Int

  package init(_ spelling: String) {
    name = spelling.uppercased()
    minimum = spelling.prefix { !$0.isLowercase }.count
  }

  /// The word as it is printed in help: required letters in capitals.
  package var spelling: String {
    // Cannot trap: the minimum counts characters.
    "\(name.prefix(minimum))\(name.dropFirst(minimum).lowercased())"
  }

  /// Whether an upper-case token is this word or an abbreviation of it.
  package func accepts(_ token: some StringProtocol) -> Bool {
    token.count >= minimum && token.count <= name.count && name.hasPrefix(token)
  }
}

/// The keyword choices of one operand position, written `ONline|OFFline`.
package func keywordChoices(_ spelling: String) -> [Keyword] {
  spelling.split(separator: "|").map { Keyword(String($0)) }
}
