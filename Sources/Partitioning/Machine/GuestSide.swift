// What the firmware asks of a partition's guest. A rehearsal has no guests: there the partition
// answers as its guest would have when the rehearsal was made.

import Platform
import Quantities

extension Partition {
  /// How the guest answers now.
  var answers: GuestAnswers {
    computer.map {
      GuestAnswers(
        listensToNotices: $0.listensToNotices, hearsSignals: $0.hearsSignals,
        hearsOfDisks: $0.hearsOfDisks, operatedDisks: $0.operatedDisks,
        takenDiskCount: $0.takenDiskCount,
        plugsStorage: $0.plugsStorage, pluggedByteCount: $0.pluggedByteCount,
        hasEnded: $0.ending != nil)
    } ?? rehearsed
  }

  /// Whether the guest takes reconfiguration notices.
  var listensToNotices: Bool { computer?.listensToNotices ?? rehearsed.listensToNotices }

  /// Whether the guest plugs and unplugs blocks of storage by a memory device.
  var plugsStorage: Bool { computer?.plugsStorage ?? rehearsed.plugsStorage }

  /// Storage that the guest has plugged by it, in bytes.
  var pluggedByteCount: UInt64 { computer?.pluggedByteCount ?? rehearsed.pluggedByteCount }

  /// Whether the guest cannot go on without a load.
  var hasEnded: Bool { computer.map { $0.ending != nil } ?? rehearsed.hasEnded }

  /// Asks the guest for a logical processor back.
  ///
  /// - Returns: Whether it listens.
  func recallProcessor(_ number: Int) -> Bool {
    computer.map { $0.recallProcessor(number) != .nobodyListens } ?? rehearsed.hearsSignals
  }

  /// Asks the guest to end.
  ///
  /// - Returns: Whether it listens.
  func signalShutdown() -> Bool { computer?.signalShutdown() ?? rehearsed.hearsSignals }

  /// Asks the guest for a disk back, by the partition's own number.
  ///
  /// - Returns: Whether it hears that.
  func recallDisk(_ number: UInt16) -> Bool {
    computer.map { $0.recallDisk(number) == .signalled } ?? rehearsed.hearsOfDisks
  }

  /// Whether a driver of the guest has set a disk up.
  func operatesDisk(_ number: UInt16) -> Bool {
    computer.map { $0.operatesDisk(number) } ?? rehearsed.operatedDisks.contains(number)
  }

  /// Shows the guest a disk.
  ///
  /// - Returns: Whether it hears of it.
  func attachDisk(_ disk: BlockDeviceConfiguration) -> Bool {
    computer.map { $0.attachDisk(disk) == .signalled } ?? rehearsed.hearsOfDisks
  }

  /// Takes a disk from the guest, which has given it back and knows, or not.
  func detachDisk(_ number: UInt16, isGivenBack: Bool) {
    if let computer { return computer.detachDisk(number, isGivenBack: isGivenBack) }
    if !isGivenBack, rehearsed.operatedDisks.contains(number) {
      rehearsed.takenDiskCount.addClamped(1)
    }
    rehearsed.operatedDisks.removeAll { $0 == number }
  }

  /// Places of disks that were taken from under drivers of the guest.
  var takenDiskCount: Int { computer?.takenDiskCount ?? rehearsed.takenDiskCount }
}
