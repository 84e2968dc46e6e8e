import Channels
import Partitioning
import Quantities

// MONITOR and ACNT: what is kept of the machine's use, and when.

let recordCommands: [Command] = [
  Command(
    "MONitor", module: "MON", "Takes samples of the machine's use at intervals, into the records.",
    notes: [
      "INDICATE LPAR FROM and LAST make a report of any interval between two samples. Samples are "
        + "outside the machine's history: taking them changes nothing.",
      "The operator finds sampling switched on when the machine keeps records at all.",
    ],
    isForStatements: false,
    formats: [
      CommandFormat(
        "STArt", "", classes: "AE", "Takes samples from now on.", handler: startMonitor),
      CommandFormat("STOp", "", classes: "AE", "Takes no more samples.", handler: stopMonitor),
      CommandFormat(
        "INTerval", "n [SEC|MIN]", classes: "AE",
        "How far apart samples are: 1 second to 60 minutes of simulated time.",
        operands: [.other, .words("SEC|MIN")], handler: setMonitorInterval),
    ]),
  Command(
    "ACNT", module: "ACN", "Writes accounting records now.",
    notes: [
      "A partition's record (type 01) has what it used since its activation or its last record; "
        + "one is also written when it is deactivated. QUERY ACCOUNT shows them."
    ],
    formats: [
      CommandFormat(
        "", "{userid|pattern ... | ALL}", classes: "A",
        "Writes a record of each active partition that is named, and begins its next.",
        operands: [.partition, .words("ALL")], handler: account)
    ]),
]

let queryRecordFormats = [
  CommandFormat(
    "MONitor", "", classes: "AE", "Whether samples are taken, how often, and since when.",
    handler: queryMonitor),
  CommandFormat(
    "ACCOUNT", "[userid] [LAST n]", classes: "ACE",
    "The last accounting records, 20 unless LAST says more.",
    operands: [.partition, .words("LAST")], handler: queryAccount),
]

private func startMonitor(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  try call.keptRecords().isSampling = true
  try call.replyMonitor()
}

private func stopMonitor(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  try call.keptRecords().isSampling = false
  try call.replyMonitor()
}

private func setMonitorInterval(_ call: Invocation) throws(CommandMessage) {
  let word = try call.operands.required()
  let isMinutes = call.operands.take(anyOf: "SEConds|MINutes") == "MINUTES"
  try call.operands.end()
  guard let value = decimal(word), value <= 3600,
    (1...3600).contains(value * (isMinutes ? 60 : 1))
  else { throw CommandMessage(.invalidOperand, word) }
  try call.keptRecords().interval = value * (isMinutes ? 60 : 1) * 1_000_000_000
  try call.replyMonitor()
}

private func queryMonitor(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  try call.replyMonitor()
}

private func account(_ call: Invocation) throws(CommandMessage) {
  _ = try call.keptRecords()
  var names: [String] = []
  if call.operands.take("ALL") {
    try call.operands.end()
    names = call.control.partitionNames.filter { call.isActive($0) }
  } else {
    repeat {
      let pattern = try call.operands.useridPattern()
      names += try call.partitions(pattern).filter {
        !pattern.contains("*") || pattern == "*" || call.isActive($0)
      }
      // More than there are is one twice.
      if names.count > call.control.partitionNames.count {
        throw CommandMessage(.conflictingOption, pattern)
      }
    } while !call.operands.isEmpty
  }
  for name in names {
    do throws(CommandMessage) {
      try call.perform(.account(name))
    } catch {
      call.reply(error)
    }
  }
}

private func queryAccount(_ call: Invocation) throws(CommandMessage) {
  var name: String?
  if let word = call.operands.peek, word != "LAST" {
    name = try call.operands.userid()
    if let name, call.system.partitionView(name) == nil {
      throw CommandMessage(.notInDirectory, name)
    }
  }
  var count = 20
  if call.operands.take("LAST") {
    let word = try call.operands.required()
    guard let value = decimal(word), (1...10_000).contains(value) else {
      throw CommandMessage(.invalidOperand, word)
    }
    count = Int(clamping: value)
  }
  try call.operands.end()
  if !call.seesOthers { name = call.issuer.partition }
  let records = try call.ask { store throws(RecordsFailure) in
    try store.accounting(of: name, last: count)
  }
  if records.isEmpty { return call.reply("No accounting records") }
  let machine = call.system.machineView
  let rows = records.map { record in
    [
      record.partition, machine.timeOfDay(at: record.to).dateText,
      machine.timeOfDay(at: record.to).timeText,
      connectTimeText(record.to.subtractingClamped(record.from)),
      processorTimeText(record.dispatched), processorTimeText(record.effective),
      "\(record.requestCount)", record.reason.rawValue,
    ]
  }
  call.reply(
    TextTable(
      columns: [
        .left("USERID"), .left("DATE"), .left("TIME"), .right("CONNECT"), .right("TOTCPU"),
        .right("VIRTCPU"), .right("IO"), .left("WRITTEN AT"),
      ], rows: rows
    ).lines)
}

extension Invocation {
  /// `MONITOR ACTIVE, INTERVAL 10 SECONDS, SAMPLES FROM 12:00:00 TO 12:30:00`.
  fileprivate func replyMonitor() throws(CommandMessage) {
    let store = try records()
    let machine = system.machineView
    let times = try ask { store throws(RecordsFailure) in try store.sampledTimes() }
    let samples =
      times.map {
        "FROM \(machine.timeOfDay(at: $0.lowerBound).timeText) TO "
          + machine.timeOfDay(at: $0.upperBound).timeText
      } ?? "NONE"
    reply(
      "MONITOR \(store.isSampling ? "ACTIVE" : "INACTIVE"), INTERVAL \(store.interval / 1_000_000_000) SECONDS, "
        + "SAMPLES \(samples)")
  }
}
