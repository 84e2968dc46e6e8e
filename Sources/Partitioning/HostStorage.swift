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

extension PartitionManager {
  static let pageByteCount: UInt64 = 4096

  /// Host memory that guests' pages, disks and requests take, in bytes.
  package var hostStorageUsed: UInt64 {
    pagesAndRequests.addingClamped(channels.diskByteCount())
  }

  /// The same with all that is kept for disks: what is compared with HOSTSTORAGE.
  var hostStorageCommitted: UInt64 { pagesAndRequests.addingClamped(channels.diskReserve) }

  private var pagesAndRequests: UInt64 {
    UInt64(clamping: state.hostPageCount).multipliedClamped(by: PartitionManager.pageByteCount)
      .addingClamped(channels.requestByteCount)
  }

  /// Counts a partition's written pages again.
  ///
  /// - Returns: Whether there are more than before.
  @discardableResult
  func countPages(of partition: Partition) -> Bool {
    // A rehearsed guest keeps its pages until they are cleared.
    let kept = isRehearsal && partition.isActive && !partition.isClean ? partition.countedPages : 0
    let count = partition.computer?.memory.writtenPageCount ?? kept
    let grew = count > partition.countedPages
    state.hostPageCount = state.hostPageCount.addingClamped(
      count.subtractingClamped(partition.countedPages))
    partition.countedPages = count
    return grew
  }

  /// Stops a partition that wrote new pages in this epoch when HOSTSTORAGE is used up.
  func guardHostStorage(_ partition: Partition, _ computer: Computer) {
    guard computer.memory.writtenPageCount != partition.countedPages else { return }
    let grew = countPages(of: partition)
    let limit = definition.machine.hostStorageByteCount
    guard grew, hostStorageCommitted > limit, !partition.isPaused else { return }
    recording(.stop(partition.name, processor: nil), by: .firmware) {
      partition.isPaused = true
      partition.isStopped = true
      turnOff(partition)
    }
    engine.guests[partition.number].digest.mix(hostStorageCommitted)
    note(partition, .hostStorageUsedUp(used: hostStorageCommitted, limit: limit))
  }

  /// Throws when HOSTSTORAGE has no room for an image beside what guests have written.
  func requireHostStorage(
    for image: LoadedImage, of partition: Partition, clear: Bool
  ) throws(ManagementError) {
    let own =
      clear
      ? UInt64(clamping: partition.countedPages)
        .multipliedClamped(by: PartitionManager.pageByteCount) : 0
    try requireHostStorage(
      partition, needed: image.byteCount, used: hostStorageCommitted.subtractingClamped(own))
  }

  /// Throws when there is still no room for a page of a partition that was stopped for want of it.
  func requireHostStorage(toStart partition: Partition) throws(ManagementError) {
    try requireHostStorage(
      partition, needed: PartitionManager.pageByteCount, used: hostStorageCommitted)
  }

  private func requireHostStorage(
    _ partition: Partition, needed: UInt64, used: UInt64
  ) throws(ManagementError) {
    let limit = definition.machine.hostStorageByteCount
    guard used.addingClamped(needed) <= limit else {
      throw .hostStorage(partition.name, needed: needed, used: used, limit: limit)
    }
  }
}
