import Partitioning
import Quantities

// LINK, and the forms of QUERY that are about minidisks: parts of disks that partitions share by CP's rules.

/// LINK: a partition to a minidisk.
let linkCommands: [Command] = [
  Command(
    "LINK", module: "LNK", "Links a partition to a minidisk, its own or another's.",
    notes: [
      "userid vdev1 is the minidisk as an MDISK statement of that user defines it, vdev2 the number that "
        + "the partition gets it under. mode is R, RR (when none is given), W, WR, M, MR or MW. R: to "
        + "read, unless another writes. RR: to read. W: to write, alone. M: to write, beside those who "
        + "read. MW: to write, whoever writes: two who do destroy a file system. WR and MR: as W and M, "
        + "else to read. Minidisks whose blocks overlap count as one.",
      "Who has it to read only though he asked to write is told by 101W, 102W or 103W; a link that is "
        + "not given is 104E, 105E or 106E, which say whom others have. W is no error: the return code "
        + "stays 0.",
      "Another's minidisk needs the password of its MDISK statement for the mode, but with FOR, and in "
        + "LINK statements. Ten wrong ones, and LINK is refused to who gave them (115E) until his partition is "
        + "activated anew. The guest is told, and the change is pending, as with ATTACH. DETACH gives "
        + "the minidisk back.",
    ],
    formats: [
      CommandFormat(
        "", "[TO] userid vdev1 [AS] vdev2 [mode] FOR userid [WITHIN n]", classes: "B",
        "Links another partition, without a password.",
        operands: [.user, .other, .other, .words("R|RR|W|WR|M|MR|MW|FOR|WITHIN")], handler: link),
      CommandFormat(
        "", "[TO] userid vdev1 [AS] vdev2 [mode] [[PASS=] password] [WITHIN n]", classes: "G",
        "Links your partition.",
        operands: [.user, .other, .other, .words("R|RR|W|WR|M|MR|MW|WITHIN")], handler: link),
    ])
]

let queryLinkFormats = [
  CommandFormat(
    "LINKs", "vdev", classes: "G",
    "Who has blocks of your disk: users, their numbers and R/O or R/W.",
    operands: [.other], handler: queryLinks),
  CommandFormat(
    "MDISK", "USER userid vdev [LOCATION]", classes: "B",
    "Where a minidisk of a partition is: its owner, volume, device, first unit and size.",
    operands: [.words("USER"), .partition, .other, .words("LOCATION")], handler: queryMinidisk),
  CommandFormat(
    "MDISK", "vdev [LOCATION]", classes: "G", "Where your minidisk is.",
    operands: [.other, .words("LOCATION")], handler: queryMinidisk),
]

private func link(_ call: Invocation) throws(CommandMessage) {
  _ = call.operands.take("TO")
  guard let word = call.operands.peek else { throw CommandMessage(.useridMissing) }
  let owner = word == "*" ? try call.user() : try call.operands.userid()
  let device = try call.operands.device(missing: .virtualDeviceMissing)
  _ = call.operands.take("AS")
  let number = try call.operands.device(missing: .virtualDeviceMissing)
  let mode = try linkMode(call, owner, device)
  let password = call.operands.linkPassword()
  let (name, isOther) = try linkedPartition(call)
  let within = try call.operands.within()
  try call.operands.end()
  if !isOther {
    guard !call.system.isLinkLocked(for: call.asking) else {
      throw CommandMessage(.linkPasswordsTooMany)
    }
    try judge(password, for: mode, of: owner, device, as: name, call)
  }
  let result = try call.perform(
    .link(name, owner: owner, device: device, as: number, mode: mode, within: within))
  replyLinked(call, number, mode, of: name)
  if case .pending = result { call.reply(result, done: "") }
}

/// The mode that is next, RR when none is; 109E for another word.
private func linkMode(
  _ call: Invocation, _ owner: String, _ device: UInt16
) throws(CommandMessage) -> LinkMode {
  guard let word = call.operands.peek, !word.hasPrefix("PASS="), !call.operands.isAtLinkOption
  else { return .readAlways }
  guard let mode = LinkMode(rawValue: word) else {
    throw CommandMessage(.linkMode, owner, hexDigits(device, 4))
  }
  _ = call.operands.next()
  return mode
}

/// The partition that is linked: one that FOR names, or the issuer's own.
private func linkedPartition(
  _ call: Invocation
) throws(CommandMessage) -> (partition: String, isOther: Bool) {
  guard call.operands.take("FOR") else { return (try call.ownPartition(), false) }
  guard call.issuer.classes.permits(PrivilegeClasses(letters: "B")) else {
    throw CommandMessage(.invalidOption, "FOR")
  }
  let name = try call.user()
  return (name, name != call.issuer.partition)
}

/// Refuses who does not know the password of another's minidisk: 111E to 114E.
private func judge(
  _ given: String?, for mode: LinkMode, of owner: String, _ device: UInt16,
  as name: String, _ call: Invocation
) throws(CommandMessage) {
  guard owner != name, let definition = call.system.partitionView(owner)?.definition,
    let minidisk = definition.minidisks.first(where: { $0.virtualDevice == device })
  else { return }
  let (kind, missing): (String, MessageID) =
    switch mode {
    case .read, .readAlways: ("READ", .linkWithoutReadPassword)
    case .write, .writeOrRead: ("WRITE", .linkWithoutWritePassword)
    case .multiple, .multipleOrRead, .multipleWrite: ("MULT", .linkWithoutMultiplePassword)
    }
  let number = hexDigits(device, 4)
  guard let password = minidisk.password(for: mode) else {
    throw CommandMessage(missing, owner, number)
  }
  guard password == "ALL" || password == given else {
    if given != nil { try call.countWrongPassword() }
    throw CommandMessage(.linkPassword, owner, number, kind)
  }
}

/// Says who has the minidisk beside the one who was linked to it; nothing when nobody has, as in CP.
private func replyLinked(
  _ call: Invocation, _ number: UInt16, _ mode: LinkMode, of name: String
) {
  let users = call.system.users(ofDisk: number, of: name)
  guard
    let own = users.first(where: { $0.partition == name && $0.virtualDevice == number })
  else { return }
  let others = users.filter { $0 != own }
  let readers = others.filter(\.isReadOnly).map(\.partition)
  let writers = others.filter { !$0.isReadOnly }.map(\.partition)
  let text = hexDigits(number, 4)
  guard own.isReadOnly, mode.isToWrite else {
    let uses =
      (writers.isEmpty ? [] : ["R/W BY \(usersText(writers).uppercased())"])
      + (readers.isEmpty ? [] : ["R/O BY \(usersText(readers).uppercased())"])
    guard !uses.isEmpty else { return }
    return call.reply(
      "DASD \(text) LINKED \(own.isReadOnly ? "R/O" : "R/W"); " + uses.joined(separator: "; "))
  }
  if writers.isEmpty {
    call.reply(CommandMessage(.linkForcedByReaders, text, usersText(readers)))
  } else if readers.isEmpty {
    call.reply(CommandMessage(.linkForcedByWriters, text, usersText(writers)))
  } else {
    call.reply(CommandMessage(.linkForcedByBoth, text, usersText(writers), usersText(readers)))
  }
}

// MARK: - What there is

private func queryLinks(_ call: Invocation) throws(CommandMessage) {
  let number = try call.operands.device(missing: .virtualDeviceMissing)
  try call.operands.end()
  let cells = call.system.users(ofDisk: number, of: try call.ownStatus().name).map { user in
    "\(padded(user.partition, 8)) \(hexDigits(user.virtualDevice, 4)) \(user.isReadOnly ? "R/O" : "R/W")"
  }
  guard !cells.isEmpty else { throw CommandMessage(.deviceDoesNotExist, hexDigits(number, 4)) }
  for start in stride(from: 0, to: cells.count, by: 4) {
    // Cannot trap: a place of the array.
    call.reply(cells.dropFirst(start).prefix(4).joined(separator: ", "))
  }
}

private func queryMinidisk(_ call: Invocation) throws(CommandMessage) {
  let isNamed = call.operands.take("USER")
  guard !isNamed || call.issuer.classes.permits(PrivilegeClasses(letters: "B")) else {
    throw CommandMessage(.invalidOption, "USER")
  }
  let partition = isNamed ? try call.activeStatus(of: try call.user()) : try call.ownStatus()
  let number = try call.operands.device(missing: .virtualDeviceMissing)
  _ = call.operands.take("LOCation")
  try call.operands.end()
  guard let link = partition.definition.links.first(where: { $0.virtualDevice == number }),
    let device = partition.devices.first(where: { $0.virtualDevice == number })
  else { throw CommandMessage(.deviceDoesNotExist, hexDigits(number, 4)) }
  // One of which the owner was deleted is what it lies on.
  let extent = call.system.subchannels(of: partition.name).first { $0.virtualDevice == number }?
    .extent
  let minidisk =
    call.system.minidisk(number, of: partition)
    ?? MinidiskDefinition(
      virtualDevice: number, type: "FBA",
      place: MinidiskPlace(volume: .device(device.realDevice), start: extent?.first ?? 0))
  let volume = call.system.definition.inputOutput.device(device.realDevice)?.volume
  call.reply("TargetID Tdev OwnerID  Odev Dtype Vol-ID Rdev   StartLoc       Size")
  call.reply(
    "\(padded(partition.name, 8)) \(hexDigits(number, 4)) "
      + "\(padded(link.owner ?? partition.name, 8)) \(hexDigits(link.ownerDevice, 4)) "
      + "\(padded(minidisk.shownType, 5)) \(padded(volume ?? "", 6)) \(hexDigits(device.realDevice, 4)) "
      + rightAligned("\(minidisk.place.start)", 10)
      + rightAligned(minidisk.units(device.blockCount).filter(\.isNumber), 11))
}

extension Invocation {
  /// The user who gave the command, whomever it is given for.
  fileprivate var asking: String { (control.asking ?? issuer).userid }

  /// Counts a wrong password against him; on a copy of the machine, who has it tried is told.
  func countWrongPassword() throws(CommandMessage) {
    control.onWrongPassword?()
    do throws(ManagementError) {
      try system.perform(.countWrongPassword(userid: asking), by: .firmware)
    } catch {
      throw CommandMessage(error)
    }
  }
}

extension Operands {
  /// Whether what is next is neither a mode nor a password.
  fileprivate var isAtLinkOption: Bool {
    var rest = self
    return rest.take(anyOf: "FOR|WITHIN") != nil
  }

  /// Takes `[PASS=] password`, when it is next, in upper case.
  fileprivate mutating func linkPassword() -> String? {
    guard !isAtLinkOption, let word = next() else { return nil }
    guard word.hasPrefix("PASS=") else { return word }
    let rest = String(word.dropFirst(5))
    return rest.isEmpty ? next() : rest
  }
}
