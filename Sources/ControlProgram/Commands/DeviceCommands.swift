import Partitioning
import Quantities

// ATTACH, and the forms of DETACH, VARY and QUERY that are about devices: who has which disk.

/// ATTACH: a device to a partition.
let deviceCommands: [Command] = [
  Command(
    "ATTach", module: "ATT", "Gives a device to an active partition.",
    notes: [
      "vdev is the partition's own number of the device, rdev when none is given. R/O lets it only "
        + "read; several partitions can have a device so, and beside one that writes nobody, unless "
        + "all of them have it SHARED: then they may write as they agree among themselves.",
      "With SCSI the guest has it as a SCSI disk (virtio-scsi), which it can reserve; else as a block "
        + "device (virtio-blk). QUERY DASD RESERVED shows who has reserved what.",
      "The guest is told, and the change is pending until it has found the disk or WITHIN seconds "
        + "(60) are over. A guest that hears of no devices finds it at its next load, until which it "
        + "is pending. What a definition says with DEDICATE a partition has from its activation; what "
        + "it is given goes when it is deactivated, unless SAVE PROFILE has kept it.",
      "GIVE is for tape drives, of which there are none.",
    ],
    formats: [
      CommandFormat(
        "", "rdev [TO] userid [[AS] vdev] [R/O] [SHARED] [SCSI] [WITHIN n]", classes: "B",
        "Gives a partition a device.",
        operands: [.other, .partition, .other, .words("R/O|SHARED|SCSI|WITHIN")], handler: attach)
    ])
]

/// What should be known of DETACH beyond its forms.
let detachNotes = [
  "A disk or network adapter is asked for, and stays until the guest has given it back: Linux does "
    + "when nothing has a disk open, mounted or as swap, and with an adapter at once; it is asked "
    + "again every second until WITHIN seconds (60) are over. CONFIG DEVICE,CANCEL withdraws that.",
  "FORCE takes it at once: disk requests under way and later ones end with an I/O error, frames are "
    + "lost. A guest that hears of no devices keeps what it has set up until then.",
]

/// DETACH of devices.
let detachFormats = [
  CommandFormat(
    "", "rdev FROM userid [FORCE] [WITHIN n]", classes: "B", "Takes a device from a partition.",
    operands: [.other, .words("FROM"), .partition, .words("FORCE|WITHIN")],
    handler: detachDevice),
  CommandFormat(
    "", "vdev [FORCE] [WITHIN n]", classes: "G", "Gives back a device of your partition.",
    operands: [.other, .words("FORCE|WITHIN")], handler: detachDevice),
]

private func attach(_ call: Invocation) throws(CommandMessage) {
  let device = try call.operands.device(missing: .deviceMissing)
  _ = call.operands.take("TO")
  let name = try call.user()
  let isNamed = call.operands.take("AS")
  var virtual = device
  if isNamed || call.operands.peek.map({ hexadecimal($0) != nil }) ?? false {
    virtual = try call.operands.device(missing: .virtualDeviceMissing)
  }
  let isReadOnly = call.operands.take("R/O")
  var options: DeviceOptions = []
  for (word, option) in DeviceOptions.words where call.operands.take(word) {
    options.insert(option)
  }
  let within = try call.operands.within()
  try call.operands.end()
  let result = try call.perform(
    .attachDevice(
      name, device: device, as: virtual, isReadOnly: isReadOnly,
      with: options.isEmpty ? nil : options, within: within))
  call.reply(
    result,
    done: "DASD \(hexDigits(device, 4)) ATTACHED TO \(name) \(hexDigits(virtual, 4))"
      + (isReadOnly ? " R/O" : "") + options.text)
}

func detachDevice(_ call: Invocation) throws(CommandMessage) {
  let number = try call.operands.device(missing: .virtualDeviceMissing)
  guard call.operands.take("FROM") else {
    return try detach(call, number, from: try call.ownPartition(), as: nil)
  }
  let name = try call.user()
  guard call.issuer.classes.permits(PrivilegeClasses(letters: "B")) else {
    throw CommandMessage(.invalidOption, "FROM")
  }
  let partition = try call.activeStatus(of: name)
  guard
    let device = partition.definition.devices.first(where: { $0.realDevice == number })
  else {
    let text = hexDigits(number, 4)
    guard let view = call.system.deviceView(number) else {
      throw CommandMessage(.deviceDoesNotExist, text)
    }
    throw view.users.isEmpty
      ? CommandMessage(.deviceNotAttached, text)
      : CommandMessage(.deviceNotAttachedTo, text, name)
  }
  try detach(call, device.virtualDevice, from: name, as: number)
}

/// Takes a device by the partition's own number; the answer names the real one where that was given.
private func detach(
  _ call: Invocation, _ virtual: UInt16, from name: String, as real: UInt16?
) throws(CommandMessage) {
  let isForced = call.operands.take("FORCE")
  let within = try call.operands.within()
  try call.operands.end()
  let adapter = call.system.partitionView(name).flatMap {
    call.system.networks.adapter(virtual, of: $0.number)
  }
  let result = try call.perform(
    .detachDevice(name, device: virtual, force: isForced, within: within))
  let text = hexDigits(virtual, 4)
  call.reply(
    result,
    done: real.map { "DASD \(hexDigits($0, 4)) DETACHED \(name) \(text)" }
      ?? "\(adapter?.kind.text ?? "DASD") \(text) DETACHED")
}

func varyDevices(_ call: Invocation) throws(CommandMessage) {
  let isOnline = call.lead.first == "ONLINE"
  var numbers: [UInt16] = []
  while !call.operands.isEmpty {
    for number in try call.operands.devices() {
      let isSpecified = numbers.contains(number)
      if isSpecified { throw CommandMessage(.conflictingOption, hexDigits(number, 4)) }
      numbers.append(number)
    }
  }
  if numbers.isEmpty { throw CommandMessage(.deviceMissing) }
  try call.perform(.together(numbers.map { .varyDevice($0, online: isOnline) }))
  let state = isOnline ? "online" : "offline"
  for number in numbers { call.reply("\(hexDigits(number, 4)) varied \(state)") }
  call.reply(
    "\(numbers.count) device(s) specified; \(numbers.count) device(s) successfully varied \(state)")
}

// MARK: - What there is

/// QUERY DASD.
func queryDisks(_ call: Invocation) throws(CommandMessage) {
  let all = call.system.deviceViews
  let kind = call.operands.take(anyOf: "ATTached|FREE|OFFline|RESERved|ALL")
  if kind == "RESERVED" { return try queryReservedDisks(call, all) }
  if kind == nil, !call.operands.isEmpty {
    let numbers = try call.operands.devices()
    try call.operands.end()
    let found = all.filter { numbers.contains($0.number) }
    if found.isEmpty {
      throw CommandMessage(.deviceDoesNotExist, hexDigits(numbers.lowerBound, 4))
    }
    return call.reply(found.flatMap(dasdLines))
  }
  try call.operands.end()
  let attached = all.filter { !$0.users.isEmpty && $0.isUsable }
  let free = all.filter { $0.users.isEmpty && $0.isUsable }
  let offline = all.filter { !$0.isUsable }
  let isAll = kind == nil || kind == "ALL"
  var lines: [String] = []
  if isAll || kind == "ATTACHED" { lines += attached.flatMap(dasdLines) }
  if isAll || kind == "FREE" { lines += freeLines(free) }
  if kind == "OFFLINE" || kind == "ALL" { lines += offline.flatMap(dasdLines) }
  if lines.isEmpty {
    let article = kind == "FREE" ? "A free" : kind == "OFFLINE" ? "An offline" : "An attached"
    lines = [isAll ? "A DASD was not found." : "\(article) DASD was not found."]
  }
  call.reply(lines)
}

/// The lines of one device, whatever it is.
func dasdLines(_ device: DeviceView) -> [String] {
  let text = "DASD \(hexDigits(device.number, 4))"
  guard device.isUsable else { return ["\(text) OFFLINE"] }
  guard !device.users.isEmpty else { return ["\(text) \(device.volume ?? "FREE")"] }
  if device.users.contains(where: { $0.extent != nil }) {
    return ["\(text) CP SYSTEM \(padded(device.volume ?? "", 6))   \(device.users.count)"]
  }
  return device.users.map { user in
    "\(text) ATTACHED TO \(padded(user.partition, 8)) \(hexDigits(user.virtualDevice, 4))"
      + (user.isReadOnly ? " R/O" : " R/W")
  }
}

/// Free devices, four in a line.
private func freeLines(_ devices: [DeviceView]) -> [String] {
  stride(from: 0, to: devices.count, by: 4).map { start in
    // Cannot trap: a place of the array.
    devices.dropFirst(start).prefix(4).map {
      "DASD \(hexDigits($0.number, 4)) \(padded($0.volume ?? "FREE", 8))"
    }.joined(separator: ", ")
  }
}

extension Invocation {
  /// The next operand as a userid, * for one's own.
  func user() throws(CommandMessage) -> String {
    if operands.peek == "*" {
      _ = operands.next()
      return try ownPartition()
    }
    return try operands.userid()
  }

  /// The lines of QUERY VIRTUAL DASD.
  func diskLines(of partition: PartitionView) -> [String] {
    partition.devices.enumerated().map { index, device in
      let defined = system.definition.inputOutput.device(device.realDevice)
      let minidisk = system.minidisk(device.virtualDevice, of: partition)
      let volume =
        switch defined?.media {
        case .scratch: "(TEMP)"
        case .file: "(FILE)"
        case .some(.none), nil: "(NONE)"
        }
      return "DASD \(hexDigits(device.virtualDevice, 4)) "
        + "\(padded(minidisk?.shownType ?? defined?.type ?? "", 4)) \(padded(defined?.volume ?? volume, 6))"
        + (device.isReadOnly ? " R/O" : " R/W")
        + rightAligned(minidisk?.units(device.blockCount) ?? "\(device.blockCount) BLK", 15)
        + " ON DASD  \(hexDigits(device.realDevice, 4)) SUBCHANNEL = \(hexDigits(index, 4))"
    }
  }
}

extension Operands {
  /// The next operand as a device number; a message when there is none, or it is none.
  mutating func device(missing: MessageID) throws(CommandMessage) -> UInt16 {
    guard let word = next(), word.utf8.count <= 4, let value = hexadecimal(word) else {
      throw CommandMessage(missing)
    }
    return UInt16(clamping: value)
  }

  /// The next operand as device numbers `rdev` or `rdev-rdev`; 021E otherwise.
  mutating func devices() throws(CommandMessage) -> ClosedRange<UInt16> {
    guard let word = next(), let range = hexadecimalRange(word, below: 0x1_0000) else {
      throw CommandMessage(.deviceMissing)
    }
    return ClosedRange(
      uncheckedBounds: (UInt16(clamping: range.lowerBound), UInt16(clamping: range.upperBound)))
  }

  /// WITHIN n, when it is next.
  mutating func within() throws(CommandMessage) -> Int? {
    guard take("WITHIN") else { return nil }
    return try secondsLimit(try required())
  }
}
