import Quantities

/// What a partition may be called.
enum PartitionNames {
  /// CP keywords that name something else where a partition's name may stand.
  static let keywords = [
    "ALL", "BEGIN", "CHPID", "CHPIDS", "CMD", "CP", "CPLEVEL", "CPUS", "DASD", "DIGEST", "DISPLAY",
    "FOR", "IPL", "LOAD", "LOGON", "LPAR", "MACHINE", "NAMES", "NSS", "OFF", "OFFLINE", "ON",
    "ONLINE",
    "PATHS",
    "PENDING", "PROCESSOR", "QUERY", "SET", "SHARE", "STOP", "STORAGE", "STORE", "TIME", "USER",
    "USERID", "USERS", "VARY", "VIRTUAL",
  ]

  /// Whether CP keeps the name for itself: SYSTEM, SYSTEMMP, LOGNxxxx, LOGLxxxx, LOGVxxxx.
  static func isReserved(_ name: String) -> Bool {
    if ["SYSTEM", "SYSTEMMP"].contains(name) { return true }
    return name.utf8.count == 8 && ["LOGN", "LOGL", "LOGV"].contains(String(name.prefix(4)))
  }

  /// Reports what is wrong or unwise about a name; false when it is refused.
  static func judge(_ word: Word, log: FindingLog) -> Bool {
    if isReserved(word.folded) {
      log.report(.reservedName(word.folded), at: word.place)
      return false
    }
    if OperandReader.deviceNumber(word.folded) != nil {
      log.report(.nameLooksLikeDevice(word.folded), at: word.place)
    } else if keywords.contains(word.folded) {
      log.report(.nameIsKeyword(word.folded), at: word.place)
    }
    return true
  }

  /// The names of a numbered range, such as SPIN001 THRU SPIN008; nil when it is not one.
  static func range(from first: String, to last: String) -> [String]? {
    func split(_ name: String) -> (stem: Substring, digits: Substring) {
      let digits = name.suffix(name.reversed().prefix { $0.isASCII && $0.isNumber }.count)
      return (name.dropLast(digits.count), digits)
    }
    let (one, other) = (split(first), split(last))
    guard one.stem == other.stem, one.digits.count == other.digits.count,
      let low = decimal(one.digits, as: Int.self), let high = decimal(other.digits, as: Int.self),
      low <= high, high &- low < DirectoryReader.partitionLimit
    else { return nil }
    return (low...high).map { one.stem + String($0).zeroPadded(to: one.digits.count) }
  }
}
