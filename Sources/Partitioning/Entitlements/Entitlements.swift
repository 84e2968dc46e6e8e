import Channels
import Quantities

// From what is set to what the dispatcher spends: claims on a pool, judged together by `ProcessingShare`.

/// What active partitions are entitled to, in every pool that they share.
final class Entitlements: FirmwareObject {
  /// What is to be computed, and what limits it beside what is set.
  struct State: Equatable, Sendable, Codable {
    /// Rolling averages of defined capacities, and what they lead to.
    var softCapping = SoftCapping()
    /// Pools whose shares are to be computed again.
    var hasStaleShares: [Bool]
  }

  let hardware: MachineHardware
  let settings: SettingBook
  var state: State

  init(_ hardware: MachineHardware, _ settings: SettingBook, _ state: State) {
    self.hardware = hardware
    self.settings = settings
    self.state = state
  }

  static var roles: PropertyRoles {
    PropertyRoles(state: ["state"], wiring: ["hardware", "settings"])
  }

  /// Has computed again what every active partition that shares a pool is entitled to, before time
  /// passes or anybody looks: of many changes at one instant only the last result counts.
  func applyShares(of type: ProcessorType) {
    if let pool = pools.firstIndex(of: type) { state.hasStaleShares.change(at: pool) { $0 = true } }
  }

  /// Computes again what `applyShares` was called for.
  func settleShares() {
    for (pool, type) in pools.enumerated() where state.hasStaleShares.element(at: pool) == true {
      state.hasStaleShares.change(at: pool) { $0 = false }
      computeShares(ofPool: pool, type)
    }
  }

  private func computeShares(ofPool pool: Int, _ type: ProcessorType) {
    engine.dispatcher.setRunningTime(settings.running.runningTime)
    if type == .cp { state.softCapping.units = averagedUnits }
    let groups = settings.running.groups.map { group in
      group.absoluteCaps.first { $0.type == type }.map { Fraction(Int128($0.hundredths), 100) }
    }
    var sharers: [(partition: Partition, entry: Int)] = []
    hardware.forEachSharer(of: type) { sharers.append(($0, $1)) }
    let claims = sharers.map { claim($0.partition, $0.entry, groups) }
    let grants = ProcessingShare.grants(
      for: claims, sharedProcessors: engine.dispatcher.pools[pool].shared,
      groupCaps: groups.map { $0 ?? .zero })
    engine.dispatcher.setGrants(
      pool: pool,
      zip(sharers, zip(claims, grants)).map { sharer, judged in
        let (claim, grant) = judged
        return AccountGrant(
          account: sharer.partition.account(of: sharer.entry), grant: grant,
          weight: claim.share.weight ?? 1, polarity: claim.polarity, group: claim.group,
          completesWaits: settings.running.waitCompletion)
      },
      groupCaps: groups, epoch: engine.epoch, at: now)
  }

  private func claim(_ partition: Partition, _ entry: Int, _ groups: [Fraction?]) -> ShareClaim {
    let processors = partition.processors(of: entry)
    var claim = ShareClaim(
      processors.share, logicalCount: max(1, partition.onlineCount(of: entry)),
      polarity: partition.definition.polarity)
    let isCP = processors.type == .cp
    if isCP, partition.definition.definedCapacity != nil {
      claim.definedCapacity = state.softCapping.partitionLevel(partition.number)
    }
    if let name = processors.group,
      let (number, group) = settings.running.groups.enumerated().first(where: { $1.name == name })
    {
      if let cap = groups.element(at: number), cap != nil { claim.group = number }
      if isCP, group.capacityUnits != nil {
        claim.groupCapacity = state.softCapping.groupLevel(partition.number)
      }
    }
    return claim
  }
}
