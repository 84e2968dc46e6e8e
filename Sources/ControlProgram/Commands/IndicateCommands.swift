import Partitioning
import Quantities

/// INDICATE and its forms.
let indicateCommands: [Command] = [
  Command(
    "INDicate", module: "IND", "Shows how busy the machine and its partitions are.",
    notes: [
      "INDICATE LOAD is the machine's, in CP's lines. Q1 counts partitions that have work now, "
        + "DORMANT those that wait.",
      "INDICATE USER has a line LOAD for a guest with OPTION BALLOON: the physical processors that it uses, "
        + "and how much of its storage its programs could still get, by its own count.",
      "INDICATE LPAR shows processors: what each partition is entitled to, what it used and what "
        + "it was denied while it had work, over the last measuring interval.",
      "INDICATE DEVICES tells where requests spend their time: IOSQ before their start, as the subchannel is busy "
        + "with an earlier one or has no path; PEND from there on, in the control unit's queue (CUQ, all paths "
        + "are busy) and the device's (DEVQ, it works for others); DISC while the device works; CONN while data "
        + "moves. RESP is all of them, UTIL% the part of the time in DISC or CONN. INT is the interval of each "
        + "line in seconds: since IPL, or since the partition was given the device or linked to it; RATE, CONN% "
        + "and UTIL% are over that.",
      "INDICATE LPAR REPORT is RMF's Partition Data Report with the Processor Report: since the "
        + "machine's IPL, or between the samples that MONITOR takes before FROM and TO. CSV and "
        + "JSON are for programs.",
      TimeSelection.note,
    ],
    formats: [
      CommandFormat("LOAD", "", classes: "EG", "The machine's load.", handler: indicateLoad),
      CommandFormat(
        "USER", "userid|pattern", classes: "E", "A partition's use of its resources.",
        operands: [.partition], handler: indicateUser),
      CommandFormat(
        "USER", "[*]", classes: "G", "Your own partition's use of its resources.",
        handler: indicateOwnUser),
      CommandFormat(
        "LPARs REPort",
        "[pattern] [TYPE {CP|IFL|ZIIP}] [FROM t [TO t] | LAST n [SEC|MIN|HRS]] [CSV|JSON]",
        classes: "ACE", "The Partition Data Report and the Processor Report of an interval.",
        operands: [.partition, .words("TYPE|CP|IFL|ZIIP|FROM|TO|LAST|SEC|MIN|HRS|CSV|JSON")],
        handler: reportPartitions),
      CommandFormat(
        "LPARs", "[pattern]", classes: "ACE",
        "Weight, entitlement, use and denial of each partition, and the pace.",
        operands: [.partition], handler: indicatePartitions),
      indicateInputOutputFormat, indicateDevicesFormat,
      CommandFormat("", "", classes: "EG", "As INDICATE LOAD.", handler: indicateLoad),
    ])
]

/// A part of one as hundredths with three digits: `027`.
private func percent(_ part: Double) -> String {
  digits(rounded(part, by: 100), 3)
}

private func indicateLoad(_ call: Invocation) throws(CommandMessage) {
  guard call.seesOthers else {
    throw CommandMessage(.noGlobalData, call.issuer.userid, "INDICATE USER")
  }
  if let word = call.operands.peek { throw CommandMessage(.invalidOption, word) }
  let machine = call.system.machineView
  let online = machine.processors.filter(\.isOnline)
  let busy = online.reduce(0) { $0 + $1.recentBusy } / Double(max(online.count, 1))
  let count = { (value: Int) in digits(value, 5) }
  call.reply("AVGPROC-\(percent(busy))% \(digits(online.count, 2))")
  call.reply("MDC READS-000000/SEC WRITES-000000/SEC HIT RATIO-000%")
  call.reply("PAGING-0/SEC")
  let dormant = machine.activeCount.subtractingClamped(machine.readyCount)
  call.reply("Q0-00000(00000)                           DORMANT-\(count(dormant))")
  call.reply("Q1-\(count(machine.readyCount))(00000)           E1-00000(00000)")
  call.reply("Q2-00000(00000) EXPAN-001 E2-00000(00000)")
  call.reply("Q3-00000(00000) EXPAN-001 E3-00000(00000)")
  call.reply("")
  let cells = online.map { processor in
    "PROC \(hexDigits(processor.number, 4))-\(percent(processor.recentBusy))% "
      + "\(padded(processor.type.rawValue, 4)) HZ"
  }
  for start in stride(from: 0, to: cells.count, by: 2) {
    call.reply(cells.dropFirst(start).prefix(2).joined(separator: "     "))
  }
  call.reply("")
  let limited = call.control.partitionNames.compactMap { call.system.partitionView($0) }
    .flatMap(\.processors).count { $0.state == .capped }
  call.reply("LIMITED-\(count(limited))")
}

private func indicateUser(_ call: Invocation) throws(CommandMessage) {
  let pattern = call.operands.isEmpty ? "*" : try call.operands.useridPattern()
  try call.operands.end()
  _ = try call.loggedOn(pattern)
  try call.forEach(pattern) { name throws(CommandMessage) in
    if call.visible([name]).isEmpty {
      throw CommandMessage(.noGlobalData, call.issuer.userid, "INDICATE USER")
    }
    call.replyUse(of: try call.activeStatus(of: name))
  }
}

private func indicateOwnUser(_ call: Invocation) throws(CommandMessage) {
  if let word = call.operands.next(), word != "*" { throw CommandMessage(.invalidOption, word) }
  try call.operands.end()
  call.replyUse(of: try call.ownStatus())
}

private func indicatePartitions(_ call: Invocation) throws(CommandMessage) {
  let pattern = call.operands.isEmpty ? nil : try call.operands.useridPattern()
  try call.operands.end()
  let machine = call.system.machineView
  let names = call.visible(
    try pattern.map { pattern throws(CommandMessage) in try call.partitions(pattern) }
      ?? call.control.partitionNames)
  call.reply("PARTITION TYPE CPUS      SHARE  ENTITLED      USED    DENIED  CAPPING")
  for partition in names.compactMap({ call.system.partitionView($0) }) where partition.isActive {
    for share in partition.shares {
      call.reply("\(padded(partition.name, 9)) \(shareLine(share))")
    }
  }
  for pool in machine.pools where call.seesOthers {
    // Dedicated processors are in both, as in the rows above.
    call.reply(
      "POOL      \(padded(pool.type.rawValue, 4)) \(rightAligned("\(pool.online)", 4)) "
        + "\(rightAligned("\(pool.weightSum)", 10)) \(processors(Double(pool.online))) "
        + processors(pool.recentBusy * Double(pool.online)))
  }
  // The pace is the host's.
  guard !call.control.answersByHistoryAlone else { return }
  let achieved = machine.achievedPace.map { fixedPointText(rounded($0, by: 100), places: 2) }
  call.reply("PACE \(paceText(machine.pace)), ACHIEVED \(achieved ?? "NOT MEASURED")")
}

/// One row of INDICATE LPAR after the name.
private func shareLine(_ share: ShareView) -> String {
  let amount =
    switch share.setting.amount {
    case _ where share.isDedicated: "DED"
    case .relative(let weight): "\(weight)"
    case .absolute(let value): fixedPointText(value, places: 2) + "%"
    }
  var caps: [String] = []
  if share.isDedicated {
    caps = []
  } else if share.setting.isCapped {
    caps.append("HARD")
  } else if share.setting.limit != .none {
    caps.append(limitText(share.setting.limit))
  }
  if let cap = share.setting.absoluteCapHundredths {
    caps.append("ABS \(hundredthsText(cap))")
  }
  // The kinds that are not the partition's own setting, or in force only at times.
  let others: [(LimitKind, String)] = [
    (.groupAbsolute, "GROUP"), (.definedCapacity, "DEFCAP"), (.groupCapacity, "GROUP DEFCAP"),
  ]
  for (kind, word) in others {
    guard !share.isDedicated, let limit = share.limits?[kind] else { continue }
    let hundredths = Int(clamping: (limit * Fraction(100)).rounded)
    caps.append("\(word) \(hundredthsText(hundredths))")
  }
  return "\(padded(share.type.rawValue, 4)) \(rightAligned("\(share.online)", 4)) "
    + "\(rightAligned(amount, 10)) \(processors(share.entitlement)) "
    + "\(processors(share.recentUsed)) \(processors(share.recentDenied))  "
    + (caps.isEmpty ? "NO" : caps.joined(separator: ", "))
}

/// A number of processors in nine columns with four decimals.
private func processors(_ value: Double) -> String {
  rightAligned(fixedPointText(rounded(max(value, 0), by: 10_000), places: 4, padded: true), 9)
}

/// `REAL`, `FAST` or the factor.
package func paceText(_ pace: Pace) -> String {
  switch pace {
  case .real: "REAL"
  case .fast: "FAST"
  case .factor(let factor): "\(factor)"
  case .stopped: "STOPPED"
  }
}

extension Invocation {
  /// The answer of INDICATE USER.
  fileprivate func replyUse(of partition: PartitionView) {
    let loaded = partition.definition.ipl?.summary ?? "NONE"
    let pages = partition.writtenPageCount
    reply(
      "USERID=\(padded(partition.name, 8)) MACH=X86 STOR=\(sizeText(partition.storageByteCount)) "
        + "VIRT=V XSTORE=NONE")
    reply("IPLSYS=\(padded(loaded, 8)) DEVNUM=\(digits(partition.devices.count, 5))")
    reply("PAGES: RES=\(pages) WS=\(pages) LOCKEDREAL=0 RESVD=0")
    reply("NPREF=0 PREF=0 READS=0 WRITES=0")
    let connected = system.elapsed(since: partition.activated ?? 0) / 1_000_000_000
    let time = { (nanoseconds: UInt64) in
      let seconds = nanoseconds / 1_000_000_000
      return "\(digits(seconds / 60, 3)):\(digits(seconds % 60, 2))"
    }
    for processor in partition.processors where processor.state != .reserved {
      let used = time(processor.usedNanoseconds)
      reply(
        "CPU \(hexDigits(processor.number, 2)): CTIME=\(digits(connected / 3600, 2)):"
          + "\(digits(connected / 60 % 60, 2)) VTIME=\(used) TTIME=\(used) "
          + "IO=\(digits(partition.requestCount, 6))")
      let type = padded(processor.type.rawValue, 4)
      reply("        RDR=000000 PRT=000000 PCH=000000 TYPE=\(type) CPUAFFIN=ON")
    }
    let work = partition.workCounter.map { "WORK=\($0) " } ?? ""
    if let report = partition.storageReport {
      let used = fixedPointText(
        rounded(partition.processorsInUse, by: 100), places: 2, padded: true)
      let online = partition.processors.count { $0.state != .reserved }
      reply(
        "LOAD: CPUS=\(used) OF \(online) AVAILABLE=\(report.availableByteCount >> 20)M OF "
          + "\(report.totalByteCount >> 20)M")
    }
    reply("\(work)INSTRUCTIONS=\(partition.instructionCount) DISPATCHES=\(partition.dispatchCount)")
  }
}
