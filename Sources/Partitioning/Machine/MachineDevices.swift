import Channels
import Platform
import Quantities

// Devices of partitions: what a partition's definition in force says it has, its subchannels and adapters, and its
// computer's devices are one and the same, whatever is given and taken.

extension MachineHardware {
  /// Whether an active partition has a device so that another cannot: that one writes, or the other would, and
  /// they do not share it; or that one has a minidisk on it.
  ///
  /// - Returns: Who has it.
  func user(of device: DeviceAssignment, besides partition: Partition) -> DeviceUser? {
    channels.deviceView(device.realDevice)?.users.first { user in
      user.extent != nil
        || user.partition != partition.number
          && !(assignment(of: user)?.goesBeside(device) ?? false)
    }
  }

  /// How a partition has a device as a whole, by its definition in force.
  private func assignment(of user: DeviceUser) -> DeviceAssignment? {
    partitions[user.partition]?.definition.devices.first {
      $0.virtualDevice == user.virtualDevice
    }
  }

  /// Gives a partition a device, which was judged.
  ///
  /// - Returns: Whether its guest hears of it.
  func give(_ device: PartitionDevice, to partition: Partition) -> Bool {
    let hears =
      switch device {
      case .disk(let disk): give(disk, to: partition)
      case .link(let link): give(link, to: partition)
      case .adapter(let adapter): give(adapter, to: partition)
      }
    findWork(of: partition)
    return hears
  }

  private func give(_ device: DeviceAssignment, to partition: Partition) -> Bool {
    channels.attach(device.access, to: partition.number, at: engine.now)
    partition.definition.devices.append(device)
    partition.definition.devices.sort { $0.virtualDevice < $1.virtualDevice }
    return partition.attachDisk(
      BlockDeviceConfiguration(
        deviceNumber: device.virtualDevice,
        blockCount: channels.deviceView(device.realDevice)?.blockCount ?? 0,
        isReadOnly: device.isReadOnly, unitNumber: device.unitNumber))
  }

  private func give(_ link: MinidiskLink, to partition: Partition) -> Bool {
    guard let access = try? access(by: link, of: partition) else { return false }
    channels.attach(access, to: partition.number, at: engine.now)
    partition.definition.links.append(link.granted(access))
    partition.definition.links.sort { $0.virtualDevice < $1.virtualDevice }
    return partition.attachDisk(
      BlockDeviceConfiguration(
        deviceNumber: link.virtualDevice, blockCount: access.extent?.count ?? 0,
        isReadOnly: access.isReadOnly))
  }

  private func give(_ adapter: NetworkAdapterDefinition, to partition: Partition) -> Bool {
    partition.definition.networkAdapters.append(adapter)
    partition.definition.networkAdapters.sort { $0.virtualDevice < $1.virtualDevice }
    let hears = partition.attachAdapter(
      plugIn(adapter, of: partition, defaultAddress: freeAddress(partition)))
    tellLinks()
    return hears
  }

  /// Tells guests which of their adapters are connected to something now; those that know hear nothing.
  func tellLinks() {
    for adapter in networks.adapters {
      guard let partition = partitions[adapter.partition],
        partition.computer?.setLink(adapter.isLinked, of: adapter.device) == true
      else { continue }
      findWork(of: partition)
    }
  }

  /// Takes a device from a partition; disk requests under way end with an I/O error, frames are lost.
  func take(_ device: PartitionDevice, from partition: Partition, isGivenBack: Bool = false) {
    let number = device.virtualDevice
    switch device {
    case .disk:
      channels.detach(number, from: partition.number, at: engine.now)
      partition.definition.devices.removeAll { $0.virtualDevice == number }
    case .link:
      channels.detach(number, from: partition.number, at: engine.now)
      partition.definition.links.removeAll { $0.virtualDevice == number }
    case .adapter:
      networks.removeAdapter(number, of: partition.number)
      partition.definition.networkAdapters.removeAll { $0.virtualDevice == number }
      tellLinks()
    }
    partition.detachDevice(number, isGivenBack: isGivenBack)
    findWork(of: partition)
  }

  /// Adds an adapter to the networks, connected as its definition says.
  ///
  /// - Parameters:
  ///   - adapter: Which.
  ///   - partition: Whose it is.
  ///   - defaultAddress: Its address where the definition says none.
  /// - Returns: What the partition's computer shows of it.
  @discardableResult
  func plugIn(
    _ adapter: NetworkAdapterDefinition, of partition: Partition, defaultAddress: AdapterAddress
  ) -> NetworkDeviceConfiguration {
    let device = adapter.virtualDevice
    let face = NetworkDeviceConfiguration(
      deviceNumber: device,
      address: adapter.addressNumber.map { AdapterAddress(number: $0) } ?? defaultAddress,
      unitByteCount: adapter.unitByteCount)
    _ = networks.addAdapter(
      device, of: partition.number, address: face.address, unitByteCount: face.unitByteCount,
      kind: adapter.kind)
    if let name = adapter.switchName, let network = networks.virtualSwitch(name),
      let vlan = partition.vlan(of: device, at: network)
    {
      networks.connect(device, of: partition.number, to: name, vlan: vlan)
    }
    return face
  }

  /// The address of an adapter that says none: the first of the partition's that no other has.
  private func freeAddress(_ partition: Partition) -> AdapterAddress {
    let taken = Set(networks.adapters(of: partition.number).map(\.address))
    var ordinal = 0
    while taken.contains(AdapterAddress(partition: partition.number, ordinal: ordinal)) {
      ordinal &+= 1
    }
    return AdapterAddress(partition: partition.number, ordinal: ordinal)
  }

  /// Gives a partition that is being activated what its definition says, as far as it is to be had.
  func assignDevices(to partition: Partition) {
    let devices = devicesToGive(partition)
    if devices != partition.definition.devices { partition.definition.devices = devices }
    let links = linkOutcomes(of: partition)
    let linked = links.filter { $0.access != nil }.map(\.link)
    if linked != partition.definition.links { partition.definition.links = linked }
    channels.assign(
      (devices.map(\.access) + links.compactMap(\.access))
        .sorted { $0.virtualDevice < $1.virtualDevice }, to: partition.number, at: engine.now)
  }
}

extension MachineHardware {
  /// The devices that a partition which is being activated is given as a whole.
  func devicesToGive(_ partition: Partition) -> [DeviceAssignment] {
    partition.definition.devices.filter { device in
      guard let view = channels.deviceView(device.realDevice), view.isOnline else { return false }
      return user(of: device, besides: partition) == nil
    }
  }
}

extension DeviceAssignment {
  /// What the channel subsystem gives for it.
  var access: GivenDevice {
    GivenDevice(device: realDevice, virtualDevice: virtualDevice, isReadOnly: isReadOnly)
  }
}
