import Partitioning
import Quantities

/// What active partitions have of a machine: what the next activation is judged against.
package struct ActivationState: Sendable {
  /// An active partition as it runs.
  package struct Active: Sendable {
    /// Its values in force; `initial` of its processors is what is on line.
    package var definition: PartitionDefinition
    /// The profile that it is active with.
    package var profile: String
  }

  /// On-line physical processors by type.
  package private(set) var physical: [ProcessorType: Int]
  /// The active partitions, in the order of activation.
  package private(set) var active: [Active] = []
  /// Where the storage of the active partitions lies.
  var storage: StoragePlan
  private var profiles: [String: String] = [:]
  private var dedicated: [ProcessorType: Int] = [:]
  /// On-line logical processors of the widest sharing partition.
  private var widest: [ProcessorType: Int] = [:]
  private var deviceOwners: [UInt16: [(name: String, assignment: DeviceAssignment)]] = [:]
  private var pathOwners: [Int: String] = [:]
  private let unshared: [ChannelPathDefinition]

  /// A machine on which nothing is active.
  ///
  /// - Parameters:
  ///   - definition: The machine.
  ///   - online: On-line physical processors by type, when not all are.
  package init(_ definition: SystemDefinition, online: [ProcessorType: Int] = [:]) {
    physical = Dictionary(
      definition.machine.processors.map { ($0.type, online[$0.type] ?? $0.count) },
      uniquingKeysWith: { one, _ in one })
    storage = StoragePlan(
      installedByteCount: definition.machine.storageByteCount,
      incrementByteCount: definition.machine.ledgerIncrement)
    unshared = definition.inputOutput.paths.filter { $0.sharing != .shared }
  }

  /// Adds a partition that is active.
  ///
  /// - Parameters:
  ///   - definition: Its values in force; `initial` of its processors is what is on line.
  ///   - profile: The profile that it is active with.
  ///   - increments: The increments of the machine's storage that it has.
  ///   - paths: Unshared channel paths that it has on line; by the access lists when left out.
  package mutating func add(
    _ definition: PartitionDefinition, profile: String, increments: [Int],
    paths: [PathReference]? = nil
  ) {
    storage.note(
      increments, of: definition.name, hasOrigin: definition.storage.origin != nil)
    enter(definition, profile: profile, paths: paths)
  }

  /// Gives a partition what it asks for besides storage, which was taken before.
  mutating func enter(
    _ definition: PartitionDefinition, profile: String, paths: [PathReference]? = nil
  ) {
    active.append(Active(definition: definition, profile: profile))
    profiles[definition.name] = profile
    for item in definition.processors {
      if item.mode == .dedicated {
        dedicated[item.type, default: 0].addClamped(item.initial)
      } else {
        widest[item.type] = max(widest[item.type] ?? 0, item.initial)
      }
    }
    for assignment in definition.devices {
      deviceOwners[assignment.realDevice, default: []].append((definition.name, assignment))
    }
    let held =
      paths
      ?? unshared.filter { $0.accessList.contains(definition.name) }
      .map { PathReference(subsystem: $0.subsystem, number: $0.number) }
    for path in held {
      pathOwners[DeviceReach.key(path.subsystem, path.number)] = definition.name
    }
  }

  /// The profile that a partition is active with; nil when it is not active.
  func activeProfile(of partition: String) -> String? { profiles[partition] }

  /// Who of the active partitions has a device, so that another cannot.
  func owner(of assignment: DeviceAssignment) -> String? {
    deviceOwners[assignment.realDevice]?.first { !$0.assignment.goesBeside(assignment) }?.name
  }

  /// Who besides a partition has a path that one partition has at a time.
  func owner(of path: ChannelPathDefinition, besides partition: String) -> String? {
    guard path.sharing != .shared,
      let owner = pathOwners[DeviceReach.key(path.subsystem, path.number)], owner != partition
    else { return nil }
    return owner
  }

  /// What the physical processors of a type are spoken for.
  func reservation(of type: ProcessorType) -> ProcessorReservation {
    ProcessorReservation(
      online: physical[type] ?? 0, dedicated: dedicated[type] ?? 0,
      sharing: widest[type].map { [$0] } ?? [])
  }
}
