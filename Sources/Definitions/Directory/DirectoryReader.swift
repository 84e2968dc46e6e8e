import Partitioning
import Quantities

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
  /// Further image profiles; the definition of each carries its partition's name.
  var images: [(name: String, entry: ParsedPartition)] = []
  var loads: [LoadProfile] = []
  /// What a partition would be that includes a profile and says nothing else, by the profile's name.
  var templates: [PartitionDefinition] = []
  var groups: [GroupDefinition] = []
  /// Places of the names of entries and groups, by kind and name.
  var places: [String: Place] = [:]
}

/// Reads `*.direct`: entries of statements, profiles, numbered ranges, groups.
struct DirectoryReader {
  /// Most image profiles beside the partitions' first ones: as many again, twice.
  static let imageLimit = 20_000
  static let verbs = [
    "PARTITION", "USER", "PROFILE", "INCLUDE", "PROCESSOR", "SHARE", "STORAGE", "IPL", "CONSOLE",
    "SECUSER", "OBSERVER", "DEDICATE", "MDISK", "LINK", "NICDEF", "SPECIAL", "OPTION", "GROUP",
    "CLASS", "PASSWORD",
    "START", "COMMAND", "LOADABLE", "POLARITY", "DEFINEDCAP", "IOPRIORITY", "SECURITY", "IMAGE",
    "LOADPROFILE",
  ]
  /// Statements that begin an entry.
  static let headers = ["PARTITION", "USER", "PROFILE", "IMAGE", "LOADPROFILE"]

  private struct Entry {
    var header: Statement
    var statements: [Statement] = []
  }

  private let files: FolderFiles
  let log: FindingLog
  var directory = ParsedDirectory()
  private var profiles: [String: Entry] = [:]

  /// Reads the files, in the order given.
  static func read(_ sources: [DefinitionFile], files: FolderFiles, log: FindingLog)
    -> ParsedDirectory
  {
    var reader = DirectoryReader(files: files, log: log)
    var entries: [Entry] = []
    for source in sources { entries += reader.entries(of: source) }
    func each(_ verbs: String..., body: (inout DirectoryReader, Entry) -> Void) {
      for entry in entries where verbs.contains(entry.header.verb.folded) { body(&reader, entry) }
    }
    // What others name comes first: an entry may include a profile that stands below it.
    each("PROFILE") { $0.profile($1) }
    each("PARTITION", "USER") { $0.partition($1) }
    each("IMAGE") { $0.image($1) }
    each("LOADPROFILE") { $0.loadProfile($1) }
    return reader.directory
  }

  private init(files: FolderFiles, log: FindingLog) {
    self.files = files
    self.log = log
  }

  /// There are more partitions than there can be, which was said.
  private var hasTooMany = false
  /// There are more image profiles than there can be, which was said.
  private var hasTooManyImages = false
  /// Where each partition stands among the directory's.
  private var partitionIndices: [String: Int] = [:]
  /// Where each group stands among the directory's.
  var groupIndices: [String: Int] = [:]

  private mutating func entries(of source: DefinitionFile) -> [Entry] {
    var entries: [Entry] = []
    for statement in DefinitionScanner.statements(of: source, log: log) {
      let verb = statement.verb
      switch verb.folded {
      case let known where Self.headers.contains(known): entries.append(Entry(header: statement))
      case "GROUP": group(statement)
      case let known where Self.verbs.contains(known):
        guard let last = entries.indices.last else {
          log.report(.outsideEntry(verb.folded), at: verb.place)
          continue
        }
        entries.change(at: last) { $0.statements.append(statement) }
      default:
        log.report(
          .unknownStatement(verb.text, in: "a directory", legal: Self.verbs), at: verb.place)
      }
    }
    return entries
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
    template(of: entry, name: name.folded)
  }

  /// Keeps what a partition would be by a profile alone, when that is one.
  private mutating func template(of entry: Entry, name: String) {
    // What is wrong with it is said of the partitions that include it.
    let own = FindingLog()
    var builder = PartitionBuilder(
      name: name, place: entry.header.verb.place, files: files, log: own)
    for statement in entry.statements { builder.apply(statement) }
    builder.finish()
    if !own.hasErrors { directory.templates.append(builder.parsed.definition) }
  }

  private mutating func partition(_ entry: Entry) {
    guard !hasTooMany, !log.isExhausted else { return }
    let names = names(of: entry)
    let place = names.first?.place ?? entry.header.verb.place
    var builder = PartitionBuilder(
      name: names.first?.name ?? "", place: place, files: files, log: log)
    build(entry, &builder)
    for (name, place) in names {
      let key = "PARTITION " + name
      if let first = directory.places[key] {
        log.report(.duplicateName("partition", name, first: first), at: place)
        continue
      }
      directory.places[key] = place
      guard directory.partitions.count < PartitionNames.limit else {
        // Once is enough, whatever follows.
        log.report(.tooManyPartitions(limit: PartitionNames.limit), at: place)
        hasTooMany = true
        return
      }
      var parsed = builder.parsed
      parsed.definition.name = name
      partitionIndices[name] = directory.partitions.count
      directory.partitions.append(parsed)
    }
  }

  /// Applies an entry's statements, and judges it as a whole.
  private mutating func build(_ entry: Entry, _ builder: inout PartitionBuilder) {
    for (index, statement) in entry.statements.enumerated() {
      if statement.verb.folded == "INCLUDE" {
        include(statement, isFirst: index == 0, into: &builder)
      } else {
        builder.apply(statement)
      }
    }
    builder.finish()
  }

  /// `IMAGE name FOR partition [THRU partition]`: a further image profile of each.
  private mutating func image(_ entry: Entry) {
    var operands = OperandReader(entry.header, log: log)
    guard let name = operands.name("the name of an image profile") else { return }
    guard operands.peek != nil else {
      _ = operands.word("FOR and the name of a partition")
      return
    }
    guard operands.keyword(of: "IMAGE", from: ["FOR"]) != nil else { return }
    let place = operands.place
    guard let first = operands.name("the name of a partition") else { return }
    var partitions = [first.folded]
    if operands.peek != nil {
      guard operands.keyword(of: "IMAGE", from: ["THRU"]) != nil,
        let last = operands.name("the last name of the range")
      else { return }
      guard let range = PartitionNames.range(from: first.folded, to: last.folded) else {
        log.report(.range(first.folded, last.folded), at: last.place)
        return
      }
      partitions = range
      operands.end()
    }
    var builder = PartitionBuilder(
      name: first.folded, place: name.place, files: files, log: log, imageOf: first.folded)
    build(entry, &builder)
    for partition in partitions { add(builder.parsed, as: name, for: partition, at: place) }
  }

  private mutating func add(
    _ parsed: ParsedPartition, as name: Word, for partition: String, at place: Place
  ) {
    guard !hasTooManyImages, !log.isExhausted else { return }
    let index = partitionIndices[partition]
    guard let own = index.flatMap({ directory.partitions.element(at: $0) }) else {
      let known = directory.partitions.map(\.definition.name)
      log.report(.unknownName("partition", partition, known: known), at: place)
      return
    }
    guard name.folded != partition else {
      log.report(.imageOfOwnName(partition), at: name.place)
      return
    }
    let key = "IMAGE \(name.folded) FOR \(partition)"
    if let first = directory.places[key] {
      log.report(.duplicateName("image profile", name.folded, first: first), at: name.place)
      return
    }
    guard directory.images.count < Self.imageLimit else {
      log.report(.tooManyImages(limit: Self.imageLimit), at: name.place)
      hasTooManyImages = true
      return
    }
    directory.places[key] = name.place
    var image = parsed
    image.definition.takeIdentity(of: own.definition)
    directory.images.append((name.folded, image))
  }

  /// `LOADPROFILE name`, followed by IPL.
  private mutating func loadProfile(_ entry: Entry) {
    var operands = OperandReader(entry.header, log: log)
    guard let name = operands.name("the name of a load profile") else { return }
    operands.end()
    var builder = PartitionBuilder(name: "LOAD", place: name.place, files: files, log: log)
    for statement in entry.statements {
      if statement.verb.folded == "IPL" {
        builder.apply(statement)
      } else {
        log.report(.notOfLoadProfile(statement.verb.folded), at: statement.verb.place)
      }
    }
    let key = "LOADPROFILE " + name.folded
    if let first = directory.places[key] {
      log.report(.duplicateName("load profile", name.folded, first: first), at: name.place)
      return
    }
    directory.places[key] = name.place
    guard let ipl = builder.parsed.definition.ipl else {
      if !entry.statements.contains(where: { $0.verb.folded == "IPL" }) {
        log.report(.loadProfileWithoutIPL(name.folded), at: name.place)
      }
      return
    }
    directory.loads.append(LoadProfile(name: name.folded, ipl: ipl))
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
