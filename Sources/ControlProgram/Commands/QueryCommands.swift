import Partitioning
import Quantities

/// QUERY and its forms.
let queryCommands: [Command] = [
  Command(
    "Query", module: "CQU", "Shows the state of the machine, of a partition or of CP.",
    notes: [
      "An operand that is no keyword is taken as a device number, then as a userid, as in CP: QUERY "
        + "0200, QUERY FRED. Who is not defined is 003E, who is defined and off 045E.",
      "QUERY VIRTUAL acts on your own partition; others are reached by FOR name CMD QUERY VIRTUAL.",
      "QUERY DIGEST is equal for equal definitions, script and seed, whatever the number of host "
        + "threads.",
      "QUERY WEIGHTS marks with SHORT a partition whose logical processors have less than half a "
        + "physical one each. QUERY CAPS shows every limit in processors and the least of them, "
        + "which is the one in force.",
      TimeSelection.note,
    ],
    formats: queryUserFormats + queryProfileFormats + queryMachineFormats + queryWeightFormats
      + queryPriorityFormats + [queryMissingInterruptFormat] + queryWatcherFormats
      + querySpoolFormats
      + queryJournalFormats + queryRecordFormats + queryCheckpointFormats + queryNetworkFormats
      + queryChannelEndFormats
      + queryDeckFormats + [queryPathManagementFormat] + queryLinkFormats
      + queryVirtualFormats
      + [
        CommandFormat(
          "", "userid", classes: "any", "Whether a user is logged on.",
          operands: [.user], handler: queryUser)
      ])
]

private let queryUserFormats = [
  CommandFormat(
    "Names", "", classes: "any", "The users that are logged on: partitions that are active.",
    handler: queryNames),
  CommandFormat(
    "Users", "[userid]", classes: "any", "How many users are logged on, or one of them.",
    operands: [.user], handler: queryUsers),
  CommandFormat(
    "USERID", "", classes: "any", "Who you are and the name of the machine.", handler: queryUserid),
  CommandFormat(
    "Time", "", classes: "any", "The time of day, and your connect and processor time.",
    handler: queryTime),
  CommandFormat(
    "CPLEVEL", "", classes: "any", "The level of the control program and the time of IPL.",
    handler: queryLevel),
  CommandFormat(
    "COMMANDS", "", classes: "any", "The commands that your classes permit.",
    handler: queryCommandNames),
  CommandFormat(
    "EVENTS", "[n]", classes: "ACE", "The last n messages of the firmware, 20 by default.",
    operands: [.other], handler: queryEvents),
  CommandFormat(
    "PRIVclass", "", classes: "any", "Your privilege classes.", handler: queryPrivilegeClasses),
]

private func queryNames(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let cells = call.control.loggedOnUsers().map { name in
    padded(padded(name, 8) + call.control.terminalText(of: name), 15)
  }
  for start in stride(from: 0, to: cells.count, by: 4) {
    call.reply(cells.dropFirst(start).prefix(4).joined(separator: ", "))
  }
}

private func queryUsers(_ call: Invocation) throws(CommandMessage) {
  if !call.operands.isEmpty { return try queryUser(call) }
  let count = rightAligned("\(call.control.loggedOnUsers().count)", 5)
  call.reply("\(count) USERS,     0 DIALED,     0 NET")
}

/// `QUERY word`: a device, a user, or what z/VM could show; else an invalid option, as CP has it.
///
/// Programs tell a user who does not exist (003E) from one who is off (045E) by the number.
private func queryUser(_ call: Invocation) throws(CommandMessage) {
  let word = try call.operands.required()
  let name = word == "*" ? call.issuer.userid : word
  if call.lead.isEmpty, try queryDevice(call, word) { return }
  if !name.contains("*"), !call.control.isDefined(name) {
    throw unavailableQuery(name) ?? CommandMessage(.invalidOption, name)
  }
  try call.operands.end()
  if name.contains("*") {
    let users = call.control.loggedOnUsers().filter { matches($0, pattern: name) }
    if users.isEmpty { throw CommandMessage(.noMatch, name) }
    for user in users { call.reply(padded(user, 8) + call.control.terminalText(of: user)) }
    return
  }
  guard call.control.isLoggedOn(name) else { throw CommandMessage(.notLoggedOn, name) }
  if call.system.partitionView(name)?.isForcePending == true {
    throw CommandMessage(.forcePending, name)
  }
  call.reply(padded(name, 8) + call.control.terminalText(of: name))
}

private func queryUserid(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  call.reply("\(padded(call.issuer.userid, 8)) AT \(call.system.machineView.name)")
}

private func queryTime(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let machine = call.system.machineView
  call.reply("TIME IS \(machine.timeOfDay(at: call.system.now).text(zone: machine.timeZone))")
  let partition = call.issuer.partition.flatMap { call.system.partitionView($0) }
  let since = partition?.activated ?? call.console?.loggedOnAt ?? 0
  let used = processorTimeText(partition?.usedNanoseconds ?? 0)
  call.reply(
    "CONNECT= \(connectTimeText(call.system.elapsed(since: since))) VIRTCPU= \(used) TOTCPU= \(used)"
  )
}

private func queryLevel(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let machine = call.system.machineView
  let start = machine.timeOfDay(at: 0)
  call.reply("\(ControlProgram.level), service level 0000 (64-bit)")
  call.reply("History version \(machine.historyVersion)")
  call.reply("IPL at \(start.dateText) \(start.timeText) \(machine.timeZone)")
}

private func queryCommandNames(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let verbs = call.control.table.sorted.filter { call.issuer.classes.permitsSome(of: $0) }
  let names =
    verbs.map(\.keyword.name) + [
      "DIAG08", "DIAG0C", "DIAG44", "DIAG60", "DIAG9C", "DIAG49C", "DIAG600", "DIAG610", "DIAG620",
    ]
  for start in stride(from: 0, to: names.count, by: 6) {
    call.reply(names.dropFirst(start).prefix(6).map { padded($0, 12) }.joined())
  }
}

private func queryEvents(_ call: Invocation) throws(CommandMessage) {
  try call.requireConsole()
  var count = 20
  if let word = call.operands.next() {
    guard let value = decimal(word), (1...1000).contains(value) else {
      throw CommandMessage(.invalidOperand, word)
    }
    count = Int(clamping: value)
  }
  try call.operands.end()
  // Cannot trap: 1 to 1000.
  let events = call.control.recentMessages.suffix(count)
  call.reply(events.isEmpty ? ["No events"] : Array(events))
}

private func queryPrivilegeClasses(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let own = call.issuer.classes.letters
  call.reply("PRIVILEGE CLASSES FOR USER \(call.issuer.userid)")
  call.reply("        CURRENTLY: \(own)")
  call.reply("        DIRECTORY: \(own)")
}

extension PartitionView {
  /// Whether FORCE or SIGNAL SHUTDOWN asked the guest to end and waits for it.
  package var isForcePending: Bool {
    pending.contains { $0.subject == .shutdown(thenForce: true) }
  }
}
