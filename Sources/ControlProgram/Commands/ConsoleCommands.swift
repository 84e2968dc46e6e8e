import Definitions
import Partitioning

/// Consoles, messages, and commands about commands.
let consoleCommands: [Command] = [
  Command(
    "FOR", module: "FOR", "Gives a command as if a partition's user had given it.",
    notes: [
      "The command has the partition's classes (G unless its definition says more) and acts on "
        + "that partition. With a pattern it is given for each active partition in name order, and "
        + "each line is marked with the name."
    ],
    formats: [
      CommandFormat(
        "", "userid|pattern CMD command", classes: "C", "Runs a command for a partition.",
        operands: [.partition, .words("CMD"), .command], handler: forUser)
    ]),
  Command(
    "SEND", module: "SND", "Types a line at a guest's console.",
    notes: [
      "The text keeps its case; a new line follows it. SEND CP is FOR without CMD. Without class C you send "
        + "to the guests whose secondary user or observer you are."
    ],
    isRehearsed: false,
    formats: [
      CommandFormat(
        "CP", "userid command", classes: "C", "Gives a CP command as that user.",
        operands: [.partition, .command], handler: sendCommand),
      CommandFormat(
        "", "userid|pattern [text]", classes: "CG", "Types text at the guest's console.",
        operands: [.partition, .other], handler: send),
    ]),
  Command(
    "CONNect", aliases: "DIAl", module: "DIA", "Makes this console a guest's console.",
    notes: [
      "Lines then go to the guest as they are typed. `#CP command` is a CP command as that "
        + "partition's user; `#CP DISCONN` comes back and leaves the guest running; `#CP` alone "
        + "stops the guest and enters CP READ, where lines are CP commands until BEGIN.",
      "What the guest wrote last is shown first, without what would drive the terminal.",
    ],
    isRehearsed: false,
    formats: [
      CommandFormat(
        "", "userid", classes: "ABC", "Connects to the console of an active partition.",
        operands: [.partition], handler: connect)
    ]),
  Command(
    "DISConn", module: "DSC", "Leaves a guest's console, or your session.",
    notes: [
      "A guest that is left goes on running. A machine does not outlive its only console: at a "
        + "terminal DISCONN, LOGOFF and Ctrl-D there ask before partitions end with it."
    ],
    isRehearsed: false,
    formats: [CommandFormat("", "", classes: "any", "Drops only the console.", handler: leave)]),
  Command(
    "Message", aliases: "MSG", module: "MSG", "Sends a line to another user's console.",
    isRehearsed: false,
    formats: [
      CommandFormat(
        "ALL", "text", classes: "AB", "Sends to every console.", handler: messageAll),
      CommandFormat(
        "", "{userid | * | OPERATOR} text", classes: "any", "Sends to one user.",
        operands: [.user, .other], handler: message),
    ]),
  Command(
    "ECho", module: "ECH", "Answers with its operands.",
    formats: [
      CommandFormat("", "[text]", classes: "any", "Shows a text.", handler: echo)
    ]),
  Command(
    "SILENTly", module: "SIL", "Gives a command without its answer; the return code stays.",
    notes: ["`.command` is the same."],
    formats: [
      CommandFormat(
        "", "command", classes: "any", "Suppresses the answer.", operands: [.command],
        handler: silently)
    ]),
  Command(
    "HELP", module: "HLP", "Explains a command or a message.",
    formats: [
      CommandFormat(
        "", "[command [operand] | message-id]", classes: "any",
        "HELP, HELP SET SHARE, HELP HCP045E.", operands: [.verb, .other], handler: help)
    ]),
]

private func forUser(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  guard call.operands.take("CMD") else {
    guard let word = call.operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
  try call.giveCommand(as: pattern)
}

private func sendCommand(_ call: Invocation) throws(CommandMessage) {
  try call.giveCommand(as: try call.operands.userid())
}

private func send(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let bytes = Array(call.operands.takeRemainder().utf8) + [0x0A]
  for name in try call.loggedOn(pattern) where !pattern.contains("*") || call.isActive(name) {
    _ = try call.activeStatus(of: name)
    try call.perform(.sendConsole(name, bytes: bytes))
  }
}

private func connect(_ call: Invocation) throws(CommandMessage) {
  let name = try call.operands.userid()
  try call.operands.end()
  guard let console = call.console else { throw CommandMessage(.needsConsole, "CONNECT") }
  _ = try call.activeStatus(of: name)
  console.connect(to: name)
  let machine = call.system.machineView
  call.reply("RECONNECTED AT \(machine.timeOfDay(at: machine.now).text(zone: machine.timeZone))")
}

private func leave(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  guard let console = call.console else { throw CommandMessage(.needsConsole, "DISCONN") }
  if call.asksBeforeEnding(by: "DISCONN") { return }
  if console.connection == nil { console.end() } else { console.disconnect() }
  let machine = call.system.machineView
  call.reply("DISCONNECT AT \(machine.timeOfDay(at: machine.now).text(zone: machine.timeZone))")
}

private func message(_ call: Invocation) throws(CommandMessage) {
  let word = try call.operands.required()
  let userid = word == "*" ? call.issuer.userid : word
  guard isUserid(userid) else { throw CommandMessage(.invalidUserid, userid) }
  let text = call.operands.takeRemainder()
  if text.isEmpty { throw CommandMessage(.messageTextMissing) }
  // A guest is not told who is at a console, and so nothing of who is a user there alone.
  let isTold = !call.control.answersByHistoryAlone
  guard call.control.isLoggedOn(userid) || !isTold && call.system.isActive(userid) == nil else {
    throw CommandMessage(.notLoggedOn, userid)
  }
  let line = call.messageLine(text)
  if !call.control.send(line, toUser: userid), isTold {
    call.reply(CommandMessage(.notReceiving, userid))
  }
}

private func messageAll(_ call: Invocation) throws(CommandMessage) {
  let text = call.operands.takeRemainder()
  if text.isEmpty { throw CommandMessage(.messageTextMissing) }
  call.control.sendToAll(call.messageLine(text))
}

private func echo(_ call: Invocation) throws(CommandMessage) {
  call.reply(call.operands.takeRemainder())
}

private func silently(_ call: Invocation) throws(CommandMessage) {
  if call.operands.isEmpty { throw CommandMessage(.operandMissing) }
  let result = call.control.execute(
    call.operands.takeRemainder(), issuer: call.issuer, console: call.console)
  call.reply(CommandResult(returnCode: result.returnCode, errorLines: result.errorLines))
}

private func help(_ call: Invocation) throws(CommandMessage) {
  guard let word = call.operands.next() else {
    return call.reply(HelpText.overview(call.control.table, classes: call.issuer.classes))
  }
  if let lines = HelpText.message(word) {
    try call.operands.end()
    if lines.isEmpty { throw CommandMessage(.noSuchMessage, word) }
    return call.reply(lines)
  }
  guard let command = call.control.table.commands.first(where: { $0.accepts(word) }) else {
    throw CommandMessage(.noHelp, word)
  }
  call.reply(HelpText.command(command, operand: call.operands.next()))
}

extension Invocation {
  /// Gives the operands that are left as a command of each user of a pattern.
  fileprivate func giveCommand(as pattern: String) throws(CommandMessage) {
    if operands.isEmpty { throw CommandMessage(.operandMissing) }
    let text = operands.remainder
    let isPattern = pattern.contains("*") && pattern != "*"
    for name in try partitions(pattern) where !isPattern || isActive(name) {
      let partition = try activeStatus(of: name)
      do {
        try system.authorizeCommands(of: name, by: author)
      } catch {
        throw CommandMessage(error)
      }
      let result = control.execute(text, issuer: Issuer(partition))
      reply(result, prefix: isPattern ? padded(name, 8) + "  " : "")
    }
  }

  /// A message as it is shown: `14:02:11 * MSG FROM MAINT   : text`.
  fileprivate func messageLine(_ text: String) -> String {
    let time = system.machineView.timeOfDay(at: system.now).timeText
    let shown = ConsoleText.stripped(Array(text.utf8))
    return "\(time) * MSG FROM \(padded(issuer.userid, 8)): \(shown)"
  }
}

extension Issuer {
  /// A partition's own user, with the classes that its definition gives.
  package init(_ partition: PartitionView) {
    self.init(
      userid: partition.name, partition: partition.name,
      classes: PrivilegeClasses(letters: partition.definition.classes))
  }
}
