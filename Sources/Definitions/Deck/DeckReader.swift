import Channels
import Partitioning
import Quantities

/// Reads `*.iocp`: ID, RESOURCE, CHPID, CNTLUNIT and IODEVICE; FUNCTION and UUID are only read.
///
/// Message numbers are IOCP's own where it has one for the case (IOCP User's Guide, messages).
struct DeckReader {
  static let operations = [
    "ID", "RESOURCE", "CHPID", "CNTLUNIT", "IODEVICE", "FUNCTION", "UUID",
  ]
  /// Keywords of a statement: those that are used or kept first, those that are only accepted after.
  static func keywords(of operation: String) -> [String]? {
    switch operation {
    case "ID":
      [
        "MSG1", "MSG2", "SYSTEM", "LSYSTEM", "NAME", "TOK",
      ]
    case "RESOURCE":
      [
        "PARTITION", "PART", "MAXDEV",
      ]
    case "CHPID":
      [
        "PATH", "TYPE", "SHARED", "PARTITION", "PART", "NOTPART", "PCHID", "SWITCH", "VCHID",
        "AID", "PORT", "CHPARM", "OS", "IOCLUSTER", "CPATH", "CSYSTEM", "PNETID", "MIXTYPE",
        "FUNCTION", "DESC",
      ]
    case "CNTLUNIT":
      [
        "CUNUMBR", "PATH", "UNIT", "UNITADD", "LINK", "CUADD", "SHARED", "PROTOCL", "DESC",
      ]
    case "IODEVICE":
      [
        "ADDRESS", "CUNUMBR", "UNIT", "UNITADD", "PARTITION", "PART", "NOTPART", "PATH", "MODEL",
        "FEATURE", "STADET", "TIMEOUT", "SCHSET", "OFFLINE", "DYNAMIC", "LOCANY", "DESC",
      ]
    case "FUNCTION":
      [
        "FID", "TYPE", "PCHID", "VCHID", "AID", "PORT", "VF", "UID", "PNETID", "PARTITION", "PART",
        "NOTPART", "SHARED", "PATH", "CHPID", "DESC",
      ]
    case "UUID":
      [
        "PARTITION", "PART", "UUID", "FUNCTION", "FID", "DESC",
      ]
    default: nil
    }
  }
  /// Types of paths that carry requests to control units.
  static let unitPathTypes = ["FC", "FCV", "FCP", "CNC", "CTC", "CVC", "CBY", "BL", "BY", "DSD"]
  /// Types of paths to networks, consoles and other machines, which are read and carry nothing here.
  static let otherPathTypes = [
    "OSC", "OSD", "OSE", "OSM", "OSN", "OSX", "OSH", "OSA", "IQD", "ICP", "CIB", "CL5", "CL6",
    "CS5", "CBP", "CBR", "CBS", "CFP", "CFR", "CFS", "ICR", "ICS", "EIO", "FX", "NETD", "NETH",
    "NTP", "ISD", "HYL", "ISM",
  ]
  static let pathTypes = unitPathTypes + otherPathTypes
  /// Keywords that say something that is not here; once is enough to be told.
  static let unservedKeywords = ["PNETID", "MIXTYPE", "FUNCTION"]
  /// The partition that a machine keeps for itself: RESOURCE may name it, and no I/O is its own (ICP192I).
  static let ownPartition = "MCS_1"
  /// Images in a channel subsystem.
  static let imageLimit: UInt8 = 15

  let log: FindingLog
  var deck = ParsedDeck()
  /// Whether RESOURCE was read well enough to judge partition names by it.
  var hasImages = false
  private var hasReadAny = false
  var unitUse = UnitAddressUse()
  var controlUnitUse = ControlUnitUse()
  /// How many paths of a type there are; a spanned one counts once.
  private var pathCounts: [String: Int] = [:]
  /// The subchannel set of each device that is in the configuration.
  var setOfDevice: [UInt16: Int] = [:]
  /// It was said that a device of another set is left out.
  var hasOtherSets = false
  /// What was said not to be here.
  private var unserved: Set<String> = []

  /// Reads the decks, in the order given, as one.
  static func read(_ files: [DefinitionFile], log: FindingLog) -> ParsedDeck {
    var reader = DeckReader(log: log)
    for file in files {
      for statement in DefinitionScanner.deck(of: file, operations: operations, log: log)
      where !log.isExhausted {
        reader.read(statement)
      }
    }
    if let file = files.first, reader.deck.places["RESOURCE"] == nil {
      log.report(
        .missingStatement("RESOURCE"), at: Place(file: file.name, line: 0, column: 0))
    }
    reader.deck.sort()
    reader.checkDeviceCounts()
    reader.checkControlUnitCounts()
    return reader.deck
  }

  private init(log: FindingLog) { self.log = log }

  private mutating func read(_ statement: DeckStatement) {
    let operation = statement.operation
    guard let legal = Self.keywords(of: operation.folded) else {
      log.report(.deckOperation(operation.text, legal: Self.operations), at: operation.place)
      return
    }
    var values: [String: DeckOperand] = [:]
    var hasUnknown = false
    for operand in statement.operands {
      let key = operand.key.folded
      guard legal.contains(key) else {
        log.report(
          .unknownOperand(operand.key.text, of: operation.folded, legal: legal),
          at: operand.key.place)
        hasUnknown = true
        continue
      }
      if let first = values[key] {
        log.report(.duplicateStatement(key, first: first.key.place), at: operand.key.place)
        continue
      }
      values[key] = operand
    }
    for key in Self.unservedKeywords where legal.contains(key) {
      if let operand = values[key] { reportUnserved(key, at: operand.key.place) }
    }
    guard !statement.isBroken else { return }
    values["PARTITION"] = values["PARTITION"] ?? values["PART"]
    let operands = DeckOperands(
      operation: operation, values: values, hasUnknown: hasUnknown, log: log)
    if operation.folded != "RESOURCE",
      let word = values["PARTITION"]?.value?.word(Self.ownPartition)
    {
      log.report(.deckOwnPartition(Self.ownPartition), at: word.place)
    }
    switch operation.folded {
    case "ID":
      if hasReadAny {
        log.report(.deckOrder("ID", before: "every other statement"), at: operation.place)
      }
      if let word = operands.atom("MSG1") { deck.configuration.description = word.text }
    case "RESOURCE": resource(operands)
    case "CHPID": channelPath(operands)
    case "CNTLUNIT": controlUnit(operands)
    case "IODEVICE": device(operands)
    default: reportUnserved(operation.folded, at: operation.place)
    }
    hasReadAny = true
  }

  /// Says once that something was read that is not here.
  mutating func reportUnserved(_ what: String, at place: Place) {
    guard unserved.insert(what).inserted else { return }
    log.report(.deckUnserved(what), at: place)
  }

  // MARK: - RESOURCE

  private mutating func resource(_ operands: DeckOperands) {
    let place = operands.operation.place
    if let first = deck.places["RESOURCE"] {
      log.report(.duplicateStatement("RESOURCE", first: first), at: place)
      return
    }
    deck.places["RESOURCE"] = place
    if !deck.configuration.paths.isEmpty {
      log.report(.deckOrder("RESOURCE", before: "CHPID"), at: place)
    }
    deviceLimits(operands)
    guard let value = operands.needed("PARTITION") else { return }
    hasImages = true
    for group in operands.subsystemGroups(value) {
      guard let subsystem = group.subsystems.first else { continue }
      for item in group.items where !log.isExhausted { image(item, subsystem: subsystem) }
    }
    if !deck.configuration.images.contains(where: { $0.partition != "*" }) {
      log.report(.deckNoPartition, at: value.place)
    }
  }

  private mutating func image(_ item: DeckValue, subsystem: UInt8) {
    var nameWord: Word?
    var imageWord: Word?
    switch item {
    case .atom(let word): nameWord = word
    case .list(let parts, _):
      if case .atom(let word)? = parts.first { nameWord = word }
      if case .atom(let word)? = parts.dropFirst().first { imageWord = word }
    case .call: break
    }
    guard let name = nameWord, isUserid(name.folded) || Self.isReserved(name.folded) else {
      log.report(.deckName(nameWord?.text ?? "("), at: item.place)
      return
    }
    let inSubsystem = deck.configuration.images.filter { $0.subsystem == subsystem }
    var image: UInt8?
    if let word = imageWord {
      guard let number = hexadecimal(word.text, digits: 1, as: UInt8.self),
        number > 0
      else {
        log.report(.deckImage(word.text), at: word.place)
        return
      }
      if inSubsystem.contains(where: { $0.image == number }) {
        log.report(.deckImageTwice(word.folded, subsystem: subsystem), at: word.place)
        return
      }
      image = number
    } else if name.folded == "*" {
      log.report(.deckReservedImage, at: name.place)
      return
    } else {
      image = (1...Self.imageLimit).first { number in
        !inSubsystem.contains { $0.image == number }
      }
    }
    guard let image else {
      log.report(.deckImages(subsystem: subsystem, limit: Int(Self.imageLimit)), at: name.place)
      return
    }
    let key = "RESOURCE " + name.folded
    if name.folded != "*", let first = deck.places[key] {
      log.report(.deckPartitionTwice(name.folded, in: "RESOURCE", first: first), at: name.place)
      return
    }
    deck.places[key] = name.place
    deck.configuration.images.append(
      ImageDefinition(
        partition: Self.isReserved(name.folded) ? "*" : name.folded, subsystem: subsystem,
        image: image))
  }

  /// Whether a name in RESOURCE keeps an image without being a partition's.
  private static func isReserved(_ name: String) -> Bool { name == "*" || name == ownPartition }

  // MARK: - CHPID

  private mutating func channelPath(_ operands: DeckOperands) {
    let typeWord = operands.neededAtom("TYPE")
    if let typeWord, !Self.pathTypes.contains(typeWord.folded) {
      log.report(
        .unknownOperand(typeWord.text, of: "TYPE", legal: Self.pathTypes), at: typeWord.place)
    }
    if let typeWord, Self.otherPathTypes.contains(typeWord.folded) {
      reportUnserved("TYPE=" + typeWord.folded, at: typeWord.place)
    }
    if let typeWord { countPath(typeWord) }
    guard let pathValue = operands.needed("PATH") else { return }
    var physical: UInt16?
    if let word = operands.atom("PCHID") {
      physical = hexadecimal(word.text, digits: 3, as: UInt16.self)
      if physical == nil {
        log.report(.hexadecimal(word.text, what: "PCHID", digits: 3), at: word.place)
      }
      if let physical {
        let key = "PCHID " + DeviceNumbers.text(physical)
        if let first = deck.places[key] {
          log.report(.deckPhysicalTwice(word.folded, first: first), at: word.place)
        }
        deck.places[key] = word.place
      }
    }
    let groups = operands.subsystemGroups(pathValue)
    guard let group = groups.first, groups.count == 1, group.items.count == 1,
      case .atom(let word)? = group.items.first,
      let number = hexadecimal(word.text, digits: 2, as: UInt8.self)
    else {
      log.report(.deckPath, at: pathValue.place)
      return
    }
    for subsystem in group.subsystems {
      let key = "CHPID \(DeviceNumbers.path(subsystem)).\(DeviceNumbers.path(number))"
      if let first = deck.places[key] {
        log.report(
          .deckPathTwice(number, subsystem: subsystem, first: first), at: word.place)
        continue
      }
      deck.places[key] = word.place
      let lists = partitionLists(
        operands, subsystem: subsystem, isSpanned: group.subsystems.count > 1)
      var path = ChannelPathDefinition(
        subsystem: subsystem, number: UInt8(number), type: typeWord?.folded ?? "FC",
        physicalChannel: physical, switchNumber: switchNumber(operands),
        sharing: lists.sharing, accessList: lists.access, candidateList: lists.candidates)
      path.cluster = cluster(of: path, operands)
      deck.add(path)
    }
  }

  /// Paths of a type in a machine, where that follows from no feature that is installed (ICP204I; as machines since
  /// z14 have them).
  private static func pathLimit(of type: String) -> Int? {
    switch type {
    case "IQD": 32
    case "ICP": 64
    default: nil
    }
  }

  private mutating func countPath(_ type: Word) {
    let count = (pathCounts[type.folded] ?? 0).addingClamped(1)
    pathCounts[type.folded] = count
    // Said once, at the first that is too many.
    guard let limit = Self.pathLimit(of: type.folded), count.subtractingClamped(1) == limit else {
      return
    }
    log.report(.deckPathsOfType(type.folded, limit: limit), at: type.place)
  }

  private func switchNumber(_ operands: DeckOperands) -> UInt8? {
    guard let word = operands.atom("SWITCH") else { return nil }
    guard let number = hexadecimal(word.text, digits: 2, as: UInt8.self) else {
      log.report(.hexadecimal(word.text, what: "SWITCH", digits: 2), at: word.place)
      return nil
    }
    return number
  }
}
