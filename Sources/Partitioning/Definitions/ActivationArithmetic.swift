/// Finds partitions that cannot all be active together, in the order of activation.
///
/// Each that does not fit is reported with its sum and then left out, so that the next is judged by
/// what really is active. Rules: PR/SM Planning Guide, activation-time limits of processors.
struct ActivationArithmetic {
  let judgement: DefinitionJudgement

  private struct Pool {
    var dedicated = 0
    var widestShared = 0
  }

  private struct Ledger {
    var granted: UInt64 = 0
    var count = 0
    var pools: [ProcessorType: Pool] = [:]
    var deviceOwners: [UInt16: String] = [:]
    var pathOwners: [Int: String] = [:]
    var origins: [(range: Range<UInt64>, owner: String)] = []
  }

  /// Reports what does not fit.
  func judge(order: [Int]) {
    var ledger = Ledger()
    for number in order { judge(judgement.directory.partitions[number], &ledger) }
  }

  private func judge(_ partition: ParsedPartition, _ ledger: inout Ledger) {
    let definition = partition.definition
    let machine = judgement.machine.machine
    var problems: [(Problem, Place)] = []
    let needed = definition.storage.initialByteCount
    let left = machine.storageByteCount - min(machine.storageByteCount, ledger.granted)
    if judgement.machine.isStorageKnown, needed > left, needed <= machine.storageByteCount {
      problems.append(
        (
          .storageShort(
            definition.name, needed: needed, left: left, installed: machine.storageByteCount,
            granted: ledger.granted, before: ledger.count),
          partition.place(of: "STORAGE INITIAL", in: "STORAGE")
        ))
    }
    problems += origins(partition, ledger)
    for item in definition.processors {
      guard let pool = judgement.pool(item.type), item.initial <= pool.count else { continue }
      let used = ledger.pools[item.type] ?? Pool()
      let widest = item.mode == .dedicated ? used.widestShared : 0
      if item.initial > pool.count - used.dedicated - widest {
        problems.append(
          (
            .processorsShort(
              definition.name, item.type, needed: item.initial, installed: pool.count,
              dedicated: used.dedicated, widest: widest),
            partition.place(of: "PROCESSOR " + item.type.rawValue)
          ))
      }
    }
    problems += devices(partition, ledger)
    for (problem, place) in problems { judgement.log.report(problem, at: place) }
    if problems.isEmpty { take(definition, &ledger) }
  }

  private func origins(_ partition: ParsedPartition, _ ledger: Ledger) -> [(Problem, Place)] {
    let storage = partition.definition.storage
    guard let origin = storage.origin else { return [] }
    let range = origin..<origin + storage.initialByteCount
    guard let other = ledger.origins.first(where: { $0.range.overlaps(range) }) else { return [] }
    return [
      (
        .originTaken(partition.definition.name, owner: other.owner, origin: origin),
        partition.place(of: "STORAGE ORIGIN", in: "STORAGE")
      )
    ]
  }

  private func devices(_ partition: ParsedPartition, _ ledger: Ledger) -> [(Problem, Place)] {
    let name = partition.definition.name
    var problems: [(Problem, Place)] = []
    for assignment in partition.definition.devices {
      let place = partition.place(of: "DEDICATE " + DeviceNumbers.text(assignment.virtualDevice))
      if let owner = ledger.deviceOwners[assignment.realDevice] {
        problems.append((.deviceTwice(assignment.realDevice, name, owner: owner), place))
        continue
      }
      guard let device = judgement.deck.configuration.device(assignment.realDevice) else {
        continue
      }
      let paths = judgement.paths(to: device, of: name)
      guard let first = paths.first,
        paths.allSatisfy({ owner(of: $0, besides: name, ledger) != nil }),
        let owner = owner(of: first, besides: name, ledger)
      else { continue }
      problems.append(
        (.pathTaken(name, path: first.number, device: device.number, owner: owner), place))
    }
    return problems
  }

  private func key(_ path: ChannelPathDefinition) -> Int {
    Int(path.subsystem) << 8 | Int(path.number)
  }

  private func owner(
    of path: ChannelPathDefinition, besides name: String, _ ledger: Ledger
  ) -> String? {
    guard path.sharing != .shared, let owner = ledger.pathOwners[key(path)], owner != name else {
      return nil
    }
    return owner
  }

  private func take(_ definition: PartitionDefinition, _ ledger: inout Ledger) {
    ledger.granted += definition.storage.initialByteCount
    ledger.count += 1
    if let origin = definition.storage.origin {
      ledger.origins.append(
        (origin..<origin + definition.storage.initialByteCount, definition.name))
    }
    for item in definition.processors {
      var pool = ledger.pools[item.type] ?? Pool()
      if item.mode == .dedicated {
        pool.dedicated += item.initial
      } else {
        pool.widestShared = max(pool.widestShared, item.initial)
      }
      ledger.pools[item.type] = pool
    }
    for assignment in definition.devices {
      ledger.deviceOwners[assignment.realDevice] = definition.name
    }
    for path in judgement.deck.configuration.paths
    where path.sharing != .shared && path.accessList.contains(definition.name) {
      ledger.pathOwners[key(path)] = definition.name
    }
  }
}
