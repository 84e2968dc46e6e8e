import Channels
import Partitioning
import Quantities

// SET and QUERY of priorities in input and output.

let setPriorityFormat = CommandFormat(
  "IOPRIority", "{userid|pattern n | ON | OFF} " + SettingScope.syntax, classes: "A",
  "A partition's priority in input and output, 0 to 15, and whether the machine serves by priorities.",
  operands: [.partition, .words("ON|OFF|" + SettingScope.words)], handler: setPriority)

let queryPriorityFormats = [
  CommandFormat(
    "IOPRIority", "[pattern]", classes: "ACE",
    "Whether the machine serves by priorities in input and output, and those of the partitions.",
    operands: [.partition], handler: queryPriorities),
  CommandFormat(
    "IOPRIority", "*", classes: "G", "Your own partition's priority in input and output.",
    operands: [.other], handler: queryPriorities),
]

private func setPriority(_ call: Invocation) throws(CommandMessage) {
  if let isOn = call.operands.prioritySwitch() {
    let scope = try call.operands.settingScope()
    try call.perform(.set(.ioPriorityQueuing(isOn), scope))
    return call.reply("I/O PRIORITY QUEUING = \(isOn ? "ON" : "OFF")")
  }
  let pattern = try call.operands.useridPattern()
  let priority = try call.operands.number()
  let scope = try call.operands.settingScope()
  try call.forEach(pattern, in: scope) { name throws(CommandMessage) in
    try call.perform(.set(.ioPriority(name, priority), scope))
    call.replySetting(of: name, "I/O PRIORITY = \(priority)", in: scope)
  }
}

private func queryPriorities(_ call: Invocation) throws(CommandMessage) {
  let names = try call.selected()
  let isOn = call.system.machineView.settings.ioPriorityQueuing
  call.reply("I/O PRIORITY QUEUING = \(isOn ? "ON" : "OFF")")
  for partition in names.compactMap({ call.system.partitionView($0) }) {
    call.reply(
      "USER \(padded(partition.name, 8)):  I/O PRIORITY = \(partition.definition.ioPriority)")
  }
}

extension Operands {
  /// Takes ON or OFF, unless it is a partition's name before a priority.
  fileprivate mutating func prioritySwitch() -> Bool? {
    var ahead = self
    guard let word = ahead.next(), word == "ON" || word == "OFF",
      ahead.peek.flatMap({ decimal($0) }) == nil
    else { return nil }
    self = ahead
    return word == "ON"
  }
}
