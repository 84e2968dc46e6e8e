import Partitioning
import Quantities

// SET SHARE, WEIGHT and CAP: what a partition gets of the processors, in CP's words and PR/SM's.

let shareFormats = [
  CommandFormat(
    "SHARE",
    "userid|pattern [TYPE {ALL|CP|IFL|ZIIP}] {INItial | {ABSolute n% | RELative n} "
      + "[NOLimit | [ABSolute m% | RELative m] {LIMITSoft|LIMITHard}]} " + ChangePlace.syntax,
    classes: "A", "Sets how much of the processors a partition gets, and its limit.",
    operands: [
      .partition,
      .words(
        "ABSolute|RELative|INItial|TYPE|NOLimit|LIMITSoft|LIMITHard|ALL|CP|IFL|ZIIP|"
          + ChangePlace.words),
    ], handler: setShare),
  CommandFormat(
    "WEIGHT",
    "userid|pattern [TYPE {ALL|CP|IFL|ZIIP}] [n] [MINimum {n|OFF}] [MAXimum {n|OFF}] "
      + ChangePlace.syntax,
    classes: "A", "Sets the processing weight, 1 to 999, and the range it may be set in.",
    operands: [
      .partition, .words("TYPE|ALL|CP|IFL|ZIIP|MINimum|MAXimum|" + ChangePlace.words),
    ], handler: setWeight),
  CommandFormat(
    "CAP",
    "userid|pattern [TYPE {ALL|CP|IFL|ZIIP}] {ON | OFF | ABSolute {n.nn|OFF}} "
      + ChangePlace.syntax,
    classes: "A", "Caps a partition at its share, or at n.nn processors.",
    operands: [
      .partition, .words("ON|OFF|ABSolute|TYPE|ALL|CP|IFL|ZIIP|" + ChangePlace.words),
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
    guard let tenths = percentageTenths(word) else {
      throw CommandMessage(.invalidOperand, word)
    }
    return .absolute(hundredthsOfPercent: tenths.multipliedClamped(by: 10))
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
    let place = try call.operands.changePlace()
    return try call.forEach(pattern, in: place) { name throws(CommandMessage) in
      try call.set(.setInitialShare(name, type: type), in: place)
      call.replyShareChange(of: name, in: place)
    }
  }
  guard let amount = try call.operands.shareAmount() else {
    guard let word = call.operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
  let limit = try shareLimit(&call.operands)
  let place = try call.operands.changePlace()
  try call.forEach(pattern, in: place) { name throws(CommandMessage) in
    try call.set(.setShare(name, type: type, amount: amount, limit: limit), in: place)
    call.replyShareChange(of: name, in: place)
  }
}

/// The limit at the end of SET SHARE; none is NOLIMIT.
private func shareLimit(_ operands: inout Operands) throws(CommandMessage) -> ShareLimit {
  if operands.isEmpty || operands.isAtPlace || operands.take("NOLimit") { return .none }
  let amount = try operands.shareAmount()
  switch operands.take(anyOf: "LIMITSoft|LIMITHard") {
  case "LIMITSOFT": return .soft(amount)
  case "LIMITHARD": return .hard(amount)
  default:
    guard let word = operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
}

/// What SET WEIGHT is to set; a limit that is not said stays.
private struct WeightChange {
  var weight: Int?
  /// The least weight: `.some(nil)` lifts it.
  var minimum: Int??
  var maximum: Int??

  /// Reads `[n] [MINIMUM n|OFF] [MAXIMUM n|OFF]` up to the place of the change.
  init(_ operands: inout Operands) throws(CommandMessage) {
    while !operands.isEmpty, !operands.isAtPlace {
      if operands.take("MINimum") {
        minimum = .some(try operands.numberOrOff())
      } else if operands.take("MAXimum") {
        maximum = .some(try operands.numberOrOff())
      } else if weight == nil, minimum == nil, maximum == nil {
        weight = try operands.number()
      } else {
        try operands.end()
      }
    }
    if weight == nil, minimum == nil, maximum == nil { throw CommandMessage(.operandMissing) }
  }

  /// What changes one type's weight and limits; all of it is judged together.
  func actions(on name: String, _ processors: PartitionProcessors) -> [ManagementAction] {
    let type = processors.type
    var actions = weight.map { [ManagementAction.setWeight(name, type: type, weight: $0)] } ?? []
    if minimum != nil || maximum != nil {
      actions.append(
        .setWeightRange(
          name, type: type, minimum: minimum ?? processors.minimumWeight,
          maximum: maximum ?? processors.maximumWeight))
    }
    return actions
  }
}

private func setWeight(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let type = try call.operands.processorType()
  let change = try WeightChange(&call.operands)
  let place = try call.operands.changePlace()
  try call.forEach(pattern, in: place) { name throws(CommandMessage) in
    try call.perform(try call.weightAction(change, name, type, place))
    call.replyShareChange(of: name, in: place)
    call.warnOfShortProcessors(of: name, in: place)
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
  let place = try call.operands.changePlace()
  try call.forEach(pattern, in: place) { name throws(CommandMessage) in
    try call.set(.setCap(name, type: type, cap), in: place)
    if place.isRunning { call.replyCaps(of: name) }
    call.replyProfileChange(of: name, in: place)
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
  /// A partition's processors as they run, or as its profile has them for a change only there.
  fileprivate func processors(
    of name: String, in place: ChangePlace
  ) -> [PartitionProcessors] {
    guard let partition = system.partitionView(name) else { return [] }
    return place.isRunning ? partition.definition.processors : partition.profile.processors
  }

  /// SET WEIGHT of one partition; a limit that is not said stays as it is in each place.
  fileprivate func weightAction(
    _ change: WeightChange, _ name: String, _ type: ProcessorType?, _ place: ChangePlace
  ) throws(CommandMessage) -> ManagementAction {
    func setting(in place: ChangePlace) throws(CommandMessage) -> ManagementAction {
      let entries = processors(of: name, in: place).filter {
        $0.mode == .shared && (type == nil || $0.type == type)
      }
      if entries.isEmpty { throw CommandMessage(.noSharedProcessors(name, type)) }
      return .together(entries.flatMap { change.actions(on: name, $0) })
    }
    guard place == .both else { return place.action(try setting(in: place)) }
    let running = try setting(in: .running)
    let kept = try setting(in: .profile)
    return running == kept ? .inBoth(running) : .batch([running, .inProfile(kept)])
  }

  /// The answer of SET SHARE and SET WEIGHT.
  fileprivate func replyShareChange(of name: String, in place: ChangePlace) {
    if place.isRunning { replyShare(of: name) }
    replyProfileChange(of: name, in: place)
  }

  /// Warns of logical processors that have less than half a physical one each.
  ///
  /// Source: the short-CPU effect, PR/SM users' first complaint.
  fileprivate func warnOfShortProcessors(of name: String, in place: ChangePlace) {
    guard place.isRunning, let partition = system.partitionView(name), partition.isActive else {
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
      let absolute = share.absoluteCapHundredths.map {
        fixedPointText($0, places: 2, padded: true)
      }
      reply(
        "USER \(padded(name, 8)):  \(padded(share.type.rawValue, 4)) CAPPED = "
          + "\(share.isCapped ? "ON" : "OFF")  ABSOLUTE CAP = \(absolute ?? "NONE")")
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
