// PROCESSOR, SHARE, POLARITY, DEFINEDCAP and IOPRIORITY of an entry.

import Channels
import Partitioning
import Platform
import Quantities

extension PartitionBuilder {
  /// Most logical processors that a partition may have, of all types, initial and reserved.
  static let processorLimit = ComputerConfiguration.processorLimit
  /// Greatest defined capacity or group capacity, MSU.
  static let capacityLimit = 999_999

  /// Operands that mean nothing for dedicated processors.
  private static let sharedOnly = [
    "WEIGHT", "MINWEIGHT", "MAXWEIGHT", "CAPPED", "ABSCAP", "GROUP",
  ]
  /// Operands without a value.
  private static let flags = ["SHARED", "DEDICATED", "CAPPED", "UNCAPPED"]

  // MARK: - PROCESSOR

  mutating func processor(_ operands: inout OperandReader) {
    guard operands.peek != nil else {
      _ = operands.word("a processor type (CP, IFL or ZIIP)")
      return
    }
    let types = ProcessorType.allCases.map(\.rawValue)
    guard let word = operands.keyword(of: "PROCESSOR", from: types),
      let type = ProcessorType(rawValue: word.folded),
      isFirst("PROCESSOR " + type.rawValue, at: operands.verb.place)
    else {
      operands.skip()
      return
    }
    if !hasProcessors { parsed.definition.processors = [] }
    hasProcessors = true
    let key = "PROCESSOR " + type.rawValue
    parsed.places[key] = operands.verb.place
    var item =
      parsed.definition.processors.first { $0.type == type } ?? PartitionProcessors(type: type)
    var isSharedOnlySaid = false
    let legal = Self.flags + Self.sharedOnly.filter { $0 != "CAPPED" } + ["INITIAL", "RESERVED"]
    while operands.peek != nil, let word = operands.keyword(of: "PROCESSOR", from: legal) {
      let isFirst = isFirst(key + " " + word.folded, at: word.place)
      guard isFirst else {
        if !Self.flags.contains(word.folded) { _ = operands.word("") }
        continue
      }
      parsed.places[key + " " + word.folded] = word.place
      if Self.sharedOnly.contains(word.folded) { isSharedOnlySaid = true }
      setProcessorItem(word.folded, &item, &operands)
    }
    if item.mode == .dedicated {
      if isSharedOnlySaid { log.report(.dedicatedWeight, at: operands.verb.place) }
      item = PartitionProcessors(
        type: type, mode: .dedicated, initial: item.initial, reserved: item.reserved)
    }
    if let index = parsed.definition.processors.firstIndex(where: { $0.type == type }) {
      parsed.definition.processors.change(at: index) { $0 = item }
    } else {
      parsed.definition.processors.append(item)
      parsed.definition.processors.sort { $0.type < $1.type }
    }
  }

  /// Judges how many logical processors the types have together.
  func judgeProcessorCount() {
    let types = parsed.definition.processors
    let initial = types.reduce(0) { $0.addingClamped($1.initial) }
    let reserved = types.reduce(0) { $0.addingClamped($1.reserved) }
    guard initial.addingClamped(reserved) > Self.processorLimit, let last = types.last else {
      return
    }
    log.report(
      .processorLimit(initial, reserved, limit: Self.processorLimit),
      at: parsed.place(of: "PROCESSOR " + last.type.rawValue))
  }

  private mutating func setProcessorItem(
    _ keyword: String, _ item: inout PartitionProcessors, _ operands: inout OperandReader
  ) {
    // Cannot trap: 64 is not below 0.
    let counts = 0...Self.processorLimit
    switch keyword {
    case "SHARED": item.mode = .shared
    case "DEDICATED": item.mode = .dedicated
    case "INITIAL": item.initial = operands.number("INITIAL", in: counts) ?? item.initial
    case "RESERVED": item.reserved = operands.number("RESERVED", in: counts) ?? item.reserved
    case "WEIGHT":
      guard let weight = operands.number("WEIGHT", in: ShareDefinition.weights) else { return }
      item.share.amount = .relative(weight)
      if let first = seen["SHARE"] ?? seen["SHARE TYPE " + item.type.rawValue] {
        log.report(.weightAndShare(first: first), at: operands.verb.place)
      }
      commonShare = nil
      typedShares[item.type] = nil
    case "MINWEIGHT":
      item.minimumWeight =
        operands.number("MINWEIGHT", in: ShareDefinition.weights) ?? item.minimumWeight
    case "MAXWEIGHT":
      item.maximumWeight =
        operands.number("MAXWEIGHT", in: ShareDefinition.weights) ?? item.maximumWeight
    case "CAPPED", "UNCAPPED":
      item.share.isCapped = keyword == "CAPPED"
      let other = item.share.isCapped ? "UNCAPPED" : "CAPPED"
      if let first = seen["PROCESSOR \(item.type.rawValue) \(other)"] {
        log.report(.exclusive("CAPPED", "UNCAPPED", first: first), at: operands.verb.place)
      }
    case "ABSCAP":
      let range = ClosedRange(uncheckedBounds: (0, ShareDefinition.absoluteCaps.upperBound))
      guard let hundredths = operands.hundredths("ABSCAP", in: range) else { return }
      item.share.absoluteCapHundredths = hundredths == 0 ? nil : hundredths
    default:
      guard let name = operands.name("a group name") else { return }
      item.group = name.folded
      parsed.places["PROCESSOR \(item.type.rawValue) GROUP"] = name.place
    }
  }

  // MARK: - SHARE

  /// `SHARE [TYPE {ALL | type}] ...`; without a type, of every shared one.
  mutating func share(_ operands: inout OperandReader) {
    let place = operands.verb.place
    var type: ProcessorType?
    if operands.take("TYPE") {
      guard operands.peek != nil else {
        _ = operands.word("ALL or a processor type (CP, IFL or ZIIP)")
        return
      }
      let types = ["ALL"] + ProcessorType.allCases.map(\.rawValue)
      guard let word = operands.keyword(of: "SHARE TYPE", from: types) else { return }
      type = ProcessorType(rawValue: word.folded)
    }
    let key = type.map { "SHARE TYPE " + $0.rawValue } ?? "SHARE"
    guard isFirst(key, at: place) else {
      operands.skip()
      return
    }
    parsed.places[key] = place
    guard let share = ShareReader.share(&operands) else { return }
    let meant = type.map { [$0] } ?? ProcessorType.allCases
    if let first = meant.compactMap({ seen["PROCESSOR \($0.rawValue) WEIGHT"] }).first {
      log.report(.weightAndShare(first: first), at: place)
    }
    guard let type else {
      commonShare = share
      // What the profile said of one type is overridden too.
      typedShares = typedShares.filter { seen["SHARE TYPE " + $0.key.rawValue] != nil }
      return
    }
    typedShares[type] = share
  }

  /// Gives shared processors what SHARE statements say; a limit stands unless they are CAPPED.
  mutating func settleShares() {
    parsed.definition.processors = parsed.definition.processors.map { said in
      var item = said
      guard item.mode == .shared else {
        if let place = seen["SHARE"] ?? seen["SHARE TYPE " + item.type.rawValue] {
          log.report(.dedicatedShare, at: place)
        }
        return item
      }
      guard let share = typedShares[item.type] ?? commonShare else { return item }
      item.share.amount = share.amount
      if !item.share.isCapped { item.share.limit = share.limit }
      return item
    }
    let types = parsed.definition.processors.map(\.type)
    for type in ProcessorType.allCases where !types.contains(type) {
      guard let place = seen["SHARE TYPE " + type.rawValue] else { continue }
      log.report(.shareOfNothing(type), at: place)
    }
  }

  // MARK: - POLARITY, DEFINEDCAP, IOPRIORITY

  mutating func polarity(_ operands: inout OperandReader) {
    guard operands.peek != nil else {
      _ = operands.word("VERTICAL or HORIZONTAL")
      return
    }
    let legal = [Polarity.vertical.rawValue, Polarity.horizontal.rawValue]
    guard let word = operands.keyword(of: "POLARITY", from: legal) else { return }
    parsed.definition.polarity = Polarity(rawValue: word.folded) ?? .horizontal
  }

  mutating func definedCapacity(_ operands: inout OperandReader) {
    guard let units = operands.number("DEFINEDCAP", in: 0...Self.capacityLimit) else { return }
    parsed.definition.definedCapacity = units == 0 ? nil : units
  }

  mutating func ioPriority(_ operands: inout OperandReader) {
    guard let priority = operands.number("IOPRIORITY", in: IOPriority.range) else { return }
    parsed.definition.ioPriority = priority
  }

  /// Judges a defined capacity by the processors that it limits.
  ///
  /// Source: PR/SM Planning Guide: general purpose processors only, neither dedicated nor with
  /// initial capping.
  func judgeDefinedCapacity() {
    guard parsed.definition.definedCapacity != nil else { return }
    let place = parsed.place(of: "DEFINEDCAP")
    guard let entry = parsed.definition.processors.first(where: { $0.type == .cp }) else {
      log.report(.capacityWithoutProcessors(parsed.definition.name), at: place)
      return
    }
    if entry.mode == .dedicated {
      log.report(.capacityOfDedicated, at: place)
    } else if entry.share.isCapped {
      let share = typedShares[.cp] ?? commonShare
      log.report(.capacityAndCapped(share?.isCapped == true ? "LIMITHARD" : "CAPPED"), at: place)
    }
  }
}
