import Partitioning
import Quantities

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

// MARK: - Partitions

extension Problem {
  static let dedicatedWeight = error(
    "030", "dedicated processors take no weight, no cap and no group",
    "remove WEIGHT, MINWEIGHT, MAXWEIGHT, CAPPED, ABSCAP and GROUP, or write SHARED")

  static func processorLimit(_ initial: Int, _ reserved: Int, limit: Int) -> Problem {
    error(
      "031",
      "\(initial) initial and \(reserved) reserved processors are \(initial.addingClamped(reserved))",
      "a partition has at most \(limit), all types together")
  }

  static func weightLimits(_ least: Int, _ greatest: Int) -> Problem {
    error("032", "MINWEIGHT \(least) is above MAXWEIGHT \(greatest)", "exchange them")
  }

  static func weightOutsideLimits(_ weight: Int, _ least: Int?, _ greatest: Int?) -> Problem {
    error(
      "032", "WEIGHT \(weight) is outside its own limits",
      "write a weight \(least ?? 1)-\(greatest ?? 999)")
  }

  static func weightAndShare(first place: Place) -> Problem {
    error(
      "033", "WEIGHT and SHARE say the same thing twice, \(first(place))", "keep one of the two")
  }

  static func mixedModes(_ name: String) -> Problem {
    error(
      "034", "\(name) mixes shared and dedicated processors", "make all SHARED or all DEDICATED")
  }

  static func noProcessors(_ name: String) -> Problem {
    error("035", "\(name) has no initial processor", "write INITIAL 1 or more")
  }

  static func typeNotInstalled(_ type: ProcessorType, installed: [ProcessorType]) -> Problem {
    let names = installed.map(\.rawValue).joined(separator: ", ")
    return error(
      "036", "the machine has no \(type.rawValue) processors",
      names.isEmpty ? "add a PROCESSOR statement to machine.config" : "use \(names), or add them")
  }

  static func initialBeyondInstalled(
    _ type: ProcessorType, _ initial: Int, installed: Int
  ) -> Problem {
    error(
      "037",
      "INITIAL \(initial) is more than the \(installed) \(type.rawValue) processors installed",
      "write INITIAL \(installed) or less, the rest as RESERVED")
  }

  static func storageBeyondInstalled(_ what: String, _ bytes: UInt64, installed: UInt64) -> Problem
  {
    error(
      "038",
      "\(what) \(sizeText(bytes)) is more than the \(sizeText(installed)) installed",
      "write less, or install more in machine.config")
  }

  static func noStorage(increment: UInt64) -> Problem {
    error("039", "STORAGE INITIAL is 0", "write \(sizeText(increment)) or more")
  }

  static func ownAfter(_ name: String) -> Problem {
    error("040", "\(name) starts after itself", "remove it from AFTER")
  }

  static func startCycle(_ names: [String]) -> Problem {
    error(
      "041", "START AUTO AFTER goes in a circle: \(names.joined(separator: " after "))",
      "remove one AFTER")
  }

  static func afterNotAutomatic(_ name: String) -> Problem {
    warning(
      "042", "\(name) does not start by itself, so that nothing waits for it",
      "give it START AUTO, or remove it from AFTER")
  }

  static func userIsPartition(_ name: String, first place: Place) -> Problem {
    error(
      "043", "\(name) is a user and a partition, \(first(place))", "rename one of the two")
  }

  static func notOwnDevice(_ device: UInt16) -> Problem {
    let number = DeviceNumbers.text(device)
    return error(
      "046", "\(number) is not a device of the partition",
      "add DEDICATE \(number) and a real device, or name another")
  }

  static func keptOnly(_ verb: String) -> Problem {
    warning(
      "044", "\(verb) is read and kept, but this level gives the partition no such device",
      "use DEDICATE for disks")
  }

  static func noPartitions() -> Problem {
    warning("045", "no partition is defined", "add a *.direct file")
  }
}

// MARK: - Files

extension Problem {
  static func unreadable(reason: String) -> Problem {
    error("050", "the file cannot be read: \(reason)", "give a text file with read permission")
  }

  static func tooLarge(limit: Int) -> Problem {
    error(
      "051", "the file is larger than \(sizeText(UInt64(clamping: limit)))",
      "split it, or remove what is not text")
  }

  static let notUTF8 = error(
    "052", "this byte is not UTF-8 text", "save the file as UTF-8")

  static func noFolder(reason: String) -> Problem {
    error("053", "the folder cannot be read: \(reason)", "name the folder of a machine")
  }

  static let noConfiguration = error(
    "054", "the folder has no machine.config", "name the folder of a machine, or add the file")

  static func twoConfigurations(_ other: String) -> Problem {
    error(
      "054", "the folder has \(shown(other)) besides machine.config", "keep one of them")
  }
  static let emptyFileName = error("055", "the file name is empty", "name a file")

  static func outsideFolder(_ name: String) -> Problem {
    error(
      "056", "\(shown(name)) leads outside the machine's folder",
      "put the file into the folder and name it relative to it")
  }

  static func fileMissing(_ name: String) -> Problem {
    error("057", "\(shown(name)) does not exist", "name a file in the machine's folder")
  }

  static func filePrepared(_ name: String) -> Problem {
    warning(
      "058", "\(shown(name)) does not exist, an IPL will refuse",
      "put it into the machine's folder; Partitions/setup prepares the demo's")
  }

  static func fileIsFolder(_ name: String) -> Problem {
    error("059", "\(shown(name)) is a folder", "name a file in the machine's folder")
  }

  static func fileUnreadable(_ name: String) -> Problem {
    error("059", "\(shown(name)) is not a file that can be read", "name a regular file")
  }

  static func fileLength(_ name: String, _ length: UInt64) -> Problem {
    error(
      "060", "\(shown(name)) has \(length) bytes, not a whole number of blocks of 512",
      "make its length a multiple of 512")
  }

  static let writableWithoutFile = error(
    "061", "WRITABLE says nothing without a file", "write it after FILE and the name")

  static func writableTwice(_ name: String, first place: Place?) -> Problem {
    error(
      "062", "two devices would write to \(shown(name))" + (place.map { ", " + first($0) } ?? ""),
      "give each its own file, or leave out WRITABLE")
  }
}
