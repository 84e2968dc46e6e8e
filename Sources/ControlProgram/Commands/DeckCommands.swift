import Definitions
import Partitioning
import Quantities

// ACTIVATE IODF and ACTIVATE RECOVER: the I/O configuration changes while the machine runs. QUERY IODF says which
// one runs.

/// What should be known of ACTIVATE IODF beyond its form.
let deckNotes = [
  "ACTIVATE IODF=name has the machine go on with the I/O configuration of the folder's file name.iodf, written as "
    + "*.iocp; name.iomedia is read in place of *.media when there is one. All of it is done or nothing: what goes "
    + "or changes must not be in use, and every reason is told. FORCE takes paths off line first, but no device and "
    + "no device's last path. TEST, and PLAN, say what would come. A path that comes is off line until CONFIG CHP.",
  "RESOURCE can name a place that the machine reserved at its start (*), and reserve one again whose partition is "
    + "not active. Images are for good, and so is the room for MAXDEV devices. A volume of which minidisks are in use "
    + "keeps its device.",
  "ACTIVATE RECOVER=SOURCE goes back to what ran before the last ACTIVATE IODF, RECOVER=TARGET on to what it "
    + "brought. The next start after SHUTDOWN begins with *.iocp. Both are the operator's.",
]

let deckFormat = CommandFormat(
  "", "{IODF=name[,TEST|,FORCE] | RECOVER={SOURCE|TARGET}[,TEST|,FORCE]}", classes: "B",
  "Changes the machine's I/O configuration while it runs.",
  operands: [.words("IODF=|RECOVER=SOURCE|RECOVER=TARGET"), .other], handler: activateDeck)

let queryDeckFormats = [
  CommandFormat(
    "IODF", "", classes: "BE", "The I/O configuration that runs, and those of RECOVER.",
    handler: queryDeck)
]

/// What ACTIVATE says behind it, when it is about an I/O configuration.
private struct DeckOperands {
  var name: String?
  var side: DeckSide?
  var isTest = false
  var isForced = false

  init(_ text: String) throws(CommandMessage) {
    let words = text.uppercased().split { CommandParser.isBlank($0) || $0 == "," }.map(String.init)
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count == 2 ? parts.last.map(String.init) ?? "" : nil
      switch (parts.first.map(String.init) ?? "", value) {
      case ("IODF", let value?) where name == nil && side == nil:
        guard isUserid(value) else { throw CommandMessage(.invalidOperand, word) }
        name = value
      case ("RECOVER", let value?) where name == nil && side == nil:
        guard let named = DeckSide(rawValue: value) else {
          throw CommandMessage(.invalidOperand, word)
        }
        side = named
      case ("TEST", nil) where !isForced: isTest = true
      case ("FORCE", nil) where !isTest: isForced = true
      case ("IODF", _?), ("RECOVER", _?), ("TEST", nil), ("FORCE", nil):
        throw CommandMessage(.conflictingOption, word)
      default: throw CommandMessage(.invalidOption, word)
      }
    }
    if name == nil, side == nil { throw CommandMessage(.operandMissing) }
  }
}

func activateDeck(_ call: Invocation) throws(CommandMessage) {
  // A file is read: what follows from a partition's own commands must not hang on that.
  guard call.issuer.partition == nil, call.issuer.classes.permits(PrivilegeClasses(letters: "B"))
  else { throw CommandMessage(.invalidOption, call.operands.peek ?? "") }
  let operands = try DeckOperands(call.operands.takeRemainder())
  let request = try call.request(operands)
  let name = operands.name ?? call.system.decks.name(of: operands.side)
  let system = operands.isTest ? call.system.rehearsal() : call.system
  let before = system.definition.inputOutput.objects
  do throws(ManagementError) {
    try system.perform(.activateDeck(request, force: operands.isForced), by: call.author)
  } catch {
    if case .deckRefused(_, let obstacles) = error, obstacles.count > 1 {
      for obstacle in obstacles { call.reply(obstacle.text) }
    }
    throw CommandMessage(error)
  }
  let changes = PlanDifference(before: before, after: system.definition.inputOutput.objects)
  guard !operands.isTest else {
    for line in changes.lines { call.reply(line) }
    return call.reply("IODF \(name) can be activated")
  }
  for row in changes.rows { call.reply("\(row.kind) \(row.subject)") }
  call.reply("IODF \(name) is activated")
}

extension Invocation {
  /// What is asked for; the lines of a deck that is wrong are told.
  fileprivate func request(_ operands: DeckOperands) throws(CommandMessage) -> DeckRequest {
    if let side = operands.side { return .recover(side) }
    let name = operands.name ?? ""
    let (definition, findings) = SystemDefinition.read(folder: system.definition.folder, deck: name)
    guard let definition else {
      let errors = findings.filter { $0.severity == .error }
      for finding in errors { reply(finding.description) }
      throw CommandMessage(.deckFindings, name, "\(errors.count)")
    }
    let files = [".iodf", ".iomedia"].map { name.lowercased() + $0 }
    for finding in findings where files.contains(finding.file.lowercased()) {
      reply(finding.description)
    }
    return .activate(IODeck(name: name, configuration: definition.inputOutput))
  }
}

extension DeckBook {
  /// What the configuration of a side is called.
  fileprivate func name(of side: DeckSide?) -> String {
    (side == .target ? last?.target : last?.source)?.name ?? Self.folderName
  }
}

extension PlanDifference.Row {
  /// Whether what it is about came, changed or went.
  fileprivate var kind: String {
    if changes.allSatisfy({ $0.before == "-" }) { return "ADDED  " }
    return changes.allSatisfy { $0.after == "-" } ? "DELETED" : "CHANGED"
  }
}

private func queryDeck(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let decks = call.system.decks
  let configuration = call.system.definition.inputOutput
  call.reply(
    "IODF \(decks.running?.name ?? DeckBook.folderName)  CHPIDS \(configuration.paths.count)"
      + "  CNTLUNITS \(configuration.controlUnits.count)  IODEVICES \(configuration.devices.count)")
  guard decks.last != nil else { return }
  call.reply(
    "RECOVER SOURCE \(decks.name(of: .source))  TARGET \(decks.name(of: .target))")
}
