// What can be wrong with the form of a statement, with its values and with names.

import Quantities

// MARK: - Form

extension Problem {
  static func unknownStatement(_ word: String, in form: String, legal: [String]) -> Problem {
    error("001", "\(shown(word)) is not a statement of \(form)", choice(word, legal))
  }

  static func unknownOperand(_ word: String, of statement: String, legal: [String]) -> Problem {
    error("002", "\(shown(word)) is not an operand of \(statement)", choice(word, legal))
  }

  static func missingOperand(_ what: String, after word: String) -> Problem {
    error("003", "an operand is missing after \(shown(word))", "write \(what)")
  }

  static func extraOperand(_ word: String, after other: String) -> Problem {
    error(
      "004", "\(shown(word)) is one operand too many", "end the statement after \(shown(other))")
  }

  static func unterminated(_ what: String, closing: String) -> Problem {
    error("005", "\(what) that begins here does not end", "close it with \(closing)")
  }

  static func duplicateStatement(_ what: String, first place: Place) -> Problem {
    error("006", "\(what) is given twice, \(first(place))", "keep one of the two")
  }

  static func exclusive(_ one: String, _ other: String, first place: Place) -> Problem {
    error(
      "115", "\(one) and \(other) exclude each other, \(first(place))", "keep one of the two")
  }

  static func duplicateName(_ kind: String, _ name: String, first place: Place) -> Problem {
    error(
      "007", "\(kind) \(name) is defined twice, \(first(place))", "rename or remove one of the two")
  }

  static func missingStatement(_ verb: String) -> Problem {
    error("008", "there is no \(verb) statement", "add one")
  }

  static func outsideEntry(_ verb: String) -> Problem {
    error("009", "\(verb) stands before any PARTITION or PROFILE", "put it into an entry")
  }
}

// MARK: - Values

extension Problem {
  static func number(_ word: String, what: String, range: ClosedRange<Int>) -> Problem {
    let bounds =
      range.upperBound == Int.max
      ? "of \(range.lowerBound) or more" : "\(range.lowerBound)-\(range.upperBound)"
    return error("010", "\(what) cannot be \(shown(word))", "write a decimal number \(bounds)")
  }

  static func hundredths(
    _ word: String, what: String, range: ClosedRange<Int>, percent: Bool
  ) -> Problem {
    let sign = percent ? "%" : ""
    let bounds =
      "\(hundredthsText(range.lowerBound))\(sign)-\(hundredthsText(range.upperBound))\(sign)"
    return error("010", "\(what) cannot be \(shown(word))", "write a number \(bounds)")
  }

  static func size(_ word: String, what: String) -> Problem {
    error("011", "\(what) cannot be \(shown(word))", "write a size such as 64M (K, M, G or T)")
  }

  static func sizeRange(_ word: String, what: String, range: ClosedRange<UInt64>) -> Problem {
    error(
      "011", "\(what) cannot be \(shown(word))",
      "write a size from \(sizeText(range.lowerBound)) to \(sizeText(range.upperBound))"
    )
  }

  static func powerOfTwo(_ word: String, what: String) -> Problem {
    error("012", "\(what) \(shown(word)) is not a power of two", "write 16M, 32M, 64M or the like")
  }

  static func multiple(_ word: String, what: String, of increment: UInt64) -> Problem {
    error(
      "013",
      "\(what) \(shown(word)) is not a multiple of the increment of \(sizeText(increment))",
      "write a multiple of \(sizeText(increment))")
  }

  static func duration(_ word: String, what: String, range: ClosedRange<UInt64>) -> Problem {
    error(
      "014", "\(what) cannot be \(shown(word))",
      "write a time from \(durationText(range.lowerBound)) to \(durationText(range.upperBound))"
    )
  }

  static func rate(_ word: String, what: String) -> Problem {
    error("015", "\(what) cannot be \(shown(word))", "write a rate such as 200MB, bytes a second")
  }

  static func deviceNumber(_ word: String, what: String) -> Problem {
    error("016", "\(what) cannot be \(shown(word))", "write 1-4 hexadecimal digits")
  }

  static func hexadecimal(_ word: String, what: String, digits: Int) -> Problem {
    error("016", "\(what) cannot be \(shown(word))", "write 1-\(digits) hexadecimal digits")
  }

  static func deviceRange(_ word: String) -> Problem {
    error(
      "016", "\(shown(word)) is not a device number or a range of them",
      "write 0200 or 0200-020F, the lower number first")
  }

  static func value(_ word: String, what: String, remedy: String) -> Problem {
    error("017", "\(what) cannot be \(shown(word))", remedy)
  }

  static func privilegeClasses(_ word: String) -> Problem {
    error("018", "\(shown(word)) are not privilege classes", "write letters A-G, such as BG")
  }

  static func parameterText(limit: Int) -> Problem {
    error(
      "019", "the text of PARM is too long or has characters that cannot be shown",
      "write at most \(limit) characters of plain text")
  }

  static func commandLength(limit: Int) -> Problem {
    error("019", "the command is too long", "write at most \(limit) characters")
  }
}

// MARK: - Names

extension Problem {
  static func name(_ word: String, what: String) -> Problem {
    error("020", "\(shown(word)) cannot be \(what)", "write 1-8 characters A-Z 0-9 @ # $")
  }

  static func reservedName(_ name: String) -> Problem {
    error("021", "the name \(name) is reserved by CP", "choose another name")
  }

  static func nameLooksLikeDevice(_ name: String) -> Problem {
    warning(
      "022", "the name \(name) looks like a device number",
      "commands may take it for one; choose a name with another letter")
  }

  static func nameIsKeyword(_ name: String) -> Problem {
    warning(
      "023", "the name \(name) is a CP keyword", "commands may take it for one; choose another")
  }

  static func range(_ first: String, _ last: String) -> Problem {
    error(
      "024", "\(first) THRU \(last) is not a numbered range",
      "write the same letters and the same number of digits, the lower number first")
  }

  /// A name that nothing defines; fixed ones can only be chosen.
  static func unknownName(
    _ kind: String, _ name: String, known: [String], isFixed: Bool = false
  ) -> Problem {
    if isFixed { return error("025", "there is no \(kind) \(name)", choice(name, known)) }
    let nearest = NearestKeyword.of(name, among: known)
    return error(
      "025", "there is no \(kind) \(name)",
      nearest.map { "write \($0), or define \(name)" } ?? "define it, or name another")
  }

  /// The operands are not shown: the first is a password.
  static let userOperands = error(
    "026", "USER takes nothing after the name here",
    "write password, storage and classes as PASSWORD, STORAGE and CLASS statements")

  static func tooManyPartitions(limit: Int) -> Problem {
    error("027", "there are more than \(limit) partitions", "define fewer")
  }

  static func tooManyImages(limit: Int) -> Problem {
    error("127", "there are more than \(limit) further image profiles", "define fewer")
  }

  static let includeInProfile = error(
    "028", "a profile cannot include another", "copy what it needs; there is one level")
  static let includeNotFirst = error(
    "029", "INCLUDE comes after other statements of its entry",
    "make it the first, so that what follows overrides it")
}
