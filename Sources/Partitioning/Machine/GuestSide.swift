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
        takesDevices: $0.configuration.takesDevices,
        hearsOfDevices: $0.hearsOfDevices, operatedDevices: $0.operatedDevices,
        takenPlaceCount: $0.takenPlaceCount,
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

  /// Whether its computer has places for devices that come and go.
  var takesDevices: Bool { computer?.configuration.takesDevices ?? rehearsed.takesDevices }

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

  /// Asks the guest for a device back, by the partition's own number.
  ///
  /// - Returns: Whether it hears that.
  func recallDevice(_ number: UInt16) -> Bool {
    computer.map { $0.recallDevice(number) == .signalled } ?? rehearsed.hearsOfDevices
  }

  /// Whether a driver of the guest has set a device up.
  func operatesDevice(_ number: UInt16) -> Bool {
    computer.map { $0.operatesDevice(number) } ?? rehearsed.operatedDevices.contains(number)
  }

  /// Shows the guest a disk.
  ///
  /// - Returns: Whether it hears of it.
  func attachDisk(_ disk: BlockDeviceConfiguration) -> Bool {
    computer.map { $0.attachDisk(disk) == .signalled } ?? rehearsed.hearsOfDevices
  }

  /// Shows the guest a network adapter.
  ///
  /// - Returns: Whether it hears of it.
  func attachAdapter(_ adapter: NetworkDeviceConfiguration) -> Bool {
    computer.map { $0.attachAdapter(adapter) == .signalled } ?? rehearsed.hearsOfDevices
  }

  /// Takes a device from the guest, which has given it back and knows, or not.
  func detachDevice(_ number: UInt16, isGivenBack: Bool) {
    if let computer { return computer.detachDevice(number, isGivenBack: isGivenBack) }
    if !isGivenBack, rehearsed.operatedDevices.contains(number) {
      rehearsed.takenPlaceCount.addClamped(1)
    }
    rehearsed.operatedDevices.removeAll { $0 == number }
  }

  /// Places of devices that were taken from under drivers of the guest.
  var takenPlaceCount: Int { computer?.takenPlaceCount ?? rehearsed.takenPlaceCount }
}
