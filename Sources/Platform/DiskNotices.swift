// Disks that the firmware gives a partition's computer and takes from it, at Plan or Settle.

import Quantities

extension Computer {
  /// Puts a disk into a free place, and tells the guest's operating system.
  ///
  /// - Returns: Whether it hears that; nil when there is no free place.
  package func attachDisk(_ disk: BlockDeviceConfiguration) -> NoticeDelivery? {
    guard let hotplug = diskHotplug, let place = disks.first(where: { $0.place.disk == nil })
    else { return nil }
    place.put(disk)
    mix(disk.deviceNumber, 1)
    return tell {
      place.offer()
      hotplug.offer(place.slot)
    }
  }

  /// Asks for a disk back; an operating system answers with `.diskEjected` when its users agree.
  package func recallDisk(_ number: UInt16) -> NoticeDelivery {
    guard let hotplug = diskHotplug, let place = place(of: number) else { return .nobodyListens }
    return tell {
      mix(number, 2)
      hotplug.recall(place.slot)
    }
  }

  /// Withdraws the wish for a disk.
  package func withdrawRecall(ofDisk number: UInt16) {
    guard let place = place(of: number) else { return }
    mix(number, 3)
    diskHotplug?.withdraw(place.slot)
  }

  /// Takes a disk away, of which the channel subsystem has no requests any more.
  ///
  /// - Parameters:
  ///   - number: Which.
  ///   - isGivenBack: Whether the guest's operating system has given it back, and knows.
  package func detachDisk(_ number: UInt16, isGivenBack: Bool) {
    guard let hotplug = diskHotplug, let place = place(of: number) else { return }
    mix(number, 4)
    if isGivenBack {
      place.vacate()
      hotplug.remove(place.slot, telling: false)
    } else {
      place.take()
      hotplug.remove(place.slot, telling: false)
      _ = tell { hotplug.remove(place.slot, telling: true) }
    }
  }

  /// Whether a driver of the guest has set a disk up.
  package func operatesDisk(_ number: UInt16) -> Bool { place(of: number)?.isOperating ?? false }

  /// Numbers of the disks that drivers have set up.
  package var operatedDisks: [UInt16] {
    disks.filter { !$0.place.isTaken && $0.isOperating }.compactMap { $0.place.disk?.deviceNumber }
  }

  /// Places whose disk was taken from under a driver that has not noticed.
  package var takenDiskCount: Int { disks.count { $0.place.isTaken } }

  /// Whether the guest's operating system would hear of a disk now.
  package var hearsOfDisks: Bool {
    diskHotplug != nil && values.ending == nil && !values.takesNotices && events?.isHeard ?? false
  }

  private func place(of number: UInt16) -> BlockDevice? {
    disks.first { !$0.place.isTaken && $0.place.disk?.deviceNumber == number }
  }

  private func tell(_ signal: () -> Void) -> NoticeDelivery {
    guard hearsOfDisks else { return .nobodyListens }
    signal()
    events?.tellDisks()
    return .signalled
  }

  private func mix(_ number: UInt16, _ what: UInt64) {
    values.history.mix(UInt64(number) << 8 | what)
  }
}
