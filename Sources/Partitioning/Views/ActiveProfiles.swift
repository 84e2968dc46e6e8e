// The profiles as they are kept now and what the active partitions have: what further activations are
// judged against.

import Channels
import Quantities

/// What an active partition has of the machine.
package struct ActiveProfile: Sendable {
  /// Its values in force; `initial` of its processors is what is on line.
  package var definition: PartitionDefinition
  /// The profile that it is active with.
  package var profile: String
  /// The increments of the machine's storage that it has.
  package var increments: [Int]
  /// Unshared channel paths that it has on line.
  package var paths: [PathReference]
}

extension PartitionManager {
  /// The definition with every profile and group as it is kept now, changes in profiles included.
  package var profileDefinition: SystemDefinition {
    var current = definition
    current.partitions = partitions.map(\.ownProfile)
    current.imageProfiles = partitions.flatMap { $0.profiles.dropFirst() }
    current.groups = profileSettings.groups
    return current
  }

  /// Physical processors on line, by type.
  package var onlineProcessors: [ProcessorType: Int] {
    var online: [ProcessorType: Int] = [:]
    for type in pools { online[type] = hardware.reservation(of: type, without: nil).online }
    return online
  }

  /// What every active partition has, in the order of their numbers.
  package var activeProfiles: [ActiveProfile] {
    let unshared = channels.pathViews().filter { !$0.isShared }
    return partitions.filter(\.isActive).map { partition in
      var running = partition.definition
      for entry in running.processors.indices {
        running.processors.change(at: entry) { $0.initial = partition.onlineCount(of: entry) }
      }
      return ActiveProfile(
        definition: running, profile: partition.activeProfile,
        increments: partition.increments.compactMap { $0 },
        paths: unshared.filter { $0.partitions.contains(partition.number) }
          .map { PathReference(subsystem: $0.subsystem, number: $0.number) })
    }
  }
}
