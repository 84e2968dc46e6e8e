// Devices that come to partitions and go, and those that are varied off line. What a partition is defined with
// it has while it is not active, too; what it is given goes with its deactivation.

import Quantities

/// A partition's use of a device.
package struct DeviceUser: Equatable, Sendable {
  /// Index of the partition.
  package var partition: Int
  /// The number the partition knows the device by.
  package var virtualDevice: UInt16
  /// Whether it may only read.
  package var isReadOnly: Bool
  /// The part of the device that it has; nil for all of it.
  package var extent: BlockExtent?
}

/// What a partition is given: a device or a part of one, under a number of its own.
package struct GivenDevice: Equatable, Sendable {
  /// The device's number in the I/O configuration.
  package var device: UInt16
  /// The number the partition knows it by.
  package var virtualDevice: UInt16
  /// Whether it may only read.
  package var isReadOnly: Bool
  /// The part of the device that it is; nil for all of it.
  package var extent: BlockExtent?

  /// Creates an access.
  package init(
    device: UInt16, virtualDevice: UInt16, isReadOnly: Bool, extent: BlockExtent? = nil
  ) {
    self.device = device
    self.virtualDevice = virtualDevice
    self.isReadOnly = isReadOnly
    self.extent = extent
  }
}

/// A device as an operator sees it.
package struct ChannelDeviceView: Equatable, Sendable {
  /// Its number in the I/O configuration.
  package var number: UInt16
  /// Whether it can be given to a partition.
  package var isOnline: Bool
  /// Whether a path to it works and is on line for the machine.
  package var hasPath: Bool
  /// Blocks of 512 bytes on it; 0 when it is not ready.
  package var blockCount: UInt64
  /// Active partitions that have it, ascending.
  package var users: [DeviceUser]
  /// Who has reserved it; nil when nobody has, or has registered to.
  package var reservation: DeviceReservationView?
}

extension ChannelSubsystem {
  /// One device; nil when there is none with this number.
  package func deviceView(_ number: UInt16) -> ChannelDeviceView? {
    deviceIndex(number).map { index in
      deviceView(index, activity.subchannels.filter { $0.device == index })
    }
  }

  /// Every device, in the order of the configuration.
  package func deviceViews() -> [ChannelDeviceView] {
    let users = Dictionary(grouping: activity.subchannels, by: \.device)
    return activity.devices.indices.map { deviceView($0, users[$0] ?? []) }
  }

  /// Numbers of the devices that are varied off line, ascending.
  package var offlineDevices: [UInt16] {
    activity.devices.indices.filter { activity.devices[$0].isOffline }
      .map { hardware.devices[$0].number }.sorted()
  }

  func deviceIndex(_ number: UInt16) -> Int? {
    hardware.devices.firstIndex { $0.number == number }
  }

  private func deviceView(_ index: Int, _ access: [Subchannel]) -> ChannelDeviceView {
    ChannelDeviceView(
      number: hardware.devices[index].number, isOnline: !activity.devices[index].isOffline,
      hasPath: hardware.devices[index].paths.contains {
        activity.paths[$0].isOnline && activity.paths[$0].isOperational
      },
      blockCount: hardware.disks[index].blockCount,
      users: access.filter { activity.isActive[$0.partition] }.map {
        DeviceUser(
          partition: $0.partition, virtualDevice: $0.virtualDevice, isReadOnly: $0.isReadOnly,
          extent: $0.extent)
      }, reservation: reservation(ofDevice: index))
  }

  /// Whether a partition may have a device: it is in its candidate list, and a path of the partition's leads to it.
  package func mayHave(_ number: UInt16, partition: Int) -> Bool {
    guard let device = deviceIndex(number),
      hardware.devices[device].candidatePartitions?.contains(partition) ?? true
    else { return false }
    return hardware.devices[device].paths.contains {
      hardware.paths[$0].candidatePartitions.contains(partition)
    }
  }

  /// Why a device's file is not what it was when the machine began; nil when it is.
  package func fault(of number: UInt16) -> String? {
    deviceIndex(number).flatMap { hardware.disks[$0].fault }
  }

  /// The devices of a partition in a saved state, ascending by its own numbers.
  package func devices(
    of partition: Int, in state: ChannelSubsystemState, of other: ChannelHardware? = nil
  ) -> [GivenDevice] {
    let hardware = other ?? hardware
    return state.activity.subchannels.filter { $0.partition == partition }.map {
      GivenDevice(
        device: hardware.devices[$0.device].number, virtualDevice: $0.virtualDevice,
        isReadOnly: $0.isReadOnly, extent: $0.extent)
    }
  }

  // MARK: - Changes

  /// Varies a device on or off line; the caller has judged it.
  package func vary(device number: UInt16, online: Bool) {
    guard let device = deviceIndex(number) else { return }
    activity.devices[device].isOffline = !online
  }

  /// Gives a partition a device under a number of its own; the caller has judged it.
  package func attach(_ access: GivenDevice, to partition: Int, at time: SimulatedTime) {
    guard let subchannel = subchannel(access, of: partition) else { return }
    insert(subchannel, at: time)
    recount()
  }

  private func subchannel(_ access: GivenDevice, of partition: Int) -> Subchannel? {
    deviceIndex(access.device).map {
      hardware.subchannel(
        ChannelConfiguration.Assignment(
          partition: partition, virtualDevice: access.virtualDevice, device: $0,
          isReadOnly: access.isReadOnly, extent: access.extent))
    }
  }

  /// Takes a device from a partition; its requests that have not ended do so with an I/O error.
  package func detach(_ virtualDevice: UInt16, from partition: Int, at time: SimulatedTime) {
    guard let index = subchannelIndex(partition, virtualDevice) else { return }
    reach(time)
    remove(index)
    recount()
    pathsChanged()
  }

  /// Gives a partition these devices and no others; the caller has judged it, and nothing of it is under way.
  package func assign(_ devices: [GivenDevice], to partition: Int, at time: SimulatedTime) {
    set(devices.compactMap { subchannel($0, of: partition) }, of: partition, at: time)
  }

  /// Gives a partition back what it is defined with.
  func setDefined(_ partition: Int, at time: SimulatedTime) {
    set(hardware.subchannels.filter { $0.partition == partition }, of: partition, at: time)
  }

  /// Lets a partition have this access; what it has already stays as it is, unless all is to be made anew.
  func set(
    _ subchannels: [Subchannel], of partition: Int, at time: SimulatedTime, anew: Bool = false
  ) {
    let own = activity.subchannels.filter { $0.partition == partition }
    let isSame =
      own.count == subchannels.count && zip(own, subchannels).allSatisfy { $0.isSame(as: $1) }
    if isSame, !anew { return }
    for index in activity.subchannels.indices.reversed() {
      let item = activity.subchannels[index]
      guard item.partition == partition, anew || !subchannels.contains(where: item.isSame) else {
        continue
      }
      remove(index)
    }
    for subchannel in subchannels
    where subchannelIndex(partition, subchannel.virtualDevice) == nil {
      insert(subchannel, at: time)
    }
    recount()
  }

  private func insert(_ subchannel: Subchannel, at time: SimulatedTime) {
    var subchannel = subchannel
    subchannel.began = time
    subchannel.inoperative = subchannel.mask { !activity.paths[$0].isOperational }
    let index =
      activity.subchannels.firstIndex { Subchannel.isBefore(subchannel, $0) }
      ?? activity.subchannels.count
    activity.subchannels.elements =
      (activity.subchannels + [subchannel]).sorted(by: Subchannel.isBefore)
    activity.moveSubchannels(from: index) { $0.addingClamped(1) }
  }

  private func remove(_ index: Int) {
    for slot in empty(index) { complete(slot, .ioError) }
    loseUnit(index)
    activity.subchannels.elements = activity.subchannels.indices.filter { $0 != index }
      .map { activity.subchannels[$0] }
    activity.moveSubchannels(from: index) { $0 == index ? nil : $0.subtractingClamped(1) }
  }

  /// Most host memory that disks can take with this access: for each partition what its disks can hold, up
  /// to its limit, and what others have written there before.
  func diskReserve(of subchannels: [Subchannel]) -> UInt64 {
    var reserves: [Int: UInt64] = [:]
    var users: [Int: [Int]] = [:]
    for item in subchannels {
      users[item.device, default: []].append(item.partition)
      guard !item.isReadOnly else { continue }
      let held = (reserves[item.partition] ?? 0)
        .addingClamped(hardware.disks[item.device].memoryByteCount(of: item.extent))
      reserves[item.partition] = min(held, configuration.diskByteLimit)
    }
    let reserved = reserves.values.reduce(UInt64(0)) { $0.addingClamped($1) }
    return hardware.disks.indices.reduce(reserved) {
      $0.addingClamped(hardware.disks[$1].heldByteCount(besides: users[$1] ?? []))
    }
  }

  /// What the reserve would be with another device, of which nothing else changes.
  package func diskReserve(
    withDevice number: UInt16, _ extent: BlockExtent? = nil, of partition: Int
  ) -> UInt64 {
    let access = GivenDevice(
      device: number, virtualDevice: 0, isReadOnly: false, extent: extent)
    guard let subchannel = subchannel(access, of: partition) else { return diskReserve }
    return diskReserve(of: activity.subchannels.elements + [subchannel])
  }
}

extension ChannelActivity {
  /// Gives the requests of subchannels, from one on, the numbers that these have now.
  fileprivate mutating func moveSubchannels(from first: Int, _ number: (Int) -> Int?) {
    for slot in slots.indices {
      guard let subchannel = slots[slot].subchannel, subchannel >= first else { continue }
      slots[slot].subchannel = number(subchannel)
    }
  }
}
