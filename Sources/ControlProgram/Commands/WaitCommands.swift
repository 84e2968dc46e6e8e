import Channels
import Partitioning
import Quantities

/// The commands that let simulated time pass.
let waitCommands: [Command] = [
  Command(
    "SLeep", module: "SLP", "Lets simulated time pass.",
    notes: ["Between the commands of a script no time passes except in SLEEP and WAIT."],
    isRehearsed: false, takesTime: true,
    formats: [
      CommandFormat(
        "", "n [SEC | MIN | HRS | MS]", classes: "any", "Seconds unless a unit is given.",
        operands: [.words("SEC|MIN|HRS|MS")], handler: sleep)
    ]),
  Command(
    "WAIT", module: "WAI", "Lets simulated time pass until something is so.",
    notes: [
      "TEXT looks in what the guest has written since the last WAIT for a text of that guest "
        + "ended, so a text that comes before the WAIT is given is found too.",
      "The limit is 60 seconds of simulated time unless WITHIN says other; when it is over the "
        + "command fails. With a pattern all its partitions must be so.",
      "States: OPERATING, NOT-OPERATING, NOT-ACTIVATED, EXCEPTIONS, STOPPED; or in CP's words "
        + "RUNNING (operating and not stopped) and LOGOFF (not activated).",
      "WAIT SYSTEM PENDING waits for the paths that VARY CHPID takes off line.",
    ],
    isRehearsed: false, takesTime: true,
    formats: [
      CommandFormat(
        "",
        "{userid|pattern|SYSTEM} {STATE state | TEXT 'text' | PENDING} [WITHIN n [SEC|MIN|HRS|MS]]",
        classes: "ABCE", "Waits for a state, a console text, or the end of pending changes.",
        operands: [
          .partition,
          .words(
            "STATE|TEXT|PENDING|WITHIN|OPERATING|NOT-OPERATING|NOT-ACTIVATED|EXCEPTIONS|"
              + "STOPPED|RUNNING|LOGOFF"),
        ], handler: wait)
    ]),
]

/// Longest time of SLEEP and WAIT: a year.
private let longestWait: UInt64 = 366 * 86_400 * 1_000_000_000

extension Operands {
  /// `n [SEC|MIN|HRS|MS]` in nanoseconds.
  mutating func duration() throws(CommandMessage) -> UInt64 {
    let word = try required()
    guard let thousandths = fixedPoint(word, places: 3) else {
      throw CommandMessage(.invalidOperand, word)
    }
    let unit: UInt64 =
      switch take(anyOf: "SEConds|MINutes|HRs|MS") {
      case "MINUTES": 60_000_000
      case "HRS": 3_600_000_000
      case "MS": 1000
      default: 1_000_000
      }
    guard let value = UInt64(clamping: thousandths).multiplied(by: unit), value <= longestWait
    else {
      throw CommandMessage(.invalidOperand, word)
    }
    return value
  }
}

private func sleep(_ call: Invocation) throws(CommandMessage) {
  let duration = try call.operands.duration()
  try call.operands.end()
  try call.pass(duration) { false }
}

/// What WAIT waits for.
private enum WaitCondition {
  case state(String)
  case text(String)
  case nothingPending

  func holds(for name: String, in control: ControlProgram) -> Bool {
    switch self {
    case .state(let word): control.system.partitionView(name)?.isIn(state: word) ?? false
    case .text(let text): control.hasWritten(text, in: name)
    case .nothingPending where name == machineName: control.system.machineView.pending.isEmpty
    case .nothingPending: control.system.partitionView(name)?.pending.isEmpty ?? true
    }
  }

  /// Whether only a partition can be so.
  var isOfPartition: Bool { if case .nothingPending = self { false } else { true } }

  var description: String {
    switch self {
    case .state(let word): "STATE \(word)"
    case .text(let text): "TEXT '\(text)'"
    case .nothingPending: "PENDING"
    }
  }
}

private let stateWords = [
  "OPERATING", "NOT-OPERATING", "NOTOPERATING", "NOT-ACTIVATED", "NOTACTIVATED", "EXCEPTIONS",
  "STOPPED", "RUNNING", "LOGOFF",
]

/// What WAIT calls the machine itself; no partition can have the name.
private let machineName = "SYSTEM"

private func wait(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let names = pattern == machineName ? [pattern] : try call.partitions(pattern)
  let condition = try waitCondition(&call.operands)
  if pattern == machineName, condition.isOfPartition {
    throw CommandMessage(.invalidOption, condition.description)
  }
  let limit = call.operands.take("WITHIN") ? try call.operands.duration() : 60_000_000_000
  try call.operands.end()
  var open = names
  let check = {
    open.removeAll { condition.holds(for: $0, in: call.control) }
    return open.isEmpty
  }
  let deadline = call.system.now.addingClamped(limit)
  call.control.collectEvents()
  if !check() { try call.pass(limit, orWhen: check) }
  guard open.isEmpty || call.system.now >= deadline else {
    throw CommandMessage(.waitInterrupted)
  }
  guard open.isEmpty else {
    throw CommandMessage(
      .waitTimedOut, open.joined(separator: " "), condition.description,
      fixedPointText(Int(clamping: limit / 1_000_000), places: 3))
  }
  if case .text(let text) = condition {
    for name in names { call.control.consumeOutput(of: name, through: text) }
  }
}

private func waitCondition(_ operands: inout Operands) throws(CommandMessage) -> WaitCondition {
  let word = try operands.required()
  switch word {
  case "STATE":
    let state = try operands.required()
    guard stateWords.contains(state) else { throw CommandMessage(.invalidOperand, state) }
    return .state(state)
  case "TEXT":
    guard !operands.isEmpty else { throw CommandMessage(.operandMissing) }
    guard let text = operands.takeText() else {
      throw CommandMessage(.unbalanced, operands.remainder)
    }
    if text.isEmpty { throw CommandMessage(.operandMissing) }
    return .text(text)
  case "PENDING": return .nothingPending
  default: throw CommandMessage(.invalidOption, word)
  }
}

extension Invocation {
  /// Lets time pass; only a console has a clock, not a guest and not FOR.
  fileprivate func pass(
    _ duration: SimulatedTime, orWhen condition: () -> Bool
  ) throws(CommandMessage) {
    guard console != nil, let clock = control.clock else {
      throw CommandMessage(.needsConsole, command.keyword.name)
    }
    clock.pass(until: system.now.adding(duration) ?? .max / 2) {
      control.collectEvents()
      return condition()
    }
    control.collectEvents()
  }
}

extension PartitionView {
  /// Whether a state of the firmware or of CP, in capitals, is this partition's.
  fileprivate func isIn(state word: String) -> Bool {
    switch word {
    case "OPERATING": state == .operating
    case "NOT-OPERATING", "NOTOPERATING": state == .notOperating
    case "NOT-ACTIVATED", "NOTACTIVATED", "LOGOFF": state == .notActivated
    case "EXCEPTIONS": state == .exceptions
    case "STOPPED": isActive && isStopped
    case "RUNNING": state == .operating && !isStopped
    default: false
    }
  }
}
