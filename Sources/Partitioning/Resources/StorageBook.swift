import Channels
import Platform
import Quantities

// The book of storage: which increments of the machine's storage partitions have, and what of the host's
// memory their guests take.

/// Who has which storage, and what of it is written.
final class StorageBook: FirmwareObject {
  /// What is kept.
  struct State: Equatable, Sendable, Codable {
    /// Storage granted and free.
    var ledger: StorageLedger
    /// Pages of guests' storage that count against HOSTSTORAGE.
    var hostPageCount = 0

    /// A machine's storage when nobody has any.
    init(_ definition: SystemDefinition) {
      // Storage is kept in units that never straddle the PC's gap below 4 GiB.
      ledger = StorageLedger(
        installedByteCount: definition.machine.storageByteCount,
        incrementByteCount: definition.machine.ledgerIncrement)
    }
  }

  let hardware: MachineHardware
  var state: State

  init(_ hardware: MachineHardware, _ state: State) {
    self.hardware = hardware
    self.state = state
  }

  static var roles: PropertyRoles { PropertyRoles(state: ["state"], wiring: ["hardware"]) }

  /// Storage granted and free.
  var ledger: StorageLedger { state.ledger }

  /// Bytes of so many increments, or the most there can be.
  func byteCount(of increments: Int) -> UInt64 { state.ledger.byteCount(of: increments) }

  /// Addresses of places of a partition's storage, ascending.
  func ranges(of places: [Int]) -> [Range<UInt64>] {
    StorageMap.runs(places).flatMap {
      StorageMap.ranges(of: $0, increment: state.ledger.incrementByteCount)
    }
  }

  /// Places that a range of a partition's addresses covers.
  func places(of range: Range<UInt64>) -> Range<Int> {
    StorageMap.places(of: range, increment: state.ledger.incrementByteCount)
  }
}

// MARK: Granted and given back

extension StorageBook {
  /// Gives a partition its initial storage, in one piece, and room for what may come to it.
  func takeInitial(for partition: Partition) throws(ManagementError) {
    let storage = partition.definition.storage
    let count = ledger.count(of: storage.initialByteCount)
    let unit = max(1, ledger.incrementByteCount)
    let origin = storage.origin.map { Int(clamping: $0 / unit) }
    guard
      let range = state.ledger.takeContiguous(count, for: partition.number, origin: origin)
    else { throw refusal(partition, count) }
    let places = count.addingClamped(ledger.count(of: storage.reservedByteCount))
    partition.increments.elements = [Int?](repeating: nil, count: max(0, places))
    for (place, increment) in zip(partition.increments.indices, range) {
      partition.increments[place] = increment
    }
    partition.initialCount = count
    partition.isClean = true
  }

  private func refusal(_ partition: Partition, _ count: Int) -> ManagementError {
    let needed = byteCount(of: count)
    if let origin = partition.definition.storage.origin, count <= ledger.freeCount {
      return .originNotFree(partition.name, origin: origin, needed: needed)
    }
    guard count <= ledger.freeCount else {
      return .insufficientStorage(partition.name, needed: needed, free: ledger.freeByteCount)
    }
    return .storageFragmented(
      partition.name, needed: needed, largest: byteCount(of: ledger.largestFreeCount))
  }

  /// Takes all storage from a partition that has no computer any more.
  func returnAll(of partition: Partition) {
    state.ledger.giveBack(partition.increments.compactMap { $0 }, from: partition.number)
    partition.increments.elements = []
    partition.initialCount = 0
    partition.offered = []
  }

  /// Takes increments for places of a partition's storage: any, or with an origin those that follow
  /// its initial storage (PR/SM Planning Guide, "Reserved central storage").
  func take(_ places: [Int], for partition: Partition) throws(ManagementError) {
    for (place, increment) in zip(places, try increments(for: partition, places)) {
      partition.increments[place] = increment
    }
  }

  private func increments(
    for partition: Partition, _ places: [Int]
  ) throws(ManagementError) -> [Int] {
    if let origin = partition.definition.storage.origin {
      let wanted = increments(from: origin, places)
      guard state.ledger.take(wanted, for: partition.number) else {
        throw originNotFree(partition, wanted)
      }
      return wanted
    }
    guard let taken = state.ledger.take(places.count, for: partition.number) else {
      throw .insufficientStorage(
        partition.name, needed: byteCount(of: places.count), free: ledger.freeByteCount)
    }
    return taken
  }

  /// Throws when increments that an origin asks for are not free.
  func judgeOrigin(of partition: Partition, _ places: [Int]) throws(ManagementError) {
    guard let origin = partition.definition.storage.origin else { return }
    var copy = ledger
    let wanted = increments(from: origin, places)
    guard copy.take(wanted, for: partition.number) else {
      throw originNotFree(partition, wanted)
    }
  }

  private func increments(from origin: UInt64, _ places: [Int]) -> [Int] {
    let unit = max(1, ledger.incrementByteCount)
    return places.map { Int(clamping: origin / unit).addingClamped($0) }
  }

  private func originNotFree(_ partition: Partition, _ wanted: [Int]) -> ManagementError {
    .originNotFree(
      partition.name, origin: byteCount(of: wanted.first ?? 0), needed: byteCount(of: wanted.count))
  }

  /// Makes places of a partition's storage, for which it has increments, storage of its computer.
  func attach(_ places: [Int], to partition: Partition) {
    let pluggable = pluggablePlaces(of: partition)
    for range in ranges(of: places.filter { !pluggable.contains($0) }) {
      partition.computer?.attachStorage(range)
    }
    offerPluggable(to: partition)
  }

  /// Detaches places of a partition's storage and gives their increments back.
  func takeAway(_ places: [Int], from partition: Partition) {
    let pluggable = pluggablePlaces(of: partition)
    for range in ranges(
      of: places.filter { !partition.offered.contains($0) && !pluggable.contains($0) })
    {
      partition.computer?.detachStorage(range)
    }
    state.ledger.giveBack(places.compactMap { partition.increments[$0] }, from: partition.number)
    for place in places {
      partition.increments[place] = nil
      partition.offered.remove(place)
    }
    if places.contains(where: { pluggable.contains($0) }) { offerPluggable(to: partition) }
    countPages(of: partition)
  }

  /// Whether a partition has storage beyond what clearing leaves it.
  func hasAdded(_ partition: Partition) -> Bool { !added(partition).isEmpty }

  /// Gives storage beyond the initial back, as clearing does (PR/SM: element 1 goes off line).
  func returnAdded(_ partition: Partition) { takeAway(added(partition), from: partition) }

  private func added(_ partition: Partition) -> [Int] {
    partition.increments.indices.filter {
      $0 >= partition.initialCount && partition.increments[$0] != nil
    }
  }
}
