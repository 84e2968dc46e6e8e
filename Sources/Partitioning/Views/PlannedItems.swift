import Quantities

// What PLAN compares: the items of the machine and of its partitions, and what follows from them in the pools and
// in storage.

extension PartitionManager {
  /// What is so now, as PLAN shows it.
  ///
  /// - Parameters:
  ///   - names: The partitions to look at, in the order to show them.
  ///   - isGlobal: Whether the machine's and the pools' items belong to it.
  /// - Returns: The items by whose they are.
  package func items(of names: [String], isGlobal: Bool = true) -> [MachineItems] {
    firmware.entitlements.settleShares()
    let partitions = names.compactMap { try? partition($0) }.map { partition in
      MachineItems(
        subject: partition.name, items: planned(firmware.journal.condition(of: partition).items))
    }
    guard isGlobal else { return partitions }
    let machine = machineView
    let own =
      [MachineItem("FREE STORAGE", sizeText(machine.freeByteCount), for: .plan)]
      + planned(firmware.journal.condition(of: nil).machineItems) + storageMap().map(item)
    return partitions + machine.pools.map(items)
      + [MachineItems(subject: "MACHINE", items: own)] + definition.inputOutput.objects
  }

  private func planned(_ items: [MachineItem]) -> [MachineItem] {
    items.filter { $0.audience != .log }
  }

  private func items(_ pool: PoolView) -> MachineItems {
    MachineItems(
      subject: "POOL \(pool.type.rawValue)",
      items: [
        MachineItem("ONLINE", count: pool.online), MachineItem("DEDICATED", count: pool.dedicated),
        MachineItem("SHARED", count: pool.shared), MachineItem("WEIGHTS", count: pool.weightSum),
        MachineItem("RUNNING TIME", millisecondsText(pool.runningTime), for: .plan),
      ])
  }

  /// A piece of storage, which is named by where it begins.
  private func item(_ piece: StoragePiece) -> MachineItem {
    let size = piece.range.upperBound.subtractingClamped(piece.range.lowerBound)
    return MachineItem(
      "STORAGE AT \(sizeText(piece.range.lowerBound))",
      "\(piece.owner ?? "FREE") \(sizeText(size))", for: .plan)
  }
}
