import Channels
import Partitioning
import Quantities

// QUERY JOURNAL and EVENTLOG: who asked for what, and what became of it.

let queryJournalFormats = [
  CommandFormat(
    "JOURnal", "[userid|pattern] [FROM t] [TO t] [LAST n]", classes: "ACE",
    "Actions from outside since IPL, refused ones too; the last 20 unless LAST says more.",
    operands: [.partition, .words("FROM|TO|LAST")], handler: queryJournal),
  CommandFormat(
    "EVENTLOG", "[userid|pattern] [FROM t] [TO t] [LAST n]", classes: "ACE",
    "Changes as the records have them: who, when, what, before and after.",
    operands: [.partition, .words("FROM|TO|LAST")], handler: queryEventLog),
]

/// Entries shown when LAST does not say.
private let defaultEntryCount = 20

/// What both read: whose entries, of when, how many.
private struct EntrySelection {
  let names: [String]?
  let interval: TimeSelection
  let count: Int

  init(_ call: Invocation) throws(CommandMessage) {
    var names: [String]?
    if let word = call.operands.peek, !["FROM", "TO", "LAST"].contains(word) {
      names = try call.partitions(try call.operands.useridPattern())
    }
    interval = try call.operands.interval(of: call.system.machineView)
    var count = defaultEntryCount
    if call.operands.take("LAST") {
      let word = try call.operands.required()
      guard let value = decimal(word), (1...10_000).contains(value) else {
        throw CommandMessage(.invalidOperand, word)
      }
      count = Int(clamping: value)
    }
    try call.operands.end()
    self.count = count
    self.names = call.seesOthers ? names : call.visible(names ?? call.control.partitionNames)
  }

  func fits(_ partitions: [String], at time: SimulatedTime) -> Bool {
    if let names, !partitions.contains(where: names.contains) { return false }
    return (interval.from ?? 0) <= time && time <= interval.to ?? .max
  }
}

private func queryJournal(_ call: Invocation) throws(CommandMessage) {
  let selection = try EntrySelection(call)
  let entries = call.system.journal.filter {
    selection.fits($0.action.partitions, at: $0.time)
  }
  if entries.isEmpty { return call.reply("No entries") }
  let machine = call.system.machineView
  // Cannot trap: 1 to 10000.
  for entry in entries.suffix(selection.count) {
    call.reply(entryLine(machine, entry.time, entry.author, entry.action))
    if let refusal = entry.refusal { call.reply(refusalLine(refusal)) }
  }
}

private func queryEventLog(_ call: Invocation) throws(CommandMessage) {
  let selection = try EntrySelection(call)
  let only = selection.names?.count == 1 ? selection.names?.first : nil
  // The store knows one partition or all; a pattern is chosen from here.
  let isPattern = selection.names != nil && only == nil
  let found = try call.ask { records throws(RecordsFailure) in
    try records.changes(
      of: only, from: selection.interval.from, to: selection.interval.to,
      last: isPattern ? .max : selection.count)
  }
  let changes = found.filter { selection.fits($0.partitions, at: $0.time) }
  if changes.isEmpty { return call.reply("No entries") }
  let machine = call.system.machineView
  // Cannot trap: 1 to 10000.
  for change in changes.suffix(selection.count) {
    call.reply(entryLine(machine, change.time, change.author, change.action))
    for value in change.differences {
      let whose = value.partition.map { $0 + " " } ?? ""
      call.reply("         \(whose)\(value.name): \(value.before) -> \(value.after)")
    }
    if let refusal = change.refusal { call.reply(refusalLine(refusal)) }
  }
}

/// `00:00:02 OPERATOR SET WEIGHT SPIN001 40`.
private func entryLine(
  _ machine: MachineView, _ time: SimulatedTime, _ author: Author, _ action: ManagementAction
) -> String {
  return "\(machine.timeOfDay(at: time).timeText) \(padded(author.name, 8)) \(action.commandText)"
}

private func refusalLine(_ refusal: ManagementError) -> String {
  let message = CommandMessage(refusal)
  return "         REFUSED: \(message.id.definition.numberText)E \(message.text)"
}
