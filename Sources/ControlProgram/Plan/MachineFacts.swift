import Partitioning
import Quantities

// What PLAN compares: everything that a change may change, each as a short text under a name. Two
// lists of facts, before and after, are compared name by name; so a new fact is one more line here
// and nothing else.

/// One thing that is so in a machine at an instant.
struct MachineFact: Equatable {
  /// What it is of: `ENTITLED CP`.
  let item: String
  /// As it is shown.
  let text: String
  /// Ten-thousandths of its unit, when the difference is a number that says something.
  var amount: Int?

  /// A fact without a number.
  init(_ item: String, _ text: String) {
    self.item = item
    self.text = text
  }

  /// A count, shown and subtracted as a whole number.
  init(_ item: String, count: Int) {
    self.item = item
    text = "\(count)"
    amount = count.multipliedClamped(by: 10_000)
  }

  /// A number of processors, shown with four decimals.
  init(_ item: String, processors: Double) {
    self.item = item
    let value = rounded(max(processors, 0), by: 10_000)
    text = fixedPointText(value, places: 4, padded: true)
    amount = value
  }
}

/// The facts of one partition, pool, group or the machine.
struct FactGroup: Equatable {
  /// Whose: a partition's name, `POOL CP`, `MACHINE`.
  let subject: String
  let facts: [MachineFact]
}

/// Everything that PLAN compares of a machine at one instant.
struct MachineFacts: Equatable {
  let groups: [FactGroup]

  /// Takes the facts from the views of a machine.
  ///
  /// - Parameters:
  ///   - system: the machine.
  ///   - names: the partitions to look at, in the order to show them.
  ///   - isGlobal: whether the machine's and the pools' facts belong to it.
  init(of system: any SystemPort, partitions names: [String], isGlobal: Bool = true) {
    let partitions = names.compactMap { system.partitionView($0) }.map { partition in
      FactGroup(subject: partition.name, facts: partitionFacts(partition))
    }
    guard isGlobal else {
      groups = partitions
      return
    }
    let machine = system.machineView
    groups =
      partitions + machine.pools.map(poolFacts) + [machineFacts(machine, system.storageMap())]
  }
}

/// A partition's facts; what it does not have is no fact.
private func partitionFacts(_ partition: PartitionView) -> [MachineFact] {
  var facts = [MachineFact("STATE", partition.stateText)]
  facts += settingFacts(partition)
  guard partition.isActive else { return facts }
  for share in partition.shares { facts += shareFacts(share, partition) }
  facts.append(MachineFact("STORAGE", sizeText(partition.storageByteCount)))
  if partition.reservedByteCount > 0 {
    facts.append(MachineFact("STANDBY STORAGE", sizeText(partition.reservedByteCount)))
  }
  let online = partition.paths.filter(\.isOnline).map { hexDigits($0.path, 2) }
  if !online.isEmpty {
    facts.append(MachineFact("CHANNEL PATHS", online.joined(separator: " ")))
  }
  if !partition.pending.isEmpty {
    facts.append(
      MachineFact("PENDING", partition.pending.map(\.text).joined(separator: ", ")))
  }
  return facts
}

/// What is set and what the profile says, beside the shares.
private func settingFacts(_ partition: PartitionView) -> [MachineFact] {
  let running = partition.definition
  var facts: [MachineFact] = []
  // The profile of the partition's own name need not be named.
  if partition.nextProfileName != partition.name {
    facts.append(MachineFact("NEXT PROFILE", partition.nextProfileName))
  }
  if partition.isActive, partition.profileName != partition.name {
    facts.append(MachineFact("PROFILE", partition.profileName))
  }
  facts.append(MachineFact("POLARITY", running.polarity.rawValue))
  if let units = running.definedCapacity {
    facts.append(MachineFact("DEFINED CAPACITY", count: units))
  }
  for permission in SecuritySwitch.allCases {
    facts.append(MachineFact(permission.rawValue, running.security[permission] ? "ON" : "OFF"))
  }
  for profile in partition.profiles {
    // Partitions that are alike but for their names share a row.
    facts += profile.definition.items.filter { !["PARTITION", "PASSWORD"].contains($0.field) }.map {
      MachineFact(
        "PROFILE \(profile.name == partition.name ? "" : profile.name + " ")\($0.field)", $0.value)
    }
  }
  return facts
}

private func shareFacts(_ share: ShareView, _ partition: PartitionView) -> [MachineFact] {
  let type = share.type.rawValue
  var facts = [MachineFact("CPUS \(type)", count: share.online)]
  if share.reserved > 0 {
    facts.append(MachineFact("RESERVED CPUS \(type)", count: share.reserved))
  }
  guard !share.isDedicated else { return facts + [MachineFact("SHARE \(type)", "DEDICATED")] }
  switch share.setting.amount {
  case .relative(let weight): facts.append(MachineFact("WEIGHT \(type)", count: weight))
  case .absolute: facts.append(MachineFact("SHARE \(type)", shareText(share.setting.amount)))
  }
  if share.setting.limit != .none {
    facts.append(MachineFact("LIMIT \(type)", limitText(share.setting.limit)))
  }
  if let cap = share.setting.absoluteCapHundredths {
    facts.append(
      MachineFact("ABSOLUTE CAP \(type)", hundredthsText(cap)))
  }
  let processors = partition.definition.processors.first { $0.type == share.type }
  if let group = processors?.group { facts.append(MachineFact("GROUP \(type)", group)) }
  if let least = processors?.minimumWeight {
    facts.append(MachineFact("MINIMUM WEIGHT \(type)", count: least))
  }
  if let most = processors?.maximumWeight {
    facts.append(MachineFact("MAXIMUM WEIGHT \(type)", count: most))
  }
  facts.append(MachineFact("ENTITLED \(type)", processors: share.entitlement))
  facts.append(MachineFact("PER CPU \(type)", processors: share.entitlementPerLogical))
  if partition.definition.polarity == .vertical {
    facts.append(MachineFact("HIGH/MEDIUM/LOW \(type)", polarityCounts(share.type, partition)))
  }
  return facts
}

/// How many logical processors of a type are high, medium and low: `2/1/1`.
private func polarityCounts(_ type: ProcessorType, _ partition: PartitionView) -> String {
  let polarities = partition.processors.filter { $0.type == type && $0.state != .reserved }
    .map(\.polarity)
  return [LogicalPolarity.verticalHigh, .verticalMedium, .verticalLow].map { kind in
    "\(polarities.count { $0 == kind })"
  }.joined(separator: "/")
}

private func poolFacts(_ pool: PoolView) -> FactGroup {
  FactGroup(
    subject: "POOL \(pool.type.rawValue)",
    facts: [
      MachineFact("ONLINE", count: pool.online), MachineFact("DEDICATED", count: pool.dedicated),
      MachineFact("SHARED", count: pool.shared), MachineFact("WEIGHTS", count: pool.weightSum),
      MachineFact("RUNNING TIME", millisecondsText(pool.runningTime)),
    ])
}

private func machineFacts(
  _ machine: MachineView, _ storage: [StoragePiece]
) -> FactGroup {
  var facts = [MachineFact("FREE STORAGE", sizeText(machine.freeByteCount))]
  let offline = machine.paths.filter { !$0.isOnline }.map { hexDigits($0.path, 2) }
  if !offline.isEmpty {
    facts.append(MachineFact("PATHS OFFLINE", offline.joined(separator: " ")))
  }
  facts += machine.settings.items.map { MachineFact($0.name, $0.text) }
  facts += machine.profileSettings.items.map {
    MachineFact("PROFILE " + $0.name, $0.text)
  }
  // A piece of storage is named by where it begins.
  facts += storage.map { piece in
    MachineFact(
      "STORAGE AT \(sizeText(piece.range.lowerBound))",
      "\(piece.owner ?? "FREE") \(sizeText(piece.range.upperBound.subtractingClamped(piece.range.lowerBound)))"
    )
  }
  return FactGroup(subject: "MACHINE", facts: facts)
}
