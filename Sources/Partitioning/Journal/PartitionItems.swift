import Quantities

// What is so of a partition: its values, and what the dispatcher and the channel subsystem know of it.

extension Condition.OfPartition {
  /// Everything that is so of the partition, in the order in which it is shown.
  var items: [MachineItem] { items(unlike: nil) }

  /// The items, but for those that another condition of the partition has too, as what they are told of is
  /// equal: their texts are what a change costs most.
  func items(unlike other: Condition.OfPartition?) -> [MachineItem] {
    let others = other?.values
    var items = lifeItems + profileItems
    if values.definition != others?.definition { items += values.definition.runningItems }
    if values.profiles != others?.profiles || values.definition.name != others?.definition.name {
      items += values.profileItems
    }
    let hasEqualShares =
      shares == other?.shares && values.isActive == others?.isActive
      && values.definition.polarity == others?.definition.polarity
    if values.isActive, !hasEqualShares { items += shares.flatMap(self.items) }
    return items + resourceItems
  }

  private var lifeItems: [MachineItem] {
    [
      MachineItem("STATE", values.status.text(isStopped: values.isStopped), for: .plan),
      MachineItem("STATE", values.status.rawValue, for: .log),
      MachineItem("STOPPED", values.isStopped ? "YES" : "NO", for: .log),
      MachineItem("PROCESSORS ONLINE", numbers(values.isOnline), for: .log),
      MachineItem("PROCESSORS STOPPED", numbers(values.isProcessorStopped), for: .log),
    ]
  }

  /// The image profiles that it is active with and will be; that of its own name PLAN need not name.
  private var profileItems: [MachineItem] {
    let name = values.definition.name
    var items = [MachineItem("NEXT PROFILE", values.nextProfile, for: .log)]
    if values.nextProfile != name {
      items.append(MachineItem("NEXT PROFILE", values.nextProfile, for: .plan))
    }
    if values.isActive, values.activeProfile != name {
      items.append(MachineItem("PROFILE", values.activeProfile, for: .plan))
    }
    return items
  }

  private func items(_ share: Share) -> [MachineItem] {
    let processors = share.processors
    let type = processors.type.rawValue
    var items = [MachineItem("CPUS \(type)", count: share.online)]
    if share.reserved > 0 {
      items.append(MachineItem("RESERVED CPUS \(type)", count: share.reserved))
    }
    guard processors.mode == .shared else {
      return items + [MachineItem("SHARE \(type)", "DEDICATED", for: .plan)]
    }
    items += processors.shareItems
    let grant = share.grant
    items.append(
      MachineItem("ENTITLED \(type)", processors: grant?.entitlement.approximation ?? 0))
    items.append(
      MachineItem("PER CPU \(type)", processors: grant?.entitlementPerLogical.approximation ?? 0))
    if values.definition.polarity == .vertical {
      items.append(MachineItem("HIGH/MEDIUM/LOW \(type)", share.polarityCounts, for: .plan))
    }
    return items
  }

  /// What it owns, what waits, and whether it was lost.
  private var resourceItems: [MachineItem] {
    let online = hexNumbers(paths.filter(\.isOnline).map { Int($0.number) })
    var items = [MachineItem("PATHS ONLINE", online.isEmpty ? "NONE" : online, for: .log)]
    if values.isActive {
      items.append(MachineItem("STORAGE", sizeText(storageByteCount), for: .all))
      if reservedByteCount > 0 {
        items.append(MachineItem("STANDBY STORAGE", sizeText(reservedByteCount), for: .plan))
      }
      if !online.isEmpty { items.append(MachineItem("CHANNEL PATHS", online, for: .plan)) }
      items += ways.map { way in
        MachineItem(
          "PATHS OFFLINE TO \(hexDigits(way.device, 4))", hexNumbers(way.offline.map { Int($0) }),
          for: .all)
      }
      items += adapters.map { adapter in
        MachineItem(
          "\(adapter.kind.text) \(hexDigits(adapter.device, 4))",
          adapter.target ?? "NOT COUPLED", for: .all)
      }
      if !values.pending.isEmpty {
        let pending = values.pending.map(\.text).joined(separator: ", ")
        items.append(MachineItem("PENDING", pending, for: .plan))
      }
    } else {
      items.append(MachineItem("STORAGE", sizeText(storageByteCount), for: .log))
    }
    return items + [MachineItem("PENDING", "\(values.pending.count)", for: .log)]
  }
}

extension Condition.OfPartition.Share {
  /// How many logical processors are high, medium and low: `2/1/1`.
  fileprivate var polarityCounts: String {
    guard let grant else { return "0/0/0" }
    let vertical = VerticalPolarity(entitlement: grant.entitlement, logicalCount: online)
    let polarities = (0..<max(0, online)).map { vertical.polarity(of: $0) }
    return [LogicalPolarity.verticalHigh, .verticalMedium, .verticalLow].map { kind in
      "\(polarities.count { $0 == kind })"
    }.joined(separator: "/")
  }
}

extension PartitionState {
  /// What its image profiles say.
  fileprivate var profileItems: [MachineItem] {
    profiles.flatMap { profile in
      let prefix = "PROFILE " + (profile.name == definition.name ? "" : profile.name + " ")
      return profile.definition.shownItems.map {
        MachineItem(prefix + $0.field, $0.value, for: .all)
      }
    }
  }
}

extension PartitionDefinition {
  /// What runs: for the event log in the directory's words, which say all of it, for PLAN what a setting
  /// changes.
  fileprivate var runningItems: [MachineItem] {
    var items = shownItems.map { MachineItem($0.field, $0.value, for: .log) }
    items.append(MachineItem("POLARITY", polarity.rawValue, for: .plan))
    if let definedCapacity {
      items.append(MachineItem("DEFINED CAPACITY", count: definedCapacity))
    }
    if ioPriority > 0 { items.append(MachineItem("I/O PRIORITY", count: ioPriority)) }
    if let consoleWatcher {
      items.append(MachineItem(consoleWatcher.role.rawValue, consoleWatcher.userid, for: .plan))
    }
    items += devices.map { device in
      MachineItem(
        "DEVICE " + DeviceNumbers.text(device.virtualDevice),
        DeviceNumbers.text(device.realDevice) + (device.isReadOnly ? " R/O" : " R/W")
          + (device.options ?? []).text, for: .plan)
    }
    items += links.map { link in
      MachineItem(
        "DEVICE " + DeviceNumbers.text(link.virtualDevice),
        "\(link.owner ?? name) \(DeviceNumbers.text(link.ownerDevice))"
          + (link.isReadOnly ? " R/O" : " R/W"), for: .plan)
    }
    return items
      + SecuritySwitch.allCases.map {
        MachineItem($0.rawValue, security[$0] ? "ON" : "OFF", for: .plan)
      }
  }

  /// What it says but its name, which is whose it is, and its passwords.
  fileprivate var shownItems: [(field: String, value: String)] {
    items.filter { $0.field != "PARTITION" && !ProfileStatement.isSecret($0.field) }
  }
}

extension PartitionProcessors {
  /// What they ask of their pool, as PLAN shows it.
  fileprivate var shareItems: [MachineItem] {
    let type = type.rawValue
    var items: [MachineItem] = []
    switch share.amount {
    case .relative(let weight): items.append(MachineItem("WEIGHT \(type)", count: weight))
    case .absolute:
      items.append(MachineItem("SHARE \(type)", shareText(share.amount), for: .plan))
    }
    if share.limit != .none {
      items.append(MachineItem("LIMIT \(type)", limitText(share.limit), for: .plan))
    }
    if let cap = share.absoluteCapHundredths {
      items.append(MachineItem("ABSOLUTE CAP \(type)", hundredthsText(cap), for: .plan))
    }
    if let group { items.append(MachineItem("GROUP \(type)", group, for: .plan)) }
    if let minimumWeight {
      items.append(MachineItem("MINIMUM WEIGHT \(type)", count: minimumWeight))
    }
    if let maximumWeight {
      items.append(MachineItem("MAXIMUM WEIGHT \(type)", count: maximumWeight))
    }
    return items
  }
}

private func numbers(_ flags: Numbered<Bool>) -> String {
  numbers(flags.indices.filter { flags[$0] })
}
