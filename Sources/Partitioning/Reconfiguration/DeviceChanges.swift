import Channels
import Platform
import Quantities

// Devices that partitions are given and that are taken from them while they run. What is given is the
// partition's at once, and the change is pending until the guest has found it; what is wanted back stays the
// partition's until the guest gives it up. An operating system that finds a disk in use is asked again, until
// its users have let it go, the time is over, or the wish is withdrawn.

extension Reconfiguration {
  /// How often a guest is asked for a device.
  private static let askingInterval: SimulatedTime = 1_000_000_000

  func attachDevice(
    _ partition: Partition, _ device: DeviceAssignment, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    try judge(device, for: partition)
    let hears = hardware.give(device, to: partition)
    // Who does not run finds it when he does.
    guard isListening(partition) else { return .done }
    let change = PendingChange(
      subject: .device(device), online: true, asked: now,
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
    guard !own.contains(where: { $0.virtualDevice == device.virtualDevice }) else {
      throw .deviceNumberTaken(name, device: number, as: device.virtualDevice)
    }
    guard view.blockCount > 0 else { throw refuse(.withoutMedium) }
    if let reason = channels.fault(of: number) { throw refuse(.file(reason: reason)) }
    let limit = life.configuration(of: partition).diskLimit
      .subtractingClamped(partition.takenDiskCount)
    guard own.count < limit else { throw refuse(.noPlace(limit: limit)) }
    try storage.requireHostStorage(
      forDisks: channels.diskReserve(withDevice: number, of: partition.number), of: partition)
  }

  func detachDevice(
    _ partition: Partition, _ number: UInt16, force: Bool, within: Int?
  ) throws(ManagementError) -> ManagementResult {
    try partition.requireActive()
    guard let device = partition.definition.devices.first(where: { $0.virtualDevice == number })
    else { throw .virtualDeviceNotFound(partition.name, device: number) }
    if let earlier = pendingDevice(number, of: partition) {
      guard force || earlier.waitsForLoad else {
        throw .changePending(partition.name, earlier)
      }
      pending.withdraw(earlier, from: partition)
      if earlier.online { return .done }
    }
    if !force {
      if isListening(partition), partition.recallDisk(number) {
        hardware.findWork(of: partition)
        var change = PendingChange(
          subject: .device(device), online: false, asked: now, deadline: deadline(within))
        change.nextAsking = now.addingClamped(Self.askingInterval)
        pending.add(change, to: partition)
        return .pending([change])
      }
      guard !partition.operatesDisk(number) else {
        throw .deviceInGuestUse(partition.name, device: number)
      }
    }
    hardware.take(device, from: partition)
    return .done
  }

  /// The change that waits for a device of a partition, by the partition's own number.
  private func pendingDevice(_ number: UInt16, of partition: Partition) -> PendingChange? {
    partition.pending.first {
      if case .device(let device) = $0.subject { device.virtualDevice == number } else { false }
    }
  }

  /// Asks a guest again for the devices that it does not give yet.
  func askAgain(_ partition: Partition) {
    for change in partition.pending {
      guard case .device(let device) = change.subject, let asking = change.nextAsking,
        asking <= now, now < change.deadline
      else { continue }
      var later = change
      later.nextAsking = now.addingClamped(Self.askingInterval)
      pending.replace(change, by: later, of: partition)
      _ = partition.recallDisk(device.virtualDevice)
      hardware.findWork(of: partition)
    }
  }

  // MARK: What guests say

  /// Completes a change of a device.
  func completeDevice(_ change: PendingChange, of partition: Partition) {
    guard case .device(let device) = change.subject else { return }
    complete(change, of: partition) {
      if !change.online { hardware.take(device, from: partition, isGivenBack: true) }
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
    guard let device = partition.definition.devices.first(where: { $0.virtualDevice == number })
    else { return }
    let change = pendingDevice(number, of: partition)
    if let change, !change.online { return completeDevice(change, of: partition) }
    journal.recording(
      .detachDevice(partition.name, device: number), by: .partition(partition.name)
    ) {
      if let change { pending.forget(change, of: partition) }
      hardware.take(device, from: partition, isGivenBack: true)
    }
    journal.note(partition, .deviceGivenBack(number))
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

  /// Gives a partition that is recovered the devices that it had, as far as they are to be had, and no others.
  func takeUp(_ devices: [DeviceAssignment], _ partition: Partition) {
    for device in partition.definition.devices where !devices.contains(device) {
      hardware.take(device, from: partition)
    }
    for device in devices where !partition.definition.devices.contains(device) {
      do throws(ManagementError) {
        _ = try attachDevice(partition, device, within: nil)
      } catch {
        journal.note(partition, .deviceNotAttached(device.realDevice))
      }
    }
  }
}
