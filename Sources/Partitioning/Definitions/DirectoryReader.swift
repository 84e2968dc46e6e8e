/// One partition as read, and where its items stand.
struct ParsedPartition {
  var definition: PartitionDefinition
  /// The name in its PARTITION statement.
  var place: Place
  /// Places of items by statement and operand, such as `STORAGE INITIAL`.
  var places: [String: Place] = [:]

  /// The place of an item, of its statement, or of the entry.
  func place(of item: String, in statement: String? = nil) -> Place {
    places[item] ?? statement.flatMap { places[$0] } ?? place
  }
}

/// What all `*.direct` files of a folder say.
struct ParsedDirectory {
  var partitions: [ParsedPartition] = []
  var groups: [GroupDefinition] = []
  /// Places of PARTITION and GROUP names, by kind and name.
  var places: [String: Place] = [:]
}

/// Reads `*.direct`: entries of statements, profiles, numbered ranges.
struct DirectoryReader {
  /// Most partitions of a machine.
  static let partitionLimit = 10_000
  static let verbs = [
    "PARTITION", "USER", "PROFILE", "INCLUDE", "PROCESSOR", "SHARE", "STORAGE", "IPL", "CONSOLE",
    "DEDICATE", "MDISK", "LINK", "NICDEF", "SPECIAL", "OPTION", "GROUP", "CLASS", "PASSWORD",
    "START", "COMMAND",
  ]

  private struct Entry {
    var header: Statement
    var statements: [Statement] = []
  }

  private let files: FolderFiles
  private let log: FindingLog
  private var directory = ParsedDirectory()
  private var profiles: [String: Entry] = [:]

  /// Reads the files, in the order given.
  static func read(_ sources: [DefinitionFile], files: FolderFiles, log: FindingLog)
    -> ParsedDirectory
  {
    var reader = DirectoryReader(files: files, log: log)
    var entries: [Entry] = []
    for source in sources { entries += reader.entries(of: source) }
    for entry in entries where entry.header.verb.folded == "PROFILE" { reader.profile(entry) }
    for entry in entries where entry.header.verb.folded != "PROFILE" { reader.partition(entry) }
    return reader.directory
  }

  private init(files: FolderFiles, log: FindingLog) {
    self.files = files
    self.log = log
  }

  private mutating func entries(of source: DefinitionFile) -> [Entry] {
    var entries: [Entry] = []
    for statement in DefinitionScanner.statements(of: source, log: log) {
      let verb = statement.verb
      switch verb.folded {
      case "PARTITION", "USER", "PROFILE": entries.append(Entry(header: statement))
      case "GROUP": group(statement)
      case let known where Self.verbs.contains(known):
        if entries.isEmpty {
          log.report(.outsideEntry(verb.folded), at: verb.place)
        } else {
          entries[entries.count - 1].statements.append(statement)
        }
      default:
        log.report(
          .unknownStatement(verb.text, in: "a directory", legal: Self.verbs), at: verb.place)
      }
    }
    return entries
  }

  private mutating func group(_ statement: Statement) {
    var operands = OperandReader(statement, log: log)
    guard let name = operands.name("a group name"),
      operands.keyword(of: "GROUP", from: ["ABSCAP"]) != nil
    else {
      if operands.peek == nil, statement.words.count == 2 {
        _ = operands.word("ABSCAP, a processor type and a cap")
      }
      return
    }
    let types = ProcessorType.allCases.map(\.rawValue)
    guard operands.peek != nil else {
      _ = operands.word("a processor type (CP, IFL or ZIIP)")
      return
    }
    guard let word = operands.keyword(of: "GROUP", from: types),
      let type = ProcessorType(rawValue: word.folded),
      let hundredths = operands.hundredths("ABSCAP", in: PartitionBuilder.capRange)
    else { return }
    operands.end()
    let key = "GROUP \(name.folded) \(type.rawValue)"
    if let first = directory.places[key] {
      log.report(.duplicateStatement(key, first: first), at: name.place)
      return
    }
    directory.places[key] = name.place
    let cap = GroupCap(type: type, hundredths: hundredths)
    if let index = directory.groups.firstIndex(where: { $0.name == name.folded }) {
      directory.groups[index].absoluteCaps.append(cap)
      directory.groups[index].absoluteCaps.sort { $0.type < $1.type }
    } else {
      directory.groups.append(GroupDefinition(name: name.folded, absoluteCaps: [cap]))
    }
  }

  /// Keeps a profile, after judging its statements once.
  private mutating func profile(_ entry: Entry) {
    var operands = OperandReader(entry.header, log: log)
    let name = operands.name("a profile name")
    operands.end()
    var builder = PartitionBuilder(
      name: "PROFILE", place: entry.header.verb.place, files: files, log: log)
    for statement in entry.statements {
      if statement.verb.folded == "INCLUDE" {
        log.report(.includeInProfile, at: statement.verb.place)
      } else {
        builder.apply(statement)
      }
    }
    guard let name else { return }
    let key = "PROFILE " + name.folded
    if let first = directory.places[key] {
      log.report(.duplicateName("profile", name.folded, first: first), at: name.place)
      return
    }
    directory.places[key] = name.place
    profiles[name.folded] = entry
  }

  private mutating func partition(_ entry: Entry) {
    let names = names(of: entry)
    let place = names.first?.place ?? entry.header.verb.place
    var builder = PartitionBuilder(
      name: names.first?.name ?? "", place: place, files: files, log: log)
    for (index, statement) in entry.statements.enumerated() {
      if statement.verb.folded == "INCLUDE" {
        include(statement, isFirst: index == 0, into: &builder)
      } else {
        builder.apply(statement)
      }
    }
    builder.finish()
    for (name, place) in names {
      let key = "PARTITION " + name
      if let first = directory.places[key] {
        log.report(.duplicateName("partition", name, first: first), at: place)
        continue
      }
      directory.places[key] = place
      guard directory.partitions.count < Self.partitionLimit else {
        log.report(.tooManyPartitions(limit: Self.partitionLimit), at: place)
        return
      }
      var parsed = builder.parsed
      parsed.definition.name = name
      directory.partitions.append(parsed)
    }
  }

  /// The names that an entry's header gives, after judging them.
  private func names(of entry: Entry) -> [(name: String, place: Place)] {
    var operands = OperandReader(entry.header, log: log)
    guard let first = operands.name("a partition name") else { return [] }
    guard PartitionNames.judge(first, log: log) else { return [] }
    guard operands.peek != nil else { return [(first.folded, first.place)] }
    if entry.header.verb.folded == "USER", operands.peek?.folded != "THRU" {
      log.report(.userOperands, at: operands.place)
      return [(first.folded, first.place)]
    }
    guard operands.keyword(of: entry.header.verb.folded, from: ["THRU"]) != nil,
      let last = operands.name("the last name of the range")
    else { return [(first.folded, first.place)] }
    operands.end()
    guard let names = PartitionNames.range(from: first.folded, to: last.folded) else {
      log.report(.range(first.folded, last.folded), at: last.place)
      return [(first.folded, first.place)]
    }
    return names.map { ($0, first.place) }
  }

  private mutating func include(
    _ statement: Statement, isFirst: Bool, into builder: inout PartitionBuilder
  ) {
    var operands = OperandReader(statement, log: log)
    guard let name = operands.name("a profile name") else { return }
    operands.end()
    guard isFirst else {
      log.report(.includeNotFirst, at: statement.verb.place)
      return
    }
    guard let profile = profiles[name.folded] else {
      log.report(
        .unknownName("profile", name.folded, known: profiles.keys.sorted()), at: name.place)
      return
    }
    log.isMuted = true
    for statement in profile.statements { builder.apply(statement) }
    log.isMuted = false
    builder.endProfile()
  }
}
