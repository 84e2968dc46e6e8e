import Quantities

// Partitions come and go while the machine runs. What comes is like another partition or a PROFILE of the
// directory, as if the folder had defined it after its own partitions: it gets a number that no partition of
// the folder has, and no part of the I/O configuration, which is laid out for those of the folder. One of
// the folder's that was deleted keeps its number and its place in the I/O configuration, and comes back by
// its name alone. What goes must not be active, and leaves nothing behind.

extension PartitionManager {
  /// Defines the partition of a name, or those of a numbered range.
  func define(
    _ first: String, through last: String?, like model: String?
  ) throws(ManagementError) {
    let names = try Self.names(first, through: last)
    var shape = standardShape
    if let model { shape = try self.shape(of: model) }
    guard partitions.count.addingClamped(names.count) <= PartitionNames.limit else {
      throw .partitionLimit(PartitionNames.limit)
    }
    let folder = MachineLayout.entriesByName(layout.folder)
    var numbers = freeNumbers(names.count)[...]
    var entries: [PartitionEntry] = []
    for name in names {
      try judgeName(name)
      if let own = folder[name] {
        guard model == nil else { throw .partitionOfFolder(name) }
        entries.append(own)
      } else {
        let entry = copy(shape, as: name, number: numbers.popFirst() ?? 0)
        try judge(entry)
        entries.append(entry)
      }
    }
    layOut(without: [], with: entries)
  }

  /// Deletes the partition of a name, or those of a numbered range.
  func delete(_ first: String, through last: String?) throws(ManagementError) {
    var numbers: Set<Int> = []
    for name in try Self.names(first, through: last) {
      let partition = try partition(name)
      guard !partition.isActive else {
        throw .partitionActive(name, is: partition.status)
      }
      numbers.insert(partition.number)
    }
    layOut(without: numbers, with: [])
    firmware.journal.note(nil, .partitionsDeleted(first: first, last: last))
  }

  /// The names that an action is about.
  ///
  /// - Throws: `.partitionRange` when they are no numbered range.
  private static func names(
    _ first: String, through last: String?
  ) throws(ManagementError) -> [String] {
    guard let last else { return [first] }
    guard let names = PartitionNames.range(from: first, to: last) else {
      throw .partitionRange(first, last)
    }
    return names
  }

  /// Refuses a name that no partition can get.
  private func judgeName(_ name: String) throws(ManagementError) {
    guard PartitionNames.isWellFormed(name), !PartitionNames.isReserved(name),
      !definition.machine.users.contains(where: { $0.name == name })
    else { throw .partitionName(name) }
    guard number(of: name) == nil else { throw .partitionDefined(name) }
  }

  // MARK: What a new partition is like

  /// What a partition or a template is, to be made again under another name.
  ///
  /// - Throws: `.templateNotFound`, and `.notShareable` for one with devices, which one partition has.
  private func shape(of name: String) throws(ManagementError) -> [ImageProfile] {
    if let partition = try? partition(name) {
      let devices = partition.ownProfile.devices.map(\.virtualDevice)
      guard devices.isEmpty else { throw .notShareable(name, devices: devices) }
      return partition.profiles
    }
    guard let template = layout.folder.templates.first(where: { $0.name == name }) else {
      throw .templateNotFound(name, known: layout.folder.templates.map(\.name).sorted())
    }
    let devices = template.devices.map(\.virtualDevice)
    guard devices.isEmpty else { throw .notShareable(name, devices: devices) }
    return [ImageProfile(name: name, partition: name, definition: template)]
  }

  /// What an entry of the directory is that says nothing, on a processor that the machine has.
  private var standardShape: [ImageProfile] {
    var own = PartitionDefinition(name: "")
    if let type = pools.first { own.processors = [PartitionProcessors(type: type)] }
    let increment = max(1, definition.machine.incrementByteCount)
    let count = max(1, own.storage.initialByteCount / increment)
    own.storage.initialByteCount = count.multipliedClamped(by: increment)
    return [ImageProfile(name: "", partition: "", definition: own)]
  }

  private func copy(_ shape: [ImageProfile], as name: String, number: Int) -> PartitionEntry {
    let profiles = shape.map { profile in
      var copy = profile
      copy.partition = name
      copy.definition.name = name
      // There is one place for a piece of storage, and the model has it.
      copy.definition.storage.origin = nil
      // Without channel paths there are no disks, and blocks have one owner.
      copy.definition.minidisks = []
      copy.definition.links = []
      return copy
    }
    return PartitionEntry(
      number: number, definition: profiles.first?.definition ?? PartitionDefinition(name: name),
      others: Array(profiles.dropFirst()))
  }
}
