import Channels
import Quantities

// What of a machine outlives it: profiles, and what was set and running. Guests do not.

/// What the machine as a whole was set to: values of its state as they are, and who is off line.
///
/// Nothing that counts or passes by itself is in it: it is written whenever it is not the same.
package struct MachineRecord: Sendable, Equatable {
  /// What the definition said; settings of another definition are not put back.
  package var base: MachineSettings
  /// What was set, in what ran and in the reset profile and the group profiles.
  var settings: SettingBook.State
  /// Physical processors that were varied off line.
  package var offlineProcessors: [Int]
  /// Channel paths that were varied off line for the whole machine.
  package var offlinePaths: [UInt8]
  /// Devices that were varied off line; nil in a record of an older program, for none.
  package var offlineDevices: [UInt16]?
  /// Partitions of the folder that were deleted; nil in a record of an older program, for none.
  package var deleted: [String]?
  /// The I/O configuration that runs when it is not the folder's; nil for that.
  package var decks: KeptDecks?
  /// Paths that isolation keeps for partitions, by path; nil for none.
  var reservations: [KeptPath]?
}

/// A channel path that isolation keeps for a partition.
struct KeptPath: Sendable, Equatable, Codable {
  /// The path's number.
  var path: UInt8
  /// The partition's name.
  var partition: String
}

/// Which I/O configuration ran, and what the folder said then.
package struct KeptDecks: Sendable, Equatable, Codable {
  /// What the folder's deck said; one that runs in place of another deck is not put back.
  package var base: IOConfiguration
  /// What ran.
  package var book: DeckBook
}

extension MachineRecord {
  /// The machine came to an end in good order: the next begins with what the profiles hold and all on line.
  package mutating func end() {
    settings.running = settings.profile
    offlineProcessors = []
    offlinePaths = []
    offlineDevices = nil
    decks = nil
    reservations = nil
  }
}

extension MachineRecord: Codable {
  private enum CodingKeys: CodingKey {
    case base, offlineProcessors, offlinePaths, offlineDevices, deleted, decks, reservations
  }

  /// Reads it; the settings stand side by side with the rest, as they do in the firmware's state.
  package init(from decoder: any Decoder) throws {
    settings = try SettingBook.State(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    base = try container.decode(MachineSettings.self, forKey: .base)
    offlineProcessors = try container.decode([Int].self, forKey: .offlineProcessors)
    offlinePaths = try container.decode([UInt8].self, forKey: .offlinePaths)
    offlineDevices = try container.decodeIfPresent([UInt16].self, forKey: .offlineDevices)
    deleted = try container.decodeIfPresent([String].self, forKey: .deleted)
    decks = try container.decodeIfPresent(KeptDecks.self, forKey: .decks)
    reservations = try container.decodeIfPresent([KeptPath].self, forKey: .reservations)
  }

  /// Writes what `init(from:)` reads.
  package func encode(to encoder: any Encoder) throws {
    try settings.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(base, forKey: .base)
    try container.encode(offlineProcessors, forKey: .offlineProcessors)
    try container.encode(offlinePaths, forKey: .offlinePaths)
    try container.encodeIfPresent(offlineDevices, forKey: .offlineDevices)
    try container.encodeIfPresent(deleted, forKey: .deleted)
    try container.encodeIfPresent(decks, forKey: .decks)
    try container.encodeIfPresent(reservations, forKey: .reservations)
  }
}

/// Everything of a machine that outlives it.
package struct RunningConfiguration: Sendable, Equatable, Codable {
  /// The machine as a whole.
  package var machine: MachineRecord
  /// Its partitions in definition order.
  package var partitions: [PartitionRecord]

  /// Creates a configuration from its parts.
  package init(machine: MachineRecord, partitions: [PartitionRecord]) {
    self.machine = machine
    self.partitions = partitions
  }
}

/// What became of a running configuration that was put back.
package struct RestoreReport: Sendable, Equatable {
  /// Partitions whose guests were lost, in definition order; `recover` brings each back as it was set.
  package var lost: [String] = []
  /// Partitions whose profiles differ from the definition files and were kept.
  package var keptProfiles: [String] = []
  /// Partitions whose definition files have changed since, so that the files count.
  package var changedDefinitions: [String] = []
  /// Partitions whose rows no machine of this definition has left, so that the files count.
  package var damaged: [String] = []
  /// Partitions that were defined while the earlier machine ran, and are again.
  package var defined: [String] = []
  /// Partitions of the definition files that were deleted, and are not there again.
  package var deleted: [String] = []
  /// Partitions that are defined no more.
  package var undefined: [String] = []
  /// Physical processors and channel paths that are off line again.
  package var offlineProcessors: [Int] = []
  /// Channel paths that are off line again.
  package var offlinePaths: [UInt8] = []
  /// Devices that are off line again.
  package var offlineDevices: [UInt16] = []
  /// The deck whose I/O configuration runs again.
  package var deck: String?
  /// The deck whose I/O configuration ran and does not again, because the folder's deck or a file has changed.
  package var lostDeck: String?
  /// Whether machine settings or group limits differ from the definition and were kept.
  package var keepsSettings = false
}

extension PartitionManager {
  /// What of one partition outlives the machine; nil when it is not defined.
  package func record(of name: String) -> PartitionRecord? {
    guard let partition = try? partition(name) else { return nil }
    return PartitionRecord(
      name: name, base: partition.place.entry.definition, state: partition.state,
      onlinePaths: partition.isActive ? onlinePaths(of: partition) : [],
      couplings: hardware.couplings(of: partition))
  }

  /// What of the machine as a whole outlives it.
  package var machineRecord: MachineRecord {
    var decks = hardware.decks
    // The next machine looks anew at who wants paths.
    decks.managed = []
    return MachineRecord(
      base: MachineSettings(definition), settings: firmware.settings.state,
      offlineProcessors: offlineProcessors, offlinePaths: offlinePaths,
      offlineDevices: channels.offlineDevices.isEmpty ? nil : channels.offlineDevices,
      deleted: deletedPartitions.isEmpty ? nil : deletedPartitions,
      decks: decks == DeckBook()
        ? nil : KeptDecks(base: layout.folder.inputOutput, book: decks),
      reservations: keptPaths.isEmpty ? nil : keptPaths)
  }

  private var keptPaths: [KeptPath] {
    firmware.reconfiguration.state.reservations.sorted { $0.key < $1.key }.map {
      KeptPath(path: $0.key, partition: hardware.partitionName($0.value))
    }
  }

  /// Everything that outlives the machine.
  package var runningConfiguration: RunningConfiguration {
    RunningConfiguration(
      machine: machineRecord, partitions: partitionNames.compactMap { record(of: $0) })
  }

  /// Puts back what an earlier machine of this definition left; before anything is active.
  ///
  /// Profiles and settings count again unless the definition files have changed since. Partitions
  /// that were active are not-activated; what they were set to waits for `.recover`.
  package func restore(_ kept: RunningConfiguration) -> RestoreReport {
    var report = RestoreReport()
    restorePartitions(kept, &report)
    if let decks = kept.machine.decks { restore(decks, &report) }
    for record in kept.partitions {
      guard let partition = try? partition(record.name) else {
        if !deletedPartitions.contains(record.name) { report.undefined.append(record.name) }
        continue
      }
      guard record.base == partition.place.entry.definition else {
        report.changedDefinitions.append(record.name)
        continue
      }
      guard !record.isDamaged else {
        report.damaged.append(record.name)
        continue
      }
      restore(record, partition, &report)
    }
    let settings = kept.machine.settings
    if kept.machine.base == MachineSettings(definition),
      (try? settings.running.judge()) != nil, (try? settings.profile.judge()) != nil
    {
      report.keepsSettings = settings != firmware.settings.state
      firmware.settings.state = settings
    }
    for processor in kept.machine.offlineProcessors
    where (try? perform(.varyProcessor(processor, online: false), by: .firmware)) != nil {
      report.offlineProcessors.append(processor)
    }
    for path in kept.machine.offlinePaths
    where (try? perform(.varyPath(path, online: false, insistence: .force), by: .firmware)) != nil {
      report.offlinePaths.append(path)
    }
    for device in kept.machine.offlineDevices ?? []
    where (try? perform(.varyDevice(device, online: false), by: .firmware)) != nil {
      report.offlineDevices.append(device)
    }
    for kept in kept.machine.reservations ?? [] {
      guard let partition = try? partition(kept.partition) else { continue }
      firmware.reconfiguration.reserve(kept.path, for: partition)
    }
    return report
  }

  /// Has the I/O configuration run again that ran, unless it was made for another deck of the folder.
  private func restore(_ decks: KeptDecks, _ report: inout RestoreReport) {
    guard decks.base == layout.folder.inputOutput else {
      report.lostDeck = decks.book.running?.name
      return
    }
    if let deck = decks.book.running {
      guard (try? perform(.activateDeck(.activate(deck)), by: .firmware)) != nil else {
        report.lostDeck = deck.name
        return
      }
      report.deck = deck.name
    }
    hardware.take(layout, decks.book)
  }

  /// Partitions of the folder that are not defined any more.
  private var deletedPartitions: [String] {
    guard definition.partitions != layout.folder.partitions else { return [] }
    return layout.folder.partitions.map(\.name).filter { number(of: $0) == nil }
  }

  /// Defines the partitions again that were defined while the earlier machine ran, as far as this one can
  /// have them, and deletes those that were deleted.
  private func restorePartitions(
    _ kept: RunningConfiguration, _ report: inout RestoreReport
  ) {
    let deleted = Set((kept.machine.deleted ?? []).compactMap { number(of: $0) })
    let added = kept.partitions.filter { $0.number != nil && number(of: $0.name) == nil }
    var free = freeNumbers(added.count)[...]
    var entries: [PartitionEntry] = []
    for record in added.sorted(by: { ($0.number ?? 0, $0.name) < ($1.number ?? 0, $1.name) }) {
      let entry = PartitionEntry(
        number: free.first ?? 0, definition: record.base,
        others: Array(record.profiles.dropFirst()))
      guard record.base.name == record.name, (try? judge(entry)) != nil else { continue }
      free = free.dropFirst()
      entries.append(entry)
    }
    guard !entries.isEmpty || !deleted.isEmpty else { return }
    layOut(without: deleted, with: entries)
    report.defined = entries.map(\.definition.name)
    report.deleted = deletedPartitions
  }

  private func restore(
    _ record: PartitionRecord, _ partition: Partition, _ report: inout RestoreReport
  ) {
    let defined = partition.profiles
    // A profile that the files have no more, or that needs more than was laid out, is left out.
    let profiles = defined.map { profile in
      let kept = record.profiles.first { $0.name == profile.name }
      // What an older program kept may be what no setting leads to.
      guard let kept, kept.definition.hasForm(of: profile.definition),
        (try? kept.definition.judge(in: firmware.settings.context)) != nil
      else { return profile }
      return kept
    }
    if ProcessorLayout.layout(of: profiles.map(\.definition), firstAccount: 0).map(\.count)
      == partition.layout.map(\.count)
    {
      partition.profiles = profiles
    }
    if partition.profiles != defined { report.keptProfiles.append(partition.name) }
    if partition.state.profileIndex(record.nextProfile) != nil {
      partition.nextProfile = record.nextProfile
    }
    partition.activeProfile = partition.nextProfile
    partition.definition = partition.profile
    partition.lost = record.unended
    if partition.lost != nil { report.lost.append(partition.name) }
  }

  /// Activates a partition as it was set when the machine was lost, and loads it again if it ran.
  func recover(_ partition: Partition) throws(ManagementError) {
    try partition.require([.notActivated])
    guard let record = partition.lost else { throw .nothingToRecover(partition.name) }
    let profile = record.activeProfile
    guard partition.state.profileIndex(profile) != nil else {
      throw .profileNotFound(
        partition.name, profile: profile, known: partition.profiles.map(\.name))
    }
    try record.definition.judge(in: firmware.settings.context)
    try activate(partition, profile: profile, load: false, force: false)
    do throws(ManagementError) {
      try takeUp(record, partition)
    } catch {
      firmware.life.takeDown(partition, because: .deactivated)
      partition.lost = record
      throw error
    }
  }

  private func takeUp(
    _ record: PartitionRecord, _ partition: Partition
  ) throws(ManagementError) {
    let own = partition.definition
    partition.definition = record.definition
    partition.definition.devices = own.devices
    partition.definition.links = own.links
    partition.definition.networkAdapters = own.networkAdapters
    firmware.reconfiguration.takeUp(devicesOf: record.definition, partition)
    firmware.reconfiguration.takeUp(record.couplings ?? [], partition)
    for number in partition.isOnline.indices {
      let isOnline = record.isOnline[number]
      guard isOnline != partition.isOnline[number], partition.entry(of: number) != nil else {
        continue
      }
      _ = try firmware.reconfiguration.configureProcessor(
        partition, number, online: isOnline, insistence: .force, within: nil)
    }
    try takeUpStorage(record, partition)
    takeUpPaths(record, partition)
    for number in partition.isOnline.indices
    where partition.isOnline[number] && record.isProcessorStopped[number] {
      partition.isProcessorStopped[number] = true
      hardware.turnOff(number, of: partition)
    }
    for processors in partition.definition.processors {
      firmware.entitlements.applyShares(of: processors.type)
    }
    if record.status != .notOperating {
      try firmware.life.load(
        partition, image: record.loaded, parameters: record.loadedParameters, clear: false,
        force: true, isOwnWish: firmware.guestCommands.isUnderWay)
    }
    if record.isStopped { try firmware.life.stop(partition, processor: nil) }
  }

  /// Gives a partition the pieces of storage that it had, and takes what it had given back.
  private func takeUpStorage(
    _ record: PartitionRecord, _ partition: Partition
  ) throws(ManagementError) {
    let places = Set(record.state.places.filter(partition.increments.indices.contains))
    // Its first increment stays with a partition whatever a record says.
    let surplus = partition.increments.indices.dropFirst().filter {
      partition.increments[$0] != nil && !places.contains($0)
    }
    firmware.storage.takeAway(surplus, from: partition)
    let missing = places.filter { partition.increments[$0] == nil }.sorted()
    if !missing.isEmpty { try firmware.storage.take(missing, for: partition) }
    firmware.storage.attach(missing, to: partition)
    if record.initialCount > 0, record.initialCount <= partition.increments.count {
      partition.initialCount = record.initialCount
    }
    partition.computer?.reset(clear: true)
    partition.isClean = true
    firmware.storage.countPages(of: partition)
  }

  /// Configures a partition's channel paths as they were; one that another has now stays with it.
  private func takeUpPaths(_ record: PartitionRecord, _ partition: Partition) {
    guard let paths = record.onlinePaths else { return }
    let now = onlinePaths(of: partition)
    for path in Set(paths).symmetricDifference(now).sorted() {
      _ = try? firmware.reconfiguration.configurePath(
        partition, path, online: paths.contains(path), insistence: .force)
    }
  }

  /// Numbers of the channel paths that are configured to an active partition.
  private func onlinePaths(of partition: Partition) -> [UInt8] {
    definition.inputOutput.paths.map(\.number).filter {
      channels.pathView($0, subsystem: partition.subsystem)?.partitions
        .contains(partition.number) == true
    }
  }
}
