import Definitions
import Partitioning

/// SPOOL and CLOSE: a guest's console in a file of the host.
let spoolCommands: [Command] = [
  Command(
    "SPool", module: "SPO", "Keeps the lines of guests' consoles in files.",
    notes: [
      "The files are in the folder consoles of the machine's state folder, named by the partition and a "
        + "number, LINUX1.0001, or by NAME (1 to 32 letters, digits, - and _). START begins one unless one is "
        + "open; STOP leaves it open for the next START; CLOSE ends it, and so do the guest's logoff and the "
        + "machine's end. Lines are kept whole, without what would drive a terminal.",
      "A file has at most 4 MiB, a partition 100 files. What a file has no room for, or the host's disk, is left "
        + "out and told; the guest hears nothing of it. Therefore a guest cannot ask for it himself, and a "
        + "COMMAND statement neither: what becomes of a file is no part of the machine's history.",
    ],
    isRehearsed: false,
    formats: [
      CommandFormat(
        "CONsole", "userid|pattern {STArt [NAMe name] | STOP | CLOSE}", classes: "ABC",
        "Begins, interrupts or ends the file of a guest's console.",
        operands: [.partition, .words("STArt|STOP|CLOSE|NAMe")], handler: spoolConsole)
    ]),
  Command(
    "CLOSE", module: "SPO", "Ends the files of guests' consoles.",
    notes: ["The next lines go to a new file while spooling is started."],
    isRehearsed: false,
    formats: [
      CommandFormat(
        "CONsole", "userid|pattern", classes: "ABC", "Ends the file of a guest's console.",
        operands: [.partition], handler: closeConsole)
    ]),
]

let querySpoolFormats = [
  CommandFormat(
    "CONsole", "[userid|pattern]", classes: "ABC",
    "Where guests' consoles are shown, and the files that keep their lines.",
    operands: [.partition], handler: queryConsoles)
]

private func spoolConsole(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  guard let word = call.operands.take(anyOf: "STArt|STOP|CLOSE") else {
    guard let word = call.operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
  let name = word == "START" ? try call.operands.consoleFileName() : nil
  try call.operands.end()
  try call.forEachActive(pattern) { partition throws(CommandMessage) in
    switch word {
    case "START": try call.startSpooling(partition, named: name)
    case "STOP": call.control.spools[partition]?.isStarted = false
    default: try call.closeFile(of: partition, again: false)
    }
  }
}

private func closeConsole(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  try call.operands.end()
  try call.forEachActive(pattern) { partition throws(CommandMessage) in
    try call.closeFile(of: partition, again: true)
  }
}

private func queryConsoles(_ call: Invocation) throws(CommandMessage) {
  try call.requireConsole()
  let pattern = call.operands.isEmpty ? nil : try call.operands.useridPattern()
  try call.operands.end()
  let partitions = try pattern.map(call.partitions) ?? call.control.partitionNames
  for partition in partitions where call.isActive(partition) {
    let spool = call.control.spools[partition]
    let place = call.control.terminalText(of: partition)
    let file = spool?.file.map { " \($0.name) \(spool?.lineCount ?? 0) LINES" } ?? ""
    call.reply(
      "CONS \(padded(partition, 8))\(padded(place, 7)) TERM "
        + (spool?.isStarted ?? false ? "START" : "STOP") + file)
  }
}

extension Operands {
  /// `NAME name` of a file; nil when nothing follows.
  fileprivate mutating func consoleFileName() throws(CommandMessage) -> String? {
    guard take("NAMe") else { return nil }
    guard let name = nextVerbatim() else { throw CommandMessage(.operandMissing) }
    let isPlain = name.utf8.allSatisfy { byte in
      (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
        || byte == 0x2D || byte == 0x5F
    }
    guard isPlain, (1...32).contains(name.utf8.count) else {
      throw CommandMessage(.invalidOperand, name)
    }
    return name
  }
}

extension Invocation {
  fileprivate func startSpooling(
    _ partition: String, named name: String?
  ) throws(CommandMessage) {
    var spool = control.spools[partition] ?? ConsoleSpool()
    // Which has its name already.
    if spool.file != nil, name != nil { throw CommandMessage(.conflictingOption, "NAME") }
    if spool.file == nil { spool.open(try beginFile(of: partition, named: name)) }
    spool.isStarted = true
    control.spools[partition] = spool
    reply("CONSOLE FILE \(spool.file?.name ?? "")")
  }

  /// Ends a file; `again` begins another while spooling is started.
  fileprivate func closeFile(of partition: String, again: Bool) throws(CommandMessage) {
    guard let file = control.closeSpool(of: partition, stops: !again) else { return }
    reply("CONSOLE FILE \(file.name) CLOSED, \(file.lineCount) LINES")
    guard control.spools[partition]?.isStarted ?? false else { return }
    do throws(CommandMessage) {
      control.spools[partition]?.open(try beginFile(of: partition, named: nil))
    } catch {
      control.spools[partition] = nil
      throw error
    }
  }

  private func beginFile(
    of partition: String, named name: String?
  ) throws(CommandMessage) -> any ConsoleFile {
    guard let files = control.consoleFiles else { throw CommandMessage(.noRecords) }
    do throws(ConsoleFileFailure) {
      return try files.begin(of: partition, named: name)
    } catch {
      throw CommandMessage(.consoleFileFailure, error.reason)
    }
  }
}
