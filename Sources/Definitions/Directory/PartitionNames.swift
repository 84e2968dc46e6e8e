import Partitioning

// What is said of a partition's name in a definition file.

extension PartitionNames {
  /// CP keywords that name something else where a partition's name may stand.
  package static let keywords = [
    "ALL", "BEGIN", "CHPID", "CHPIDS", "CMD", "CP", "CPLEVEL", "CPUS", "DASD", "DIGEST", "DISPLAY",
    "FOR", "IPL", "LOAD", "LOGON", "LPAR", "MACHINE", "NAMES", "NSS", "OFF", "OFFLINE", "ON",
    "ONLINE",
    "PATHS",
    "PENDING", "PROCESSOR", "QUERY", "SET", "SHARE", "STOP", "STORAGE", "STORE", "TIME", "USER",
    "USERID", "USERS", "VARY", "VIRTUAL",
  ]

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
}
