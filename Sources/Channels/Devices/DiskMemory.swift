// How much host memory the disks of a machine take, and for whom.

import Quantities

/// Host memory that the machine's disks take, counted for the partition that first wrote to it.
///
/// Each partition has the same limit: what one of them fills takes nothing from another.
final class DiskMemory {
  /// Most bytes that chunks may take for each partition.
  let byteLimit: UInt64
  /// Bytes that chunks take, by partition.
  private var byteCounts: [UInt64]
  /// Bytes that chunks take together.
  private(set) var byteCount: UInt64 = 0

  init(partitionCount: Int, byteLimit: UInt64) {
    byteCounts = [UInt64](repeating: 0, count: max(0, partitionCount))
    self.byteLimit = byteLimit
  }

  /// Takes a chunk's bytes for a partition; false when its limit is reached.
  func take(_ bytes: UInt64, for partition: Int) -> Bool {
    guard let sum = byteCounts.element(at: partition)?.adding(bytes), sum <= byteLimit else {
      return false
    }
    set(partition, sum)
    return true
  }

  /// Gives a partition's bytes back.
  func give(_ bytes: UInt64, of partition: Int) {
    guard let sum = byteCounts.element(at: partition)?.subtractingClamped(bytes) else { return }
    set(partition, sum)
  }

  /// Counts what a restored disk holds for a partition, whatever its limit is now.
  func keep(_ bytes: UInt64, for partition: Int) {
    guard let sum = byteCounts.element(at: partition)?.addingClamped(bytes) else { return }
    set(partition, sum)
  }

  /// Bytes that chunks take for a partition.
  func byteCount(of partition: Int) -> UInt64 { byteCounts.element(at: partition) ?? 0 }

  private func set(_ partition: Int, _ bytes: UInt64) {
    guard let before = byteCounts.element(at: partition) else { return }
    byteCount = byteCount.subtractingClamped(before).addingClamped(bytes)
    byteCounts.replaceSubrange(partition..<partition.addingClamped(1), with: CollectionOfOne(bytes))
  }
}

extension DiskMemory: StateHolder {
  static var roles: PropertyRoles {
    // Counted from what the disks hold.
    PropertyRoles(state: [], wiring: ["byteLimit"], caches: ["byteCounts", "byteCount"])
  }
}
