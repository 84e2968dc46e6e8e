import Definitions
import Partitioning
import Quantities

/// VALIDATE: which profiles can be active together.
let validateCommands: [Command] = [
  Command(
    "VALIDate", module: "VAL", "Judges which profiles can be active together, before they are.",
    notes: [
      "Without names it takes every partition with its own profile, in the order of activation, on a "
        + "machine on which nothing is active. With names it takes those, in the order given, beside "
        + "what is active now. A name is a partition, a pattern, or an image profile.",
      "Each finding has the sum that does not fit. The return code is not 0 when something cannot be "
        + "active; advice does not count.",
    ],
    formats: [
      CommandFormat(
        "", "[userid|pattern|profile ...]", classes: "ABCE",
        "Says what does not fit, with the arithmetic, and what would.",
        operands: [.partition], handler: validate)
    ])
]

private func validate(_ call: Invocation) throws(CommandMessage) {
  let definition = call.system.profileDefinition
  var order: [ProfileReference] = []
  let isWhole = call.operands.isEmpty
  if isWhole { order = definition.activationList }
  let most = definition.partitions.count.addingClamped(definition.imageProfiles.count)
  while let name = call.operands.next() {
    order += try call.references(to: name, definition)
    // More than there are is one twice.
    if order.count > most { throw CommandMessage(.conflictingOption, name) }
  }
  let result = call.system.validator(for: order, besideActive: !isWhole)
  for finding in result.findings { call.reply(finding.description) }
  guard result.allFit else {
    throw CommandMessage(
      .cannotBeActive, "\(order.count)", "\(order.count - result.fitting.count)")
  }
  call.reply("\(order.count) PROFILES CAN BE ACTIVE TOGETHER")
}

extension Invocation {
  /// What a name of VALIDATE means: partitions with their next profile, or a further profile.
  fileprivate func references(
    to name: String, _ definition: SystemDefinition
  ) throws(CommandMessage) -> [ProfileReference] {
    if name.contains("*") || control.partitionNames.contains(name) {
      return try partitions(name).map { partition in
        ProfileReference(
          partition: partition,
          profile: system.partitionView(partition)?.nextProfileName ?? partition)
      }
    }
    let found = definition.profiles(named: name)
    if found.isEmpty { throw CommandMessage(.notInDirectory, name) }
    return found
  }
}
