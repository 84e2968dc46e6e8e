import Definitions
import Partitioning
import Quantities

/// CONFIG, DEFINE, DETACH and VARY: what a partition or the machine has.
let configurationCommands: [Command] = [
  Command(
    "CONFIG", aliases: "CF", module: "CFG",
    "Changes your partition's processors, storage or channel paths while it runs.",
    notes: [
      "Acts on your own partition; the operator writes FOR name CMD CONFIG CPU(2),ONLINE. Commas "
        + "or blanks separate the operands. CPU and CHP numbers are hexadecimal.",
      "A processor or storage is offered to the guest, or wanted back, and the change is pending "
        + "until the guest has done its part or WITHIN seconds (60) are over. UNCOND and FORCE "
        + "take away what the guest does not give. CANCEL withdraws what is pending; storage that "
        + "Linux has plugged or unplugged by then stays so, and 8890I says how much it was. Storage that comes by "
        + "ACPI memory devices (STORAGE BY ACPI) is a multiple of 128M or more; one that Linux refuses to give is "
        + "told of (8838I) and asked for again.",
      "The last channel path to a device in use is refused without UNCOND or FORCE. A path goes off line when "
        + "the requests that are under way there have ended: nothing begins there any more, and the change is "
        + "pending. The devices are told after 15 seconds, and after 150 the operator is asked to decide: FORCE, "
        + "CANCEL, or to wait on.",
    ],
    formats: [
      CommandFormat(
        "",
        "{CPU(nn[-nn]) | STOR(n{K|M|G}) | CHP(nn[-nn])},{ONLINE | OFFLINE[,UNCOND|,FORCE]}"
          + "[,WITHIN=n] | {CPU|STOR|CHP|DEVICE|ALL}[,ONLINE|,OFFLINE],CANCEL",
        classes: "G", "Configures on line or off line, or cancels what is pending.",
        operands: [.words("CPU(|STOR(|CHP(|DEVICE|ONLINE|OFFLINE|UNCOND|FORCE|CANCEL|WITHIN")],
        handler: configure)
    ]),
  Command(
    "DEFine", module: "DFN",
    "Adds processors, partitions, virtual switches or adapters, or defines the size of storage.",
    notes: [
      "DEFINE CPU is live: the new processor arrives STOPPED and the guest starts it. DEFINE "
        + "STORAGE resets the virtual machine and clears its storage, as in CP.",
      "DEFINE PARTITION is like a partition, image profiles as they are now, or like a PROFILE of "
        + "the directory; without LIKE it has a processor and 64M. It is not active, has no channel "
        + "paths and no ORIGIN, and stays until it is deleted, over a restart with the same state "
        + "folder too. One with DEDICATE cannot be copied. A partition of the definition files that "
        + "was deleted comes back by its name alone. A range is defined as a whole or not at all.",
      defineAdapterNote, defineChannelEndNote,
    ],
    formats: [
      CommandFormat(
        "CPU", "nn[-nn] ... [TYPE {CP|IFL|ZIIP}]", classes: "G",
        "Adds logical processors, stopped; all of them or none.",
        operands: [.other, .words("TYPE|CP|IFL|ZIIP")], handler: defineProcessors),
      CommandFormat(
        "STORage", "[AS] n{K|M|G}", classes: "G",
        "Gives your partition this much storage, cleared, and resets it.",
        operands: [.words("AS")], handler: defineStorage),
      CommandFormat(
        "PARTition", "userid [THRU userid] [LIKE {userid|profile}]", classes: "B",
        "Defines a partition, or those of a numbered range, while the machine runs.",
        operands: [.other, .words("THRU|LIKE"), .model, .words("LIKE"), .model],
        handler: definePartitions),
      defineSwitchFormat,
    ] + defineAdapterFormats + defineChannelEndFormats),
  Command(
    "DETach", module: "CPU",
    "Removes processors, a device or an adapter from a partition, or takes a virtual switch away.",
    notes: detachNotes,
    formats: [
      CommandFormat(
        "CPU", "{nn[-nn] ... | ALL}", classes: "G",
        "Removes logical processors; storage is cleared and the machine reset.",
        operands: [.words("ALL")], handler: detachProcessors),
      detachSwitchFormat,
    ] + detachAdapterFormats + detachChannelEndFormats + detachFormats),
  Command(
    "VARY", module: "VRY", "Varies processors, channel paths or devices on or off line.",
    notes: [
      "VARY CHPID is for the whole machine; CONFIG CHP is for one partition, and VARY PATH for one device of it: "
        + "the operator writes FOR name CMD VARY PATH(0100,10),OFFLINE. The last path to a device needs UNCOND, "
        + "and FORCE while the guest uses the device; requests wait then. A load or a reset ends it.",
      "VARY OFFLINE CHPID waits for the requests that are under way there, as CONFIG CHP does: it is pending, and "
        + "QUERY PENDING shows it. UNCOND and FORCE do not wait, and VARY ONLINE CHPID takes it back.",
      "A device that is off line cannot be attached; one that is attached cannot be varied off line.",
    ],
    formats: [
      CommandFormat(
        "ONline|OFFline PROCessor", "nn[-nn] ...", classes: "B",
        "Varies physical processors.", operands: [.other], handler: varyProcessors),
      CommandFormat(
        "ONline|OFFline CHPID", "nn [UNCOND|FORCE]", classes: "B",
        "Varies a channel path for all partitions.", operands: [.words("UNCOND|FORCE")],
        handler: varyPath),
      CommandFormat(
        "ONline|OFFline", "rdev[-rdev] ...", classes: "B",
        "Varies devices; all of them or none.", operands: [.other], handler: varyDevices),
      varyDevicePathFormat,
    ]),
]

/// What CONFIG and VARY PATH name: `CPU(1-3)` and the words after it.
struct ConfigurationOperands {
  var object: String
  /// The operands in the parentheses; nil without parentheses.
  var values: [String]?
  var words: [String]

  init(_ text: String) throws(CommandMessage) {
    let upper = text.uppercased()
    let separators: (Character) -> Bool = { CommandParser.isBlank($0) || $0 == "," || $0 == "=" }
    let head = upper.prefix { $0 != "(" && !separators($0) }
    var rest = upper.dropFirst(head.count)
    object = String(head)
    if rest.first == "(" {
      let pieces = rest.dropFirst().split(
        separator: ")", maxSplits: 1, omittingEmptySubsequences: false)
      guard pieces.count == 2, let inside = pieces.first, let after = pieces.last else {
        throw CommandMessage(.unbalanced, String(rest))
      }
      values = inside.split(whereSeparator: separators).map(String.init)
      rest = after
    }
    words = rest.split(whereSeparator: separators).map(String.init)
    if object.isEmpty { throw CommandMessage(.operandMissing) }
  }
}

private func configure(_ call: Invocation) throws(CommandMessage) {
  if call.operands.isEmpty { throw CommandMessage(.operandMissing) }
  var operands = try ConfigurationOperands(call.operands.takeRemainder())
  let name = try call.ownPartition()
  let kind = try configurationKind(operands.object)
  if operands.words.last == "CANCEL" {
    return try cancel(call, name, kind, operands.words.dropLast())
  }
  guard let state = operands.words.first else { throw CommandMessage(.operandMissing) }
  operands.words.removeFirst()
  if operands.object == "ALL" { throw CommandMessage(.invalidOption, operands.object) }
  let (insistence, within) = try configurationOptions(&operands.words, state: state)
  guard let values = operands.values, !values.isEmpty else { throw CommandMessage(.operandMissing) }
  let change = ConfigurationChange(
    name: name, isOnline: state == "ONLINE", insistence: insistence, within: within)
  var steps: [ConfigurationChange.Step] = []
  for value in values { steps += try change.steps(kind, value) }
  if let twice = firstRepeated(steps.compactMap(\.object)) {
    throw CommandMessage(.conflictingOption, twice)
  }
  let result = try call.perform(.together(steps.map(\.action)))
  guard case .pending = result else {
    return steps.forEach { call.reply("\($0.text) \(state)") }
  }
  call.reply(result, done: "")
}

/// A change of CONFIG, of which each value of its list is a step.
private struct ConfigurationChange {
  let name: String
  let isOnline: Bool
  let insistence: Insistence
  let within: Int?

  /// One thing that goes on line or off line.
  struct Step {
    let action: ManagementAction
    let text: String
    /// What must not be named twice; nil for storage, of which one can have more.
    let object: String?
  }

  /// What a value in the parentheses means.
  func steps(_ kind: ConfigurationKind, _ value: String) throws(CommandMessage) -> [Step] {
    switch kind {
    case .processor:
      return try processorRange(value).map { number in
        let text = "CPU \(hexDigits(number, 2))"
        return Step(
          action: .configureProcessor(
            name, processor: number, online: isOnline, insistence: insistence, within: within),
          text: text, object: text)
      }
    case .storage:
      guard let size = storageSize(value), size > 0 else { throw CommandMessage(.storageMissing) }
      return [
        Step(
          action: .configureStorage(
            name, byteCount: size, online: isOnline, insistence: insistence, within: within),
          text: "STORAGE \(sizeText(size))", object: nil)
      ]
    case .path:
      guard let range = hexadecimalRange(value, below: 0x100) else {
        throw CommandMessage(.invalidChannelPath)
      }
      return range.map { number in
        let path = UInt8(clamping: number)
        let text = "CHP \(hexDigits(path, 2))"
        return Step(
          action: .configurePath(name, path: path, online: isOnline, insistence: insistence),
          text: text, object: text)
      }
    case .device: throw CommandMessage(.invalidOption, "DEVICE")
    case .all: throw CommandMessage(.invalidOption, "ALL")
    }
  }
}

/// The first word that is there twice.
private func firstRepeated(_ words: [String]) -> String? {
  var seen: Set<String> = []
  return words.first { !seen.insert($0).inserted }
}

/// Withdraws what is pending; ONLINE or OFFLINE may be repeated before CANCEL.
private func cancel(
  _ call: Invocation, _ name: String, _ kind: ConfigurationKind, _ words: ArraySlice<String>
) throws(CommandMessage) {
  if let word = words.first(where: { $0 != "ONLINE" && $0 != "OFFLINE" }) {
    throw CommandMessage(.invalidOption, word)
  }
  try call.perform(.cancelPending(name, kind: kind.pending))
  call.reply("Pending changes of \(name) are cancelled")
}

private enum ConfigurationKind {
  case processor
  case storage
  case path
  case device
  case all

  /// What CANCEL withdraws.
  var pending: PendingKind? {
    switch self {
    case .processor: .processor
    case .storage: .storage
    case .device: .device
    case .path: .path
    case .all: nil
    }
  }
}

private func configurationKind(_ word: String) throws(CommandMessage) -> ConfigurationKind {
  if Keyword("CPU").accepts(word) { return .processor }
  if Keyword("STORage").accepts(word) { return .storage }
  if Keyword("CHPid").accepts(word) { return .path }
  if Keyword("DEVice").accepts(word) { return .device }
  if word == "ALL" { return .all }
  throw CommandMessage(.invalidOption, word)
}

/// ONLINE or OFFLINE was read; UNCOND, FORCE and WITHIN n may follow.
private func configurationOptions(
  _ words: inout [String], state: String
) throws(CommandMessage) -> (Insistence, Int?) {
  guard state == "ONLINE" || state == "OFFLINE" else {
    throw CommandMessage(.invalidOption, state)
  }
  var insistence = Insistence.polite
  var within: Int?
  while let word = words.first {
    words.removeFirst()
    if word == "UNCOND" || word == "FORCE" {
      if insistence != .polite { throw CommandMessage(.conflictingOption, word) }
      insistence = word == "UNCOND" ? .unconditional : .force
    } else if word == "WITHIN" {
      guard let value = words.first else { throw CommandMessage(.operandMissing) }
      words.removeFirst()
      within = try secondsLimit(value)
    } else {
      throw CommandMessage(.invalidOption, word)
    }
  }
  return (insistence, within)
}

/// A number of seconds, 1 to 65535, as SIGNAL SHUTDOWN and the like take it.
func secondsLimit(_ word: String) throws(CommandMessage) -> Int {
  guard let seconds = decimal(word), (1...65_535).contains(seconds) else {
    throw CommandMessage(.invalidOperand, word)
  }
  return Int(clamping: seconds)
}

/// Processor numbers `nn` or `nn-nn`, hexadecimal, below X'100'.
func processorRange(_ word: String) throws(CommandMessage) -> ClosedRange<Int> {
  guard let range = hexadecimalRange(word, below: 0x100) else {
    throw CommandMessage(.invalidProcessor, word)
  }
  return range
}

/// Every processor number of the operands that are left; 026E for none, 013E for one named twice.
private func processorNumbers(_ operands: inout Operands) throws(CommandMessage) -> [Int] {
  var numbers: [Int] = []
  while operands.peek != "TYPE", let word = operands.next() {
    for number in try processorRange(word) {
      if numbers.contains(number) {
        throw CommandMessage(.conflictingOption, "CPU \(hexDigits(number, 2))")
      }
      numbers.append(number)
    }
  }
  if numbers.isEmpty { throw CommandMessage(.operandMissing) }
  return numbers
}

private func defineProcessors(_ call: Invocation) throws(CommandMessage) {
  let numbers = try processorNumbers(&call.operands)
  let isTyped = call.operands.peek == "TYPE"
  let type = try call.operands.processorType()
  try call.operands.end()
  let name = try call.ownPartition()
  if isTyped { try call.require(numbers, of: name, tobe: type) }
  try call.perform(.together(numbers.map { .defineProcessor(name, processor: $0) }))
  for number in numbers { call.reply("CPU \(hexDigits(number, 2)) defined") }
}

private func defineStorage(_ call: Invocation) throws(CommandMessage) {
  if call.operands.peek == "AS" { _ = call.operands.next() }
  guard let size = call.operands.next().flatMap({ storageSize($0) }), size > 0 else {
    throw CommandMessage(.storageMissing)
  }
  try call.operands.end()
  try call.perform(.defineStorage(try call.ownPartition(), byteCount: size))
  call.reply("STORAGE = \(sizeText(size))")
  call.reply("Storage cleared - system reset.")
}

private func detachProcessors(_ call: Invocation) throws(CommandMessage) {
  let name = try call.ownPartition()
  var numbers: [Int]
  if call.operands.take("ALL") {
    try call.operands.end()
    numbers = try call.activeStatus(of: name).processors
      .filter { $0.state != .reserved && $0.number != 0 }.map(\.number)
  } else {
    numbers = try processorNumbers(&call.operands)
    try call.operands.end()
  }
  // ALL of a partition that has no other is the base processor too, as in CP.
  if numbers.isEmpty || numbers.contains(0) { throw CommandMessage(.baseProcessor, "00") }
  try call.perform(.together(numbers.map { .detachProcessor(name, processor: $0) }))
  for number in numbers { call.reply("CPU \(hexDigits(number, 2)) detached") }
  call.reply("Storage cleared - system reset.")
}

private func varyProcessors(_ call: Invocation) throws(CommandMessage) {
  let isOnline = call.lead.first == "ONLINE"
  let numbers = try processorNumbers(&call.operands)
  try call.operands.end()
  try call.perform(.together(numbers.map { .varyProcessor($0, online: isOnline) }))
  for number in numbers {
    call.reply("PROCESSOR \(hexDigits(number, 2)) \(isOnline ? "ONLINE" : "OFFLINE")")
  }
}

private func varyPath(_ call: Invocation) throws(CommandMessage) {
  let isOnline = call.lead.first == "ONLINE"
  let path = try call.operands.channelPath()
  var insistence = Insistence.polite
  if let word = call.operands.take(anyOf: "UNCOND|FORCE") {
    insistence = word == "FORCE" ? .force : .unconditional
  }
  try call.operands.end()
  call.reply(
    try call.perform(.varyPath(path, online: isOnline, insistence: insistence)),
    done: "Path \(hexDigits(path, 2)) varied \(isOnline ? "online" : "offline")")
}

extension Invocation {
  /// Refuses a type that processors are not of: the definition says which number is of which.
  fileprivate func require(
    _ numbers: [Int], of name: String, tobe type: ProcessorType?
  ) throws(CommandMessage) {
    guard let type else { throw CommandMessage(.invalidOption, "ALL") }
    let processors = try activeStatus(of: name).processors
    for processor in processors where numbers.contains(processor.number) && processor.type != type {
      throw CommandMessage(.invalidOption, type.rawValue)
    }
  }

  /// Answers a live change: done, or pending with the time that is left.
  func reply(_ result: ManagementResult, done: String) {
    switch result {
    case .done, .each: reply(done)
    case .pending(let changes): for change in changes { reply(pendingText(change)) }
    }
  }

  /// `CPU 02 ONLINE PENDING, 60 SECONDS LEFT`.
  func pendingText(_ change: PendingChange) -> String {
    if change.kind == .path { return "\(change.text) PENDING UNTIL ITS I/O ENDS" }
    if change.waitsForLoad { return "\(change.text) PENDING UNTIL THE NEXT LOAD" }
    let left = change.deadline.subtractingClamped(system.now) / 1_000_000_000
    let done = change.doneByteCount
    return "\(change.text) PENDING, \(left) SECONDS LEFT"
      + (done > 0 ? ", \(sizeText(done)) DONE" : "")
  }
}
