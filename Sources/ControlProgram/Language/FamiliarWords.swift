import Partitioning

/// Words that end, leave or explain something elsewhere, and what does so here.
///
/// They are no commands: the answer stays 001E, with the advice behind it.
enum FamiliarWords {
  private static let leaving = "#CP DISCONN (or Ctrl-]) leaves a guest's console"

  /// What to enter instead of a word, given in upper case.
  ///
  /// - Returns: One sentence, by what the classes permit; nil for a word that is not known.
  static func advice(on word: String, classes: PrivilegeClasses) -> String? {
    let isOperator = classes.permits(PrivilegeClasses(letters: "A"))
    switch word {
    case "QUIT", "EXIT", "BYE", "END", ":Q", "CLOSE":
      return isOperator
        ? "SHUTDOWN ends the machine; \(leaving)" : "LOGOFF ends your partition; \(leaving)"
    case "POWEROFF", "REBOOT", "INIT":
      return isOperator
        ? "SHUTDOWN ends the machine, FORCE name a partition" : "SYSTEM RESET, IPL or LOGOFF"
    case "?", "MAN", "INFO", "COMMANDS": return "HELP lists the commands, HELP command explains one"
    case "LS", "PS", "LIST", "DIR", "VIRSH": return "QUERY NAMES lists the partitions that run"
    case "TOP", "STAT", "VMSTAT":
      return isOperator
        ? "INDICATE LPARS shows what partitions use" : "INDICATE USER shows your use"
    case "KILL": return isOperator ? "FORCE name ends a partition" : "LOGOFF ends your partition"
    case "CLEAR", "CLS": return "Ctrl-L clears the screen"
    default: return nil
    }
  }
}
