import Partitioning
import Quantities

/// The life of partitions in CP's verbs: from XAUTOLOG to FORCE, and what runs them meanwhile.
let operationCommands: [Command] = [
  Command(
    "Ipl", module: "VMI", "Loads your partition and starts it.",
    notes: [
      "Without operands it loads what the partition's definition says. Storage is cleared first. "
        + "File names are relative to the machine's folder and stay inside it.",
      "IPL name loads one of the package's guest programs.",
    ],
    formats: [
      CommandFormat(
        "", "[[PROGram] name | KERNEL file [INITRD file]] [CLear] [PARM text]", classes: "G",
        "Loads a guest program, a Linux kernel, or what the definition says.",
        operands: [.words("PROGram|KERNEL|INITRD|PARM|CLear")], handler: loadOwn)
    ]),
  Command(
    "XAUTOLOg", aliases: "AUTOLOg", module: "XAU", "Activates a partition and loads it.",
    notes: [
      "As ACTIVATE with the next-activation profile; NOIPL leaves the partition not operating "
        + "(CP READ). When a COMMAND of its definition fails it is not activated."
    ],
    formats: [
      CommandFormat(
        "", "userid|pattern [NOIPl]", classes: "AB", "Logs a partition on without a console.",
        operands: [.partition, .words("NOIPl")], handler: autolog)
    ]),
  Command(
    "FORCE", module: "USO", "Asks a partition to end and takes it down when it does not.",
    notes: [
      "The guest gets a shutdown signal (the ACPI power button, or a notice) and 60 seconds, or "
        + "WITHIN n, or until BY hh:mm[:ss]. A guest that listens to no signal is taken down at "
        + "once.",
      "DISCONNECT takes only the console away: the guest goes on. A user who is no partition is "
        + "logged off at once.",
    ],
    formats: [
      CommandFormat(
        "", "userid|pattern [LOGoff] [WITHIN n | BY time | IMMediate] | DISConnect | CANCEL",
        classes: "A", "Logs a partition or a user off, or only takes its console away.",
        operands: [.user, .words("LOGoff|WITHIN|BY|IMMediate|DISConnect|CANCEL")],
        handler: force)
    ]),
  Command(
    "SIGnal", module: "SIG", "Asks a guest to end itself.",
    formats: [
      CommandFormat(
        "SHUTDOWN", "{[USER] userid|pattern | ALL} [WITHIN n | BY time]", classes: "AC",
        "Sends the shutdown signal; the operator hears when the guest has ended or has not.",
        operands: [.partition, .words("USER|WITHIN|BY|ALL")], handler: signalShutdown)
    ]),
  Command(
    "LOGoff", aliases: "LOGout", module: "LOF",
    "Ends your session; a partition is deactivated.",
    formats: [CommandFormat("", "", classes: "any", "Logs you off.", handler: logoff)]),
  Command(
    "Begin", module: "BEG", "Starts your partition's processors again.",
    formats: [
      CommandFormat(
        "", "[hexloc | CPU nn]", classes: "G",
        "Goes on where the processors stopped, or at an address.",
        operands: [.words("CPU")], handler: begin)
    ]),
  Command(
    "SYStem", module: "SYS", "Resets, clears or restarts your partition.",
    formats: [
      CommandFormat(
        "CLEAR", "", classes: "G", "Resets the partition and clears its storage.",
        handler: systemClear),
      CommandFormat(
        "RESET", "", classes: "G", "Resets the partition; storage is kept.",
        handler: systemReset),
      CommandFormat(
        "RESTART", "", classes: "G", "Interrupts processor 00 as the restart key does (an NMI).",
        handler: systemRestart),
    ]),
  Command(
    "SHUTDOWN", module: "SHU", "Takes the whole machine down.", isForStatements: false,
    formats: [
      CommandFormat(
        "", "[WITHIN n | IMMediate]", classes: "A",
        "Signals the guests and gives them n seconds, or deactivates all partitions at once.",
        operands: [.words("WITHIN|IMMediate")], handler: shutdown)
    ]),
]

/// Seconds that FORCE and SIGNAL give a guest when WITHIN does not say.
private let defaultShutdownSeconds = 60

func loadOwn(_ call: Invocation) throws(CommandMessage) {
  let what = try LoadOperands(&call.operands)
  try call.perform(what.action(on: try call.ownPartition(), isForced: true))
}

private func autolog(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let isLoaded = !call.operands.take("NOIPl")
  try call.operands.end()
  try call.forEach(pattern) { name throws(CommandMessage) in
    try call.perform(.logOn(name, load: isLoaded))
    if call.system.isActive(name) == true {
      call.reply("Command accepted")
    } else {
      call.reply(CommandMessage(.endedByCommand, name))
    }
  }
}

private func force(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let request = try ForceRequest(call)
  if !pattern.contains("*"), call.system.partitionView(pattern) == nil {
    return try call.forceUser(pattern, request)
  }
  try call.forEachActive(pattern) { name throws(CommandMessage) in
    switch request {
    case .cancel:
      try call.perform(.cancelShutdown(name))
      call.control.forcedBy[name] = nil
      call.reply("FORCE of \(name) is cancelled")
    case .disconnect:
      try call.requireConsole()
      call.control.disconnectAll(from: name)
    case .immediate: try call.forceAtOnce(name)
    case .within(let seconds):
      try call.signal(name, within: seconds, thenForce: true)
    }
  }
}

/// What FORCE is to do.
private enum ForceRequest {
  case within(Int)
  case immediate
  case disconnect
  case cancel

  /// Reads the operands after the userid.
  init(_ call: Invocation) throws(CommandMessage) {
    if call.operands.take("CANCEL") {
      self = .cancel
    } else if call.operands.take("DISConnect") {
      self = .disconnect
    } else {
      _ = call.operands.take("LOGoff")
      self = call.operands.take("IMMediate") ? .immediate : .within(try call.withinOption())
    }
    try call.operands.end()
  }
}

private func signalShutdown(_ call: Invocation) throws(CommandMessage) {
  let isUser = call.operands.take("USER")
  let word = try call.operands.useridPattern()
  let within = try call.withinOption()
  try call.operands.end()
  if word == "ALL", !isUser { return try call.signalAll(within: within) }
  for name in try call.loggedOn(word) where call.isSelected(name, pattern: word) {
    do {
      _ = try call.activeStatus(of: name)
      try call.signal(name, within: within, thenForce: false)
    } catch {
      call.reply(error)
    }
  }
}

private func logoff(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  if call.asksBeforeEnding(by: "LOGOFF") { return }
  let machine = call.system.machineView
  let partition = try call.issuer.partition.map { name throws(CommandMessage) in
    try call.activeStatus(of: name)
  }
  let used = processorTimeText(partition?.usedNanoseconds ?? 0)
  let since = partition?.activated ?? call.console?.loggedOnAt ?? 0
  let connected = connectTimeText(call.system.elapsed(since: since))
  if let partition {
    try call.perform(.deactivate(partition.name, force: true))
    call.console?.disconnect()
  } else {
    call.console?.end()
  }
  call.reply("CONNECT= \(connected) VIRTCPU= \(used) TOTCPU= \(used)")
  call.reply("LOGOFF AT \(machine.timeOfDay(at: call.system.now).text(zone: machine.timeZone))")
}

private func begin(_ call: Invocation) throws(CommandMessage) {
  let processor = try call.processorOption()
  let name = try call.ownPartition()
  var actions = [ManagementAction.start(name, processor: processor)]
  if processor == nil, let word = call.operands.next() {
    guard let address = hexadecimal(word) else {
      throw CommandMessage(.invalidHexadecimal, word)
    }
    actions.insert(.storeRegister(name, processor: 0, register: "RIP", value: address), at: 0)
  }
  try call.operands.end()
  try call.perform(.together(actions))
}

private func systemClear(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  try call.perform(.resetClear(try call.ownPartition(), force: true))
  call.reply("Storage cleared - system reset.")
}

private func systemReset(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  try call.perform(.resetNormal(try call.ownPartition(), force: true))
  call.reply("System reset.")
}

private func systemRestart(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  try call.perform(.restart(try call.ownPartition()))
}

private func shutdown(_ call: Invocation) throws(CommandMessage) {
  _ = call.operands.take("IMMediate")
  var within: Int?
  if call.operands.peek == "WITHIN" { within = try call.withinOption() }
  try call.operands.end()
  let activeCount = call.system.machineView.activeCount
  call.announce("SYSTEM SHUTDOWN STARTED")
  call.control.checkpoints?.saveAtEnd()
  if let within, let clock = call.control.clock {
    try call.awaitGuests(of: activeCount, within: within, clock: clock)
  } else if activeCount > 0 {
    call.announce(CommandMessage(.shutdownAtOnce, partitionCountText(activeCount)))
  }
  // A wait that was ended early waits no longer.
  if !call.control.isShutDown {
    call.control.collectEvents()
    try call.perform(.shutDown(within: nil))
    call.control.collectEvents()
  }
  call.reply(CommandMessage(.shutdownComplete))
}

/// `1 partition`, `201 partitions`.
func partitionCountText(_ count: Int) -> String {
  count == 1 ? "1 partition" : "\(count) partitions"
}

extension Invocation {
  /// Has the machine end and lets time pass until it has, or the limit is over.
  fileprivate func awaitGuests(
    of activeCount: Int, within: Int, clock: any SimulationClock
  ) throws(CommandMessage) {
    announce(CommandMessage(.shutdownDelayed, "\(within)"))
    let result = try perform(.shutDown(within: within))
    let signalled = result.outcomes.count { $0.refusal == nil }
    announce(
      CommandMessage(.shutdownSignalled, "\(signalled)", partitionCountText(activeCount)))
    let limit = UInt64(clamping: within).multipliedClamped(by: 1_000_000_000)
    clock.pass(until: system.now.addingClamped(limit)) {
      control.collectEvents()
      return control.isShutDown
    }
    control.collectEvents()
  }

  /// SIGNAL SHUTDOWN ALL: who listens is answered for, in name order.
  fileprivate func signalAll(within: Int) throws(CommandMessage) {
    let outcomes = try perform(.signalAll(within: within)).outcomes
    for outcome in outcomes.sorted(by: { $0.partition < $1.partition }) {
      if let refusal = outcome.refusal {
        reply(CommandMessage(refusal))
      } else {
        reply(CommandMessage(.terminationDelayed, outcome.partition, "\(within)"))
      }
    }
    if outcomes.isEmpty { reply("No user listens to the shutdown signal") }
  }

  /// Asks whether the machine shall end with the session of its only console.
  ///
  /// - Returns: Whether it asked, so that the command is not performed now.
  func asksBeforeEnding(by verb: String) -> Bool {
    guard let console, console.connection == nil, console.userid == issuer.userid else {
      return false
    }
    let count = control.partitionNames.count { isActive($0) }
    guard console.asks(before: verb, activeCount: count) else { return false }
    reply(CommandMessage(.endsMachine, partitionCountText(count)))
    return true
  }

  /// As `reply`, but shown at once.
  fileprivate func announce(_ message: CommandMessage) {
    announce(message.line(module: command.module))
  }

  /// Whether a partition is active.
  func isActive(_ name: String) -> Bool {
    system.isActive(name) == true
  }

  /// Whether a name that a pattern gave is meant: a pattern passes over what is not active.
  fileprivate func isSelected(_ name: String, pattern: String) -> Bool {
    pattern == "*" || !pattern.contains("*") || isActive(name)
  }

  /// As `forEach`, for the active ones; a plain name that is not active is 045E.
  func forEachActive(
    _ pattern: String, _ body: (String) throws(CommandMessage) -> Void
  ) throws(CommandMessage) {
    try forEach(pattern) { name throws(CommandMessage) in
      guard isSelected(name, pattern: pattern) else { return }
      _ = try activeStatus(of: name)
      try body(name)
    }
  }

  /// `WITHIN n` or `BY hh:mm[:ss]` in seconds, or the default.
  fileprivate func withinOption() throws(CommandMessage) -> Int {
    if operands.take("WITHIN") { return try secondsLimit(try operands.required()) }
    guard operands.take("BY") else { return defaultShutdownSeconds }
    return try operands.secondsUntil(system.machineView, system.now)
  }

  /// As `partitions`; a name that no partition has is not logged on, as CP's verbs say it.
  func loggedOn(_ pattern: String) throws(CommandMessage) -> [String] {
    if !pattern.contains("*"), system.partitionView(pattern) == nil {
      throw CommandMessage(.notLoggedOn, pattern)
    }
    return try partitions(pattern)
  }

  /// FORCE of a user who is no partition: his sessions end.
  fileprivate func forceUser(
    _ userid: String, _ request: ForceRequest
  ) throws(CommandMessage) {
    try requireConsole()
    let consoles = control.consoles(of: userid)
    guard !consoles.isEmpty else { throw CommandMessage(.notLoggedOn, userid) }
    if case .cancel = request { throw CommandMessage(.noPendingChange, userid) }
    guard userid != issuer.userid else { throw CommandMessage(.ownSession, userid) }
    let machine = system.machineView
    let time = machine.timeOfDay(at: system.now).text(zone: machine.timeZone)
    for console in consoles {
      console.show(.message("LOGOFF AT \(time) BY \(issuer.userid)"))
      console.end()
    }
    control.reportFirmware(
      "USER DSC   LOGOFF AS  \(padded(userid, 8)) USERS = \(control.loggedOnUsers().count)"
        + "    FORCED BY \(issuer.userid)")
  }

  /// FORCE of a partition whose guest is not asked.
  fileprivate func forceAtOnce(_ name: String) throws(CommandMessage) {
    let before = control.forcedBy[name]
    control.forcedBy[name] = issuer.userid
    do throws(CommandMessage) {
      try perform(.deactivate(name, force: true))
    } catch {
      control.forcedBy[name] = before
      throw error
    }
  }

  /// `CPU nn`, or nil for all.
  func processorOption() throws(CommandMessage) -> Int? {
    guard operands.take("CPU") else { return nil }
    let range = try processorRange(try operands.required())
    return range.lowerBound
  }

  /// Signals a guest; with `thenForce` it is a FORCE, which takes down what does not listen.
  fileprivate func signal(
    _ name: String, within: Int, thenForce: Bool
  ) throws(CommandMessage) {
    let before = control.forcedBy[name]
    if thenForce { control.forcedBy[name] = issuer.userid }
    do {
      let result = try system.perform(
        .signalShutdown(name, within: within, thenForce: thenForce), by: author)
      if case .pending = result { reply(CommandMessage(.terminationDelayed, name, "\(within)")) }
    } catch {
      control.forcedBy[name] = before
      if thenForce, case .changePending(_, let change) = error,
        change.subject == .shutdown(thenForce: true)
      {
        throw CommandMessage(.forcePending, name)
      }
      throw CommandMessage(error)
    }
  }
}

extension ManagementResult {
  /// What became of it for each partition; none for an action on one.
  var outcomes: [PartitionOutcome] {
    if case .each(let outcomes) = self { outcomes } else { [] }
  }
}
