import Partitioning
import Quantities

// SET SHARE, WEIGHT and CAP: what a partition gets of the processors, in CP's words and PR/SM's.

let shareFormats = [
  CommandFormat(
    "SHARE",
    "userid|pattern [TYPE {ALL|CP|IFL|ZIIP}] {INItial | {ABSolute n% | RELative n} "
      + "[NOLimit | [ABSolute m% | RELative m] {LIMITSoft|LIMITHard}]} " + SettingScope.syntax,
    classes: "A", "Sets how much of the processors a partition gets, and its limit.",
    operands: [
      .partition,
      .words(
        "ABSolute|RELative|INItial|TYPE|NOLimit|LIMITSoft|LIMITHard|ALL|CP|IFL|ZIIP|"
          + SettingScope.words),
    ], handler: setShare),
  CommandFormat(
    "WEIGHT",
    "userid|pattern [TYPE {ALL|CP|IFL|ZIIP}] [n] [MINimum {n|OFF}] [MAXimum {n|OFF}] "
      + SettingScope.syntax,
    classes: "A", "Sets the processing weight, 1 to 999, and the range it may be set in.",
    operands: [
      .partition, .words("TYPE|ALL|CP|IFL|ZIIP|MINimum|MAXimum|" + SettingScope.words),
    ], handler: setWeight),
  CommandFormat(
    "CAP",
    "userid|pattern [TYPE {ALL|CP|IFL|ZIIP}] {ON | OFF | ABSolute {n.nn|OFF}} "
      + SettingScope.syntax,
    classes: "A", "Caps a partition at its share, or at n.nn processors.",
    operands: [
      .partition, .words("ON|OFF|ABSolute|TYPE|ALL|CP|IFL|ZIIP|" + SettingScope.words),
    ], handler: setCap),
]

extension Operands {
  /// `TYPE ALL|CP|IFL|ZIIP` when it is given; nil stands for all types.
  mutating func processorType() throws(CommandMessage) -> ProcessorType? {
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
      return .relative(Int(clamping: weight))
    }
    guard let hundredths = percentage(word, places: 2) else {
      throw CommandMessage(.invalidOperand, word)
    }
    return .absolute(hundredthsOfPercent: hundredths)
  }

  /// The next operand as a number below a million; its range is the firmware's to judge.
  mutating func number() throws(CommandMessage) -> Int {
    let word = try required()
    guard let value = decimal(word), value <= 1_000_000 else {
      throw CommandMessage(.invalidOperand, word)
    }
    return Int(clamping: value)
  }

  /// The next operand as a number, or nil for OFF.
  mutating func numberOrOff() throws(CommandMessage) -> Int? {
    take("OFF") ? nil : try number()
  }

  /// The next operand as an end of a weight's range; OFF lifts it.
  fileprivate mutating func weightLimit() throws(CommandMessage) -> WeightChange.Limit {
    try numberOrOff().map { .weight($0) } ?? .none
  }

  /// The next operand as a cap in hundredths of a processor, or nil for OFF.
  mutating func capOrOff() throws(CommandMessage) -> Int? {
    if take("OFF") { return nil }
    let word = try required()
    guard let hundredths = fixedPoint(word, places: 2) else {
      throw CommandMessage(.invalidOperand, word)
    }
    return hundredths
  }
}

private func setShare(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let type = try call.operands.processorType()
  if call.operands.take("INItial") {
    let scope = try call.operands.settingScope()
    return try call.forEach(pattern, in: scope) { name throws(CommandMessage) in
      try call.perform(.set(.initialShare(name, type: type), scope))
      call.replyShareChange(of: name, in: scope)
    }
  }
  guard let amount = try call.operands.shareAmount() else {
    guard let word = call.operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
  let limit = try shareLimit(&call.operands)
  let scope = try call.operands.settingScope()
  try call.forEach(pattern, in: scope) { name throws(CommandMessage) in
    try call.perform(.set(.share(name, type: type, amount: amount, limit: limit), scope))
    call.replyShareChange(of: name, in: scope)
  }
}

/// The limit at the end of SET SHARE; none is NOLIMIT.
private func shareLimit(_ operands: inout Operands) throws(CommandMessage) -> ShareLimit {
  if operands.isEmpty || operands.isAtScope || operands.take("NOLimit") { return .none }
  let amount = try operands.shareAmount()
  switch operands.take(anyOf: "LIMITSoft|LIMITHard") {
  case "LIMITSOFT": return .soft(amount)
  case "LIMITHARD": return .hard(amount)
  default:
    guard let word = operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
}

/// Reads `[n] [MINIMUM n|OFF] [MAXIMUM n|OFF]` up to where the setting is made.
private func weightChange(_ operands: inout Operands) throws(CommandMessage) -> WeightChange {
  var change = WeightChange()
  while !operands.isEmpty, !operands.isAtScope {
    if operands.take("MINimum") {
      change.minimum = try operands.weightLimit()
    } else if operands.take("MAXimum") {
      change.maximum = try operands.weightLimit()
    } else if change == WeightChange() {
      change.weight = try operands.number()
    } else {
      try operands.end()
    }
  }
  if change == WeightChange() { throw CommandMessage(.operandMissing) }
  return change
}

private func setWeight(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let type = try call.operands.processorType()
  let change = try weightChange(&call.operands)
  let scope = try call.operands.settingScope()
  try call.forEach(pattern, in: scope) { name throws(CommandMessage) in
    try call.perform(.set(.weightChange(name, type: type, change), scope))
    call.replyShareChange(of: name, in: scope)
    call.warnOfShortProcessors(of: name, in: scope)
  }
}

private func setCap(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let type = try call.operands.processorType()
  let cap: CapSetting
  if call.operands.take("ABSolute") {
    cap = .absolute(hundredths: try call.operands.capOrOff())
  } else {
    cap = .ownShare(try call.operands.isOn())
  }
  let scope = try call.operands.settingScope()
  try call.forEach(pattern, in: scope) { name throws(CommandMessage) in
    try call.perform(.set(.cap(name, type: type, cap), scope))
    if scope.isRunning { call.replyCaps(of: name) }
    call.replyProfileChange(of: name, in: scope)
  }
}

extension Operands {
  /// ON or OFF; anything else is an invalid option.
  mutating func isOn() throws(CommandMessage) -> Bool {
    let word = try required()
    guard word == "ON" || word == "OFF" else { throw CommandMessage(.invalidOption, word) }
    return word == "ON"
  }
}

extension Invocation {
  /// The answer of SET SHARE and SET WEIGHT.
  fileprivate func replyShareChange(of name: String, in scope: SettingScope) {
    if scope.isRunning { replyShare(of: name) }
    replyProfileChange(of: name, in: scope)
  }

  /// Warns of logical processors that have less than half a physical one each.
  ///
  /// Source: the short-CPU effect, PR/SM users' first complaint.
  fileprivate func warnOfShortProcessors(of name: String, in scope: SettingScope) {
    guard scope.isRunning, let partition = system.partitionView(name), partition.isActive else {
      return
    }
    for share in partition.shares where share.isShort {
      let each = fixedPointText(rounded(share.entitlementPerLogical, by: 1000), places: 1)
      // With less than half a processor no number of logical ones has half of one each.
      let isSmall = share.entitlement < 0.5
      reply(
        CommandMessage(
          isSmall ? .smallShare : .shortProcessors, name, "\(share.online)", share.type.rawValue,
          each,
          isSmall
            ? fixedPointText(rounded(share.entitlement, by: 1000), places: 1)
            : "\(rounded((share.entitlement * 2).rounded(.down)))"))
    }
  }

  /// The answer of SET CAP: one line for each shared processor type.
  fileprivate func replyCaps(of name: String) {
    for share in system.partitionView(name)?.shares ?? [] where !share.isDedicated {
      let absolute = share.setting.absoluteCapHundredths.map {
        hundredthsText($0)
      }
      reply(
        "USER \(padded(name, 8)):  \(padded(share.type.rawValue, 4)) CAPPED = "
          + "\(share.setting.isCapped ? "ON" : "OFF")  ABSOLUTE CAP = \(absolute ?? "NONE")")
    }
  }
}

extension ShareView {
  /// Whether several logical processors have less than half a physical one each.
  ///
  /// With fewer logical processors each would have more; one alone cannot be helped.
  package var isShort: Bool {
    !isDedicated && online > 1 && entitlementPerLogical < 0.5
  }
}
