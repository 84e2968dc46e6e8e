import Definitions
import Partitioning
import Quantities

// QUERY of profiles, of permissions and of who has which storage.

let queryProfileFormats = [
  CommandFormat(
    "PROFile", "userid|pattern [DIFFerences | profile]", classes: "ACE",
    "A partition's image profile as a directory has it, or what runs otherwise.",
    operands: [.partition, .words("DIFFerences")], handler: queryProfile),
  CommandFormat(
    "PROFILES", "", classes: "ACE",
    "The image profiles of each partition, the load profiles, and what DEFINE PARTITION can copy.",
    handler: queryProfiles),
  CommandFormat(
    "RECOVERY", "", classes: "ABCE",
    "The partitions that the last end of the machine took and RECOVER brings back.",
    handler: queryRecovery),
  CommandFormat(
    "SECURity", "userid|pattern", classes: "ACE", "What partitions may learn of others and do.",
    operands: [.partition], handler: querySecurity),
  CommandFormat(
    "SECURity", "[*]", classes: "G", "What your own partition may learn of others and do.",
    operands: [.other], handler: querySecurity),
  CommandFormat(
    "STORage MAP", "", classes: "BCE", "Who has which part of the machine's storage.",
    handler: queryStorageMap),
]

private func queryProfile(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let isDifference = call.operands.take("DIFFerences")
  let profile = isDifference ? nil : call.operands.next()
  try call.operands.end()
  try call.forEach(pattern) { name throws(CommandMessage) in
    guard let partition = call.system.partitionView(name) else { return }
    if isDifference { return call.replyDifferences(of: partition) }
    let wanted = profile ?? partition.profileName
    guard let found = partition.profiles.first(where: { $0.name == wanted }) else {
      throw CommandMessage(
        .profileNotFound(name, profile: wanted, known: partition.profiles.map(\.name)))
    }
    let text =
      found.name == name ? found.definition.displayText : found.directoryText
    call.reply(text.split(whereSeparator: \.isNewline).map(String.init))
  }
}

private func queryProfiles(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let rows = call.control.partitionNames.compactMap { call.system.partitionView($0) }
    .map { partition in
      [
        partition.name, partition.isActive ? partition.profileName : "-",
        partition.nextProfileName,
        partition.isChanged ? "YES" : "NO",
        partition.profiles.map(\.name).joined(separator: " "),
      ]
    }
  call.reply(
    TextTable(
      columns: [
        .left("PARTITION"), .left("ACTIVE"), .left("NEXT"), .left("CHANGED"), .left("PROFILES"),
      ], rows: rows
    ).lines)
  for profile in call.system.definition.loadProfiles {
    call.reply("LOAD PROFILE \(padded(profile.name, 8)) \(profile.ipl.summary)")
  }
  for template in call.system.definition.templates {
    call.reply("TEMPLATE     \(padded(template.name, 8)) \(template.ipl?.summary ?? "-")")
  }
}

private func queryRecovery(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let names = call.control.partitionNames.filter {
    call.system.partitionView($0)?.isRecoverable == true
  }
  call.reply(
    names.isEmpty
      ? ["Nothing to recover"]
      : HelpText.wrapped("RECOVERABLE: " + names.joined(separator: " "), width: 78, indent: ""))
}

private func querySecurity(_ call: Invocation) throws(CommandMessage) {
  let rows = try call.selected().compactMap { call.system.partitionView($0) }.map { partition in
    [partition.name]
      + SecuritySwitch.allCases.map { partition.definition.security[$0] ? "ON" : "OFF" }
  }
  call.reply(
    TextTable(
      columns: [.left("PARTITION")] + SecuritySwitch.allCases.map { .left($0.rawValue) },
      rows: rows
    ).lines)
}

private func queryStorageMap(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let rows = call.system.storageMap().map { piece in
    [
      hexDigits(piece.range.lowerBound, 11),
      hexDigits(piece.range.upperBound.subtractingClamped(1), 11),
      sizeText(piece.range.upperBound.subtractingClamped(piece.range.lowerBound)),
      piece.owner ?? "FREE",
    ]
  }
  call.reply(
    TextTable(
      columns: [.left("FROM"), .left("TO"), .right("SIZE"), .left("OWNER")], rows: rows
    ).lines)
}

extension PartitionView {
  /// Whether what runs differs from the profile.
  var isChanged: Bool { isActive && definition != profile }
}

extension Invocation {
  /// What runs otherwise than the profile says, value by value.
  fileprivate func replyDifferences(of partition: PartitionView) {
    let name = partition.name
    guard partition.isActive else { return reply(CommandMessage(.notLoggedOn, name)) }
    let rows = partition.definition.differences(from: partition.profile).map {
      [$0.field, $0.new ?? "-", $0.old ?? "-"]
    }
    guard !rows.isEmpty else {
      return reply("USER \(padded(name, 8)):  runs as PROFILE \(partition.profileName) says")
    }
    reply("USER \(padded(name, 8)):  PROFILE \(partition.profileName)")
    reply(
      TextTable(columns: [.left("VALUE"), .left("RUNNING"), .left("PROFILE")], rows: rows).lines)
  }
}
