// Devices that the firmware gives a partition's computer and takes from it, at Plan or Settle.

import Quantities

extension Computer {
  /// Puts a disk into a free place, and tells the guest's operating system.
  ///
  /// - Returns: Whether it hears that; nil when there is no free place.
  package func attachDisk(_ disk: BlockDeviceConfiguration) -> NoticeDelivery? {
    attach(.disk(disk))
  }

  /// Puts a network adapter into a free place, and tells the guest's operating system.
  ///
  /// - Returns: Whether it hears that; nil when there is no free place.
  package func attachAdapter(_ adapter: NetworkDeviceConfiguration) -> NoticeDelivery? {
    attach(.adapter(adapter))
  }

  private func attach(_ contents: DevicePlace.Contents) -> NoticeDelivery? {
    guard let hotplug = deviceHotplug, let place = devicePlaces.first(where: { $0.contents == nil })
    else { return nil }
    place.put(contents)
    mix(contents.deviceNumber, 1)
    return tell {
      place.offer()
      hotplug.offer(place.slot)
    }
  }

  /// Asks for a device back; an operating system answers with `.deviceEjected` when its users agree.
  package func recallDevice(_ number: UInt16) -> NoticeDelivery {
    guard let hotplug = deviceHotplug, let place = place(of: number) else { return .nobodyListens }
    return tell {
      mix(number, 2)
      hotplug.recall(place.slot)
    }
  }

  /// Withdraws the wish for a device.
  package func withdrawRecall(ofDevice number: UInt16) {
    guard let place = place(of: number) else { return }
    mix(number, 3)
    deviceHotplug?.withdraw(place.slot)
  }

  /// Takes a device away, of which nothing is under way outside any more.
  ///
  /// - Parameters:
  ///   - number: Which.
  ///   - isGivenBack: Whether the guest's operating system has given it back, and knows.
  package func detachDevice(_ number: UInt16, isGivenBack: Bool) {
    guard let hotplug = deviceHotplug, let place = place(of: number) else { return }
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

  /// Whether a driver of the guest has set a device up.
  package func operatesDevice(_ number: UInt16) -> Bool {
    place(of: number)?.isOperating ?? false
  }

  /// Numbers of the devices that drivers have set up.
  package var operatedDevices: [UInt16] {
    devicePlaces.filter(\.isOperating).compactMap(\.deviceNumber)
  }

  /// Places whose device was taken from under a driver that has not noticed.
  package var takenPlaceCount: Int { devicePlaces.count(where: \.isTaken) }

  /// Whether the guest's operating system would hear of a device now.
  package var hearsOfDevices: Bool {
    deviceHotplug != nil && values.ending == nil && !values.takesNotices && events?.isHeard ?? false
  }

  private func place(of number: UInt16) -> DevicePlace? {
    devicePlaces.first { $0.deviceNumber == number }
  }

  private func tell(_ signal: () -> Void) -> NoticeDelivery {
    guard hearsOfDevices else { return .nobodyListens }
    signal()
    events?.tellDevices()
    return .signalled
  }

  private func mix(_ number: UInt16, _ what: UInt64) {
    values.history.mix(UInt64(number) << 8 | what)
  }
}
