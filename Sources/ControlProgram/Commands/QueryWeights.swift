import Partitioning
import Quantities

// QUERY of processor resources: weights, caps, polarity, groups and the machine's running time.

let queryWeightFormats = [
  CommandFormat(
    "WEIGHTs", "[TYPE {CP|IFL|ZIIP}]", classes: "ACE",
    "Each pool's weights: shares, entitlements, and what each logical processor has of them.",
    operands: [.words("TYPE|CP|IFL|ZIIP")], handler: queryWeights),
  CommandFormat(
    "CAPs", "[pattern]", classes: "ACE",
    "All limits of each partition in processors, and which of them is reached first: logical "
      + "processors, weight, LIMITHARD, absolute cap, its group's, defined capacity, its group's.",
    operands: [.partition], handler: queryCaps),
  CommandFormat(
    "POLarity", "[userid|pattern]", classes: "ACE",
    "Each logical processor's polarity, share, parking and home.", operands: [.partition],
    handler: queryPolarity),
  CommandFormat(
    "POLarity", "*", classes: "G", "Your own logical processors' polarity.",
    operands: [.other], handler: queryPolarity),
  CommandFormat(
    "GROUPS", "", classes: "ACE", "The groups, their caps and their members.",
    handler: queryGroups),
  CommandFormat(
    "RUNTIME", "", classes: "ACE", "The running time of each pool, and wait completion.",
    handler: queryRunningTime),
]

private func queryWeights(_ call: Invocation) throws(CommandMessage) {
  let type = try call.operands.processorType()
  try call.operands.end()
  let partitions = call.visible(call.control.partitionNames)
    .compactMap { call.system.partitionView($0) }.filter(\.isActive)
  for pool in call.system.machineView.pools where type == nil || pool.type == type {
    if call.seesOthers { call.reply(poolLines(pool)) }
    let rows = partitions.flatMap { partition in
      partition.shares.filter { $0.type == pool.type }.map { weightRow(partition, $0, pool) }
    }
    call.reply(
      TextTable(
        columns: [
          .left("PARTITION"), .right("WEIGHT"), .right("MIN"), .right("MAX"), .right("SHARE"),
          .right("ENTITLED"), .right("CPUS"), .right("PER CPU"), .left("REMARK"),
        ], rows: rows
      ).lines)
  }
}

/// One pool: what is shared, by how much weight, and one processor's worth of it, exactly.
private func poolLines(_ pool: PoolView) -> [String] {
  var lines = [
    "POOL \(padded(pool.type.rawValue, 4)) ONLINE = \(pool.online) DEDICATED = \(pool.dedicated) "
      + "SHARED = \(pool.shared) WEIGHTS = \(pool.weightSum)"
  ]
  if pool.shared > 0, pool.weightSum > 0 {
    let engine = ProcessingShare.engineWeight(
      weights: pool.weightSum, sharedProcessors: pool.shared)
    lines.append("  ENGINE WEIGHT = \(fractionText(engine))")
  }
  return lines
}

private func weightRow(
  _ partition: PartitionView, _ share: ShareView, _ pool: PoolView
) -> [String] {
  guard !share.isDedicated else {
    return [
      partition.name, "DED", "", "", "", processorsText(Double(share.online)),
      "\(share.online)", "100.0%", "",
    ]
  }
  let processors = partition.definition.processors.first { $0.type == share.type }
  let weight =
    switch share.setting.amount {
    case .relative(let weight): "\(weight)"
    case .absolute: "ABS"
    }
  let part = pool.shared == 0 ? 0 : share.entitlement / Double(pool.shared)
  return [
    partition.name, weight, processors?.minimumWeight.map { "\($0)" } ?? "-",
    processors?.maximumWeight.map { "\($0)" } ?? "-", percentText(part),
    processorsText(share.entitlement), "\(share.online)", percentText(share.entitlementPerLogical),
    remark(share),
  ]
}

/// What is wrong with the number of logical processors: SHORT, or how much they cannot use.
private func remark(_ share: ShareView) -> String {
  if share.isShort { return "SHORT" }
  let stranded = share.entitlement - Double(share.online)
  return stranded > 0.00005 ? "\(processorsText(stranded)) STRANDED" : ""
}

private func queryCaps(_ call: Invocation) throws(CommandMessage) {
  let names = try call.selected()
  var rows: [[String]] = []
  for partition in names.compactMap({ call.system.partitionView($0) }) where partition.isActive {
    for share in partition.shares where !share.isDedicated {
      guard let limits = share.limits else { continue }
      let cells = LimitKind.allCases.map { kind in
        kind == .logicalProcessors
          ? "\(limits.logicalProcessors)" : limits[kind].map(exactProcessors) ?? "-"
      }
      let least = limits.effective
      let units = share.type == .cp ? partition.definition.definedCapacity : nil
      rows.append(
        [partition.name, share.type.rawValue] + cells
          + [
            units.map { "\($0)" } ?? "-", share.softLimit.map(exactProcessors) ?? "-",
            exactProcessors(least.processors), least.kind.column,
          ])
    }
  }
  call.reply(
    TextTable(
      columns: [.left("PARTITION"), .left("TYPE")]
        + LimitKind.allCases.map { .right($0.column) }
        + [.right("MSU"), .right("SOFT"), .right("MOST"), .left("BY")],
      rows: rows
    ).lines)
}

extension LimitKind {
  /// Its column in QUERY CAPS.
  fileprivate var column: String {
    switch self {
    case .logicalProcessors: "CPUS"
    case .weight: "WEIGHT"
    case .shareLimit: "HARD"
    case .absolute: "CAP"
    case .groupAbsolute: "GRPCAP"
    case .definedCapacity: "DEFCAP"
    case .groupCapacity: "GRPDEF"
    }
  }
}

private func queryPolarity(_ call: Invocation) throws(CommandMessage) {
  var rows: [[String]] = []
  for partition in try call.selected().compactMap({ call.system.partitionView($0) })
  where partition.isActive {
    for processor in partition.processors where processor.state != .reserved {
      rows.append([
        partition.name, hexDigits(processor.number, 2), processor.type.rawValue,
        processor.isDedicated ? "DEDICATED" : polarityText(processor.polarity),
        processorsText(processor.share), processor.isParked ? "YES" : "NO",
        processor.home.map { hexDigits($0, 2) } ?? "-",
      ])
    }
  }
  call.reply(
    TextTable(
      columns: [
        .left("PARTITION"), .left("CPU"), .left("TYPE"), .left("POLARITY"), .right("SHARE"),
        .left("PARKED"), .left("HOME"),
      ], rows: rows
    ).lines)
}

/// A polarity in the operator's words.
func polarityText(_ polarity: LogicalPolarity) -> String {
  switch polarity {
  case .horizontal: "HORIZONTAL"
  case .verticalLow: "LOW"
  case .verticalMedium: "MEDIUM"
  case .verticalHigh: "HIGH"
  }
}

private func queryGroups(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let groups = call.system.machineView.settings.groups
  if groups.isEmpty { return call.reply("No groups are defined") }
  for group in groups {
    let caps = group.absoluteCaps.map {
      "\($0.type.rawValue) \(hundredthsText($0.hundredths))"
    }
    call.reply(
      "GROUP \(padded(group.name, 8)) ABSOLUTE CAP = "
        + (caps.isEmpty ? "NONE" : caps.joined(separator: ", "))
        + " LIMIT = \(group.capacityUnits.map { "\($0) MSU" } ?? "NONE")")
    let members = call.visible(call.control.partitionNames).filter { name in
      call.system.partitionView(name)?.definition.processors.contains { $0.group == group.name }
        ?? false
    }
    let lines = HelpText.wrapped(
      "MEMBERS = " + (members.isEmpty ? "NONE" : members.joined(separator: " ")), width: 78,
      indent: "  ")
    call.reply(lines)
  }
}

private func queryRunningTime(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let machine = call.system.machineView
  let set = machine.settings.runningTime
  call.reply("RUNTIME = \(set.map(millisecondsText) ?? "DYNAMIC")")
  for pool in machine.pools {
    call.reply("  \(padded(pool.type.rawValue, 4)) \(millisecondsText(pool.runningTime))")
  }
  call.reply("WAIT COMPLETION = \(machine.settings.waitCompletion ? "ON" : "OFF")")
  if machine.profileSettings != machine.settings {
    let profile = machine.profileSettings
    call.reply(
      "RESET PROFILE: RUNTIME = \(profile.runningTime.map(millisecondsText) ?? "DYNAMIC"), "
        + "WAIT COMPLETION = \(profile.waitCompletion ? "ON" : "OFF")")
  }
}

extension Invocation {
  /// The partitions of an operand that may be left out, those that the issuer may see.
  ///
  /// Without an operand they are all, in name order; for class G alone they are the issuer's own.
  func selected() throws(CommandMessage) -> [String] {
    let isOwn = !issuer.classes.permits(PrivilegeClasses(letters: "ACE"))
    guard !operands.isEmpty else {
      return isOwn ? [try ownPartition()] : visible(control.partitionNames)
    }
    let pattern = try operands.useridPattern()
    try operands.end()
    if isOwn, pattern != "*" { throw CommandMessage(.invalidOption, pattern) }
    let names = visible(try partitions(pattern))
    if names.isEmpty { throw CommandMessage(.noGlobalData, issuer.userid, "QUERY") }
    return names
  }
}

/// A number of processors with four decimals.
func processorsText(_ value: Double) -> String {
  fixedPointText(rounded(max(value, 0), by: 10_000), places: 4, padded: true)
}

/// A part of one as a percentage with one decimal: `27.0%`.
func percentText(_ part: Double) -> String {
  fixedPointText(rounded(max(part, 0), by: 1000), places: 1, padded: true) + "%"
}

/// An exact number of processors, rounded to four decimals.
func exactProcessors(_ value: Fraction) -> String {
  value.text(places: 4)
}

/// An exact number as it is, with its decimals behind it when it is not whole: `145/8 (18.1250)`.
func fractionText(_ value: Fraction) -> String {
  value.denominator == 1 ? "\(value)" : "\(value) (\(exactProcessors(value)))"
}
