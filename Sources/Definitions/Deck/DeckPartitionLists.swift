import Partitioning
import Quantities

/// A channel path's sharing class and its two lists.
struct PathLists {
  var sharing: PathSharing
  var access: [String]
  var candidates: [String]
}

/// A list of partitions in a deck, and where it stands.
struct PartitionList {
  var names: [String]
  var place: Place
}

extension DeckReader {
  /// The access and candidate lists of a CHPID statement for one channel subsystem.
  ///
  /// Access list: has the path on line at activation. Candidate list: may configure it on line.
  mutating func partitionLists(
    _ operands: DeckOperands, subsystem: UInt8, isSpanned: Bool
  ) -> PathLists {
    let everyone = deck.configuration.images.filter {
      $0.subsystem == subsystem && $0.partition != "*"
    }.map(\.partition)
    if let value = operands.value("NOTPART") {
      let lists = lists(in: value, operands, subsystem: subsystem)
      // Who has a path at activation may configure it: to be left out of one list alone says otherwise.
      if lists.access?.names.contains(Self.ownPartition) ?? false,
        !(lists.candidates?.names.contains(Self.ownPartition) ?? false)
      {
        log.report(.deckOwnPartition(Self.ownPartition), at: value.place)
      }
      let access = everyone.filter { !(lists.access?.names.contains($0) ?? false) }
      // Whoever has the path on line at activation may configure it on line.
      let candidates = everyone.filter {
        access.contains($0) || !(lists.candidates?.names.contains($0) ?? false)
      }
      if candidates.isEmpty, hasImages { log.report(.deckNullCandidates, at: value.place) }
      return PathLists(sharing: .shared, access: access, candidates: candidates)
    }
    let isShared = operands.has("SHARED") || isSpanned
    guard let value = operands.value("PARTITION") else {
      if !isShared { operands.reportMissing("PARTITION") }
      return PathLists(sharing: .shared, access: everyone, candidates: everyone)
    }
    let lists = lists(in: value, operands, subsystem: subsystem)
    let access = lists.access?.names ?? []
    // Source: IOCP User's Guide, ICP315I: SHARED, NOTPART, spanning and more than one partition in the
    // access list each make a path a shared one.
    let sharing: PathSharing =
      isShared
      ? .shared
      : lists.isReconfigurable ? .reconfigurable : access.count > 1 ? .shared : .dedicated
    if sharing != .shared, access.count > 1 {
      log.report(.deckAccessList(access.count, sharing: sharing), at: value.place)
    }
    var candidates = sharing == .dedicated ? access : everyone
    if lists.isSameCandidates {
      candidates = access
    } else if let said = lists.candidates {
      candidates = access + said.names.filter { !access.contains($0) }
    }
    let isNull = lists.candidates.map(\.names.isEmpty) ?? candidates.isEmpty
    if isNull, hasImages {
      log.report(.deckNullCandidates, at: lists.candidates?.place ?? value.place)
    }
    return PathLists(sharing: sharing, access: access, candidates: candidates)
  }

  /// The candidate list of an IODEVICE statement; nil when every partition with a path may use it.
  mutating func deviceCandidates(_ operands: DeckOperands) -> PartitionList? {
    let everyone = deck.configuration.images.filter { $0.partition != "*" }.map(\.partition)
    for (key, isExclusion) in [("PARTITION", false), ("NOTPART", true)] {
      guard let value = operands.value(key) else { continue }
      var said: [String] = []
      for group in operands.subsystemGroups(value) {
        let subsystem = group.isNamed ? group.subsystems.first : nil
        said += names(group.items, in: "IODEVICE", subsystem: subsystem)
      }
      let names = isExclusion ? everyone.filter { !said.contains($0) } : said
      if names.isEmpty, hasImages { log.report(.deckNullCandidates, at: value.place) }
      return PartitionList(names: names, place: value.place)
    }
    return nil
  }

  private struct ParsedLists {
    var access: PartitionList?
    var candidates: PartitionList?
    var isSameCandidates = false
    var isReconfigurable = false
  }

  /// `LP1`, `(LP1,LP2)`, `(LP1,REC)`, `((LP1,LP2),(LP3))`, `((LP1),(=),REC)`, each perhaps behind
  /// `CSS(n)`; names without parentheses of their own are the access list.
  private mutating func lists(
    in value: DeckValue, _ operands: DeckOperands, subsystem: UInt8
  ) -> ParsedLists {
    var parsed = ParsedLists()
    let groups = operands.subsystemGroups(value)
    guard
      let group = groups.first(where: { $0.subsystems.contains(subsystem) }) ?? groups.first
    else { return parsed }
    let flat = group.items.prefix {
      if case .atom(let word) = $0 { word.folded != "REC" } else { false }
    }
    if let first = flat.first {
      let names = names(Array(flat), in: "the access list", subsystem: subsystem)
      parsed.access = PartitionList(names: names, place: first.place)
    }
    for item in group.items.dropFirst(flat.count) {
      if case .atom(let word) = item, word.folded == "REC" {
        parsed.isReconfigurable = true
        continue
      }
      var items = [item]
      if case .list(let list, _) = item { items = list }
      if parsed.access == nil {
        let names = names(items, in: "the access list", subsystem: subsystem)
        parsed.access = PartitionList(names: names, place: item.place)
      } else if items.count == 1, case .atom(let word) = items[0],
        word.text == "" || word.text == "="
      {
        parsed.isSameCandidates = word.text == "="
      } else {
        let names = names(items, in: "the candidate list", subsystem: subsystem)
        let earlier = parsed.candidates?.names ?? []
        parsed.candidates = PartitionList(names: earlier + names, place: item.place)
      }
    }
    return parsed
  }

  /// The names in a list; `0` says that the list is empty.
  private mutating func names(
    _ items: [DeckValue], in list: String, subsystem: UInt8?
  ) -> [String] {
    var names: [String] = []
    for item in items {
      guard case .atom(let word) = item else {
        log.report(.deckName("("), at: item.place)
        continue
      }
      if word.text == "0" || word.text.isEmpty { continue }
      if word.folded == Self.ownPartition {
        names.append(word.folded)
        continue
      }
      guard isUserid(word.folded) else {
        log.report(.deckName(word.text), at: word.place)
        continue
      }
      let image = deck.configuration.images.first {
        $0.partition == word.folded && $0.subsystem == subsystem ?? $0.subsystem
      }
      if names.contains(word.folded) {
        log.report(.deckPartitionTwice(word.folded, in: list, first: nil), at: word.place)
      } else if image == nil, hasImages {
        log.report(
          .deckPartitionUndefined(
            word.folded, subsystem: subsystem, known: deck.configuration.images.map(\.partition)),
          at: word.place)
      } else {
        names.append(word.folded)
      }
    }
    return names
  }
}

/// The operands of one deck statement, by keyword.
struct DeckOperands {
  let operation: Word
  let values: [String: DeckOperand]
  /// Whether a keyword was misspelt: what seems to be missing may be that one.
  let hasUnknown: Bool
  let log: FindingLog

  /// Whether the keyword was written.
  func has(_ key: String) -> Bool { values[key] != nil }

  /// A keyword's value.
  func value(_ key: String) -> DeckValue? { values[key]?.value }

  /// A keyword's value; its absence is reported.
  func needed(_ key: String) -> DeckValue? {
    if let value = value(key) { return value }
    reportMissing(key)
    return nil
  }

  /// Reports that a keyword is missing.
  func reportMissing(_ key: String) {
    guard !hasUnknown else { return }
    log.report(.deckKeywordMissing(key, of: operation.folded), at: operation.place)
  }

  /// A keyword's value when it is one word, also in parentheses.
  func atom(_ key: String) -> Word? {
    guard let value = value(key) else { return nil }
    switch value {
    case .atom(let word) where !word.text.isEmpty || word.isQuoted: return word
    case .list(let items, _):
      if items.count == 1, case .atom(let word) = items[0], !word.text.isEmpty { return word }
    default: break
    }
    log.report(.deckOneValue(key), at: value.place)
    return nil
  }

  /// A keyword's one word; its absence is reported.
  func neededAtom(_ key: String) -> Word? {
    guard has(key) else {
      reportMissing(key)
      return nil
    }
    return atom(key)
  }

  /// Values for the same channel subsystems.
  struct SubsystemGroup {
    var subsystems: [UInt8]
    var items: [DeckValue]
    /// Whether `CSS(n)` was written.
    var isNamed: Bool
  }

  /// Splits a value by channel subsystem: `X`, `(X,Y)`, `(CSS(0),X)`, `((CSS(0),X),(CSS(1),Y))`.
  func subsystemGroups(_ value: DeckValue) -> [SubsystemGroup] {
    guard case .list(let items, _) = value else {
      return [SubsystemGroup(subsystems: [0], items: [value], isNamed: false)]
    }
    if case .call? = items.first { return [group(items)] }
    let isNested =
      !items.isEmpty
      && items.allSatisfy {
        if case .list(let inner, _) = $0, case .call? = inner.first { true } else { false }
      }
    guard isNested else {
      // One pair of parentheses more than needed, as in PATH=((10,11)), says the same.
      if items.count == 1, case .list(let inner, _)? = items.first {
        if inner.allSatisfy({ if case .atom = $0 { true } else { false } }), inner.count > 0,
          ["PATH", "LINK"].contains(where: { has($0) && value.place == self.value($0)?.place })
        {
          return [SubsystemGroup(subsystems: [0], items: inner, isNamed: false)]
        }
      }
      return [SubsystemGroup(subsystems: [0], items: items, isNamed: false)]
    }
    return items.map {
      guard case .list(let inner, _) = $0 else { return group([$0]) }
      return group(inner)
    }
  }

  private func group(_ items: [DeckValue]) -> SubsystemGroup {
    guard case .call(let word, let arguments)? = items.first, word.folded == "CSS" else {
      if let first = items.first { log.report(.deckSubsystem, at: first.place) }
      return SubsystemGroup(subsystems: [], items: [], isNamed: true)
    }
    var subsystems: [UInt8] = []
    for argument in arguments {
      guard case .atom(let word) = argument,
        let number = hexadecimal(word.text, digits: 2, as: UInt8.self)
      else {
        log.report(.deckSubsystem, at: argument.place)
        continue
      }
      subsystems.append(number)
    }
    return SubsystemGroup(
      subsystems: subsystems, items: Array(items.dropFirst()), isNamed: true)
  }
}
