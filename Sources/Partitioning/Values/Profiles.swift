/// A further image profile of a partition, beside the one of the partition's own name.
package struct ImageProfile: Sendable, Equatable, Codable {
  /// The profile's name, 1-8 characters.
  package var name: String
  /// The partition that can be activated with it.
  package var partition: String
  /// What the partition is then; carries the partition's name.
  package var definition: PartitionDefinition

  /// Creates a profile.
  package init(name: String, partition: String, definition: PartitionDefinition) {
    self.name = name
    self.partition = partition
    self.definition = definition
  }
}

/// What can be loaded, under a name of its own.
package struct LoadProfile: Sendable, Equatable, Codable {
  /// The profile's name, 1-8 characters.
  package var name: String
  /// What is loaded, and its parameters.
  package var ipl: IPLDefinition

  /// Creates a profile.
  package init(name: String, ipl: IPLDefinition) {
    self.name = name
    self.ipl = ipl
  }
}

extension PartitionDefinition {
  /// Takes over what a partition is whatever image profile it is active with: its name, user,
  /// devices, console and start.
  package mutating func takeIdentity(of own: PartitionDefinition) {
    name = own.name
    console = own.console
    devices = own.devices
    virtualDevices = own.virtualDevices
    minidisks = own.minidisks
    links = own.links
    networkAdapters = own.networkAdapters
    classes = own.classes
    password = own.password
    start = own.start
    commands = own.commands
    loadableFiles = own.loadableFiles
  }
}

extension SystemDefinition {
  /// What a partition is by one of its image profiles: that of its own name, or a further one.
  ///
  /// - Returns: nil when the partition has no such profile.
  package func profile(_ name: String, of partition: String) -> PartitionDefinition? {
    if name == partition { return partitions.first { $0.name == partition } }
    return imageProfiles.first { $0.name == name && $0.partition == partition }?.definition
  }
}
