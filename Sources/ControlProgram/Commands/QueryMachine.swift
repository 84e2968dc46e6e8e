import Definitions
import Partitioning
import Quantities

// QUERY of what the whole machine has: processors, storage, channel paths, shares, digests.

let queryMachineFormats = [
  CommandFormat(
    "PROCessors", "", classes: "ABCE", "The physical processors: state and type.",
    handler: queryProcessors),
  CommandFormat(
    "STORage", "", classes: "BCE", "The machine's storage and what of it is free.",
    handler: queryStorage),
  CommandFormat(
    "SHARE", "userid|pattern", classes: "AE", "The share of a partition, by processor type.",
    operands: [.partition], handler: queryShare),
  CommandFormat(
    "SHARE", "*", classes: "G", "Your own partition's share.", operands: [.other],
    handler: queryOwnShare),
  CommandFormat(
    "CHPIDS", "", classes: "BCE", "Every channel path of the machine, as a grid.",
    handler: queryPathGrid),
  CommandFormat(
    "CHPID", "chpid", classes: "BCE", "One channel path and its devices.", operands: [.other],
    handler: queryPath),
  CommandFormat(
    "PATHS", "[TO] rdev", classes: "BCE", "The channel paths to a device.", operands: [.other],
    handler: queryPathsToDevice),
  CommandFormat(
    "DAsd", "[rdev[-rdev] | ATTached | FREE | OFFline | RESERved [rdev[-rdev]] | ALL]",
    classes: "BCE",
    "Disks: who has which, or has reserved which; without an operand those that are not off line.",
    operands: [.words("ATTached|FREE|OFFline|RESERved|ALL"), .other], handler: queryDisks),
  queryFaultFormat,
  CommandFormat(
    "LPARs", "[pattern]", classes: "ABCE",
    "Each partition's state, processors, storage and paths.", operands: [.partition],
    handler: queryPartitions),
  CommandFormat(
    "PENDing", "[pattern]", classes: "ABC", "Changes that wait for a guest to take part.",
    operands: [.partition], handler: queryPending),
  CommandFormat(
    "PENDing", "", classes: "G", "Your own partition's pending changes.",
    handler: queryOwnPending),
  CommandFormat(
    "DIGEST", "[ALL | name] [STORage]", classes: "ACE",
    "The rolling digest of the history: the machine's, a partition's or all.",
    operands: [.partition, .words("STORage")], handler: queryDigest),
]

private func queryProcessors(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  var isFirst = true
  for processor in call.system.machineView.processors {
    var role = "ALTERNATE"
    if !processor.isOnline {
      role = "STANDBY"
    } else if let owner = processor.dedicatedTo {
      role = "DEDICATED \(owner)"
    } else if isFirst {
      role = "MASTER"
      isFirst = false
    }
    call.reply("PROCESSOR \(hexDigits(processor.number, 2)) \(role) \(processor.type.rawValue)")
  }
}

private func queryStorage(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let machine = call.system.machineView
  call.reply(
    "STORAGE = \(sizeText(machine.storageByteCount)) CONFIGURED = "
      + "\(sizeText(machine.storageByteCount.subtractingClamped(machine.freeByteCount))) INC = "
      + "\(sizeText(machine.incrementByteCount)) STANDBY = \(sizeText(machine.freeByteCount))  RESERVED = 0"
  )
}

private func queryShare(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  try call.operands.end()
  try call.forEach(pattern) { name throws(CommandMessage) in call.replyShare(of: name) }
}

private func queryOwnShare(_ call: Invocation) throws(CommandMessage) {
  let word = try call.operands.required()
  guard word == "*" else { throw CommandMessage(.invalidOption, word) }
  try call.operands.end()
  call.replyShare(of: try call.ownPartition())
}

private func queryPathGrid(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  call.reply(pathGrid(call.system.machineView.paths.map { ($0.path, $0.isOnline) }))
}

private func queryPath(_ call: Invocation) throws(CommandMessage) {
  let number = try call.operands.channelPath()
  try call.operands.end()
  guard let path = call.system.machineView.paths.first(where: { $0.path == number }) else {
    throw CommandMessage(.invalidChannelPath)
  }
  let devices = call.system.definition.inputOutput.devices(on: number)
  let lead = "Path \(hexDigits(number, 2)) \(path.isOnline ? "online" : "offline") to devices"
  for start in stride(from: 0, to: max(devices.count, 1), by: 8) {
    let texts = devices.dropFirst(start).prefix(8).map { " " + hexDigits($0, 4) }.joined()
    let text = start == 0 ? lead : String(repeating: " ", count: lead.count)
    call.reply(text + (devices.isEmpty ? " none" : texts))
  }
  let configuration = call.system.definition.inputOutput
  for managed in configuration.managedPaths where managed.number == number {
    let unit = configuration.controlUnit(with: managed.reference)
    call.reply(
      "Path \(hexDigits(number, 2)) managed for IOCLUSTER \(managed.cluster ?? ""), "
        + (unit.map { "at control unit \(hexDigits($0.number, 4))" } ?? "at no control unit"))
  }
}

private func queryPathsToDevice(_ call: Invocation) throws(CommandMessage) {
  if call.operands.peek == "TO" { _ = call.operands.next() }
  guard let word = call.operands.next() else { throw CommandMessage(.deviceMissing) }
  try call.operands.end()
  guard let value = hexadecimal(word), value <= 0xFFFF else {
    throw CommandMessage(.invalidHexadecimal, word)
  }
  let machine = call.system.machineView
  guard let paths = call.system.definition.inputOutput.paths(to: UInt16(clamping: value)) else {
    throw CommandMessage(.deviceDoesNotExist, hexDigits(value, 4))
  }
  let available = paths.map { number in
    machine.paths.first { $0.path == number }?.isOnline == true
  }
  // What CONFIG CHP does shows in the mask of those that are used: the issuer's own, or for one
  // without a partition that of whoever is active.
  let own = call.issuer.partition.flatMap { call.system.partitionView($0) }.map { [$0] }
  let users = (own ?? call.control.partitionNames.compactMap { call.system.partitionView($0) })
    .filter(\.isActive)
  let online = zip(paths, available).map { number, isAvailable in
    let ways = users.flatMap(\.paths).filter { $0.path == number }
    return isAvailable && (ways.isEmpty || ways.contains(where: \.isOnline))
  }
  func marks(_ mask: [Bool]) -> String { mask.map { $0 ? " +" : " -" }.joined(separator: " ") }
  let status = online.contains(true) ? "ONLINE" : "OFFLINE"
  call.reply("Device \(hexDigits(value, 4)), Status \(status)")
  call.reply(
    " CHPIDs to Device \(hexDigits(value, 4)) (PIM)  : "
      + paths.map { hexDigits($0, 2) }.joined(separator: " "))
  call.reply("  Physically Available (PAM)  :\(marks(available))")
  call.reply("  Online               (LPM)  :\(marks(online))")
  call.reply("      Legend     + Yes - No")
}

private func queryPending(_ call: Invocation) throws(CommandMessage) {
  let pattern = call.operands.isEmpty ? "" : try call.operands.useridPattern()
  try call.operands.end()
  if pattern.isEmpty {
    call.replyPending(of: call.control.partitionNames, call.system.machineView.pending)
  } else {
    call.replyPending(of: try call.partitions(pattern))
  }
}

private func queryOwnPending(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  call.replyPending(of: [try call.ownPartition()])
}

private func queryDigest(_ call: Invocation) throws(CommandMessage) {
  var names: [String]?
  if let word = call.operands.peek, !Keyword("STORage").accepts(word) {
    _ = call.operands.next()
    names = word == "ALL" ? call.control.partitionNames : try call.partitions(word)
  }
  let storage = call.operands.take("STORage")
  let isAll = names == nil || names == call.control.partitionNames
  try call.operands.end()
  if isAll {
    let digest = call.digest(of: nil, storage: storage)
    call.reply("DIGEST \(padded("MACHINE", 8)) \(digest)")
  }
  for name in names ?? [] {
    let digest = call.digest(of: name, storage: storage)
    call.reply("DIGEST \(padded(name, 8)) \(digest)")
  }
}

private func queryPartitions(_ call: Invocation) throws(CommandMessage) {
  let pattern = call.operands.isEmpty ? nil : try call.operands.useridPattern()
  try call.operands.end()
  let names = try pattern.map { pattern throws(CommandMessage) in try call.partitions(pattern) }
  call.reply("PARTITION NUM  STATE          PROCESSORS  STORAGE   WRITTEN  PATHS")
  for name in names ?? call.control.partitionNames {
    guard let partition = call.system.partitionView(name) else { continue }
    let online = partition.shares.reduce(0) { $0.addingClamped($1.online) }
    let paths = partition.paths.filter(\.isOnline).map { hexDigits($0.path, 2) }
    call.reply(
      "\(padded(name, 9)) \(rightAligned("\(partition.number)", 3))  "
        + padded(partition.stateText, 14)
        + " \(rightAligned("\(online)/\(partition.processors.count)", 10))"
        + " \(rightAligned(sizeText(partition.storageByteCount), 8))"
        + " \(rightAligned("\(partition.writtenPageCount.multipliedClamped(by: 4))K", 9))"
        + "  \(paths.isEmpty ? "none" : paths.joined(separator: " "))")
  }
}

extension Invocation {
  /// The answer of QUERY SHARE and SET SHARE: one block for each processor type.
  package func replyShare(of name: String) {
    guard let partition = system.partitionView(name) else { return }
    for (index, pool) in partition.shares.enumerated() {
      let lead = index == 0 ? "USER \(padded(name, 8)):" : String(repeating: " ", count: 14)
      guard !pool.isDedicated else {
        reply("\(lead)  \(padded(pool.type.rawValue, 4)) DEDICATED")
        continue
      }
      reply("\(lead)  \(padded(pool.type.rawValue, 4)) \(shareText(pool.setting.amount))")
      reply(String(repeating: " ", count: 16) + "MAXIMUM SHARE = \(limitText(pool.setting.limit))")
    }
  }

  fileprivate func replyPending(of names: [String], _ ofMachine: [PendingChange] = []) {
    var isEmpty = ofMachine.isEmpty
    for pending in ofMachine { reply("\(padded("SYSTEM", 8)) \(pendingText(pending))") }
    for partition in names.compactMap({ system.partitionView($0) }) {
      for pending in partition.pending {
        isEmpty = false
        reply("\(padded(partition.name, 8)) \(pendingText(pending))")
      }
    }
    if isEmpty { reply("No pending changes") }
  }
}

/// The grid of QUERY CHPIDS: `+` online, `-` offline, `.` not configured.
package func pathGrid(_ paths: [(number: UInt8, isOnline: Bool)]) -> [String] {
  var rows = ["       " + (0..<16).map { hexDigits($0, 1) }.joined(separator: "  ")]
  for high in 0..<16 where paths.contains(where: { Int($0.number) >> 4 == high }) {
    let marks = (0..<16).map { low in
      let path = paths.first { Int($0.number) == high << 4 | low }
      return path.map { $0.isOnline ? "+" : "-" } ?? "."
    }
    rows.append("\(hexDigits(high, 1))x     " + marks.joined(separator: "  "))
  }
  rows.append("+ = Available   - = Offline   . = Not configured")
  return rows
}

extension Invocation {
  /// Adds several lines to the answer.
  package func reply(_ lines: [String]) {
    for line in lines { reply(line) }
  }
}

extension Operands {
  /// The next operand as a channel path identifier of two hexadecimal digits; 846E otherwise.
  package mutating func channelPath() throws(CommandMessage) -> UInt8 {
    guard let word = next() else { throw CommandMessage(.operandMissing) }
    guard let value = hexadecimal(word), value <= 0xFF else {
      throw CommandMessage(.invalidChannelPath)
    }
    return UInt8(clamping: value)
  }
}

extension Invocation {
  /// A digest as 16 hexadecimal digits: the machine's (nil) or a partition's.
  fileprivate func digest(of name: String?, storage: Bool) -> String {
    let rolling = name.flatMap { system.partitionView($0)?.digest } ?? system.machineView.digest
    return hexDigits(storage ? system.storageDigest(of: name) : rolling, 16)
  }
}

extension IOConfiguration {
  /// Numbers of the devices that a channel path leads to, ascending.
  package func devices(on path: UInt8) -> [UInt16] {
    devices.map(\.number).filter { paths(to: $0)?.contains(path) == true }.sorted()
  }

  /// Channel paths to a device in the order of its control units; nil for no such device.
  package func paths(to device: UInt16) -> [UInt8]? {
    guard let device = self.device(device) else { return nil }
    var found: [UInt8] = []
    for number in device.controlUnits {
      for unit in controlUnits where unit.number == number {
        for path in unit.paths where !found.contains(path.number) { found.append(path.number) }
      }
    }
    return found
  }
}
