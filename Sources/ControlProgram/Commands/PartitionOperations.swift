import Partitioning
import Quantities

// The operations of the machine's own interface (PR/SM's tasks), which name a partition. Where they
// would end what runs in it they need FORCE; CP's verbs for the same (FORCE, IPL, SYSTEM RESET)
// always do what they say.

let partitionOperations: [Command] = [
  Command(
    "ACTivate", module: "ACT",
    "Activates a partition and loads it, or changes the I/O configuration.",
    notes: [
      "Without PROFILE it is the next-activation profile, which SET PROFILE names. NOLOAD (or "
        + "NOIPL) leaves the partition not operating.",
      "An active partition is activated again only with FORCE: it is taken down first. When a "
        + "COMMAND of its definition fails it is not activated.",
    ] + deckNotes,
    formats: [
      CommandFormat(
        "", "userid|pattern [PROFile name] [NOLoad|NOIPl] [FORCE]", classes: "AB",
        "Gives a partition the resources of an image profile and loads it.",
        operands: [.partition, .words("PROFile|NOLoad|NOIPl|FORCE")], handler: activate),
      deckFormat,
    ]),
  Command(
    "RECOVER", module: "RCV", "Brings back a partition that the last end of the machine took.",
    notes: [
      "After an end without SHUTDOWN the next start says which partitions were lost. RECOVER "
        + "activates one as it was set, with the processors and storage it had, and loads it again; "
        + "what its guest had in storage is gone."
    ],
    formats: [
      CommandFormat(
        "", "userid|pattern", classes: "AB", "Activates and loads it as it was.",
        operands: [.partition], handler: recover)
    ]),
  Command(
    "DEACTivate", module: "DEA", "Takes a partition down and returns all it had.",
    notes: ["FORCE userid IMMEDIATE is DEACTIVATE userid FORCE."],
    formats: [
      CommandFormat(
        "", "userid|pattern [FORCE]", classes: "A",
        "Takes it down; one that is operating needs FORCE.",
        operands: [.partition, .words("FORCE")], handler: deactivate)
    ]),
  Command(
    "LOAD", module: "LOA", "Loads an active partition and starts it.",
    notes: [
      "Without operands it loads what was loaded last, at first what the profile says. PARM comes "
        + "last. For class G alone it is your own partition, as IPL.",
      "Storage is cleared unless NOCLEAR is given. One that is operating needs FORCE.",
    ],
    formats: [
      CommandFormat(
        "",
        "userid|pattern [LOADPROFile name | [PROGram] name | KERNEL file [INITRD file]] "
          + "[CLear|NOCLear] [FORCE] [PARM text]",
        classes: "AB", "Loads a load profile, a guest program, a Linux kernel.",
        operands: [
          .partition, .words("LOADPROFile|PROGram|KERNEL|INITRD|CLear|NOCLear|FORCE|PARM"),
        ], handler: load),
      CommandFormat(
        "", "[[PROGram] name | KERNEL file [INITRD file]] [CLear] [PARM text]", classes: "G",
        "Loads your own partition, as IPL does.",
        operands: [.words("PROGram|KERNEL|INITRD|PARM|CLear")], handler: loadOwn),
    ]),
  Command(
    "RESET", module: "RST", "Resets an active partition.",
    notes: [
      "NORMAL keeps storage; CLEAR clears it and returns what was added to it. One that is "
        + "operating needs FORCE."
    ],
    formats: [
      CommandFormat(
        "NORMal|CLEAR", "userid|pattern [FORCE]", classes: "A",
        "Resets it, with its storage or without.", operands: [.partition, .words("FORCE")],
        handler: reset)
    ]),
  Command(
    "RESTART", module: "RSA", "Interrupts a partition as the restart key does.",
    formats: [
      CommandFormat(
        "", "userid|pattern", classes: "A", "Interrupts its first processor (an NMI).",
        operands: [.partition], handler: restart)
    ]),
  Command(
    "STOP", module: "STP", "Stops processors.",
    notes: ["Without a userid it is your own partition; with class A others are named."],
    formats: [
      CommandFormat(
        "", "userid|pattern [CPU nn]", classes: "A",
        "Stops a partition's processors, or one of them.",
        operands: [.partition, .words("CPU")], handler: stop),
      CommandFormat(
        "", "[CPU nn]", classes: "G", "Stops all your processors, or one.",
        operands: [.words("CPU")], handler: stopOwn),
    ]),
  Command(
    "START", module: "STA", "Starts a partition's processors again.",
    notes: ["BEGIN does it for your own partition."],
    formats: [
      CommandFormat(
        "", "userid|pattern [CPU nn]", classes: "A", "Goes on where the processors stopped.",
        operands: [.partition, .words("CPU")], handler: start)
    ]),
  Command(
    "RELease", module: "REL", "Gives up a channel path that isolation keeps for a partition.",
    formats: [
      CommandFormat(
        "CHPID", "nn userid", classes: "AB",
        "Lets others have the path that an isolated partition had.",
        operands: [.other, .partition], handler: release)
    ]),
  Command(
    "CANCEL", module: "CAN", "Withdraws changes that wait for a guest.",
    notes: [
      "QUERY PENDING shows them. A partition's own user writes CONFIG ALL,CANCEL; FORCE userid "
        + "CANCEL withdraws what the end of a shutdown signal's time would do."
    ],
    formats: [
      CommandFormat(
        "", "userid|pattern [CPU|STORage|CHP|SHUTDOWN|ALL]", classes: "A",
        "Withdraws all that is pending, or what is of one kind.",
        operands: [.partition, .words("CPU|STORage|CHP|SHUTDOWN|ALL")], handler: cancel)
    ]),
]

private func activate(_ call: Invocation) throws(CommandMessage) {
  // No userid has an equals sign.
  if call.operands.peek?.contains("=") ?? false { return try activateDeck(call) }
  let pattern = try call.operands.useridPattern()
  var profile: String?
  var isLoaded = true
  var isForced = false
  while !call.operands.isEmpty {
    if call.operands.take("PROFile") {
      profile = try call.operands.required()
    } else if call.operands.take(anyOf: "NOLoad|NOIPl") != nil {
      isLoaded = false
    } else if call.operands.take("FORCE") {
      isForced = true
    } else {
      try call.operands.end()
    }
  }
  try call.forEach(pattern) { name throws(CommandMessage) in
    try call.perform(.logOn(name, profile: profile, load: isLoaded, force: isForced))
    call.replyStatus(of: name)
  }
}

private func recover(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  try call.operands.end()
  try call.forEach(pattern) { name throws(CommandMessage) in
    try call.perform(.recover(name))
    call.replyStatus(of: name)
  }
}

private func deactivate(_ call: Invocation) throws(CommandMessage) {
  try call.performOnActive { .deactivate($0, force: $1) }
}

private func load(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let what = try LoadOperands(&call.operands, profiles: call.system.definition.loadProfiles)
  try call.forEachActive(pattern) { name throws(CommandMessage) in
    try call.perform(what.action(on: name, isForced: what.isForced))
    call.replyStatus(of: name)
  }
}

private func reset(_ call: Invocation) throws(CommandMessage) {
  let clears = call.lead.first == "CLEAR"
  try call.performOnActive {
    clears ? .resetClear($0, force: $1) : .resetNormal($0, force: $1)
  }
}

private func restart(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  try call.operands.end()
  try call.forEachActive(pattern) { name throws(CommandMessage) in
    try call.perform(.restart(name))
    call.replyStatus(of: name)
  }
}

private func stop(_ call: Invocation) throws(CommandMessage) {
  // An issuer of both classes names his own partition by leaving the userid out.
  if call.issuer.partition != nil, call.operands.isEmpty || call.operands.peek == "CPU" {
    return try stopOwn(call)
  }
  guard !call.operands.isEmpty else {
    throw call.noPartition()
  }
  let pattern = try call.operands.useridPattern()
  let processor = try call.processorOption()
  try call.operands.end()
  try call.forEachActive(pattern) { name throws(CommandMessage) in
    try call.perform(.stop(name, processor: processor))
    call.replyStatus(of: name)
  }
}

private func stopOwn(_ call: Invocation) throws(CommandMessage) {
  let processor = try call.processorOption()
  try call.operands.end()
  try call.perform(.stop(try call.ownPartition(), processor: processor))
}

private func start(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let processor = try call.processorOption()
  try call.operands.end()
  try call.forEachActive(pattern) { name throws(CommandMessage) in
    try call.perform(.start(name, processor: processor))
    call.replyStatus(of: name)
  }
}

private func release(_ call: Invocation) throws(CommandMessage) {
  let path = try call.operands.channelPath()
  let name = try call.operands.userid()
  try call.operands.end()
  try call.perform(.releasePath(name, path: path))
  call.reply("Path \(hexDigits(path, 2)) released by \(name)")
}

private func cancel(_ call: Invocation) throws(CommandMessage) {
  let pattern = try call.operands.useridPattern()
  let kind: PendingKind? =
    switch call.operands.take(anyOf: "CPU|STORage|CHP|SHUTDOWN|ALL") {
    case "CPU": .processor
    case "STORAGE": .storage
    case "CHP": .path
    case "SHUTDOWN": .shutdown
    default: nil
    }
  try call.operands.end()
  try call.forEachActive(pattern) { name throws(CommandMessage) in
    try call.perform(.cancelPending(name, kind: kind))
    call.reply("Pending changes of \(name) are cancelled")
  }
}

extension Invocation {
  /// Reads `userid|pattern [FORCE]` and performs the action on each active partition.
  fileprivate func performOnActive(
    _ action: (_ name: String, _ isForced: Bool) -> ManagementAction
  ) throws(CommandMessage) {
    let pattern = try operands.useridPattern()
    let isForced = operands.take("FORCE")
    try operands.end()
    try forEachActive(pattern) { name throws(CommandMessage) in
      try perform(action(name, isForced))
      replyStatus(of: name)
    }
  }

  /// The end of an operation: `SPIN001  ACTIVATE COMPLETED, OPERATING`.
  ///
  /// All of an operation happens at one instant; what then still waits for the guest is named.
  fileprivate func replyStatus(of name: String) {
    guard let partition = system.partitionView(name) else { return }
    let pending = partition.pending.map { ", \($0.text) PENDING" }.joined()
    reply(
      "\(padded(name, 8)) \(command.keyword.name) COMPLETED, \(partition.stateText)\(pending)")
  }
}
