import Channels
import Platform
import Quantities

// Storage that guests plug by blocks. A partition's places of it have increments as others have; which of
// the region's blocks a guest has plugged is its own choice, so that what counts is their sum: it never
// exceeds what the partition has, and what it has beyond the sum can go back.

extension StorageBook {
  /// Places of a partition's storage that its guest plugs by blocks.
  func pluggablePlaces(of partition: Partition) -> Range<Int> {
    let end = partition.increments.count
    guard partition.definition.hasPluggableStorage else { return end..<end }
    let first = min(end, ledger.count(of: partition.definition.storage.initialByteCount))
    return first..<max(first, end)
  }

  /// Those of them for which it has increments, offered ones included.
  func pluggable(of partition: Partition) -> [Int] {
    pluggablePlaces(of: partition).filter { partition.increments[$0] != nil }
  }

  /// What its guest is to have plugged: what it has, without what is wanted back.
  func requestedByteCount(of partition: Partition) -> UInt64 {
    partition.pending.reduce(byteCount(of: pluggable(of: partition).count)) { bytes, change in
      guard case .blocks(let byteCount, let done) = change.subject, !change.online else {
        return bytes
      }
      return bytes.subtractingClamped(byteCount.subtractingClamped(done))
    }
  }

  /// Takes what was offered to its guest back, but for increments of which it has plugged a part.
  ///
  /// - Returns: How many increments went.
  func takeUnplugged(of partition: Partition) -> Int {
    let inUse = ledger.count(of: partition.pluggedByteCount)
    let unused = pluggable(of: partition).dropFirst(max(0, inUse)).filter {
      partition.offered.contains($0)
    }
    takeAway(unused, from: partition)
    partition.offered = []
    return unused.count
  }

  /// Has the guest's device ask for what it is to have plugged; what the partition has no more goes at once.
  func offerPluggable(to partition: Partition) {
    guard partition.definition.hasPluggableStorage else { return }
    let most = byteCount(of: pluggable(of: partition).count)
    partition.computer?.offerPluggable(requestedByteCount(of: partition), keeping: most)
    partition.rehearsed.pluggedByteCount = min(partition.rehearsed.pluggedByteCount, most)
  }
}
