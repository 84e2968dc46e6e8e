// Changes of the networks inside the machine, judged and performed.

import Channels

extension PartitionManager {
  /// Judges a change of the networks and does it.
  func change(_ change: NetworkChange) throws(ManagementError) -> ManagementResult {
    switch change {
    case .define(let name, let vlan, let rate, let latency, let uplink):
      var network = VirtualSwitch(name: name, defaultVLAN: vlan)
      network.bytesPerSecond = min(
        max(rate ?? network.bytesPerSecond, VirtualSwitch.rates.lowerBound),
        VirtualSwitch.rates.upperBound)
      network.latencyNanoseconds = min(
        latency ?? network.latencyNanoseconds, VirtualSwitch.latencyLimit)
      network.uplink = uplink.map { Uplink($0) }
      guard networks.virtualSwitch(name) == nil else { throw .switchDefined(name) }
      guard networks.define(network) else { throw .switchLimit(VirtualNetworks.switchLimit) }
    case .remove(let name):
      _ = try virtualSwitch(name)
      networks.remove(name)
    case .grant(let name, let partition, let vlan):
      let network = try virtualSwitch(name)
      _ = try self.partition(partition)
      networks.change(name) {
        $0.grant(SwitchGrant(partition: partition, vlan: vlan ?? network.ordinaryVLAN))
      }
    case .revoke(let name, let partition): try revoke(name, partition)
    case .isolate(let name, let isIsolated):
      _ = try virtualSwitch(name)
      networks.change(name) { $0.isIsolated = isIsolated }
    case .setUplink(let name, let mode):
      _ = try virtualSwitch(name)
      networks.setUplink(mode, of: name)
    case .connectUplink(let name, let isConnected):
      guard let uplink = try virtualSwitch(name).uplink else { throw .noUplink(name) }
      guard uplink.isConnected != isConnected else {
        throw .uplinkAlready(name, connected: isConnected)
      }
      networks.connectUplink(isConnected, of: name)
    case .defineAdapter(let name, let adapter, let within):
      return try firmware.reconfiguration.defineAdapter(partition(name), adapter, within: within)
    case .detachAdapter(let name, let device, let force, let within):
      return try firmware.reconfiguration.detachAdapter(
        partition(name), device, force: force, within: within)
    case .connect(let name, let device, let network): try connect(name, device, to: network)
    case .couple(let name, let device, let other, let otherDevice):
      try couple(name, device, to: other, otherDevice)
    case .disconnect(let name, let device): try disconnect(name, device)
    }
    firmware.hardware.tellLinks()
    return .done
  }

  /// The networks as they are.
  private(set) package var networks: VirtualNetworks {
    get { firmware.hardware.networks }
    set { firmware.hardware.networks = newValue }
  }

  /// Who takes the frames that leave the machine by uplinks; nil for nobody.
  package var outside: (any NetworkOutside)? {
    get { firmware.passage.outside }
    set { firmware.passage.outside = newValue }
  }

  /// Lets a frame in from outside at this instant: an input, but no action.
  ///
  /// - Returns: Whether it is one and the switch has room for it; otherwise it is no input.
  package func receive(_ bytes: [UInt8], atUplinkOf name: String) -> Bool {
    // Where they are, and not in a copy that all frames on their way would be copied for.
    guard firmware.hardware.networks.receive(bytes, atUplinkOf: name, now: now) else {
      return false
    }
    firmware.journal.enter(frame: bytes, at: name)
    return true
  }

  /// What the adapters of partitions that have some are connected to.
  package var couplings: [String: [AdapterCoupling]] { firmware.hardware.couplings }

  /// The name of the partition that has an adapter.
  package func partitionName(of adapter: NetworkAdapter) -> String {
    firmware.hardware.partitionName(adapter.partition)
  }

  private func virtualSwitch(_ name: String) throws(ManagementError) -> VirtualSwitch {
    guard let network = networks.virtualSwitch(name) else {
      throw .switchNotFound(name, known: networks.switches.map(\.name))
    }
    return network
  }

  private func adapter(
    _ device: UInt16, of name: String
  ) throws(ManagementError) -> (Partition, NetworkAdapter) {
    let partition = try partition(name)
    try partition.requireActive()
    guard let adapter = networks.adapter(device, of: partition.number) else {
      throw .adapterNotFound(
        name, device, known: networks.adapters(of: partition.number).map(\.device))
    }
    return (partition, adapter)
  }

  private func channelEnd(
    _ device: UInt16, of name: String
  ) throws(ManagementError) -> (Partition, NetworkAdapter) {
    let partition = try partition(name)
    try partition.requireActive()
    guard let adapter = networks.adapter(device, of: partition.number), adapter.kind.isChannel
    else { throw .channelEndNotFound(name, device) }
    return (partition, adapter)
  }

  /// Connects two ends of channels that are for each other; that of the other partition must be free.
  private func couple(
    _ name: String, _ device: UInt16, to otherName: String, _ otherDevice: UInt16
  ) throws(ManagementError) {
    let (partition, end) = try channelEnd(device, of: name)
    let (otherPartition, otherEnd) = try channelEnd(otherDevice, of: otherName)
    guard end.kind.mayCouple(of: name, to: otherName),
      otherEnd.kind.mayCouple(of: otherName, to: name)
    else { throw .channelEndReserved(device, of: otherName, otherDevice) }
    guard end.number != otherEnd.number, [nil, end.number].contains(otherEnd.partner) else {
      throw .channelEndBusy(device, of: otherName, otherDevice)
    }
    drop(end, of: partition)
    networks.couple(device, of: partition.number, to: otherDevice, of: otherPartition.number)
    guard partition !== otherPartition else { return }
    firmware.journal.note(otherPartition, .channelCoupled(otherDevice, by: name, device))
  }

  private func disconnect(_ name: String, _ device: UInt16) throws(ManagementError) {
    let (partition, adapter) = try adapter(device, of: name)
    guard adapter.isLinked else { throw .adapterNotConnected(name, device) }
    drop(adapter, of: partition)
  }

  /// Disconnects an adapter, and tells the partition at the other end of a channel.
  private func drop(_ adapter: NetworkAdapter, of partition: Partition) {
    firmware.journal.noteDrop(of: adapter.device, of: partition)
    networks.disconnect(adapter.device, of: partition.number)
  }

  private func revoke(_ name: String, _ partition: String) throws(ManagementError) {
    let network = try virtualSwitch(name)
    let number = (try? self.partition(partition))?.number
    let connected = networks.adapters.filter { $0.partition == number && $0.switchName == name }
    guard network.grant(to: partition) != nil || !connected.isEmpty else {
      throw .notGranted(partition, network: name)
    }
    networks.change(name) { $0.revoke(partition) }
    for adapter in connected { networks.disconnect(adapter.device, of: adapter.partition) }
  }

  /// Connects an adapter that its NICDEF or a GRANT lets connect.
  private func connect(
    _ name: String, _ device: UInt16, to networkName: String
  ) throws(ManagementError) {
    let (partition, adapter) = try adapter(device, of: name)
    guard !adapter.kind.isChannel else {
      throw .adapterNotFound(name, device, known: networks.networkAdapters(of: partition.number))
    }
    let network = try virtualSwitch(networkName)
    if let other = adapter.switchName { throw .adapterConnected(name, device, to: other) }
    guard let vlan = partition.vlan(of: device, at: network) else {
      throw .notGranted(name, network: networkName)
    }
    networks.connect(device, of: partition.number, to: networkName, vlan: vlan)
  }
}
