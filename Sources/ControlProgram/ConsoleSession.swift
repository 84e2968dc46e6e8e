import Channels
import Partitioning

// A console is in one of three places:
//
//   at CP (no connection) --CONNECT name--> at a guest's console, RUNNING
//        ^                                     |          ^
//        | DISCONN, LOGOFF, the guest ends     | #CP      | BEGIN, IPL
//        |                                     v          |
//        +------------------------------ CP READ (the guest is stopped, not loaded or in
//                                              a disabled wait)
//
// At CP a line is commands of the session's user. RUNNING, a line goes to the guest as it is,
// unless it begins with #CP. In CP READ a line is commands of the partition's user.

/// Something that a console shows outside the answer to its own command.
package enum ConsoleOutput: Equatable, Sendable {
  /// A message of the firmware or of another user.
  case message(String)
  /// A line of a guest, seen beside messages; it is shown as `NAME    : text`.
  case guestLine(partition: String, text: String)
  /// What the connected guest wrote, byte for byte.
  case guest([UInt8])

  /// The output as one line of text; nil for the bytes of a connected guest.
  package var line: String? {
    switch self {
    case .message(let line): line
    case .guestLine(let partition, let text): "\(padded(partition, 8)): \(text)"
    case .guest: nil
    }
  }
}

/// What a console's prompt and status area show.
package struct ConsolePrompt: Equatable, Sendable {
  /// `CP READ` or `RUNNING`.
  package let status: String
  /// Whose console it is: the user, or the guest connected to.
  package let userid: String
  /// The machine's name.
  package let system: String
}

/// One console: what a terminal, a pipe, a socket or a test drives.
///
/// Owner thread only.
package final class ConsoleSession {
  package let control: ControlProgram
  /// The user who is logged on.
  package let userid: String
  package let classes: PrivilegeClasses
  /// The console's number, as `L0003` shows it.
  package let number: Int
  package let loggedOnAt: SimulatedTime
  /// The partition whose console this is now.
  package private(set) var connection: String?
  /// Whether the session is over: LOGOFF or DISCONN at CP.
  package private(set) var isEnded = false
  /// Takes output as it comes; without it output waits for `takeOutput`.
  package var onOutput: ((ConsoleOutput) -> Void)?

  private var queue: [ConsoleOutput] = []
  /// Whether the machine ends with this session and somebody is there to be asked first.
  package var asksBeforeEnd = false
  /// The command that YES confirms.
  private var question: String?
  private var isConfirmed = false
  private var isNewlyConnected = false
  /// When a full screen goes on by itself.
  package internal(set) var more = MoreTimes()

  init(
    control: ControlProgram, userid: String, classes: PrivilegeClasses, number: Int,
    loggedOnAt: SimulatedTime
  ) {
    self.control = control
    self.userid = userid
    self.classes = classes
    self.number = number
    self.loggedOnAt = loggedOnAt
  }

  /// Whether messages about partitions in general come here.
  package var isOperator: Bool {
    connection == nil && classes.permits(PrivilegeClasses(letters: "A"))
  }

  /// The issuer of the commands typed now.
  package var issuer: Issuer {
    if let connection, let partition = control.system.partitionView(connection) {
      return Issuer(partition)
    }
    return Issuer(userid: userid, classes: classes)
  }

  /// Whether a line typed now goes to the guest.
  package var isAtGuest: Bool {
    guard let connection, let partition = control.system.partitionView(connection) else {
      return false
    }
    return partition.state == .operating && !partition.isStopped
  }

  /// What the prompt shows.
  package var prompt: ConsolePrompt {
    ConsolePrompt(
      status: isAtGuest ? "RUNNING" : "CP READ", userid: connection ?? userid,
      system: control.system.machineView.name)
  }

  /// Takes a line as it was typed: commands for CP, or a line for the connected guest.
  ///
  /// All logical lines are performed; the return code is that of the last one that failed. What
  /// the firmware reports about them comes with the next `collectEvents`, after the answer.
  package func execute(_ line: String) -> CommandResult {
    control.collectEvents()
    if let verb = question {
      question = nil
      return answer(line, to: verb)
    }
    if isAtGuest, let connection {
      guard CommandParser.isForCP(line) else { return typeAtGuest(line, connection) }
      if CommandParser.logicalLines(of: line).allSatisfy({ CommandParser.parse($0) == nil }) {
        return enterControlProgram(connection)
      }
    }
    var result = CommandResult()
    for logicalLine in CommandParser.logicalLines(of: line) {
      if isEnded || control.isShutDown { break }
      result.append(control.execute(logicalLine, issuer: issuer, console: self))
    }
    tellUnkept(&result)
    return result
  }

  /// Adds what could not be kept to an answer; a command whose own change is not kept has failed.
  private func tellUnkept(_ result: inout CommandResult) {
    guard let unkept = control.records?.keepAnswered() else { return }
    let message = CommandMessage(
      unkept.isNew ? .performedNotKept : .notKeptYet, unkept.what, unkept.reason)
    if unkept.isNew {
      result.append(CommandResult(message, module: "REC"))
    } else {
      result.lines.append(message.line(module: "REC"))
    }
  }

  /// Types bytes at the connected guest's console as they are: keys, without line editing.
  package func type(_ bytes: [UInt8]) {
    guard let connection else { return }
    // Who is not the partition's own user was permitted to connect by his classes.
    let author: Author =
      connection == userid ? .partition(userid) : .user(userid, classes: classes)
    try? control.system.type(bytes, at: connection, by: author)
  }

  /// Words that could stand where the line ends, in alphabetical order.
  package func complete(_ line: String) -> [String] {
    if isAtGuest, !CommandParser.isForCP(line) { return [] }
    return Completion(control: control, classes: issuer.classes).candidates(for: line)
  }

  /// Output that came since the last call, in order; empty when `onOutput` takes it.
  package func takeOutput() -> [ConsoleOutput] {
    defer { queue = [] }
    return queue
  }

  // MARK: For commands

  func connect(to partition: String) {
    connection = partition
    isNewlyConnected = true
  }

  /// The guest that this console was connected to since the last call.
  func takeNewConnection() -> String? {
    guard isNewlyConnected else { return nil }
    isNewlyConnected = false
    return connection
  }

  /// Whether a command that would end the session and `activeCount` partitions has to be confirmed.
  func asks(before verb: String, activeCount: Int) -> Bool {
    guard asksBeforeEnd, activeCount > 0, !isConfirmed else { return false }
    question = verb
    return true
  }

  /// Comes back from a guest's console; a partition's own user has no place to come back to.
  func disconnect() {
    if connection == userid { end() }
    connection = nil
  }

  /// Ends the session: LOGOFF, or nobody is there to be shown anything.
  package func end() {
    isEnded = true
    control.remove(self)
  }

  /// Whether what a user is shown comes here: at CP his own console, at a guest's that guest's user's.
  func isConsole(of userid: String) -> Bool { (connection ?? self.userid) == userid }

  func show(_ output: ConsoleOutput) {
    if let onOutput {
      onOutput(output)
    } else {
      queue.append(output)
    }
  }

  /// Takes the answer to the question whether the machine shall end with this session.
  private func answer(_ line: String, to verb: String) -> CommandResult {
    let word = CommandParser.trimmed(line).uppercased()
    if ["YES", "Y"].contains(word) {
      isConfirmed = true
      return execute(verb)
    }
    var result = CommandResult(lines: [CommandMessage(.machineGoesOn).line(module: "DSC")])
    if !["NO", "N"].contains(word) { result.append(execute(line)) }
    return result
  }

  private func typeAtGuest(_ line: String, _ partition: String) -> CommandResult {
    type(Array(line.utf8) + [0x0A])
    return CommandResult()
  }

  /// `#CP` alone: the guest is stopped and the console is in CP READ.
  private func enterControlProgram(_ partition: String) -> CommandResult {
    do {
      _ = try control.system.perform(.stop(partition, processor: nil), by: .partition(partition))
      return CommandResult(lines: ["CP"])
    } catch {
      return CommandResult(CommandMessage(error), module: "CFC")
    }
  }
}
