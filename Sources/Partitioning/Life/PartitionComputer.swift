// A partition's computer: what its definition describes, built around the resources that the partition has.

import Platform
import Quantities
import X86

extension Life {
  /// Builds the computer of a partition that has all its resources; a rehearsal has no computers, but may
  /// make them ahead.
  func buildComputer(of partition: Partition) throws(ManagementError) {
    let configuration = configuration(of: partition)
    partition.rehearsed.takesDevices = configuration.takesDevices
    if hardware.isRehearsal {
      if prepared != nil { prepared?[partition.number] = try make(configuration) }
      return
    }
    let ahead = prepared?.removeValue(forKey: partition.number)
    let computer =
      if let ahead, ahead.configuration == configuration { ahead } else { try make(configuration) }
    for number in partition.isOnline.indices where partition.isOnline[number] {
      computer.setProcessorPresent(number, true)
    }
    partition.computer = computer
    engine.guests[partition.number].hardware = computer
    hardware.tellLinks()
  }

  private func make(_ configuration: ComputerConfiguration) throws(ManagementError) -> Computer {
    do throws(HostMemoryError) {
      return try Computer(configuration)
    } catch {
      throw .hostMemory(configuration.name)
    }
  }

  /// Takes a partition's computer away, and then its resources.
  func dismantle(_ partition: Partition, _ units: [any PartitionUnit]) {
    partition.computer = nil
    engine.guests[partition.number].hardware = nil
    for unit in units.reversed() { unit.detach(partition, hardware, storage) }
    storage.countPages(of: partition)
    for place in partition.layout where !units.isEmpty { entitlements.applyShares(of: place.type) }
  }

  /// The computer that a partition's definition describes.
  func configuration(of partition: Partition) -> ComputerConfiguration {
    let defined = partition.definition.storage
    let unit = storage.ledger.incrementByteCount
    func whole(_ bytes: UInt64) -> UInt64 { storage.byteCount(of: storage.ledger.count(of: bytes)) }
    let reserved = whole(defined.reservedByteCount)
    let isPluggable = partition.definition.hasPluggableStorage
    // Processors on line are numbered from 0 unless a partition has several types.
    let first = partition.isOnline.firstIndex(of: false) ?? partition.isOnline.count
    return ComputerConfiguration(
      name: partition.name, partitionNumber: partition.number,
      maximumProcessors: partition.isOnline.count, initialProcessors: max(1, first),
      initialStorage: whole(defined.initialByteCount),
      maximumStorage: whole(defined.initialByteCount)
        .addingClamped(isPluggable ? 0 : reserved),
      increment: unit, timeOfDay: hardware.origin.timeOfDayAtStart,
      blockDevices: channels.subchannels(of: partition.number).prefix(max(0, PCLayout.virtioLimit))
        .map { disk in
          BlockDeviceConfiguration(
            deviceNumber: disk.virtualDevice, blockCount: disk.blockCount,
            isReadOnly: disk.isReadOnly,
            unitNumber: partition.definition.devices.first {
              $0.virtualDevice == disk.virtualDevice
            }?.unitNumber)
        },
      takesDevices: !channels.paths(of: partition.number).isEmpty
        || !partition.definition.networkAdapters.isEmpty,
      networkDevices: hardware.networks.adapters(of: partition.number).map {
        NetworkDeviceConfiguration(
          deviceNumber: $0.device, address: $0.address, unitByteCount: $0.unitByteCount)
      },
      entropySeed: partition.definition.options.contains(.entropy) ? entropySeed(partition) : nil,
      pluggableStorage: isPluggable ? reserved : nil,
      memoryDeviceByteCount: isPluggable && partition.definition.storageMethod == .acpi
        ? partition.definition.reservedUnit(increment: definition.machine.incrementByteCount) : nil,
      hasCommandPort: partition.definition.options.contains(.commandPort),
      hasBalloon: partition.definition.options.contains(.balloon))
  }

  /// What a partition's random numbers begin with: the machine's seed, and the partition's name.
  private func entropySeed(_ partition: Partition) -> UInt64 {
    var digest = HistoryDigest()
    digest.mix(hardware.origin.seed)
    // Cannot trap: a string's own bytes.
    Array(partition.name.utf8).withUnsafeBytes { digest.mix(bytes: $0) }
    return digest.value
  }
}
