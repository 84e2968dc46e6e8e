import Channels
import Quantities

// How the machine or a partition is at one instant, as values: what is so of them is told as items, and what an
// action changed is the difference between the items before it and after it.

/// The condition of a partition, or of the machine, at one instant.
struct Condition: Equatable {
  /// One partition's part.
  struct OfPartition: Equatable {
    var values: PartitionState
    var storageByteCount: UInt64
    /// Storage that it may still get.
    var reservedByteCount: UInt64
    var paths: [PathCondition]
    /// Paths that are off line to one of its devices.
    var ways: [WayCondition]
    /// What its network adapters are connected to.
    var adapters: [AdapterCondition]
    /// Its processors of each type and what they are given.
    var shares: [Share]

    /// What a partition's processors of a type are given.
    struct Share: Equatable {
      var processors: PartitionProcessors
      /// Logical processors on line.
      var online: Int
      /// Logical processors that may be brought on line.
      var reserved: Int
      /// Their part of the pool; nil while they take none.
      var grant: ShareGrant?
    }
  }

  /// A channel path of a partition.
  struct PathCondition: Equatable {
    var number: UInt8
    var isOnline: Bool
  }

  /// The paths that are off line to a device of a partition, by its own number.
  struct WayCondition: Equatable {
    var device: UInt16
    var offline: [UInt8]
  }

  /// A network adapter of a partition.
  struct AdapterCondition: Equatable {
    var device: UInt16
    var kind = AdapterKind.network
    /// What it is connected to, as COUPLE names it; nil for nothing.
    var target: String?
  }

  /// A virtual switch.
  struct SwitchCondition: Equatable {
    var name: String
    var text: String
  }

  var partition: OfPartition?
  var settings: MachineSettings
  var profileSettings: MachineSettings
  /// Physical processors that are off line.
  var offlineProcessors: [Int]
  /// Channel paths that are off line for the whole machine.
  var offlinePaths: [UInt8]
  /// Those of them on which requests are still under way.
  var closingPaths: [UInt8] = []
  /// Devices that are off line.
  var offlineDevices: [UInt16] = []
  /// Channel paths that fail on purpose.
  var failedPaths: [UInt8] = []
  /// Devices with which something is wrong on purpose.
  var faultyDevices: [FaultyDevice] = []
  /// The I/O configuration, and the name of its deck when it is not the folder's.
  var inputOutput = IOConfiguration()
  var deckName: String?
  /// Virtual switches.
  var switches: [SwitchCondition]
}

extension Journal {
  /// The condition of a partition with the settings, or of the machine (nil).
  func condition(of name: String?) -> Condition {
    var condition = Condition(
      settings: settings.running, profileSettings: settings.profile, offlineProcessors: [],
      offlinePaths: [], switches: [])
    if let name, let partition = try? hardware.partition(name) {
      condition.partition = self.condition(of: partition)
    } else {
      condition.offlineProcessors = hardware.offlineProcessors
      condition.offlinePaths = channels.offlinePaths
      condition.closingPaths = channels.closingPaths
      condition.offlineDevices = channels.offlineDevices
      condition.failedPaths = channels.failedPaths.map(\.number)
      condition.faultyDevices = channels.faultyDevices
      condition.inputOutput = definition.inputOutput
      condition.deckName = hardware.decks.running?.name
      condition.switches = hardware.networks.switches.map {
        Condition.SwitchCondition(name: $0.name, text: $0.text)
      }
    }
    return condition
  }

  /// The condition of a partition.
  func condition(of partition: Partition) -> Condition.OfPartition {
    let increment = definition.machine.ledgerIncrement
    let storage = partition.storageByteCount(increment: increment)
    return Condition.OfPartition(
      values: partition.state, storageByteCount: storage,
      reservedByteCount: UInt64(clamping: partition.increments.count)
        .multipliedClamped(by: increment).subtractingClamped(storage),
      paths: channels.paths(of: partition.number).map {
        Condition.PathCondition(number: $0.number, isOnline: $0.isOnline && partition.isActive)
      },
      ways: channels.subchannels(of: partition.number).compactMap { view in
        let offline = view.paths.filter { view.logical & (view.mask(of: $0) ?? 0) == 0 }
        return offline.isEmpty
          ? nil : Condition.WayCondition(device: view.virtualDevice, offline: offline)
      },
      adapters: hardware.networks.adapters(of: partition.number).map {
        Condition.AdapterCondition(
          device: $0.device, kind: $0.kind, target: hardware.coupling(of: $0).target?.text)
      },
      shares: partition.definition.processors.indices.map { entry in
        let processors = partition.processors(of: entry)
        let online = partition.onlineCount(of: entry)
        return Condition.OfPartition.Share(
          processors: processors, online: online,
          reserved: processors.initial.addingClamped(processors.reserved)
            .subtractingClamped(online),
          grant: engine.dispatcher.accounts[partition.account(of: entry)].grant)
      })
  }
}

extension Condition {
  /// What is so of the machine, whatever its partitions are.
  var machineItems: [MachineItem] {
    let paths = offlinePaths.map(Int.init)
    return [
      MachineItem("PROCESSORS OFFLINE", numbers(offlineProcessors), for: .log),
      MachineItem("CHPIDS OFFLINE", numbers(paths), for: .log),
    ] + (paths.isEmpty ? [] : [MachineItem("PATHS OFFLINE", hexNumbers(paths), for: .plan)])
      + closingItems + deviceItems + faultItems
      + (deckName.map { [MachineItem("IODF", $0, for: .all)] } ?? [])
      + switches.map { MachineItem("VSWITCH \($0.name)", $0.text, for: .all) }
      + settings.items.map { MachineItem($0.name, $0.text, for: .all) }
      + profileSettings.items.map { MachineItem("PROFILE " + $0.name, $0.text, for: .all) }
  }

  private var closingItems: [MachineItem] {
    guard !closingPaths.isEmpty else { return [] }
    return [MachineItem("CHPIDS PENDING", hexNumbers(closingPaths.map(Int.init)), for: .all)]
  }

  private var deviceItems: [MachineItem] {
    let devices = offlineDevices.map { DeviceNumbers.text($0) }.joined(separator: " ")
    return devices.isEmpty ? [] : [MachineItem("DEVICES OFFLINE", devices, for: .all)]
  }

  private var faultItems: [MachineItem] {
    let paths = failedPaths.isEmpty ? [] : [hexNumbers(failedPaths.map(Int.init))]
    return paths.map { MachineItem("CHPIDS FAILED", $0, for: .all) }
      + faultyDevices.map {
        MachineItem("FAULT DASD " + DeviceNumbers.text($0.number), $0.fault.text, for: .all)
      }
  }

  /// What the event log tells to be different from an earlier condition.
  func differences(from earlier: Condition) -> [ValueDifference] {
    guard self != earlier else { return [] }
    var rest = self
    rest.partition = earlier.partition
    guard rest != earlier else { return partitionDifferences(from: earlier) }
    return partitionDifferences(from: earlier)
      + Condition.differences(from: earlier.machineItems, to: machineItems)
      + deckDifferences(from: earlier)
  }

  /// What is different of the I/O configuration, object by object.
  private func deckDifferences(from earlier: Condition) -> [ValueDifference] {
    guard inputOutput != earlier.inputOutput else { return [] }
    return Condition.differences(
      from: earlier.inputOutput.objectItems, to: inputOutput.objectItems)
  }

  /// What is different of the partition: whether there is one, or what it is.
  func partitionDifferences(from earlier: Condition) -> [ValueDifference] {
    guard partition != earlier.partition else { return [] }
    if let own = partition, let before = earlier.partition {
      return Condition.differences(from: before.items(unlike: own), to: own.items(unlike: before))
    }
    func text(_ isThere: Bool) -> String { isThere ? "YES" : "NO" }
    return [
      ValueDifference(
        name: "DEFINED", before: text(earlier.partition != nil), after: text(partition != nil))
    ]
  }

  /// Items of the event log that are not the same; those that are gone come last.
  private static func differences(
    from before: [MachineItem], to after: [MachineItem]
  ) -> [ValueDifference] {
    func texts(_ items: [MachineItem]) -> [String: String] {
      Dictionary(
        items.filter { $0.audience != .plan }.map { ($0.name, $0.text) },
        uniquingKeysWith: { one, _ in one })
    }
    let (old, new) = (texts(before), texts(after))
    let names = (after + before.filter { new[$0.name] == nil }).filter { $0.audience != .plan }
    return names.map(\.name).compactMap { name in
      guard old[name] != new[name] else { return nil }
      return ValueDifference(name: name, before: old[name] ?? "NONE", after: new[name] ?? "NONE")
    }
  }
}
