import Channels
import Platform
import Quantities

// Devices of partitions: what a partition's definition in force says it has, its subchannels and its computer's
// disks are one and the same, whatever is given and taken.

extension MachineHardware {
  /// Whether an active partition has a device so that another cannot: that one writes, or the other would.
  ///
  /// - Returns: Who has it.
  func user(of device: DeviceAssignment, besides partition: Partition) -> DeviceUser? {
    channels.deviceView(device.realDevice)?.users.first {
      $0.partition != partition.number && !($0.isReadOnly && device.isReadOnly)
    }
  }

  /// Gives a partition a device, which was judged.
  ///
  /// - Returns: Whether its guest hears of it.
  func give(_ device: DeviceAssignment, to partition: Partition) -> Bool {
    channels.attach(
      device.realDevice, to: partition.number, as: device.virtualDevice,
      isReadOnly: device.isReadOnly)
    partition.definition.devices.append(device)
    partition.definition.devices.sort { $0.virtualDevice < $1.virtualDevice }
    let hears = partition.attachDisk(
      BlockDeviceConfiguration(
        deviceNumber: device.virtualDevice,
        blockCount: channels.deviceView(device.realDevice)?.blockCount ?? 0,
        isReadOnly: device.isReadOnly))
    findWork(of: partition)
    return hears
  }

  /// Takes a device from a partition; requests under way end with an I/O error.
  func take(_ device: DeviceAssignment, from partition: Partition, isGivenBack: Bool = false) {
    channels.detach(device.virtualDevice, from: partition.number, at: engine.now)
    partition.detachDisk(device.virtualDevice, isGivenBack: isGivenBack)
    partition.definition.devices.removeAll { $0.virtualDevice == device.virtualDevice }
    findWork(of: partition)
  }

  /// Gives a partition that is being activated what its definition says, as far as it is to be had.
  func assignDevices(to partition: Partition) {
    let devices = partition.definition.devices.filter { device in
      guard let view = channels.deviceView(device.realDevice), view.isOnline else { return false }
      return user(of: device, besides: partition) == nil
    }
    if devices != partition.definition.devices { partition.definition.devices = devices }
    channels.assign(
      devices.map { ($0.realDevice, $0.virtualDevice, $0.isReadOnly) }, to: partition.number)
  }
}
