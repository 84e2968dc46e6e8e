import Channels

// From what is set to what the dispatcher spends: claims on a pool, judged together by `ProcessingShare`.

extension PartitionManager {
  /// Has computed again what every active partition that shares a pool is entitled to, before time
  /// passes or anybody looks: of many changes at one instant only the last result counts.
  func applyShares(of type: ProcessorType) {
    if let pool = pools.firstIndex(of: type) { hasStaleShares[pool] = true }
  }

  /// Computes again what `applyShares` was called for.
  func settleShares() {
    for pool in pools.indices where hasStaleShares[pool] {
      hasStaleShares[pool] = false
      computeShares(ofPool: pool)
    }
  }

  private func computeShares(ofPool pool: Int) {
    let type = pools[pool]
    engine.dispatcher.setRunningTime(settings.runningTime)
    if type == .cp { softCapping.units = averagedUnits }
    let groups = settings.groups.map { group in
      group.absoluteCaps.first { $0.type == type }.map { Fraction(Int128($0.hundredths), 100) }
    }
    var sharers: [(partition: Partition, entry: Int)] = []
    forEachSharer(of: type) { sharers.append(($0, $1)) }
    let claims = sharers.map { claim($0.partition, $0.entry, groups) }
    let grants = ProcessingShare.grants(
      for: claims, sharedProcessors: Int(engine.dispatcher.pools[pool].shared),
      groupCaps: groups.map { $0 ?? .zero })
    engine.dispatcher.setGrants(
      pool: pool,
      sharers.indices.map { index in
        let partition = sharers[index].partition
        return AccountGrant(
          account: partition.account(of: sharers[index].entry), grant: grants[index],
          weight: claims[index].weight ?? 1, polarity: claims[index].polarity,
          group: claims[index].group, completesWaits: settings.waitCompletion)
      },
      groupCaps: groups, epoch: engine.epoch, at: now)
  }

  /// Calls a function with every active partition that shares a pool, and the entry that says so.
  func forEachSharer(of type: ProcessorType, _ body: (Partition, Int) -> Void) {
    for partition in partitions where partition.isActive {
      for (entry, processors) in partition.definition.processors.enumerated()
      where processors.type == type && processors.mode == .shared {
        body(partition, entry)
      }
    }
  }

  private func claim(_ partition: Partition, _ entry: Int, _ groups: [Fraction?]) -> ShareClaim {
    let processors = partition.definition.processors[entry]
    let setting = partition.definition.share(of: entry)
    var claim = ShareClaim(
      amount: setting.amount, limit: setting.limit,
      absoluteCapHundredths: setting.absoluteCapHundredths,
      logicalCount: max(1, partition.onlineCount(of: entry)),
      polarity: partition.definition.polarity)
    let isCP = processors.type == .cp
    if isCP, partition.definition.definedCapacity != nil {
      claim.definedCapacity = softCapping.partitionLevel(partition.number)
    }
    if let name = processors.group,
      let number = settings.groups.firstIndex(where: { $0.name == name })
    {
      if groups[number] != nil { claim.group = number }
      if isCP, settings.groups[number].capacityUnits != nil {
        claim.groupCapacity = softCapping.groupLevel(partition.number)
      }
    }
    return claim
  }
}

extension ShareClaim {
  /// The weight, when the share is relative.
  var weight: Int? { if case .relative(let weight) = amount { weight } else { nil } }
}
