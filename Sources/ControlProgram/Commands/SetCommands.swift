import Partitioning

/// SET and its forms.
let setCommands: [Command] = [
  Command(
    "SET", module: "CSE", "Changes the share, the cap or the console of a partition.",
    notes: [
      "RELATIVE (1-10000) and WEIGHT (1-999) set the same value; the denominator is the sum over "
        + "all active sharing partitions of the pool. ABSOLUTE shares are taken first.",
      "LIMITHARD alone caps a partition at its own share, as SET CAP userid ON does; LIMITHARD "
        + "with a share caps it there. Without a limit operand NOLIMIT is set, as in CP.",
      "SET OBSERVER decides whose console lines you see, marked with the partition's name.",
    ],
    formats: [
      CommandFormat(
        "SHARE",
        "userid|pattern [TYPE {ALL|CP|IFL|ZIIP}] {INItial | {ABSolute n% | RELative n} "
          + "[NOLimit | [ABSolute m% | RELative m] {LIMITSoft|LIMITHard}]}",
        classes: "A", "Sets how much of the processors a partition gets, and its limit.",
        operands: [
          .partition,
          .words("ABSolute|RELative|INItial|TYPE|NOLimit|LIMITSoft|LIMITHard|ALL|CP|IFL|ZIIP"),
        ], handler: setShare),
      CommandFormat(
        "WEIGHT", "userid|pattern [TYPE {ALL|CP|IFL|ZIIP}] n", classes: "A",
        "Sets the processing weight, 1 to 999.",
        operands: [.partition, .words("TYPE|ALL|CP|IFL|ZIIP")], handler: setWeight),
      CommandFormat(
        "CAP", "userid|pattern [TYPE {ALL|CP|IFL|ZIIP}] {ON | OFF | ABSolute {n.nn|OFF}}",
        classes: "A", "Caps a partition at its share, or at n.nn processors.",
        operands: [.partition, .words("ON|OFF|ABSolute|TYPE|ALL|CP|IFL|ZIIP")],
        handler: setCap),
      CommandFormat(
        "PACE", "{REAL | FAST | n}", classes: "A",
        "How fast simulated time goes: as the wall clock, as it can, or n times the wall clock.",
        operands: [.words("REAL|FAST")], handler: setPace),
      CommandFormat(
        "OBSERVER", "userid|pattern {ON|OFF}", classes: "AC",
        "Shows a partition's console lines at this console, or not.",
        operands: [.partition, .words("ON|OFF")], handler: setObserver),
    ])
]

extension Operands {
  /// `TYPE ALL|CP|IFL|ZIIP` when it is given; nil stands for all types.
  fileprivate mutating func processorType() throws(CommandMessage) -> ProcessorType? {
    guard take("TYPE") else { return nil }
    let word = try required()
    if word == "ALL" { return nil }
    guard let type = ProcessorType(rawValue: word) else {
      throw CommandMessage(.invalidOption, word)
    }
    return type
  }

  /// `ABSOLUTE n%` or `RELATIVE n` when it is given.
  fileprivate mutating func shareAmount() throws(CommandMessage) -> ShareAmount? {
    guard let form = take(anyOf: "ABSolute|RELative") else { return nil }
    let word = try required()
    if form == "RELATIVE" {
      guard let weight = decimal(word), weight <= 1_000_000 else {
        throw CommandMessage(.invalidOperand, word)
      }
      return .relative(Int(weight))
    }
    guard let tenths = percentageTenths(word) else {
      throw CommandMessage(.invalidOperand, word)
    }
    return .absolute(hundredthsOfPercent: tenths * 10)
  }
}

private func setShare(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let type = try call.operands.processorType()
  if call.operands.take("INItial") {
    try call.operands.end()
    return try call.forEach(pattern) { name throws(CommandMessage) in
      try call.perform(.setInitialShare(name, type: type))
      call.replyShare(of: name)
    }
  }
  guard let amount = try call.operands.shareAmount() else {
    guard let word = call.operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
  let limit = try shareLimit(&call.operands)
  try call.operands.end()
  try call.forEach(pattern) { name throws(CommandMessage) in
    try call.perform(.setShare(name, type: type, amount: amount, limit: limit))
    call.replyShare(of: name)
  }
}

/// The limit at the end of SET SHARE; none is NOLIMIT.
private func shareLimit(_ operands: inout Operands) throws(CommandMessage) -> ShareLimit {
  if operands.isEmpty || operands.take("NOLimit") { return .none }
  let amount = try operands.shareAmount()
  switch operands.take(anyOf: "LIMITSoft|LIMITHard") {
  case "LIMITSOFT": return .soft(amount)
  case "LIMITHARD": return .hard(amount)
  default:
    guard let word = operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
}

private func setWeight(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let type = try call.operands.processorType()
  let word = try call.operands.required()
  guard let weight = decimal(word), weight <= 1_000_000 else {
    throw CommandMessage(.invalidOperand, word)
  }
  try call.operands.end()
  try call.forEach(pattern) { name throws(CommandMessage) in
    try call.perform(.setWeight(name, type: type, weight: Int(weight)))
    call.replyShare(of: name)
  }
}

private func setCap(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let type = try call.operands.processorType()
  let word = try call.operands.required()
  let cap: CapSetting
  if word == "ON" || word == "OFF" {
    cap = .ownShare(word == "ON")
  } else if Keyword("ABSolute").accepts(word) {
    let value = try call.operands.required()
    if value == "OFF" {
      cap = .absolute(hundredths: nil)
    } else {
      guard let hundredths = fixedPoint(value, places: 2) else {
        throw CommandMessage(.invalidOperand, value)
      }
      cap = .absolute(hundredths: hundredths)
    }
  } else {
    throw CommandMessage(.invalidOption, word)
  }
  try call.operands.end()
  try call.forEach(pattern) { name throws(CommandMessage) in
    try call.perform(.setCap(name, type: type, cap))
    call.replyCaps(of: name)
  }
}

private func setPace(_ call: Invocation) throws(CommandMessage) {
  let word = try call.operands.required()
  try call.operands.end()
  switch word {
  case "REAL": call.system.setPace(.real)
  case "FAST": call.system.setPace(.fast)
  default:
    guard let factor = decimal(word), (1...1_000_000).contains(factor) else {
      throw CommandMessage(.invalidOperand, word)
    }
    call.system.setPace(.factor(Int(factor)))
  }
  call.reply("PACE \(paceText(call.system.machineView.pace))")
}

private func setObserver(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let word = try call.operands.required()
  guard word == "ON" || word == "OFF" else { throw CommandMessage(.invalidOption, word) }
  try call.operands.end()
  guard let console = call.console else { throw CommandMessage(.needsConsole, "SET OBSERVER") }
  _ = try pattern == "*" ? [] : call.partitions(pattern)
  console.observe(pattern, isOn: word == "ON")
}

extension Invocation {
  /// The answer of SET CAP: one line for each shared processor type.
  fileprivate func replyCaps(of name: String) {
    for share in system.partitionView(name)?.shares ?? [] where !share.isDedicated {
      let absolute = share.absoluteCapHundredths.map {
        fixedPointText($0, places: 2, padded: true)
      }
      reply(
        "USER \(padded(name, 8)):  \(padded(share.type.rawValue, 4)) CAPPED = "
          + "\(share.isCapped ? "ON" : "OFF")  ABSOLUTE CAP = \(absolute ?? "NONE")")
    }
  }
}
