import Partitioning
import Quantities

/// A partition, and the image profile with which it would be active.
package struct ProfileReference: Sendable, Equatable, Hashable, Codable {
  /// The partition's name.
  package var partition: String
  /// Name of one of its image profiles; its own unless it has further ones.
  package var profile: String

  /// Creates a reference.
  package init(partition: String, profile: String) {
    self.partition = partition
    self.profile = profile
  }

  /// How it is said: the partition, and the profile when it is not the one of the same name.
  package var words: String {
    profile == partition ? partition : "\(partition) with profile \(profile)"
  }
}

extension SystemDefinition {
  /// What a name means in a list of profiles: the partition of that name with its own profile, or
  /// every partition that has a further image profile of that name.
  ///
  /// - Returns: In definition order; empty when nothing has the name.
  package func profiles(named name: String) -> [ProfileReference] {
    if partitions.contains(where: { $0.name == name }) {
      return [ProfileReference(partition: name, profile: name)]
    }
    return imageProfiles.filter { $0.name == name }
      .map { ProfileReference(partition: $0.partition, profile: name) }
  }

  /// Every partition with its own profile, in the order of activation.
  package var activationList: [ProfileReference] {
    activationOrder().compactMap { partitions.element(at: $0)?.name }
      .map { ProfileReference(partition: $0, profile: $0) }
  }
}
