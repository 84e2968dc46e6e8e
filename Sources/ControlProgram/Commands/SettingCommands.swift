import Partitioning
import Quantities

// The other values of partitions, groups and the machine: what PR/SM's image, group and reset
// profiles hold.

let settingFormats = [
  CommandFormat(
    "GROUP", "userid|pattern [TYPE {ALL|CP|IFL|ZIIP}] {group|NONE} " + SettingScope.syntax,
    classes: "A", "Makes a partition a member of a group, whose caps then count, or of none.",
    operands: [.partition, .words("TYPE|ALL|CP|IFL|ZIIP|NONE|" + SettingScope.words)],
    handler: setGroup),
  CommandFormat(
    "GROUPCAP", "group [TYPE {CP|IFL|ZIIP}] {n.nn|OFF} " + SettingScope.syntax, classes: "A",
    "Caps the members of a group together at n.nn processors; TYPE is CP when not said.",
    operands: [.other, .words("TYPE|CP|IFL|ZIIP|OFF|" + SettingScope.words)],
    handler: setGroupCap),
  CommandFormat(
    "GROUPMSU", "group {n|OFF} " + SettingScope.syntax, classes: "A",
    "Limits the members of a group to n MSU together on average (group capacity).",
    operands: [.other, .words("OFF|" + SettingScope.words)], handler: setGroupCapacity),
  CommandFormat(
    "DEFCAP", "userid|pattern {n|OFF} " + SettingScope.syntax, classes: "A",
    "Limits a partition to n MSU on average over four hours (defined capacity).",
    operands: [.partition, .words("OFF|" + SettingScope.words)], handler: setDefinedCapacity),
  CommandFormat(
    "POLarity", "userid|pattern {VERTical|HORizontal} " + SettingScope.syntax, classes: "A",
    "Divides a partition's entitlement in whole processors, or evenly.",
    operands: [.partition, .words("VERTical|HORizontal|" + SettingScope.words)],
    handler: setPolarity),
  CommandFormat(
    "SECURity",
    "userid|pattern {\(SecuritySwitch.choices)} {ON|OFF} "
      + SettingScope.syntax, classes: "A",
    "What a partition may learn of the others, and do to them and to the I/O configuration.",
    operands: [
      .partition,
      .words(SecuritySwitch.choices + "|ON|OFF|" + SettingScope.words),
    ], handler: setSecurity),
  CommandFormat(
    "RUNTIME", "{n|DYNamic} " + SettingScope.syntax, classes: "A",
    "The running time of shared logical processors: 1 to 100 ms, or PR/SM's rule.",
    operands: [.words("DYNamic|" + SettingScope.words)], handler: setRunningTime),
  CommandFormat(
    "WAITCOMP", "{ON|OFF} " + SettingScope.syntax, classes: "A",
    "Whether a logical processor keeps its physical one while it waits (wait completion).",
    operands: [.words("ON|OFF|" + SettingScope.words)], handler: setWaitCompletion),
  CommandFormat(
    "PROFile", "userid|pattern profile", classes: "A",
    "The image profile of the partition's next activation.", operands: [.partition, .other],
    handler: setNextProfile),
]

let saveCommands: [Command] = [
  Command(
    "SAVE", module: "SAV", "Keeps what runs.",
    formats: [
      CommandFormat(
        "PROFile", "userid|pattern", classes: "A",
        "Writes a partition's running values into the image profile it is active with.",
        operands: [.partition], handler: saveProfile)
    ])
]

private func setGroup(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let type = try call.operands.processorType()
  let group: String? = call.operands.take("NONE") ? nil : try call.operands.required()
  let scope = try call.operands.settingScope()
  try call.forEach(pattern, in: scope) { name throws(CommandMessage) in
    try call.perform(.set(.group(name, type: type, group: group), scope))
    call.replySetting(of: name, "GROUP = \(group ?? "NONE")", in: scope)
  }
}

private func setGroupCap(_ call: Invocation) throws(CommandMessage) {
  let group = try call.operands.required()
  let type = try call.operands.processorType() ?? .cp
  let cap = try call.operands.capOrOff()
  let scope = try call.operands.settingScope()
  try call.perform(.set(.groupCap(group, type: type, hundredths: cap), scope))
  let text = cap.map { hundredthsText($0) } ?? "NONE"
  call.reply("GROUP \(padded(group, 8)):  \(padded(type.rawValue, 4)) ABSOLUTE CAP = \(text)")
}

private func setGroupCapacity(_ call: Invocation) throws(CommandMessage) {
  let group = try call.operands.required()
  let units = try call.operands.numberOrOff()
  let scope = try call.operands.settingScope()
  try call.perform(.set(.groupCapacity(group, units: units), scope))
  call.reply("GROUP \(padded(group, 8)):  LIMIT = \(units.map { "\($0) MSU" } ?? "NONE")")
}

private func setDefinedCapacity(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let units = try call.operands.numberOrOff()
  let scope = try call.operands.settingScope()
  try call.forEach(pattern, in: scope) { name throws(CommandMessage) in
    try call.perform(.set(.definedCapacity(name, units: units), scope))
    call.replySetting(
      of: name, "DEFINED CAPACITY = \(units.map { "\($0) MSU" } ?? "NONE")", in: scope)
  }
}

private func setPolarity(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let polarity: Polarity
  switch call.operands.take(anyOf: "VERTical|HORizontal") {
  case "VERTICAL": polarity = .vertical
  case "HORIZONTAL": polarity = .horizontal
  default:
    guard let word = call.operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
  let scope = try call.operands.settingScope()
  try call.forEach(pattern, in: scope) { name throws(CommandMessage) in
    try call.perform(.set(.polarity(name, polarity), scope))
    call.replySetting(of: name, "POLARITY = \(polarity.rawValue)", in: scope)
  }
}

private func setSecurity(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  guard
    let word = call.operands.take(anyOf: SecuritySwitch.choices),
    let permission = SecuritySwitch(rawValue: word)
  else {
    guard let word = call.operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
  let isOn = try call.operands.isOn()
  let scope = try call.operands.settingScope()
  try call.forEach(pattern, in: scope) { name throws(CommandMessage) in
    try call.perform(.set(.security(name, permission, isOn), scope))
    call.replySetting(of: name, "\(permission.rawValue) = \(isOn ? "ON" : "OFF")", in: scope)
  }
}

private func setRunningTime(_ call: Invocation) throws(CommandMessage) {
  var nanoseconds: UInt64?
  if !call.operands.take("DYNamic") {
    let word = try call.operands.required()
    guard let thousandths = fixedPoint(word, places: 3) else {
      throw CommandMessage(.invalidOperand, word)
    }
    nanoseconds = UInt64(clamping: thousandths).multipliedClamped(by: 1000)
  }
  let scope = try call.operands.settingScope()
  try call.perform(.set(.runningTime(nanoseconds: nanoseconds), scope))
  call.reply("RUNTIME = \(nanoseconds.map(millisecondsText) ?? "DYNAMIC")")
}

private func setWaitCompletion(_ call: Invocation) throws(CommandMessage) {
  let isOn = try call.operands.isOn()
  let scope = try call.operands.settingScope()
  try call.perform(.set(.waitCompletion(isOn), scope))
  call.reply("WAIT COMPLETION = \(isOn ? "ON" : "OFF")")
}

private func setNextProfile(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let profile = try call.operands.required()
  try call.operands.end()
  try call.forEach(pattern) { name throws(CommandMessage) in
    try call.perform(.setNextProfile(name, profile: profile))
    call.reply("USER \(padded(name, 8)):  NEXT PROFILE = \(profile)")
  }
}

private func saveProfile(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  try call.operands.end()
  try call.forEachActive(pattern) { name throws(CommandMessage) in
    try call.perform(.saveProfile(name))
    let profile = call.system.partitionView(name)?.profileName ?? name
    call.reply("USER \(padded(name, 8)):  PROFILE \(profile) SAVED")
  }
}

extension Invocation {
  /// The answer of a SET of a partition: the value as it runs now, and the profile that has it.
  func replySetting(of name: String, _ text: String, in scope: SettingScope) {
    if scope.isRunning { reply("USER \(padded(name, 8)):  \(text)") }
    replyProfileChange(of: name, in: scope)
  }
}
