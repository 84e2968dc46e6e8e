import Channels
import Platform
import Quantities

// Devices that partitions are given and that are taken from them while they run. What is given is the
// partition's at once, and the change is pending until the guest has found it; what is wanted back stays the
// partition's until the guest gives it up. An operating system that finds a disk in use is asked again, until
// its users have let it go, the time is over, or the wish is withdrawn. Disks, minidisks and network adapters
// differ only in what is judged before they come.

extension Reconfiguration {
  /// How often a guest is asked for what it does not give.
  static let askingInterval: SimulatedTime = 1_000_000_000

  func attachDevice(
    _ partition: Partition, _ device: DeviceAssignment, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    try judge(device, for: partition)
    return attach(.disk(device), to: partition, within)
  }

  func link(
    _ partition: Partition, _ link: MinidiskLink, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    try judge(link, for: partition)
    return attach(.link(link), to: partition, within)
  }

  func defineAdapter(
    _ partition: Partition, _ adapter: NetworkAdapterDefinition, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    try judge(adapter, for: partition)
    return attach(.adapter(adapter), to: partition, within)
  }

  private func attach(
    _ device: PartitionDevice, to partition: Partition, _ within: Int?
  ) -> ManagementResult {
    let hears = hardware.give(device, to: partition)
    // Who does not run finds it when he does.
    guard isListening(partition) else { return .done }
    let change = PendingChange(
      device: device, online: true, asked: now,
      deadline: hears ? deadline(within) : PendingChange.never)
    pending.add(change, to: partition)
    return .pending([change])
  }

  private func judge(
    _ device: DeviceAssignment, for partition: Partition
  ) throws(ManagementError) {
    let (name, number) = (partition.name, device.realDevice)
    func refuse(_ obstacle: DeviceObstacle) -> ManagementError {
      .deviceNotAttachable(name, device: number, obstacle)
    }
    guard let view = channels.deviceView(number) else { throw .deviceNotFound(number) }
    guard view.isOnline, view.hasPath else { throw .deviceOffline(number) }
    guard channels.mayHave(number, partition: partition.number) else {
      throw refuse(.unreachable)
    }
    if let user = hardware.user(of: device, besides: partition) {
      throw .deviceInUse(
        number, by: hardware.partitionName(user.partition), as: user.virtualDevice)
    }
    let own = partition.definition.devices
    if let earlier = own.first(where: { $0.realDevice == number }) {
      throw .deviceInUse(number, by: name, as: earlier.virtualDevice)
    }
    guard partition.definition.device(device.virtualDevice) == nil else {
      throw .deviceNumberTaken(name, device: number, as: device.virtualDevice)
    }
    guard view.blockCount > 0 else { throw refuse(.withoutMedium) }
    if let reason = channels.fault(of: number) { throw refuse(.file(reason: reason)) }
    let limit = placeCount(of: partition)
    guard partition.definition.deviceCount < limit else { throw refuse(.noPlace(limit: limit)) }
    try storage.requireHostStorage(
      forDisks: channels.diskReserve(withDevice: number, of: partition.number), of: partition)
  }

  private func judge(_ link: MinidiskLink, for partition: Partition) throws(ManagementError) {
    let access = try hardware.access(by: link, of: partition)
    func refuse(_ obstacle: LinkObstacle) -> ManagementError {
      .linkRefused(link.owner ?? partition.name, device: link.ownerDevice, obstacle)
    }
    guard partition.definition.device(link.virtualDevice) == nil else {
      throw refuse(.numberTaken(link.virtualDevice))
    }
    let limit = placeCount(of: partition)
    guard partition.definition.deviceCount < limit else { throw refuse(.noPlace(limit: limit)) }
    guard !access.isReadOnly else { return }
    try storage.requireHostStorage(
      forDisks: channels.diskReserve(
        withDevice: access.device, access.extent, of: partition.number), of: partition)
  }

  private func judge(
    _ adapter: NetworkAdapterDefinition, for partition: Partition
  ) throws(ManagementError) {
    let (name, number) = (partition.name, adapter.virtualDevice)
    guard partition.definition.device(number) == nil else {
      throw .adapterNumberTaken(name, number)
    }
    let limit = placeCount(of: partition)
    guard partition.definition.deviceCount < limit else {
      throw .noPlaceForAdapter(name, number, limit: limit)
    }
    guard let network = adapter.switchName else { return }
    guard let found = hardware.networks.virtualSwitch(network) else {
      throw .switchNotFound(network, known: hardware.networks.switches.map(\.name))
    }
    guard found.grant(to: name) != nil else { throw .notGranted(name, network: network) }
  }

  /// Places that a partition's devices can be in; none in a computer that was built when no path was there.
  private func placeCount(of partition: Partition) -> Int {
    guard partition.takesDevices else { return 0 }
    return partition.definition.deviceRoom.subtractingClamped(partition.takenPlaceCount)
  }

  func detachDevice(
    _ partition: Partition, _ number: UInt16, force: Bool, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    switch partition.definition.device(number) {
    case .disk(let device)?:
      return try detach(.disk(device), from: partition, force: force, within: within)
    case .link(let link)?:
      return try detach(.link(link), from: partition, force: force, within: within)
    case .adapter(let adapter)? where adapter.kind.isChannel:
      return try detach(.adapter(adapter), from: partition, force: force, within: within)
    case .adapter?, nil: throw .virtualDeviceNotFound(partition.name, device: number)
    }
  }

  func detachAdapter(
    _ partition: Partition, _ number: UInt16, force: Bool, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    guard case .adapter(let adapter)? = partition.definition.device(number),
      !adapter.kind.isChannel
    else {
      throw .adapterNotFound(
        partition.name, number,
        known: partition.definition.networkAdapters.filter { !$0.kind.isChannel }
          .map(\.virtualDevice))
    }
    return try detach(.adapter(adapter), from: partition, force: force, within: within)
  }

  private func detach(
    _ device: PartitionDevice, from partition: Partition, force: Bool, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    let number = device.virtualDevice
    if let earlier = pendingDevice(number, of: partition) {
      guard force || earlier.waitsForLoad else {
        throw .changePending(partition.name, earlier)
      }
      withdraw(earlier, from: partition)
      if earlier.online { return .done }
    }
    if !force {
      if isListening(partition), partition.recallDevice(number) {
        hardware.findWork(of: partition)
        var change = PendingChange(
          device: device, online: false, asked: now, deadline: deadline(within))
        change.nextAsking = now.addingClamped(Self.askingInterval)
        pending.add(change, to: partition)
        return .pending([change])
      }
      guard !partition.operatesDevice(number) else {
        throw .deviceInGuestUse(partition.name, device: number)
      }
    }
    take(device, from: partition)
    return .done
  }

  /// The change that waits for a device of a partition, by the partition's own number.
  private func pendingDevice(_ number: UInt16, of partition: Partition) -> PendingChange? {
    partition.pending.first { $0.device?.virtualDevice == number }
  }

  /// Asks a guest again for the devices and the storage that it does not give yet.
  func askAgain(_ partition: Partition) {
    for change in partition.pending where change.kind == .device || change.kind == .storage {
      guard let asking = change.nextAsking, asking <= now, now < change.deadline else { continue }
      var later = change
      later.nextAsking = now.addingClamped(Self.askingInterval)
      pending.replace(change, by: later, of: partition)
      if let device = change.device {
        _ = partition.recallDevice(device.virtualDevice)
      } else {
        partition.computer?.recallPluggable()
      }
      hardware.findWork(of: partition)
    }
  }

  /// Takes a device from a partition; whom it is connected to by a channel is told.
  private func take(_ device: PartitionDevice, from partition: Partition, isGivenBack: Bool = false)
  {
    if case .adapter(let adapter) = device {
      journal.noteDrop(of: adapter.virtualDevice, of: partition)
    }
    hardware.take(device, from: partition, isGivenBack: isGivenBack)
  }

  // MARK: What guests say

  /// Completes a change of a device.
  func completeDevice(_ change: PendingChange, of partition: Partition) {
    guard let device = change.device else { return }
    complete(change, of: partition) {
      if !change.online { take(device, from: partition, isGivenBack: true) }
    }
  }

  /// The guest has found a device that it was given, or could not take it.
  func answered(_ partition: Partition, _ number: UInt16, isTaken: Bool) {
    guard let change = pendingDevice(number, of: partition), change.online else { return }
    if isTaken {
      completeDevice(change, of: partition)
    } else {
      refuse(change, of: partition)
    }
  }

  /// The guest cannot give a device back.
  func kept(_ partition: Partition, _ number: UInt16) {
    guard let change = pendingDevice(number, of: partition), !change.online else { return }
    refuse(change, of: partition)
  }

  /// The guest has given a device back: as it was asked to, or unasked.
  func ejected(_ partition: Partition, _ number: UInt16) {
    guard let device = partition.definition.device(number) else { return }
    let change = pendingDevice(number, of: partition)
    if let change, !change.online { return completeDevice(change, of: partition) }
    let gone = PendingChange(device: device, online: false, asked: now, deadline: now)
    journal.recording(gone.action(on: partition.name), by: .partition(partition.name)) {
      if let change { pending.forget(change, of: partition) }
      take(device, from: partition, isGivenBack: true)
    }
    switch device {
    case .disk, .link: journal.note(partition, .deviceGivenBack(number))
    case .adapter: journal.note(partition, .adapterGivenBack(number))
    }
  }

  // MARK: The machine's devices

  func varyDevice(_ number: UInt16, online: Bool) throws(ManagementError) {
    guard let view = channels.deviceView(number) else { throw .deviceNotFound(number) }
    guard view.isOnline != online else { throw .deviceAlready(number, online: online) }
    if !online, let user = view.users.first {
      throw .deviceInUse(
        number, by: hardware.partitionName(user.partition), as: user.virtualDevice)
    }
    channels.vary(device: number, online: online)
  }

  func haltDevice(_ number: UInt16) throws(ManagementError) {
    guard channels.deviceView(number) != nil else { throw .deviceNotFound(number) }
    guard channels.halt(number, at: now) == .accepted else { throw .deviceIdle(number) }
  }

  func releaseReservations(of number: UInt16) throws(ManagementError) {
    guard channels.deviceView(number) != nil else { throw .deviceNotFound(number) }
    guard channels.releaseReservations(of: number, at: now) else {
      throw .deviceNotReserved(number)
    }
  }

  /// Gives a partition that is recovered the devices that it had, as far as they are to be had, and no others.
  func takeUp(devicesOf former: PartitionDefinition, _ partition: Partition) {
    for device in partition.definition.devices where !former.devices.contains(device) {
      hardware.take(.disk(device), from: partition)
    }
    for link in partition.definition.links where !former.links.contains(link) {
      hardware.take(.link(link), from: partition)
    }
    for adapter in partition.definition.networkAdapters
    where !former.networkAdapters.contains(adapter) {
      hardware.take(.adapter(adapter), from: partition)
    }
    for device in former.devices where !partition.definition.devices.contains(device) {
      do throws(ManagementError) {
        _ = try attachDevice(partition, device, within: nil)
      } catch {
        journal.note(partition, .deviceNotAttached(device.realDevice))
      }
    }
    for link in former.links where !partition.definition.links.contains(link) {
      do throws(ManagementError) {
        // Who read does not write now because others are not there yet, and keeps no writer from what he had.
        _ = try self.link(partition, link.recovered, within: nil)
      } catch {
        journal.note(partition, .linkNotGiven(link.virtualDevice, error))
      }
    }
    for adapter in former.networkAdapters
    where !partition.definition.networkAdapters.contains(adapter) {
      do throws(ManagementError) {
        _ = try defineAdapter(partition, adapter, within: nil)
      } catch {
        journal.note(partition, .adapterNotDefined(adapter.virtualDevice))
      }
    }
  }
}
