import Channels

/// A device as an operator sees it.
package struct DeviceView: Sendable, Equatable {
  /// A partition that has it.
  package struct User: Sendable, Equatable {
    /// The partition.
    package var partition: String
    /// The number the partition knows it by.
    package var virtualDevice: UInt16
    /// Whether it may only read.
    package var isReadOnly: Bool
    /// The part of the device that it has as a minidisk; nil for all of it.
    package var extent: BlockExtent?
  }

  /// Its number in the I/O configuration.
  package var number: UInt16
  /// Whether a partition can be given it: it is on line, and a path to it works.
  package var isUsable: Bool
  /// The label of the volume on it.
  package var volume: String?
  /// Active partitions that have it, or a part of it.
  package var users: [User]
  /// Who has reserved it; nil when nobody has, or has registered to.
  package var reservation: Reservation?

  /// What is reserved of a device.
  package struct Reservation: Sendable, Equatable {
    /// A partition that has registered.
    package struct Registrant: Sendable, Equatable {
      /// The partition.
      package var partition: String
      /// Its key.
      package var key: UInt64
      /// Whether it holds the reservation.
      package var isHolder: Bool
    }

    /// Who has it until it is reset (RESERVE).
    package var unitHolder: String?
    /// How it is reserved until that is given up (PERSISTENT RESERVE OUT).
    package var type: ReservationType?
    /// Who has registered, in that order.
    package var registrants: [Registrant]
  }
}

extension PartitionManager {
  /// Every device of the machine, ascending by number.
  package var deviceViews: [DeviceView] { channels.deviceViews().map(view) }

  /// One device; nil when the machine has none of the number.
  package func deviceView(_ number: UInt16) -> DeviceView? { channels.deviceView(number).map(view) }

  /// A partition's devices with their paths and masks, ascending by its own numbers; none of one that is not
  /// active.
  package func subchannels(of name: String) -> [SubchannelView] {
    guard let partition = try? partition(name), partition.isActive else { return [] }
    return channels.subchannels(of: partition.number)
  }

  /// Active partitions that have blocks of a disk of a partition, that partition too.
  package func users(ofDisk number: UInt16, of name: String) -> [DeviceView.User] {
    guard let own = subchannels(of: name).first(where: { $0.virtualDevice == number }) else {
      return []
    }
    return (deviceView(own.realDevice)?.users ?? []).filter {
      BlockExtent.overlap($0.extent, own.extent)
    }
  }

  /// The minidisk that a disk of a partition is; nil for another device.
  package func minidisk(_ number: UInt16, of partition: PartitionView) -> MinidiskDefinition? {
    partition.definition.links.first { $0.virtualDevice == number }
      .flatMap { definition.minidisk($0, of: partition.definition) }
  }

  private func view(_ device: ChannelDeviceView) -> DeviceView {
    DeviceView(
      number: device.number, isUsable: device.isOnline && device.hasPath,
      volume: definition.inputOutput.device(device.number)?.volume,
      users: device.users.map {
        DeviceView.User(
          partition: hardware.partitionName($0.partition), virtualDevice: $0.virtualDevice,
          isReadOnly: $0.isReadOnly, extent: $0.extent)
      }, reservation: device.reservation.map(view))
  }

  private func view(_ reservation: DeviceReservationView) -> DeviceView.Reservation {
    DeviceView.Reservation(
      unitHolder: reservation.unitHolder.map(hardware.partitionName), type: reservation.type,
      registrants: reservation.registrants.map {
        DeviceView.Reservation.Registrant(
          partition: hardware.partitionName($0.partition), key: $0.key, isHolder: $0.isHolder)
      })
  }
}
