import Channels
import Platform
import Quantities

// The guard on the host's memory, part of the history: it counts the pages that guests have written,
// what their disks hold and what their requests carry, in our own records, against HOSTSTORAGE. What
// would not fit is refused; a partition that outgrows what is left is stopped with a message, and START
// lets it go on when there is room again.
//
// Of HOSTSTORAGE, at most half is kept for disks in memory, in equal parts for the partitions that have
// some and no more than those disks can hold. A partition's disks end where its part does: what one
// writes to its disks never fails another's write, and never stops another.

extension StorageBook {
  static let pageByteCount: UInt64 = 4096

  /// Host memory that guests' pages, disks and requests take, in bytes.
  var hostStorageUsed: UInt64 { pagesAndRequests.addingClamped(channels.diskByteCount()) }

  /// The same with all that is kept for disks: what is compared with HOSTSTORAGE.
  var hostStorageCommitted: UInt64 { pagesAndRequests.addingClamped(channels.diskReserve) }

  /// HOSTSTORAGE in bytes.
  var hostStorageLimit: UInt64 { definition.machine.hostStorageByteCount }

  private var pagesAndRequests: UInt64 {
    bytes(of: state.hostPageCount).addingClamped(channels.requestByteCount)
      .addingClamped(hardware.networks.heldByteCount)
  }

  private func bytes(of pages: Int) -> UInt64 {
    UInt64(clamping: pages).multipliedClamped(by: StorageBook.pageByteCount)
  }

  /// Counts a partition's written pages again.
  ///
  /// - Returns: Whether there are more than before.
  @discardableResult
  func countPages(of partition: Partition) -> Bool {
    // A rehearsed guest keeps its pages until they are cleared.
    let isKept = hardware.isRehearsal && partition.isActive && !partition.isClean
    let kept = isKept ? partition.countedPages : 0
    let count = partition.computer?.memory.writtenPageCount ?? kept
    let grew = count > partition.countedPages
    state.hostPageCount = state.hostPageCount.addingClamped(
      count.subtractingClamped(partition.countedPages))
    partition.countedPages = count
    return grew
  }

  /// Throws when HOSTSTORAGE has no room for an image of so many bytes beside what guests have written;
  /// what the partition itself has written may be cleared first.
  func requireHostStorage(
    _ byteCount: UInt64, for partition: Partition, clears: Bool
  ) throws(ManagementError) {
    let own = clears ? bytes(of: partition.countedPages) : 0
    try requireHostStorage(
      partition, needed: byteCount, used: hostStorageCommitted.subtractingClamped(own))
  }

  /// Throws when there is still no room for a page of a partition that was stopped for want of it.
  func requireHostStorage(toStart partition: Partition) throws(ManagementError) {
    try requireHostStorage(
      partition, needed: StorageBook.pageByteCount, used: hostStorageCommitted)
  }

  /// Throws when HOSTSTORAGE does not hold what would be kept for disks, beside what guests have written.
  func requireHostStorage(
    forDisks reserve: UInt64, of partition: Partition
  ) throws(ManagementError) {
    try requireHostStorage(
      partition, needed: reserve.subtractingClamped(channels.diskReserve),
      used: hostStorageCommitted)
  }

  private func requireHostStorage(
    _ partition: Partition, needed: UInt64, used: UInt64
  ) throws(ManagementError) {
    guard used.addingClamped(needed) <= hostStorageLimit else {
      throw .hostStorage(partition.name, needed: needed, used: used, limit: hostStorageLimit)
    }
  }
}
