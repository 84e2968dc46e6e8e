import Partitioning

// CONSOLE, SECUSER and OBSERVER of an entry: its console, and who watches it.

extension PartitionBuilder {
  mutating func console(_ operands: inout OperandReader) {
    guard let number = operands.deviceNumber("the console's device number") else { return }
    parsed.definition.console = number
    guard operands.peek != nil else { return }
    guard operands.keyword(of: "CONSOLE", from: ["3215", "3270"]) != nil else { return }
    // A spool class may follow, as CP has it; there are no classes of spool files.
    if let word = operands.peek, word.text.utf8.count == 1 { _ = operands.word("") }
    guard operands.peek != nil else { return }
    let place = operands.place
    guard let userid = operands.name("the secondary user's name") else { return }
    watch(userid.folded, operands.take("OBSERVER") ? .observer : .secondaryUser, at: place)
  }

  mutating func consoleWatcher(_ role: ConsoleRole, _ operands: inout OperandReader) {
    let place = operands.place
    guard let userid = operands.name("a user's name") else { return }
    watch(userid.folded, role, at: place)
  }

  /// There is one watcher, whichever statement names him.
  private mutating func watch(_ userid: String, _ role: ConsoleRole, at place: Place) {
    let statement = "SECUSER or OBSERVER"
    guard isFirst(statement, at: place) else { return }
    parsed.places[statement] = place
    parsed.definition.consoleWatcher = ConsoleWatcher(userid, role)
  }
}
