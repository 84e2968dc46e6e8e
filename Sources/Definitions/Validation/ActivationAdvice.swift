import Partitioning
import Quantities

/// What is legal and unwise about the partitions that would be active together.
///
/// Entitlements are those of `ProcessingShare`, by the processors of the profiles; partitions about
/// which the same is to be said share a line.
struct ActivationAdvice {
  /// Logical processors that a physical one should carry at most: a rule of thumb of PR/SM's users.
  static let usualRatio = 3

  /// One partition's processors of a type, and what they come to.
  private struct Entry {
    var partition: PartitionDefinition
    var item: PartitionProcessors
    var claim: ShareClaim
    var entitlement = Fraction.zero
  }

  private(set) var findings: [ActivationFinding] = []
  private let definition: SystemDefinition
  private let state: ActivationState

  init(_ definition: SystemDefinition, _ state: ActivationState) {
    self.definition = definition
    self.state = state
    for pool in definition.machine.processors { judge(pool.type) }
    for active in state.active { judgeGranularity(active.definition) }
    judgeHostStorage()
  }

  private mutating func add(_ problem: Problem, item: String) {
    findings.append(ActivationFinding(problem, nil, item: item))
  }

  private mutating func judge(_ type: ProcessorType) {
    let reservation = state.reservation(of: type)
    let shared = reservation.available(.shared)
    let claiming = entries(of: type)
    let grants = ProcessingShare.grants(for: claiming.map(\.claim), sharedProcessors: shared)
    let entries = zip(claiming, grants).map { entry, grant in
      var entry = entry
      entry.entitlement = grant.entitlement
      return entry
    }
    let logicals = entries.reduce(0) { $0.addingClamped($1.item.initial) }
    if shared > 0, logicals > shared.multipliedClamped(by: Self.usualRatio) {
      add(
        .logicalRatio(type, logicals: logicals, physicals: shared, usual: Self.usualRatio),
        item: "PROCESSOR " + type.rawValue)
    }
    judgeEach(entries, type, shared: shared, logicals: logicals)
    for group in definition.groups { judge(group, entries, type) }
  }

  private func entries(of type: ProcessorType) -> [Entry] {
    state.active.flatMap { active in
      active.definition.processors.compactMap { item -> Entry? in
        guard item.type == type, item.mode == .shared, item.initial > 0 else { return nil }
        return Entry(
          partition: active.definition, item: item,
          claim: ShareClaim(item.share, logicalCount: item.initial))
      }
    }
  }

  // MARK: - One partition's processors

  /// What is said of partitions that are alike in all that it depends on.
  private struct Likeness: Hashable {
    var entitlement: Fraction
    var logicals: Int
    var cap: Int?
  }

  private mutating func judgeEach(
    _ entries: [Entry], _ type: ProcessorType, shared: Int, logicals: Int
  ) {
    var names: [Likeness: [String]] = [:]
    var order: [Likeness] = []
    for entry in entries {
      let likeness = Likeness(
        entitlement: entry.entitlement, logicals: entry.item.initial,
        cap: entry.item.share.absoluteCapHundredths)
      if names[likeness] == nil { order.append(likeness) }
      names[likeness, default: []].append(entry.partition.name)
    }
    let item = "PROCESSOR " + type.rawValue
    for likeness in order {
      let who = Self.words(names[likeness] ?? [])
      let entitlement = likeness.entitlement
      if let cap = likeness.cap, Fraction(Int128(cap), 100) < entitlement {
        add(.capBelowEntitlement(who, type, cap: cap, entitlement), item: item)
      }
      if ProcessorFloor.short.isPassed(entitlement: entitlement, logicalCount: likeness.logicals) {
        let enough = ProcessorFloor.short.logicalCount(entitlement: entitlement)
        add(
          .shortProcessors(who, type, entitlement, logicals: likeness.logicals, enough: enough),
          item: item)
      } else if entitlement > Fraction(likeness.logicals), logicals > shared {
        // With a physical processor for each logical one, weights decide nothing.
        let enough = min(shared, Int(clamping: entitlement.ceiling))
        add(
          .strandedEntitlement(
            who, type, entitlement, logicals: likeness.logicals, enough: enough), item: item)
      }
    }
  }

  /// Names of partitions that are alike.
  private static func words(_ names: [String]) -> String {
    names.count <= 2
      ? names.joined(separator: " and ")
      : "\(names.first ?? "") and \(names.dropFirst().count) like it"
  }

  // MARK: - Groups, host storage

  private mutating func judge(_ group: GroupDefinition, _ entries: [Entry], _ type: ProcessorType) {
    let members = entries.filter { $0.item.group == group.name }
    guard !members.isEmpty, let cap = group.absoluteCaps.first(where: { $0.type == type }) else {
      return
    }
    let sum = members.reduce(Fraction.zero) { $0 + $1.entitlement }
    guard Fraction(Int128(cap.hundredths), 100) < sum else { return }
    add(
      .groupCapBelowEntitlement(
        group.name, type, cap: cap.hundredths, members: Self.words(members.map(\.partition.name)),
        sum), item: "GROUP \(group.name) \(type.rawValue)")
  }

  /// Partitions within the table's least unit are left alone: our increments are finer on purpose.
  private mutating func judgeGranularity(_ partition: PartitionDefinition) {
    let (initial, reserved) = (
      partition.storage.initialByteCount, partition.storage.reservedByteCount
    )
    guard max(initial, reserved) > StorageGranularity.leastLimit,
      let unit = StorageGranularity.unit(initial: initial, reserved: reserved),
      !StorageGranularity.fits(initial: initial, reserved: reserved)
    else { return }
    add(
      .storageGranularity(partition.name, initial: initial, reserved: reserved, unit: unit),
      item: "STORAGE")
  }

  private mutating func judgeHostStorage() {
    let granted = state.active.reduce(UInt64(0)) {
      $0.addingClamped($1.definition.storage.initialByteCount)
    }
    let limit = definition.machine.hostStorageByteCount
    guard granted > limit else { return }
    add(
      .hostStorageShort(granted: granted, partitions: state.active.count, limit: limit),
      item: "HOSTSTORAGE")
  }
}
