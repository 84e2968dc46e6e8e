// Words of commands and statements: their abbreviations, and which words are names.

/// A word of commands and statements with its shortest accepted form.
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

/// Whether an upper-case word has the form of a userid, as partitions, profiles and groups are named too: 1 to
/// 8 of A-Z 0-9 @ # $.
package func isUserid(_ word: some StringProtocol) -> Bool {
  (1...8).contains(word.utf8.count)
    && word.utf8.allSatisfy { byte in
      (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
        || byte == 0x40 || byte == 0x23 || byte == 0x24
    }
}
